//! Random small labs: what the diff says, done on a model of the kernel, makes one into the other.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::topology::spec::{Route, parse};
use crate::wire::consts::{RT_TABLE_MAIN, RTPROT_BOOT};

type Seen = Vec<(NodeName, Option<seen::Node>)>;

const NODES: [&str; 4] = ["a", "b", "c", "d"];
const TTL: &str = "net/ipv4/ip_default_ttl";

/// A cable between two nodes, and what is said of it.
#[derive(Debug, Clone)]
struct Slot {
    ends: (usize, usize),
    host: u8,
    ipv6: bool,
    mtu: Option<u32>,
    rate: Option<u8>,
    route: bool,
    down: bool,
}

#[derive(Debug, Clone)]
struct Picture {
    slots: Vec<Option<Slot>>,
    members: [bool; 4],
    forward: [bool; 4],
    ttl: [Option<u8>; 4],
    loopback: [bool; 4],
    lonely: [bool; 4],
}

fn slot() -> impl Strategy<Value = Option<Slot>> {
    let ends = (0..4_usize, 1..4_usize).prop_map(|(a, by)| (a, (a + by) % 4));
    let mtu = proptest::option::of(prop_oneof![Just(1400), Just(9000)]);
    let said = (ends, 1..4_u8, any::<bool>(), mtu, proptest::option::of(1..3_u8), any::<bool>(), any::<bool>());
    let slot = said.prop_map(|(ends, host, ipv6, mtu, rate, route, down)| Slot {
        ends,
        host,
        ipv6,
        mtu,
        rate,
        route,
        down: down && route,
    });
    proptest::option::of(slot)
}

fn picture() -> impl Strategy<Value = Picture> {
    let each = any::<[bool; 4]>;
    let ttl = proptest::array::uniform4(proptest::option::of(70..72_u8));
    (proptest::collection::vec(slot(), 4), each(), each(), ttl, each(), each()).prop_map(
        |(slots, members, forward, ttl, loopback, lonely)| Picture { slots, members, forward, ttl, loopback, lonely },
    )
}

fn plan(picture: &Picture) -> Plan {
    let mut text = String::from("name: t\nnodes:\n  a: {}\n");
    let slots = || picture.slots.iter().enumerate().filter_map(|(at, slot)| Some((at, slot.as_ref()?)));
    let on_a_link = |node| slots().any(|(_, slot)| slot.ends.0 == node || slot.ends.1 == node);
    for (at, node) in NODES.into_iter().enumerate() {
        let there = at == 0 || on_a_link(at) || picture.members[at] || picture.lonely[at];
        if !there {
            continue;
        }
        let mut said = format!("forward: {}", picture.forward[at]);
        picture.ttl[at].iter().for_each(|ttl| write!(said, ", sysctl: {{ {TTL}: {ttl} }}").unwrap());
        if picture.loopback[at] {
            write!(said, ", addresses: {{ lo: 10.255.0.{at}/32 }}").unwrap();
        }
        let routes: Vec<String> = slots()
            .filter(|(_, slot)| slot.ends.0 == at && slot.route)
            .map(|(at, slot)| format!("10.77.{at}.0/24 via 10.0.{at}.{}", 100 + slot.host))
            .collect();
        write!(said, ", routes: [ {} ]", routes.join(", ")).unwrap();
        text = text.replace(&format!("  {node}: {{}}\n"), "");
        writeln!(text, "  {node}: {{ {said} }}").unwrap();
    }
    let members: Vec<&str> =
        NODES.into_iter().zip(picture.members).filter(|(_, is)| *is).map(|(node, _)| node).collect();
    if members.len() > 1 {
        writeln!(text, "segments:\n  lan: {{ prefix: 10.9.0.0/24, members: [ {} ] }}", members.join(", ")).unwrap();
    }
    text.push_str("links:\n");
    for (at, slot) in slots() {
        let end = |node: usize, host: u8| {
            let mut addresses = format!("10.0.{at}.{host}/24");
            if slot.ipv6 {
                write!(addresses, ", '2001:db8:{at}::{host}/64'").unwrap();
            }
            let mtu = slot.mtu.map(|mtu| format!(", mtu: {mtu}")).unwrap_or_default();
            format!("{{ node: {}, ifname: x{at}, addresses: [ {addresses} ]{mtu} }}", NODES[node])
        };
        let impair = slot.rate.map(|rate| format!(", impair: {{ rate: {rate}mbit }}")).unwrap_or_default();
        let (a, b) = (end(slot.ends.0, slot.host), end(slot.ends.1, slot.host + 9));
        writeln!(text, "  - {{ a: {a}, b: {b}{impair} }}").unwrap();
    }
    let lab = parse(&text, Path::new("t.yaml")).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut plan = Plan::new(&lab);
    let mut downs = slots().map(|(_, slot)| slot.down);
    for cable in plan.cables.iter_mut().filter(|cable| !cable.a.bridged) {
        cable.a.down = downs.next().unwrap();
    }
    plan
}

