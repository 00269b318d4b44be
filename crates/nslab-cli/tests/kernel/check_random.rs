//! Labs at random, broken at random: what `nslab check` says of each pair is what follows from what was broken.
//!
//! `NSLAB_RANDOM_LABS` is how many labs there are (6 by default), `NSLAB_RANDOM_SEED` where they begin.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::Ipv4Addr;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::random::{Numbers, number};
use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("check::right_in_every_pair_of_random_labs", random_labs)]
}

/// As many labs are up at once: a check of a broken one mostly waits.
const AT_ONCE: usize = 3;

/// Of a hundred links as many are broken.
const BROKEN: usize = 5;

#[derive(Debug, Clone)]
struct Iface {
    name: String,
    /// Which wire it is on.
    wire: usize,
    address: Option<(Ipv4Addr, u8)>,
    /// Of wires of two families: the address in the other.
    six: Option<u16>,
    up: bool,
    /// Whether frames get from it to its wire.
    joined: bool,
    connected: bool,
}

#[derive(Debug, Clone)]
struct Node {
    name: String,
    forward: bool,
    ifaces: Vec<Iface>,
    /// Network, its length, and the gateway.
    routes: Vec<(Ipv4Addr, u8, Ipv4Addr)>,
}

#[derive(Debug, Clone)]
struct Net {
    nodes: Vec<Node>,
    /// The segments' names; a wire without is a cable.
    wires: Vec<Option<String>>,
}

fn within(address: Ipv4Addr, network: Ipv4Addr, len: u8) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
    address.to_bits() & mask == network.to_bits() & mask
}

/// An address of both kinds that a check asks for.
type Question = (usize, usize, String);

impl Net {
    fn node(&mut self, name: String, forward: bool) -> usize {
        self.nodes.push(Node { name, forward, ifaces: Vec::new(), routes: Vec::new() });
        self.nodes.len() - 1
    }

    fn wire(&mut self, segment: Option<&str>) -> usize {
        self.wires.push(segment.map(String::from));
        self.wires.len() - 1
    }

    fn iface(&mut self, node: usize, wire: usize, address: [u8; 4], len: u8, six: Option<u16>) {
        let ifaces = &mut self.nodes[node].ifaces;
        let name = format!("e{}", ifaces.len());
        let address = Some((address.into(), len));
        ifaces.push(Iface { name, wire, address, six, up: true, joined: true, connected: true });
    }

    fn star(numbers: &mut Numbers) -> Self {
        let mut net = Self { nodes: Vec::new(), wires: Vec::new() };
        let lan = net.wire(Some("lan"));
        for host in 1..=8 + numbers.below(30) {
            let node = net.node(format!("h{host}"), false);
            let last = u8::try_from(host).unwrap();
            net.iface(node, lan, [10, 0, 0, last], 24, Some(host.try_into().unwrap()));
        }
        net
    }

    /// Segments of hosts, each with a router to a segment of routers.
    fn routed(numbers: &mut Numbers) -> Self {
        let mut net = Self { nodes: Vec::new(), wires: Vec::new() };
        let core = net.wire(Some("core"));
        let segments = u8::try_from(2 + numbers.below(4)).unwrap();
        for segment in 1..=segments {
            let lan = net.wire(Some(&format!("lan{segment}")));
            let router = net.node(format!("r{segment}"), true);
            net.iface(router, core, [10, 0, 0, segment], 24, None);
            net.iface(router, lan, [10, segment, 0, 254], 24, None);
            for other in (1..=segments).filter(|other| *other != segment) {
                net.nodes[router].routes.push(([10, other, 0, 0].into(), 24, [10, 0, 0, other].into()));
            }
            for host in 1..=u8::try_from(1 + numbers.below(6)).unwrap() {
                let node = net.node(format!("h{segment}x{host}"), false);
                net.iface(node, lan, [10, segment, 0, host], 24, None);
                net.nodes[node].routes.push(([0, 0, 0, 0].into(), 0, [10, segment, 0, 254].into()));
            }
        }
        net
    }

    /// Routers in a ring of an odd number, each with a route to each cable the shorter way round.
    fn ring(numbers: &mut Numbers) -> Self {
        let mut net = Self { nodes: Vec::new(), wires: Vec::new() };
        let n = 5 + 2 * numbers.below(4);
        let wires: Vec<usize> = (0..n).map(|_| net.wire(None)).collect();
        let small = |at: usize| u8::try_from(at).unwrap();
        for at in 0..n {
            let node = net.node(format!("r{at}"), true);
            // The cable to the next, and that to the one before.
            net.iface(node, wires[at], [10, 9, small(at), 1], 30, None);
            net.iface(node, wires[(at + n - 1) % n], [10, 9, small((at + n - 1) % n), 2], 30, None);
            for cable in (0..n).filter(|cable| *cable != at && *cable != (at + n - 1) % n) {
                // As many cables lie between, going forth and going back.
                let (forth, back) = ((cable + n - at) % n, (at + n - cable - 1) % n);
                let gateway = if forth < back { [10, 9, small(at), 2] } else { [10, 9, small((at + n - 1) % n), 1] };
                net.nodes[node].routes.push(([10, 9, small(cable), 0].into(), 30, gateway.into()));
            }
        }
        net
    }

