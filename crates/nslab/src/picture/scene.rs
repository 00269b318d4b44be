//! What there is to be seen of a network: boxes, what is between them, and what joins the two.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::text::{cut, shown};
use crate::topology::kinds::{LinkKind, decode};
use crate::topology::observe::network::{
    End, Network, Node, Role, Wire, WireKind, as_said, is_given, is_loopback, natural,
};
use crate::topology::observe::seen::{self, Link};
use crate::topology::spec::RouteKind;
use crate::types::Prefix;
use crate::wire::consts::RT_TABLE_MAIN;

/// All that is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// What the network is called.
    pub name: String,
    /// Boxes.
    pub blocks: Vec<Block>,
    /// What is between them.
    pub hubs: Vec<Hub>,
    /// What joins a port of a box to what is between.
    pub joints: Vec<Joint>,
    /// The networks that have a colour, in the order of their colours.
    pub networks: Vec<String>,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub title: String,
    /// What is in it beside its ports, one thing a line.
    pub rows: Vec<String>,
    /// Its interfaces that lead somewhere.
    pub ports: Vec<Port>,
    /// All that is known of it, of several lines.
    pub about: String,
}

/// What a box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A node.
    Node,
    /// The machine's own namespace.
    Machine,
    /// Several nodes that are alike in where they are.
    Folded,
    /// No box: a point between two switches.
    Point,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name, addresses, and what is special about it; one a line.
    pub lines: Vec<String>,
    /// How it is.
    pub state: State,
    /// The colour of its network.
    pub colour: Option<usize>,
}

/// How an interface is, or what joins two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is up and has a carrier.
    Up,
    /// It is up, without a carrier.
    NoCarrier,
    /// It is down.
    Down,
}

/// What is between boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    /// What it is.
    pub kind: HubKind,
    /// What is written on it, one a line; a cable may have nothing.
    pub lines: Vec<String>,
    /// The colour of its network.
    pub colour: Option<usize>,
    /// All that is known of it, of several lines.
    pub about: String,
}

/// What is between boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubKind {
    /// A cable between two nodes.
    Cable,
    /// A switch; its name is its first line.
    Switch,
    /// A tunnel.
    Tunnel,
    /// An interface that stands on another in another node.
    Stacked,
}

/// What joins a port to what is between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    /// The box.
    pub block: usize,
    /// Its port; `None` of a point.
    pub port: Option<usize>,
    /// What is between.
    pub hub: usize,
    /// How it is.
    pub state: State,
    /// What it joins: `node:ifname -- node:ifname`.
    pub about: String,
}

/// Names are cut to so many cells in a picture; whole they are in what is told of the shape.
const NAME: usize = 32;

/// Addresses of one interface that are shown.
const ADDRESSES: usize = 4;

/// Where more nodes than this are drawn, those on a switch alone are drawn as one.
pub(super) const FOLD_ABOVE: usize = 200;

impl Scene {
    /// What there is to be seen of a network.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        let mut maker = Maker::new(network);
        maker.blocks();
        maker.switches();
        for wire in &maker.wires.clone() {
            maker.wire(wire);
        }
        let mut scene = maker.scene;
        scene.name = shown(&network.name);
        if scene.blocks.iter().filter(|block| block.kind != Kind::Point).count() > FOLD_ABOVE {
            scene.fold();
        }
        scene
    }
}

struct Maker<'n> {
    network: &'n Network,
    wires: Vec<Wire>,
    /// The colours of networks.
    colours: BTreeMap<Prefix, usize>,
    /// The ports of boxes, by what they are.
    ports: HashMap<End, usize>,
    blocks: HashMap<usize, usize>,
    hubs: HashMap<usize, usize>,
    scene: Scene,
}

impl<'n> Maker<'n> {
    fn new(network: &'n Network) -> Self {
        let wires = network.wires();
        let (colours, ports, blocks, hubs) = (BTreeMap::new(), HashMap::new(), HashMap::new(), HashMap::new());
        Self { network, wires, colours, ports, blocks, hubs, scene: Scene::default() }
    }

