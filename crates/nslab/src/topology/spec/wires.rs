//! Which interfaces of a draft may hear each other, taken generously: what is not told apart here is one segment.
//! Exact, and of the finished lab, is `topology::domains`.

use std::collections::HashMap;

use super::device::DraftDevice;
use super::draft::{DraftEnd, DraftLab};
use crate::topology::kinds::{LinkKind, OptionValue};
use crate::types::{IfName, NodeName};

/// Ends in sets, by their numbers.
#[derive(Clone)]
pub(super) struct Wires(Vec<usize>);

impl Wires {
    pub(super) fn of(draft: &DraftLab, ends: &[&DraftEnd]) -> Self {
        let mut wires = Self((0..ends.len()).collect());
        let name = |end: &'_ DraftEnd| Some((end.node.as_ref()?.value.clone(), end.ifname.as_ref()?.value.clone()));
        let numbers: HashMap<(NodeName, IfName), usize> =
            ends.iter().zip(0..).filter_map(|(end, at)| Some((name(end)?, at))).collect();
        let number = |end: &DraftEnd| numbers.get(&name(end)?).copied();
        let members = draft.segments.iter().map(|segment| segment.members.iter().filter_map(number).collect());
        let links =
            draft.links.iter().map(|link| [&link.a, &link.b].into_iter().flatten().filter_map(number).collect());
        let mut sets: Vec<Vec<usize>> = members.chain(links).collect();
        let filters = draft.devices.iter().any(filters);
        let (mut vlans, mut tunnels) = (Vec::new(), HashMap::new());
        for device in &draft.devices {
            let (Some(at), Some(node)) = (number(&device.end), &device.end.node) else { continue };
            let beside = |ifname: &IfName| numbers.get(&(node.value.clone(), ifname.clone())).copied();
            let beneath = device.link.as_ref().and_then(|link| beside(&link.value));
            match (device.kind, beneath) {
                // Where a bridge puts frames into VLANs, an interface without tags may hear one with them.
                (LinkKind::Vlan, Some(link)) if !filters => vlans.push((at, link, id(device))),
                (LinkKind::Vxlan, _) => sets.push(vec![*tunnels.entry(id(device)).or_insert(at), at]),
                (LinkKind::Vrf, _) => {}
                (_, link) => {
                    let ports = device.ports.iter().filter_map(|port| beside(&port.value));
                    sets.push(ports.chain(link).chain([at]).collect());
                }
            }
        }
        for set in sets {
            set.iter().zip(set.iter().skip(1)).for_each(|(a, b)| wires.join(*a, *b));
        }
        wires.join_vlans(&vlans);
        wires
    }

    /// VLANs of one number on one segment are one; then those on them may be.
    fn join_vlans(&mut self, vlans: &[(usize, usize, Option<u32>)]) {
        loop {
            let mut first: HashMap<(usize, Option<u32>), usize> = HashMap::new();
            let mut joined = false;
            for (at, link, id) in vlans {
                let first = *first.entry((self.find(*link), *id)).or_insert(*at);
                joined |= self.find(first) != self.find(*at);
                self.join(first, *at);
            }
            if !joined {
                return;
            }
        }
    }

    /// Makes one set of those of two.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        if let Some(root) = self.0.get_mut(a.max(b)) {
            *root = a.min(b);
        }
    }

    /// The number of its set.
    pub(super) fn find(&mut self, mut at: usize) -> usize {
        while let Some(up) = self.0.get(at).copied().filter(|up| *up != at) {
            let above = self.0.get(up).copied().unwrap_or(up);
            if let Some(own) = self.0.get_mut(at) {
                *own = above;
            }
            at = above;
        }
        at
    }
}

fn id(device: &DraftDevice) -> Option<u32> {
    match device.options.get("id") {
        Some(OptionValue::Number(id)) => Some(*id),
        _ => None,
    }
}

fn filters(device: &DraftDevice) -> bool {
    device.options.get("vlan_filtering") == Some(&OptionValue::Switch(true))
}
