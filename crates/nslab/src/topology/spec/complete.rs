//! What a file leaves to us: names of interfaces, addresses on segments, and what profiles give.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use super::device::DraftDevice;
use super::draft::{At, DraftEnd, DraftLab, DraftNode, DraftSegment, HostPart, Settings};
use super::keys::suggest;
use super::model::{Node, Sysctl};
use super::pool;
use super::problems::Problems;
use super::run;
use super::segment::in_prefix;
use crate::topology::kinds::LinkKind;
use crate::types::{Cidr, IfName, NodeName, Prefix, quote};

/// Fills in all of that. The interfaces that the file names are taken first.
pub(super) fn complete(draft: &mut DraftLab, problems: &mut Problems<'_>) {
    for segment in &mut draft.segments {
        complete_hosts(segment, problems);
    }
    name_interfaces(draft);
    place_addresses(draft, problems);
    let ports = ports(draft);
    for segment in &mut draft.segments {
        give_addresses(segment, &ports, problems);
    }
    pool::give_addresses(draft, &ports, problems);
}

/// Ports of bridges and bonds, which have no use for addresses.
pub(super) struct Ports(HashSet<(NodeName, IfName)>);

impl Ports {
    /// Whether an end is one of them.
    pub(super) fn contain(&self, end: &DraftEnd) -> bool {
        let (false, Some(node), Some(ifname)) = (self.0.is_empty(), &end.node, &end.ifname) else { return false };
        self.0.contains(&(node.value.clone(), ifname.value.clone()))
    }
}

fn ports(draft: &DraftLab) -> Ports {
    let masters = draft.devices.iter().filter(|device| matches!(device.kind, LinkKind::Bridge | LinkKind::Bond));
    let of_master = |master: &DraftDevice| {
        let node = master.end.node.as_ref().map(|node| node.value.clone());
        let names: Vec<IfName> = master.ports.iter().map(|port| port.value.clone()).collect();
        node.into_iter().flat_map(move |node| names.clone().into_iter().map(move |name| (node.clone(), name)))
    };
    Ports(masters.flat_map(of_master).collect())
}

/// All ends of links, members of segments and interfaces of nodes, in the order of the file.
pub(super) fn ends(draft: &DraftLab) -> Vec<&DraftEnd> {
    let members = draft.segments.iter().flat_map(|segment| &segment.members);
    let links = draft.links.iter().flat_map(|link| [&link.a, &link.b]).flatten();
    let devices = draft.devices.iter().map(|device| &device.end);
    let mut all: Vec<&DraftEnd> = members.chain(links).chain(devices).collect();
    all.sort_by_key(|end| start(end));
    all
}

fn ends_mut(draft: &mut DraftLab) -> Vec<&mut DraftEnd> {
    let members = draft.segments.iter_mut().flat_map(|segment| &mut segment.members);
    let links = draft.links.iter_mut().flat_map(|link| [&mut link.a, &mut link.b]).flatten();
    let devices = draft.devices.iter_mut().map(|device| &mut device.end);
    let mut all: Vec<&mut DraftEnd> = members.chain(links).chain(devices).collect();
    all.sort_by_key(|end| start(end));
    all
}

fn start(end: &DraftEnd) -> usize {
    end.node.as_ref().map_or(0, |node| node.span.start)
}

/// Gives each end without an interface name the next `ethN` of its node that the file does not name.
fn name_interfaces(draft: &mut DraftLab) {
    let mut taken: HashMap<NodeName, HashSet<String>> = HashMap::new();
    for end in ends(draft) {
        if let (Some(node), Some(ifname)) = (&end.node, &end.ifname) {
            taken.entry(node.value.clone()).or_default().insert(ifname.value.as_str().to_owned());
        }
    }
    let mut next: HashMap<(NodeName, &str), usize> = HashMap::new();
    for end in ends_mut(draft) {
        let (Some(node), None) = (&end.node, &end.ifname) else { continue };
        let stem = end.stem.unwrap_or("eth");
        let number = next.entry((node.value.clone(), stem)).or_default();
        let taken = taken.get(&node.value);
        let mut name = format!("{stem}{number}");
        while taken.is_some_and(|taken| taken.contains(&name)) {
            *number += 1;
            name = format!("{stem}{number}");
        }
        *number += 1;
        end.ifname = name.parse().ok().map(|value| At { value, span: node.span.clone() });
    }
}

