//! A network that was found, as a lab file: one whose `up` elsewhere gives the same network.
//!
//! Pure. What a lab file cannot say is said in comments: what was left out, and why. The text is read as any lab file
//! is before it is handed out; a line that is refused for what it says (an address that no host may have) becomes a
//! comment with the reason.

mod device;
mod doc;
mod names;
mod node;
mod wires;

use std::collections::{BTreeMap, HashMap, HashSet};

use self::doc::Doc;
use self::names::Names;
use crate::error::Result;
use crate::topology::observe::network::{End, Network, Role, Wire, WireKind};
use crate::types::LabName;

/// How a network is written.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The lab's name.
    pub name: LabName,
    /// Whether hardware addresses are written where they are others than names give.
    pub macs: bool,
    /// What a node that was just made has: settings by their path below /proc/sys.
    pub fresh: BTreeMap<String, String>,
    /// A node's way out through the machine, in the words of the file.
    pub uplink: Option<String>,
    /// What else is to be said at the top.
    pub remarks: Vec<String>,
}

/// What has been found out about a network before it is written.
struct Plan<'n> {
    network: &'n Network,
    wish: &'n Wish,
    names: Names,
    /// The nodes that become segments, and those on them: port, member.
    segments: BTreeMap<usize, Vec<(End, End)>>,
    /// Cables that stand for themselves.
    cables: Vec<Wire>,
    /// Ends of cables and members.
    wired: HashSet<End>,
}

/// Writes a network.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where there is no node at all, or a text comes out that is refused
/// for more than single lines.
pub fn text(network: &Network, wish: &Wish) -> Result<String> {
    let mut doc = Doc::new(wish.name.as_str());
    let plan = Plan::new(network, wish, &mut doc);
    for note in &network.notes {
        doc.missing(note.clone());
    }
    for remark in &wish.remarks {
        doc.missing(remark.clone());
    }
    plan.nodes(&mut doc);
    plan.write_segments(&mut doc);
    plan.write_links(&mut doc);
    if let Some(uplink) = &wish.uplink {
        doc.line(0, format!("uplink: {uplink}"));
    }
    doc.finish()
}

impl<'n> Plan<'n> {
    fn new(network: &'n Network, wish: &'n Wish, doc: &mut Doc) -> Self {
        let names = Names::of(network, doc);
        let wires = network.wires();
        let cables: Vec<Wire> = wires.into_iter().filter(|wire| wire.kind == WireKind::Cable).collect();
        let mut of_node: HashMap<usize, Vec<&Wire>> = HashMap::new();
        for wire in &cables {
            for end in wire.ends {
                of_node.entry(end.node).or_default().push(wire);
            }
        }
        let mut plan =
            Self { network, wish, names, segments: BTreeMap::new(), cables: Vec::new(), wired: HashSet::new() };
        for (place, node) in network.nodes.iter().enumerate() {
            let of_node = of_node.get(&place).map(Vec::as_slice).unwrap_or_default();
            if node.role == Role::Switch
                && let Some(members) = plan.members(place, of_node)
            {
                plan.segments.insert(place, members);
            }
        }
        let in_segment = |wire: &Wire| wire.ends.iter().any(|end| plan.segments.contains_key(&end.node));
        let own = cables.iter().filter(|wire| !in_segment(wire)).cloned().collect();
        plan.cables = own;
        plan.wired = cables.iter().flat_map(|wire| wire.ends).collect();
        plan
    }
}

#[cfg(test)]
mod tests;
