//! What `-details` adds to a link.

use nslab::ops::link::Link;
use nslab::wire::consts::{
    IFLA_ALLMULTI, IFLA_GRO_IPV4_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GSO_MAX_SEGS,
    IFLA_GSO_MAX_SIZE, IFLA_MAX_MTU, IFLA_MIN_MTU, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_PARENT_DEV_BUS_NAME,
    IFLA_PARENT_DEV_NAME, IFLA_PHYS_PORT_ID, IFLA_PHYS_PORT_NAME, IFLA_PHYS_SWITCH_ID, IFLA_PROMISCUITY,
    IFLA_TSO_MAX_SEGS, IFLA_TSO_MAX_SIZE,
};

use super::super::kinds;
use super::Shape;
use crate::applet::ip::session::Session;

/// A number of the kernel's: its attribute, its JSON name, its text.
type Number = (u16, &'static str, &'static str);

static BEFORE_THE_KIND: &[Number] = &[
    (IFLA_PROMISCUITY, "promiscuity", " promiscuity {} "),
    (IFLA_ALLMULTI, "allmulti", "allmulti {} "),
    (IFLA_MIN_MTU, "min_mtu", "minmtu {} "),
    (IFLA_MAX_MTU, "max_mtu", "maxmtu {} "),
];

static BEHIND_THE_KIND: &[Number] = &[
    (IFLA_NUM_TX_QUEUES, "num_tx_queues", "numtxqueues {} "),
    (IFLA_NUM_RX_QUEUES, "num_rx_queues", "numrxqueues {} "),
    (IFLA_GSO_MAX_SIZE, "gso_max_size", "gso_max_size {} "),
    (IFLA_GSO_MAX_SEGS, "gso_max_segs", "gso_max_segs {} "),
    (IFLA_TSO_MAX_SIZE, "tso_max_size", "tso_max_size {} "),
    (IFLA_TSO_MAX_SEGS, "tso_max_segs", "tso_max_segs {} "),
    (IFLA_GRO_MAX_SIZE, "gro_max_size", "gro_max_size {} "),
    (IFLA_GSO_IPV4_MAX_SIZE, "gso_ipv4_max_size", "gso_ipv4_max_size {} "),
    (IFLA_GRO_IPV4_MAX_SIZE, "gro_ipv4_max_size", "gro_ipv4_max_size {} "),
];

pub(super) fn print(session: &mut Session, link: &Link<'_>, shape: Shape) {
    numbers(session, link, BEFORE_THE_KIND);
    kinds::print_details(session, link);
    let print = &mut session.print;
    match link.addr_gen_mode().filter(|_| shape == Shape::Link) {
        None => {}
        Some(0) => print.string("inet6_addr_gen_mode", "addrgenmode {} ", "eui64"),
        Some(1) => print.string("inet6_addr_gen_mode", "addrgenmode {} ", "none"),
        Some(2) => print.string("inet6_addr_gen_mode", "addrgenmode {} ", "stable_secret"),
        Some(3) => print.string("inet6_addr_gen_mode", "addrgenmode {} ", "random"),
        Some(other) => print.string("inet6_addr_gen_mode", "addrgenmode {} ", format!("{other:#x}")),
    }
    numbers(session, link, BEHIND_THE_KIND);
    let print = &mut session.print;
    if let Some(name) = link.attribute(IFLA_PHYS_PORT_NAME) {
        print.string("phys_port_name", "portname {} ", name.string());
    }
    let id =
        |kind| link.attribute(kind).map(|id| id.payload.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    if let Some(id) = id(IFLA_PHYS_PORT_ID) {
        print.string("phys_port_id", "portid {} ", id);
    }
    if let Some(id) = id(IFLA_PHYS_SWITCH_ID) {
        print.string("phys_switch_id", "switchid {} ", id);
    }
    if let Some(bus) = link.attribute(IFLA_PARENT_DEV_BUS_NAME) {
        print.string("parentbus", "parentbus {} ", bus.string());
    }
    if let Some(device) = link.attribute(IFLA_PARENT_DEV_NAME) {
        print.string("parentdev", "parentdev {} ", device.string());
    }
}

fn numbers(session: &mut Session, link: &Link<'_>, numbers: &[Number]) {
    for (attribute, key, format) in numbers {
        if let Some(value) = link.attribute(*attribute).and_then(|value| value.u32()) {
            session.print.number(*key, format, value);
        }
    }
}
