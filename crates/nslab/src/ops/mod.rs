//! Links, addresses, routes, nexthops, rules, neighbours, queueing disciplines, namespace ids, the packet filter, tun and tap
//! as the kernel has them: typed request in, typed reply out.
//!
//! A request is a plain value that makes a [`Request`](crate::wire::Request); a reply borrows from the
//! kernel's message and is read field by field, so that reading costs nothing for what nobody looks at.

pub mod address;
pub mod addrlabel;
pub mod link;
pub mod neighbour;
pub mod netconf;
pub mod nexthop;
pub mod nft;
pub mod nsid;
pub mod qdisc;
pub mod route;
pub mod rule;
pub mod tuntap;
pub mod wireguard;

use crate::error::{Error, ErrorKind};
use crate::wire::Malformed;

/// A reply that cannot be understood.
fn malformed(what: &str, _: Malformed) -> Error {
    Error::new(ErrorKind::Reply, format!("reading {what}: the kernel's answer is malformed"))
}