fn link(index: u32, name: &str, kind: Option<&str>, mac: Option<MacAddr>) -> seen::Link {
    seen::Link { kind: kind.map(str::to_owned), mac, ..seen::Link::new(index, name) }
}

fn new_node(plan: &Plan, node: &NodeName, switch: bool) -> seen::Node {
    let mut lo = link(1, "lo", None, None);
    lo.addresses = ["127.0.0.1/8", "::1/128"].map(|text| plain(text.parse().unwrap())).into();
    let mut links = vec![lo];
    if switch {
        links.push(link(2, "br0", Some("bridge"), Some(bridge_mac(&plan.lab, node))));
    }
    seen::Node { links, sysctl: BTreeMap::from([(TTL.into(), Some("64".into()))]), ..fresh() }
}

/// What a new node has.
fn fresh() -> seen::Node {
    let sysctl = BTreeMap::from([(TTL.into(), Some("64".into()))]);
    seen::Node { forward_v4: Some(false), forward_v6: Some(false), sysctl, ..seen::Node::default() }
}

/// A route as the kernel tells it: with the link that its next hop is on.
fn as_seen(route: &Route, links: &[seen::Link]) -> seen::Route {
    let mut way = Route { metric: Some(0), table: Some(RT_TABLE_MAIN), ..route.clone() };
    for hop in &mut way.hops {
        let via = hop.via.unwrap();
        let on = links.iter().find(|link| link.up && link.addresses.iter().any(|it| it.prefix.contains(via)));
        hop.dev = Some(on.unwrap_or_else(|| panic!("nobody has {via}")).name.parse().unwrap());
    }
    seen::Route { way, protocol: RTPROT_BOOT, special: false, body: Vec::new() }
}

/// What is there when a plan was carried out, built from the plan alone. `names` are the places.
fn observed(plan: &Plan, names: &[NodeName]) -> Seen {
    let place = |at: usize| names.iter().position(|name| *name == plan.nodes[at].name).unwrap();
    let mut seen: Seen = names.iter().map(|name| (name.clone(), None)).collect();
    for (at, planned) in plan.nodes.iter().enumerate() {
        let mut node = new_node(plan, &planned.name, planned.switch);
        node.links[0].addresses.extend(planned.loopback.iter().copied().map(plain));
        (node.forward_v4, node.forward_v6) = (Some(planned.forward), Some(planned.forward));
        node.sysctl.extend(planned.sysctl.iter().map(|it| (it.path.clone(), Some(it.value.clone()))));
        for Cable { a, b } in &plan.cables {
            let sides = [(a, b), (b, a)];
            for (port, far) in sides.into_iter().filter(|(port, _)| port.node == at) {
                let mut link = link(port.index, port.ifname.as_str(), Some("veth"), Some(port.mac));
                link.mtu = port.mtu.unwrap_or(1500);
                link.up = !port.down;
                link.impair = port.impair;
                link.master = port.bridged.then_some(BRIDGE_INDEX);
                link.peer = Some(seen::Peer { index: far.index, node: Some(place(far.node)) });
                let there = port.addresses.iter().filter(|it| link.up || !it.is_ipv6());
                link.addresses = there.copied().map(plain).collect();
                node.links.push(link);
            }
        }
        let can_be = planned.routes.iter().filter(|route| {
            let via = route.hops[0].via.unwrap();
            node.links.iter().any(|link| link.up && link.addresses.iter().any(|it| it.prefix.contains(via)))
        });
        node.routes = can_be.map(|route| as_seen(route, &node.links)).collect();
        seen[place(at)].1 = Some(node);
    }
    seen
}

