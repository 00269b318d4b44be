//! Tunnels that a route puts its packets into (`linux/lwtunnel.h`, `linux/seg6_iptunnel.h`).

use std::net::IpAddr;

use nslab::wire::consts::{
    LWTUNNEL_ENCAP_BPF, LWTUNNEL_ENCAP_ILA, LWTUNNEL_ENCAP_IOAM6, LWTUNNEL_ENCAP_IP, LWTUNNEL_ENCAP_IP6,
    LWTUNNEL_ENCAP_MPLS, LWTUNNEL_ENCAP_RPL, LWTUNNEL_ENCAP_SEG6, LWTUNNEL_ENCAP_SEG6_LOCAL, LWTUNNEL_ENCAP_XFRM,
    LWTUNNEL_IP_DST, LWTUNNEL_IP_ID, LWTUNNEL_IP_SLOTS, LWTUNNEL_IP_SRC, LWTUNNEL_IP_TOS, LWTUNNEL_IP_TTL,
};
use nslab::wire::{Attribute, Table};

use super::{color_of, ip};
use crate::applet::ip::print::Printer;

static KINDS: &[(u16, &str)] = &[
    (LWTUNNEL_ENCAP_MPLS, "mpls"),
    (LWTUNNEL_ENCAP_IP, "ip"),
    (LWTUNNEL_ENCAP_ILA, "ila"),
    (LWTUNNEL_ENCAP_IP6, "ip6"),
    (LWTUNNEL_ENCAP_SEG6, "seg6"),
    (LWTUNNEL_ENCAP_BPF, "bpf"),
    (LWTUNNEL_ENCAP_SEG6_LOCAL, "seg6local"),
    (LWTUNNEL_ENCAP_RPL, "rpl"),
    (LWTUNNEL_ENCAP_IOAM6, "ioam6"),
    (LWTUNNEL_ENCAP_XFRM, "xfrm"),
];

static SEG6_MODES: &[&str] = &["inline", "encap", "l2encap", "encap.red", "l2encap.red"];

/// Prints an encapsulation. Of those that are not simple, only the kind.
pub(super) fn print(print: &mut Printer, kind: u16, encap: Attribute<'_>) {
    print.begin_object("encap");
    match KINDS.iter().find(|(number, _)| *number == kind) {
        Some((_, name)) => print.string("encap_type", " encap {} ", name),
        None => print.string("encap_type", " encap {} ", "unknown"),
    }
    match kind {
        LWTUNNEL_ENCAP_IP => tunnel(print, encap, "ttl", "tos"),
        LWTUNNEL_ENCAP_IP6 => tunnel(print, encap, "hoplimit", "tc"),
        LWTUNNEL_ENCAP_SEG6 => seg6(print, encap),
        _ => {}
    }
    print.end_object();
}

fn tunnel(print: &mut Printer, encap: Attribute<'_>, ttl: &'static str, tos: &'static str) {
    let Ok(table) = Table::<LWTUNNEL_IP_SLOTS>::parse(encap.payload) else { return };
    if let Some(id) = table.get(LWTUNNEL_IP_ID).and_then(|id| id.u64()) {
        print.number("id", "id {} ", u64::from_be(id));
    }
    for (kind, key, format) in [(LWTUNNEL_IP_SRC, "src", "src {} "), (LWTUNNEL_IP_DST, "dst", "dst {} ")] {
        if let Some(address) = table.get(kind).and_then(|address| any_address(address.payload)) {
            let mut text = Vec::new();
            ip(&mut text, address);
            print.colored(color_of(address), key, format, text);
        }
    }
    for (kind, key) in [(LWTUNNEL_IP_TTL, ttl), (LWTUNNEL_IP_TOS, tos)] {
        if let Some(value) = table.get(kind).and_then(|value| value.u8()) {
            print.number(key, &format!("{key} {{}} "), value);
        }
    }
}

fn any_address(bytes: &[u8]) -> Option<IpAddr> {
    let long = bytes.first_chunk::<16>().map(|octets| IpAddr::from(*octets));
    long.or_else(|| bytes.first_chunk::<4>().map(|octets| IpAddr::from(*octets)))
}

/// A mode, and a segment routing header (RFC 8754): the segments are in reverse order.
fn seg6(print: &mut Printer, encap: Attribute<'_>) {
    let Ok(table) = Table::<2>::parse(encap.payload) else { return };
    let Some((mode, header)) = table.get(1).and_then(|srh| srh.payload.split_first_chunk::<4>()) else { return };
    let mode = usize::try_from(i32::from_ne_bytes(*mode)).ok().and_then(|mode| SEG6_MODES.get(mode));
    print.string("mode", "mode {} ", mode.copied().unwrap_or("<unknown>"));
    let last = usize::from(header.get(4).copied().unwrap_or(0));
    let segments = header.get(8..).unwrap_or_default().chunks_exact(16).take(last + 1);
    let segments: Vec<IpAddr> = segments.filter_map(any_address).collect();
    print.text(format!("segs {} [ ", segments.len()));
    print.begin_array("segs");
    for address in segments.iter().rev() {
        let mut text = Vec::new();
        ip(&mut text, *address);
        print.colored(color_of(*address), None, "{} ", text);
    }
    print.end_array();
    print.text("] ");
}
