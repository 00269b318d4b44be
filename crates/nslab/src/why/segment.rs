//! Who hears a frame that leaves a link: through cables, bridges and what stands on them.
//!
//! The search goes also where a frame cannot go today, and keeps what is in its way: so it finds those who ought to
//! hear it, and the first obstacle on the easiest way to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::evidence::{Evidence, Place, Space, Wish};
use crate::topology::observe::seen::Link;

/// A link, by its namespace and index.
pub(super) type Port = (Place, u32);

/// A port forwards (`BR_STATE_FORWARDING`, linux/if_bridge.h).
const FORWARDING: u8 = 3;

/// Some VLAN: behind an obstacle nobody knows which.
const ANY: u16 = u16::MAX;

/// The mode of macvlans that hear each other (`MACVLAN_MODE_BRIDGE`, linux/if_link.h).
const MACVLAN_BRIDGE: u32 = 4;

/// Where a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    /// It leaves by a link, with a tag (0: none).
    Out(Port, u16),
    /// It arrives at a link.
    In(Port, u16),
    /// It is in a bridge, in a VLAN, having come in by the port with an index.
    Bridge(Port, u16, u32),
}

/// What is in a frame's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The link is down.
    Down(Port),
    /// All that leaves the link is lost.
    Lost(Port),
    /// The link is no port of the bridge with this index.
    NotInBridge(Port, u32),
    /// The port does not forward; its state.
    State(Port, u8),
    /// The port is not in the VLAN (0: in none for frames without a tag).
    Vlan(Port, u16),
    /// Both ports are kept apart from others like them.
    Isolated(Port),
    /// The link belongs to another namespace.
    Displaced(Port, Place),
}

/// A link where the frame arrives, and how.
#[derive(Debug, Clone)]
pub(super) struct End {
    /// The link.
    pub(super) port: Port,
    /// The links on the way, each with whether it was left by (else arrived at).
    pub(super) links: Vec<(Port, bool)>,
    /// What is in the way, first things first.
    pub(super) obstacles: Vec<Obstacle>,
    /// The tunnels on the way, by their near ends.
    pub(super) tunnels: Vec<Port>,
}

/// All who hear it.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// They.
    pub(super) ends: Vec<End>,
    /// Links behind which nobody sees what happens.
    pub(super) beyond: Vec<Port>,
}

/// Each place where the frame can be: behind how many obstacles, and where it was before, with what was in its way.
type Found = BTreeMap<At, (usize, Option<(At, Option<Obstacle>)>)>;

/// Finds them. The error is the namespaces that have to be read first.
pub(super) fn search(evidence: &Evidence, from: Port) -> Result<Segment, Vec<Place>> {
    let mut search = Search { evidence, unread: BTreeSet::new(), beyond: Vec::new() };
    let start = At::Out(from, 0);
    let mut found: Found = BTreeMap::from([(start, (0, None))]);
    let mut queue = VecDeque::from([(0, start)]);
    while let Some((cost, at)) = queue.pop_front() {
        if found.get(&at).is_some_and(|(best, _)| *best < cost) {
            continue;
        }
        for (next, obstacle) in search.steps(at) {
            let obstacle = obstacle.or_else(|| arrives_at_what_is_down(evidence, next));
            let total = cost + usize::from(obstacle.is_some());
            if found.get(&next).is_some_and(|(best, _)| *best <= total) {
                continue;
            }
            found.insert(next, (total, Some((at, obstacle))));
            if obstacle.is_some() { queue.push_back((total, next)) } else { queue.push_front((total, next)) }
        }
    }
    if !search.unread.is_empty() {
        return Err(search.unread.into_iter().collect());
    }
    let mut segment = Segment { ends: Vec::new(), beyond: search.beyond };
    for at in found.keys() {
        let At::In(port, 0) = *at else { continue };
        if port == from || evidence.space_of(port).is_none_or(|(space, link)| !is_end(space, link)) {
            continue;
        }
        segment.ends.push(way_to(&found, *at, port));
    }
    segment.ends.sort_by_key(|end| end.obstacles.len());
    segment.beyond.sort_unstable();
    segment.beyond.dedup();
    Ok(segment)
}

fn arrives_at_what_is_down(evidence: &Evidence, at: At) -> Option<Obstacle> {
    let At::In(port, _) = at else { return None };
    let (_, link) = evidence.space_of(port)?;
    if let Some((home, _)) = evidence.stray(port) {
        return Some(Obstacle::Displaced(port, home));
    }
    (!link.up).then_some(Obstacle::Down(port))
}

/// Whether what arrives at a link is for its namespace, and not for what it is a port of.
fn is_end(space: &Space, link: &Link) -> bool {
    link.master.and_then(|master| space.node.link_at(master)).is_none_or(|master| master.is("vrf"))
}

