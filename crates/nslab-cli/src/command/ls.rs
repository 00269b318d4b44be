//! `nslab ls`.

use nslab::lab::process::Status;
use nslab::lab::{Record, Store};
use nslab::{Error, Result};
use serde::Serialize;

use super::Verdict;
use crate::output::{answer, json, remark, report, table_of};

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

/// A process of a lab, and what it is doing.
#[derive(Debug, Serialize)]
pub(super) struct Process {
    pub(super) node: String,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) pid: Option<i32>,
    pub(super) restarts: u32,
    /// `up` would not start it again.
    #[serde(skip)]
    pub(super) good: bool,
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
        answer(&text(&rows))?;
        for row in rows.iter().filter(|row| row.state == "cut off") {
            remark(&format!("lab {0} was cut off half-way: nslab up or nslab down {0} puts it right", row.name));
        }
        for row in rows.iter().filter(|row| !row.supervised) {
            remark(&format!("lab {}: who looks after its processes is gone: nslab up starts them again", row.name));
        }
    }
    broken.map_or(Ok(Verdict::Good), Err)
}

/// What no lab has has no column.
fn text(rows: &[Row]) -> String {
    let processes = rows.iter().any(|row| !row.processes.is_empty());
    let uplinks = rows.iter().any(|row| row.uplink.is_some());
    let line = |cells: [String; 8]| -> Vec<String> {
        let [name, state, nodes, segments, links, of_processes, uplink, file] = cells;
        let mut line = vec![name, state, nodes, segments, links];
        line.extend(processes.then_some(of_processes));
        line.extend(uplinks.then_some(uplink));
        line.push(file);
        line
    };
    let head = ["LAB", "STATE", "NODES", "SEGMENTS", "LINKS", "PROCESSES", "UPLINK", "FILE"].map(String::from);
    let lines = rows.iter().map(|row| {
        let (all, good) = (row.processes.len(), row.processes.iter().filter(|process| process.good).count());
        let of_processes = if good == all { all.to_string() } else { format!("{good} of {all}") };
        let [nodes, segments, links] = [row.nodes.len(), row.segments.len(), row.links].map(|n| n.to_string());
        let uplink = row.uplink.as_ref().map_or("-", |way| way.node.as_str());
        line([
            row.name.clone(),
            row.state.into(),
            nodes,
            segments,
            links,
            of_processes,
            uplink.into(),
            row.file.clone(),
        ])
    });
    table_of(std::iter::once(line(head)).chain(lines))
}

pub(super) fn process(status: Status) -> Process {
    Process {
        good: status.is_good(),
        state: status.doing.to_string(),
        pid: status.handle.map(|handle| handle.pid),
        node: status.id.node.to_string(),
        name: status.id.name.to_string(),
        restarts: status.restarts,
    }
}

/// How far a lab has come, in a word or three.
pub(super) fn state(store: &Store, record: &Record) -> Result<&'static str> {
    if record.is_of_an_earlier_boot()? {
        return Ok("gone at restart");
    }
    let Some(under_way) = record.state.under_way() else { return Ok("up") };
    Ok(if store.at_work(&record.plan.lab).is_some() { under_way } else { "cut off" })
}

fn row(store: &Store, record: &Record) -> Result<Row> {
    let state = state(store, record)?;
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
