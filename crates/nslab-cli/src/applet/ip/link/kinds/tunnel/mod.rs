//! Tunnels: `gre`, `gretap`, `erspan` and the same over IPv6, `ipip`, `sit`, `ip6tnl`, `vti` and `vti6`
//! (ip-link(8), ip-tunnel(8), `linux/if_tunnel.h`, `linux/ip6_tunnel.h`).
//!
//! A tunnel is changed by sending all of it. So what it is already is read first.

mod encap;
mod existing;
mod gre;
mod ip;
mod options;
mod show;
mod vti;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nslab::wire::Request;
use nslab::wire::consts::kinds::*;

use self::encap::Encap;
use super::reading::{Opt, Reading};

pub(super) use gre::{ERSPAN, GRE, GRE_FIELDS, IP6GRE, IP6GRE_FIELDS};
pub(super) use ip::{IP6TNL, IP6TNL_FIELDS, IPIP, IPIP_FIELDS, SIT};
pub(super) use vti::{FIELDS as VTI_FIELDS, VTI, VTI6};

type TunnelOpt = Opt<Tunnel>;
type Read<'s> = Reading<'s, Tunnel>;

/// `GRE_…` (RFC 2784, RFC 2890), in network byte order.
const CSUM: u16 = 0x8000;
const KEY: u16 = 0x2000;
const SEQ: u16 = 0x1000;

/// `IP6_TNL_F_…`.
const IGN_ENCAP_LIMIT: u32 = 0x1;
const USE_ORIG_TCLASS: u32 = 0x2;
const USE_ORIG_FLOWLABEL: u32 = 0x4;
const RCV_DSCP_COPY: u32 = 0x10;
const USE_ORIG_FWMARK: u32 = 0x20;
const ALLOW_LOCAL_REMOTE: u32 = 0x40;

const TCLASS_MASK: u32 = 0x0ff0_0000;
const FLOWLABEL_MASK: u32 = 0x000f_ffff;

/// All that a tunnel can be told.
#[derive(Debug)]
pub(super) struct Tunnel {
    link: u32,
    local: Option<IpAddr>,
    remote: Option<IpAddr>,
    /// Of IPv6, the hop limit; 0: that of what is inside.
    ttl: u8,
    tos: u8,
    path_mtu_discovery: bool,
    ignore_df: Option<bool>,
    /// What comes in and what goes out: flags, and keys.
    flags: [u16; 2],
    keys: [[u8; 4]; 2],
    fwmark: u32,
    external: bool,
    encap: Encap,
    protocol: u8,
    isatap: bool,
    prefix_6rd: (Ipv6Addr, u16),
    relay_prefix_6rd: (Ipv4Addr, u16),
    encap_limit: u8,
    /// Traffic class and flow label, as they stand in the header.
    flow: u32,
    ip6_flags: u32,
    erspan_version: u8,
    erspan_index: u32,
    erspan_direction: u8,
    erspan_hwid: u16,
}

impl Default for Tunnel {
    fn default() -> Self {
        Self {
            link: 0,
            local: None,
            remote: None,
            ttl: 0,
            tos: 0,
            path_mtu_discovery: true,
            ignore_df: None,
            flags: [0; 2],
            keys: [[0; 4]; 2],
            fwmark: 0,
            external: false,
            encap: Encap::default(),
            protocol: 0,
            isatap: false,
            prefix_6rd: (Ipv6Addr::UNSPECIFIED, 0),
            relay_prefix_6rd: (Ipv4Addr::UNSPECIFIED, 0),
            encap_limit: 0,
            flow: 0,
            ip6_flags: 0,
            erspan_version: 1,
            erspan_index: 0,
            erspan_direction: 0,
            erspan_hwid: 0,
        }
    }
}

impl Tunnel {
    /// A new one over IPv6: `IPV6_DEFAULT_TNL_ENCAP_LIMIT` and the hop limit of RFC 2473.
    fn over_ipv6() -> Self {
        Self { ttl: 64, encap_limit: 4, encap: Encap::over_ipv6(), ..Self::default() }
    }
}

/// The numbers of what the two families of kinds have alike.
struct Numbers {
    link: u16,
    local: u16,
    remote: u16,
    ttl: u16,
    tos: u16,
    path_mtu_discovery: u16,
    encap_limit: u16,
    flow: u16,
    external: u16,
    fwmark: u16,
    encap_type: u16,
    encap_flags: u16,
    encap_sport: u16,
    encap_dport: u16,
}

static GRE_NUMBERS: Numbers = Numbers {
    link: IFLA_GRE_LINK,
    local: IFLA_GRE_LOCAL,
    remote: IFLA_GRE_REMOTE,
    ttl: IFLA_GRE_TTL,
    tos: IFLA_GRE_TOS,
    path_mtu_discovery: IFLA_GRE_PMTUDISC,
    encap_limit: IFLA_GRE_ENCAP_LIMIT,
    flow: IFLA_GRE_FLOWINFO,
    external: IFLA_GRE_COLLECT_METADATA,
    fwmark: IFLA_GRE_FWMARK,
    encap_type: IFLA_GRE_ENCAP_TYPE,
    encap_flags: IFLA_GRE_ENCAP_FLAGS,
    encap_sport: IFLA_GRE_ENCAP_SPORT,
    encap_dport: IFLA_GRE_ENCAP_DPORT,
};

static IP_NUMBERS: Numbers = Numbers {
    link: IFLA_IPTUN_LINK,
    local: IFLA_IPTUN_LOCAL,
    remote: IFLA_IPTUN_REMOTE,
    ttl: IFLA_IPTUN_TTL,
    tos: IFLA_IPTUN_TOS,
    path_mtu_discovery: IFLA_IPTUN_PMTUDISC,
    encap_limit: IFLA_IPTUN_ENCAP_LIMIT,
    flow: IFLA_IPTUN_FLOWINFO,
    external: IFLA_IPTUN_COLLECT_METADATA,
    fwmark: IFLA_IPTUN_FWMARK,
    encap_type: IFLA_IPTUN_ENCAP_TYPE,
    encap_flags: IFLA_IPTUN_ENCAP_FLAGS,
    encap_sport: IFLA_IPTUN_ENCAP_SPORT,
    encap_dport: IFLA_IPTUN_ENCAP_DPORT,
};

/// Puts an address where it belongs, if there is one.
fn put_address(data: &mut Request, number: u16, address: Option<IpAddr>) {
    match address {
        Some(IpAddr::V4(v4)) => data.attribute(number, &v4.octets()),
        Some(IpAddr::V6(v6)) => data.attribute(number, &v6.octets()),
        None => data,
    };
}
