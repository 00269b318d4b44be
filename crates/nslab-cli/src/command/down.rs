//! `nslab down`.

use std::ffi::OsString;

use nslab::lab::{self, Store};
use nslab::types::{LabName, NodeName};
use nslab::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::rootless::{self, Leaving};
use super::{Ui, Verdict, which};
use crate::output::{self, Bar, answer, count, json};

/// Take labs away, from their records
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab down helloworld\n\n\
    The file is not needed. Processes in the lab's nodes are ended. Only what the lab's record names by identity is removed.")]
pub(super) struct Args {
    /// Labs by name or by file; by default the lab of ./nslab.yaml
    #[arg(value_name = "LAB")]
    labs: Vec<String>,
    /// All labs
    #[arg(long, conflicts_with_all = ["labs", "prefix"])]
    all: bool,
    /// As JSON: a list of {lab, nodes, segments, absent, not_ours, processes, killed, finished}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

/// A lab that was taken away.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    lab: String,
    /// How many nodes were removed.
    nodes: usize,
    segments: usize,
    /// Those that were gone already.
    absent: Vec<String>,
    /// Names that are another namespace's now.
    not_ours: Vec<String>,
    /// How many processes were ended.
    processes: usize,
    /// How many of these did not heed SIGTERM.
    killed: usize,
    finished: bool,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let labs = if args.all { all(&store)? } else { named(&store, args)?.into_iter().map(Ok).collect() };
    // One process can join no more than one lab.
    let apart = labs.len() > 1 && labs.iter().flatten().any(|lab| rootless::is_held(&store, lab));
    let mut failed: Option<Error> = None;
    let mut rows = Vec::new();
    for lab in labs {
        // The others are still taken away; the last failure gives the status.
        let done = lab.and_then(|lab| {
            if apart {
                return rootless::again(&lab, args.json, ui);
            }
            one(&store, &lab, Ui { quiet: ui.quiet || args.json, ..ui }).map(|row| vec![row])
        });
        match done {
            Ok(done) => rows.extend(done),
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    output::report(&before);
                }
            }
        }
    }
    if args.json {
        json(&rows)?;
    }
    failed.map_or(Ok(Verdict::Good), Err)
}

fn one(store: &Store, lab: &LabName, ui: Ui) -> Result<Row> {
    let held = match rootless::leave(store, lab, ui)? {
        Leaving::Ended => return told(lab, &lab::Down { finished: true, ..lab::Down::default() }, ui),
        Leaving::Inside => true,
        Leaving::Here => false,
    };
    let waiting = || ui.remark(&format!("waiting for another command on lab {lab}"));
    let bar = Bar::start(!ui.quiet);
    let found = lab::down(&store.clone().with_progress(bar.progress()), lab, waiting);
    drop(bar);
    match found {
        // A command that made it was killed when it was all but done.
        Err(error) if held && error.kind() == ErrorKind::NotFound => {
            told(lab, &lab::Down { finished: true, ..lab::Down::default() }, ui)
        }
        found => told(lab, &found?, ui),
    }
}

fn told(lab: &LabName, found: &lab::Down, ui: Ui) -> Result<Row> {
    tell(lab, found, ui)?;
    let names = |names: &[NodeName]| names.iter().map(ToString::to_string).collect();
    Ok(Row {
        lab: lab.to_string(),
        nodes: found.removed,
        segments: found.switches,
        absent: names(&found.absent),
        not_ours: names(&found.not_ours),
        processes: found.ended.processes,
        killed: found.ended.killed,
        finished: found.finished,
    })
}

/// All labs of the caller's; an error for what has a name that no lab can have.
fn all(store: &Store) -> Result<Vec<Result<LabName>>> {
    let names: Vec<OsString> = if rootless::is_root() {
        store.labs()?.into_iter().map(|(name, _)| name).collect()
    } else {
        rootless::held()?.into_iter().map(|(name, _)| name).collect()
    };
    Ok(names.iter().map(|name| name.to_string_lossy().parse()).collect())
}

fn named(store: &Store, Args { labs, prefixed, .. }: &Args) -> Result<Vec<LabName>> {
    if !labs.is_empty() {
        return labs.iter().map(|word| which::lab_named(word, prefixed)).collect();
    }
    let here = which::lab_here(prefixed)?;
    let missing = || Error::invalid(format!("which lab? None is named, and there is no {} here", which::FILE));
    match here {
        Some(lab) => Ok(vec![lab]),
        None => Err(missing().with_help(which::names_of_labs(store)?)),
    }
}

fn tell(lab: &LabName, found: &lab::Down, ui: Ui) -> Result<()> {
    if let Some(damage) = &found.damaged {
        ui.remark(&format!("{damage}; taken away by what it says of the lab's nodes"));
    }
    for node in &found.not_ours {
        ui.remark(&format!("{node}: this name is now another namespace's; left alone"));
    }
    if !found.absent.is_empty() && ui.verbose {
        let names: Vec<&str> = found.absent.iter().map(|node| node.as_str()).collect();
        ui.remark(&format!("gone already: {}", names.join(", ")));
    }
    if !found.finished {
        ui.remark("the kernel is still taking the interfaces apart");
    }
    if ui.quiet {
        return Ok(());
    }
    let switches = if found.switches > 0 { format!(", {}", count(found.switches, "segment")) } else { String::new() };
    let ended = match (found.ended.processes, found.ended.killed) {
        (0, _) => String::new(),
        (n, 0) => format!(", {} ended", count(n, "process")),
        (n, killed) => format!(", {} ended ({killed} killed)", count(n, "process")),
    };
    answer(&format!("lab {lab} is down: {}{switches} removed{ended}\n", count(found.removed, "node")))
}
