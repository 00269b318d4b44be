//! What the kernel says of a tunnel.

use std::net::Ipv4Addr;

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::*;

use super::encap::Encap;
use super::{
    ALLOW_LOCAL_REMOTE, CSUM, FLOWLABEL_MASK, GRE_NUMBERS, IGN_ENCAP_LIMIT, IP_NUMBERS, KEY, Numbers, RCV_DSCP_COPY,
    SEQ, USE_ORIG_FLOWLABEL, USE_ORIG_FWMARK, USE_ORIG_TCLASS,
};
use crate::applet::ip::link::kinds::fields::{Details, ip_address};
use crate::applet::ip::link::print::name_or_index;
use crate::applet::ip::session::Session;

pub(super) fn gre(session: &mut Session, details: &Details<'_>) {
    external(session, details, &GRE_NUMBERS);
    ends(session, details, [IFLA_GRE_REMOTE, IFLA_GRE_LOCAL, IFLA_GRE_LINK]);
    ttl(session, details, IFLA_GRE_TTL, "ttl");
    tos(session, details, IFLA_GRE_TOS);
    let print = &mut session.print;
    if let Some(on) = byte(details, IFLA_GRE_PMTUDISC) {
        print.boolean("pmtudisc", if on == 0 { "nopmtudisc " } else { "" }, on != 0);
    }
    if byte(details, IFLA_GRE_IGNORE_DF).is_some_and(|on| on != 0) {
        print.boolean("ignore_df", "ignore-df ", true);
    }
    keys_and_flags(session, details);
    fwmark(session, details, IFLA_GRE_FWMARK);
    mirror(session, details);
    Encap::of(details, &GRE_NUMBERS).show(session);
}

pub(super) fn ip6gre(session: &mut Session, details: &Details<'_>) {
    let flags = details.get(IFLA_GRE_FLAGS).and_then(|flags| flags.u32()).unwrap_or(0);
    external(session, details, &GRE_NUMBERS);
    ends(session, details, [IFLA_GRE_REMOTE, IFLA_GRE_LOCAL, IFLA_GRE_LINK]);
    over_ipv6(session, details, flags, &GRE_NUMBERS);
    keys_and_flags(session, details);
    local_remote(session, flags);
    fwmark6(session, details, flags, IFLA_GRE_FWMARK);
    mirror(session, details);
    Encap::of(details, &GRE_NUMBERS).show(session);
}

/// `ip6ip` is what IPv6 inside is called.
pub(super) fn ip(session: &mut Session, details: &Details<'_>, ipv6: &'static str) {
    external(session, details, &IP_NUMBERS);
    protocol(session, details, "ipip", ipv6);
    ends(session, details, [IFLA_IPTUN_REMOTE, IFLA_IPTUN_LOCAL, IFLA_IPTUN_LINK]);
    ttl(session, details, IFLA_IPTUN_TTL, "ttl");
    tos(session, details, IFLA_IPTUN_TOS);
    let print = &mut session.print;
    let discovery = byte(details, IFLA_IPTUN_PMTUDISC).is_some_and(|on| on != 0);
    print.boolean("pmtudisc", if discovery { "pmtudisc " } else { "nopmtudisc " }, discovery);
    if details.get(IFLA_IPTUN_FLAGS).and_then(|flags| flags.u16()).is_some_and(|flags| flags & 1 != 0) {
        print.boolean("isatap", "isatap ", true);
    }
    rapid(session, details);
    fwmark(session, details, IFLA_IPTUN_FWMARK);
    Encap::of(details, &IP_NUMBERS).show(session);
}

pub(super) fn ip6tnl(session: &mut Session, details: &Details<'_>) {
    let flags = details.get(IFLA_IPTUN_FLAGS).and_then(|flags| flags.u32()).unwrap_or(0);
    external(session, details, &IP_NUMBERS);
    protocol(session, details, "ipip6", "ip6ip6");
    ends(session, details, [IFLA_IPTUN_REMOTE, IFLA_IPTUN_LOCAL, IFLA_IPTUN_LINK]);
    over_ipv6(session, details, flags, &IP_NUMBERS);
    local_remote(session, flags);
    fwmark6(session, details, flags, IFLA_IPTUN_FWMARK);
    Encap::of(details, &IP_NUMBERS).show(session);
}

