//! `type bridge`: a switch (ip-link(8), `linux/if_link.h`).

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::{
    BR_BOOLOPT_MCAST_VLAN_SNOOPING, BR_BOOLOPT_MST_ENABLE, BR_BOOLOPT_NO_LL_LEARN, IFLA_BR_AGEING_TIME,
    IFLA_BR_BRIDGE_ID, IFLA_BR_FDB_FLUSH, IFLA_BR_FDB_MAX_LEARNED, IFLA_BR_FDB_N_LEARNED, IFLA_BR_FORWARD_DELAY,
    IFLA_BR_GC_TIMER, IFLA_BR_GROUP_ADDR, IFLA_BR_GROUP_FWD_MASK, IFLA_BR_HELLO_TIME, IFLA_BR_HELLO_TIMER,
    IFLA_BR_MAX_AGE, IFLA_BR_MCAST_HASH_ELASTICITY, IFLA_BR_MCAST_HASH_MAX, IFLA_BR_MCAST_IGMP_VERSION,
    IFLA_BR_MCAST_LAST_MEMBER_CNT, IFLA_BR_MCAST_LAST_MEMBER_INTVL, IFLA_BR_MCAST_MEMBERSHIP_INTVL,
    IFLA_BR_MCAST_MLD_VERSION, IFLA_BR_MCAST_QUERIER, IFLA_BR_MCAST_QUERIER_INTVL, IFLA_BR_MCAST_QUERIER_STATE,
    IFLA_BR_MCAST_QUERY_INTVL, IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, IFLA_BR_MCAST_QUERY_USE_IFADDR,
    IFLA_BR_MCAST_ROUTER, IFLA_BR_MCAST_SNOOPING, IFLA_BR_MCAST_STARTUP_QUERY_CNT, IFLA_BR_MCAST_STARTUP_QUERY_INTVL,
    IFLA_BR_MCAST_STATS_ENABLED, IFLA_BR_MULTI_BOOLOPT, IFLA_BR_NF_CALL_ARPTABLES, IFLA_BR_NF_CALL_IP6TABLES,
    IFLA_BR_NF_CALL_IPTABLES, IFLA_BR_PRIORITY, IFLA_BR_ROOT_ID, IFLA_BR_ROOT_PATH_COST, IFLA_BR_ROOT_PORT,
    IFLA_BR_STP_STATE, IFLA_BR_TCN_TIMER, IFLA_BR_TOPOLOGY_CHANGE, IFLA_BR_TOPOLOGY_CHANGE_DETECTED,
    IFLA_BR_TOPOLOGY_CHANGE_TIMER, IFLA_BR_VLAN_DEFAULT_PVID, IFLA_BR_VLAN_FILTERING, IFLA_BR_VLAN_PROTOCOL,
    IFLA_BR_VLAN_STATS_ENABLED, IFLA_BR_VLAN_STATS_PER_PORT,
};

use super::fields::{Field, Shape, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_COMMAND, opt, whole};
use super::{ethertype, querier};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::link::keywords::hardware_address;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_COMMAND,
    once: false,
    begin: |_| Ok(()),
    finish: |_| Ok(()),
    usage: include_str!("bridge.txt"),
};

const INVALID: &str = "invalid {}";

const fn number(word: &'static str, attribute: u16, takes: Takes<()>) -> Opt {
    opt(word, attribute, takes, INVALID)
}