    fn is_switch(&self, place: usize) -> bool {
        self.network.node(place).is_some_and(|node| node.role == Role::Switch)
    }

    fn colour(&mut self, networks: &BTreeSet<Prefix>) -> Option<usize> {
        let first = *networks.first()?;
        let next = self.colours.len();
        let colour = *self.colours.entry(first).or_insert(next);
        if colour == next {
            self.scene.networks.push(first.to_string());
        }
        Some(colour)
    }

    fn blocks(&mut self) {
        let mut wired: Vec<End> = self.wires.iter().flat_map(|wire| wire.ends).collect();
        wired.sort_unstable();
        wired.dedup();
        for (place, node) in self.network.nodes.iter().enumerate() {
            if node.role == Role::Switch {
                continue;
            }
            let mut ports = Vec::new();
            for (at, link) in node.seen.links.iter().enumerate() {
                let end = End { node: place, link: at };
                if wired.binary_search(&end).is_ok() {
                    self.ports.insert(end, ports.len());
                    ports.push(port(node, link));
                }
            }
            let shown = |link: &&Link| {
                let is_port = |at: usize| wired.binary_search(&End { node: place, link: at }).is_ok();
                let at = node.seen.links.iter().position(|other| other.index == link.index);
                !at.is_some_and(is_port)
            };
            let rows = rows(node, node.seen.links.iter().filter(shown));
            let kind = if node.role == Role::Machine { Kind::Machine } else { Kind::Node };
            self.blocks.insert(place, self.scene.blocks.len());
            let title = cut(&node.name, NAME);
            self.scene.blocks.push(Block { kind, title, rows, ports, about: about(self.network, place) });
        }
    }

    fn switches(&mut self) {
        for (place, node) in self.network.nodes.iter().enumerate() {
            if node.role != Role::Switch {
                continue;
            }
            let ends = self.wires.iter().filter(|wire| wire.ends.iter().any(|end| end.node == place));
            let far = ends.flat_map(|wire| wire.ends).filter(|end| end.node != place);
            let networks: BTreeSet<Prefix> = far.filter_map(|end| self.network.link(end)).flat_map(networks).collect();
            let mut lines = vec![cut(&node.name, NAME)];
            lines.extend(shown_networks(&networks));
            let colour = self.colour(&networks);
            self.hubs.insert(place, self.scene.hubs.len());
            self.scene.hubs.push(Hub { kind: HubKind::Switch, lines, colour, about: about(self.network, place) });
        }
    }

    fn wire(&mut self, wire: &Wire) {
        let [a, b] = wire.ends;
        let about = wire.ends.map(|end| shown(&self.network.name_of(end))).join(" -- ");
        let states = wire.ends.map(|end| self.network.link(end).map_or(State::Down, state));
        let worst = states[0].max(states[1]);
        match (self.is_switch(a.node), self.is_switch(b.node)) {
            (true, true) => {
                let block = self.scene.blocks.len();
                let (title, rows, ports) = (String::new(), Vec::new(), Vec::new());
                self.scene.blocks.push(Block { kind: Kind::Point, title, rows, ports, about: about.clone() });
                for end in wire.ends {
                    let Some(hub) = self.hubs.get(&end.node).copied() else { continue };
                    self.scene.joints.push(Joint { block, port: None, hub, state: worst, about: about.clone() });
                }
            }
            (false, true) => self.join(a, self.hubs.get(&b.node).copied(), worst, &about),
            (true, false) => self.join(b, self.hubs.get(&a.node).copied(), worst, &about),
            (false, false) => {
                let hub = self.cable(wire, &about);
                for end in wire.ends {
                    self.join(end, Some(hub), worst, &about);
                }
            }
        }
    }

    fn join(&mut self, end: End, hub: Option<usize>, state: State, about: &str) {
        let (Some(block), Some(hub)) = (self.blocks.get(&end.node).copied(), hub) else { return };
        let port = self.ports.get(&end).copied();
        let colour = self.scene.hubs.get(hub).and_then(|hub| hub.colour);
        let found = self.scene.blocks.get_mut(block).and_then(|block| block.ports.get_mut(port?));
        if let Some(port) = found {
            port.colour = port.colour.or(colour);
        }
        self.scene.joints.push(Joint { block, port, hub, state, about: about.to_owned() });
    }

