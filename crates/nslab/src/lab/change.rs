//! Changing a lab that is up, in place: all of it, or nothing.
//!
//! Before anything is done the record says that a change is under way, and names each namespace that may be
//! there and each interface and setting that may be nslab's. So whatever a change was cut off in the middle of,
//! the next one sees what is really there, knows what of it is nslab's, and can go on with any file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::lock::Locked;
use super::process::{Doing, Reconciled};
use super::record::{self, Kept, Node, Record, State, Unfinished};
use super::up::folder_of;
use super::uplink::running;
use super::{Store, process};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Identity, Placeholder};
use crate::topology::apply::change::Changer;
use crate::topology::diff::{Change, Difference, Ours, Setting, UplinkPart, added_uplink, from_nothing};
use crate::topology::kinds::LinkKind;
use crate::topology::observe::{self, Found, Sighting, Wanted, seen};
use crate::topology::plan::{Device, Plan};
use crate::topology::spec::{ProcessId, interface_of};
use crate::types::{IfName, LabName, NodeName};

/// What was done to a lab that was up, or is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// Interfaces that somebody else made in the lab's nodes; left alone.
    pub foreign: Vec<(NodeName, String)>,
    /// The processes that were ended and started.
    pub processes: Reconciled,
}

/// What is really there of a lab.
#[derive(Debug)]
pub struct Reality {
    /// What is missing of its way out, where the node and the cable of that are there.
    pub uplink: Vec<UplinkPart>,
    /// The nodes: those on record, then those that only the plan has. `None` for one that is not there.
    pub nodes: Vec<(NodeName, Option<seen::Node>)>,
}

/// How a running lab is looked at.
struct Sight {
    nodes: Vec<(NodeName, Wanted, Option<Found>)>,
    fresh: Option<seen::Node>,
    ours: Ours,
    /// Nodes of the plan whose names stand for something else.
    others: Vec<NodeName>,
}

impl Sight {
    /// Refuses names that stand for something else.
    fn check(self, lab: &LabName) -> Result<Self> {
        match self.others.first() {
            Some(name) => Err(not_ours(lab, name)),
            None => Ok(self),
        }
    }
}

/// Compares what is really there with a plan; nothing is changed. A lab that is not up is all to be made.
///
/// # Errors
/// [`ErrorKind::Permission`] without root, where the lab is up; [`ErrorKind::Exists`] where something that is not
/// nslab's is in the way.
pub fn compare(store: &Store, plan: &Plan) -> Result<Changes> {
    let record = match store.read(&plan.lab) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Ok(record) if !record.is_whole()? => None,
        record => Some(record?),
    };
    let Some(record) = record else {
        return Ok(Changes { changes: from_nothing(plan), ..Changes::default() });
    };
    let sight = look(store, &record, plan)?.check(&plan.lab)?;
    let changer = Changer::new(sight.nodes, sight.fresh, plan.prefix.clone());
    let mut found = changer.diff(plan, Some(&record.plan), &sight.ours);
    find_drift_of_uplink(&mut found, &record, plan, &changer)?;
    found.changes.extend(dead_processes(store, &record, plan)?);
    checked(found, plan)
}

/// The processes that `up` would start again, though nothing about them has changed.
fn dead_processes(store: &Store, record: &Record, plan: &Plan) -> Result<Vec<Change>> {
    let (before, mut jobs) = (record.jobs(&record.plan), record.jobs(plan));
    jobs.retain(|job| before.contains(job));
    let start = |(ProcessId { node, name }, doing): (ProcessId, Option<Doing>)| Change::StartProcess {
        node,
        process: name,
        from: doing.map_or_else(|| "not started".into(), |doing| doing.to_string()),
    };
    Ok(process::dead(store, &plan.lab, &jobs)?.into_iter().map(start).collect())
}

