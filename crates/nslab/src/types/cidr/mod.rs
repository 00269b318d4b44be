//! Addresses taken apart by their prefix length: network part, host part, range, and who shares a segment.
//!
//! Pure arithmetic (RFC 4632, RFC 4291 section 2.3); no input makes it panic or overflow.

mod parse;
mod segment;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use parse::parse;
pub use segment::{Sharing, segments};

use super::{AddressKind, Prefix};

/// An address with a prefix length, taken apart.
///
/// ```
/// use nslab::types::Cidr;
/// let one = Cidr::of("192.0.2.1/24".parse().unwrap());
/// assert_eq!((one.network_part().as_str(), one.host_part().as_str()), ("192.0.2", "1"));
/// assert_eq!(one.netmask().to_string(), "255.255.255.0");
/// assert_eq!(one.first_host().to_string(), "192.0.2.1");
/// assert_eq!(one.last_host().to_string(), "192.0.2.254");
/// assert_eq!(one.hosts().to_string(), "254");
/// assert_eq!(one.broadcast().unwrap().to_string(), "192.0.2.255");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    prefix: Prefix,
}

/// What an address is within its own network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// One of the addresses that a host may have.
    Host,
    /// The address that stands for the network itself: IPv4, host part all zeros, up to /30.
    Network,
    /// The address of all hosts of the network: IPv4, host part all ones, up to /30.
    Broadcast,
    /// The address that any router of the network answers to: IPv6, host part all zeros, up to /126
    /// (RFC 4291 section 2.6.1, RFC 6164). Hosts can have it, but should not.
    RouterAnycast,
}

/// How many addresses hosts may have: up to 2^128, which no integer of the machine holds.
///
/// ```
/// use nslab::types::Cidr;
/// let all = Cidr::of("::/0".parse().unwrap()).hosts();
/// assert_eq!(all.to_string(), "340282366920938463463374607431768211456");
/// assert_eq!(all.get(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HostCount(Option<u128>);

impl HostCount {
    /// The number; none where it is 2^128.
    #[must_use]
    pub fn get(self) -> Option<u128> {
        self.0
    }
}

impl fmt::Display for HostCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("340282366920938463463374607431768211456"),
        }
    }
}

impl Cidr {
    /// Takes an address apart.
    #[must_use]
    pub fn of(prefix: Prefix) -> Self {
        Self { prefix }
    }

