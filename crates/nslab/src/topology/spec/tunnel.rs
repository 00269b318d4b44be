//! Links that are tunnels: `kind: vxlan` or `kind: wireguard` between two nodes. Their ends are interfaces that find each other by
//! addresses that the nodes have.

use std::collections::HashMap;
use std::net::IpAddr;

use super::complete::settings_of;
use super::draft::{At, DraftLab};
use super::model::{Device, End};
use super::problems::Problems;
use super::wireguard::derived;
use crate::topology::kinds::{LinkKind, OptionValue, Options, Peer, PeerKey, WIREGUARD_PORT, Wireguard};
use crate::types::cidr::Sharing;
use crate::types::{LabName, NodeName, Prefix};

/// What a link says of its tunnel.
#[derive(Debug, Clone)]
pub(super) struct DraftTunnel {
    pub(super) kind: At<LinkKind>,
    pub(super) options: Options,
}

/// The addresses that tunnels of the lab may go between, by node: of cables and interfaces first, of loopback last.
pub(super) fn underlay(draft: &DraftLab) -> HashMap<NodeName, Vec<Prefix>> {
    let mut found: HashMap<NodeName, Vec<Prefix>> = HashMap::new();
    if draft.links.iter().all(|link| link.tunnel.is_none()) {
        return found;
    }
    let cables = draft.segments.iter().flat_map(|segment| &segment.members);
    let cables = cables.chain(draft.links.iter().flat_map(|link| [&link.a, &link.b]).flatten());
    let all = cables.chain(draft.devices.iter().map(|device| &device.end));
    for end in all.filter(|end| end.stem.is_none()) {
        if let Some(node) = &end.node {
            found.entry(node.value.clone()).or_default().extend(end.addresses.iter().map(|address| address.value));
        }
    }
    for node in &draft.nodes {
        let all = settings_of(draft, node).flat_map(|settings| &settings.addresses);
        let loopback = all.filter(|(ifname, _)| ifname.value.as_str() == "lo").flat_map(|(_, addresses)| addresses);
        found.entry(node.name.value.clone()).or_default().extend(loopback.map(|address| address.value));
    }
    found
}

/// Between which addresses a tunnel goes: of a network that both nodes are in, or else the first of one family.
fn between(a: &[Prefix], b: &[Prefix]) -> Option<(IpAddr, IpAddr)> {
    let pairs = || a.iter().flat_map(|one| b.iter().map(move |other| (*one, *other)));
    let shared = pairs().find(|(one, other)| Sharing::of(*one, *other) == Sharing::Both);
    let any = || pairs().find(|(one, other)| one.is_ipv6() == other.is_ipv6());
    shared.or_else(any).map(|(one, other)| (one.address(), other.address()))
}

/// The two interfaces of a tunnel.
pub(super) fn devices(
    lab: &LabName,
    tunnel: &DraftTunnel,
    (a, b): (End, End),
    underlay: &HashMap<NodeName, Vec<Prefix>>,
    others: &[Device],
    problems: &mut Problems<'_>,
) -> Vec<Device> {
    let of = |end: &End| underlay.get(&end.node).map(Vec::as_slice).unwrap_or_default();
    let Some((near, far)) = between(of(&a), of(&b)) else {
        let message = format!(
            "nothing that this tunnel can go over: \"{}\" and \"{}\" have no addresses of one family",
            a.node, b.node
        );
        let help = "give both an address on another link, a segment or `lo`";
        problems.add(tunnel.kind.span.clone(), message, help);
        return Vec::new();
    };
    if tunnel.kind.value == LinkKind::Wireguard {
        return wireguards(lab, tunnel, [(a, near), (b, far)], others);
    }
    // IP, UDP, VXLAN and Ethernet around each packet (RFC 7348, 5).
    let mtu = if near.is_ipv6() { 1430 } else { 1450 };
    let device = |end: &End, other: &End, local, remote| {
        let mut options = tunnel.options.clone();
        options.insert("local".into(), OptionValue::Address(local));
        options.insert("remote".into(), OptionValue::Address(remote));
        Device {
            node: end.node.clone(),
            ifname: end.ifname.clone(),
            kind: tunnel.kind.value,
            options,
            link: None,
            ports: Vec::new(),
            vlans: Vec::new(),
            wireguard: None,
            addresses: end.addresses.clone(),
            mac: Some(end.mac),
            mtu: end.mtu.or(Some(mtu)),
            peer: Some((other.node.clone(), other.ifname.clone())),
        }
    };
    vec![device(&a, &b, near, far), device(&b, &a, far, near)]
}

/// The two interfaces of a WireGuard tunnel: each knows the other, and sends it all that is routed there. Where the file
/// says no port, a node's tunnels have the usual one and those behind it.
fn wireguards(lab: &LabName, tunnel: &DraftTunnel, ends: [(End, IpAddr); 2], others: &[Device]) -> Vec<Device> {
    let port = |end: &End| match tunnel.options.get("port") {
        Some(OptionValue::Number(port)) => u16::try_from(*port).unwrap_or(WIREGUARD_PORT),
        _ => {
            let of_node = |device: &&Device| device.node == end.node;
            let taken = |port| {
                let has = |device: &Device| device.wireguard.as_ref().is_some_and(|it| it.listen_port == Some(port));
                others.iter().filter(of_node).any(has)
            };
            (WIREGUARD_PORT..).find(|port| !taken(*port)).unwrap_or(WIREGUARD_PORT)
        }
    };
    let key = |end: &End| derived([lab.as_str(), end.node.as_str(), end.ifname.as_str()]);
    let [(a, near), (b, far)] = ends;
    let device = |end: &End, other: &End, at: IpAddr| {
        let peer = Peer {
            key: PeerKey::Private(key(other)),
            endpoint: Some((at, port(other))),
            allowed_ips: vec![Prefix::all(false), Prefix::all(true)],
            preshared_key: None,
            keepalive: None,
        };
        let wireguard = Wireguard { private_key: key(end), listen_port: Some(port(end)), peers: vec![peer] };
        Device {
            node: end.node.clone(),
            ifname: end.ifname.clone(),
            kind: LinkKind::Wireguard,
            options: Options::new(),
            link: None,
            ports: Vec::new(),
            vlans: Vec::new(),
            wireguard: Some(wireguard),
            addresses: end.addresses.clone(),
            mac: None,
            mtu: end.mtu,
            peer: Some((other.node.clone(), other.ifname.clone())),
        }
    };
    vec![device(&a, &b, far), device(&b, &a, near)]
}