/// Adds what is missing of the way out, where that is to stay.
fn find_drift_of_uplink(found: &mut Difference, record: &Record, plan: &Plan, changer: &Changer) -> Result<()> {
    let Some(uplink) = record.uplink.as_ref().filter(|_| !found.changes.iter().any(Change::is_uplink)) else {
        return Ok(());
    };
    let Some(node) = changer.namespace(&uplink.node) else { return Ok(()) };
    match running::missing(uplink, plan, node)? {
        Some(parts) => found.changes.extend(parts.into_iter().map(|part| Change::MendUplink(Box::new(part)))),
        None => found.changes.extend(added_uplink(plan)),
    }
    Ok(())
}

/// What is really there of a lab on record. A node whose name stands for something else is not there.
///
/// # Errors
/// [`ErrorKind::Permission`] without root.
pub fn reality(store: &Store, record: &Record) -> Result<Reality> {
    let sight = look(store, record, &record.plan)?;
    let mut uplink = Vec::new();
    if let Some(known) = &record.uplink {
        let node = sight.nodes.iter().find(|(name, ..)| *name == known.node).and_then(|(.., found)| found.as_ref());
        let missing = node.map(|node| running::missing(known, &record.plan, &node.namespace)).transpose()?;
        uplink.extend(missing.flatten().into_iter().flatten());
    }
    let nodes = sight.nodes.into_iter().map(|(name, _, found)| (name, found.map(|found| found.node)));
    Ok(Reality { uplink, nodes: nodes.collect() })
}

