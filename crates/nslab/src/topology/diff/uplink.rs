//! A lab's way out: what is on record, and whether it is there, against what is to be. It is made and taken away
//! whole; where its cable is there, what is missing beside that is put back part by part.

use std::fmt;
use std::net::IpAddr;

use super::{Change, Known};
use crate::topology::plan::Plan;
use crate::topology::plan::uplink::UplinkPlan;
use crate::types::{NodeName, Prefix};

/// A part of a lab's way out that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UplinkPart {
    /// The node; none for the machine.
    pub node: Option<NodeName>,
    /// The interface that it is about.
    pub ifname: String,
    /// What.
    pub part: Part,
}

/// What a way out is beside its cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The end of the cable is up.
    Up,
    /// An address of that end.
    Address(Prefix),
    /// A route by it.
    Route {
        /// Where to.
        to: Prefix,
        /// By whom.
        via: IpAddr,
    },
    /// A setting of the machine's end.
    Sysctl {
        /// Its path below /proc/sys.
        path: String,
        /// Whether it is on.
        on: bool,
    },
    /// An interface that the machine's default route leaves by passes packets on.
    Forward {
        /// The setting, below /proc/sys.
        path: String,
        /// The index of the interface.
        index: u32,
        /// Whether it is about IPv6.
        ipv6: bool,
    },
    /// The table of the packet filter, of the family `inet`, with its rules.
    Table(String),
}

impl UplinkPart {
    /// What is and what is to be, in words.
    #[must_use]
    pub fn words(&self) -> (Option<String>, String) {
        match &self.part {
            Part::Up => (Some("down".into()), "up".into()),
            Part::Address(address) => (None, format!("address {address}")),
            Part::Route { to, via } => (None, format!("route {} via {via}", destination(*to))),
            Part::Sysctl { path, on } => {
                let value = |on| format!("sysctl {path}={}", u8::from(on));
                (Some(value(!on)), value(*on))
            }
            Part::Forward { path, .. } => (Some(format!("sysctl {path}=0")), format!("sysctl {path}=1")),
            Part::Table(name) => (None, format!("nftables table inet {name} with masquerade")),
        }
    }
}

/// In the words of a plan: where, and what.
impl fmt::Display for UplinkPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{node}:")?,
            None => f.write_str("(machine):")?,
        }
        write!(f, "{}: {}", self.ifname, self.words().1)
    }
}

fn destination(to: Prefix) -> String {
    if to.len() == 0 { "default".into() } else { to.to_string() }
}

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
pub(crate) fn added(plan: &Plan) -> Option<Change> {
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
