//! `tun` and `tap`: the other end is a program (ip-tuntap(8), Documentation/networking/tuntap.rst). They are made by
//! /dev/net/tun, stay when no program holds them, and are told of by attributes.

use super::Form::{U8, U32};
use super::Takes::{Number, Switch};
use super::{Facts, KindOption};
use crate::wire::consts::kinds::{
    IFLA_TUN_GROUP, IFLA_TUN_MULTI_QUEUE, IFLA_TUN_OWNER, IFLA_TUN_PI, IFLA_TUN_VNET_HDR,
};

const OPTIONS: &[KindOption] = &[
    KindOption::new("owner", Number(0, u32::MAX - 1), IFLA_TUN_OWNER, U32),
    KindOption::new("group", Number(0, u32::MAX - 1), IFLA_TUN_GROUP, U32),
    KindOption::new("multi_queue", Switch, IFLA_TUN_MULTI_QUEUE, U8),
    KindOption::new("pi", Switch, IFLA_TUN_PI, U8),
    KindOption::new("vnet_hdr", Switch, IFLA_TUN_VNET_HDR, U8),
];

pub(super) static TUN: Facts = Facts {
    name: "tun",
    config: "CONFIG_TUN",
    module: "tun",
    link: None,
    has_ports: false,
    has_mac: false,
    options: OPTIONS,
    defaults: &[],
};

pub(super) static TAP: Facts = Facts {
    name: "tap",
    config: "CONFIG_TUN",
    module: "tun",
    link: None,
    has_ports: false,
    has_mac: true,
    options: OPTIONS,
    defaults: &[],
};
