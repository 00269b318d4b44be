//! Netlink requests that fail, each in turn: refused, or done with the answer lost. Nothing is left of a lab that was not
//! made, one that was not changed is as it was, and the message says at which step of which object.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nslab::lab::{self, State, Store};
use nslab::netlink::fault::{self, Fault, WORDS, Which};
use nslab::topology::plan::Plan;
use nslab::topology::spec;
use nslab::{Error, Result};

use crate::lab::{Seen, seen};
use crate::{Needs, Test};

pub(crate) const TESTS: &[Test] = &[
    ("fault::up_at_each_request", Needs::Nothing, up_at_each),
    ("fault::links_that_change_with_each_request_refused", Needs::Nothing, || change_at_each(&LINKS, Fault::Refused)),
    ("fault::links_that_change_with_each_answer_lost", Needs::Nothing, || change_at_each(&LINKS, Fault::Lost)),
    ("fault::settings_that_change_with_each_request_refused", Needs::Nothing, || {
        change_at_each(&SETTINGS, Fault::Refused)
    }),
    ("fault::settings_that_change_with_each_answer_lost", Needs::Nothing, || change_at_each(&SETTINGS, Fault::Lost)),
    ("fault::a_change_of_an_uplink_at_each_request", Needs::Nothing, uplink_at_each),
    ("fault::down_at_each_request", Needs::Nothing, down_at_each),
];

/// Something of everything that this kernel has.
const LAB: &str = "
name: t
nodes:
  r:
    forward: true
    addresses: { lo: 10.255.0.1/32 }
    sysctl: { net.ipv4.ip_default_ttl: 77 }
    routes: [ blackhole 10.66.0.0/16 ]
    interfaces:
      mv: { kind: macvlan, link: wan, addresses: 10.8.0.1/24 }
      br: { kind: bridge, ports: [ in ], addresses: 10.7.0.1/24 }
      tn: { kind: tun, addresses: 10.6.0.1/24 }
routing: auto
segments: { lan: { prefix: 10.0.0.0/24, members: [ a, r ] } }
links:
  - \"r:wan 10.9.0.1/30 2001:db8::1/64 -- far:wan 10.9.0.2/30 2001:db8::2/64 { rate: 10mbit }\"
  - r:in -- far
  - { kind: vxlan, id: 7, a: { node: r, addresses: [ 10.5.0.1/24 ] }, b: { node: far, addresses: [ 10.5.0.2/24 ] } }
";

fn plan(text: &str) -> Plan {
    Plan::new(&spec::parse(text, Path::new("t.yaml")).unwrap())
}

fn up(plan: &Plan) -> Result<lab::Up> {
    lab::up(&Store::default(), Path::new("/t.yaml"), plan, false, || panic!("nobody has the lock"))
}

fn down() -> Result<lab::Down> {
    lab::down(&Store::default(), &"t".parse().unwrap(), || panic!("nobody has the lock"))
}

/// What a message may name: the kind of object, or the object.
const OBJECTS: &[&str] = &[
    "r",
    "a",
    "b",
    "far",
    "lan",
    "t",
    "uplink",
    "nslab-t",
    "nslab",
    "links",
    "addresses",
    "routes",
    "link",
    "id",
    "macvlan",
    "bridge",
    "vxlan",
    "NAT",
    "tbf",
    "namespace",
    "settings",
    "interfaces",
];

/// The message says what was tried, on what, and what the kernel said.
fn check_words(error: &Error, fault: Fault, said: &mut BTreeSet<String>) {
    let text = error.to_string();
    let kernel = if fault == Fault::Refused { WORDS } else { "No buffer space available" };
    let (step, _) = text.split_once(kernel).unwrap_or_else(|| panic!("not the kernel's words: {text}"));
    let mut words = step.split(|c: char| !c.is_alphanumeric() && c != '-');
    assert!(words.any(|word| OBJECTS.contains(&word) || word.starts_with("nsl-")), "of which object? {text}");
    assert!(step.split(' ').count() > 2, "which step? {text}");
    said.insert(step.lines().next_back().unwrap_or(step).to_owned());
}

