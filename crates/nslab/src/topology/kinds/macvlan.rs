//! `macvlan` and `macvtap`: a second interface on a link, with a hardware address of its own (ip-link(8)).

use super::Form::U32;
use super::Takes::Word;
use super::{Facts, KindOption};
use crate::wire::consts::kinds::IFLA_MACVLAN_MODE;

const OPTIONS: &[KindOption] = &[KindOption::new(
    "mode",
    Word(&[("private", 1), ("vepa", 2), ("bridge", 4), ("passthru", 8), ("source", 16)]),
    IFLA_MACVLAN_MODE,
    U32,
)
.in_place()];

pub(super) static MACVLAN: Facts = Facts {
    name: "macvlan",
    config: "CONFIG_MACVLAN",
    module: "macvlan",
    link: Some(("link", true)),
    has_ports: false,
    has_mac: true,
    options: OPTIONS,
    defaults: &[("mode", 4)],
};

pub(super) static MACVTAP: Facts = Facts {
    name: "macvtap",
    config: "CONFIG_MACVTAP",
    module: "macvtap",
    link: Some(("link", true)),
    has_ports: false,
    has_mac: true,
    options: OPTIONS,
    defaults: &[("mode", 4)],
};
