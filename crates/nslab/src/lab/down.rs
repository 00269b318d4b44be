//! Taking a lab away, from its record.

use std::collections::HashSet;

use super::lock::Locked;
use super::process::{self, Ended};
use super::record::{self, Record, State};
use super::wait::Barrier;
use super::{Store, uplink};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Identity, Withdrawn};
use crate::topology::apply::progress::Told;
use crate::types::{LabName, NodeName};

/// What [`down`] found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Down {
    /// How many nodes it took away.
    pub removed: usize,
    /// How many segments' switches it took away.
    pub switches: usize,
    /// Nodes that were gone already.
    pub absent: Vec<NodeName>,
    /// Names that now stand for something that is not the lab's; left alone.
    pub not_ours: Vec<NodeName>,
    /// The processes that ran in its nodes, whoever started them.
    pub ended: Ended,
    /// What is wrong with its record, where it was taken away by what could still be read of that.
    pub damaged: Option<String>,
    /// Whether the kernel was seen to have taken the lab's network apart. It does that in the background;
    /// where this is false it may still be at it.
    pub finished: bool,
}

/// Takes a lab away, whatever state it is in, and waits until the kernel has taken its interfaces apart.
///
/// Processes in its nodes are ended first, whoever started them: see [`process::end_in`].
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no such lab; [`ErrorKind::Busy`] where the caller is inside it; else every failure, after all was tried. The record
/// stays then, so that the command can be given again.
pub fn down(store: &Store, lab: &LabName, mut waiting: impl FnMut()) -> Result<Down> {
    // Looked for first, so that asking for a lab that is not there leaves no trace.
    if !store.dir.join(lab.as_str()).exists() {
        let _ = std::fs::remove_dir(&store.dir);
        return store.read(lab).and_then(|_| Err(Error::new(ErrorKind::Busy, "the lab came up in this moment")));
    }
    let locked = Locked::take(&store.dir, lab, &mut waiting)?;
    match record::read(locked.path(), lab) {
        Ok(record) => take_away(store, &locked, record),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // A command was killed before it had anything on record: a half-written one is all there is.
            record::remove(locked.path())?;
            Err(error)
        }
        Err(error) => {
            let Some(record) = record::salvage(locked.path(), lab) else { return Err(error) };
            let found = take_away(store, &locked, record)?;
            Ok(Down { damaged: Some(error.to_string()), ..found })
        }
    }
}

pub(super) fn take_away(store: &Store, locked: &Locked, mut record: Record) -> Result<Down> {
    let mut found = Down::default();
    if record.is_of_an_earlier_boot()? {
        found.absent = record.nodes.into_iter().map(|node| node.name).collect();
        found.finished = true;
        record::remove(locked.path())?;
        return Ok(found);
    }
    let others = record.change.iter().flat_map(|change| &change.nodes);
    let namespaces: Vec<Identity> = record.nodes.iter().chain(others).map(|node| node.netns).collect();
    process::check_outside(&namespaces)?;
    if record.state != State::Leaving {
        record.state = State::Leaving;
        written(record::write(locked.path(), &record))?;
    }
    let wait_for_supervisor = process::dismiss(locked.path());
    found.ended = process::end_in(&namespaces, process::GRACE)?;
    wait_for_supervisor();
    if let Some(uplink) = record.uplink.clone() {
        let lab = record.plan.lab.clone();
        uplink::remove(store, &lab, &uplink, || {
            record.uplink = None;
            written(record::write(locked.path(), &record))
        })
        .map_err(|error| error.with_help("the lab stays on record: give the command again"))?;
    }
    // Waiting is a service; a machine that cannot do it still gets its lab taken away.
    let barrier = Barrier::raise().ok();
    let mut failures: Vec<Error> = Vec::new();
    let switches: HashSet<NodeName> =
        record.plan.nodes.iter().filter(|node| node.switch).map(|node| node.name.clone()).collect();
    // A change that was cut off may have made a node anew: a name is somebody else's only if none of both has it.
    let others: Vec<_> = record.change.into_iter().flat_map(|change| change.nodes).collect();
    let again: HashSet<NodeName> = others.iter().map(|node| node.name.clone()).collect();
    let count = store.progress.count(record.nodes.len() + others.len(), Told::Leaving);
    let first = record.nodes.into_iter().map(|node| (again.contains(&node.name), node));
    for (comes_again, node) in first.chain(others.into_iter().map(|node| (false, node))) {
        let switch = switches.contains(&node.name);
        let placeholder = node.placeholder.unwrap_or(record.placeholder);
        match store.names.withdraw(&node.netns_name(), node.netns, placeholder) {
            Ok(Withdrawn::Absent | Withdrawn::NotOurs) if comes_again => {}
            Ok(Withdrawn::Removed) if switch => found.switches += 1,
            Ok(Withdrawn::Removed) => found.removed += 1,
            Ok(Withdrawn::Absent) => found.absent.push(node.name),
            Ok(Withdrawn::NotOurs) => found.not_ours.push(node.name),
            Err(error) => failures.push(error),
        }
        count.add(1);
    }
    if let Some(first) = failures.first() {
        let all: Vec<String> = failures.iter().map(ToString::to_string).collect();
        let kind = if first.kind() == ErrorKind::Permission { ErrorKind::Permission } else { ErrorKind::Kernel };
        return Err(Error::new(kind, all.join("\n")).with_help("the lab stays on record: give the command again"));
    }
    found.finished = barrier.is_some_and(|barrier| barrier.wait(&store.progress).is_ok());
    record::remove(locked.path())?;
    Ok(found)
}

/// On a full disk the old record does: it names the same things, and they must not stay because of that.
fn written(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if matches!(error.errno(), Some(libc::ENOSPC | libc::EDQUOT)) => Ok(()),
        written => written,
    }
}
