//! The interfaces of nodes beside their cables, made in place when the cables are there.

use std::collections::HashMap;

use super::{Batch, BuiltNode, add_addresses_of, bad_plan, up, wireguard};
use crate::error::Result;
use crate::ops::address::AddressConfig;
use crate::ops::link::{Data, Kind, LinkConfig, VlanConfig};
use crate::ops::tuntap::{Mode, Tuntap};
use crate::topology::kinds::{LinkKind, OptionValue, encode};
use crate::topology::plan::{Device, Plan, Port};
use crate::types::IfName;
use crate::wire::Request;
use crate::wire::consts::IFA_F_NODAD;

/// The interfaces of a node by name, with their indexes, and those that are ends of cables.
struct Place<'p> {
    indexes: HashMap<&'p IfName, u32>,
    ports: HashMap<&'p IfName, &'p Port>,
    devices: HashMap<&'p IfName, &'p Device>,
}

/// Makes all of a plan's, in its order.
pub(super) fn make(plan: &Plan, nodes: &mut [BuiltNode]) -> Result<()> {
    let mut places: HashMap<usize, Place<'_>> = HashMap::new();
    for device in &plan.devices {
        let place = places.entry(device.node).or_insert_with(|| Place {
            indexes: HashMap::new(),
            ports: HashMap::new(),
            devices: HashMap::new(),
        });
        place.indexes.insert(&device.ifname, device.index);
        place.devices.insert(&device.ifname, device);
    }
    for port in plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
        if let Some(place) = places.get_mut(&port.node) {
            place.indexes.insert(&port.ifname, port.index);
            place.ports.insert(&port.ifname, port);
        }
    }
    for device in &plan.devices {
        let place = places.get(&device.node).ok_or_else(bad_plan)?;
        make_one(plan, device, place, nodes.get_mut(device.node).ok_or_else(bad_plan)?)?;
    }
    Ok(())
}

fn make_one(plan: &Plan, device: &Device, place: &Place<'_>, node: &mut BuiltNode) -> Result<()> {
    let name = plan.device_name(device);
    let making = || format!("making {} {name}", device.kind);
    let mut batch = Batch::default();
    if device.kind.is_tuntap() {
        node.namespace()?.enter(|| tuntap(device).add())?.map_err(|error| error.within(making()))?;
        let mac = device.mac.map(crate::types::MacAddr::octets);
        let config = LinkConfig {
            address: mac.as_ref().map(<[u8; 6]>::as_slice),
            mtu: device.mtu,
            up: Some(true),
            ..LinkConfig::default()
        };
        batch.add(config.change_link(device.index), making);
    } else {
        let index = |name: &IfName| place.indexes.get(name).copied();
        batch.add(request(device, index).map_err(|error| error.within(making()))?, making);
    }
    if let Some(settings) = wireguard::settings(device)? {
        std::mem::take(&mut batch).send(&mut node.connection)?;
        let what = format!("giving {name} its keys and peers");
        wireguard::configure(&node.namespace()?, device.index, settings, &what)?;
    }
    for port in &device.ports {
        add_port(plan, device, port, place, &mut batch);
    }
    for vlan in &device.vlans {
        let itself = vlan.port == device.ifname;
        let index = place.indexes.get(&vlan.port).copied().ok_or_else(bad_plan)?;
        let config = VlanConfig { first: vlan.first, last: vlan.last, pvid: vlan.pvid, untagged: vlan.untagged };
        let name = &name;
        batch.add(config.add(index, itself), move || format!("putting port {} of {name} into VLAN {vlan}", vlan.port));
    }
    if device.master.is_none() {
        add_addresses_of_device(plan, device, &mut batch);
    }
    batch.send(&mut node.connection)
}

/// What makes one, set up; not for those that /dev/net/tun makes. `index` is that of an interface of the node.
pub(super) fn request(device: &Device, index: impl Fn(&IfName) -> Option<u32>) -> Result<Request> {
    let link = device.link.as_ref().map(|link| index(link).ok_or_else(bad_plan)).transpose()?;
    let data = encode(device.kind, &device.options, link, index)?;
    let mac = device.mac.map(crate::types::MacAddr::octets);
    let config = LinkConfig {
        name: Some(device.ifname.as_str().as_bytes()),
        index: Some(device.index),
        address: mac.as_ref().map(<[u8; 6]>::as_slice),
        mtu: device.mtu,
        up: Some(true),
        // That of a tunnel is one of its options.
        link: link.filter(|_| device.kind != LinkKind::Vxlan),
        kind: Some(Kind::Other { name: device.kind.kernel_name().as_bytes(), data: Data::Own(&data) }),
        ..LinkConfig::default()
    };
    Ok(config.create())
}

/// Makes an interface a port. A bond takes only what is down, and brings it up itself.
fn add_port<'p>(plan: &'p Plan, device: &'p Device, port: &'p IfName, place: &Place<'p>, batch: &mut Batch<'p>) {
    // A description names only what is there.
    let Some(index) = place.indexes.get(port).copied() else { return };
    let step = move || format!("making {port} a port of {}", plan.device_name(device));
    if device.kind == LinkKind::Bond {
        batch.add(LinkConfig { up: Some(false), ..LinkConfig::default() }.change_link(index), step);
    }
    let master = LinkConfig { master: Some(device.index), ..LinkConfig::default() };
    batch.add(master.change_link(index), step);
    if device.kind != LinkKind::Bond {
        batch.add(up(index), step);
    }
    if let Some(port) = place.ports.get(port) {
        add_addresses_of(plan, port, batch);
    } else if let Some(port) = place.devices.get(port) {
        add_addresses_of_device(plan, port, batch);
    }
}

fn add_addresses_of_device<'p>(plan: &'p Plan, device: &'p Device, batch: &mut Batch<'p>) {
    for address in &device.addresses {
        let mut config = AddressConfig::new(device.index, *address);
        if address.is_ipv6() {
            config.flags = IFA_F_NODAD;
        }
        batch.add(config.add(), move || format!("adding address {address} to {}", plan.device_name(device)));
    }
}

pub(super) fn tuntap(device: &Device) -> Tuntap<'_> {
    let number = |name: &str| match device.options.get(name) {
        Some(OptionValue::Number(number)) => Some(*number),
        _ => None,
    };
    let on = |name: &str| device.options.get(name) == Some(&OptionValue::Switch(true));
    Tuntap {
        name: device.ifname.as_str().as_bytes(),
        mode: if device.kind == LinkKind::Tap { Mode::Tap } else { Mode::Tun },
        packet_info: on("pi"),
        vnet_hdr: on("vnet_hdr"),
        one_queue: false,
        multi_queue: on("multi_queue"),
        owner: number("owner"),
        group: number("group"),
        index: Some(device.index),
    }
}
