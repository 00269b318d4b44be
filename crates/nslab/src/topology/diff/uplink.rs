//! A lab's way out: what is on record, and whether it is there, against what is to be. It is made and taken away
//! whole; what others do with its addresses and routes is not judged.

use super::{Change, Known};
use crate::topology::plan::Plan;
use crate::topology::plan::uplink::UplinkPlan;
use crate::types::NodeName;

/// The changes, where something is on record.
pub(super) fn compare(known: Known<'_>, changes: &mut Vec<Change>) {
    let Some(recorded) = known.recorded else { return };
    let (before, after) = (of(recorded), of(known.plan));
    let same = match (before, after) {
        (Some((node, before)), Some((other, after))) => node == other && described(before) == described(after),
        (None, None) => return,
        _ => false,
    };
    if !same && let Some((node, uplink)) = before {
        let (node, ifname) = (node.clone(), uplink.ifname.clone());
        changes.push(Change::RemoveUplink { node, ifname, what: words(uplink) });
    }
    let Some((node, uplink)) = after else { return };
    let seen = known.seen.iter().find(|(name, _)| name == node).and_then(|(_, seen)| seen.as_ref());
    let link = seen.and_then(|seen| seen.link(uplink.ifname.as_str()));
    if !same || !link.is_some_and(|link| link.is("veth") && link.mac == Some(uplink.mac)) {
        changes.extend(added(known.plan));
    }
}

/// What makes a plan's uplink.
pub(super) fn added(plan: &Plan) -> Option<Change> {
    let (node, uplink) = of(plan)?;
    Some(Change::AddUplink { node: node.clone(), ifname: uplink.ifname.clone(), what: words(uplink) })
}

fn of(plan: &Plan) -> Option<(&NodeName, &UplinkPlan)> {
    let uplink = plan.uplink.as_ref()?;
    Some((&plan.nodes.get(uplink.node)?.name, uplink))
}

/// All that is made; the lab's own networks are only avoided.
fn described(uplink: &UplinkPlan) -> impl PartialEq + '_ {
    (&uplink.ifname, uplink.mac, uplink.nat, &uplink.prefixes, uplink.default_routes, &uplink.behind)
}

fn words(uplink: &UplinkPlan) -> String {
    let prefixes: Vec<String> = uplink.prefixes.iter().map(|prefix| format!(" prefix {prefix}")).collect();
    format!("uplink{}{}", if uplink.nat { " nat" } else { "" }, prefixes.concat())
}
