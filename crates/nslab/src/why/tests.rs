//! The reasoning over evidence that was made up: what no kernel of a test machine has, and what must never panic.

use std::net::IpAddr;

use super::evidence::{
    Asked, Conf, Entry, EntryHop, Evidence, Listener, More, Neighbour, Question, Rule, Space, Taken, Vlan, Way,
};
use super::filter::{Outcome, Packet, run};
use super::walk::{Goal, Step, TCP, reason};
use super::{Act, Cause, Walked};
use crate::ops::nft::rules::{Chain, Data, Element, Expression, Owner, Rule as FilterRule, Ruleset, Set};
use crate::topology::observe::seen::{Address, Link, Node, Peer};
use crate::types::{MacAddr, Prefix};
use crate::wire::consts::nft::{
    NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NFT_CMP_EQ, NFT_CMP_NEQ, NFT_JUMP, NFT_META_IIFNAME, NFT_META_L4PROTO,
    NFT_PAYLOAD_NETWORK_HEADER, NFT_PAYLOAD_TRANSPORT_HEADER, NFT_RETURN,
};
use crate::wire::consts::{RTN_LOCAL, RTN_UNICAST};

const H1: usize = 0;
const SWITCH: usize = 1;
const H2: usize = 2;

fn address(text: &str) -> Address {
    let prefix: Prefix = text.parse().unwrap();
    Address { prefix, peer: None, broadcast: None, label: None, scope: 0, flags: 0x80, metric: None }
}

fn link(index: u32, name: &str, kind: &str, peer: Option<(usize, u32)>) -> Link {
    let peer = peer.map(|(node, index)| Peer { index, node: Some(node) });
    let last = name.bytes().map(u32::from).sum::<u32>() as u8;
    let mac = Some(MacAddr::new([2, 0, 0, 0, index as u8, last]));
    Link { kind: Some(kind.into()), peer, mac, ..Link::new(index, name) }
}

fn rules() -> Vec<Rule> {
    let rule = |priority, table| Rule { priority, action: 1, table, ..Rule::default() };
    vec![rule(0, 255), rule(32766, 254), rule(32767, 253)]
}

/// A host with an address on eth0, its neighbour at the other end of the cable.
fn host(own: &str, peer: (usize, u32)) -> Space {
    let prefix: Prefix = own.parse().unwrap();
    let mut eth0 = link(2, "eth0", "veth", Some(peer));
    eth0.addresses.push(address(own));
    let entry = |table, to: Prefix, kind| Entry {
        table,
        to,
        kind,
        metric: 0,
        protocol: 2,
        special: false,
        hops: vec![EntryHop { via: None, index: 2, dead: false }],
        body: Vec::new(),
    };
    let full = Prefix::new(prefix.address(), 32).unwrap();
    Space {
        node: Node { links: vec![link(1, "lo", "", None), eth0], ..Node::default() },
        routes: vec![entry(255, full, RTN_LOCAL), entry(254, prefix.network(), RTN_UNICAST)],
        rules: rules(),
        conf: [((false, -1), Conf::default())].into(),
        ..Space::default()
    }
}

/// Two hosts at a switch.
fn star() -> Evidence {
    let port = |index, name: &str, peer| Link { master: Some(2), ..link(index, name, "veth", Some(peer)) };
    let more = More { state: Some(3), ..More::default() };
    let switch = Space {
        node: Node {
            links: vec![link(2, "br0", "bridge", None), port(3, "p1", (H1, 2)), port(4, "p2", (H2, 2))],
            ..Node::default()
        },
        more: [(2, More::default()), (3, more.clone()), (4, more)].into(),
        rules: rules(),
        ..Space::default()
    };
    Evidence {
        names: ["h1", "sw", "h2"].map(String::from).to_vec(),
        spaces: [(H1, host("10.0.0.1/24", (SWITCH, 3))), (SWITCH, switch), (H2, host("10.0.0.2/24", (SWITCH, 4)))]
            .into(),
        ..Evidence::default()
    }
}

fn goal() -> Goal {
    Goal { from: H1, to: "10.0.0.2".parse().unwrap(), node: Some(H2), service: None, size: None }
}

/// Answers what is asked: on the link, by eth0, as the kernel would.
fn walked(evidence: &mut Evidence, goal: &Goal) -> Walked {
    for _ in 0..100 {
        match reason(evidence, goal) {
            Step::Done(walked) => return *walked,
            Step::Ask(questions) => {
                for question in questions {
                    match question {
                        Question::Way(asked) => {
                            let source: IpAddr =
                                if asked.place == H1 { "10.0.0.1" } else { "10.0.0.2" }.parse().unwrap();
                            let taken = Taken { kind: RTN_UNICAST, output: 2, gateway: None, source: Some(source) };
                            evidence.ways.push((asked, Way::Taken(taken)));
                        }
                        Question::Listeners(place) => drop(evidence.listeners.insert(place, Vec::new())),
                        Question::Space(place) => panic!("namespace {place} is asked about"),
                    }
                }
            }
        }
    }
    panic!("it asks for ever");
}

