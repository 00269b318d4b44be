//! `vlan`: one VLAN of a link (IEEE 802.1Q, ip-link(8)). It has the hardware address of its link.

use super::Form::{Be16, U16};
use super::Takes::{Number, Word};
use super::{Facts, KindOption};
use crate::wire::consts::kinds::{IFLA_VLAN_ID, IFLA_VLAN_PROTOCOL};

pub(super) const PROTOCOLS: &[(&str, u32)] = &[("802.1Q", 0x8100), ("802.1ad", 0x88a8)];

pub(super) static FACTS: Facts = Facts {
    name: "vlan",
    config: "CONFIG_VLAN_8021Q",
    module: "8021q",
    link: Some(("link", true)),
    has_ports: false,
    has_mac: false,
    options: &[
        KindOption::new("id", Number(0, 4094), IFLA_VLAN_ID, U16).required(),
        KindOption::new("protocol", Word(PROTOCOLS), IFLA_VLAN_PROTOCOL, Be16),
    ],
    defaults: &[],
};
