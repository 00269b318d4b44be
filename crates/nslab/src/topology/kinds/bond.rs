//! `bond`: several links as one (ip-link(8), Documentation/networking/bonding.rst).

use super::Form::{Index, U8, U32};
use super::Takes::{Number, Port, Time, Word};
use super::{Facts, KindOption};
use crate::wire::consts::kinds::{
    IFLA_BOND_AD_LACP_RATE, IFLA_BOND_DOWNDELAY, IFLA_BOND_FAIL_OVER_MAC, IFLA_BOND_MIIMON, IFLA_BOND_MIN_LINKS,
    IFLA_BOND_MODE, IFLA_BOND_PRIMARY, IFLA_BOND_UPDELAY, IFLA_BOND_XMIT_HASH_POLICY,
};

const MODES: &[(&str, u32)] = &[
    ("balance-rr", 0),
    ("active-backup", 1),
    ("balance-xor", 2),
    ("broadcast", 3),
    ("802.3ad", 4),
    ("balance-tlb", 5),
    ("balance-alb", 6),
];

const POLICIES: &[(&str, u32)] =
    &[("layer2", 0), ("layer3+4", 1), ("layer2+3", 2), ("encap2+3", 3), ("encap3+4", 4), ("vlan+srcmac", 5)];

pub(super) static FACTS: Facts = Facts {
    name: "bond",
    config: "CONFIG_BONDING",
    module: "bonding",
    link: None,
    has_ports: true,
    has_mac: true,
    options: &[
        KindOption::new("mode", Word(MODES), IFLA_BOND_MODE, U8),
        KindOption::new("miimon", Time(0, MOST, 1), IFLA_BOND_MIIMON, U32).in_place(),
        KindOption::new("updelay", Time(0, MOST, 1), IFLA_BOND_UPDELAY, U32).in_place(),
        KindOption::new("downdelay", Time(0, MOST, 1), IFLA_BOND_DOWNDELAY, U32).in_place(),
        KindOption::new("primary", Port, IFLA_BOND_PRIMARY, Index).in_place(),
        KindOption::new(
            "fail_over_mac",
            Word(&[("none", 0), ("active", 1), ("follow", 2)]),
            IFLA_BOND_FAIL_OVER_MAC,
            U8,
        ),
        KindOption::new("xmit_hash_policy", Word(POLICIES), IFLA_BOND_XMIT_HASH_POLICY, U8).in_place(),
        KindOption::new("lacp_rate", Word(&[("slow", 0), ("fast", 1)]), IFLA_BOND_AD_LACP_RATE, U8),
        KindOption::new("min_links", Number(0, MOST), IFLA_BOND_MIN_LINKS, U32).in_place(),
    ],
    defaults: &[],
};

/// The kernel keeps these as an `int`.
const MOST: u32 = 0x7fff_ffff;
