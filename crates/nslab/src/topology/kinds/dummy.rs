//! `dummy`: a link that leads nowhere, for addresses that are always up (ip-link(8)).

use super::Facts;

pub(super) static FACTS: Facts = Facts {
    name: "dummy",
    config: "CONFIG_DUMMY",
    module: "dummy",
    link: None,
    has_ports: false,
    has_mac: true,
    options: &[],
    defaults: &[],
};
