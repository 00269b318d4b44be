//! Making a lab, and making it seen.

use std::ffi::OsStr;
use std::path::Path;

use super::lock::Locked;
use super::record::{self, Node, Record, State};
use super::uplink::Prepared;
use super::{Changes, Store, change, down, limits, process, uplink};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Names, Placeholder};
use crate::topology::apply::progress::{Count, Told};
use crate::topology::apply::{self, Built};
use crate::topology::plan::{NodePlan, Plan};
use crate::types::NodeName;

/// What [`up`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Up {
    /// The lab was made.
    Made,
    /// It was there already. Without changes, it was as it should be.
    Running(Changes),
}

/// Makes a lab as planned, or changes the one that is up into that: all of it, or nothing.
///
/// What an earlier `up` or `down` on this lab left when it was cut off is taken away first; a change that was cut
/// off is gone on from. What `nslab set` did is undone, unless it is to be kept (`keep`). `waiting` is called once
/// if another command has the lab locked; then this waits.
///
/// # Errors
/// [`ErrorKind::Exists`] where a node's name or an interface's is taken; [`ErrorKind::Permission`] without root; a
/// limit of the machine that the lab does not fit in; what the kernel refuses, with the step. Then nothing is left of
/// a new lab, and a running one is as it was.
pub fn up(store: &Store, file: &Path, plan: &Plan, keep: bool, mut waiting: impl FnMut()) -> Result<Up> {
    let locked = Locked::take(&store.dir, &plan.lab, &mut waiting)?;
    match record::read(locked.path(), &plan.lab) {
        // A command was killed before it had anything on record: a half-written one is all there is.
        Err(error) if error.kind() == ErrorKind::NotFound => record::remove(locked.path())?,
        Err(error) => return Err(error),
        Ok(record) if !record.is_whole()? => {
            down::take_away(store, &locked, record)?;
        }
        Ok(record) => {
            let kept = if keep { record.kept.clone() } else { Vec::new() };
            return change::converge(store, &locked, record, file, plan, kept, None).map(Up::Running);
        }
    }
    check_names_free(&store.names, plan)?;
    limits::check(plan)?;
    let uplink = uplink::prepare(store, plan)?;
    let count = store.progress.count(apply::work(plan), Told::Making);
    let built = apply::build_counted(plan, &count)?;
    publish(store, &locked, file, plan, (&built, &count), uplink)?;
    Ok(Up::Made)
}

/// Makes sure that no node's name is taken.
///
/// # Errors
/// [`ErrorKind::Exists`] with the first names that are.
pub fn check_names_free(names: &Names, plan: &Plan) -> Result<()> {
    check_free(names, plan, plan.nodes.iter().map(|node| &node.name))
}

pub(super) fn check_free<'n>(names: &Names, plan: &Plan, nodes: impl Iterator<Item = &'n NodeName>) -> Result<()> {
    let mut taken = Vec::new();
    for name in nodes {
        let name = plan.prefix.netns_name(name);
        if rustix::fs::lstat(&names.path(OsStr::new(&name))?).is_ok() {
            taken.push(name);
        }
    }
    let (shown, more) = match taken.len() {
        0 => return Ok(()),
        n if n > 5 => (taken.get(..5).unwrap_or_default(), format!(" and {} more", n - 5)),
        _ => (taken.as_slice(), String::new()),
    };
    let what = if taken.len() == 1 { "name of a network namespace" } else { "names of network namespaces" };
    let message = format!("{}{more}: already the {what} on this machine", shown.join(", "));
    Err(Error::new(ErrorKind::Exists, message).with_help(
        "take another prefix (`prefix` in the file, or --prefix), rename the nodes, or remove the namespace: \
         nslab ip netns delete NAME",
    ))
}

/// Gives a lab its names. The record comes first: from then on every step can be undone by who finds it.
fn publish(
    store: &Store,
    locked: &Locked,
    file: &Path,
    plan: &Plan,
    (built, count): (&Built, &Count<'_>),
    uplink: Option<Prepared>,
) -> Result<()> {
    let placeholder = Placeholder::create(&store.names)?;
    let prefix = &plan.prefix;
    let node = |(plan, node): (&NodePlan, &apply::BuiltNode)| Node {
        name: plan.name.clone(),
        prefix: prefix.clone(),
        netns: node.identity,
        placeholder: None,
    };
    let nodes = plan.nodes.iter().zip(&built.nodes).map(node).collect();
    let mut record = Record::new(file, plan, nodes, placeholder.identity())?;
    let node = plan.uplink.as_ref().and_then(|uplink| built.nodes.get(uplink.node));
    record.uplink = uplink.as_ref().zip(node).and_then(|(uplink, node)| uplink.record(plan, node.identity));
    record::write(locked.path(), &record)?;
    let add = || match (&uplink, &record.uplink, node) {
        (Some(uplink), Some(on_record), Some(node)) => uplink.add(plan, on_record, &node.namespace()?),
        _ => Ok(()),
    };
    let published = add()
        .and_then(|()| record::write_hosts(locked.path(), plan))
        .and_then(|()| publish_names(plan, built, &placeholder, count));
    // Undoing takes the lock that it holds.
    drop(uplink);
    let started = published.and_then(|()| {
        // Whole before anybody can see it so: with its processes.
        process::start(store, &plan.lab, folder_of(file), record.jobs(plan))
    });
    record.state = State::Up;
    started.and_then(|()| record::write(locked.path(), &record)).inspect_err(|_| {
        // The error that matters is the first; what undoing cannot do is left on record.
        let _ = down::take_away(store, locked, record);
    })
}

/// Where the processes of a lab are started: the folder of its file.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| folder.is_absolute()).unwrap_or(Path::new("/"))
}

fn publish_names(plan: &Plan, built: &Built, placeholder: &Placeholder, count: &Count<'_>) -> Result<()> {
    plan.nodes.iter().zip(&built.nodes).try_for_each(|(NodePlan { name, .. }, node)| {
        let step = |error: Error| error.within(format_args!("publishing node {name}"));
        let namespace = node.namespace().map_err(step)?;
        placeholder.publish(OsStr::new(&plan.prefix.netns_name(name)), &namespace).map_err(step)?;
        count.add(1);
        Ok(())
    })
}