/// Does something again and again, with each of its requests failing in turn, in both ways. `check` looks at what came
/// of it, and makes sure that all is as before.
fn each(
    mut begin: impl FnMut(),
    mut act: impl FnMut() -> Result<()>,
    mut check: impl FnMut(&Result<()>),
) -> BTreeSet<String> {
    let mut said = each_of(Fault::Refused, &mut begin, &mut act, &mut check);
    said.extend(each_of(Fault::Lost, begin, act, check));
    said
}

/// The same in one way.
fn each_of(
    fault: Fault,
    mut begin: impl FnMut(),
    mut act: impl FnMut() -> Result<()>,
    mut check: impl FnMut(&Result<()>),
) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for which in [Which::Changes, Which::Questions] {
        for nth in 1.. {
            begin();
            fault::arm(nth, fault, which);
            let done = act();
            if !fault::disarm() {
                done.unwrap();
                check(&Ok(()));
                break;
            }
            // A request may be one that nothing hangs on.
            if let Err(error) = &done {
                check_words(error, fault, &mut said);
            }
            check(&done);
        }
    }
    said
}

fn up_at_each() {
    let (plan, before) = (plan(LAB), seen());
    let said = each(
        || (),
        || up(&plan).map(drop),
        |done| {
            if done.is_ok() {
                down().unwrap();
            }
            assert_eq!(seen(), before);
        },
    );
    // Of nodes and cables, which are made at the same time, not each may have its turn.
    for step in ["making node ", "laying cable ", "impairing ", "adding address ", "bringing up "] {
        assert!(said.iter().any(|said| said.starts_with(step)), "{step:?} in {said:#?}");
    }
    for step in [
        "making macvlan r:mv: ",
        "making in a port of r:br: ",
        "making vxlan far:vxlan0: ",
        "bringing up lan:br0: ",
        "adding route to r: blackhole 10.66.0.0/16: ",
    ] {
        assert!(said.contains(step), "{step:?} in {said:#?}");
    }
}

/// What there is of the lab, without what changes by itself.
#[derive(Debug, PartialEq, Eq)]
struct Now {
    machine: Seen,
    nodes: Vec<String>,
}

fn now(store: &Store) -> Now {
    let record = store.read(&"t".parse().unwrap()).unwrap();
    assert_eq!(record.state, State::Up);
    let mut nodes = Vec::new();
    for (name, node) in lab::reality(store, &record).unwrap().nodes {
        let mut node = node.unwrap_or_else(|| panic!("{name} is gone"));
        let index_at = |index: u32| node.links.iter().find(|link| link.index == index).map(|link| link.name.clone());
        let masters: Vec<_> = node.links.iter().map(|link| link.master.and_then(index_at)).collect();
        nodes.push(format!("{name} {:?} {:?} {:?}", node.forward_v4, node.forward_v6, node.sysctl));
        for (link, master) in node.links.iter_mut().zip(masters) {
            let mut addresses: Vec<_> =
                link.addresses.iter().map(|it| format!("{} {}", it.prefix, it.flags & 0x80)).collect();
            addresses.retain(|address| !address.starts_with("fe80"));
            addresses.sort();
            let (mac, kind) = (link.mac, link.kind.as_deref());
            nodes.push(format!(
                "{name}:{} {kind:?} {mac:?} {} {} {} {master:?} {:?} {addresses:?}",
                link.name, link.mtu, link.up, link.promotes, link.impair
            ));
        }
        let mut routes: Vec<String> =
            node.routes.iter().map(|it| format!("{name} route {} {}", it.way, it.protocol)).collect();
        routes.retain(|route| !route.contains("fe80"));
        routes.sort();
        nodes.append(&mut routes);
    }
    let mut machine = seen();
    // Ports are added and taken away in another order, and so are indexes.
    machine.links.clear();
    nodes.sort();
    Now { machine, nodes }
}

/// A lab, its change, and steps that the messages tell of.
struct Changed {
    edits: &'static [(&'static str, &'static str)],
    steps: &'static [&'static str],
}

/// Links, interfaces and nodes that come and go.
const LINKS: Changed = Changed {
    edits: &[("[ a, r ]", "[ a, r, b ]"), ("id: 7", "id: 8"), ("r:in -- far", "r:in -- far:new")],
    steps: &[
        "making node b: bringing up b:lo: ",
        "r:vxlan0: vxlan: ",
        "ip -n r link delete vxlan0: ",
        "ip -n r link delete in: ",
        "ip -n r link set in master br: ",
        "ip -n b route add default via 10.0.0.2 dev eth0: ",
    ],
};