/// Makes a running lab as a plan has it, but for what is kept of that which `nslab set` did. With `only`, the
/// changes are those of some interfaces, and what they disturb.
pub(super) fn converge(
    store: &Store,
    locked: &Locked,
    mut record: Record,
    file: &Path,
    plan: &Plan,
    keep: Vec<Kept>,
    only: Option<&[(NodeName, IfName)]>,
) -> Result<Changes> {
    let forgets = keep != record.kept;
    let before = record.clone();
    record.kept = keep;
    let effective = &record.effective(plan);
    let sight = look(store, &record, effective)?.check(&plan.lab)?;
    let ours = sight.ours;
    let mut changer = Changer::new(sight.nodes, sight.fresh, plan.prefix.clone());
    let mut found = changer.diff(effective, Some(&record.plan), &ours);
    if only.is_none() {
        find_drift_of_uplink(&mut found, &record, plan, &changer)?;
    }
    let mut found = checked(found, &record.plan)?;
    if let Some(only) = only {
        let is_one =
            |(node, ifname): (&NodeName, &str)| only.iter().any(|(of, name)| of == node && name.as_str() == ifname);
        found.changes.retain(|change| change.interface().is_some_and(is_one));
    }
    let folder = folder_of(file);
    let (file, whole) = (file.to_string_lossy().into_owned().into(), record.state == State::Up);
    if found.changes.is_empty() && whole && record.plan == *plan && !forgets {
        if only.is_none() {
            found.processes = process::reconcile(store, &plan.lab, folder, record.jobs(plan))?;
        }
        return Ok(found);
    }
    for node in record.nodes.iter().chain(record.change.iter().flat_map(|change| &change.nodes)) {
        store.names.remove_placeholder(&node.netns_name(), node.placeholder.unwrap_or(record.placeholder))?;
    }
    check_new_names(store, plan, &found.changes)?;
    check_devices(&record, plan, &found.changes)?;
    let goes = |node: &&Node| {
        found.changes.iter().any(|change| matches!(change, Change::RemoveNode { node: name, .. } if *name == node.name))
    };
    process::check_outside(&record.nodes.iter().filter(goes).map(|node| node.netns).collect::<Vec<_>>())?;
    let made = changer.make_nodes(effective, &found.changes)?;
    let placeholder = if made.is_empty() { None } else { Some(Placeholder::create(&store.names)?) };
    let of_placeholder = placeholder.as_ref().map(Placeholder::identity);
    let prefix = &plan.prefix;
    let node =
        |(name, netns): (NodeName, Identity)| Node { name, prefix: prefix.clone(), netns, placeholder: of_placeholder };
    let mut unfinished = record.change.take().unwrap_or_default();
    let made: Vec<Node> = made.into_iter().map(node).collect();
    unfinished.nodes.extend(made.iter().cloned());
    unfinished.add(&ours, effective);
    unfinished.uplink |= found.changes.iter().any(Change::is_uplink);
    let uplink_anew = unfinished.uplink;
    record.state = State::Changing;
    record.change = Some(unfinished);
    if found.changes.iter().any(Change::is_real) || !whole {
        record::write(locked.path(), &record)?;
    }
    let mend = |change: &Change| match change {
        Change::MendUplink(part) => Some(UplinkPart::clone(part)),
        _ => None,
    };
    let (to_mend, mut mended): (Vec<UplinkPart>, _) = (found.changes.iter().filter_map(mend).collect(), Vec::new());
    let mut carry_out = || {
        let prepared = if uplink_anew { running::leave(store, locked, &mut record, plan, &changer)? } else { None };
        changer.apply(effective, &ours, &found.changes)?;
        if let Some(prepared) = prepared {
            running::come(locked, &mut record, plan, &changer, &prepared)?;
        } else if !to_mend.is_empty() && !uplink_anew {
            running::mend(store, locked, &mut record, plan, &changer, &to_mend, &mut mended)?;
        }
        made.iter().try_for_each(|node| {
            let namespace = changer.namespace(&node.name).ok_or_else(|| Error::invalid("a node that was not made"))?;
            let placeholder = placeholder.as_ref().ok_or_else(|| Error::invalid("a node that was not made"))?;
            let step = |error: Error| error.within(format_args!("publishing node {}", node.name));
            placeholder.publish(&node.netns_name(), namespace).map_err(step)
        })
    };
    let carried_out = carry_out().and_then(|()| record::write_hosts(locked.path(), plan));
    let made = Done { nodes: made, mended };
    if let Err(error) = carried_out {
        return Err(take_back(store, locked, changer, before, record, &made, error));
    }
    let kept: BTreeMap<&NodeName, &Node> = record
        .nodes
        .iter()
        .chain(record.change.iter().flat_map(|change| &change.nodes))
        .filter(|node| changer.was(&node.name, node.netns))
        .chain(&made.nodes)
        .map(|node| (&node.name, node))
        .collect();
    let nodes: Vec<Node> = match only {
        // One that somebody took away stays on record: `up` makes it again.
        Some(_) => record.nodes.clone(),
        None => plan.nodes.iter().filter_map(|node| kept.get(&node.name).copied().cloned()).collect(),
    };
    let goes = |change: &Change| match change {
        Change::RemoveNode { node, .. } => kept.get(node).copied().cloned(),
        _ => None,
    };
    let gone: Vec<Node> = found.changes.iter().filter_map(goes).collect();
    if only.is_none() {
        match process::reconcile(store, &plan.lab, folder, Record::jobs_of(&nodes, plan)) {
            Ok(done) => found.processes = done,
            Err(error) => return Err(take_back(store, locked, changer, before, record, &made, error)),
        }
    }
    let namespaces: Vec<Identity> = gone.iter().map(|node| node.netns).collect();
    if !namespaces.is_empty()
        && let Err(error) = process::end_in(&namespaces, process::GRACE)
    {
        return Err(take_back(store, locked, changer, before, record, &made, error));
    }
    // From here on there is no way back: what goes goes, with all that ran in it.
    for node in &gone {
        let placeholder = node.placeholder.unwrap_or(record.placeholder);
        store.names.withdraw(&node.netns_name(), node.netns, placeholder).map_err(|error| {
            error.with_help(format!("nslab up goes on with it; nslab down takes lab \"{}\" away", plan.lab))
        })?;
    }
    let unfinished = record.clone();
    record.nodes = nodes;
    record.state = State::Up;
    record.file = file;
    record.plan = plan.clone();
    record.change = None;
    match record::write(locked.path(), &record) {
        Err(error) if gone.is_empty() => Err(take_back(store, locked, changer, before, unfinished, &made, error)),
        written => written.map(|()| found),
    }
}

