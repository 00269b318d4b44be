//! `type vlan`: one VLAN of another link (IEEE 802.1Q; ip-link(8), `linux/if_link.h`).

use nslab::wire::consts::kinds::{
    IFLA_VLAN_EGRESS_QOS, IFLA_VLAN_FLAGS, IFLA_VLAN_ID, IFLA_VLAN_INGRESS_QOS, IFLA_VLAN_PROTOCOL,
    IFLA_VLAN_QOS_MAPPING, VLAN_FLAG_BRIDGE_BINDING, VLAN_FLAG_GVRP, VLAN_FLAG_LOOSE_BINDING, VLAN_FLAG_MVRP,
    VLAN_FLAG_REORDER_HDR,
};
use nslab::wire::{Attribute, Request};

use super::ethertype;
use super::fields::{Field, Shape, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_COMMAND, opt};
use crate::applet::ip::fail::{Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words};

pub(super) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_COMMAND,
    once: false,
    begin: |_| Ok(()),
    finish: |_| Ok(()),
    usage: include_str!("vlan.txt"),
};

static TABLE: &[Opt] = {
    use Takes::{By, OnOffBit, U16};
    &[
        opt("protocol", IFLA_VLAN_PROTOCOL, By(read_protocol), "protocol is invalid"),
        opt("id", IFLA_VLAN_ID, U16, "id is invalid"),
        opt("reorder_hdr", IFLA_VLAN_FLAGS, OnOffBit(VLAN_FLAG_REORDER_HDR), ""),
        opt("gvrp", IFLA_VLAN_FLAGS, OnOffBit(VLAN_FLAG_GVRP), ""),
        opt("mvrp", IFLA_VLAN_FLAGS, OnOffBit(VLAN_FLAG_MVRP), ""),
        opt("loose_binding", IFLA_VLAN_FLAGS, OnOffBit(VLAN_FLAG_LOOSE_BINDING), ""),
        opt("bridge_binding", IFLA_VLAN_FLAGS, OnOffBit(VLAN_FLAG_BRIDGE_BINDING), ""),
        opt("ingress-qos-map", IFLA_VLAN_INGRESS_QOS, By(read_map), "invalid ingress-qos-map"),
        opt("egress-qos-map", IFLA_VLAN_EGRESS_QOS, By(read_map), "invalid egress-qos-map"),
    ]
};

fn read_protocol(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let number = ethertype::number(word).ok_or_else(|| option.wrong(word))?;
    reading.data.attribute(option.attribute, &number.to_be_bytes());
    Ok(())
}

/// `FROM:TO…`, up to a word without a colon. The first word must be there.
fn read_map(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    words.peek().ok_or_else(Fail::incomplete)?;
    let mut map = Request::attributes_alone();
    while let Some(word) = words.peek() {
        let Some(colon) = word.iter().position(|byte| *byte == b':') else { break };
        let (from, to) = word.split_at(colon);
        let read = || {
            let (from, to) = (words::u32(from)?, words::u32(to.get(1..)?)?);
            Some([from.to_ne_bytes(), to.to_ne_bytes()].concat())
        };
        map.attribute(IFLA_VLAN_QOS_MAPPING, &read().ok_or_else(|| option.wrong(from))?);
        words.take();
    }
    reading.data.attribute(option.attribute, &map.into_attributes());
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{By, Number};
    &[
        field(IFLA_VLAN_PROTOCOL, "protocol", "protocol {} ", By(ethertype::show)),
        field(IFLA_VLAN_ID, "id", "id {} ", Number),
        field(IFLA_VLAN_FLAGS, "flags", "", By(show_flags)),
        field(IFLA_VLAN_INGRESS_QOS, "ingress_qos", "ingress-qos-map", By(show_map)),
        field(IFLA_VLAN_EGRESS_QOS, "egress_qos", "egress-qos-map", By(show_map)),
    ]
};

fn show_flags(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(mut flags) = attribute.u32() else { return };
    let names = [
        (VLAN_FLAG_REORDER_HDR, "REORDER_HDR"),
        (VLAN_FLAG_GVRP, "GVRP"),
        (VLAN_FLAG_MVRP, "MVRP"),
        (VLAN_FLAG_LOOSE_BINDING, "LOOSE_BINDING"),
        (VLAN_FLAG_BRIDGE_BINDING, "BRIDGE_BINDING"),
    ];
    let print = &mut session.print;
    print.begin_array(field.key);
    print.text("<");
    for (flag, name) in names {
        if flags & flag != 0 {
            flags &= !flag;
            print.string(None, if flags == 0 { "{}" } else { "{}," }, name);
        }
    }
    if flags != 0 {
        print.string(None, "{}", format!("{flags:x}"));
    }
    print.text("> ");
    print.end_array();
}

fn show_map(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let print = &mut session.print;
    print.begin_array(field.key);
    print.line_end();
    print.text(bytes!["      ", field.format, " { "]);
    for mapping in attribute.nested().map_while(Result::ok).filter(|a| a.kind == IFLA_VLAN_QOS_MAPPING) {
        let number = |at: usize| {
            let bytes = mapping.payload.get(at..)?.first_chunk()?;
            Some(u32::from_ne_bytes(*bytes))
        };
        let (Some(from), Some(to)) = (number(0), number(4)) else { continue };
        print.begin_object(None);
        print.number("from", "{}", from);
        print.number("to", ":{} ", to);
        print.end_object();
    }
    print.text("} ");
    print.end_array();
}