    fn file(&self) -> String {
        let mut text = String::from("name: t\nnodes:\n");
        for node in &self.nodes {
            let routes: Vec<String> =
                node.routes.iter().map(|(net, len, via)| format!("{net}/{len} via {via}")).collect();
            let (name, forward, routes) = (&node.name, node.forward, routes.join(", "));
            let sysctl = "net.ipv4.conf.all.rp_filter: 0, net.ipv4.conf.default.rp_filter: 0";
            writeln!(text, "  {name}: {{ forward: {forward}, sysctl: {{ {sysctl} }}, routes: [ {routes} ] }}").unwrap();
        }
        let ends = |wire: usize| {
            let ifaces = self.nodes.iter().flat_map(|node| node.ifaces.iter().map(move |iface| (node, iface)));
            ifaces.filter(move |(_, iface)| iface.wire == wire)
        };
        let end = |(node, iface): (&Node, &Iface)| {
            let (address, len) = iface.address.unwrap();
            let six = iface.six.map(|six| format!(" 2001:db8::{six:x}/64")).unwrap_or_default();
            format!("{}:{} {address}/{len}{six}", node.name, iface.name)
        };
        text.push_str("segments:\n");
        for (wire, name) in self.wires.iter().enumerate() {
            if let Some(name) = name {
                let members: Vec<String> = ends(wire).map(|one| format!("\"{}\"", end(one))).collect();
                writeln!(text, "  {name}: {{ members: [ {} ] }}", members.join(", ")).unwrap();
            }
        }
        text.push_str("links:\n");
        for (wire, _) in self.wires.iter().enumerate().filter(|(_, name)| name.is_none()) {
            let both: Vec<String> = ends(wire).map(end).collect();
            writeln!(text, "  - {}", both.join(" -- ")).unwrap();
        }
        text
    }

    /// Breaks one of a hundred links in twenty, one at least, and gives the commands that do so.
    fn break_some(&mut self, numbers: &mut Numbers) -> String {
        let all: Vec<(usize, usize)> = (0..self.nodes.len())
            .flat_map(|node| (0..self.nodes[node].ifaces.len()).map(move |iface| (node, iface)))
            .collect();
        let many = (all.len() * BROKEN).div_ceil(100);
        let mut chosen = BTreeSet::new();
        while chosen.len() < many {
            chosen.insert(all[numbers.below(all.len())]);
        }
        let mut script = String::new();
        for (node, at) in chosen {
            let (name, forward) = (self.nodes[node].name.clone(), self.nodes[node].forward);
            let has_route = !self.nodes[node].routes.is_empty();
            let iface = &mut self.nodes[node].ifaces[at];
            let (ifname, segment) = (iface.name.clone(), self.wires[iface.wire].clone());
            match (numbers.below(5), segment) {
                // What of a router's is left without an address is another matter.
                (0, _) if !forward => {
                    let (address, len) = iface.address.take().unwrap();
                    writeln!(script, "ip -n {name} address delete {address}/{len} dev {ifname}").unwrap();
                    // With the last address of its family the routes go.
                    self.nodes[node].routes.clear();
                }
                (1, _) if has_route => {
                    let routes = &mut self.nodes[node].routes;
                    let (net, len, _) = routes.remove(numbers.below(routes.len()));
                    writeln!(script, "ip -n {name} route delete {net}/{len}").unwrap();
                }
                (1, _) => {
                    let (address, len) = iface.address.unwrap();
                    iface.connected = false;
                    let net = Ipv4Addr::from_bits(address.to_bits() & !(u32::MAX >> len));
                    writeln!(script, "ip -n {name} route delete {net}/{len}").unwrap();
                }
                (2, Some(segment)) => {
                    iface.joined = false;
                    writeln!(script, "ip -n {segment} link set {name} nomaster").unwrap();
                }
                (3, Some(segment)) => {
                    iface.joined = false;
                    writeln!(script, "ip -n {segment} link set {name} down").unwrap();
                }
                _ => {
                    iface.up = false;
                    writeln!(script, "ip -n {name} link set {ifname} down").unwrap();
                }
            }
        }
        script
    }