/// What was made that a failure takes away again.
struct Done {
    nodes: Vec<Node>,
    /// Parts of the uplink that were missing.
    mended: Vec<UplinkPart>,
}

/// After a failure: everything as it was, or told what is not.
fn take_back(
    store: &Store,
    locked: &Locked,
    mut changer: Changer,
    mut before: Record,
    mut now: Record,
    made: &Done,
    error: Error,
) -> Error {
    let mut left = Vec::new();
    let uplink_anew = now.change.as_ref().is_some_and(|change| change.uplink);
    if uplink_anew {
        left.extend(running::remove(store, locked, &mut now, &changer).err());
    }
    left.extend(running::unmend(&now, &before.plan, &changer, &made.mended).err());
    for node in &made.nodes {
        let placeholder = node.placeholder.unwrap_or(now.placeholder);
        left.extend(store.names.withdraw(&node.netns_name(), node.netns, placeholder).err());
    }
    left.extend(changer.undo().err().into_iter().flatten());
    if uplink_anew {
        left.extend(running::back(store, locked, &mut now, &before, &changer).err());
        before.uplink = now.uplink;
    }
    left.extend(record::write_hosts(locked.path(), &before.plan).err());
    let jobs = before.jobs(&before.plan);
    left.extend(process::reconcile(store, &before.plan.lab, folder_of(&before.file), jobs).err());
    // What was cut off before stays so; else the lab is as the record had it.
    if left.is_empty() {
        left.extend(record::write(locked.path(), &before).err());
    }
    let lab = &before.plan.lab;
    if left.is_empty() {
        let before = format!("lab \"{lab}\" is as it was before");
        let help = error.help().map_or_else(|| before.clone(), |help| format!("{help}; {before}"));
        return error.with_help(help);
    }
    let list: Vec<String> = left.iter().map(|error| format!("\n  could not be put back: {error}")).collect();
    error
        .and(&list.concat())
        .with_help(format!("nslab up makes lab \"{lab}\" as its file has it; nslab down takes it away"))
}

/// Refuses what is in the way.
fn checked(found: Difference, plan: &Plan) -> Result<Changes> {
    if let Some((node, ifname)) = found.in_the_way.first() {
        let message = format!("{node}:{ifname} is in the way: a link of that name that nslab did not make");
        return Err(Error::new(ErrorKind::Exists, message).with_help(format!(
            "remove or rename it (nslab ip -n {node} link delete {ifname}), or give the one of lab \"{}\" another name",
            plan.lab
        )));
    }
    Ok(Changes { changes: found.changes, foreign: found.foreign, ..Changes::default() })
}