/// What is found in a star that was changed.
fn found(change: impl FnOnce(&mut Evidence)) -> (Cause, String, Vec<String>) {
    let mut evidence = star();
    change(&mut evidence);
    let finding = walked(&mut evidence, &goal()).finding.expect("nothing was found");
    let at = format!("{}:{}", finding.space, finding.link.unwrap_or_default());
    (finding.cause, at, finding.mend.iter().map(ToString::to_string).collect())
}

fn more(evidence: &mut Evidence, place: usize, index: u32) -> &mut More {
    evidence.spaces.get_mut(&place).unwrap().more.entry(index).or_default()
}

#[test]
fn a_healthy_star_is_walked() {
    let walked = walked(&mut star(), &goal());
    assert!(walked.finding.is_none() && walked.unsure.is_empty() && walked.doubts.is_empty(), "{walked:?}");
    let hop = |hop: &super::Hop| (hop.from.clone(), hop.through.clone(), hop.to.clone());
    let through = vec!["sw".to_owned()];
    assert_eq!(
        walked.there.iter().map(hop).collect::<Vec<_>>(),
        [("h1:eth0".into(), through.clone(), "h2:eth0".into())]
    );
    assert_eq!(walked.back.iter().map(hop).collect::<Vec<_>>(), [("h2:eth0".into(), through, "h1:eth0".into())]);
    assert_eq!(walked.source, Some("10.0.0.1".parse().unwrap()));
}

/// There is no netem on every machine.
#[test]
fn all_is_lost() {
    let (cause, at, mend) = found(|evidence| more(evidence, H1, 2).loses_all = true);
    assert_eq!((cause, at.as_str()), (Cause::AllLost, "h1:eth0"));
    assert_eq!(mend, ["nslab ip netns exec h1 tc qdisc delete dev eth0 root"]);
    // What is lost on the way back is lost too: the question for the hardware address has no answer.
    let (cause, at, _) = found(|evidence| more(evidence, H2, 2).loses_all = true);
    assert_eq!((cause, at.as_str()), (Cause::AllLost, "h2:eth0"));
}

#[test]
fn vlans_that_do_not_fit() {
    let vlan = |id, pvid, untagged| Vlan { first: id, last: id, pvid, untagged };
    let filtering = |evidence: &mut Evidence, first: Vec<Vlan>, second: Vec<Vlan>| {
        more(evidence, SWITCH, 2).filters = true;
        more(evidence, SWITCH, 3).vlans = first;
        more(evidence, SWITCH, 4).vlans = second;
    };
    let mut same = star();
    filtering(&mut same, vec![vlan(10, true, true)], vec![vlan(10, true, true)]);
    assert!(walked(&mut same, &goal()).finding.is_none());
    let (cause, at, mend) =
        found(|evidence| filtering(evidence, vec![vlan(10, true, true)], vec![vlan(20, true, true)]));
    assert_eq!((cause, at.as_str()), (Cause::Vlan, "sw:p2"));
    assert_eq!(mend, ["nslab ip netns exec sw bridge vlan add dev p2 vid 10 pvid untagged"]);
    let (cause, at, _) = found(|evidence| filtering(evidence, vec![vlan(10, false, true)], vec![vlan(10, true, true)]));
    assert_eq!((cause, at.as_str()), (Cause::Vlan, "sw:p1"));
    // It leaves with a tag, which nobody behind it takes.
    let mut tagged = star();
    filtering(&mut tagged, vec![vlan(10, true, true)], vec![vlan(10, true, false)]);
    assert!(walked(&mut tagged, &goal()).finding.is_some());
}

#[test]
fn ports_that_do_not_pass_frames_on() {
    let (cause, at, mend) = found(|evidence| {
        more(evidence, SWITCH, 2).stp = true;
        more(evidence, SWITCH, 4).state = Some(1);
    });
    assert_eq!((cause, at.as_str()), (Cause::SpanningTree, "sw:p2"));
    assert_eq!(mend[0], "nslab ip -n sw link set dev br0 type bridge stp_state 0");
    let (cause, ..) = found(|evidence| {
        more(evidence, SWITCH, 3).isolated = true;
        more(evidence, SWITCH, 4).isolated = true;
    });
    assert_eq!(cause, Cause::Isolated);
}

