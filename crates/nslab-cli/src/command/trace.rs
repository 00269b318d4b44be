//! `nslab trace`: the way that packets take, with the lab's names.

mod nodes;
mod text;

use std::net::IpAddr;
use std::time::Duration;

use nslab::lab::{self, Store};
use nslab::probe::trace::{self, Ended, Hop, Settings};
use nslab::probe::{Family, ProbeSocket};
use nslab::{Error, Result};
use serde::Serialize;

use super::{Ui, Verdict, which};
use crate::output::{answer, json};
use nodes::Nodes;

/// Show the way that packets take from a node to another, and where it ends
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab trace ns1 ns2\n\n\
    Every hop is asked by ICMP echo, several at once, and told by the node and the interface that answers.\n\n\
    Exit status 1 where the way does not end at the target.")]
pub(super) struct Args {
    /// The node that it starts from, or LAB/NODE
    from: String,
    /// Where it goes: a node of the lab, NODE:IFNAME, or any address
    to: String,
    /// The lab by name or by file, where several have the node
    lab: Option<String>,
    /// To an IPv4 address of the node
    #[arg(short = '4', conflicts_with = "six")]
    four: bool,
    /// To an IPv6 address of the node
    #[arg(short = '6')]
    six: bool,
    /// Give up on an answer after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, value_parser = seconds)]
    deadline: f64,
    /// Follow no more hops than these
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u8).range(1..))]
    hops: u8,
    /// As JSON: {lab, from, to, address, reached, end, reason, hops: [{hop, node, ifname, address, rtt_ms, says}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number")?;
    if (0.01..=3600.0).contains(&value) { Ok(value) } else { Err("not between 0.01 and 3600".into()) }
}

/// The way and what is to be said of it.
#[derive(Debug, Serialize)]
struct Report {
    lab: String,
    from: String,
    /// The node that has the address, if it is one of the lab's.
    to: Option<String>,
    address: IpAddr,
    reached: bool,
    end: &'static str,
    /// Why it is not reached.
    reason: Option<String>,
    hops: Vec<Told>,
}

/// A hop, all but its number unknown if it says nothing.
#[derive(Debug, Serialize)]
struct Told {
    hop: u8,
    node: Option<String>,
    ifname: Option<String>,
    address: Option<IpAddr>,
    rtt_ms: Option<f64>,
    /// What it says other than that it passes packets on.
    says: Option<String>,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let word = match args.lab.is_some() || args.prefixed.prefix.is_some() {
        true => format!("{}/{}", which::record(&store, args.lab.as_deref(), &args.prefixed)?.plan.lab, args.from),
        false => args.from.clone(),
    };
    let found = which::node(&store, &word)?;
    let record = store.read(&found.lab)?;
    let nodes = Nodes::new(&record, &lab::reality(&store, &record)?);
    let from = found.node.name.as_str();
    if nodes.is_switch(from) {
        return Err(Error::invalid(format!("{from} is a switch: it has no address to send from")));
    }
    let family = match (args.four, args.six) {
        (true, _) => Some(Family::V4),
        (_, true) => Some(Family::V6),
        _ => None,
    };
    let target = nodes.target(from, &args.to, family)?;
    let namespace = store.open_node(&found.lab, &found.node)?;
    let family = Family::of(target);
    let socket = namespace.enter(move || ProbeSocket::open(family))??;
    let settings =
        Settings { most_hops: args.hops, deadline: Duration::from_secs_f64(args.deadline), ..Settings::default() };
    let way = trace::trace(&socket, target, &settings)?;
    let report = Report {
        lab: found.lab.to_string(),
        from: from.into(),
        to: nodes.owner(target).map(|owner| owner.node.clone()),
        address: target,
        reached: way.ended == Ended::Reached,
        end: end(way.ended),
        reason: text::reason(&nodes, from, target, &way),
        hops: way.hops.iter().map(|hop| told(&nodes, hop)).collect(),
    };
    if args.json {
        json(&report)?;
    } else {
        answer(&text::of(&report, ui.quiet))?;
    }
    Ok(if report.reached { Verdict::Good } else { Verdict::No })
}

fn end(ended: Ended) -> &'static str {
    match ended {
        Ended::Reached => "reached",
        Ended::Refused => "refused",
        Ended::Loop { .. } => "loop",
        Ended::NoAnswer => "no answer",
        Ended::Unsent { .. } => "unsent",
    }
}

fn told(nodes: &Nodes, hop: &Hop) -> Told {
    let owner = hop.answer.and_then(|answer| nodes.owner(answer.from));
    Told {
        hop: hop.ttl,
        node: owner.map(|owner| owner.node.clone()),
        ifname: owner.map(|owner| owner.ifname.clone()),
        address: hop.answer.map(|answer| answer.from),
        // To the microsecond, which is more than the clock is good for.
        rtt_ms: hop.answer.map(|answer| (answer.round_trip.as_secs_f64() * 1e6).round() / 1e3),
        says: hop.answer.and_then(|answer| text::says(&answer)),
    }
}