/// Refuses what of interfaces beside cables is not changed in place: bonds, bridges that filter VLANs, and what others
/// stand on.
fn check_devices(record: &Record, plan: &Plan, changes: &[Change]) -> Result<()> {
    let mut all: Vec<(Option<&NodeName>, &Device)> = Vec::new();
    for plan in [&record.plan, plan] {
        all.extend(plan.devices.iter().map(|device| (plan.nodes.get(device.node).map(|node| &node.name), device)));
    }
    let is_stiff = |device: &Device| device.kind == LinkKind::Bond || !device.vlans.is_empty();
    let any =
        |node: &NodeName, is: &dyn Fn(&Device) -> bool| all.iter().any(|(of, device)| *of == Some(node) && is(device));
    let goes = |node: &NodeName, ifname: &IfName| {
        changes
            .iter()
            .any(|it| matches!(it, Change::RemoveDevice { node: of, ifname: name, .. } if of == node && name == ifname))
    };
    let stays_on = |node: &NodeName, ifname: &str| {
        let stands = |device: &Device| device.link.as_ref().is_some_and(|link| link.as_str() == ifname);
        any(node, &|device| stands(device) && !goes(node, &device.ifname))
    };
    let refused = |change: &&Change| match change {
        Change::AddDevice { device, .. } => is_stiff(device),
        Change::RemoveDevice { node, ifname, device, .. } => {
            device.as_deref().is_some_and(is_stiff) || stays_on(node, ifname.as_str())
        }
        Change::SetLink { node, to: Setting::Master(_), .. } => any(node, &is_stiff),
        Change::RemoveLink { node, ifname, peer } => {
            let ends = std::iter::once((node, ifname)).chain(peer.iter().map(|(node, ifname)| (node, ifname)));
            ends.into_iter().any(|(node, ifname)| stays_on(node, ifname) || any(node, &is_stiff))
        }
        Change::AddNode { .. } | Change::AddCable { .. } => change.nodes().into_iter().any(|node| any(node, &is_stiff)),
        _ => false,
    };
    let Some(change) = changes.iter().find(refused) else { return Ok(()) };
    let lab = &plan.lab;
    let message = format!("lab \"{lab}\": {change}: this cannot be done while it is up");
    Err(Error::new(ErrorKind::Unsupported, message).with_help(format!(
        "bonds, VLANs of bridges and what other interfaces stand on: nslab down {lab} takes the lab away; then nslab up \
         makes it anew"
    )))
}

fn check_new_names(store: &Store, plan: &Plan, changes: &[Change]) -> Result<()> {
    let new = changes.iter().filter_map(|change| match change {
        Change::AddNode { node, .. } => Some(node),
        _ => None,
    });
    super::up::check_free(&store.names, plan, new)
}

/// Looks at all nodes on record, and at those of a plan besides.
fn look(store: &Store, record: &Record, plan: &Plan) -> Result<Sight> {
    if record.plan.prefix != plan.prefix {
        let lab = &record.plan.lab;
        let message = format!(
            "lab \"{lab}\" is up with the prefix \"{}\", and its file has \"{}\": namespaces are not renamed",
            record.plan.prefix.as_str(),
            plan.prefix.as_str()
        );
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_help(format!("nslab down {lab} takes the lab away; then nslab up makes it anew")));
    }
    let ours = ours(record);
    let mut nodes: Vec<(NodeName, Wanted)> = Vec::new();
    let mut places: BTreeMap<NodeName, usize> = BTreeMap::new();
    let on_record = record.nodes.iter().chain(record.change.iter().flat_map(|change| &change.nodes));
    for node in on_record.clone() {
        let at = *places.entry(node.name.clone()).or_insert(nodes.len());
        if at == nodes.len() {
            nodes.push((node.name.clone(), Wanted { file: node.netns_name(), ..Wanted::default() }));
        }
        if let Some((_, wanted)) = nodes.get_mut(at) {
            wanted.identities.push(node.netns);
        }
    }
    for node in &plan.nodes {
        places.entry(node.name.clone()).or_insert_with(|| {
            let file = plan.prefix.netns_name(&node.name).into();
            nodes.push((node.name.clone(), Wanted { file, ..Wanted::default() }));
            nodes.len() - 1
        });
    }
    let fresh = settings(&mut nodes, &places, &ours, plan);
    for plan in [&record.plan, plan] {
        neighbours(&mut nodes, &places, plan);
    }
    // Half-made names are ours too.
    let sightings = observe::observe(&store.names, &nodes)?;
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for ((name, wanted), sighting) in nodes.into_iter().zip(sightings) {
        let here = match sighting {
            Sighting::Here(here) => Some(*here),
            Sighting::Missing => None,
            Sighting::Other if wanted.identities.is_empty() => None,
            Sighting::Other => {
                let half = on_record.clone().filter(|node| node.name == name);
                let mut placeholders = half.map(|node| node.placeholder.unwrap_or(record.placeholder));
                let is_half = |placeholder| store.names.is_placeholder(&wanted.file, placeholder);
                if !placeholders.any(is_half) && plan.nodes.iter().any(|node| node.name == name) {
                    others.push(name.clone());
                }
                None
            }
        };
        found.push((name, wanted, here));
    }
    let forwards = |node: &seen::Node| node.forward_v4 == Some(true) || node.forward_v6 == Some(true);
    let some_forward = found.iter().any(|(name, _, found)| {
        let planned = || plan.nodes.iter().find(|node| node.name == *name);
        found.as_ref().is_some_and(|found| forwards(&found.node)) && planned().is_some_and(|node| !node.forward)
    });
    let fresh = if some_forward || !fresh.is_empty() { Some(observe::fresh(&fresh)?) } else { None };
    Ok(Sight { nodes: found, fresh, ours, others })
}