pub(super) fn vti(session: &mut Session, details: &Details<'_>) {
    ends(session, details, [IFLA_VTI_REMOTE, IFLA_VTI_LOCAL, IFLA_VTI_LINK]);
    for (number, key, format) in [(IFLA_VTI_IKEY, "ikey", "ikey {} "), (IFLA_VTI_OKEY, "okey", "okey {} ")] {
        if let Some(value) = details.get(number).and_then(dotted).filter(|value| !value.is_unspecified()) {
            session.print.string(key, format, value.to_string());
        }
    }
    fwmark(session, details, IFLA_VTI_FWMARK);
}

fn byte(details: &Details<'_>, number: u16) -> Option<u8> {
    details.get(number)?.u8()
}

fn dotted(attribute: Attribute<'_>) -> Option<Ipv4Addr> {
    attribute.payload.first_chunk::<4>().map(|bytes| Ipv4Addr::from(*bytes))
}

fn external(session: &mut Session, details: &Details<'_>, numbers: &Numbers) {
    if details.get(numbers.external).is_some() {
        session.print.boolean("external", "external ", true);
    }
}

fn protocol(session: &mut Session, details: &Details<'_>, ipv4: &str, ipv6: &str) {
    let Some(number) = byte(details, IFLA_IPTUN_PROTO) else { return };
    let name = match number {
        4 => ipv4,
        41 => ipv6,
        137 => "mplsip",
        0 => "any",
        _ => return,
    };
    session.print.string("proto", "{} ", name);
}

fn ends(session: &mut Session, details: &Details<'_>, [remote, local, link]: [u16; 3]) {
    for (number, key, format) in [(remote, "remote", "remote {} "), (local, "local", "local {} ")] {
        let address = details.get(number).and_then(ip_address).filter(|address| !address.is_unspecified());
        let text = address.map_or_else(|| b"any".to_vec(), |address| session.host(address));
        session.print.string(key, format, text);
    }
    if let Some(index) = details.get(link).and_then(|link| link.u32()).filter(|index| *index != 0) {
        let name = name_or_index(session, index);
        session.print.string("link", "dev {} ", name);
    }
}

fn ttl(session: &mut Session, details: &Details<'_>, number: u16, word: &str) {
    let ttl = byte(details, number).unwrap_or(0);
    match ttl {
        0 => session.print.number_as("ttl", &format!("{word} {{}} "), 0, "inherit"),
        ttl => session.print.number("ttl", &format!("{word} {{}} "), ttl),
    }
}

fn tos(session: &mut Session, details: &Details<'_>, number: u16) {
    let Some(tos) = byte(details, number).filter(|tos| *tos != 0) else { return };
    if tos == 1 && !session.print.is_json() {
        session.print.text("tos inherit ");
    } else {
        session.print.string("tos", "tos {} ", format!("{tos:#x}"));
    }
}

fn over_ipv6(session: &mut Session, details: &Details<'_>, flags: u32, numbers: &Numbers) {
    ttl(session, details, numbers.ttl, "hoplimit");
    let print = &mut session.print;
    if flags & IGN_ENCAP_LIMIT != 0 {
        print.boolean("ip6_tnl_f_ign_encap_limit", "encaplimit none ", true);
    } else if let Some(limit) = byte(details, numbers.encap_limit) {
        print.number("encap_limit", "encaplimit {} ", limit);
    }
    let flow = details.get(numbers.flow).and_then(|flow| flow.u32()).map_or(0, u32::from_be);
    if flags & USE_ORIG_TCLASS != 0 {
        print.boolean("ip6_tnl_f_use_orig_tclass", "tclass inherit ", true);
    } else if details.get(numbers.flow).is_some() {
        print.string("tclass", "tclass {} ", format!("{:#04x}", (flow >> 20) & 0xff));
    }
    if flags & USE_ORIG_FLOWLABEL != 0 {
        print.boolean("ip6_tnl_f_use_orig_flowlabel", "flowlabel inherit ", true);
    } else if details.get(numbers.flow).is_some() {
        print.string("flowlabel", "flowlabel {} ", format!("{:#07x}", flow & FLOWLABEL_MASK));
    }
    if flags & RCV_DSCP_COPY != 0 {
        print.boolean("ip6_tnl_f_rcv_dscp_copy", "dscp inherit ", true);
    }
}