    /// What is between two nodes: its networks, and what happens on it in both directions alike.
    fn cable(&mut self, wire: &Wire, about: &str) -> usize {
        let links = wire.ends.map(|end| self.network.link(end));
        let networks: BTreeSet<Prefix> = links.into_iter().flatten().flat_map(networks).collect();
        let kind = match wire.kind {
            WireKind::Cable => HubKind::Cable,
            WireKind::Tunnel => HubKind::Tunnel,
            WireKind::Stacked => HubKind::Stacked,
        };
        let mut lines: Vec<String> = shown_networks(&networks);
        let words = links.into_iter().flatten().find_map(|link| match kind {
            HubKind::Cable => None,
            _ => Some(what(link, &[])),
        });
        lines.extend(words);
        if let [Some(a), Some(b)] = links
            && let Some(impair) = both_impair(a, b)
        {
            lines.extend(impaired(&impair));
        }
        let colour = self.colour(&networks);
        self.scene.hubs.push(Hub { kind, lines, colour, about: about.to_owned() });
        let hub = self.scene.hubs.len() - 1;
        for (end, link) in wire.ends.into_iter().zip(links) {
            let same = matches!(links, [Some(a), Some(b)] if both_impair(a, b).is_some());
            let impair = link.and_then(|link| link.impair).filter(|_| !same);
            let (Some(impair), Some(block), Some(port)) = (impair, self.blocks.get(&end.node), self.ports.get(&end))
            else {
                continue;
            };
            if let Some(port) = self.scene.blocks.get_mut(*block).and_then(|block| block.ports.get_mut(*port)) {
                port.lines.extend(impaired(&impair));
            }
        }
        hub
    }
}

/// An impairment in lines that are not too long.
fn impaired(impair: &crate::types::Impair) -> Vec<String> {
    const MOST: usize = 24;
    let words: Vec<String> = impair.to_string().split(' ').map(str::to_owned).collect();
    let mut lines: Vec<String> = Vec::new();
    for pair in words.chunks(2).map(|pair| pair.join(" ")) {
        match lines.last_mut() {
            Some(line) if line.len() + pair.len() < MOST => *line = format!("{line} {pair}"),
            _ => lines.push(pair),
        }
    }
    lines
}

/// What happens in both directions alike.
fn both_impair(a: &Link, b: &Link) -> Option<crate::types::Impair> {
    a.impair.filter(|impair| b.impair == Some(*impair))
}

fn state(link: &Link) -> State {
    match (link.up, link.carrier) {
        (false, _) => State::Down,
        (true, false) => State::NoCarrier,
        (true, true) => State::Up,
    }
}

/// The networks that an interface has addresses of.
fn networks(link: &Link) -> impl Iterator<Item = Prefix> + '_ {
    let given = |prefix: &Prefix| is_given(prefix);
    link.addresses
        .iter()
        .filter(|it| it.peer.is_none())
        .map(|it| it.prefix)
        .filter(move |it| !given(it))
        .map(|it| it.network())
}

fn shown_networks(networks: &BTreeSet<Prefix>) -> Vec<String> {
    let mut lines: Vec<String> = networks.iter().take(ADDRESSES).map(ToString::to_string).collect();
    if networks.len() > ADDRESSES {
        lines.push(format!("and {} more", networks.len() - ADDRESSES));
    }
    lines
}

fn addresses(link: &Link) -> Vec<String> {
    let of_all = |prefix: &Prefix| is_given(prefix) || (is_loopback(link) && prefix.address().is_loopback());
    let shown = link.addresses.iter().filter(|it| !of_all(&it.prefix));
    let mut lines: Vec<String> = shown
        .map(|it| match it.peer {
            Some(peer) => format!("{} peer {peer}/{}", it.prefix.address(), it.prefix.len()),
            None => it.prefix.to_string(),
        })
        .collect();
    if lines.len() > ADDRESSES {
        let more = lines.len() - ADDRESSES + 1;
        lines.truncate(ADDRESSES - 1);
        lines.push(format!("and {more} more"));
    }
    lines
}

