//! Links: network interfaces (`RTM_NEWLINK` and family; rtnetlink(7), ip-link(8)).

mod bridge_vlan;
mod reply;
mod request;
mod statistics;

pub use bridge_vlan::{VlanConfig, dump_vlans};
pub use reply::{HwType, Link, OperState};
pub use request::{Data, Kind, LinkConfig, Netns, Select};
pub use statistics::Statistics;

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::Request;
use crate::wire::consts::{AF_PACKET, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS, RTEXT_FILTER_VF, RTM_GETLINK};

/// Which links a dump asks the kernel for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DumpFilter<'a> {
    /// Only those with this master.
    pub master: Option<u32>,
    /// Only those of this kind, as in `ip link show type KIND`.
    pub kind: Option<&'a str>,
    /// What is told of each.
    pub detail: Detail,
}

/// How much the kernel tells of a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Detail {
    /// Whether it tells what it has counted.
    pub statistics: bool,
    /// Whether it leaves out the virtual functions.
    pub no_functions: bool,
}

impl Detail {
    fn mask(self) -> u32 {
        let functions = if self.no_functions { 0 } else { RTEXT_FILTER_VF };
        functions | if self.statistics { 0 } else { RTEXT_FILTER_SKIP_STATS }
    }
}

/// Hands every link to `take`, in the kernel's order.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    filter: DumpFilter<'_>,
    mut take: impl FnMut(&Link<'_>) -> Result<()>,
) -> Result<Dumped> {
    let mut request = Request::new(RTM_GETLINK, 0, &request::header(AF_PACKET, 0, 0, 0));
    request.u32(IFLA_EXT_MASK, filter.detail.mask());
    if let Some(master) = filter.master {
        request.u32(crate::wire::consts::IFLA_MASTER, master);
    }
    if let Some(kind) = filter.kind {
        request.nest(crate::wire::consts::IFLA_LINKINFO, |info| {
            info.attribute(crate::wire::consts::IFLA_INFO_KIND, kind.as_bytes());
        });
    }
    connection.dump_each(request, || "listing links".into(), |message| take(&Link::parse(message)?))
}

/// Hands one link to `take`.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none, or what `take` returns.
pub fn get<T: Transport, R>(
    connection: &mut Connection<T>,
    which: Select<'_>,
    take: impl FnMut(&Link<'_>) -> Result<R>,
) -> Result<R> {
    get_with(connection, which, Detail::default(), take)
}

/// Hands one link to `take`, with as much told of it as is asked for.
///
/// # Errors
/// As [`get`].
pub fn get_with<T: Transport, R>(
    connection: &mut Connection<T>,
    which: Select<'_>,
    detail: Detail,
    mut take: impl FnMut(&Link<'_>) -> Result<R>,
) -> Result<R> {
    let mut request = which.request(RTM_GETLINK);
    request.u32(IFLA_EXT_MASK, detail.mask());
    connection.get(request, || format!("looking for link {which}"), |message| take(&Link::parse(message)?))
}

/// The index of the link with a name.
///
/// # Errors
/// As [`get`].
pub fn index_of<T: Transport>(connection: &mut Connection<T>, name: &[u8]) -> Result<u32> {
    get(connection, Select::Name(name), |link| Ok(link.index()))
}

/// Hands a link to `take` that is in the namespace that the connection's own knows by an id.
///
/// # Errors
/// As [`get`]; `EINVAL` where the id stands for nothing.
pub fn elsewhere<T: Transport, R>(
    connection: &mut Connection<T>,
    netnsid: u32,
    index: u32,
    mut take: impl FnMut(&Link<'_>) -> Result<R>,
) -> Result<R> {
    let which = Select::Index(index);
    let mut request = which.request(RTM_GETLINK);
    request.u32(IFLA_EXT_MASK, Detail { statistics: false, no_functions: true }.mask());
    request.u32(crate::wire::consts::IFLA_TARGET_NETNSID, netnsid);
    let operation = || format!("looking for link {which} in the namespace with id {netnsid}");
    connection.get(request, operation, |message| take(&Link::parse(message)?))
}

/// The index of the link with a name in the namespace that the connection's own knows by an id.
///
/// # Errors
/// As [`get`]; `EINVAL` where the id stands for nothing.
pub fn index_elsewhere<T: Transport>(connection: &mut Connection<T>, netnsid: u32, name: &[u8]) -> Result<u32> {
    let which = Select::Name(name);
    let mut request = which.request(RTM_GETLINK);
    request.u32(crate::wire::consts::IFLA_TARGET_NETNSID, netnsid);
    let operation = || format!("looking for link {which} in the namespace with id {netnsid}");
    connection.get(request, operation, |message| Link::parse(message).map(|link| link.index()))
}
