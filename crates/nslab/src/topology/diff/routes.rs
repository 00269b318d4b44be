//! Routes that are there against routes that are to be.

use std::collections::HashMap;

use super::Change;
use crate::topology::observe::seen;
use crate::topology::spec::{Hop, Route, RouteKind};
use crate::types::{NodeName, Prefix};
use crate::wire::consts::{RT_TABLE_MAIN, RTPROT_BOOT, RTPROT_STATIC};

/// What tells routes apart for the kernel: of one key there is one, unless somebody appends.
type Key = (Prefix, u32, u32);

fn key(route: &Route) -> Key {
    let default = if route.to.is_ipv6() { 1024 } else { 0 };
    let metric = route.metric.filter(|metric| *metric != 0).unwrap_or(default);
    (route.to.network(), route.table.unwrap_or(RT_TABLE_MAIN), metric)
}

/// Whether a route that is there is the one that is to be.
pub(super) fn same(wanted: &Route, found: &seen::Route) -> bool {
    let way = &found.way;
    key(wanted) == key(way)
        && !found.special
        && wanted.kind == way.kind
        && wanted.src == way.src
        && wanted.mtu == way.mtu
        && (wanted.onlink == way.onlink || wanted.kind != RouteKind::Unicast)
        && same_hops(&wanted.hops, &way.hops)
}

/// In any order; a way without an interface is that by whichever the kernel found.
fn same_hops(wanted: &[Hop], found: &[Hop]) -> bool {
    let mut left: Vec<&Hop> = found.iter().collect();
    let mut take = |hop: &Hop| {
        let fits = |found: &&Hop| {
            hop.via == found.via
                && (hop.dev.is_none() || hop.dev == found.dev)
                && hop.weight.unwrap_or(1) == found.weight.unwrap_or(1)
        };
        left.iter().position(fits).map(|at| left.swap_remove(at)).is_some()
    };
    wanted.iter().all(&mut take) && left.is_empty()
}

/// Whether a route is the file's business: one that was made by hand or by nslab. Those of routing programs
/// and of the kernel are not.
pub(super) fn is_judged(route: &seen::Route) -> bool {
    matches!(route.protocol, RTPROT_BOOT | RTPROT_STATIC)
}

/// The changes of one node. `wanted` are those that can be; `found` those that are and are judged.
pub(super) fn compare<'a>(
    node: &NodeName,
    wanted: impl Iterator<Item = &'a Route>,
    found: impl Iterator<Item = &'a seen::Route>,
    changes: &mut Vec<Change>,
) {
    let mut of_key: HashMap<Key, Vec<&seen::Route>> = HashMap::new();
    for route in found {
        of_key.entry(key(&route.way)).or_default().push(route);
    }
    let mut missing: Vec<&Route> = Vec::new();
    for route in wanted {
        let there = of_key.get_mut(&key(route));
        let at = there.as_ref().and_then(|there| there.iter().position(|found| same(route, found)));
        match (there, at) {
            (Some(there), Some(at)) => {
                there.remove(at);
            }
            _ => missing.push(route),
        }
    }
    for route in missing {
        // The kernel replaces the first of a key, so that must be the only one.
        let only = of_key.get_mut(&key(route)).filter(|there| there.len() == 1).and_then(Vec::pop);
        let (node, to) = (node.clone(), Box::new(route.clone()));
        match only {
            Some(from) if !from.special => {
                changes.push(Change::ReplaceRoute { node, from: Box::new(from.clone()), to });
            }
            special => {
                let remove =
                    |from: &seen::Route| Change::RemoveRoute { node: node.clone(), route: Box::new(from.clone()) };
                changes.extend(special.map(remove));
                changes.push(Change::AddRoute { node, route: to });
            }
        }
    }
    let mut extra: Vec<&seen::Route> = of_key.into_values().flatten().collect();
    extra.sort_by(|a, b| a.body.cmp(&b.body));
    for route in extra {
        changes.push(Change::RemoveRoute { node: node.clone(), route: Box::new(route.clone()) });
    }
}
