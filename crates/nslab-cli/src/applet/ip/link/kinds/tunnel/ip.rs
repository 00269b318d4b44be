//! `ipip`, `sit`, and `ip6tnl` (RFC 2003, RFC 4213, RFC 2473, RFC 5969).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nslab::types::Prefix;
use nslab::wire::consts::kinds::*;

use super::encap;
use super::options::{self, EXTERNAL, FWMARK, FWMARK6, IPV6};
use super::{IP_NUMBERS, Read, Tunnel, TunnelOpt, existing, put_address, show};
use crate::applet::ip::fail::{Fail, MISUSE};
use crate::applet::ip::link::kinds::fields::{Field, all};
use crate::applet::ip::link::kinds::reading::{Options, Takes, opt, whole};
use crate::applet::ip::words::{self, Family, Words};

type Done = Result<(), Fail>;

/// Protocols (`IPPROTO_…`).
const IPIP_PROTOCOL: u8 = 4;
const IPV6_PROTOCOL: u8 = 41;
const MPLS_PROTOCOL: u8 = 137;

pub(in super::super) static IPIP: Options<Tunnel> = Options {
    tables: &[PACKETS, encap::OPTIONS, EXTERNAL, FWMARK, RAPID],
    stranger: "",
    once: false,
    begin: existing::ip,
    finish: finish_ip,
    usage: include_str!("ipip.txt"),
};

pub(in super::super) static SIT: Options<Tunnel> = Options {
    tables: &[PACKETS, encap::OPTIONS, EXTERNAL, FWMARK, RAPID, ISATAP],
    stranger: "",
    once: false,
    begin: existing::ip,
    finish: finish_ip,
    usage: include_str!("sit.txt"),
};

pub(in super::super) static IP6TNL: Options<Tunnel> = Options {
    tables: &[PACKETS6, encap::OPTIONS, IPV6, EXTERNAL, FWMARK6],
    stranger: "",
    once: false,
    begin: existing::ip6tnl,
    finish: finish_ip6,
    usage: include_str!("ip6tnl.txt"),
};

static PACKETS: &[TunnelOpt] = {
    use Takes::By;
    &[
        whole("remote", 0, By(options::read_remote4), ""),
        whole("local", 0, By(options::read_local4), ""),
        opt("dev", 0, By(options::read_dev), ""),
        whole("ttl", 0, By(options::read_ttl), "invalid TTL\n"),
        whole("hoplimit", 0, By(options::read_ttl), "invalid TTL\n"),
        whole("hlim", 0, By(options::read_ttl), "invalid TTL\n"),
        whole("tos", 0, By(options::read_tos), "bad TOS value"),
        whole("tclass", 0, By(options::read_tos), "bad TOS value"),
        whole("tc", 0, By(options::read_tos), "bad TOS value"),
        opt("dsfield", 0, By(options::read_tos), "bad TOS value"),
        whole("nopmtudisc", 0, By(|reading, _, _| discovery(reading, false)), ""),
        whole("pmtudisc", 0, By(|reading, _, _| discovery(reading, true)), ""),
        whole("mode", 0, By(read_mode), "Cannot guess tunnel mode."),
    ]
};

static PACKETS6: &[TunnelOpt] = {
    use Takes::By;
    &[
        whole("remote", 0, By(options::read_remote6), ""),
        whole("local", 0, By(options::read_local6), ""),
        opt("dev", 0, By(options::read_dev), ""),
        whole("ttl", 0, By(options::read_ttl), "invalid HLIM\n"),
        whole("hoplimit", 0, By(options::read_ttl), "invalid HLIM\n"),
        whole("hlim", 0, By(options::read_ttl), "invalid HLIM\n"),
        whole("tos", 0, By(options::read_tclass), "invalid TClass"),
        whole("tclass", 0, By(options::read_tclass), "invalid TClass"),
        whole("tc", 0, By(options::read_tclass), "invalid TClass"),
        opt("dsfield", 0, By(options::read_tclass), "invalid TClass"),
        whole("mode", 0, By(read_mode6), "Cannot guess tunnel mode."),
    ]
};

/// Rapid deployment (RFC 5969). `ipip` takes the words, and they mean nothing there.
static RAPID: &[TunnelOpt] = {
    use Takes::By;
    &[
        whole("6rd-prefix", 0, By(read_prefix), ""),
        whole("6rd-relay_prefix", 0, By(read_relay_prefix), ""),
        whole("6rd-reset", 0, By(reset), ""),
    ]
};

static ISATAP: &[TunnelOpt] = &[whole("isatap", 0, Takes::By(isatap), "")];

fn discovery(reading: &mut Read<'_>, on: bool) -> Done {
    reading.state.path_mtu_discovery = on;
    Ok(())
}

fn read_mode(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.protocol = match word {
        b"ipv6/ipv4" | b"ip6ip" if reading.kind == "sit" => IPV6_PROTOCOL,
        b"ipv4/ipv4" | b"ipip" | b"ip4ip4" => IPIP_PROTOCOL,
        b"mpls/ipv4" | b"mplsip" => MPLS_PROTOCOL,
        b"any/ipv4" | b"any" => 0,
        _ => return Err(option.wrong(word)),
    };
    Ok(())
}