static TABLE: &[Opt] = {
    use Takes::{By, NumberBit, U8, U16, U32, U64};
    &[
        number("forward_delay", IFLA_BR_FORWARD_DELAY, U32),
        number("hello_time", IFLA_BR_HELLO_TIME, U32),
        number("max_age", IFLA_BR_MAX_AGE, U32),
        number("ageing_time", IFLA_BR_AGEING_TIME, U32),
        number("stp_state", IFLA_BR_STP_STATE, U32),
        whole("mst_enabled", IFLA_BR_MULTI_BOOLOPT, NumberBit(BR_BOOLOPT_MST_ENABLE), INVALID),
        number("priority", IFLA_BR_PRIORITY, U16),
        number("vlan_filtering", IFLA_BR_VLAN_FILTERING, U8),
        number("vlan_protocol", IFLA_BR_VLAN_PROTOCOL, By(read_protocol)),
        number("group_fwd_mask", IFLA_BR_GROUP_FWD_MASK, U16),
        number("group_address", IFLA_BR_GROUP_ADDR, By(read_address)),
        whole("no_linklocal_learn", IFLA_BR_MULTI_BOOLOPT, NumberBit(BR_BOOLOPT_NO_LL_LEARN), INVALID),
        number("fdb_flush", IFLA_BR_FDB_FLUSH, Takes::Nothing),
        whole("fdb_max_learned", IFLA_BR_FDB_MAX_LEARNED, U32, INVALID),
        number("vlan_default_pvid", IFLA_BR_VLAN_DEFAULT_PVID, U16),
        number("vlan_stats_enabled", IFLA_BR_VLAN_STATS_ENABLED, U8),
        number("vlan_stats_per_port", IFLA_BR_VLAN_STATS_PER_PORT, U8),
        number("mcast_router", IFLA_BR_MCAST_ROUTER, U8),
        number("mcast_snooping", IFLA_BR_MCAST_SNOOPING, U8),
        whole("mcast_vlan_snooping", IFLA_BR_MULTI_BOOLOPT, NumberBit(BR_BOOLOPT_MCAST_VLAN_SNOOPING), INVALID),
        number("mcast_query_use_ifaddr", IFLA_BR_MCAST_QUERY_USE_IFADDR, U8),
        number("mcast_querier", IFLA_BR_MCAST_QUERIER, U8),
        number("mcast_hash_elasticity", IFLA_BR_MCAST_HASH_ELASTICITY, U32),
        number("mcast_hash_max", IFLA_BR_MCAST_HASH_MAX, U32),
        number("mcast_last_member_count", IFLA_BR_MCAST_LAST_MEMBER_CNT, U32),
        number("mcast_startup_query_count", IFLA_BR_MCAST_STARTUP_QUERY_CNT, U32),
        number("mcast_last_member_interval", IFLA_BR_MCAST_LAST_MEMBER_INTVL, U64),
        number("mcast_membership_interval", IFLA_BR_MCAST_MEMBERSHIP_INTVL, U64),
        number("mcast_querier_interval", IFLA_BR_MCAST_QUERIER_INTVL, U64),
        number("mcast_query_interval", IFLA_BR_MCAST_QUERY_INTVL, U64),
        number("mcast_query_response_interval", IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, U64),
        number("mcast_startup_query_interval", IFLA_BR_MCAST_STARTUP_QUERY_INTVL, U64),
        number("mcast_stats_enabled", IFLA_BR_MCAST_STATS_ENABLED, U8),
        number("mcast_igmp_version", IFLA_BR_MCAST_IGMP_VERSION, U8),
        number("mcast_mld_version", IFLA_BR_MCAST_MLD_VERSION, U8),
        number("nf_call_iptables", IFLA_BR_NF_CALL_IPTABLES, U8),
        number("nf_call_ip6tables", IFLA_BR_NF_CALL_IP6TABLES, U8),
        number("nf_call_arptables", IFLA_BR_NF_CALL_ARPTABLES, U8),
    ]
};

fn read_protocol(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let number = ethertype::number(word).ok_or_else(|| option.wrong(word))?;
    reading.data.attribute(option.attribute, &number.to_be_bytes());
    Ok(())
}