fn way_to(found: &Found, end: At, port: Port) -> End {
    let mut way = End { port, links: Vec::new(), obstacles: Vec::new(), tunnels: Vec::new() };
    let mut at = Some(end);
    while let Some(here) = at {
        let before = found.get(&here).and_then(|(_, before)| *before);
        match (here, before) {
            (At::Out(link, _), _) => way.links.push((link, true)),
            (At::In(link, _), _) => way.links.push((link, false)),
            (At::Bridge(..), _) => {}
        }
        if let (At::In(near, _), Some((At::Out(far, _), _))) = (here, before)
            && near.0 != far.0
        {
            way.tunnels.push(far);
        }
        way.obstacles.extend(before.and_then(|(_, obstacle)| obstacle));
        at = before.map(|(before, _)| before);
    }
    way.links.reverse();
    way.obstacles.reverse();
    way
}

struct Search<'e> {
    evidence: &'e Evidence,
    unread: BTreeSet<Place>,
    beyond: Vec<Port>,
}

type Steps = Vec<(At, Option<Obstacle>)>;

impl Search<'_> {
    fn steps(&mut self, at: At) -> Steps {
        let place = match at {
            At::Out(port, _) | At::In(port, _) | At::Bridge(port, ..) => port.0,
        };
        let Some(space) = self.evidence.spaces.get(&place) else {
            self.unread.insert(place);
            return Vec::new();
        };
        match at {
            At::Out(port, tag) => self.out(space, port, tag),
            At::In(port, tag) => self.arrive(space, port, tag),
            At::Bridge(bridge, vid, from) => {
                let mut steps = forward(self.evidence, space, bridge, vid, from);
                steps.extend(self.stray_ports(space, bridge));
                steps
            }
        }
    }

    fn out(&mut self, space: &Space, port: Port, tag: u16) -> Steps {
        let Some(link) = space.node.link_at(port.1) else { return Vec::new() };
        let more = space.more(port.1);
        let obstacle = match () {
            () if !link.up => Some(Obstacle::Down(port)),
            () if more.loses_all => Some(Obstacle::Lost(port)),
            () => None,
        };
        let place = port.0;
        let lower = link.peer.map(|peer| (peer.node.unwrap_or(place), peer.index));
        match link.kind.as_deref() {
            Some("bridge") => bridge_in(space, port, port.1, tag, obstacle),
            Some("vlan") => match (lower, more.vlan_id) {
                (Some(lower), Some(id)) if tag == 0 => vec![(At::Out(lower, id), obstacle)],
                _ => Vec::new(),
            },
            Some("macvlan" | "macvtap" | "ipvlan" | "ipvtap") => {
                let Some(lower) = lower else { return Vec::new() };
                let mut steps = vec![(At::Out(lower, tag), obstacle)];
                let mode = more.macvlan.unwrap_or(MACVLAN_BRIDGE);
                if mode == MACVLAN_BRIDGE {
                    let others = self.on_top(lower, |other, _| {
                        other.is("macvlan") || other.is("macvtap") || other.is("ipvlan") || other.is("ipvtap")
                    });
                    steps.extend(
                        others.into_iter().filter(|other| *other != port).map(|other| (At::In(other, tag), obstacle)),
                    );
                }
                steps
            }
            Some("bond" | "team") => {
                let ports = space.node.links.iter().filter(|other| other.master == Some(port.1));
                ports.map(|other| (At::Out((place, other.index), tag), obstacle)).collect()
            }
            Some("vxlan") => {
                let Some(tunnel) = more.vxlan else { return Vec::new() };
                let mut steps = Vec::new();
                // The other end may be anywhere; in a lab it is in the lab.
                let lab = self.evidence.intended.get(&place).map(|intended| intended.lab.as_str());
                let of_lab = |other: &Place| {
                    lab.is_none()
                        || self.evidence.intended.get(other).is_some_and(|there| Some(there.lab.as_str()) == lab)
                };
                let unread = (0..self.evidence.names.len())
                    .filter(of_lab)
                    .filter(|other| !self.evidence.spaces.contains_key(other));
                self.unread.extend(unread);
                for (far, other) in &self.evidence.spaces {
                    for there in &other.node.links {
                        let Some(theirs) = other.more(there.index).vxlan else { continue };
                        let towards = match tunnel.remote {
                            Some(remote) if remote.is_multicast() => theirs.remote == Some(remote),
                            Some(remote) => other.addresses().any(|(_, own)| own.prefix.address() == remote),
                            None => true,
                        };
                        if theirs.id == tunnel.id && (*far, there.index) != port && towards {
                            steps.push((At::In((*far, there.index), tag), obstacle));
                        }
                    }
                }
                if steps.is_empty() {
                    self.beyond.push(port);
                }
                steps
            }
            Some("veth" | "netkit") => match link.peer {
                Some(peer) => match peer.node {
                    Some(place) => vec![(At::In((place, peer.index), tag), obstacle)],
                    None => {
                        self.beyond.push(port);
                        Vec::new()
                    }
                },
                None => Vec::new(),
            },
            Some("dummy") => Vec::new(),
            _ => {
                self.beyond.push(port);
                Vec::new()
            }
        }
    }

    /// Ports that a lab's bridge ought to have, and that are in another namespace.
    fn stray_ports(&mut self, space: &Space, bridge: Port) -> Steps {
        let Some(intended) = self.evidence.intended.get(&bridge.0) else { return Vec::new() };
        let name = space.link_name(bridge.1);
        let mut steps = Vec::new();
        for wish in &intended.links {
            let missing = wish.master.as_deref() == Some(name) && space.node.link(&wish.name).is_none();
            let Some(mac) = wish.mac.filter(|_| missing) else { continue };
            let mut all = self.evidence.spaces.iter();
            let found = all.find_map(|(place, other)| {
                let link = other.node.links.iter().find(|link| link.mac == Some(mac))?;
                Some((*place, link.index))
            });
            match found {
                Some(port) => steps.push((At::Out(port, 0), Some(Obstacle::Displaced(port, bridge.0)))),
                None => {
                    let all = 0..self.evidence.names.len();
                    self.unread.extend(all.filter(|place| !self.evidence.spaces.contains_key(place)));
                }
            }
        }
        steps
    }

    /// The links that stand on one, wherever they are.
    fn on_top(&self, lower: Port, is_one: impl Fn(&Link, &Space) -> bool) -> Vec<Port> {
        let mut all = Vec::new();
        for (place, space) in &self.evidence.spaces {
            for link in &space.node.links {
                let on = link.peer.map(|peer| (peer.node.unwrap_or(*place), peer.index));
                if on == Some(lower) && is_one(link, space) {
                    all.push((*place, link.index));
                }
            }
        }
        all
    }

    fn arrive(&mut self, space: &Space, port: Port, tag: u16) -> Steps {
        let Some(link) = space.node.link_at(port.1) else { return Vec::new() };
        let mut steps = Vec::new();
        if tag != 0 {
            let vlans = self.on_top(port, |other, space| space.more(other.index).vlan_id == Some(tag));
            if !vlans.is_empty() {
                return vlans.into_iter().map(|vlan| (At::In(vlan, 0), None)).collect();
            }
        } else {
            let others = self.on_top(port, |other, _| {
                matches!(other.kind.as_deref(), Some("macvlan" | "macvtap" | "ipvlan" | "ipvtap"))
            });
            steps.extend(others.into_iter().map(|other| (At::In(other, tag), None)));
        }
        if let Some((home, wish)) = self.evidence.stray(port) {
            // What it would be at home: an end, or a port.
            let master = wish.master.as_deref();
            match (self.evidence.spaces.get(&home), master) {
                (None, _) => {
                    self.unread.insert(home);
                }
                (Some(there), Some(master)) => {
                    let displaced = Some(Obstacle::Displaced(port, home));
                    let bridge = there.node.link(master).map(|bridge| bridge.index);
                    steps.extend(bridge.map(|bridge| (At::Bridge((home, bridge), 0, 0), displaced)));
                }
                (Some(_), None) => {}
            }
            return steps;
        }
        let master = link.master.and_then(|master| space.node.link_at(master));
        match master {
            Some(bridge) if bridge.is("bridge") => {
                steps.extend(bridge_in(space, (port.0, bridge.index), port.1, tag, None));
                if let Some(right) = should_be_in(self.evidence, space, port).filter(|right| *right != bridge.index) {
                    steps.extend(into_other(space, port, right, tag));
                }
            }
            Some(master) if !master.is("vrf") => steps.push((At::In((port.0, master.index), tag), None)),
            _ => {
                if let Some(right) = should_be_in(self.evidence, space, port) {
                    steps.extend(into_other(space, port, right, tag));
                }
            }
        }
        steps
    }
}