fn read_mode6(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.protocol = match word {
        b"ipv6/ipv6" | b"ip6ip6" => IPV6_PROTOCOL,
        b"ip/ipv6" | b"ipv4/ipv6" | b"ipip6" | b"ip4ip6" => IPIP_PROTOCOL,
        b"any/ipv6" | b"any" => 0,
        _ => return Err(option.wrong(word)),
    };
    Ok(())
}

fn prefix(words: &mut Words<'_>, family: Family) -> Result<Option<Prefix>, Fail> {
    words::prefix_or_none(words.value()?, family)
}

fn read_prefix(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let prefix = prefix(words, Family::Inet6)?;
    reading.state.prefix_6rd = match prefix.map(|prefix| (prefix.address(), prefix.len())) {
        Some((IpAddr::V6(address), len)) => (address, len.into()),
        _ => (Ipv6Addr::UNSPECIFIED, 0),
    };
    Ok(())
}

fn read_relay_prefix(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let prefix = prefix(words, Family::Inet)?;
    reading.state.relay_prefix_6rd = match prefix.map(|prefix| (prefix.address(), prefix.len())) {
        Some((IpAddr::V4(address), len)) => (address, len.into()),
        _ => (Ipv4Addr::UNSPECIFIED, 0),
    };
    Ok(())
}

/// Back to 6to4 (RFC 3056). iproute2 6.15 ends with a segmentation fault here.
fn reset(reading: &mut Read<'_>, _: &TunnelOpt, _: &mut Words<'_>) -> Done {
    reading.state.prefix_6rd = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);
    reading.state.relay_prefix_6rd = (Ipv4Addr::UNSPECIFIED, 0);
    Ok(())
}

fn isatap(reading: &mut Read<'_>, _: &TunnelOpt, _: &mut Words<'_>) -> Done {
    reading.state.isatap = true;
    Ok(())
}

/// What both begin with; nothing more where the rest comes with each packet.
fn put_ends(reading: &mut Read<'_>) -> bool {
    let Tunnel { external, protocol, local, remote, ttl, link, fwmark, .. } = reading.state;
    let data = &mut reading.data;
    data.u8(IFLA_IPTUN_PROTO, protocol);
    if external {
        data.attribute(IFLA_IPTUN_COLLECT_METADATA, &[]);
        return false;
    }
    put_address(data, IFLA_IPTUN_LOCAL, local);
    put_address(data, IFLA_IPTUN_REMOTE, remote);
    data.u8(IFLA_IPTUN_TTL, ttl).u32(IFLA_IPTUN_LINK, link).u32(IFLA_IPTUN_FWMARK, fwmark);
    reading.state.encap.put(data, &IP_NUMBERS);
    true
}

fn finish_ip(reading: &mut Read<'_>) -> Done {
    if reading.state.ttl != 0 && !reading.state.path_mtu_discovery {
        return Err(Fail::new(MISUSE, "ttl != 0 and nopmtudisc are incompatible"));
    }
    if !put_ends(reading) {
        return Ok(());
    }
    let Tunnel { path_mtu_discovery, tos, isatap, prefix_6rd, relay_prefix_6rd, .. } = reading.state;
    let data = &mut reading.data;
    data.u8(IFLA_IPTUN_PMTUDISC, path_mtu_discovery.into()).u8(IFLA_IPTUN_TOS, tos);
    if reading.kind != "sit" {
        return Ok(());
    }
    data.u16(IFLA_IPTUN_FLAGS, isatap.into());
    if prefix_6rd.1 != 0 {
        data.attribute(IFLA_IPTUN_6RD_PREFIX, &prefix_6rd.0.octets()).u16(IFLA_IPTUN_6RD_PREFIXLEN, prefix_6rd.1);
    }
    if relay_prefix_6rd.1 != 0 {
        data.attribute(IFLA_IPTUN_6RD_RELAY_PREFIX, &relay_prefix_6rd.0.octets());
        data.u16(IFLA_IPTUN_6RD_RELAY_PREFIXLEN, relay_prefix_6rd.1);
    }
    Ok(())
}

fn finish_ip6(reading: &mut Read<'_>) -> Done {
    if put_ends(reading) {
        reading
            .data
            .u8(IFLA_IPTUN_ENCAP_LIMIT, reading.state.encap_limit)
            .u32(IFLA_IPTUN_FLOWINFO, reading.state.flow.to_be())
            .u32(IFLA_IPTUN_FLAGS, reading.state.ip6_flags);
    }
    Ok(())
}

pub(in super::super) static IPIP_FIELDS: &[Field] = &[all(|session, details| show::ip(session, details, "ip6ip"))];
pub(in super::super) static IP6TNL_FIELDS: &[Field] = &[all(show::ip6tnl)];
