//! `nslab ls`.

use nslab::lab::process::{Doing, Status};
use nslab::lab::{Record, State, Store};
use nslab::{Error, Result};
use serde::Serialize;

use super::Verdict;
use crate::output::{answer, json, remark, report, table};

/// List the labs that are up
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab ls --json")]
pub(super) struct Args {
    /// As JSON: a list of {name, state, nodes, segments, links, processes, file}; `prefix` where there is one, and uplink where there is one
    #[arg(long)]
    json: bool,
}

/// A lab's way out through the machine.
#[derive(Debug, Serialize)]
struct Way {
    node: String,
    interface: String,
    prefixes: Vec<String>,
    nat: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    prefix: String,
    state: &'static str,
    nodes: Vec<String>,
    segments: Vec<String>,
    links: usize,
    processes: Vec<Process>,
    #[serde(skip)]
    supervised: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    uplink: Option<Way>,
    file: String,
}

#[derive(Debug, Serialize)]
struct Process {
    node: String,
    name: String,
    state: String,
    pid: Option<i32>,
    restarts: u32,
}

pub(super) fn run(args: &Args) -> Result<Verdict> {
    let mut rows = Vec::new();
    let mut broken: Option<Error> = None;
    let store = Store::default();
    for (_, record) in store.labs()? {
        match record {
            Ok(record) => rows.push(row(&store, &record)?),
            // The others are still listed; the last failure gives the status.
            Err(error) => {
                if let Some(before) = broken.replace(error) {
                    report(&before);
                }
            }
        }
    }
    if args.json {
        json(&rows)?;
    } else if !rows.is_empty() {
        let head = ["LAB", "STATE", "NODES", "SEGMENTS", "LINKS", "FILE"].map(String::from);
        let lines = rows.iter().map(|row| {
            let file = row.file.clone();
            let counts = [row.nodes.len(), row.segments.len(), row.links].map(|n| n.to_string());
            let [nodes, segments, links] = counts;
            [row.name.clone(), row.state.into(), nodes, segments, links, file]
        });
        answer(&table(std::iter::once(head).chain(lines)))?;
        for row in rows.iter().filter(|row| row.state == "cut off") {
            remark(&format!("lab {0} was cut off half-way: nslab up or nslab down {0} puts it right", row.name));
        }
        for row in rows.iter().filter(|row| !row.supervised) {
            remark(&format!("lab {}: who looks after its processes is gone: nslab up starts them again", row.name));
        }
    }
    broken.map_or(Ok(Verdict::Good), Err)
}

/// What a process is doing, in words.
fn doing(status: &Status) -> String {
    match status.doing {
        Doing::Waiting => "waiting".into(),
        Doing::Running => "running".into(),
        Doing::Ready => "ready".into(),
        Doing::Restarting => "restarting".into(),
        Doing::Exited(status) => format!("exited {status}"),
        Doing::Killed(signal) => format!("killed by signal {signal}"),
        Doing::Failed => "cannot be started".into(),
        Doing::Lost => "lost".into(),
    }
}

fn process(status: Status) -> Process {
    Process {
        state: doing(&status),
        pid: status.handle.map(|handle| handle.pid),
        node: status.id.node.to_string(),
        name: status.id.name.to_string(),
        restarts: status.restarts,
    }
}

/// How far a lab has come, in a word or three.
pub(super) fn state(record: &Record) -> Result<&'static str> {
    Ok(match record.state {
        _ if record.is_of_an_earlier_boot()? => "gone at restart",
        State::Up => "up",
        State::Publishing | State::Changing | State::Leaving => "cut off",
    })
}

fn row(store: &Store, record: &Record) -> Result<Row> {
    let state = state(record)?;
    let names = |switch| {
        let of_kind = record.plan.nodes.iter().filter(|node| node.switch == switch);
        of_kind.map(|node| node.name.to_string()).collect()
    };
    let known = if state == "up" { store.processes(&record.plan.lab)? } else { None };
    Ok(Row {
        name: record.plan.lab.to_string(),
        prefix: record.plan.prefix.to_string(),
        state,
        nodes: names(false),
        segments: names(true),
        links: record.plan.counts().2,
        supervised: known.as_ref().is_none_or(|known| known.supervisor.is_alive()),
        processes: known.into_iter().flat_map(|known| known.processes).map(process).collect(),
        uplink: record.uplink.as_ref().map(|uplink| Way {
            node: uplink.node.to_string(),
            interface: uplink.ifname.clone(),
            prefixes: uplink.prefixes.iter().map(ToString::to_string).collect(),
            nat: uplink.table.is_some(),
        }),
        file: record.file.display().to_string(),
    })
}