#[test]
fn fixed_neighbours_are_blamed_and_learned_ones_doubted() {
    let wrong =
        |state| Neighbour { index: 2, address: "10.0.0.2".parse().unwrap(), mac: Some(MacAddr::new([2; 6])), state };
    let (cause, ..) = found(|evidence| evidence.spaces.get_mut(&H1).unwrap().neighbours.push(wrong(0x80)));
    assert_eq!(cause, Cause::WrongNeighbour);
    let mut learned = star();
    learned.spaces.get_mut(&H1).unwrap().neighbours.push(wrong(0x04));
    let walked = walked(&mut learned, &goal());
    assert!(walked.finding.is_none() && walked.doubts.len() == 1, "{walked:?}");
}

#[test]
fn services() {
    let goal = Goal { service: Some((TCP, 80)), ..goal() };
    let listener = |address: &str| Listener { protocol: TCP, address: address.parse().unwrap(), port: 80 };
    for (address, good) in
        [("0.0.0.0", true), ("::", true), ("10.0.0.2", true), ("127.0.0.1", false), ("10.0.0.1", false)]
    {
        let mut evidence = star();
        evidence.listeners.insert(H2, vec![listener(address)]);
        assert_eq!(walked(&mut evidence, &goal).finding.is_none(), good, "{address}");
    }
    assert_eq!(walked(&mut star(), &goal).finding.unwrap().cause, Cause::NotListening);
}

/// A cable whose other end nobody sees is no fault that is known.
#[test]
fn what_is_out_of_sight_is_told() {
    let mut evidence = star();
    evidence.spaces.get_mut(&H1).unwrap().node.links[1].peer = Some(Peer { index: 9, node: None });
    let walked = walked(&mut evidence, &goal());
    assert!(walked.finding.is_none() && walked.unsure.len() == 1, "{walked:?}");
}

/// Whatever is taken away or turned round of what is known, it comes to an end and does not panic.
#[test]
fn no_evidence_makes_it_panic() {
    for change in 0..4000_u32 {
        let mut evidence = star();
        let mut bits = change;
        let mut take = |count: u32| {
            let value = bits % count;
            bits /= count;
            value
        };
        let space = evidence.spaces.get_mut(&(take(3) as usize)).unwrap();
        match take(11) {
            0 => space.routes.clear(),
            1 => space.rules.clear(),
            2 => space.node.links.clear(),
            3 => space.node.links.iter_mut().for_each(|link| link.up = false),
            4 => space.node.links.iter_mut().for_each(|link| link.peer = None),
            5 => space.node.links.iter_mut().for_each(|link| link.addresses.clear()),
            6 => space.node.links.iter_mut().for_each(|link| link.master = Some(link.index)),
            7 => space.node.links.iter_mut().for_each(|link| link.kind = Some("vlan".into())),
            8 => space.node.links.iter_mut().for_each(|link| link.peer = Some(Peer { index: link.index, node: None })),
            9 => space.node.links.iter_mut().for_each(|link| link.kind = Some("vxlan".into())),
            _ => space.node.links.iter_mut().for_each(|link| link.kind = Some("bridge".into())),
        }
        let kind = [RTN_UNICAST, RTN_LOCAL, 6, 7, 0][take(5) as usize];
        let output = [2, 1, 0, 99][take(4) as usize];
        let gateway = [None, Some("10.0.0.2"), Some("10.9.9.9")][take(3) as usize].map(|text| text.parse().unwrap());
        for _ in 0..50 {
            let Step::Ask(questions) = reason(&evidence, &goal()) else { break };
            for question in questions {
                match question {
                    Question::Way(asked) if take(2) == 0 => evidence.ways.push((asked, Way::Refused(101))),
                    Question::Way(asked) => {
                        let taken = Taken { kind, output, gateway, source: None };
                        evidence.ways.push((asked, Way::Taken(taken)));
                    }
                    Question::Listeners(place) => drop(evidence.listeners.insert(place, Vec::new())),
                    Question::Space(place) => drop(evidence.spaces.insert(place, Space::default())),
                }
            }
        }
    }
}