fn not_ours(lab: &LabName, name: &NodeName) -> Error {
    let message = format!("lab \"{lab}\" is up, but the name of its node {name} now stands for something else");
    Error::new(ErrorKind::Exists, message).with_help(format!(
        "if it can go: nslab ip netns delete {name}, then nslab up; else give the node another name in the file"
    ))
}

/// All that nslab made of a lab, or may have made.
fn ours(record: &Record) -> Ours {
    let mut ours = Ours::default();
    ours.add(&record.plan);
    if let Some(change) = &record.change {
        ours.links.extend(change.links.iter().cloned());
        ours.devices.extend(change.devices.iter().cloned());
        ours.sysctl.extend(change.sysctl.iter().cloned());
    }
    ours
}

/// Asks for the settings that are named, were named, or are what those go back to. Gives those of a new node.
fn settings(
    nodes: &mut [(NodeName, Wanted)],
    places: &BTreeMap<NodeName, usize>,
    ours: &Ours,
    plan: &Plan,
) -> BTreeSet<String> {
    let mut fresh = BTreeSet::new();
    let mut planned: BTreeSet<(&NodeName, &str)> = BTreeSet::new();
    for node in &plan.nodes {
        planned.extend(node.sysctl.iter().map(|sysctl| (&node.name, sysctl.path.as_str())));
    }
    let former = ours.sysctl.iter().map(|(node, path)| (node, path.as_str()));
    for (node, path) in planned.iter().copied().chain(former) {
        let Some((_, wanted)) = places.get(node).and_then(|at| nodes.get_mut(*at)) else { continue };
        wanted.sysctl.insert(path.to_owned());
        if planned.contains(&(node, path)) {
            continue;
        }
        match interface_of(path).and_then(|_| crate::topology::diff::default_path(path)) {
            Some(default) => wanted.sysctl.insert(default),
            None => fresh.insert(path.to_owned()),
        };
    }
    fresh
}

fn neighbours(nodes: &mut [(NodeName, Wanted)], places: &BTreeMap<NodeName, usize>, plan: &Plan) {
    let of_plan: Vec<Option<usize>> = plan.nodes.iter().map(|node| places.get(&node.name).copied()).collect();
    let place = |at: usize| of_plan.get(at).copied().flatten();
    for cable in &plan.cables {
        let (Some(a), Some(b)) = (place(cable.a.node), place(cable.b.node)) else { continue };
        for (here, there) in [(a, b), (b, a)] {
            if let Some((_, wanted)) = nodes.get_mut(here).filter(|_| here != there) {
                wanted.neighbours.insert(there);
            }
        }
    }
}

impl Unfinished {
    /// Adds all that was made and all that a plan may make.
    fn add(&mut self, ours: &Ours, plan: &Plan) {
        let mut all = ours.clone();
        all.add(plan);
        self.links.extend(all.links);
        self.devices.extend(all.devices);
        self.sysctl.extend(all.sysctl);
    }
}
