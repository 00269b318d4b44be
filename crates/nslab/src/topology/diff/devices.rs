//! Interfaces of nodes beside cables. One that is described otherwise is made anew; its addresses, its MTU and its
//! hardware address, whether it is up, what it is a port of and options that the kernel takes are changed in place.

use super::change::described;
use super::{Change, Setting, Work, seen};
use crate::topology::kinds::{self, Differing, LinkKind, OptionValue, told};
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
        let recorded = self.known.recorded.and_then(|plan| find(plan, node, &ifname));
        let wanted = find(self.known.plan, node, &ifname);
        let said = |name: &str| [recorded, wanted].into_iter().flatten().any(|it| it.options.contains_key(name));
        let found = self.there(node).and_then(|(_, seen)| Some((seen, seen.link(ifname.as_str())?)));
        let device = recorded.or(wanted).map(|device| match found {
            Some((seen, link)) if link.is(device.kind.kernel_name()) => as_found(device, link, seen),
            _ => device.clone(),
        });
        let what = device.as_ref().map(|device| described(device, said)).unwrap_or_default();
        let device = device.filter(|_| recorded.is_some()).map(Box::new);
        self.change(Change::RemoveDevice { node: node.clone(), ifname, device, what });
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
                let can_stay =
                    || differing(device, link, seen).iter().all(|it| it.in_place) && is_on(device, link, seen);
                if same && stands && link.is(device.kind.kernel_name()) && can_stay() {
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
                for Differing { option, wanted, is, .. } in differing(device, link, seen) {
                    let setting = |value| Setting::Option(device.kind, option, value);
                    self.set(node, &device.ifname, setting(Some(wanted)), setting(is));
                }
                if let Some(mac) = device.mac.filter(|_| keeps_its_mac(device)) {
                    self.set(node, &device.ifname, Setting::Mac(Some(mac)), Setting::Mac(link.mac));
                }
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

/// Whether one can be made the other in place, as far as is known without looking. What it had for want of an MTU or an
/// option of its own is not known any more.
fn is_same(before: &Device, after: &Device) -> bool {
    let Device { kind, options, link, vlans, wireguard, .. } = after;
    let mtu = before.mtu.is_none() || after.mtu.is_some();
    let said = before.options.keys().all(|name| options.contains_key(name));
    let mac = before.mac == after.mac || keeps_its_mac(after);
    mtu && said
        && mac
        && (kind, link, vlans, wireguard) == (&before.kind, &before.link, &before.vlans, &before.wireguard)
}

/// An interface as it was found, which may not be as it was made.
fn as_found(device: &Device, link: &seen::Link, seen: &seen::Node) -> Device {
    let name_at = |index| seen.link_at(index)?.name.parse().ok();
    let is_beneath = device.kind.facts().link.is_some_and(|(_, needed)| needed);
    let beneath = link.peer.filter(|_| is_beneath).and_then(|peer| name_at(peer.index));
    Device {
        options: told(device.kind, &link.info, name_at),
        link: beneath.or_else(|| device.link.clone()),
        mac: link.mac.filter(|_| device.mac.is_some()),
        ..device.clone()
    }
}

/// The options that are otherwise than they are to be.
fn differing(device: &Device, link: &seen::Link, seen: &seen::Node) -> Vec<Differing> {
    let told = told(device.kind, &link.info, |index| seen.link_at(index)?.name.parse().ok());
    kinds::differing(device.kind, &device.options, &told)
}

/// Whether it stands on what it is to stand on.
fn is_on(device: &Device, link: &seen::Link, seen: &seen::Node) -> bool {
    let Some(beneath) = device.link.as_ref().filter(|_| device.kind.facts().link.is_some_and(|(_, needed)| needed))
    else {
        return true;
    };
    seen.link(beneath.as_str()).is_some_and(|beneath| link.peer.is_some_and(|peer| peer.index == beneath.index))
}

/// Whether nobody else changes its hardware address: a bond may take that of a port, and what is in the mode
/// `passthru` has that of its link.
fn keeps_its_mac(device: &Device) -> bool {
    let passthru = OptionValue::Number(8);
    device.mac.is_some() && device.kind != LinkKind::Bond && device.options.get("mode") != Some(&passthru)
}