/// The kernel, as far as it matters here.
struct Model<'m> {
    plan: &'m Plan,
    seen: Seen,
}

impl Model<'_> {
    fn place(&self, name: &NodeName) -> usize {
        self.seen.iter().position(|(of, _)| of == name).unwrap()
    }

    fn node(&mut self, name: &NodeName) -> &mut seen::Node {
        let place = self.place(name);
        self.seen[place].1.as_mut().unwrap_or_else(|| panic!("{name} is not there"))
    }

    fn link(&mut self, node: &NodeName, name: &str) -> &mut seen::Link {
        let link = self.node(node).links.iter_mut().find(|link| link.name == name);
        link.unwrap_or_else(|| panic!("{node} has no {name}"))
    }

    fn drop_routes(node: &mut seen::Node, name: &str) {
        let over = |hop: &Hop| hop.dev.as_ref().is_some_and(|dev| dev.as_str() == name);
        node.routes.retain(|route| !route.way.hops.iter().any(over));
    }

    fn delete(&mut self, place: usize, index: u32) {
        let Some(node) = &mut self.seen[place].1 else { return };
        let Some(at) = node.links.iter().position(|link| link.index == index) else { return };
        let gone = node.links.remove(at);
        Self::drop_routes(node, &gone.name);
        if let Some(peer) = gone.peer {
            self.delete(peer.node.unwrap(), peer.index);
        }
    }

    fn set_up(&mut self, node: &NodeName, name: &str, up: bool) {
        let link = self.link(node, name);
        link.up = up;
        if !up {
            link.addresses.retain(|address| !address.prefix.is_ipv6());
            Self::drop_routes(self.node(node), name);
        }
    }

    fn run(&mut self, change: &Change) {
        match change {
            Change::AddNode { node, switch } => {
                let place = self.place(node);
                assert!(self.seen[place].1.is_none(), "{node} is there");
                self.seen[place].1 = Some(new_node(self.plan, node, *switch));
            }
            Change::RemoveNode { node, .. } => {
                let place = self.place(node);
                let links: Vec<u32> = self.node(node).links.iter().map(|link| link.index).collect();
                links.into_iter().for_each(|index| self.delete(place, index));
                self.seen[place].1 = None;
            }
            Change::AddBridge { node, mac } => self.node(node).links.push(link(2, "br0", Some("bridge"), Some(*mac))),
            Change::RemoveLink { node, ifname, .. } => {
                let (place, index) = (self.place(node), self.link(node, ifname).index);
                self.delete(place, index);
            }
            Change::AddCable { a, b } => {
                let ends = [a, b].map(|end| {
                    let links = &self.node(&end.node).links;
                    assert!(links.iter().all(|link| link.name != end.ifname.as_str()), "{change}");
                    let taken = links.iter().any(|link| link.index == end.index);
                    let index = if taken { links.iter().map(|link| link.index).max().unwrap() + 1 } else { end.index };
                    (end, self.place(&end.node), index)
                });
                let [near, far] = ends;
                for ((end, _, index), (_, place, peer)) in [(near, far), (far, near)] {
                    let mut link = link(index, end.ifname.as_str(), Some("veth"), Some(end.mac));
                    link.mtu = end.mtu.unwrap_or(1500);
                    link.master = end.bridged.then(|| self.link(&end.node, "br0").index);
                    link.peer = Some(seen::Peer { index: peer, node: Some(place) });
                    self.node(&end.node).links.push(link);
                }
            }
            Change::SetLink { node, ifname, to, .. } => {
                let master = |model: &mut Self, name: &String| model.link(node, name).index;
                match to {
                    Setting::Up(up) => self.set_up(node, ifname.as_str(), *up),
                    Setting::Mac(mac) => self.link(node, ifname.as_str()).mac = *mac,
                    Setting::Mtu(mtu) => self.link(node, ifname.as_str()).mtu = *mtu,
                    Setting::Impair(impair) => self.link(node, ifname.as_str()).impair = *impair,
                    Setting::Option(..) => panic!("{change}"),
                    Setting::Master(to) => {
                        let to = to.as_ref().map(|name| master(self, name));
                        self.link(node, ifname.as_str()).master = to;
                    }
                }
            }
            Change::AddAddress { node, ifname, address } => {
                let link = self.link(node, ifname.as_str());
                let free = |it: &seen::Address| it.prefix.address() != address.address();
                assert!(link.addresses.iter().all(free), "{change}");
                assert!(link.up || !address.is_ipv6(), "{change}: not while it is down");
                link.addresses.push(plain(*address));
            }
            Change::RemoveAddress { node, ifname, address, .. } => {
                self.link(node, ifname.as_str()).addresses.retain(|it| it != &**address);
            }
            Change::SetSysctl { node, path, to, .. } => {
                let (node, on) = (self.node(node), Some(to == "1"));
                match path.as_str() {
                    "net/ipv4/ip_forward" => node.forward_v4 = on,
                    "net/ipv6/conf/all/forwarding" => node.forward_v6 = on,
                    _ => assert!(node.sysctl.insert(path.clone(), Some(to.clone())).is_some(), "{change}"),
                }
            }
            Change::RemoveRoute { node, route } => self.node(node).routes.retain(|it| it != &**route),
            Change::ReplaceRoute { node, from, to } => {
                let node = self.node(node);
                let place = node.routes.iter().position(|it| it == &**from).unwrap_or_else(|| panic!("{change}"));
                node.routes[place] = as_seen(to, &node.links);
            }
            Change::AddRoute { node, route } => {
                let node = self.node(node);
                let route = as_seen(route, &node.links);
                assert!(!node.routes.iter().any(|it| it.way.to == route.way.to), "{change}: is there");
                node.routes.push(route);
            }
            Change::AddDevice { .. } | Change::RemoveDevice { .. } => panic!("{change}"),
            // These come of what a comparison of plans does not see.
            Change::MendUplink(_) | Change::StartProcess { .. } => panic!("{change}"),
            Change::AddUplink { .. } | Change::RemoveUplink { .. } | Change::Note { .. } => {}
        }
    }
}