    /// What was taken apart.
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        self.prefix
    }

    /// The bits of the host part: 32 or 128 less the prefix length.
    #[must_use]
    pub fn host_bits(&self) -> u8 {
        self.prefix.max_len().saturating_sub(self.prefix.len())
    }

    /// The network: the host part all zeros, the length kept.
    #[must_use]
    pub fn network(&self) -> Prefix {
        self.prefix.network()
    }

    /// The length as a mask: ones for the network part, zeros for the host part.
    #[must_use]
    pub fn netmask(&self) -> IpAddr {
        self.prefix.to_ipnet().netmask()
    }

    /// The first address that a host may have.
    #[must_use]
    pub fn first_host(&self) -> IpAddr {
        match self.network().address() {
            IpAddr::V4(first) if self.has_broadcast() => Ipv4Addr::from_bits(first.to_bits() | 1).into(),
            first => first,
        }
    }

    /// The last address that a host may have.
    #[must_use]
    pub fn last_host(&self) -> IpAddr {
        match self.last() {
            IpAddr::V4(last) if self.has_broadcast() => Ipv4Addr::from_bits(last.to_bits() & !1).into(),
            last => last,
        }
    }

    /// How many addresses hosts may have. In IPv4 that is without the network and the broadcast
    /// address, except in a /31 (RFC 3021) and a /32; in IPv6 it is all of them.
    #[must_use]
    pub fn hosts(&self) -> HostCount {
        let all = 1_u128.checked_shl(self.host_bits().into());
        HostCount(all.map(|all| if self.has_broadcast() { all.saturating_sub(2) } else { all }))
    }

    /// The address of all hosts of the network, where there is such: IPv4 up to /30.
    #[must_use]
    pub fn broadcast(&self) -> Option<IpAddr> {
        self.has_broadcast().then(|| self.last())
    }

    /// What the address is within its own network.
    #[must_use]
    pub fn role(&self) -> Role {
        let address = self.prefix.address();
        if self.broadcast() == Some(address) {
            return Role::Broadcast;
        }
        if self.host_bits() < 2 || address != self.network().address() {
            return Role::Host;
        }
        if self.prefix.is_ipv6() { Role::RouterAnycast } else { Role::Network }
    }

    /// What the address is for.
    #[must_use]
    pub fn kind(&self) -> AddressKind {
        AddressKind::of(self.prefix.address())
    }

    /// The network part as people say it: `192.0.2` of 192.0.2.1/24, `2001:0db8:0000:0000` of
    /// 2001:db8::1/64. An octet or group that the boundary runs through is in both parts, each with
    /// the other's bits zero: 198.51.100.5/30 is `198.51.100.4` and `1`. Empty for a /0.
    #[must_use]
    pub fn network_part(&self) -> String {
        let pieces = pieces(self.network().address());
        let width = piece_bits(&self.prefix);
        pieces.text(0, usize::from(self.prefix.len().div_ceil(width)))
    }

    /// The host part as people say it; see [`network_part`](Self::network_part). Empty for a /32 or /128.
    #[must_use]
    pub fn host_part(&self) -> String {
        let host = match (self.prefix.address(), self.netmask()) {
            (IpAddr::V4(address), IpAddr::V4(mask)) => Ipv4Addr::from_bits(address.to_bits() & !mask.to_bits()).into(),
            (IpAddr::V6(address), IpAddr::V6(mask)) => Ipv6Addr::from_bits(address.to_bits() & !mask.to_bits()).into(),
            (address, _) => address,
        };
        let width = piece_bits(&self.prefix);
        pieces(host).text(usize::from(self.prefix.len().checked_div(width).unwrap_or_default()), 8)
    }

    /// The address written so that the boundary can be drawn: both sides of it.
    ///
    /// IPv4 is written in bits: `11000000.00000000.00000010` and `00000001`. IPv6 is written in
    /// hexadecimal digits, four a group; a digit that the boundary runs through is written in bits, in
    /// brackets: `2001:0db8:[1` and `000]000:0000:0000:0000:0000:0001` of 2001:db8:8000::1/33.
    #[must_use]
    pub fn split(&self) -> (String, String) {
        let (mut network, mut host) = (String::new(), String::new());
        let len = usize::from(self.prefix.len());
        let mut put = |at: usize, c: char| if at < len { network.push(c) } else { host.push(c) };
        let bit = |set: bool| if set { '1' } else { '0' };
        match self.prefix.address() {
            IpAddr::V4(address) => {
                for at in 0..32 {
                    // A separator belongs to the digits on both its sides; on the boundary there is none.
                    if at > 0 && at % 8 == 0 && at != len {
                        put(at, '.');
                    }
                    put(at, bit(address.to_bits().rotate_left(at as u32 + 1) & 1 == 1));
                }
            }
            IpAddr::V6(address) => {
                for at in (0..128_usize).step_by(4) {
                    if at > 0 && at % 16 == 0 && at != len {
                        put(at, ':');
                    }
                    let digit = (address.to_bits().rotate_left(at as u32 + 4) & 0xf) as u32;
                    if at < len && len < at + 4 {
                        put(at, '[');
                        (0..4).for_each(|n| put(at + n, bit(digit & (8 >> n) != 0)));
                        put(at + 4, ']');
                    } else {
                        put(at, char::from_digit(digit, 16).unwrap_or('?'));
                    }
                }
            }
        }
        (network, host)
    }

    fn has_broadcast(&self) -> bool {
        !self.prefix.is_ipv6() && self.host_bits() >= 2
    }

    fn last(&self) -> IpAddr {
        self.prefix.to_ipnet().broadcast()
    }
}

fn piece_bits(prefix: &Prefix) -> u8 {
    if prefix.is_ipv6() { 16 } else { 8 }
}

/// An address as its octets or groups in text.
struct Pieces {
    pieces: Vec<String>,
    separator: &'static str,
}

fn pieces(address: IpAddr) -> Pieces {
    match address {
        IpAddr::V4(address) => {
            Pieces { pieces: address.octets().iter().map(ToString::to_string).collect(), separator: "." }
        }
        IpAddr::V6(address) => {
            Pieces { pieces: address.segments().iter().map(|group| format!("{group:04x}")).collect(), separator: ":" }
        }
    }
}

impl Pieces {
    fn text(&self, from: usize, to: usize) -> String {
        self.pieces.get(from..to.min(self.pieces.len())).unwrap_or_default().join(self.separator)
    }
}

#[cfg(test)]
mod tests;
