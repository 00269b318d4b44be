//! Making a lab, and making it seen.

use std::ffi::OsStr;
use std::path::Path;

use super::lock::Locked;
use super::record::{self, Node, Record, State};
use super::uplink::Prepared;
use super::{Store, down, limits, uplink};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Names, Placeholder};
use crate::topology::apply::{self, Built};
use crate::topology::plan::{NodePlan, Plan};

/// What [`up`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Up {
    /// The lab was made.
    Made,
    /// It was there already, and as it should be.
    Already,
}

/// Makes a lab as planned: all of it, or nothing.
///
/// What an earlier command on this lab left when it was cut off is taken away first. `waiting` is called
/// once if another command has the lab locked; then this waits.
///
/// # Errors
/// [`ErrorKind::Exists`] where a node's name is taken or the lab is up with another description;
/// [`ErrorKind::Permission`] without root; a limit of the machine that the lab does not fit in; what the kernel
/// refuses, with the step. Nothing is left then.
pub fn up(store: &Store, file: &Path, plan: &Plan, mut waiting: impl FnMut()) -> Result<Up> {
    let locked = Locked::take(&store.dir, &plan.lab, &mut waiting)?;
    match record::read(locked.path(), &plan.lab) {
        // A command was killed before it had anything on record: a half-written one is all there is.
        Err(error) if error.kind() == ErrorKind::NotFound => record::remove(locked.path())?,
        Err(error) => return Err(error),
        Ok(record) if record.state != State::Up || record.is_of_an_earlier_boot()? => {
            down::take_away(store, &locked, record)?;
        }
        Ok(record) => return check_running(store, &record, plan),
    }
    check_names_free(&store.names, plan)?;
    limits::check(plan)?;
    let uplink = uplink::prepare(store, plan)?;
    let built = apply::build(plan)?;
    publish(store, &locked, file, plan, &built, uplink)?;
    Ok(Up::Made)
}

/// A lab of this name is up: is it this one, and whole?
fn check_running(store: &Store, record: &Record, plan: &Plan) -> Result<Up> {
    let again = format!("nslab down {0} takes it away; then nslab up makes it anew", plan.lab);
    if record.plan != *plan {
        return Err(Error::new(ErrorKind::Exists, format!("lab \"{}\" is up as another description has it", plan.lab))
            .with_help(again));
    }
    // The name is taken by what is left of it.
    store.check_whole(record).map_err(|error| error.with_kind(ErrorKind::Exists))?;
    Ok(Up::Already)
}

/// Makes sure that no node's name is taken.
///
/// # Errors
/// [`ErrorKind::Exists`] with the first names that are.
pub fn check_names_free(names: &Names, plan: &Plan) -> Result<()> {
    let mut taken = Vec::new();
    for node in &plan.nodes {
        let name = plan.prefix.netns_name(&node.name);
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
    built: &Built,
    uplink: Option<Prepared>,
) -> Result<()> {
    let placeholder = Placeholder::create(&store.names)?;
    let prefix = &plan.prefix;
    let node = |(plan, node): (&NodePlan, &apply::BuiltNode)| Node {
        name: plan.name.clone(),
        prefix: prefix.clone(),
        netns: node.identity,
    };
    let nodes = plan.nodes.iter().zip(&built.nodes).map(node).collect();
    let mut record = Record::new(file, plan, nodes, placeholder.identity())?;
    let node = plan.uplink.as_ref().and_then(|uplink| built.nodes.get(uplink.node));
    record.uplink = uplink.as_ref().zip(node).and_then(|(uplink, node)| uplink.record(plan, node.identity));
    record::write(locked.path(), &record)?;
    let add = || match (&uplink, &record.uplink, node) {
        (Some(uplink), Some(on_record), Some(node)) => uplink.add(plan, on_record, &node.namespace),
        _ => Ok(()),
    };
    let published = add()
        .and_then(|()| record::write_hosts(locked.path(), plan))
        .and_then(|()| publish_names(plan, built, &placeholder));
    // Undoing takes the lock that it holds.
    drop(uplink);
    record.state = State::Up;
    published.and_then(|()| record::write(locked.path(), &record)).inspect_err(|_| {
        // The error that matters is the first; what undoing cannot do is left on record.
        let _ = down::take_away(store, locked, record);
    })
}

fn publish_names(plan: &Plan, built: &Built, placeholder: &Placeholder) -> Result<()> {
    plan.nodes.iter().zip(&built.nodes).try_for_each(|(NodePlan { name, .. }, node)| {
        let step = |error: Error| error.within(format_args!("publishing node {name}"));
        placeholder.publish(OsStr::new(&plan.prefix.netns_name(name)), &node.namespace).map_err(step)
    })
}