/// Everything that is there, in no order and without indexes.
fn text(seen: &Seen) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, node) in seen {
        let Some(node) = node else { continue };
        let name_at = |place: usize, index: u32| {
            let node = seen[place].1.as_ref().unwrap_or_else(|| panic!("a peer in a node that is gone"));
            node.link_at(index).map(|link| format!("{}:{}", seen[place].0, link.name))
        };
        lines.push(format!("{name} {:?} {:?} {:?}", node.forward_v4, node.forward_v6, node.sysctl));
        lines.extend(node.routes.iter().map(|route| format!("{name} route {}", route.way)));
        for link in &node.links {
            let peer = link.peer.and_then(|peer| name_at(peer.node.unwrap(), peer.index));
            let master = link.master.and_then(|index| Some(&node.link_at(index)?.name));
            let (ifname, mtu, up, impair) = (&link.name, link.mtu, link.up, normal(link.impair));
            lines.push(format!("{name}:{ifname} {:?} {mtu} {up} {impair:?} {peer:?} {master:?}", link.mac));
            lines.extend(link.addresses.iter().map(|it| format!("{name}:{ifname} address {}", it.prefix)));
        }
    }
    lines.sort();
    lines
}

fn names(plans: &[&Plan]) -> Vec<NodeName> {
    let all: BTreeSet<NodeName> = plans.iter().flat_map(|plan| &plan.nodes).map(|node| node.name.clone()).collect();
    all.into_iter().collect()
}

