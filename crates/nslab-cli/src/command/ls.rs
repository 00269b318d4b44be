//! `nslab ls`.

use nslab::lab::holder::Found;
use nslab::lab::process::Status;
use nslab::lab::{Record, Store};
use nslab::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::{Verdict, rootless, shell};
use crate::output::{answer, json, remark, report, table_of};

/// List the labs that are up
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab ls --json")]
pub(super) struct Args {
    /// As JSON: a list of {name, state, nodes, segments, links, processes, file}; `prefix`, `uplink` and, for a lab that is another user's, `user` where there is one
    #[arg(long)]
    json: bool,
}

/// A lab's way out through the machine.
#[derive(Debug, Serialize, Deserialize)]
struct Way {
    node: String,
    interface: String,
    prefixes: Vec<String>,
    nat: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Row {
    name: String,
    /// Whose it is, where that is not the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    prefix: String,
    state: String,
    nodes: Vec<String>,
    segments: Vec<String>,
    links: usize,
    processes: Vec<Process>,
    #[serde(skip)]
    abandoned: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uplink: Option<Way>,
    file: String,
}

/// A process of a lab, and what it is doing.
#[derive(Debug, Serialize, Deserialize)]
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
    // The others are still listed; the last failure gives the status.
    let mut tell = |error: Error| {
        if let Some(before) = broken.replace(error) {
            report(&before);
        }
    };
    let user = if rootless::is_root() { None } else { Some(String::from("root")) };
    add(&Store::default(), user.as_ref(), &mut rows, &mut tell)?;
    for (name, found) in rootless::held()? {
        match found {
            Ok(Found::Alive(holder)) => {
                let before = rows.len();
                add(&holder.store(), None, &mut rows, &mut tell)?;
                if rows.len() == before && holder.is_complete() {
                    rows.push(Row::without_record(name.display().to_string(), "cut off"));
                }
            }
            Ok(Found::Ended) => rows.push(Row::without_record(name.display().to_string(), "gone")),
            Err(error) => tell(error),
        }
    }
    for (name, found) in shell::held()? {
        match found {
            Ok(Found::Alive(holder)) => rows.push(Row::of_sandbox(name.display().to_string(), holder.names())),
            Ok(Found::Ended) => {}
            // Of a user's, which root joined, or in a container.
            Err(error) if error.kind() == ErrorKind::Permission => {}
            Err(error) => tell(error),
        }
    }
    rows.extend(rootless::rows_of_users());
    rows.sort_by(|a, b| (a.user.is_some(), &a.name, &a.user).cmp(&(b.user.is_some(), &b.name, &b.user)));
    if args.json {
        json(&rows)?;
    } else if !rows.is_empty() {
        answer(&text(&rows))?;
        rows.iter().for_each(advise);
    }
    broken.map_or(Ok(Verdict::Good), Err)
}

/// The labs of a store, all of one user.
fn add(store: &Store, user: Option<&String>, rows: &mut Vec<Row>, tell: &mut impl FnMut(Error)) -> Result<()> {
    for (_, record) in store.labs()? {
        match record {
            Ok(record) => rows.push(Row { user: user.cloned(), ..row(store, &record)? }),
            Err(error) => tell(error),
        }
    }
    Ok(())
}

/// What to do about a lab that is not as it should be.
fn advise(row: &Row) {
    let name = &row.name;
    match row.state.as_str() {
        "cut off" => remark(&format!("lab {name} was cut off half-way: nslab up or nslab down {name} puts it right")),
        "gone" => {
            remark(&format!(
                "lab {name} is gone: the process that held it has ended; nslab down {name} takes it off the list"
            ));
        }
        _ if row.abandoned => {
            remark(&format!("lab {name}: who looks after its processes is gone: nslab up starts them again"));
        }
        _ => {}
    }
}

/// What no lab has has no column; whose they are has one, where some are not the caller's.
fn text(rows: &[Row]) -> String {
    let others = rows.iter().any(|row| row.user.is_some());
    let processes = rows.iter().any(|row| !row.processes.is_empty());
    let uplinks = rows.iter().any(|row| row.uplink.is_some());
    let line = |cells: [String; 9]| -> Vec<String> {
        let [name, user, state, nodes, segments, links, of_processes, uplink, file] = cells;
        let mut line = vec![name];
        line.extend(others.then_some(user));
        line.extend([state, nodes, segments, links]);
        line.extend(processes.then_some(of_processes));
        line.extend(uplinks.then_some(uplink));
        line.push(file);
        line
    };
    let head = ["LAB", "USER", "STATE", "NODES", "SEGMENTS", "LINKS", "PROCESSES", "UPLINK", "FILE"].map(String::from);
    let lines = rows.iter().map(|row| {
        let (all, good) = (row.processes.len(), row.processes.iter().filter(|process| process.good).count());
        let of_processes = if good == all { all.to_string() } else { format!("{good} of {all}") };
        let [nodes, segments, links] = [row.nodes.len(), row.segments.len(), row.links].map(|n| n.to_string());
        let uplink = row.uplink.as_ref().map_or("-", |way| way.node.as_str());
        line([
            row.name.clone(),
            row.user.clone().unwrap_or_else(|| "(you)".into()),
            row.state.clone(),
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

impl Row {
    /// Whether it is the caller's own.
    pub(super) fn is_own(&self) -> bool {
        self.user.is_none()
    }

    /// The same, as another user's.
    pub(super) fn of(mut self, user: String) -> Self {
        for process in &mut self.processes {
            let bad = ["killed", "cannot", "lost"].iter().any(|word| process.state.starts_with(word));
            process.good = !bad && process.state.strip_prefix("exited ").is_none_or(|status| status == "0");
        }
        Self { user: Some(user), ..self }
    }

    /// A sandbox of `nslab shell`, with the names of its namespaces.
    fn of_sandbox(name: String, nodes: Vec<String>) -> Self {
        Self { name, state: "sandbox".into(), nodes, ..Self::default() }
    }

    /// What is known of a lab without a record: its name.
    fn without_record(name: String, state: &str) -> Self {
        Self { name, state: state.into(), ..Self::default() }
    }
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
        user: None,
        state: state.into(),
        nodes: names(false),
        segments: names(true),
        links: record.plan.counts().2,
        abandoned: known.as_ref().is_some_and(|known| !store.is_alive(known.supervisor)),
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
