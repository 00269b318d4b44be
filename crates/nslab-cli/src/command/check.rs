//! `nslab check`.

use std::time::Duration;

use nslab::Result;
use nslab::lab::{self, Probed, Record, Store};
use nslab::probe::matrix::{Outcome, Settings};
use nslab::topology::spec::Expect;
use serde::Serialize;

use super::{Ui, Verdict, which};
use crate::output::{answer, count, json, table_of};

/// Larger labs are told as a summary.
const LARGEST_MATRIX: usize = 20;

/// As many of those that do not reach each other are named.
const LONGEST_LIST: usize = 50;

/// Show who reaches whom in a lab, by ping
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab check helloworld\n\n\
    Every node asks for every address of every other, all at once.\n\
    Exit status 1 where somebody does not reach somebody, or reaches whom the lab's `expect` forbids.")]
pub(super) struct Args {
    /// The lab by name or by file; by default that of ./nslab.yaml, or the only one that is up
    lab: Option<String>,
    #[command(flatten)]
    prefixed: which::Prefixed,
    /// Give up on an answer after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, value_parser = seconds)]
    deadline: f64,
    /// As JSON: {lab, good, pairs: [{from, to, address, reached, expected, rtt_ms, reason}]}
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number")?;
    if (0.01..=3600.0).contains(&value) { Ok(value) } else { Err("not between 0.01 and 3600".into()) }
}

#[derive(Debug, Serialize)]
struct Report {
    lab: String,
    good: bool,
    pairs: Vec<Pair>,
}

#[derive(Debug, Serialize)]
struct Pair {
    from: String,
    to: String,
    /// None where the other node has no address.
    address: Option<String>,
    reached: bool,
    /// What the lab's description expects.
    expected: bool,
    rtt_ms: Option<f64>,
    reason: Option<String>,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let record = which::record(&store, args.lab.as_deref(), &args.prefixed)?;
    let settings = Settings { deadline: Duration::from_secs_f64(args.deadline), ..Settings::default() };
    let probed = lab::check(&store, &record, &settings)?;
    let pairs = pairs(&record, &probed);
    let good = pairs.iter().all(|pair| pair.reached == pair.expected);
    if args.json {
        json(&Report { lab: record.plan.lab.to_string(), good, pairs })?;
    } else {
        answer(&text(&record, &pairs, ui))?;
    }
    Ok(if good { Verdict::Good } else { Verdict::No })
}

/// What was probed, and for each node without an address that nobody reaches it.
fn pairs(record: &Record, probed: &[Probed]) -> Vec<Pair> {
    let name = |at: usize| record.nodes.get(at).map_or_else(String::new, |node| node.name.to_string());
    let mut pairs: Vec<Pair> = probed
        .iter()
        .map(|probed| {
            let (rtt_ms, reason) = match probed.outcome {
                // To the microsecond, which is more than the clock is good for.
                Outcome::Reached { round_trip } => (Some((round_trip.as_secs_f64() * 1e6).round() / 1e3), None),
                Outcome::NotReached(reason) => (None, Some(reason.to_string())),
            };
            let (from, to) = (name(probed.from), name(probed.to));
            let expected = expected(record, &from, &to);
            Pair {
                from,
                to,
                expected,
                address: Some(probed.address.to_string()),
                reached: rtt_ms.is_some(),
                rtt_ms,
                reason,
            }
        })
        .collect();
    let addresses = record.plan.addresses();
    for (to, _) in record.hosts().filter(|(to, _)| addresses.get(*to).is_none_or(Vec::is_empty)) {
        for (from, _) in record.hosts().filter(|(from, _)| *from != to) {
            let reason = Some("it has no address".into());
            let (from, to) = (name(from), name(to));
            let expected = expected(record, &from, &to);
            pairs.push(Pair { from, to, expected, address: None, reached: false, rtt_ms: None, reason });
        }
    }
    pairs
}

/// Everyone is to reach everyone, unless the description says otherwise.
fn expected(record: &Record, from: &str, to: &str) -> bool {
    let is_pair = |expect: &&Expect| expect.from.as_str() == from && expect.to.as_str() == to;
    record.plan.expect.iter().find(is_pair).is_none_or(|expect| expect.reach)
}

fn text(record: &Record, pairs: &[Pair], ui: Ui) -> String {
    let mut text = String::new();
    if record.hosts().count() <= LARGEST_MATRIX && !ui.quiet {
        text.push_str(&matrix(record, pairs));
    }
    let lost: Vec<&Pair> = pairs.iter().filter(|pair| pair.reached != pair.expected).collect();
    for pair in lost.iter().take(LONGEST_LIST) {
        let address = pair.address.as_ref().map(|address| format!(" at {address}")).unwrap_or_default();
        let reason = pair.reason.as_deref().unwrap_or("no answer");
        text.push_str(&if pair.reached {
            format!("{} reaches {}{address}, which it must not\n", pair.from, pair.to)
        } else {
            format!("{} does not reach {}{address}: {reason}\n", pair.from, pair.to)
        });
    }
    if lost.len() > LONGEST_LIST {
        text.push_str(&format!("and {} more\n", lost.len() - LONGEST_LIST));
    }
    text.push_str(&match (lost.len(), pairs.len()) {
        (_, 0) => "there is nobody to reach\n".into(),
        (0, all) if pairs.iter().all(|pair| pair.reached) => format!("all reached: {}\n", count(all, "address pair")),
        (0, all) => format!("as expected: {}\n", count(all, "address pair")),
        (lost, all) if pairs.iter().all(|pair| pair.expected) => {
            format!("not reached: {lost} of {}\n", count(all, "address pair"))
        }
        (lost, all) => format!("not as expected: {lost} of {}\n", count(all, "address pair")),
    });
    text
}

/// Rows ask, columns are asked. A cell has the shortest round trip where every address is reached.
fn matrix(record: &Record, pairs: &[Pair]) -> String {
    let names: Vec<String> = record.hosts().map(|(_, node)| node.name.to_string()).collect();
    let cell = |from: &String, to: &String| {
        let between: Vec<&Pair> = pairs.iter().filter(|pair| pair.from == *from && pair.to == *to).collect();
        let reached: Vec<f64> = between.iter().filter_map(|pair| pair.rtt_ms).collect();
        match reached.len() {
            _ if from == to => ".".into(),
            0 => "no".into(),
            n if n < between.len() => format!("{n} of {}", between.len()),
            _ => format!("{:.3} ms", reached.iter().copied().fold(f64::INFINITY, f64::min)),
        }
    };
    let head = std::iter::once(String::from("from \\ to")).chain(names.iter().cloned()).collect();
    let row = |from: &String| std::iter::once(from.clone()).chain(names.iter().map(|to| cell(from, to))).collect();
    table_of(std::iter::once(head).chain(names.iter().map(row)))
}
