//! `ipvlan`: a second interface on a link, with the link's hardware address (ip-link(8),
//! Documentation/networking/ipvlan.rst).

use super::Form::U16;
use super::Takes::Word;
use super::{Facts, KindOption};
use crate::wire::consts::kinds::{IFLA_IPVLAN_FLAGS, IFLA_IPVLAN_MODE};

pub(super) static FACTS: Facts = Facts {
    name: "ipvlan",
    config: "CONFIG_IPVLAN",
    module: "ipvlan",
    link: Some(("link", true)),
    has_ports: false,
    has_mac: false,
    options: &[
        KindOption::new("mode", Word(&[("l2", 0), ("l3", 1), ("l3s", 2)]), IFLA_IPVLAN_MODE, U16).in_place(),
        KindOption::new("flag", Word(&[("bridge", 0), ("private", 1), ("vepa", 2)]), IFLA_IPVLAN_FLAGS, U16).in_place(),
    ],
    defaults: &[],
};
