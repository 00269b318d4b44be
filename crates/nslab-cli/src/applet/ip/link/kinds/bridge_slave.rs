//! `type bridge_slave`: a port of a bridge (ip-link(8), `linux/if_link.h`).

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::{
    IFLA_BRPORT_BACKUP_NHID, IFLA_BRPORT_BACKUP_PORT, IFLA_BRPORT_BCAST_FLOOD, IFLA_BRPORT_BRIDGE_ID,
    IFLA_BRPORT_CONFIG_PENDING, IFLA_BRPORT_COST, IFLA_BRPORT_DESIGNATED_COST, IFLA_BRPORT_DESIGNATED_PORT,
    IFLA_BRPORT_FAST_LEAVE, IFLA_BRPORT_FLUSH, IFLA_BRPORT_FORWARD_DELAY_TIMER, IFLA_BRPORT_GROUP_FWD_MASK,
    IFLA_BRPORT_GUARD, IFLA_BRPORT_HOLD_TIMER, IFLA_BRPORT_ID, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_LEARNING,
    IFLA_BRPORT_LOCKED, IFLA_BRPORT_MAB, IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_MCAST_TO_UCAST,
    IFLA_BRPORT_MESSAGE_AGE_TIMER, IFLA_BRPORT_MODE, IFLA_BRPORT_MULTICAST_ROUTER, IFLA_BRPORT_NEIGH_SUPPRESS,
    IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, IFLA_BRPORT_NO, IFLA_BRPORT_PRIORITY, IFLA_BRPORT_PROTECT, IFLA_BRPORT_PROXYARP,
    IFLA_BRPORT_PROXYARP_WIFI, IFLA_BRPORT_ROOT_ID, IFLA_BRPORT_STATE, IFLA_BRPORT_TOPOLOGY_CHANGE_ACK,
    IFLA_BRPORT_UNICAST_FLOOD, IFLA_BRPORT_VLAN_TUNNEL,
};

use super::bridge::show_id;
use super::fields::{Field, Shape, field, mask};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_OPTION, opt, whole};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_OPTION,
    once: false,
    begin: |_| Ok(()),
    finish: |_| Ok(()),
    usage: include_str!("bridge_slave.txt"),
};

const INVALID: &str = "{} is invalid";

const fn switch(word: &'static str, attribute: u16) -> Opt {
    opt(word, attribute, Takes::OnOff, "")
}

static TABLE: &[Opt] = {
    use Takes::{By, Nothing, OnOff, U8, U16, U32};
    &[
        opt("fdb_flush", IFLA_BRPORT_FLUSH, Nothing, ""),
        opt("state", IFLA_BRPORT_STATE, U8, INVALID),
        opt("priority", IFLA_BRPORT_PRIORITY, U16, INVALID),
        opt("cost", IFLA_BRPORT_COST, U32, INVALID),
        switch("hairpin", IFLA_BRPORT_MODE),
        switch("guard", IFLA_BRPORT_GUARD),
        switch("root_block", IFLA_BRPORT_PROTECT),
        switch("fastleave", IFLA_BRPORT_FAST_LEAVE),
        switch("learning", IFLA_BRPORT_LEARNING),
        switch("flood", IFLA_BRPORT_UNICAST_FLOOD),
        switch("mcast_flood", IFLA_BRPORT_MCAST_FLOOD),
        switch("bcast_flood", IFLA_BRPORT_BCAST_FLOOD),
        switch("mcast_to_unicast", IFLA_BRPORT_MCAST_TO_UCAST),
        switch("proxy_arp", IFLA_BRPORT_PROXYARP),
        switch("proxy_arp_wifi", IFLA_BRPORT_PROXYARP_WIFI),
        opt("mcast_router", IFLA_BRPORT_MULTICAST_ROUTER, U8, "invalid {}"),
        switch("mcast_fast_leave", IFLA_BRPORT_FAST_LEAVE),
        switch("neigh_suppress", IFLA_BRPORT_NEIGH_SUPPRESS),
        whole("neigh_vlan_suppress", IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, OnOff, ""),
        opt("group_fwd_mask", IFLA_BRPORT_GROUP_FWD_MASK, U16, "invalid {}"),
        switch("vlan_tunnel", IFLA_BRPORT_VLAN_TUNNEL),
        switch("isolated", IFLA_BRPORT_ISOLATED),
        switch("locked", IFLA_BRPORT_LOCKED),
        whole("mab", IFLA_BRPORT_MAB, OnOff, ""),
        opt("backup_port", IFLA_BRPORT_BACKUP_PORT, By(read_port), "Device does not exist\n"),
        opt("nobackup_port", IFLA_BRPORT_BACKUP_PORT, By(no_port), ""),
        whole("backup_nhid", IFLA_BRPORT_BACKUP_NHID, U32, INVALID),
    ]
};

fn read_port(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let index = reading.session.index(word).map_err(|_| option.wrong(word))?;
    reading.data.u32(option.attribute, index);
    Ok(())
}