/// Puts what the nodes' own `addresses` say where it belongs; those of `lo` stay with the node.
fn place_addresses(draft: &mut DraftLab, problems: &mut Problems<'_>) {
    let mut places: HashMap<(NodeName, IfName), Vec<At<Prefix>>> = HashMap::new();
    let mut wanted: Vec<(NodeName, At<IfName>)> = Vec::new();
    for node in &draft.nodes {
        let all = settings_of(draft, node).flat_map(|settings| &settings.addresses);
        for (ifname, addresses) in all.filter(|(ifname, _)| ifname.value.as_str() != "lo") {
            let key = (node.name.value.clone(), ifname.value.clone());
            places.entry(key).or_default().extend(addresses.iter().cloned());
            wanted.push((node.name.value.clone(), ifname.clone()));
        }
    }
    if places.is_empty() {
        return;
    }
    for end in ends_mut(draft) {
        if let (Some(node), Some(ifname)) = (&end.node, &end.ifname) {
            let found = places.remove(&(node.value.clone(), ifname.value.clone()));
            end.addresses.extend(found.unwrap_or_default());
        }
    }
    let mut missing: Vec<(NodeName, At<IfName>)> = Vec::new();
    for (node, ifname) in wanted {
        if places.remove(&(node.clone(), ifname.value.clone())).is_some() {
            missing.push((node, ifname));
        }
    }
    tell_missing(draft, missing, problems);
}

fn tell_missing(draft: &DraftLab, missing: Vec<(NodeName, At<IfName>)>, problems: &mut Problems<'_>) {
    if missing.is_empty() {
        return;
    }
    let mut there: HashMap<&NodeName, Vec<&str>> = HashMap::new();
    for end in ends(draft) {
        if let (Some(node), Some(ifname)) = (&end.node, &end.ifname) {
            there.entry(&node.value).or_default().push(ifname.value.as_str());
        }
    }
    for (node, ifname) in missing {
        let there = there.get(&node).map(Vec::as_slice).unwrap_or_default();
        let help = "it has `lo`, and those of its links and segments";
        let help = suggest(ifname.value.as_str(), there.iter().copied().chain(["lo"]), help, problems);
        problems.add(ifname.span, format!("node \"{node}\" has no interface \"{}\"", ifname.value), help);
    }
}

/// Makes whole addresses of host parts.
fn complete_hosts(segment: &mut DraftSegment, problems: &mut Problems<'_>) {
    let prefixes: Vec<Prefix> = segment.prefixes.iter().map(|prefix| prefix.value).collect();
    let list = prefixes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    for member in &mut segment.members {
        for address in &member.addresses {
            check_in_prefixes(address, &prefixes, problems);
        }
        for At { value, span } in std::mem::take(&mut member.hosts) {
            if let Some(value) = prefixes.iter().find_map(|prefix| in_prefix(value, *prefix)) {
                member.addresses.push(At { value, span });
                continue;
            }
            let what = match value {
                HostPart::V4(_) | HostPart::V6(_) => "host part",
                HostPart::Whole(_) => "address without a length",
            };
            let (message, help) = if list.is_empty() {
                (
                    format!("this {what} needs the segment's prefix, and it has none"),
                    "give the segment a `prefix`".into(),
                )
            } else {
                (format!("this {what} is in no prefix of the segment"), format!("its prefixes: {list}"))
            };
            problems.add(span, message, help);
        }
    }
}

/// Where a segment has prefixes of a family, a member's addresses of it are in one of them.
fn check_in_prefixes(address: &At<Prefix>, prefixes: &[Prefix], problems: &mut Problems<'_>) {
    let prefix = address.value;
    let mut family = prefixes.iter().filter(|other| other.is_ipv6() == prefix.is_ipv6()).peekable();
    if let Some(first) = family.peek().copied()
        && !family.any(|other| *other == prefix.network())
    {
        let message = format!("\"{prefix}\" is in {}, and the segment is {first}", prefix.network());
        let help = "give it an address of the segment's prefix, or none to have one given";
        problems.add(address.span.clone(), message, help);
    }
}

/// Gives each member without an address of a prefix's family the prefix's next free one, in order.
fn give_addresses(segment: &mut DraftSegment, ports: &Ports, problems: &mut Problems<'_>) {
    let given = segment.members.iter().flat_map(|member| &member.addresses).map(|address| address.value.address());
    let taken: HashSet<IpAddr> = given.collect();
    let mut done: HashSet<bool> = HashSet::new();
    for prefix in &segment.prefixes {
        // Of several prefixes of a family, the first is given from.
        let ipv6 = prefix.value.is_ipv6();
        if !done.insert(ipv6) {
            continue;
        }
        let mut free = hosts(prefix.value).filter(|address| !taken.contains(&address.address()));
        for member in &mut segment.members {
            if member.addresses.iter().any(|address| address.value.is_ipv6() == ipv6) || ports.contain(member) {
                continue;
            }
            let Some(node) = &member.node else { continue };
            let Some(value) = free.next() else {
                let message = format!("prefix \"{}\" has no address left for \"{}\"", prefix.value, node.value);
                return problems.add(prefix.span.clone(), message, "give the segment a shorter prefix length");
            };
            member.addresses.push(At { value, span: node.span.clone() });
        }
    }
}