fn read_address(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let address = hardware_address(words.value()?)?;
    reading.data.attribute(option.attribute, &address);
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{Address, By, Mask, Number, Timer};
    &[
        field(IFLA_BR_FORWARD_DELAY, "forward_delay", "forward_delay {} ", Number),
        field(IFLA_BR_HELLO_TIME, "hello_time", "hello_time {} ", Number),
        field(IFLA_BR_MAX_AGE, "max_age", "max_age {} ", Number),
        field(IFLA_BR_AGEING_TIME, "ageing_time", "ageing_time {} ", Number),
        field(IFLA_BR_STP_STATE, "stp_state", "stp_state {} ", Number),
        field(IFLA_BR_PRIORITY, "priority", "priority {} ", Number),
        field(IFLA_BR_VLAN_FILTERING, "vlan_filtering", "vlan_filtering {} ", Number),
        field(IFLA_BR_VLAN_PROTOCOL, "vlan_protocol", "vlan_protocol {} ", By(ethertype::show)),
        field(IFLA_BR_BRIDGE_ID, "bridge_id", "bridge_id {} ", By(show_id)),
        field(IFLA_BR_ROOT_ID, "root_id", "designated_root {} ", By(show_id)),
        field(IFLA_BR_ROOT_PORT, "root_port", "root_port {} ", Number),
        field(IFLA_BR_ROOT_PATH_COST, "root_path_cost", "root_path_cost {} ", Number),
        field(IFLA_BR_TOPOLOGY_CHANGE, "topology_change", "topology_change {} ", Number),
        field(IFLA_BR_TOPOLOGY_CHANGE_DETECTED, "topology_change_detected", "topology_change_detected {} ", Number),
        field(IFLA_BR_HELLO_TIMER, "hello_timer", "hello_timer {} ", Timer),
        field(IFLA_BR_TCN_TIMER, "tcn_timer", "tcn_timer {} ", Timer),
        field(IFLA_BR_TOPOLOGY_CHANGE_TIMER, "topology_change_timer", "topology_change_timer {} ", Timer),
        field(IFLA_BR_GC_TIMER, "gc_timer", "gc_timer {} ", Timer),
        field(IFLA_BR_FDB_N_LEARNED, "fdb_n_learned", "fdb_n_learned {} ", Number),
        field(IFLA_BR_FDB_MAX_LEARNED, "fdb_max_learned", "fdb_max_learned {} ", Number),
        field(IFLA_BR_VLAN_DEFAULT_PVID, "vlan_default_pvid", "vlan_default_pvid {} ", Number),
        field(IFLA_BR_VLAN_STATS_ENABLED, "vlan_stats_enabled", "vlan_stats_enabled {} ", Number),
        field(IFLA_BR_VLAN_STATS_PER_PORT, "vlan_stats_per_port", "vlan_stats_per_port {} ", Number),
        field(IFLA_BR_GROUP_FWD_MASK, "group_fwd_mask", "group_fwd_mask {} ", Mask),
        field(IFLA_BR_GROUP_ADDR, "group_addr", "group_address {} ", Address),
        field(IFLA_BR_MCAST_SNOOPING, "mcast_snooping", "mcast_snooping {} ", Number),
        field(
            IFLA_BR_MULTI_BOOLOPT,
            "no_linklocal_learn",
            "no_linklocal_learn {} ",
            By(|session, field, attribute| show_bit(session, field, attribute, BR_BOOLOPT_NO_LL_LEARN)),
        ),
        field(
            IFLA_BR_MULTI_BOOLOPT,
            "mcast_vlan_snooping",
            "mcast_vlan_snooping {} ",
            By(|session, field, attribute| show_bit(session, field, attribute, BR_BOOLOPT_MCAST_VLAN_SNOOPING)),
        ),
        field(
            IFLA_BR_MULTI_BOOLOPT,
            "mst_enabled",
            "mst_enabled {} ",
            By(|session, field, attribute| show_bit(session, field, attribute, BR_BOOLOPT_MST_ENABLE)),
        ),
        field(IFLA_BR_MCAST_ROUTER, "mcast_router", "mcast_router {} ", Number),
        field(IFLA_BR_MCAST_QUERY_USE_IFADDR, "mcast_query_use_ifaddr", "mcast_query_use_ifaddr {} ", Number),
        field(IFLA_BR_MCAST_QUERIER, "mcast_querier", "mcast_querier {} ", Number),
        field(IFLA_BR_MCAST_QUERIER_STATE, "", "", By(querier::show)),
        field(IFLA_BR_MCAST_HASH_ELASTICITY, "mcast_hash_elasticity", "mcast_hash_elasticity {} ", Number),
        field(IFLA_BR_MCAST_HASH_MAX, "mcast_hash_max", "mcast_hash_max {} ", Number),
        field(IFLA_BR_MCAST_LAST_MEMBER_CNT, "mcast_last_member_cnt", "mcast_last_member_count {} ", Number),
        field(IFLA_BR_MCAST_STARTUP_QUERY_CNT, "mcast_startup_query_cnt", "mcast_startup_query_count {} ", Number),
        field(IFLA_BR_MCAST_LAST_MEMBER_INTVL, "mcast_last_member_intvl", "mcast_last_member_interval {} ", Number),
        field(IFLA_BR_MCAST_MEMBERSHIP_INTVL, "mcast_membership_intvl", "mcast_membership_interval {} ", Number),
        field(IFLA_BR_MCAST_QUERIER_INTVL, "mcast_querier_intvl", "mcast_querier_interval {} ", Number),
        field(IFLA_BR_MCAST_QUERY_INTVL, "mcast_query_intvl", "mcast_query_interval {} ", Number),
        field(
            IFLA_BR_MCAST_QUERY_RESPONSE_INTVL,
            "mcast_query_response_intvl",
            "mcast_query_response_interval {} ",
            Number,
        ),
        field(
            IFLA_BR_MCAST_STARTUP_QUERY_INTVL,
            "mcast_startup_query_intvl",
            "mcast_startup_query_interval {} ",
            Number,
        ),
        field(IFLA_BR_MCAST_STATS_ENABLED, "mcast_stats_enabled", "mcast_stats_enabled {} ", Number),
        field(IFLA_BR_MCAST_IGMP_VERSION, "mcast_igmp_version", "mcast_igmp_version {} ", Number),
        field(IFLA_BR_MCAST_MLD_VERSION, "mcast_mld_version", "mcast_mld_version {} ", Number),
        field(IFLA_BR_NF_CALL_IPTABLES, "nf_call_iptables", "nf_call_iptables {} ", Number),
        field(IFLA_BR_NF_CALL_IP6TABLES, "nf_call_ip6tables", "nf_call_ip6tables {} ", Number),
        field(IFLA_BR_NF_CALL_ARPTABLES, "nf_call_arptables", "nf_call_arptables {} ", Number),
    ]
};

/// A bridge's id (`struct ifla_bridge_id`): a priority and a hardware address.
pub(super) fn show_id(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some([p0, p1, a, b, c, d, e, f]) = attribute.payload.first_chunk() {
        let text = format!("{p0:02x}{p1:02x}.{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}");
        session.print.string(field.key, field.format, text);
    }
}

fn show_bit(session: &mut Session, field: &Field, attribute: Attribute<'_>, bit: u32) {
    let Some(mask) = attribute.payload.get(4..).and_then(|rest| rest.first_chunk()) else { return };
    if u32::from_ne_bytes(*mask) & bit != 0 {
        let on = attribute.u32().is_some_and(|bits| bits & bit != 0);
        session.print.number(field.key, field.format, u8::from(on));
    }
}