#[test]
fn the_route_that_matches_is_found() {
    use super::fib::look_up;
    let mut space = host("10.0.0.1/24", (SWITCH, 3));
    let asked =
        |to: &str| Asked { place: H1, to: to.parse().unwrap(), from: None, input: None, protocol: 1, ports: None };
    let entry = |to: &str, table, metric| Entry {
        table,
        to: to.parse().unwrap(),
        kind: RTN_UNICAST,
        metric,
        protocol: 3,
        special: false,
        hops: vec![EntryHop { via: None, index: 2, dead: false }],
        body: Vec::new(),
    };
    space.routes.extend([
        entry("0.0.0.0/0", 254, 5),
        entry("10.1.0.0/16", 254, 9),
        entry("10.1.0.0/16", 254, 3),
        entry("0.0.0.0/0", 7, 0),
    ]);
    let metric = |space: &Space, to: &str| {
        look_up(space, &asked(to)).map(|found| (found.rule.table, found.entry.unwrap().metric))
    };
    assert_eq!(metric(&space, "10.1.2.3"), Some((254, 3)));
    assert_eq!(metric(&space, "10.2.2.3"), Some((254, 5)));
    assert_eq!(metric(&space, "10.0.0.1"), Some((255, 0)));
    space.rules.insert(1, Rule { priority: 9, action: 1, table: 7, to: "10.2.0.0/16".parse().ok(), ..Rule::default() });
    assert_eq!(metric(&space, "10.2.2.3"), Some((7, 0)));
    space.rules.insert(1, Rule { priority: 8, action: 2, goto: Some(32766), ..Rule::default() });
    assert_eq!(metric(&space, "10.2.2.3"), Some((254, 5)));
    space.routes.iter_mut().for_each(|entry| entry.hops.iter_mut().for_each(|hop| hop.dead = true));
    assert_eq!(metric(&space, "10.2.2.3"), None);
}

fn owner() -> Owner {
    Owner { family: "inet", table: "f".into() }
}

/// What a filter of one chain at the forward hook does with a ping that came in by eth0.
fn filtered(policy: u32, rules: Vec<Vec<Expression>>, sets: Vec<Set>) -> (Outcome, Vec<String>) {
    let chain = |name: &str, hook| Chain {
        owner: owner(),
        name: name.into(),
        hook,
        kind: "filter".into(),
        policy,
        devices: Vec::new(),
    };
    let rule = |(handle, expressions)| FilterRule { owner: owner(), chain: "c".into(), handle, expressions };
    let mut all: Vec<FilterRule> = (1..).zip(rules).map(rule).collect();
    // A chain to jump to, which drops.
    let drop = vec![Expression::Immediate { to: 0, data: Data::Verdict(NF_DROP, String::new()) }];
    all.push(FilterRule { owner: owner(), chain: "deep".into(), handle: 99, expressions: drop });
    let filter =
        Ruleset { chains: vec![chain("c", Some((NF_INET_FORWARD, 0))), chain("deep", None)], rules: all, sets };
    let space = Space { filter, ..Space::default() };
    let packet = Packet {
        from: "10.0.0.1".parse().ok(),
        to: "10.0.0.2".parse().unwrap(),
        protocol: 6,
        ports: (None, Some(80)),
        reply: false,
        input: Some((2, "eth0".into())),
        output: Some((3, "eth1".into())),
    };
    let mut unsure = Vec::new();
    (run(&space, NF_INET_FORWARD, &packet, &mut unsure), unsure)
}

fn verdict(code: u32) -> Expression {
    Expression::Immediate { to: 0, data: Data::Verdict(code, "deep".into()) }
}

fn compare(with: &[u8]) -> Expression {
    Expression::Compare { from: 1, how: NFT_CMP_EQ, with: with.to_vec() }
}

fn payload(base: u32, offset: usize, len: usize) -> Expression {
    Expression::Payload { base, offset, len, to: 1 }
}

