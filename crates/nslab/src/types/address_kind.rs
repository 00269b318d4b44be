//! What an address is for, by the registries of IANA.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for.
///
/// Source: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and what updates
/// it), the multicast registries, and the IPv6 address space registry.
///
/// ```
/// use nslab::types::AddressKind;
/// let address = "192.168.1.1".parse().unwrap();
/// assert_eq!(AddressKind::of(address), AddressKind::Private);
/// assert_eq!(AddressKind::of(address).name(), "private");
/// assert_eq!(AddressKind::source_of(address), "RFC 1918");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressKind {
    /// No address at all: `0.0.0.0`, `::`.
    Unspecified,
    /// `0.0.0.0/8`: the sender's own network, in messages before it has an address.
    ThisNetwork,
    /// The host itself.
    Loopback,
    /// For anyone's use inside a site, not routed on the internet.
    Private,
    /// `100.64.0.0/10`: between a provider and its customers' address translators.
    Shared,
    /// On one link only, never forwarded.
    LinkLocal,
    /// Set aside for protocols.
    Protocol,
    /// For examples in texts.
    Documentation,
    /// For measuring network devices.
    Benchmarking,
    /// A group of hosts.
    Multicast,
    /// Set aside for the future, or not given out.
    Reserved,
    /// `255.255.255.255`: every host on the link.
    LimitedBroadcast,
    /// IPv6's private addresses: unique, and not routed on the internet.
    UniqueLocal,
    /// IPv6's first private addresses, given up.
    SiteLocal,
    /// An IPv4 address as a program sees it through an IPv6 socket; never on the wire.
    Ipv4Mapped,
    /// An IPv4 address behind a translator.
    Nat64,
    /// Where traffic is sent to be dropped.
    Discard,
    /// IPv6 in IPv4 tunnels with an IPv4 address inside, by Teredo.
    Teredo,
    /// IPv6 in IPv4 tunnels with an IPv4 address inside, by 6to4.
    SixToFour,
    /// Instructions of segment routing.
    SegmentRouting,
    /// Any other: routed on the internet once somebody has been given it.
    Global,
}

impl AddressKind {
    /// The kind of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        look_up(address).0
    }

    /// The document that says what this address is for.
    #[must_use]
    pub fn source_of(address: IpAddr) -> &'static str {
        look_up(address).1
    }

    /// Its name in one to three words. Programs may rely on it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::ThisNetwork => "this network",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Shared => "shared",
            Self::LinkLocal => "link-local",
            Self::Protocol => "protocol assignments",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
            Self::LimitedBroadcast => "limited broadcast",
            Self::UniqueLocal => "unique local",
            Self::SiteLocal => "site-local",
            Self::Ipv4Mapped => "IPv4-mapped",
            Self::Nat64 => "NAT64",
            Self::Discard => "discard",
            Self::Teredo => "Teredo",
            Self::SixToFour => "6to4",
            Self::SegmentRouting => "segment routing",
            Self::Global => "global",
        }
    }

    /// Whether one interface of one host may have such an address: not multicast, broadcast,
    /// unspecified or loopback.
    #[must_use]
    pub fn is_for_an_interface(self) -> bool {
        !matches!(self, Self::Unspecified | Self::Loopback | Self::Multicast | Self::LimitedBroadcast)
    }
}

fn look_up(address: IpAddr) -> (AddressKind, &'static str) {
    match address {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(base, len, ..)| (base.to_bits() ^ address.to_bits()).leading_zeros() >= *len)
            .map_or((AddressKind::Global, "RFC 6890"), |(_, _, kind, source)| (*kind, source)),
        IpAddr::V6(address) => V6
            .iter()
            .find(|(base, len, ..)| (base.to_bits() ^ address.to_bits()).leading_zeros() >= *len)
            .map_or((AddressKind::Reserved, "RFC 4291"), |(_, _, kind, source)| (*kind, source)),
    }
}