/// The addresses of a prefix that hosts can have, from the lowest.
fn hosts(prefix: Prefix) -> impl Iterator<Item = Prefix> {
    let cidr = Cidr::of(prefix);
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    // The lowest of an IPv6 network is that of its routers (RFC 4291, 2.6.1).
    let anycast = u128::from(prefix.is_ipv6() && prefix.len() < 127);
    (bits(cidr.first_host()).saturating_add(anycast)..=bits(cidr.last_host())).filter_map(move |bits| {
        let address =
            if prefix.is_ipv6() { IpAddr::V6(bits.into()) } else { IpAddr::V4(u32::try_from(bits).ok()?.into()) };
        Prefix::new(address, prefix.len()).ok()
    })
}

/// What a node's profiles say, and then what it says itself.
pub(super) fn settings_of<'d>(draft: &'d DraftLab, node: &'d DraftNode) -> impl Iterator<Item = &'d Settings> {
    // An included file may have one of the same name: what the later says counts.
    let named = |used: &'d At<String>| draft.profiles.iter().filter(|(name, _)| name.value == used.value);
    let profiles = node.settings.profiles.iter().flat_map(named).map(|(_, settings)| settings);
    profiles.chain(std::iter::once(&node.settings))
}

/// The nodes in the order in which the file first names them, with what they and their profiles say.
pub(super) fn nodes(draft: &DraftLab, problems: &mut Problems<'_>) -> Vec<Node> {
    // A node may be in several: a range, and an entry of its own. What comes later wins.
    let mut own: HashMap<&NodeName, Vec<&DraftNode>> = HashMap::new();
    for node in &draft.nodes {
        own.entry(&node.name.value).or_default().push(node);
    }
    let linked = ends(draft).into_iter().filter_map(|end| end.node.as_ref());
    let mut all: Vec<&At<NodeName>> = draft.nodes.iter().map(|node| &node.name).chain(linked).collect();
    all.sort_by_key(|name| name.span.start);
    let mut seen = HashSet::new();
    let mut nodes = Vec::new();
    for name in all.into_iter().filter(|name| seen.insert(&name.value)) {
        let mut node = Node {
            name: name.value.clone(),
            forward: false,
            sysctl: Vec::new(),
            loopback: Vec::new(),
            routes: Vec::new(),
            env: BTreeMap::new(),
            run: Vec::new(),
        };
        for own in own.get(&name.value).into_iter().flatten() {
            let known = |used: &At<String>| draft.profiles.iter().any(|(name, _)| name.value == used.value);
            for profile in own.settings.profiles.iter().filter(|used| !known(used)) {
                unknown_profile(profile, draft, problems);
            }
            settings_of(draft, own).for_each(|settings| apply(settings, &mut node));
        }
        nodes.push(node);
    }
    nodes
}

fn unknown_profile(profile: &At<String>, draft: &DraftLab, problems: &mut Problems<'_>) {
    let names: Vec<&str> = draft.profiles.iter().map(|(name, _)| name.value.as_str()).collect();
    let help =
        if names.is_empty() { "`profiles` says none".into() } else { format!("there are: {}", names.join(", ")) };
    let help = suggest(&profile.value, names.into_iter(), help, problems);
    problems.add(profile.span.clone(), format!("there is no profile {}", quote(&profile.value)), help);
}

/// What comes later wins.
fn apply(settings: &Settings, node: &mut Node) {
    if let Some(forward) = settings.forward {
        node.forward = forward;
    }
    for (path, value) in &settings.sysctl {
        node.sysctl.retain(|there| there.path != path.value);
        node.sysctl.push(Sysctl { path: path.value.clone(), value: value.clone() });
    }
    node.env.extend(settings.env.iter().cloned());
    run::apply(&settings.run, node);
    node.routes.extend(settings.routes.iter().map(|route| route.value.clone()));
    for (_, addresses) in settings.addresses.iter().filter(|(ifname, _)| ifname.value.as_str() == "lo") {
        node.loopback.extend(addresses.iter().map(|address| address.value));
    }
}