fn changes(plan: &Plan, recorded: &Plan, seen: &Seen) -> Vec<Change> {
    let mut ours = Ours::default();
    ours.add(recorded);
    let found = diff(Known { plan, recorded: None, ours: &ours, seen, fresh: Some(&fresh()) });
    assert_eq!((found.in_the_way, found.foreign), (vec![], vec![]));
    found.changes
}

fn shown(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

/// What somebody does to a lab: what, and to which of its links or nodes.
fn disturb(model: &mut Model<'_>, what: u8, at: usize) {
    let there: Vec<NodeName> = model.seen.iter().filter(|(_, node)| node.is_some()).map(|(it, _)| it.clone()).collect();
    let Some(node) = there.get(at % there.len().max(1)).cloned() else { return };
    let links: Vec<seen::Link> = model.node(&node).links.iter().filter(|link| link.is("veth")).cloned().collect();
    let Some(link) = links.get(at / 7 % links.len().max(1)) else { return };
    let place = model.place(&node);
    match what {
        0 => model.set_up(&node, &link.name, false),
        1 => model.delete(place, link.index),
        2 => model.link(&node, &link.name).mtu = 1234,
        3 => model.link(&node, &link.name).impair = None,
        4 => model.link(&node, &link.name).addresses.clear(),
        5 => model.link(&node, &link.name).addresses.push(plain("10.200.0.1/24".parse().unwrap())),
        6 => model.node(&node).routes.clear(),
        7 => model.link(&node, &link.name).master = None,
        // Switches pass no packets of IP on, whatever they are set to.
        8 if node.as_str() == "lan" => {}
        8 => model.node(&node).forward_v4 = Some(at.is_multiple_of(2)),
        _ => model.run(&Change::RemoveNode { node, switch: false }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_lab_as_planned_has_no_difference(p in picture()) {
        let plan = plan(&p);
        let seen = observed(&plan, &names(&[&plan]));
        prop_assert_eq!(shown(&changes(&plan, &plan, &seen)), Vec::<String>::new());
    }

    #[test]
    fn the_difference_makes_one_lab_into_another(p in picture(), q in picture()) {
        let (p, q) = (plan(&p), plan(&q));
        let names = names(&[&p, &q]);
        let mut model = Model { plan: &q, seen: observed(&p, &names) };
        let changes_to_q = changes(&q, &p, &model.seen);
        changes_to_q.iter().for_each(|change| model.run(change));
        prop_assert_eq!(text(&model.seen), text(&observed(&q, &names)), "{:#?}", shown(&changes_to_q));
        prop_assert_eq!(shown(&changes(&q, &p, &model.seen)), Vec::<String>::new());
    }

    #[test]
    fn the_difference_makes_a_lab_from_nothing(p in picture()) {
        let plan = plan(&p);
        let names = names(&[&plan]);
        let mut model = Model { plan: &plan, seen: names.iter().map(|name| (name.clone(), None)).collect() };
        changes(&plan, &plan, &model.seen).iter().for_each(|change| model.run(change));
        prop_assert_eq!(text(&model.seen), text(&observed(&plan, &names)));
    }

    #[test]
    fn what_was_disturbed_is_put_right(p in picture(), done in proptest::collection::vec((0..10_u8, 0..100_usize), 1..4)) {
        let plan = plan(&p);
        let names = names(&[&plan]);
        let mut model = Model { plan: &plan, seen: observed(&plan, &names) };
        done.iter().for_each(|(what, at)| disturb(&mut model, *what, *at));
        let changes = changes(&plan, &plan, &model.seen);
        changes.iter().for_each(|change| model.run(change));
        prop_assert_eq!(text(&model.seen), text(&observed(&plan, &names)), "{:#?}", shown(&changes));
    }
}
