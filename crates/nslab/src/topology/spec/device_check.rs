//! Whether interfaces of nodes can be made: what they stand on is there, and fits.

use std::collections::{HashMap, HashSet};

use super::complete::ends;
use super::device::{DraftDevice, a};
use super::draft::{At, DraftLab};
use super::keys::suggest;
use super::problems::Problems;
use crate::topology::kinds::{LinkKind, OptionValue};
use crate::types::{IfName, NodeName, quote};

/// What there is at a node: its interfaces by name, and which of them the file makes by `interfaces`.
struct Place<'d> {
    node: &'d NodeName,
    names: Vec<&'d IfName>,
    devices: HashMap<&'d IfName, &'d DraftDevice>,
}

/// Checks the interfaces of every node.
pub(super) fn check(draft: &DraftLab, problems: &mut Problems<'_>) {
    let mut places: HashMap<&NodeName, Place<'_>> = HashMap::new();
    let mut order = Vec::new();
    for device in &draft.devices {
        let (Some(node), Some(ifname)) = (&device.end.node, &device.end.ifname) else { continue };
        let place = places.entry(&node.value).or_insert_with(|| {
            order.push(&node.value);
            Place { node: &node.value, names: Vec::new(), devices: HashMap::new() }
        });
        place.devices.insert(&ifname.value, device);
    }
    if places.is_empty() {
        return;
    }
    for end in ends(draft) {
        if let (Some(node), Some(ifname)) = (&end.node, &end.ifname)
            && let Some(place) = places.get_mut(&node.value)
        {
            place.names.push(&ifname.value);
        }
    }
    for place in order.into_iter().filter_map(|node| places.get(node)) {
        let mut masters: HashMap<&IfName, &IfName> = HashMap::new();
        for device in
            draft.devices.iter().filter(|device| device.end.node.as_ref().is_some_and(|node| node.value == *place.node))
        {
            let Some(ifname) = &device.end.ifname else { continue };
            check_link(place, device, problems);
            check_ports(place, device, &ifname.value, &mut masters, problems);
            check_options(place, device, ifname, problems);
            if is_in_a_circle(place, &ifname.value) {
                let message = format!("interface \"{}:{}\" stands on itself", place.node, ifname.value);
                problems.add(ifname.span.clone(), message, "follow its `link` and `ports`: they lead back to it");
            }
        }
    }
}

fn missing(place: &Place<'_>, name: &At<IfName>, problems: &mut Problems<'_>) {
    let there: Vec<&str> = place.names.iter().map(|name| name.as_str()).collect();
    let message = format!("node \"{}\" has no interface {}", place.node, quote(name.value.as_str()));
    let help = format!("it has {}", there.join(", "));
    let help = suggest(name.value.as_str(), there.into_iter(), help, problems);
    problems.add(name.span.clone(), message, help);
}

fn check_link(place: &Place<'_>, device: &DraftDevice, problems: &mut Problems<'_>) {
    let Some(link) = &device.link else { return };
    if !place.names.contains(&&link.value) {
        return missing(place, link, problems);
    }
    let beneath = place.devices.get(&link.value).map(|device| device.kind);
    let on_frames = device.kind != LinkKind::Vxlan;
    if on_frames && matches!(beneath, Some(LinkKind::Tun | LinkKind::Vrf | LinkKind::Wireguard)) {
        let message = format!("{} on {}, which carries no frames", a(device.kind), quote(link.value.as_str()));
        problems.add(link.span.clone(), message, "put it on an interface that is Ethernet");
    }
}

fn check_ports<'d>(
    place: &Place<'d>,
    device: &'d DraftDevice,
    own: &'d IfName,
    masters: &mut HashMap<&'d IfName, &'d IfName>,
    problems: &mut Problems<'_>,
) {
    for port in &device.ports {
        if !place.names.contains(&&port.value) {
            missing(place, port, problems);
            continue;
        }
        if let Some(other) = masters.insert(&port.value, own) {
            let message = format!("interface \"{}:{}\" is a port of \"{other}\" already", place.node, port.value);
            problems.add(port.span.clone(), message, "an interface is a port of one other");
        }
        let kind = place.devices.get(&port.value).map(|device| device.kind);
        let bad = match (device.kind, kind) {
            (_, Some(kind)) if kind == device.kind => true,
            (LinkKind::Bridge | LinkKind::Bond, Some(LinkKind::Tun | LinkKind::Vrf | LinkKind::Wireguard)) => true,
            _ => false,
        };
        if let Some(kind) = kind.filter(|_| bad) {
            let message = format!("{} as a port of {}", a(kind), a(device.kind));
            problems.add(port.span.clone(), message, "the kernel takes no such port");
        }
    }
    let mut pvids = HashSet::new();
    for At { value: vlan, span } in &device.vlans {
        if vlan.port != *own && !device.ports.iter().any(|port| port.value == vlan.port) {
            let message = format!("{} is no port of \"{own}\"", quote(vlan.port.as_str()));
            problems.add(span.clone(), message, "`vlans` are of its `ports`, or its own under its own name");
        } else if vlan.pvid && !pvids.insert(&vlan.port) {
            let message = format!("a second `pvid` of port \"{}\"", vlan.port);
            problems.add(span.clone(), message, "frames without a tag belong to one VLAN");
        }
    }
}

