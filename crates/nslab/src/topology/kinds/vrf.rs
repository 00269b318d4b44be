//! `vrf`: a routing table of its own for some links (ip-link(8), Documentation/networking/vrf.rst).

use super::Form::U32;
use super::Takes::Number;
use super::{Facts, KindOption};
use crate::wire::consts::kinds::IFLA_VRF_TABLE;

pub(super) static FACTS: Facts = Facts {
    name: "vrf",
    config: "CONFIG_NET_VRF",
    module: "vrf",
    link: None,
    has_ports: true,
    has_mac: true,
    options: &[KindOption::new("table", Number(1, u32::MAX), IFLA_VRF_TABLE, U32).required()],
    defaults: &[],
};