/// What is changed of them in place.
const SETTINGS: Changed = Changed {
    edits: &[
        ("rate: 10mbit", "rate: 20mbit"),
        ("_ttl: 77", "_ttl: 78"),
        ("10.9.0.2/30 ", "10.9.0.2/30 10.9.1.1/24 "),
        ("10.255.0.1/32", "10.255.0.2/32"),
        ("link: wan, addresses: 10.8.0.1/24", "link: wan, mode: vepa, addresses: 10.8.0.2/24"),
        ("10.66.0.0/16", "10.67.0.0/16"),
    ],
    steps: &[
        "nslab set r:wan rate 20mbit: ",
        "ip -n r link set mv type macvlan mode vepa: ",
        "ip -n far address add 10.9.1.1/24 dev wan: ",
        "ip -n r address delete 10.255.0.1/32 dev lo: ",
        "ip -n r route delete blackhole 10.66.0.0/16: ",
        "ip -n r route add blackhole 10.67.0.0/16: ",
    ],
};

fn change_at_each(changed: &Changed, fault: Fault) {
    let store = Store::default();
    let first = plan(LAB);
    let edited = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let second = plan(&changed.edits.iter().fold(LAB.to_owned(), edited));
    up(&first).unwrap();
    let before = now(&store);
    let said = each_of(
        fault,
        || (),
        || up(&second).map(drop),
        |done| match done {
            Ok(()) => {
                assert!(lab::compare(&store, &second).unwrap().changes.is_empty());
                up(&first).unwrap();
                assert_eq!(now(&store), before);
            }
            Err(error) => {
                assert_eq!(now(&store), before, "{error}");
                assert!(!error.to_string().contains("could not be put back"), "{error}");
            }
        },
    );
    for step in changed.steps {
        assert!(said.contains(*step), "{step:?} in {said:#?}");
    }
    down().unwrap();
}

const UPLINK: &str = "
name: t
routing: auto
nodes: { r: { forward: true } }
links: [ a 10.0.0.1/24 -- r 10.0.0.2/24 ]
uplink: { node: r, prefix: 192.0.2.0/30 }
";

fn uplink_at_each() {
    if nslab::netlink::Connection::netfilter().is_err() {
        return;
    }
    let (store, untouched) = (Store::default(), seen());
    let first = plan(UPLINK);
    let second = plan(&UPLINK.replace("192.0.2.0/30", "192.0.2.4/30").replace("10.0.0.1/24", "10.0.0.3/24"));
    let made = each(
        || (),
        || up(&first).map(drop),
        |done| {
            if done.is_ok() {
                down().unwrap();
            }
            assert_eq!(seen(), untouched);
        },
    );
    for step in ["adding the default route by r:uplink: ", "bringing up r:uplink: "] {
        assert!(made.contains(step), "{step:?} in {made:#?}");
    }
    up(&first).unwrap();
    each(
        || (),
        || up(&second).map(drop),
        |done| {
            if done.is_ok() {
                up(&first).unwrap();
            }
            let found = lab::compare(&store, &first).unwrap();
            assert!(found.changes.is_empty(), "{:?} after {done:?}", found.changes);
        },
    );
    // Parts that are put back.
    each(
        || {
            let setting = fs::read_dir("/proc/sys/net/ipv4/conf").unwrap().map(|entry| entry.unwrap().path());
            let end = setting.into_iter().find(|path| path.to_string_lossy().contains("nsl-")).unwrap();
            fs::write(end.join("forwarding"), "0").unwrap();
        },
        || up(&first).map(drop),
        |done| {
            up(&first).unwrap();
            assert!(lab::compare(&store, &first).unwrap().changes.is_empty(), "{done:?}");
        },
    );
    down().unwrap();
    assert_eq!(seen(), untouched);
}

fn down_at_each() {
    let (plan, before) = (plan(LAB), seen());
    each(
        || drop(up(&plan).unwrap()),
        || down().map(drop),
        |done| {
            if done.is_err() {
                down().unwrap();
            }
            assert_eq!(seen(), before);
        },
    );
}
