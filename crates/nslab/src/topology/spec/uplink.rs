//! The key `uplink`: a way out through the machine.

use std::collections::HashSet;

use super::complete::ends;
use super::draft::{At, DraftLab, DraftUplink, link_ifname, word};
use super::keys::{Table, key, nearest};
use super::model::{Node, Routing, Uplink};
use super::node::switch;
use super::problems::Problems;
use super::schema::Schema;
use super::segment::{PREFIX, prefix};
use super::tree::Tree;
use crate::types::{AddressKind, LabName, MacAddr, NodeName, Prefix, quote};

static UPLINK: Table<DraftUplink> = Table {
    place: "an uplink",
    keys: &[
        key("node", node, &Schema::Text, "the node that has the way out"),
        key("nat", nat, &Schema::Switch, "whether packets leave with the machine's address"),
        key(
            "prefix",
            |tree, uplink, problems| prefix(tree, &mut uplink.prefixes, problems),
            PREFIX,
            "the network between the node and the machine, or a list of networks",
        ),
        key("ifname", ifname, &Schema::Text, "the name of the node's interface"),
    ],
    later: &[],
};

/// What `uplink` looks like.
pub(super) const UPLINKS: &Schema = &Schema::Keys("uplink", &UPLINK, &[&["node"]]);

const EXAMPLE: &str = "write it as `uplink: { node: isp }`";

pub(super) fn uplink(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let mut uplink = DraftUplink::default();
    let before = problems.count();
    UPLINK.read(tree, &mut uplink, problems);
    if uplink.node.is_none() && problems.count() == before {
        problems.add(tree.span.clone(), "an uplink without a node", EXAMPLE);
    }
    lab.uplink = Some(uplink);
}

fn node(tree: &Tree<'_>, uplink: &mut DraftUplink, problems: &mut Problems<'_>) {
    uplink.node = tree.text("`node`", problems).and_then(|text| word(text, &tree.span, problems));
}

fn ifname(tree: &Tree<'_>, uplink: &mut DraftUplink, problems: &mut Problems<'_>) {
    uplink.ifname = tree.text("`ifname`", problems).and_then(|text| link_ifname(text, &tree.span, problems));
}

fn nat(tree: &Tree<'_>, uplink: &mut DraftUplink, problems: &mut Problems<'_>) {
    let help = "it is `true` (packets leave with the machine's address) or `false` (with their own)";
    uplink.nat = switch("`nat`", tree, help, problems);
}

/// Checks the uplink, and makes the model of it. With `routing: auto` its node forwards unless it says that it does not.
pub(super) fn made(
    name: Option<&LabName>,
    draft: &DraftLab,
    nodes: &mut [Node],
    problems: &mut Problems<'_>,
) -> Option<Uplink> {
    let uplink = draft.uplink.as_ref()?;
    check_prefixes(uplink, draft, problems);
    let node = uplink.node.as_ref()?;
    let Some(there) = nodes.iter_mut().find(|there| there.name == node.value) else {
        unknown_node(node, draft, nodes, problems);
        return None;
    };
    let says = draft.nodes.iter().filter(|own| own.name.value == node.value);
    let says_forward = says.flat_map(|own| super::complete::settings_of(draft, own)).any(|own| own.forward.is_some());
    if draft.routing == Routing::Auto && !says_forward {
        there.forward = true;
    }
    let ifname = match &uplink.ifname {
        Some(ifname) => ifname.clone(),
        None => At { value: "uplink".parse().ok()?, span: node.span.clone() },
    };
    let mut of_node = ends(draft).into_iter().filter(|end| end.node.as_ref().is_some_and(|at| at.value == node.value));
    if of_node.any(|end| end.ifname.as_ref().is_some_and(|taken| taken.value == ifname.value)) {
        let message = format!("interface \"{}:{}\" is there already, by a link or segment", node.value, ifname.value);
        problems.add(ifname.span.clone(), message, "name the uplink's own with `ifname`");
    }
    let mac = MacAddr::derived(&[name?.as_str(), node.value.as_str(), ifname.value.as_str()]);
    let prefixes = uplink.prefixes.iter().map(|prefix| prefix.value).collect();
    Some(Uplink { node: node.value.clone(), ifname: ifname.value, nat: uplink.nat.unwrap_or(true), prefixes, mac })
}

fn unknown_node(node: &At<NodeName>, draft: &DraftLab, nodes: &[Node], problems: &mut Problems<'_>) {
    let name = node.value.as_str();
    let message = format!("the lab has no node {}", quote(name));
    let help = if draft.segments.iter().any(|segment| segment.name.value == node.value) {
        "it is a segment: an uplink is one node's".into()
    } else {
        match nearest(name, nodes.iter().map(|node| node.name.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "an uplink is one of the lab's nodes'".to_owned(),
        }
    };
    problems.add(node.span.clone(), message, help);
}

/// One prefix a family, with room for two, and none of the lab's own networks.
fn check_prefixes(uplink: &DraftUplink, draft: &DraftLab, problems: &mut Problems<'_>) {
    let mut families = HashSet::new();
    let on_ends = ends(draft).into_iter().flat_map(|end| &end.addresses);
    let networks: Vec<Prefix> =
        on_ends.map(|address| address.value.network()).collect::<HashSet<_>>().into_iter().collect();
    for At { value, span } in &uplink.prefixes {
        if !families.insert(value.is_ipv6()) {
            let message = format!("prefix \"{value}\" is the uplink's second of its family");
            problems.add(span.clone(), message, "one of IPv4 and one of IPv6 are allowed");
        }
        if value.len() == value.max_len() {
            let message = format!("\"{value}\" has no room for the two ends of an uplink");
            problems.add(span.clone(), message, "it takes a /30 of IPv4, a /126 of IPv6, or more");
        }
        if !AddressKind::of(value.address()).is_for_an_interface() {
            let message = format!("prefix \"{value}\" is not for interfaces");
            problems.add(span.clone(), message, "take one for hosts, as 192.0.2.0/30 or 2001:db8::/64");
        }
        let overlap = |other: &&Prefix| value.contains(other.address()) || other.contains(value.address());
        if let Some(other) = networks.iter().filter(overlap).min() {
            let message = format!("prefix \"{value}\" overlaps {other}, a network of the lab's own");
            problems.add(span.clone(), message, "take another, or none to have one chosen");
        }
    }
}