/// What is not as usual about a link.
fn unusual(node: &Node, link: &Link) -> Vec<String> {
    let mut lines = Vec::new();
    let usual = match link.kind.as_deref() {
        Some("vxlan") => link.mtu == 1450 || link.mtu == 1430 || link.mtu == 1500,
        _ => link.mtu == 1500 || link.mtu == 0,
    };
    if !usual && !is_loopback(link) {
        lines.push(format!("mtu {}", link.mtu));
    }
    match state(link) {
        State::Up => {}
        State::NoCarrier => lines.push("no carrier".into()),
        State::Down => lines.push("down".into()),
    }
    if let Some(master) = link.master {
        let master = node.seen.link_at(master).map_or("?", |master| master.name.as_str());
        lines.push(format!("port of {}", cut(master, NAME)));
    }
    lines
}

fn port(node: &Node, link: &Link) -> Port {
    let mut lines = vec![cut(&link.name, NAME)];
    lines.extend(addresses(link));
    lines.extend(unusual(node, link));
    Port { lines, state: state(link), colour: None }
}

/// A link's kind and what tells it from others of the kind.
fn what(link: &Link, node: &[Link]) -> String {
    let Some(kind) = link.kind.as_deref() else { return String::new() };
    let known = LinkKind::ALL.into_iter().find(|known| known.kernel_name() == kind);
    let options = known.map(|known| decode(known, &link.info, |_| None)).unwrap_or_default();
    let option = |name: &str| {
        let option = known?.option(name)?;
        options.get(name).map(|value| value.shown(option))
    };
    let beneath = link.peer.and_then(|peer| node.iter().find(|other| other.index == peer.index));
    let on = beneath.filter(|_| kind != "veth").map(|beneath| format!(" on {}", cut(&beneath.name, NAME)));
    let mut words = shown(kind);
    for name in ["id", "mode", "table"] {
        words.extend(option(name).map(|value| format!(" {value}")));
    }
    words.extend(option("remote").map(|remote| format!(" to {remote}")));
    words + &on.unwrap_or_default()
}

/// What is in a node beside its ports.
fn rows<'l>(node: &Node, links: impl Iterator<Item = &'l Link>) -> Vec<String> {
    let mut rows = Vec::new();
    for link in links {
        let addresses = addresses(link);
        if is_loopback(link) {
            rows.extend(addresses.iter().map(|address| format!("lo {address}")));
            continue;
        }
        let mut first = vec![cut(&link.name, NAME), what(link, &node.seen.links)];
        first.extend(unusual(node, link));
        if link.is("veth") {
            first.push(
                if link.peer.is_some_and(|peer| peer.node.is_none()) { "other end out of sight" } else { "" }.into(),
            );
        }
        first.retain(|word| !word.is_empty());
        rows.push(first.join(" "));
        rows.extend(addresses.iter().map(|address| format!("  {address}")));
    }
    rows.extend(node.seen.routes.iter().filter_map(default_route));
    rows
}

/// A default route of the main table.
fn default_route(route: &seen::Route) -> Option<String> {
    let way = &route.way;
    if way.to.len() > 0 || way.kind != RouteKind::Unicast || way.table.is_some_and(|table| table != RT_TABLE_MAIN) {
        return None;
    }
    let hop = |hop: &crate::topology::spec::Hop| match (hop.via, &hop.dev) {
        (Some(via), _) => Some(via.to_string()),
        (None, dev) => dev.as_ref().map(|dev| cut(dev.as_str(), NAME)),
    };
    let hops: Vec<String> = way.hops.iter().filter_map(hop).collect();
    let word = if way.hops.iter().all(|hop| hop.via.is_none()) { "dev" } else { "via" };
    Some(format!("default {word} {}", hops.join(", ")))
}