fn local_remote(session: &mut Session, flags: u32) {
    if flags & ALLOW_LOCAL_REMOTE != 0 {
        session.print.boolean("ip6_tnl_f_allow_local_remote", "allow-localremote ", true);
    }
}

fn fwmark(session: &mut Session, details: &Details<'_>, number: u16) {
    if let Some(mark) = details.get(number).and_then(|mark| mark.u32()).filter(|mark| *mark != 0) {
        session.print.string("fwmark", "fwmark {} ", format!("{mark:#x}"));
    }
}

fn fwmark6(session: &mut Session, details: &Details<'_>, flags: u32, number: u16) {
    if flags & USE_ORIG_FWMARK != 0 {
        session.print.boolean("ip6_tnl_f_use_orig_fwmark", "fwmark inherit ", true);
    } else {
        fwmark(session, details, number);
    }
}

fn keys_and_flags(session: &mut Session, details: &Details<'_>) {
    let flags = |number| details.get(number).and_then(|flags| flags.u16()).map_or(0, u16::from_be);
    let [incoming, outgoing] = [flags(IFLA_GRE_IFLAGS), flags(IFLA_GRE_OFLAGS)];
    for (flags, number, key, format) in
        [(incoming, IFLA_GRE_IKEY, "ikey", "ikey {} "), (outgoing, IFLA_GRE_OKEY, "okey", "okey {} ")]
    {
        if let Some(value) = details.get(number).and_then(dotted).filter(|_| flags & KEY != 0) {
            session.print.string(key, format, value.to_string());
        }
    }
    for (flags, flag, key, text) in [
        (incoming, SEQ, "iseq", "iseq "),
        (outgoing, SEQ, "oseq", "oseq "),
        (incoming, CSUM, "icsum", "icsum "),
        (outgoing, CSUM, "ocsum", "ocsum "),
    ] {
        if flags & flag != 0 {
            session.print.boolean(key, text, true);
        }
    }
}

/// Of erspan: what is mirrored.
fn mirror(session: &mut Session, details: &Details<'_>) {
    let print = &mut session.print;
    if let Some(index) = details.get(IFLA_GRE_ERSPAN_INDEX).and_then(|index| index.u32()) {
        print.number("erspan_index", "erspan_index {} ", index);
    }
    if let Some(version) = byte(details, IFLA_GRE_ERSPAN_VER) {
        print.number("erspan_ver", "erspan_ver {} ", version);
    }
    if let Some(direction) = byte(details, IFLA_GRE_ERSPAN_DIR) {
        print.string("erspan_dir", "erspan_dir {} ", if direction == 0 { "ingress" } else { "egress" });
    }
    if let Some(hwid) = details.get(IFLA_GRE_ERSPAN_HWID).and_then(|hwid| hwid.u16()) {
        print.string("erspan_hwid", "erspan_hwid {} ", format!("{hwid:#x}"));
    }
}

/// Rapid deployment: the prefixes.
fn rapid(session: &mut Session, details: &Details<'_>) {
    let len = |number| details.get(number).and_then(|len| len.u16()).filter(|len| *len != 0);
    let prefix = details.get(IFLA_IPTUN_6RD_PREFIX).and_then(ip_address);
    if let (Some(prefix), Some(len)) = (prefix, len(IFLA_IPTUN_6RD_PREFIXLEN)) {
        session.print.string("prefix", "6rd-prefix {}", prefix.to_string());
        session.print.number("prefixlen", "/{} ", len);
    }
    let relay = details.get(IFLA_IPTUN_6RD_RELAY_PREFIX).and_then(dotted);
    if let (Some(relay), Some(len)) =
        (relay.filter(|relay| !relay.is_unspecified()), len(IFLA_IPTUN_6RD_RELAY_PREFIXLEN))
    {
        session.print.string("relay_prefix", "6rd-relay_prefix {}", relay.to_string());
        session.print.number("relay_prefixlen", "/{} ", len);
    }
}
