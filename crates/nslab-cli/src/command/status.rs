//! `nslab status`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use nslab::Result;
use nslab::lab::{self, Reality, Record, Store};
use nslab::topology::observe::seen;
use nslab::topology::plan::NodePlan;
use nslab::types::NodeName;
use serde::Serialize;

use super::{Verdict, ls, which};
use crate::output::{answer, json, table};

/// Show what is really there of a lab that is up
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab status helloworld\n\n\
    Exit status 1 where something of the lab is missing, a process of it has failed, or it was cut off.")]
pub(super) struct Args {
    /// The lab, or its file; by default that of ./nslab.yaml, or the only one
    lab: Option<String>,
    /// As JSON: {lab, state, nodes: [{name, switch, missing, interfaces: [{name, state, kind, …}]}], processes, uplink}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

#[derive(Debug, Serialize)]
struct Lab {
    lab: String,
    state: &'static str,
    nodes: Vec<Node>,
    processes: Vec<ls::Process>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uplink: Option<Uplink>,
}

#[derive(Debug, Serialize)]
struct Uplink {
    node: String,
    /// What is not there of it, though its cable is.
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Node {
    name: String,
    switch: bool,
    missing: bool,
    interfaces: Vec<Interface>,
}

#[derive(Debug, Serialize)]
struct Interface {
    /// As `node:ifname`.
    name: String,
    state: &'static str,
    kind: Option<String>,
    mac: Option<String>,
    mtu: Option<u32>,
    master: Option<String>,
    peer: Option<String>,
    addresses: Vec<String>,
    impair: Option<String>,
    #[serde(skip)]
    shown: Shown,
}

/// What of an interface people are shown.
#[derive(Debug, Default)]
struct Shown {
    /// Not a loopback interface as each node has it, or that of a switch.
    is: bool,
    /// Without what the kernel gives to every interface.
    addresses: Vec<String>,
}

/// What an interface is that is not there.
const MISSING: &str = "missing";

pub(super) fn run(args: &Args) -> Result<Verdict> {
    let store = Store::default();
    let record = which::record(&store, args.lab.as_deref(), &args.prefixed)?;
    let lab = lab_of(&store, &record, &lab::reality(&store, &record)?)?;
    let whole = lab.state == "up"
        && lab.nodes.iter().all(|node| !node.missing && node.interfaces.iter().all(|it| it.state != MISSING))
        && lab.processes.iter().all(|process| process.good)
        && lab.uplink.iter().all(|uplink| uplink.missing.is_empty());
    if args.json {
        json(&lab)?;
    } else {
        answer(&text(&lab))?;
    }
    Ok(if whole { Verdict::Good } else { Verdict::No })
}

fn lab_of(store: &Store, record: &Record, reality: &Reality) -> Result<Lab> {
    let plan = &record.plan;
    let mut nodes = Vec::new();
    for (at, planned) in plan.nodes.iter().enumerate() {
        let found = reality.nodes.iter().find(|(name, _)| *name == planned.name).and_then(|(_, node)| node.as_ref());
        let links = found.map(|node| node.links.as_slice()).unwrap_or_default();
        let interface = |link| interface(record, reality, planned, found, link);
        let mut interfaces: Vec<Interface> =
            links.iter().filter(|link| !link.is_kernels_own()).map(interface).collect();
        let there: BTreeSet<&str> = links.iter().map(|link| link.name.as_str()).collect();
        let ports = plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]).filter(|port| port.node == at);
        let devices = plan.devices.iter().filter(|device| device.node == at);
        let uplink = plan.uplink.iter().filter(|uplink| uplink.node == at);
        let names = ports.map(|it| &it.ifname).chain(devices.map(|it| &it.ifname)).chain(uplink.map(|it| &it.ifname));
        let gone = names.map(|name| name.as_str()).filter(|name| found.is_some() && !there.contains(name));
        interfaces.extend(gone.map(|ifname| missing(&planned.name, ifname)));
        let name = planned.name.to_string();
        nodes.push(Node { name, switch: planned.switch, missing: found.is_none(), interfaces });
    }
    let state = ls::state(store, record)?;
    let known = if state == "up" { store.processes(&plan.lab)? } else { None };
    let processes = known.into_iter().flat_map(|known| known.processes).map(ls::process).collect();
    let missing = reality.uplink.iter().map(ToString::to_string).collect();
    let uplink = record.uplink.as_ref().map(|uplink| Uplink { node: uplink.node.to_string(), missing });
    Ok(Lab { lab: plan.lab.to_string(), state, nodes, processes, uplink })
}

