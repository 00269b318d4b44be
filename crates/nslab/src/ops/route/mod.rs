//! Routes (`RTM_NEWROUTE` and family; rtnetlink(7), ip-route(8)).

mod metrics;
mod nexthop;
mod query;
mod reply;
mod request;

pub use metrics::{Metrics, MetricsReply};
pub use nexthop::{NextHop, NextHopReply, NextHops};
pub use query::Query;
pub use reply::{CacheInfo, Route};
pub use request::{Change, RouteConfig};

use std::net::IpAddr;

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::consts::{AF_INET, AF_INET6, RTA_OIF, RTA_TABLE, RTM_F_CLONED, RTM_GETROUTE};
use crate::wire::{Attribute, Request};

/// Which routes a dump asks the kernel for. A kernel older than 4.20 gives more.
#[derive(Debug, Clone, Copy, Default)]
pub struct DumpFilter {
    /// 2 for IPv4, 10 for IPv6, 0 for all.
    pub family: u8,
    /// Only those of this table. The kernel refuses one that does not exist.
    pub table: Option<u32>,
    /// Only those of who made them (`RTPROT_…`); 0 for all.
    pub protocol: u8,
    /// Only those that leave by the link with this index.
    pub output: Option<u32>,
    /// Those that the kernel derived from others (exceptions, cached), instead of the others.
    pub cloned: bool,
}

/// Hands every route to `take`, in the kernel's order, as it comes.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    filter: DumpFilter,
    mut take: impl FnMut(&Route<'_>) -> Result<()>,
) -> Result<Dumped> {
    let header = Header {
        family: filter.family,
        protocol: filter.protocol,
        flags: if filter.cloned { RTM_F_CLONED } else { 0 },
        ..Header::default()
    };
    let mut request = Request::new(RTM_GETROUTE, 0, &header.bytes());
    if let Some(table) = filter.table {
        request.u32(RTA_TABLE, table);
    }
    if let Some(output) = filter.output {
        request.u32(RTA_OIF, output);
    }
    connection.dump_each(request, || "listing routes".into(), |message| take(&Route::parse(message)?))
}

/// `struct rtmsg`.
#[derive(Debug, Clone, Copy, Default)]
struct Header {
    family: u8,
    destination_len: u8,
    source_len: u8,
    tos: u8,
    table: u8,
    protocol: u8,
    scope: u8,
    kind: u8,
    flags: u32,
}

impl Header {
    fn bytes(&self) -> [u8; 12] {
        let [f0, f1, f2, f3] = self.flags.to_ne_bytes();
        [
            self.family,
            self.destination_len,
            self.source_len,
            self.tos,
            self.table,
            self.protocol,
            self.scope,
            self.kind,
            f0,
            f1,
            f2,
            f3,
        ]
    }
}

/// The number of an address's family.
fn family_of(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn put_address(request: &mut Request, kind: u16, address: IpAddr) {
    match address {
        IpAddr::V4(address) => request.attribute(kind, &address.octets()),
        IpAddr::V6(address) => request.attribute(kind, &address.octets()),
    };
}

/// A gateway: in the attribute of its own that one of another family than the route's has.
fn put_gateway(request: &mut Request, family: u8, gateway: IpAddr) {
    use crate::wire::consts::{RTA_GATEWAY, RTA_VIA};
    if family_of(gateway) == family {
        return put_address(request, RTA_GATEWAY, gateway);
    }
    let mut via = u16::from(family_of(gateway)).to_ne_bytes().to_vec();
    match gateway {
        IpAddr::V4(address) => via.extend(address.octets()),
        IpAddr::V6(address) => via.extend(address.octets()),
    }
    request.attribute(RTA_VIA, &via);
}

/// An address of a family from an attribute.
pub(super) fn address_in(family: u8, attribute: Attribute<'_>) -> Option<IpAddr> {
    match family {
        AF_INET => attribute.payload.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        AF_INET6 => attribute.payload.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
        _ => None,
    }
}

/// The address of an attribute that begins with a family (`struct rtvia`).
fn address_via(attribute: Attribute<'_>) -> Option<IpAddr> {
    let family = u8::try_from(attribute.u16()?).ok()?;
    address_in(family, Attribute { kind: attribute.kind, payload: attribute.payload.get(2..)? })
}

#[cfg(test)]
mod tests;