fn no_port(reading: &mut Reading<'_, ()>, option: &Opt, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.data.u32(option.attribute, 0);
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{By, Hex, Link, Mask, Number, OnOff, Timer};
    &[
        field(IFLA_BRPORT_STATE, "state", "state {} ", By(show_state)),
        field(IFLA_BRPORT_PRIORITY, "priority", "priority {} ", Number),
        field(IFLA_BRPORT_COST, "cost", "cost {} ", Number),
        field(IFLA_BRPORT_MODE, "hairpin", "hairpin {} ", OnOff),
        field(IFLA_BRPORT_GUARD, "guard", "guard {} ", OnOff),
        field(IFLA_BRPORT_PROTECT, "root_block", "root_block {} ", OnOff),
        field(IFLA_BRPORT_FAST_LEAVE, "fastleave", "fastleave {} ", OnOff),
        field(IFLA_BRPORT_LEARNING, "learning", "learning {} ", OnOff),
        field(IFLA_BRPORT_UNICAST_FLOOD, "flood", "flood {} ", OnOff),
        field(IFLA_BRPORT_ID, "id", "port_id {} ", Hex),
        field(IFLA_BRPORT_NO, "no", "port_no {} ", Hex),
        field(IFLA_BRPORT_DESIGNATED_PORT, "designated_port", "designated_port {} ", Number),
        field(IFLA_BRPORT_DESIGNATED_COST, "designated_cost", "designated_cost {} ", Number),
        field(IFLA_BRPORT_BRIDGE_ID, "bridge_id", "designated_bridge {} ", By(show_id)),
        field(IFLA_BRPORT_ROOT_ID, "root_id", "designated_root {} ", By(show_id)),
        field(IFLA_BRPORT_HOLD_TIMER, "hold_timer", "hold_timer {} ", Timer),
        field(IFLA_BRPORT_MESSAGE_AGE_TIMER, "message_age_timer", "message_age_timer {} ", Timer),
        field(IFLA_BRPORT_FORWARD_DELAY_TIMER, "forward_delay_timer", "forward_delay_timer {} ", Timer),
        field(IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, "topology_change_ack", "topology_change_ack {} ", Number),
        field(IFLA_BRPORT_CONFIG_PENDING, "config_pending", "config_pending {} ", Number),
        field(IFLA_BRPORT_PROXYARP, "proxy_arp", "proxy_arp {} ", OnOff),
        field(IFLA_BRPORT_PROXYARP_WIFI, "proxy_arp_wifi", "proxy_arp_wifi {} ", OnOff),
        field(IFLA_BRPORT_MULTICAST_ROUTER, "multicast_router", "mcast_router {} ", Number),
        field(IFLA_BRPORT_FAST_LEAVE, "", "", By(show_fast_leave)),
        field(IFLA_BRPORT_MCAST_FLOOD, "mcast_flood", "mcast_flood {} ", OnOff),
        field(IFLA_BRPORT_BCAST_FLOOD, "bcast_flood", "bcast_flood {} ", OnOff),
        field(IFLA_BRPORT_MCAST_TO_UCAST, "mcast_to_unicast", "mcast_to_unicast {} ", OnOff),
        field(IFLA_BRPORT_NEIGH_SUPPRESS, "neigh_suppress", "neigh_suppress {} ", OnOff),
        field(IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, "neigh_vlan_suppress", "neigh_vlan_suppress {} ", OnOff),
        field(IFLA_BRPORT_GROUP_FWD_MASK, "group_fwd_mask", "group_fwd_mask {} ", Mask),
        field(IFLA_BRPORT_GROUP_FWD_MASK, "group_fwd_mask_str", "group_fwd_mask_str {} ", By(show_groups)),
        field(IFLA_BRPORT_VLAN_TUNNEL, "vlan_tunnel", "vlan_tunnel {} ", OnOff),
        field(IFLA_BRPORT_ISOLATED, "isolated", "isolated {} ", OnOff),
        field(IFLA_BRPORT_LOCKED, "locked", "locked {} ", OnOff),
        field(IFLA_BRPORT_MAB, "mab", "mab {} ", OnOff),
        field(IFLA_BRPORT_BACKUP_PORT, "backup_port", "backup_port {} ", Link),
        field(IFLA_BRPORT_BACKUP_NHID, "backup_nhid", "backup_nhid {} ", Number),
    ]
};

/// The states of the spanning tree protocol (`BR_STATE_…`, `linux/if_bridge.h`).
fn show_state(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let states = ["disabled", "listening", "learning", "forwarding", "blocking"];
    let Some(state) = attribute.u8() else { return };
    match states.get(usize::from(state)) {
        Some(word) => session.print.string(field.key, field.format, word),
        None => session.print.number("state_index", "state ({}) ", state),
    }
}

/// The same as `fastleave`, by its later name; in JSON it would be there twice.
fn show_fast_leave(session: &mut Session, _: &Field, attribute: Attribute<'_>) {
    let on = attribute.u8().is_some_and(|on| on != 0);
    session.print.text(if on { "mcast_fast_leave on " } else { "mcast_fast_leave off " });
}

/// The bits by name, where they have one.
fn show_groups(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(bits) = attribute.u16() else { return };
    let name = |bit: u16| match bit {
        0x1 => "stp".into(),
        0x4 => "lacp".into(),
        0x4000 => "lldp".into(),
        other => mask(other.into()),
    };
    let set = (0..16).map(|shift| 1 << shift).filter(|bit| bits & bit != 0);
    let words: Vec<String> = set.map(name).collect();
    let text = if words.is_empty() { "0x0".into() } else { words.join(",") };
    session.print.string(field.key, field.format, text);
}
