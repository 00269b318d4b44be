//! The uplink of a lab that is up: the old one goes before the lab is changed, for its default route may be in the
//! way of another; the new one comes when the rest is there. The record has each step before it is done.

use super::parts::{Ends, INNER_TABLE};
use super::{Forwarding, Prepared, Uplink, in_the_machine_of, lock, netfilter, prepare, unless_gone};
use crate::error::{Error, ErrorKind, Result};
use crate::lab::lock::Locked;
use crate::lab::record::{self, Node, Record};
use crate::lab::{Store, uplink};
use crate::namespace::Namespace;
use crate::ops::nft;
use crate::topology::apply::change::Changer;
use crate::topology::diff::{Part, UplinkPart};
use crate::topology::plan::Plan;

/// Takes away the uplink on record, and finds out whether a plan's can be made.
///
/// # Errors
/// As of [`prepare`], and what the kernel refuses.
pub(in crate::lab) fn leave(
    store: &Store,
    locked: &Locked,
    record: &mut Record,
    plan: &Plan,
    changer: &Changer,
) -> Result<Option<Prepared>> {
    remove(store, locked, record, changer)?;
    prepare(store, plan)
}

/// Takes away the uplink on record, in the machine and in its node.
///
/// # Errors
/// What the kernel refuses; it stays on record then.
pub(in crate::lab) fn remove(store: &Store, locked: &Locked, record: &mut Record, changer: &Changer) -> Result<()> {
    let Some(uplink) = record.uplink.clone() else { return Ok(()) };
    if let Some(namespace) = changer.namespace(&uplink.node) {
        remove_inside(&uplink, namespace)?;
    }
    let lab = record.plan.lab.clone();
    uplink::remove(store, &lab, &uplink, || {
        record.uplink = None;
        record::write(locked.path(), record)
    })
}

/// The node's own table; its end of the cable goes with the machine's.
fn remove_inside(uplink: &Uplink, node: &Namespace) -> Result<()> {
    if uplink.table.is_none() {
        return Ok(());
    }
    node.enter(|| {
        let mut connection = netfilter()?;
        let table = nft::find(&mut connection, INNER_TABLE)?;
        let ours = table.filter(|table| table.comment.as_ref() == Some(&uplink.mark));
        ours.map_or(Ok(()), |table| unless_gone(nft::delete(&mut connection, &table)))
    })?
    .map_err(|error| error.within(format_args!("node {}", uplink.node)))
}

/// Makes the uplink of a plan.
///
/// # Errors
/// What the kernel refuses, with the step. [`remove`] then takes away what there is of it.
pub(in crate::lab) fn come(
    locked: &Locked,
    record: &mut Record,
    plan: &Plan,
    changer: &Changer,
    prepared: &Prepared,
) -> Result<()> {
    let Some(name) = plan.uplink.as_ref().and_then(|uplink| plan.nodes.get(uplink.node)).map(|node| &node.name) else {
        return Ok(());
    };
    let mut known = record.nodes.iter().chain(record.change.iter().flat_map(|change| &change.nodes));
    let is_it = |node: &&Node| node.name == *name && changer.is(name, node.netns);
    let node = known.rfind(is_it).ok_or_else(|| Error::invalid("an uplink of a node that is not there"))?;
    let uplink = prepared.record(plan, node.netns);
    record.uplink.clone_from(&uplink);
    record::write(locked.path(), record)?;
    match (uplink, changer.namespace(name)) {
        (Some(uplink), Some(namespace)) => prepared.add(plan, &uplink, namespace),
        _ => Ok(()),
    }
}

/// The parts of the uplink on record that are missing; none where its cable is, and so all of it.
///
/// # Errors
/// What the kernel answers.
pub(in crate::lab) fn missing(uplink: &Uplink, plan: &Plan, node: &Namespace) -> Result<Option<Vec<UplinkPart>>> {
    let Some(planned) = &plan.uplink else { return Ok(Some(Vec::new())) };
    let missing = || Ends::open(planned, uplink, node)?.map(|mut ends| ends.missing()).transpose();
    Ok(in_the_machine_of(uplink, missing)?.flatten())
}

/// Puts parts back; `done` has those that are, in order.
///
/// # Errors
/// What the kernel refuses. [`unmend`] then takes away what was put back.
pub(in crate::lab) fn mend(
    store: &Store,
    locked: &Locked,
    record: &mut Record,
    plan: &Plan,
    changer: &Changer,
    parts: &[UplinkPart],
    done: &mut Vec<UplinkPart>,
) -> Result<()> {
    let _lock = lock(store)?;
    let Some(mut uplink) = record.uplink.clone() else { return Ok(()) };
    let lab = &record.plan.lab;
    let turned_on = in_the_machine_of(&uplink, || {
        let mut all = Vec::new();
        for part in parts {
            let Part::Forward { index, ipv6, .. } = part.part else { continue };
            all.extend(Forwarding::needed(store, lab, ipv6, &[(index, part.ifname.clone())])?);
        }
        Ok(all)
    })?;
    for setting in turned_on.into_iter().flatten() {
        uplink.forwarding.retain(|known| known.path() != setting.path());
        uplink.forwarding.push(setting);
    }
    if record.uplink.as_ref() != Some(&uplink) {
        record.uplink = Some(uplink.clone());
        record::write(locked.path(), record)?;
    }
    with_ends(&uplink, plan, changer, |ends| {
        parts.iter().try_for_each(|part| {
            ends.make(part)?;
            done.push(part.clone());
            Ok(())
        })
    })
}

/// Takes away what [`mend`] has put back.
///
/// # Errors
/// The first that cannot be; the others are still tried.
pub(in crate::lab) fn unmend(record: &Record, plan: &Plan, changer: &Changer, done: &[UplinkPart]) -> Result<()> {
    let Some(uplink) = record.uplink.as_ref().filter(|_| !done.is_empty()) else { return Ok(()) };
    with_ends(uplink, plan, changer, |ends| done.iter().rev().map(|part| ends.unmake(part)).fold(Ok(()), Result::and))
}

fn with_ends(
    uplink: &Uplink,
    plan: &Plan,
    changer: &Changer,
    work: impl FnOnce(&mut Ends<'_>) -> Result<()> + Send,
) -> Result<()> {
    let gone = || Error::new(ErrorKind::Busy, format!("the uplink of {} was taken away in this moment", uplink.node));
    let planned = plan.uplink.as_ref().ok_or_else(gone)?;
    let node = changer.namespace(&uplink.node).ok_or_else(gone)?;
    let done =
        in_the_machine_of(uplink, || Ends::open(planned, uplink, node)?.map(|mut ends| work(&mut ends)).transpose())?;
    done.flatten().ok_or_else(gone)
}

/// Makes the uplink again that was there before, with the networks that it had. Where its node was not there, nor is it.
///
/// # Errors
/// As of [`prepare`], and what the kernel refuses.
pub(in crate::lab) fn back(
    store: &Store,
    locked: &Locked,
    now: &mut Record,
    before: &Record,
    changer: &Changer,
) -> Result<()> {
    let Some(old) = before.uplink.as_ref().filter(|old| changer.was_there(&old.node)) else { return Ok(()) };
    let mut plan = before.plan.clone();
    plan.uplink.iter_mut().for_each(|uplink| uplink.prefixes.clone_from(&old.prefixes));
    match prepare(store, &plan)? {
        Some(prepared) => come(locked, now, &plan, changer, &prepared),
        None => Ok(()),
    }
}
