//! Which packets: hosts, ports, protocols and VLANs, as a program that the kernel runs on each packet.
//!
//! What is not wanted is passed over by the kernel, and costs nearly nothing. Of each list one entry must fit, and
//! each list that is not empty must have one. A packet that is too short to tell is not wanted.

mod compile;
mod program;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::LinkType;
use crate::error::{Error, Result};
use crate::types::{Prefix, quote};

/// Which packets are taken; without any entry, all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From or to an address of these networks: in the header of IPv4 or IPv6, or in ARP.
    pub hosts: Vec<Prefix>,
    /// From or to a port of these: TCP, UDP, UDP-Lite, SCTP and DCCP. Of a fragmented packet only the first part
    /// has ports.
    pub ports: Vec<Ports>,
    /// Of these protocols.
    pub protocols: Vec<Protocol>,
    /// With the tag of one of these VLANs, the outermost where there are several; 0 to 4095.
    pub vlans: Vec<u16>,
}

/// Ports from one to another, both among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(pub RangeInclusive<u16>);

/// What a packet is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A type of Ethernet (`ETH_P_…`), behind the tags of VLANs.
    Ethernet(u16),
    /// What an IPv4 or IPv6 packet carries, behind extension headers.
    Ip(u8),
}

pub(super) const ARP: u16 = 0x0806;
pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;

/// The protocols with names.
const NAMES: [(&str, Protocol); 17] = [
    ("arp", Protocol::Ethernet(ARP)),
    ("ip", Protocol::Ethernet(IPV4)),
    ("ip6", Protocol::Ethernet(IPV6)),
    ("lldp", Protocol::Ethernet(0x88cc)),
    ("mpls", Protocol::Ethernet(0x8847)),
    ("icmp", Protocol::Ip(1)),
    ("igmp", Protocol::Ip(2)),
    ("tcp", Protocol::Ip(6)),
    ("udp", Protocol::Ip(17)),
    ("dccp", Protocol::Ip(33)),
    ("gre", Protocol::Ip(47)),
    ("esp", Protocol::Ip(50)),
    ("icmp6", Protocol::Ip(58)),
    ("ospf", Protocol::Ip(89)),
    ("pim", Protocol::Ip(103)),
    ("vrrp", Protocol::Ip(112)),
    ("sctp", Protocol::Ip(132)),
];

impl FromStr for Protocol {
    type Err = Error;

    /// A name, the number that IP has for it, or `0x` and the type that Ethernet has.
    fn from_str(text: &str) -> Result<Self> {
        if let Some((_, protocol)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(*protocol);
        }
        let read = match text.strip_prefix("0x") {
            Some(digits) => u16::from_str_radix(digits, 16).ok().map(Self::Ethernet),
            None => text.parse().ok().map(Self::Ip),
        };
        read.ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            Error::invalid(format!("no protocol {}", quote(text))).with_help(format!(
                "it is one of {}; or a number from 0 to 255, as IP has it; or 0x0000 to 0xffff, as Ethernet has it",
                names.join(", ")
            ))
        })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (NAMES.iter().find(|(_, protocol)| protocol == self), self) {
            (Some((name, _)), _) => f.write_str(name),
            (None, Self::Ethernet(number)) => write!(f, "ether proto {number:#06x}"),
            (None, Self::Ip(number)) => write!(f, "proto {number}"),
        }
    }
}

impl FromStr for Ports {
    type Err = Error;

    /// One port, or two with `-` between them.
    fn from_str(text: &str) -> Result<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let bad = || {
            Error::invalid(format!("no port {}", quote(text)))
                .with_help("a port is a number from 0 to 65535; several are 1000-2000")
        };
        let port = |text: &str| text.parse::<u16>().map_err(|_| bad());
        let range = port(first)?..=port(last)?;
        if range.is_empty() { Err(bad()) } else { Ok(Self(range)) }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.start(), self.0.end()) {
            (first, last) if first == last => write!(f, "port {first}"),
            (first, last) => write!(f, "portrange {first}-{last}"),
        }
    }
}

impl Filter {
    /// Whether it takes everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The program for interfaces of a link type. `once` leaves out what an interface sends, for those where all of it
    /// comes in too. Of what is taken, the first `snap_len` bytes are.
    pub(super) fn compile(&self, link: LinkType, once: bool, snap_len: u32) -> Result<Vec<(u16, u8, u8, u32)>> {
        compile::compile(self, link, once, snap_len)
    }
}

/// As pcap-filter(7) would have it.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |prefix: &Prefix| match prefix.len() == prefix.max_len() {
            true => format!("host {}", prefix.address()),
            false => format!("net {}", prefix.network()),
        };
        let lists: [Vec<String>; 4] = [
            self.vlans.iter().map(|id| format!("vlan {id}")).collect(),
            self.protocols.iter().map(ToString::to_string).collect(),
            self.hosts.iter().map(host).collect(),
            self.ports.iter().map(ToString::to_string).collect(),
        ];
        let parts = lists.iter().filter(|list| !list.is_empty());
        let parts = parts.map(|list| if list.len() == 1 { list.concat() } else { format!("({})", list.join(" or ")) });
        f.write_str(&parts.collect::<Vec<_>>().join(" and "))
    }
}
