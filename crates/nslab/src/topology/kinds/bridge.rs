//! `bridge`: a switch (ip-link(8), `linux/if_link.h`). The times are those of IEEE 802.1D, which the kernel holds to
//! while its spanning tree is on.

use super::Form::{Be16, Centiseconds, U8, U16, U32};
use super::Takes::{Number, Switch, Time, Word};
use super::{Facts, KindOption};
use crate::wire::consts::kinds::{
    IFLA_BR_AGEING_TIME, IFLA_BR_FORWARD_DELAY, IFLA_BR_GROUP_FWD_MASK, IFLA_BR_HELLO_TIME, IFLA_BR_MAX_AGE,
    IFLA_BR_MCAST_SNOOPING, IFLA_BR_PRIORITY, IFLA_BR_STP_STATE, IFLA_BR_VLAN_DEFAULT_PVID, IFLA_BR_VLAN_FILTERING,
    IFLA_BR_VLAN_PROTOCOL,
};

pub(super) static FACTS: Facts = Facts {
    name: "bridge",
    config: "CONFIG_BRIDGE",
    module: "bridge",
    link: None,
    has_ports: true,
    has_mac: true,
    options: &[
        KindOption::new("stp", Switch, IFLA_BR_STP_STATE, U32).in_place(),
        KindOption::new("priority", Number(0, 65535), IFLA_BR_PRIORITY, U16).in_place(),
        KindOption::new("forward_delay", Time(2000, 30_000, 10), IFLA_BR_FORWARD_DELAY, Centiseconds).in_place(),
        KindOption::new("hello_time", Time(1000, 10_000, 10), IFLA_BR_HELLO_TIME, Centiseconds).in_place(),
        KindOption::new("max_age", Time(6000, 40_000, 10), IFLA_BR_MAX_AGE, Centiseconds).in_place(),
        KindOption::new("ageing_time", Time(0, 1_000_000_000, 10), IFLA_BR_AGEING_TIME, Centiseconds).in_place(),
        KindOption::new("mcast_snooping", Switch, IFLA_BR_MCAST_SNOOPING, U8).in_place(),
        KindOption::new("group_fwd_mask", Number(0, 65535), IFLA_BR_GROUP_FWD_MASK, U16).in_place(),
        KindOption::new("vlan_filtering", Switch, IFLA_BR_VLAN_FILTERING, U8),
        KindOption::new("vlan_default_pvid", Number(0, 4094), IFLA_BR_VLAN_DEFAULT_PVID, U16),
        KindOption::new("vlan_protocol", Word(super::vlan::PROTOCOLS), IFLA_BR_VLAN_PROTOCOL, Be16),
    ],
    defaults: &[],
};
