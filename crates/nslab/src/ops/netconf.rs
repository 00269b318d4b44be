//! How a namespace treats packets (`RTM_GETNETCONF`, ip-netconf(8)): what /proc/sys/net/ipv4/conf has too, for
//! less.

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::consts::{
    NETCONFA_FORWARDING, NETCONFA_IFINDEX, NETCONFA_IFINDEX_ALL, NETCONFA_PROXY_NEIGH, NETCONFA_RP_FILTER,
    NETCONFA_TABLE, RTM_GETNETCONF,
};
use crate::wire::{Message, Request, Table};

/// `struct netconfmsg`, padded.
const HEADER: usize = 4;

/// Whether the namespace passes packets of a family on; `None` where the kernel lacks the family.
///
/// # Errors
/// What the kernel answers.
pub fn forwarding<T: Transport>(connection: &mut Connection<T>, family: u8) -> Result<Option<bool>> {
    let mut request = Request::new(RTM_GETNETCONF, 0, &[family, 0, 0, 0]);
    request.u32(NETCONFA_IFINDEX, NETCONFA_IFINDEX_ALL.cast_unsigned());
    match connection.get(request, || "asking about forwarding".into(), read) {
        Ok(forwards) => Ok(forwards),
        Err(error) if matches!(error.errno(), Some(libc::EOPNOTSUPP | libc::EAFNOSUPPORT | libc::EINVAL)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a namespace's settings of a link, or of all links, say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Netconf {
    /// The index of the link; -1 for all, -2 for links to come.
    pub index: i32,
    /// Whether packets are passed on.
    pub forwarding: bool,
    /// The reverse-path filter: 0 off, 1 strict, 2 loose (IPv4).
    pub rp_filter: u8,
    /// Whether it answers for addresses of others.
    pub proxy: bool,
}

/// Hands the settings of a family to `take`, those of each link and of all.
///
/// # Errors
/// What the kernel answers, or what `take` returns. A kernel that lacks the family has none.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    family: u8,
    mut take: impl FnMut(Netconf) -> Result<()>,
) -> Result<Dumped> {
    let request = Request::new(RTM_GETNETCONF, 0, &[family, 0, 0, 0]);
    let done = connection.dump_each(
        request,
        || "asking about forwarding".into(),
        |message| {
            let attributes = message.body.get(HEADER..).unwrap_or_default();
            let table =
                Table::<NETCONFA_TABLE>::parse(attributes).map_err(|error| super::malformed("a setting", error))?;
            let number = |kind| table.get(kind).and_then(|a| a.i32());
            let Some(index) = number(NETCONFA_IFINDEX) else { return Ok(()) };
            take(Netconf {
                index,
                forwarding: number(NETCONFA_FORWARDING).unwrap_or(0) != 0,
                rp_filter: number(NETCONFA_RP_FILTER).and_then(|filter| u8::try_from(filter).ok()).unwrap_or(0),
                proxy: number(NETCONFA_PROXY_NEIGH).unwrap_or(0) != 0,
            })
        },
    );
    match done {
        Err(error) if matches!(error.errno(), Some(libc::EOPNOTSUPP | libc::EAFNOSUPPORT | libc::EINVAL)) => {
            Ok(Dumped { interrupted: false })
        }
        done => done,
    }
}

fn read(message: &Message<'_>) -> Result<Option<bool>> {
    let attributes = message.body.get(HEADER..).unwrap_or_default();
    let table = Table::<NETCONFA_TABLE>::parse(attributes).map_err(|error| super::malformed("a setting", error))?;
    Ok(table.get(NETCONFA_FORWARDING).and_then(|a| a.i32()).map(|on| on != 0))
}