/// Into a bridge that the link is no port of.
fn into_other(space: &Space, port: Port, bridge: u32, tag: u16) -> Steps {
    let steps = bridge_in(space, (port.0, bridge), port.1, tag, None);
    steps.into_iter().map(|(next, _)| (next, Some(Obstacle::NotInBridge(port, bridge)))).collect()
}

/// Into a bridge by a port, which is the bridge itself for what its own namespace sends.
fn bridge_in(space: &Space, bridge: Port, port: u32, tag: u16, before: Option<Obstacle>) -> Steps {
    let more = space.more(port);
    let at = (bridge.0, port);
    let filters = space.more(bridge.1).filters;
    let state = more.state.filter(|state| *state != FORWARDING);
    let is_port = space.node.link_at(port).is_some_and(|link| link.master == Some(bridge.1));
    let running = space.node.link_at(port).is_some_and(|link| link.up && link.carrier);
    let up = space.node.link_at(bridge.1).is_some_and(|link| link.up);
    let mut obstacle = before;
    if obstacle.is_none() && !up {
        obstacle = Some(Obstacle::Down(bridge));
    }
    if obstacle.is_none() && is_port && running {
        obstacle = state.map(|state| Obstacle::State(at, state));
    }
    let vid = if filters && (is_port || port == bridge.1) {
        match vlan_of(&more.vlans, tag) {
            Some(vid) => vid,
            None => {
                obstacle = obstacle.or(Some(Obstacle::Vlan(at, tag)));
                ANY
            }
        }
    } else if filters {
        ANY
    } else {
        tag
    };
    vec![(At::Bridge(bridge, vid, port), obstacle)]
}

