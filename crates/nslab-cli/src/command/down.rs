//! `nslab down`.

use std::ffi::OsString;

use nslab::lab::{self, Store};
use nslab::types::LabName;
use nslab::{Error, ErrorKind, Result};

use super::rootless::{self, Leaving};
use super::{Ui, Verdict, which};
use crate::output::{self, Bar, answer, count};

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
    #[command(flatten)]
    prefixed: which::Prefixed,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let labs = if args.all { all(&store)? } else { named(&store, args)?.into_iter().map(Ok).collect() };
    // One process can join no more than one lab.
    let apart = labs.len() > 1 && labs.iter().flatten().any(|lab| rootless::is_held(&store, lab));
    let mut failed: Option<Error> = None;
    for lab in labs {
        // The others are still taken away; the last failure gives the status.
        let done = lab.and_then(|lab| if apart { rootless::again(&lab, ui) } else { one(&store, &lab, ui) });
        if let Err(error) = done
            && let Some(before) = failed.replace(error)
        {
            output::report(&before);
        }
    }
    failed.map_or(Ok(Verdict::Good), Err)
}

fn one(store: &Store, lab: &LabName, ui: Ui) -> Result<()> {
    let held = match rootless::leave(store, lab, ui)? {
        Leaving::Ended => return tell(lab, &lab::Down { finished: true, ..lab::Down::default() }, ui),
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
            tell(lab, &lab::Down { finished: true, ..lab::Down::default() }, ui)
        }
        found => tell(lab, &found?, ui),
    }
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