/// All that is known of a node.
fn about(network: &Network, place: usize) -> String {
    let Some(node) = network.node(place) else { return String::new() };
    let mut lines = vec![shown(&node.name)];
    lines.extend(node.about.iter().map(|line| shown(line)));
    if node.seen.forward_v4 == Some(true) || node.seen.forward_v6 == Some(true) {
        lines.push("passes packets on".into());
    }
    const MOST: usize = 24;
    let links: Vec<&Link> = node.seen.links.iter().filter(|link| !is_loopback(link)).collect();
    for link in links.iter().take(MOST) {
        let mut words = vec![shown(&link.name)];
        words.push(what(link, &node.seen.links));
        words.extend(link.addresses.iter().filter(|it| !is_given(&it.prefix)).map(|it| it.prefix.to_string()));
        words.extend(unusual(node, link));
        words.extend(link.impair.map(|impair| impair.to_string()));
        words.retain(|word| !word.is_empty());
        lines.push(words.join(" "));
    }
    lines.extend((links.len() > MOST).then(|| format!("{} interfaces more", links.len() - MOST)));
    let routes = &node.seen.routes;
    for route in routes.iter().take(MOST) {
        lines.push(shown(&as_said(&route.way).to_string()));
    }
    lines.extend((routes.len() > MOST).then(|| format!("{} routes more", routes.len() - MOST)));
    lines.join("\n")
}

impl Scene {
    /// Draws the boxes that are on one switch alone, and on nothing else, as one.
    fn fold(&mut self) {
        let mut of_block: Vec<Vec<usize>> = vec![Vec::new(); self.blocks.len()];
        for (at, joint) in self.joints.iter().enumerate() {
            if let Some(joints) = of_block.get_mut(joint.block) {
                joints.push(at);
            }
        }
        let mut leaves: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (block, joints) in of_block.iter().enumerate() {
            let [joint] = joints.as_slice() else { continue };
            let Some(joint) = self.joints.get(*joint) else { continue };
            let is_switch = self.hubs.get(joint.hub).is_some_and(|hub| hub.kind == HubKind::Switch);
            if is_switch && self.blocks.get(block).is_some_and(|block| block.kind == Kind::Node) {
                leaves.entry(joint.hub).or_default().push(block);
            }
        }
        let mut gone: HashSet<usize> = HashSet::new();
        for (hub, mut of_hub) in leaves.into_iter().filter(|(_, of_hub)| of_hub.len() > 2) {
            let title = |at: &usize| self.blocks.get(*at).map_or("", |block| block.title.as_str());
            of_hub.sort_by(|a, b| natural(title(a), title(b)));
            let names: Vec<&str> = of_hub.iter().map(title).collect();
            let (first, last) = (names.first().copied().unwrap_or(""), names.last().copied().unwrap_or(""));
            let words = vec![format!("{} nodes", of_hub.len())];
            let about = names.iter().take(100).copied().collect::<Vec<_>>().join(" ");
            let colour = self.hubs.get(hub).and_then(|hub| hub.colour);
            let block = Block {
                kind: Kind::Folded,
                title: format!("{first} … {last}"),
                rows: Vec::new(),
                ports: vec![Port { lines: words, state: State::Up, colour }],
                about,
            };
            gone.extend(&of_hub);
            self.blocks.push(block);
            let (block, about) = (self.blocks.len() - 1, format!("{} nodes", of_hub.len()));
            self.joints.push(Joint { block, port: Some(0), hub, state: State::Up, about });
        }
        let mut moved: HashMap<usize, usize> = HashMap::new();
        let mut kept = Vec::new();
        for (at, block) in std::mem::take(&mut self.blocks).into_iter().enumerate() {
            if !gone.contains(&at) {
                moved.insert(at, kept.len());
                kept.push(block);
            }
        }
        self.blocks = kept;
        self.joints.retain_mut(|joint| match moved.get(&joint.block) {
            Some(block) => {
                joint.block = *block;
                true
            }
            None => false,
        });
    }
}
