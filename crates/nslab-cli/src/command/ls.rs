//! `nslab ls`.

use nslab::lab::holder::Found;
use nslab::lab::process::{Doing, Status};
use nslab::lab::{Record, State, Store};
use nslab::{Error, Result};
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

#[derive(Debug, Serialize, Deserialize)]
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

/// A column says whose they are, where some are not the caller's.
fn text(rows: &[Row]) -> String {
    let others = rows.iter().any(|row| row.user.is_some());
    let mut head = ["LAB", "STATE", "NODES", "SEGMENTS", "LINKS", "FILE"].map(String::from).to_vec();
    let mut lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let [nodes, segments, links] = [row.nodes.len(), row.segments.len(), row.links].map(|n| n.to_string());
            vec![row.name.clone(), row.state.clone(), nodes, segments, links, row.file.clone()]
        })
        .collect();
    if others {
        head.insert(1, "USER".into());
        let own = || "(you)".into();
        lines.iter_mut().zip(rows).for_each(|(line, row)| line.insert(1, row.user.clone().unwrap_or_else(own)));
    }
    table_of(std::iter::once(head).chain(lines))
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

impl Row {
    /// Whether it is the caller's own.
    pub(super) fn is_own(&self) -> bool {
        self.user.is_none()
    }

    /// The same, as another user's.
    pub(super) fn of(self, user: String) -> Self {
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
    let state = state(record)?;
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