fn check_options(place: &Place<'_>, device: &DraftDevice, ifname: &At<IfName>, problems: &mut Problems<'_>) {
    let span = |name: &str| device.spans.get(name).cloned().unwrap_or_else(|| ifname.span.clone());
    let option = |name: &str| device.options.get(name);
    if let Some(OptionValue::Interface(primary)) = option("primary")
        && !device.ports.iter().any(|port| port.value == *primary)
    {
        problems.add(span("primary"), format!("`primary` {} is none of the ports", quote(primary.as_str())), "");
    }
    if option("vlan_filtering") == Some(&OptionValue::Switch(false)) && !device.vlans.is_empty() {
        problems.add(span("vlan_filtering"), "`vlans` without `vlan_filtering`", "leave out one of them");
    }
    if device.kind != LinkKind::Vxlan {
        return check_twin(place, device, ifname, &["id", "protocol"], problems);
    }
    check_twin(place, device, ifname, &["id", "port"], problems);
    if option("group").is_some() && option("remote").is_some() {
        problems.add(span("group"), "both `remote` and `group`", "a tunnel leads to one of them");
    }
    if option("group").is_some() && device.link.is_none() {
        problems.add(span("group"), "a `group` without `dev`", "say on which interface the group is: `dev: eth0`");
    }
    let family = |name: &str| match option(name) {
        Some(OptionValue::Address(address)) => Some(address.is_ipv6()),
        _ => None,
    };
    if let (Some(local), Some(remote)) = (family("local"), family("remote").or(family("group")))
        && local != remote
    {
        problems.add(span("local"), "`local` is of another family than the other end", "give both of one family");
    }
}

/// Two that the kernel takes for one: VLANs of one link, tunnels of one number and port.
fn check_twin(place: &Place<'_>, device: &DraftDevice, ifname: &At<IfName>, by: &[&str], problems: &mut Problems<'_>) {
    if !matches!(device.kind, LinkKind::Vlan | LinkKind::Vxlan) {
        return;
    }
    let key = |device: &DraftDevice| -> Vec<Option<OptionValue>> {
        by.iter().map(|name| device.options.get(*name).cloned()).collect()
    };
    let link = |device: &DraftDevice| device.link.as_ref().map(|link| link.value.clone());
    let twin = place.devices.values().filter(|other| other.kind == device.kind).find(|other| {
        let same_link = device.kind == LinkKind::Vxlan || link(other) == link(device);
        let before = other.end.ifname.as_ref().is_some_and(|other| other.span.start < ifname.span.start);
        before && same_link && key(other) == key(device)
    });
    if let Some(other) = twin.and_then(|twin| twin.end.ifname.as_ref()) {
        let span = device.spans.get("id").cloned().unwrap_or_else(|| ifname.span.clone());
        let message = format!("{} with the `id` of \"{}:{}\"", a(device.kind), place.node, other.value);
        problems.add(span, message, "give each another");
    }
}

/// Whether what an interface stands on leads back to it.
fn is_in_a_circle(place: &Place<'_>, start: &IfName) -> bool {
    let mut seen: HashSet<&IfName> = HashSet::new();
    let mut queue: Vec<&IfName> = beneath(place, start);
    while let Some(name) = queue.pop() {
        if name == start {
            return true;
        }
        if seen.insert(name) {
            queue.extend(beneath(place, name));
        }
    }
    false
}

fn beneath<'d>(place: &Place<'d>, name: &IfName) -> Vec<&'d IfName> {
    let Some(device) = place.devices.get(name) else { return Vec::new() };
    device.link.iter().chain(&device.ports).map(|name| &name.value).collect()
}
