//! What the kernel says of a bond.

use nslab::wire::consts::kinds::*;
use nslab::wire::{Attribute, Table};

use super::{
    AD_SELECT, ARP_ALL_TARGETS, ARP_VALIDATE, FAIL_OVER_MAC, LACP_ACTIVE, LACP_RATE, MODES, PRIMARY_RESELECT,
    XMIT_HASH_POLICY,
};
use crate::applet::ip::link::kinds::fields::{Field, Shape, field, ip_address, number};
use crate::applet::ip::link::print::{hex, name_or_index};
use crate::applet::ip::session::Session;

pub(in crate::applet::ip::link::kinds) static FIELDS: &[Field] = {
    use Shape::{Address, By, Number, OnOff};
    &[
        field(IFLA_BOND_MODE, "mode", "mode {} ", By(|s, f, a| show_word(s, f, a, MODES))),
        field(IFLA_BOND_ACTIVE_SLAVE, "active_slave", "active_slave {} ", By(show_link)),
        field(IFLA_BOND_MIIMON, "miimon", "miimon {} ", Number),
        field(IFLA_BOND_UPDELAY, "updelay", "updelay {} ", Number),
        field(IFLA_BOND_DOWNDELAY, "downdelay", "downdelay {} ", Number),
        field(IFLA_BOND_PEER_NOTIF_DELAY, "peer_notify_delay", "peer_notify_delay {} ", Number),
        field(IFLA_BOND_USE_CARRIER, "use_carrier", "use_carrier {} ", Number),
        field(IFLA_BOND_ARP_INTERVAL, "arp_interval", "arp_interval {} ", Number),
        field(IFLA_BOND_MISSED_MAX, "arp_missed_max", "arp_missed_max {} ", Number),
        field(IFLA_BOND_ARP_IP_TARGET, "arp_ip_target", "arp_ip_target ", By(show_targets)),
        field(IFLA_BOND_NS_IP6_TARGET, "ns_ip6_target", "ns_ip6_target ", By(show_targets)),
        field(IFLA_BOND_ARP_VALIDATE, "arp_validate", "arp_validate {} ", By(show_validate)),
        field(
            IFLA_BOND_ARP_ALL_TARGETS,
            "arp_all_targets",
            "arp_all_targets {} ",
            By(|s, f, a| show_word(s, f, a, ARP_ALL_TARGETS)),
        ),
        field(IFLA_BOND_PRIMARY, "primary", "primary {} ", By(show_link)),
        field(
            IFLA_BOND_PRIMARY_RESELECT,
            "primary_reselect",
            "primary_reselect {} ",
            By(|s, f, a| show_word(s, f, a, PRIMARY_RESELECT)),
        ),
        field(
            IFLA_BOND_FAIL_OVER_MAC,
            "fail_over_mac",
            "fail_over_mac {} ",
            By(|s, f, a| show_word(s, f, a, FAIL_OVER_MAC)),
        ),
        field(
            IFLA_BOND_XMIT_HASH_POLICY,
            "xmit_hash_policy",
            "xmit_hash_policy {} ",
            By(|s, f, a| show_word(s, f, a, XMIT_HASH_POLICY)),
        ),
        field(IFLA_BOND_RESEND_IGMP, "resend_igmp", "resend_igmp {} ", Number),
        field(IFLA_BOND_NUM_PEER_NOTIF, "num_peer_notif", "num_grat_arp {} ", Number),
        field(IFLA_BOND_ALL_SLAVES_ACTIVE, "all_slaves_active", "all_slaves_active {} ", Number),
        field(IFLA_BOND_MIN_LINKS, "min_links", "min_links {} ", Number),
        field(IFLA_BOND_LP_INTERVAL, "lp_interval", "lp_interval {} ", Number),
        field(IFLA_BOND_PACKETS_PER_SLAVE, "packets_per_slave", "packets_per_slave {} ", Number),
        field(
            IFLA_BOND_AD_LACP_ACTIVE,
            "ad_lacp_active",
            "lacp_active {} ",
            By(|s, f, a| show_word(s, f, a, LACP_ACTIVE)),
        ),
        field(IFLA_BOND_AD_LACP_RATE, "ad_lacp_rate", "lacp_rate {} ", By(|s, f, a| show_word(s, f, a, LACP_RATE))),
        field(IFLA_BOND_COUPLED_CONTROL, "coupled_control", "coupled_control {} ", OnOff),
        field(IFLA_BOND_AD_SELECT, "ad_select", "ad_select {} ", By(|s, f, a| show_word(s, f, a, AD_SELECT))),
        field(IFLA_BOND_AD_INFO, "ad_info", "", By(show_aggregator)),
        field(IFLA_BOND_AD_ACTOR_SYS_PRIO, "ad_actor_sys_prio", "ad_actor_sys_prio {} ", Number),
        field(IFLA_BOND_AD_USER_PORT_KEY, "ad_user_port_key", "ad_user_port_key {} ", Number),
        field(IFLA_BOND_AD_ACTOR_SYSTEM, "ad_actor_system", "ad_actor_system {} ", Address),
        field(IFLA_BOND_TLB_DYNAMIC_LB, "tlb_dynamic_lb", "tlb_dynamic_lb {} ", Number),
    ]
};

fn word(attribute: Attribute<'_>, among: &'static [&'static str]) -> &'static str {
    let place = number(attribute).and_then(|number| usize::try_from(number).ok());
    place.and_then(|place| among.get(place)).copied().unwrap_or("unknown")
}

fn show_word(session: &mut Session, field: &Field, attribute: Attribute<'_>, among: &'static [&'static str]) {
    session.print.string(field.key, field.format, word(attribute, among));
}

/// In JSON, `none` is `null`.
fn show_validate(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if session.print.is_json() && number(attribute) == Some(0) {
        session.print.null(field.key, "");
    } else {
        show_word(session, field, attribute, ARP_VALIDATE);
    }
}

fn show_link(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(index) = attribute.u32().filter(|index| *index != 0) {
        let name = name_or_index(session, index);
        session.print.string(field.key, field.format, name);
    }
}

fn show_targets(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let targets: Vec<_> = attribute.nested().map_while(Result::ok).filter_map(ip_address).collect();
    if targets.is_empty() {
        return;
    }
    session.print.begin_array(field.key);
    session.print.text(field.format);
    for (place, target) in targets.iter().enumerate() {
        session.print.text(if place == 0 { "" } else { "," });
        session.print.string(None, "{}", target.to_string());
    }
    session.print.text(" ");
    session.print.end_array();
}

fn show_aggregator(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Ok(info) = Table::<'_, 8>::parse(attribute.payload) else { return };
    let print = &mut session.print;
    print.begin_object(field.key);
    for (attribute, key, format) in [
        (IFLA_BOND_AD_INFO_AGGREGATOR, "aggregator", "ad_aggregator {} "),
        (IFLA_BOND_AD_INFO_NUM_PORTS, "num_ports", "ad_num_ports {} "),
        (IFLA_BOND_AD_INFO_ACTOR_KEY, "actor_key", "ad_actor_key {} "),
        (IFLA_BOND_AD_INFO_PARTNER_KEY, "partner_key", "ad_partner_key {} "),
    ] {
        if let Some(number) = info.get(attribute).and_then(|number| number.u16()) {
            print.number(key, format, number);
        }
    }
    if let Some(address) = info.get(IFLA_BOND_AD_INFO_PARTNER_MAC) {
        print.string("partner_mac", "ad_partner_mac {} ", hex(address.payload));
    }
    print.end_object();
}
