//! Whether routes and settings can be made: their interfaces are there, the gateways on a link.

use std::collections::HashMap;
use std::ops::Range;

use super::complete::{ends, settings_of};
use super::draft::{At, DraftEnd, DraftLab, DraftNode};
use super::keys::suggest;
use super::model::{Hop, Route, interface_of};
use super::problems::Problems;
use crate::types::{NodeName, Prefix, quote};

/// Checks the routes and settings of every node; those of a profile for each node that uses it.
pub(super) fn check(draft: &DraftLab, problems: &mut Problems<'_>) {
    let mut of_node: HashMap<&NodeName, Vec<&DraftEnd>> = HashMap::new();
    for end in ends(draft) {
        if let Some(node) = &end.node {
            of_node.entry(&node.value).or_default().push(end);
        }
    }
    for node in &draft.nodes {
        let ends = of_node.get(&node.name.value).map(Vec::as_slice).unwrap_or_default();
        for (path, _) in settings_of(draft, node).flat_map(|settings| &settings.sysctl) {
            if let Some(name) = interface_of(&path.value)
                && !has(ends, name)
            {
                missing(node, ends, name, &path.span, problems);
            }
        }
        for route in settings_of(draft, node).flat_map(|settings| &settings.routes) {
            for hop in &route.value.hops {
                check_hop(node, ends, route, hop, problems);
            }
        }
    }
}

fn has(ends: &[&DraftEnd], name: &str) -> bool {
    ends.iter().filter_map(|end| end.ifname.as_ref()).any(|ifname| ifname.value.as_str() == name)
}

fn missing(node: &DraftNode, ends: &[&DraftEnd], name: &str, span: &Range<usize>, problems: &mut Problems<'_>) {
    let there: Vec<&str> = ends.iter().filter_map(|end| Some(end.ifname.as_ref()?.value.as_str())).collect();
    let help = if there.is_empty() { "it has no interfaces".into() } else { format!("it has {}", there.join(", ")) };
    let help = suggest(name, there.into_iter(), help, problems);
    problems.add(span.clone(), format!("node \"{}\" has no interface {}", node.name.value, quote(name)), help);
}

fn check_hop(node: &DraftNode, ends: &[&DraftEnd], route: &At<Route>, hop: &Hop, problems: &mut Problems<'_>) {
    let name = &node.name.value;
    let is_named = |end: &&&DraftEnd| match (&hop.dev, &end.ifname) {
        (Some(dev), Some(ifname)) => ifname.value == *dev,
        (dev, _) => dev.is_none(),
    };
    if let Some(dev) = hop.dev.as_ref().filter(|dev| dev.as_str() != "lo" && !has(ends, dev.as_str())) {
        return missing(node, ends, dev.as_str(), &route.span, problems);
    }
    let Some(via) = hop.via else { return };
    let networks: Vec<Prefix> =
        ends.iter().filter(is_named).flat_map(|end| &end.addresses).map(|address| address.value.network()).collect();
    let link_local = matches!(via, std::net::IpAddr::V6(via) if via.is_unicast_link_local());
    if route.value.onlink || link_local || networks.iter().any(|network| network.contains(via)) {
        return;
    }
    let message = format!("gateway {via} is on no link of node \"{name}\"");
    let family: Vec<String> =
        networks.iter().filter(|network| network.is_ipv6() == via.is_ipv6()).map(ToString::to_string).collect();
    let help = match family.as_slice() {
        [] => "the node has no address of that family".into(),
        _ => format!("a gateway is in one of the node's networks: {}", family.join(", ")),
    };
    problems.add(route.span.clone(), message, help);
}