/// The VLAN that a frame with a tag belongs to at a port; none where it is not taken.
fn vlan_of(vlans: &[super::evidence::Vlan], tag: u16) -> Option<u16> {
    match tag {
        0 => vlans.iter().find(|vlan| vlan.pvid).map(|vlan| vlan.first),
        tag => vlans.iter().any(|vlan| (vlan.first..=vlan.last).contains(&tag)).then_some(tag),
    }
}

fn forward(evidence: &Evidence, space: &Space, bridge: Port, vid: u16, from: u32) -> Steps {
    let filters = space.more(bridge.1).filters;
    let apart = space.more(from).isolated;
    let mut steps = Vec::new();
    let out = |steps: &mut Steps, index: u32, obstacle: Option<Obstacle>, itself: bool| {
        let more = space.more(index);
        let at = (bridge.0, index);
        let member = more.vlans.iter().find(|vlan| (vlan.first..=vlan.last).contains(&vid));
        let mut obstacle = obstacle;
        let mut tag = 0;
        if filters && vid != ANY {
            match member {
                Some(vlan) => tag = if vlan.untagged { 0 } else { vid },
                None => obstacle = obstacle.or(Some(Obstacle::Vlan(at, vid))),
            }
        } else if !filters {
            tag = vid;
        }
        steps.push((if itself { At::In(at, tag) } else { At::Out(at, tag) }, obstacle));
    };
    if from != bridge.1 {
        out(&mut steps, bridge.1, None, true);
    }
    for link in space.node.links.iter().filter(|link| link.index != from && link.index != bridge.1) {
        let at = (bridge.0, link.index);
        if link.master == Some(bridge.1) {
            let more = space.more(link.index);
            let state = more.state.filter(|state| *state != FORWARDING && link.up && link.carrier);
            let isolated = (apart && more.isolated).then_some(Obstacle::Isolated(at));
            out(&mut steps, link.index, state.map(|state| Obstacle::State(at, state)).or(isolated), false);
        } else if should_be_in(evidence, space, at) == Some(bridge.1) {
            steps.push((At::Out(at, 0), Some(Obstacle::NotInBridge(at, bridge.1))));
        }
    }
    steps
}

/// The bridge that a link ought to be a port of, as the lab says; or, where no lab says anything, the only bridge of a
/// namespace that is nothing but a switch.
fn should_be_in(evidence: &Evidence, space: &Space, port: Port) -> Option<u32> {
    let link = space.node.link_at(port.1)?;
    if let Some(intended) = evidence.intended.get(&port.0) {
        let master = intended.wish(&link.name)?.master.as_deref()?;
        return space.node.link(master).map(|bridge| bridge.index);
    }
    let routed = |link: &Link| link.addresses.iter().any(|address| address.scope == 0 && !link.is("bridge"));
    let mut bridges = space.node.links.iter().filter(|link| link.is("bridge"));
    let (bridge, more) = (bridges.next()?, bridges.next());
    let alone = more.is_none() && !space.node.links.iter().any(routed);
    (alone && link.master.is_none() && link.is("veth")).then_some(bridge.index)
}

impl Evidence {
    /// The node that a link belongs to, where that is another than the one that it is in, and what its lab says of it.
    pub(super) fn stray(&self, port: Port) -> Option<(Place, &Wish)> {
        let (_, link) = self.space_of(port)?;
        self.home_of(link.mac?).filter(|(home, _)| *home != port.0)
    }

    /// A link and its namespace, where both are known.
    pub(super) fn space_of(&self, port: Port) -> Option<(&Space, &Link)> {
        let space = self.spaces.get(&port.0)?;
        Some((space, space.node.link_at(port.1)?))
    }
}