    /// Which node a packet for an address ends at, that a node sends; and which address it has for a source there.
    fn deliver(&self, from: usize, to: Ipv4Addr) -> Option<(usize, Ipv4Addr)> {
        let (mut at, mut source) = (from, None);
        for _ in 0..64 {
            let node = &self.nodes[at];
            // An address is the node's also while its interface is down.
            let is_own = |iface: &Iface| iface.address.is_some_and(|(own, _)| own == to);
            if node.ifaces.iter().any(is_own) {
                return Some((at, source?));
            }
            if at != from && !node.forward {
                return None;
            }
            let connected = |to: Ipv4Addr| {
                let on = |iface: &&Iface| iface.address.is_some_and(|(own, len)| within(to, own, len));
                node.ifaces.iter().filter(|iface| iface.up).find(on)
            };
            let (iface, next) = match connected(to).filter(|iface| iface.connected) {
                Some(iface) => (iface, to),
                None => {
                    let matching = node.routes.iter().filter(|(net, len, _)| within(to, *net, *len));
                    let (_, _, via) = matching.max_by_key(|(_, len, _)| *len)?;
                    (connected(*via)?, *via)
                }
            };
            source = source.or(iface.address.map(|(own, _)| own));
            // Who has that address on the same wire, or on any other interface besides.
            let has = |node: &Node| {
                let owns = |own: &Iface| own.address.is_some_and(|(own, _)| own == next);
                let hears = |own: &Iface| own.up && own.joined && own.wire == iface.wire;
                node.ifaces.iter().any(owns) && node.ifaces.iter().any(hears)
            };
            // A cable is down if either end is.
            let alive = iface.joined;
            at = self.nodes.iter().position(|node| alive && has(node))?;
        }
        None
    }

    /// What is true of each pair: who reaches whom at which address.
    fn truth(&self, asked: &[(usize, String)]) -> BTreeMap<Question, bool> {
        let mut truth = BTreeMap::new();
        for from in 0..self.nodes.len() {
            for (to, address) in asked.iter().filter(|(to, _)| *to != from) {
                let reached = match address.parse::<Ipv4Addr>() {
                    Ok(four) => self.deliver(from, four).is_some_and(|(end, source)| {
                        end == *to && self.deliver(end, source).is_some_and(|(back, _)| back == from)
                    }),
                    // On one wire: both hear each other.
                    Err(_) => {
                        let alive = |node: usize| self.nodes[node].ifaces.iter().all(|iface| iface.up && iface.joined);
                        alive(from) && alive(*to)
                    }
                };
                truth.insert((from, *to, address.clone()), reached);
            }
        }
        truth
    }

    fn addresses(&self) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            for iface in &node.ifaces {
                all.push((at, iface.address.unwrap().0.to_string()));
                all.extend(iface.six.map(|six| (at, format!("2001:db8::{six:x}"))));
            }
        }
        all
    }
}

/// One lab: what of it is not as it should be.
fn differences(seed: u64) -> (usize, Vec<String>) {
    let mut numbers = Numbers(seed);
    let mut net = match numbers.below(3) {
        0 => Net::star(&mut numbers),
        1 => Net::routed(&mut numbers),
        _ => Net::ring(&mut numbers),
    };
    let (file, asked) = (net.file(), net.addresses());
    let broken = net.break_some(&mut numbers);
    let script = format!(
        "cat >/run/t.yaml <<END\n{file}END\nset -e\nnslab -q up /run/t.yaml\n{broken}set +e\nnslab check --json t\n[ $? -le 1 ]"
    );
    let output = sandbox::run(&[tools::ours()], &script);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "seed {seed}: {err}\n{script}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let place = |name: &Value| net.nodes.iter().position(|node| name == node.name.as_str()).unwrap();
    let mut truth = net.truth(&asked);
    let mut wrong = Vec::new();
    let pairs = report["pairs"].as_array().unwrap();
    for pair in pairs {
        let address = pair["address"].as_str().unwrap().to_owned();
        let key = (place(&pair["from"]), place(&pair["to"]), address);
        let reached = truth.remove(&key).unwrap_or_else(|| panic!("seed {seed}: {pair} was not to be asked"));
        if pair["reached"] != reached {
            wrong.push(format!("seed {seed}: {pair} and not {reached}; broken by\n{broken}"));
        }
    }
    assert!(truth.is_empty(), "seed {seed}: nobody asked for {truth:?}");
    (pairs.len(), wrong)
}

fn random_labs() {
    let (first, many) = (number("NSLAB_RANDOM_SEED", 1), number("NSLAB_RANDOM_LABS", 6));
    let seeds: Vec<u64> = (0..many).map(|lab| (first << 32) + lab).collect();
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for some in seeds.chunks(AT_ONCE) {
        let found: Vec<(usize, Vec<String>)> = std::thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|seed| scope.spawn(|| differences(*seed))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (many, found) in found {
            pairs += many;
            wrong.extend(found);
        }
    }
    assert!(wrong.is_empty(), "{} of {pairs} pairs in {many} labs:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("{pairs} pairs in {many} random labs, all as they are");
}