fn missing(node: &NodeName, ifname: &str) -> Interface {
    Interface {
        name: format!("{node}:{ifname}"),
        state: MISSING,
        kind: None,
        mac: None,
        mtu: None,
        master: None,
        peer: None,
        addresses: Vec::new(),
        impair: None,
        shown: Shown { is: true, addresses: Vec::new() },
    }
}

fn interface(
    record: &Record,
    reality: &Reality,
    planned: &NodePlan,
    seen: Option<&seen::Node>,
    link: &seen::Link,
) -> Interface {
    let node = &planned.name;
    let state = match (link.up, link.carrier) {
        (false, _) => "down",
        (true, false) => "no carrier",
        (true, true) => "up",
    };
    let is_loopback = link.kind.is_none() && link.name == "lo";
    let plain: Vec<String> = link.addresses.iter().filter(|it| !is_given(it, is_loopback)).map(shown).collect();
    let uplink = record.uplink.as_ref().filter(|uplink| {
        let in_plan = record.plan.uplink.as_ref();
        uplink.node == *node && in_plan.is_some_and(|in_plan| in_plan.ifname.as_str() == link.name)
    });
    let far = |peer: seen::Peer| {
        let (node, seen) = reality.nodes.get(peer.node?)?;
        Some(format!("{node}:{}", seen.as_ref()?.link_at(peer.index)?.name))
    };
    let master = link.master.and_then(|index| seen?.link_at(index));
    Interface {
        name: format!("{node}:{}", link.name),
        state,
        kind: link.kind.clone(),
        mac: link.mac.as_ref().map(ToString::to_string),
        mtu: Some(link.mtu),
        master: master.map(|master| format!("{node}:{}", master.name)),
        peer: match uplink {
            Some(uplink) => Some(format!("(machine):{}", uplink.ifname)),
            None => link.peer.and_then(far),
        },
        addresses: link.addresses.iter().map(shown).collect(),
        impair: link.impair.as_ref().map(ToString::to_string),
        shown: Shown { is: !is_loopback || (!link.up && !planned.switch) || !plain.is_empty(), addresses: plain },
    }
}

fn shown(address: &seen::Address) -> String {
    match address.peer {
        Some(peer) => format!("{} peer {peer}/{}", address.prefix.address(), address.prefix.len()),
        None => address.prefix.to_string(),
    }
}

/// What the kernel gives to every interface: not what anybody looks for.
fn is_given(address: &seen::Address, is_loopback: bool) -> bool {
    match address.prefix.address() {
        IpAddr::V6(ip) => ip.is_unicast_link_local() || (is_loopback && ip.is_loopback()),
        IpAddr::V4(ip) => is_loopback && ip == std::net::Ipv4Addr::LOCALHOST,
    }
}

/// One line for each interface; a node without any has a line of its own.
fn text(lab: &Lab) -> String {
    let head = ["INTERFACE", "STATE", "PEER", "ADDRESSES", "IMPAIRED"].map(String::from);
    let or_none = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let mut rows = vec![head];
    for node in &lab.nodes {
        let shown: Vec<&Interface> = node.interfaces.iter().filter(|it| it.shown.is).collect();
        if shown.is_empty() {
            let state = if node.missing { MISSING } else { "up" };
            rows.push([node.name.clone(), state.into(), "-".into(), "-".into(), String::new()]);
        }
        rows.extend(shown.into_iter().map(|it| {
            let peer = or_none(it.peer.clone().unwrap_or_default());
            let impair = it.impair.clone().unwrap_or_default();
            [it.name.clone(), it.state.into(), peer, or_none(it.shown.addresses.join(" ")), impair]
        }));
    }
    if rows.iter().skip(1).all(|[.., impair]| impair.is_empty()) {
        rows.iter_mut().take(1).for_each(|[.., impair]| impair.clear());
    }
    let mut text = format!("lab {}: {}\n{}", lab.lab, lab.state, table(rows));
    if !lab.processes.is_empty() {
        let head = ["PROCESS", "STATE", "PID", "RESTARTS"].map(String::from);
        let line = |it: &ls::Process| {
            let pid = it.pid.map_or_else(|| "-".into(), |pid| pid.to_string());
            [format!("{}/{}", it.node, it.name), it.state.clone(), pid, it.restarts.to_string()]
        };
        text.push_str(&table(std::iter::once(head).chain(lab.processes.iter().map(line))));
    }
    for missing in lab.uplink.iter().flat_map(|uplink| &uplink.missing) {
        text.push_str(&format!("missing of the uplink: {missing}\n"));
    }
    text
}
