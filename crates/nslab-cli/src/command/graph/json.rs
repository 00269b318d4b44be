//! A network as JSON.

use nslab::picture::text::shown;
use nslab::topology::kinds::{LinkKind, decode};
use nslab::topology::observe::network::{Network, Node, Role, WireKind, as_said, is_given};
use nslab::topology::observe::seen::Link;
use nslab::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Whole {
    name: String,
    nodes: Vec<OneNode>,
    wires: Vec<OneWire>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct OneNode {
    name: String,
    role: &'static str,
    about: Vec<String>,
    forward_ipv4: Option<bool>,
    forward_ipv6: Option<bool>,
    interfaces: Vec<Interface>,
    routes: Vec<String>,
}

#[derive(Serialize)]
struct Interface {
    name: String,
    index: u32,
    kind: Option<String>,
    state: &'static str,
    mac: Option<String>,
    mtu: u32,
    master: Option<String>,
    /// As `node:ifname`.
    peer: Option<String>,
    addresses: Vec<String>,
    impair: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct OneWire {
    kind: &'static str,
    ends: [String; 2],
    networks: Vec<String>,
}

/// The text. What is no character of a line stands as `\u…`.
pub(super) fn text(network: &Network) -> Result<String> {
    let nodes = network.nodes.iter().map(|node| one_node(network, node)).collect();
    let wire = |wire: &nslab::topology::observe::network::Wire| {
        let links = wire.ends.into_iter().filter_map(|end| network.link(end));
        let prefixes = links.flat_map(|link| &link.addresses).map(|address| address.prefix);
        let mut networks: Vec<_> = prefixes.filter(|it| !is_given(it)).map(|it| it.network()).collect();
        networks.sort_unstable();
        networks.dedup();
        OneWire {
            kind: match wire.kind {
                WireKind::Cable => "cable",
                WireKind::Tunnel => "tunnel",
                WireKind::Stacked => "stacked",
            },
            ends: wire.ends.map(|end| network.name_of(end)),
            networks: networks.iter().map(ToString::to_string).collect(),
        }
    };
    let wires = network.wires().iter().map(wire).collect();
    let whole = Whole { name: network.name.clone(), nodes, wires, notes: network.notes.clone() };
    let text =
        serde_json::to_string_pretty(&whole).map_err(|error| Error::invalid(format!("writing JSON: {error}")))?;
    Ok(ascii(&text) + "\n")
}

/// Characters that a terminal would act on as JSON writes them in ASCII.
fn ascii(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let one = character.to_string();
        if character == '\n' || shown(&one) == one {
            safe.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    safe
}

fn one_node(network: &Network, node: &Node) -> OneNode {
    let interfaces = node.seen.links.iter().map(|link| interface(network, node, link)).collect();
    OneNode {
        name: node.name.clone(),
        role: match node.role {
            Role::Node => "node",
            Role::Switch => "switch",
            Role::Machine => "machine",
        },
        about: node.about.clone(),
        forward_ipv4: node.seen.forward_v4,
        forward_ipv6: node.seen.forward_v6,
        interfaces,
        routes: node.seen.routes.iter().map(|route| as_said(&route.way).to_string()).collect(),
    }
}

fn interface(network: &Network, node: &Node, link: &Link) -> Interface {
    let name_at = |index: u32| node.seen.link_at(index).map(|other| other.name.clone());
    let peer = link.peer.and_then(|peer| {
        let node = network.node(peer.node?)?;
        Some(format!("{}:{}", node.name, node.seen.link_at(peer.index)?.name))
    });
    let kind = LinkKind::ALL.into_iter().find(|kind| link.is(kind.kernel_name()));
    let options = kind.map(|kind| {
        let all = decode(kind, &link.info, |index| name_at(index)?.parse().ok());
        let word = |(name, value): (String, _)| {
            let value: nslab::topology::kinds::OptionValue = value;
            let shown = value.shown(kind.option(&name)?);
            Some((name, shown))
        };
        all.into_iter().filter_map(word).collect()
    });
    Interface {
        name: link.name.clone(),
        index: link.index,
        kind: link.kind.clone(),
        state: match (link.up, link.carrier) {
            (false, _) => "down",
            (true, false) => "no carrier",
            (true, true) => "up",
        },
        mac: link.mac.map(|mac| mac.to_string()),
        mtu: link.mtu,
        master: link.master.and_then(name_at),
        peer,
        addresses: link.addresses.iter().map(|address| address.prefix.to_string()).collect(),
        impair: link.impair.map(|impair| impair.to_string()),
        options: options.unwrap_or_default(),
    }
}