// The first hit counts, so a part stands before the whole.
#[rustfmt::skip]
static V4: &[(Ipv4Addr, u32, AddressKind, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 32, AddressKind::Unspecified, "RFC 1122"),
    (Ipv4Addr::new(0, 0, 0, 0), 8, AddressKind::ThisNetwork, "RFC 1122"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, AddressKind::Private, "RFC 1918"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, AddressKind::Shared, "RFC 6598"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, AddressKind::Loopback, "RFC 1122"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, AddressKind::LinkLocal, "RFC 3927"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, AddressKind::Private, "RFC 1918"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, AddressKind::Protocol, "RFC 6890"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, AddressKind::Documentation, "RFC 5737"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, AddressKind::SixToFour, "RFC 7526"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, AddressKind::Private, "RFC 1918"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, AddressKind::Benchmarking, "RFC 2544"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, AddressKind::Documentation, "RFC 5737"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, AddressKind::Documentation, "RFC 5737"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, AddressKind::Multicast, "RFC 5771"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, AddressKind::LimitedBroadcast, "RFC 919"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, AddressKind::Reserved, "RFC 1112"),
];

#[rustfmt::skip]
static V6: &[(Ipv6Addr, u32, AddressKind, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, AddressKind::Unspecified, "RFC 4291"),
    (Ipv6Addr::LOCALHOST, 128, AddressKind::Loopback, "RFC 4291"),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, AddressKind::Ipv4Mapped, "RFC 4291"),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, AddressKind::Nat64, "RFC 6052"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, AddressKind::Nat64, "RFC 8215"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, AddressKind::Discard, "RFC 6666"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, AddressKind::Teredo, "RFC 4380"),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, AddressKind::Benchmarking, "RFC 5180"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, AddressKind::Protocol, "RFC 2928"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, AddressKind::Documentation, "RFC 3849"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, AddressKind::SixToFour, "RFC 3056"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, AddressKind::Documentation, "RFC 9637"),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, AddressKind::Global, "RFC 4291"),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, AddressKind::SegmentRouting, "RFC 9602"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, AddressKind::UniqueLocal, "RFC 4193"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, AddressKind::LinkLocal, "RFC 4291"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, AddressKind::SiteLocal, "RFC 3879"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, AddressKind::Multicast, "RFC 4291"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_every_block() {
        #[rustfmt::skip]
        let table = [
            ("0.0.0.0", "unspecified"), ("0.0.0.1", "this network"), ("1.0.0.0", "global"),
            ("9.255.255.255", "global"), ("10.0.0.0", "private"), ("10.255.255.255", "private"), ("11.0.0.0", "global"),
            ("100.63.255.255", "global"), ("100.64.0.0", "shared"), ("100.127.255.255", "shared"), ("100.128.0.0", "global"),
            ("127.255.255.255", "loopback"), ("128.0.0.0", "global"), ("169.254.0.0", "link-local"), ("169.255.0.0", "global"),
            ("172.15.255.255", "global"), ("172.16.0.0", "private"), ("172.31.255.255", "private"), ("172.32.0.0", "global"),
            ("192.0.0.1", "protocol assignments"), ("192.0.1.0", "global"), ("192.0.2.255", "documentation"), ("192.0.3.0", "global"),
            ("192.88.99.1", "6to4"), ("192.168.255.255", "private"), ("192.169.0.0", "global"),
            ("198.17.255.255", "global"), ("198.19.255.255", "benchmarking"), ("198.20.0.0", "global"),
            ("198.51.100.1", "documentation"), ("203.0.113.1", "documentation"), ("223.255.255.255", "global"),
            ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("240.0.0.0", "reserved"),
            ("255.255.255.254", "reserved"), ("255.255.255.255", "limited broadcast"),
            ("::", "unspecified"), ("::1", "loopback"), ("::2", "reserved"), ("::ffff:192.0.2.1", "IPv4-mapped"),
            ("64:ff9b::1", "NAT64"), ("64:ff9b:1::1", "NAT64"), ("64:ff9b:2::", "reserved"), ("100::1", "discard"), ("100:0:0:1::", "reserved"),
            ("2001::1", "Teredo"), ("2001:2::1", "benchmarking"), ("2001:1ff::", "protocol assignments"), ("2001:200::", "global"),
            ("2001:db8::1", "documentation"), ("2001:db9::", "global"), ("2002::1", "6to4"), ("2a00::1", "global"),
            ("3fff:fff::1", "documentation"), ("3fff:1000::", "global"), ("4000::", "reserved"), ("5f00::1", "segment routing"),
            ("fbff::", "reserved"), ("fc00::", "unique local"), ("fdff::1", "unique local"), ("fe00::", "reserved"),
            ("fe80::1", "link-local"), ("febf::1", "link-local"), ("fec0::1", "site-local"), ("feff::1", "site-local"), ("ff02::1", "multicast"),
        ];
        for (address, name) in table {
            assert_eq!(AddressKind::of(address.parse().unwrap()).name(), name, "{address}");
        }
    }
}
