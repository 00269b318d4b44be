//! Interfaces of nodes beside cables. One that is described otherwise is made anew; its addresses and its MTU, whether
//! it is up and what it is a port of are changed in place.

use super::{Change, Setting, Work, seen};
use crate::topology::plan::{Device, NodePlan, Plan};
use crate::types::{IfName, NodeName, Prefix};

impl<'k> Work<'k> {
    /// The name of a link that is one of nslab's making beside the cables.
    pub(super) fn our_device(&self, node: &NodeName, link: &seen::Link) -> Option<IfName> {
        let name: IfName = link.name.parse().ok()?;
        let ours = !link.is("veth") && self.known.ours.devices.contains(&(node.clone(), name.clone()));
        ours.then_some(name)
    }

    pub(super) fn remove_device(&mut self, node: &NodeName, ifname: IfName) {
        let device = self.known.recorded.and_then(|plan| find(plan, node, &ifname)).cloned().map(Box::new);
        self.change(Change::RemoveDevice { node: node.clone(), ifname, device });
    }

    /// Those that are not there, are to be otherwise, or stand on one that comes anew.
    pub(super) fn new_devices(&mut self, at: usize, node: &NodePlan, place: usize, seen: &seen::Node) {
        let mut removed = Vec::new();
        // In the order in which they stand on each other.
        for device in self.known.plan.devices.iter().filter(|device| device.node == at) {
            if let Some(link) = seen.link(device.ifname.as_str()) {
                if !link.is(device.kind.kernel_name()) && self.our_device(&node.name, link).is_none() {
                    self.found.in_the_way.push((node.name.clone(), link.name.clone()));
                    continue;
                }
                let before = self.known.recorded.and_then(|plan| find(plan, &node.name, &device.ifname));
                let same = before.is_none_or(|before| is_same(before, device));
                let stands = !device.link.as_ref().is_some_and(|link| self.new.contains(&(place, link.as_str())));
                if same && stands && link.is(device.kind.kernel_name()) {
                    continue;
                }
                self.gone.insert((place, link.index));
                removed.push(device.ifname.clone());
            }
            self.new.insert((place, device.ifname.as_str()));
            self.change(Change::AddDevice { node: node.name.clone(), device: Box::new(device.clone()) });
        }
        removed.into_iter().rev().for_each(|ifname| self.remove_device(&node.name, ifname));
    }

    /// The settings and addresses of all.
    pub(super) fn devices(&mut self, at: usize, node: &NodePlan, place: usize, seen: &seen::Node) {
        for device in self.known.plan.devices.iter().filter(|device| device.node == at) {
            let is_new = self.new.contains(&(place, device.ifname.as_str()));
            let link = seen.link(device.ifname.as_str()).filter(|_| !is_new);
            let name_at = |index| seen.link_at(index).map(|master| master.name.clone());
            let is = link.and_then(|link| link.master).map(|index| name_at(index).unwrap_or_else(|| index.to_string()));
            let master = device.master.as_ref().map(|master| master.as_str().to_owned());
            self.set(node, &device.ifname, Setting::Master(master), Setting::Master(is));
            if let Some(link) = link {
                if let Some(mtu) = device.mtu.filter(|_| device.master.is_none()) {
                    self.set(node, &device.ifname, Setting::Mtu(mtu), Setting::Mtu(link.mtu));
                }
                self.set(node, &device.ifname, Setting::Up(true), Setting::Up(link.up));
            }
            let wanted: Vec<Prefix> = device.addresses.clone();
            self.addresses(
                node,
                &device.ifname,
                &wanted,
                link.map(|link| link.addresses.as_slice()).unwrap_or_default(),
            );
        }
    }
}

/// The interface of a name in a node.
fn find<'p>(plan: &'p Plan, node: &NodeName, ifname: &IfName) -> Option<&'p Device> {
    let is_it = |device: &&Device| {
        device.ifname == *ifname && plan.nodes.get(device.node).is_some_and(|planned| planned.name == *node)
    };
    plan.devices.iter().find(is_it)
}

/// Whether one can be made the other in place. What it had for want of an MTU of its own is not known any more.
fn is_same(before: &Device, after: &Device) -> bool {
    let Device { kind, options, link, vlans, mac, .. } = after;
    let mtu = before.mtu.is_none() || after.mtu.is_some();
    mtu && (kind, options, link, vlans, mac)
        == (&before.kind, &before.options, &before.link, &before.vlans, &before.mac)
}
