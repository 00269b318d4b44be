//! What the kernel says of a vxlan.

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::{
    IFLA_VXLAN_AGEING, IFLA_VXLAN_COLLECT_METADATA, IFLA_VXLAN_DF, IFLA_VXLAN_GBP, IFLA_VXLAN_GPE, IFLA_VXLAN_GROUP,
    IFLA_VXLAN_GROUP6, IFLA_VXLAN_ID, IFLA_VXLAN_L2MISS, IFLA_VXLAN_L3MISS, IFLA_VXLAN_LABEL, IFLA_VXLAN_LEARNING,
    IFLA_VXLAN_LIMIT, IFLA_VXLAN_LINK, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6, IFLA_VXLAN_LOCALBYPASS, IFLA_VXLAN_PORT,
    IFLA_VXLAN_PORT_RANGE, IFLA_VXLAN_PROXY, IFLA_VXLAN_REMCSUM_RX, IFLA_VXLAN_REMCSUM_TX, IFLA_VXLAN_RESERVED_BITS,
    IFLA_VXLAN_RSC, IFLA_VXLAN_TOS, IFLA_VXLAN_TTL, IFLA_VXLAN_TTL_INHERIT, IFLA_VXLAN_UDP_CSUM,
    IFLA_VXLAN_UDP_ZERO_CSUM6_RX, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, IFLA_VXLAN_VNIFILTER,
};

use crate::applet::ip::link::kinds::fields::{Field, Shape, all, field, ip_address, mask};
use crate::applet::ip::link::kinds::udp;
use crate::applet::ip::link::print::name_or_index;
use crate::applet::ip::session::Session;

pub(in crate::applet::ip::link::kinds) static FIELDS: &[Field] = {
    use Shape::{By, Number};
    &[
        field(IFLA_VXLAN_ID, "id", "id {} ", Number),
        field(IFLA_VXLAN_GROUP, "group", "", By(show_group)),
        field(IFLA_VXLAN_GROUP6, "group6", "", By(show_group)),
        field(IFLA_VXLAN_LOCAL, "local", "local {} ", By(show_local)),
        field(IFLA_VXLAN_LOCAL6, "local6", "local {} ", By(show_local)),
        field(IFLA_VXLAN_LINK, "link", "dev {} ", By(show_link)),
        field(IFLA_VXLAN_PORT_RANGE, "port_range", "", By(show_source_ports)),
        field(IFLA_VXLAN_PORT, "port", "dstport {} ", By(udp::show_port)),
        field(IFLA_VXLAN_TOS, "tos", "tos {} ", By(udp::show_tos)),
        all(|session, details| udp::show_ttl(session, details, [IFLA_VXLAN_TTL_INHERIT, IFLA_VXLAN_TTL])),
        field(IFLA_VXLAN_DF, "df", "df {} ", By(udp::show_df)),
        field(IFLA_VXLAN_LABEL, "label", "flowlabel {} ", By(udp::show_label)),
        field(IFLA_VXLAN_AGEING, "ageing", "ageing {} ", By(show_ageing)),
        field(IFLA_VXLAN_LIMIT, "limit", "maxaddr {} ", By(show_limit)),
        field(IFLA_VXLAN_RESERVED_BITS, "reserved_bits", "reserved_bits {} ", By(show_reserved)),
        field(IFLA_VXLAN_GBP, "gbp", "gbp ", By(show_flag)),
        field(IFLA_VXLAN_GPE, "gpe", "gpe ", By(show_flag)),
        field(IFLA_VXLAN_COLLECT_METADATA, "external", "external ", By(show_if_on)),
        field(IFLA_VXLAN_VNIFILTER, "vnifilter", "vnifilter ", By(show_if_on)),
        field(IFLA_VXLAN_LEARNING, "learning", "nolearning ", By(show_if_off)),
        field(IFLA_VXLAN_PROXY, "proxy", "proxy ", By(show_if_on)),
        field(IFLA_VXLAN_RSC, "rsc", "rsc ", By(show_if_on)),
        field(IFLA_VXLAN_L2MISS, "l2miss", "l2miss ", By(show_if_on)),
        field(IFLA_VXLAN_L3MISS, "l3miss", "l3miss ", By(show_if_on)),
        field(IFLA_VXLAN_UDP_CSUM, "udp_csum", "noudp_csum ", By(show_if_off)),
        field(IFLA_VXLAN_UDP_ZERO_CSUM6_TX, "udp_zero_csum6_tx", "udp_zero_csum6_tx ", By(show_if_on)),
        field(IFLA_VXLAN_UDP_ZERO_CSUM6_RX, "udp_zero_csum6_rx", "udp_zero_csum6_rx ", By(show_if_on)),
        field(IFLA_VXLAN_REMCSUM_TX, "remcsum_tx", "remcsum_tx ", By(show_if_on)),
        field(IFLA_VXLAN_REMCSUM_RX, "remcsum_rx", "remcsum_rx ", By(show_if_on)),
        field(IFLA_VXLAN_LOCALBYPASS, "localbypass", "nolocalbypass ", By(show_if_off)),
    ]
};

/// A switch of which the text has a word only when it is on.
fn show_if_on(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let on = attribute.u8().is_some_and(|on| on != 0);
    session.print.boolean(field.key, if on { field.format } else { "" }, on);
}

/// A switch of which the text has a word only when it is off.
fn show_if_off(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let on = attribute.u8().is_some_and(|on| on != 0);
    session.print.boolean(field.key, if on { "" } else { field.format }, on);
}

fn show_flag(session: &mut Session, field: &Field, _: Attribute<'_>) {
    session.print.null(field.key, field.format);
}

/// Where packets go: `group` or `remote`, by the address.
fn show_group(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(address) = ip_address(attribute).filter(|address| !address.is_unspecified()) else { return };
    if address.is_multicast() {
        session.print.string(field.key, "group {} ", address.to_string());
    } else {
        let key = if address.is_ipv6() { "remote6" } else { "remote" };
        session.print.string(key, "remote {} ", address.to_string());
    }
}

fn show_local(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(address) = ip_address(attribute).filter(|address| !address.is_unspecified()) {
        session.print.string(field.key, field.format, address.to_string());
    }
}

fn show_link(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(index) = attribute.u32().filter(|index| *index != 0) {
        let name = name_or_index(session, index);
        session.print.string(field.key, field.format, name);
    }
}

fn show_source_ports(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some([l0, l1, h0, h1]) = attribute.payload.first_chunk() else { return };
    let print = &mut session.print;
    print.begin_object(field.key);
    print.number("low", "srcport {} ", u16::from_be_bytes([*l0, *l1]));
    print.number("high", "{} ", u16::from_be_bytes([*h0, *h1]));
    print.end_object();
}

fn show_ageing(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    match attribute.u32() {
        Some(0) => session.print.number_as(field.key, field.format, 0, "none"),
        Some(seconds) => session.print.number(field.key, field.format, seconds),
        None => {}
    }
}

fn show_limit(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(limit) = attribute.u32().filter(|limit| *limit != 0) {
        session.print.number(field.key, field.format, limit);
    }
}

fn show_reserved(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(bits) = attribute.payload.first_chunk() {
        session.print.string(field.key, field.format, mask(u64::from_be_bytes(*bits)));
    }
}
