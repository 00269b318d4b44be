//! What there is to capture in a namespace.

use super::LinkType;
use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::Connection;
use crate::ops::link::{self, Detail, DumpFilter};
use crate::types::MacAddr;

/// An interface of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its index.
    pub index: u32,
    /// Its name; one that is not UTF-8, as near as can be.
    pub name: String,
    /// Its kind, as `veth`; `None` for loopback and hardware.
    pub kind: Option<String>,
    /// Its hardware address, where it has one of six bytes.
    pub mac: Option<MacAddr>,
    /// Whether it is the loopback interface.
    pub loopback: bool,
    /// What its packets begin with.
    pub link_type: LinkType,
}

// `ARPHRD_…` of linux/if_arp.h.
const ETHERNET: u16 = 1;
const LOOPBACK: u16 = 772;
/// Those whose packets have no header but that of IP: rawip, ipip, tunnel6, sit, none.
const IP: [u16; 5] = [519, 768, 769, 776, 0xfffe];

/// The interfaces of a namespace, in the kernel's order.
///
/// # Errors
/// Where the namespace cannot be entered, or what the kernel answers.
pub fn interfaces(namespace: &Namespace) -> Result<Vec<Interface>> {
    let mut found = Vec::new();
    let detail = Detail { statistics: false, no_functions: true };
    link::dump(&mut Connection::open_in(namespace)?, DumpFilter { detail, ..DumpFilter::default() }, |link| {
        let hw_type = link.hw_type().0;
        found.push(Interface {
            index: link.index(),
            name: String::from_utf8_lossy(link.name()).into_owned(),
            kind: link.kind().map(|kind| String::from_utf8_lossy(kind).into_owned()),
            mac: link.address().and_then(|bytes| <[u8; 6]>::try_from(bytes).ok()).map(MacAddr::new),
            loopback: hw_type == LOOPBACK,
            link_type: match hw_type {
                ETHERNET | LOOPBACK => LinkType::Ethernet,
                other if IP.contains(&other) => LinkType::Ip,
                _ => LinkType::Cooked,
            },
        });
        Ok(())
    })?;
    Ok(found)
}
