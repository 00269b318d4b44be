//! `vxlan`: Ethernet over UDP (RFC 7348, ip-link(8)). The port is that of IANA, where the kernel alone takes 8472.

use super::Form::{Address, Be16, U8};
use super::Takes::{Group, Number, Switch, Time};
use super::{Facts, Form, KindOption, Takes};
use crate::wire::consts::kinds::{
    IFLA_VXLAN_AGEING, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6, IFLA_VXLAN_ID, IFLA_VXLAN_LEARNING, IFLA_VXLAN_LOCAL,
    IFLA_VXLAN_LOCAL6, IFLA_VXLAN_PORT, IFLA_VXLAN_TOS, IFLA_VXLAN_TTL, IFLA_VXLAN_UDP_CSUM,
};

pub(super) static FACTS: Facts = Facts {
    name: "vxlan",
    config: "CONFIG_VXLAN",
    module: "vxlan",
    link: Some(("dev", false)),
    has_ports: false,
    has_mac: true,
    options: &[
        KindOption::new("id", Number(0, 0xff_ffff), IFLA_VXLAN_ID, Form::U32).required(),
        KindOption::new("local", Takes::Address, IFLA_VXLAN_LOCAL, Address(IFLA_VXLAN_LOCAL6)),
        KindOption::new("remote", Takes::Address, IFLA_VXLAN_GROUP, Address(IFLA_VXLAN_GROUP6)),
        KindOption::new("group", Group, IFLA_VXLAN_GROUP, Address(IFLA_VXLAN_GROUP6)),
        KindOption::new("port", Number(1, 65535), IFLA_VXLAN_PORT, Be16),
        KindOption::new("ttl", Number(0, 255), IFLA_VXLAN_TTL, U8).in_place(),
        KindOption::new("tos", Number(0, 255), IFLA_VXLAN_TOS, U8).in_place(),
        KindOption::new("learning", Switch, IFLA_VXLAN_LEARNING, U8).in_place(),
        KindOption::new("ageing", Time(0, 4_000_000_000, 1000), IFLA_VXLAN_AGEING, Form::Seconds).in_place(),
        KindOption::new("udpcsum", Switch, IFLA_VXLAN_UDP_CSUM, U8),
    ],
    defaults: &[("port", 4789)],
};