#[test]
fn filters_are_followed() {
    let passes = Outcome::Passes { masqueraded: false };
    let is_rule = |outcome: &Outcome, wanted: u64| matches!(outcome, Outcome::Rule { handle, .. } if *handle == wanted);
    let from = || {
        vec![
            payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4),
            Expression::Bits { from: 1, to: 1, mask: vec![255, 255, 0, 0], xor: vec![0; 4] },
            compare(&[10, 0, 0, 0]),
        ]
    };
    let with = |mut rule: Vec<Expression>, last: Expression| {
        rule.push(last);
        rule
    };
    assert_eq!(filtered(NF_ACCEPT, vec![], vec![]).0, passes);
    assert!(matches!(filtered(NF_DROP, vec![], vec![]).0, Outcome::Policy { .. }));
    assert!(is_rule(&filtered(NF_ACCEPT, vec![with(from(), verdict(NF_DROP))], vec![]).0, 1));
    assert_eq!(filtered(NF_DROP, vec![with(from(), verdict(NF_ACCEPT))], vec![]).0, passes);
    assert!(is_rule(&filtered(NF_ACCEPT, vec![vec![Expression::Aside, Expression::Reject]], vec![]).0, 1));
    let port =
        |port: u16| vec![payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2), compare(&port.to_be_bytes()), verdict(NF_DROP)];
    assert!(is_rule(&filtered(NF_ACCEPT, vec![port(22), port(80)], vec![]).0, 2));
    let protocol = vec![Expression::Meta { key: NFT_META_L4PROTO, to: 1 }, compare(&[17]), verdict(NF_DROP)];
    assert_eq!(filtered(NF_ACCEPT, vec![protocol], vec![]).0, passes);
    let mut eth0 = b"eth0".to_vec();
    eth0.resize(16, 0);
    let name = |how| {
        vec![
            Expression::Meta { key: NFT_META_IIFNAME, to: 1 },
            Expression::Compare { from: 1, how, with: eth0.clone() },
            verdict(NFT_JUMP),
        ]
    };
    assert!(is_rule(&filtered(NF_ACCEPT, vec![name(NFT_CMP_EQ)], vec![]).0, 99));
    assert_eq!(filtered(NF_ACCEPT, vec![name(NFT_CMP_NEQ)], vec![]).0, passes);
    assert_eq!(filtered(NF_ACCEPT, vec![vec![verdict(NFT_RETURN)], vec![verdict(NF_DROP)]], vec![]).0, passes);
    let state = |bits: u32| {
        vec![
            Expression::Connection { key: 0, to: 1 },
            Expression::Bits { from: 1, to: 1, mask: bits.to_ne_bytes().to_vec(), xor: vec![0; 4] },
            Expression::Compare { from: 1, how: NFT_CMP_NEQ, with: vec![0; 4] },
            verdict(NF_DROP),
        ]
    };
    assert_eq!(filtered(NF_ACCEPT, vec![state(6)], vec![]).0, passes);
    assert!(is_rule(&filtered(NF_ACCEPT, vec![state(8)], vec![]).0, 1));
}

/// A source port is not known, and an expression may not be understood: that is told, and no verdict.
#[test]
fn what_may_decide_is_told() {
    let passes = Outcome::Passes { masqueraded: false };
    let source = vec![payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2), compare(&[0, 22]), verdict(NF_DROP)];
    let (outcome, unsure) = filtered(NF_ACCEPT, vec![source], vec![]);
    assert_eq!((outcome, unsure.len()), (passes.clone(), 1));
    let (outcome, unsure) =
        filtered(NF_ACCEPT, vec![vec![Expression::Other("limit".into()), verdict(NF_DROP)]], vec![]);
    assert!(outcome == passes && unsure[0].contains("\"limit\""), "{unsure:?}");
}

#[test]
fn sets_are_looked_into() {
    let element = |key: [u8; 4], ends: bool, data| Element {
        key: key.to_vec(),
        key_end: None,
        ends_interval: ends,
        catch_all: false,
        data,
    };
    let set = |flags, elements| Set { owner: owner(), name: "s".into(), flags, key_len: 4, elements };
    let look = |outside| {
        vec![
            payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4),
            Expression::LookUp { from: 1, to: None, set: "s".into(), outside },
            verdict(NF_DROP),
        ]
    };
    let drops =
        |set: Set, outside| matches!(filtered(NF_ACCEPT, vec![look(outside)], vec![set]).0, Outcome::Rule { .. });
    let single = || set(0, vec![element([10, 0, 0, 2], false, None)]);
    assert!(drops(single(), false) && !drops(single(), true));
    // From 10.0.0.0 up to, and without, 10.0.0.3.
    let range = |end: u8| set(4, vec![element([10, 0, 0, 0], false, None), element([10, 0, 0, end], true, None)]);
    assert!(drops(range(3), false) && !drops(range(2), false) && drops(range(2), true));
    let mut map = set(8, vec![element([10, 0, 0, 2], false, Some(Data::Verdict(NF_DROP, String::new())))]);
    let vmap = vec![
        payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4),
        Expression::LookUp { from: 1, to: Some(0), set: "s".into(), outside: false },
    ];
    assert!(matches!(filtered(NF_ACCEPT, vec![vmap.clone()], vec![map.clone()]).0, Outcome::Rule { .. }));
    map.elements[0].key = vec![10, 0, 0, 9];
    assert_eq!(filtered(NF_ACCEPT, vec![vmap], vec![map]).0, Outcome::Passes { masqueraded: false });
}

#[test]
fn commands_of_users_go_by_exec() {
    let remedy = super::Remedy { space: "h1".into(), act: Act::Up { link: "eth0".into(), up: true } };
    assert_eq!(remedy.command_of_user(), "nslab exec h1 nslab ip link set dev eth0 up");
}
