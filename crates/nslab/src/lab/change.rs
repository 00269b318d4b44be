//! Changing a lab that is up, in place: all of it, or nothing.
//!
//! Before anything is done the record says that a change is under way, and names each namespace that may be
//! there and each interface and setting that may be nslab's. So whatever a change was cut off in the middle of,
//! the next one sees what is really there, knows what of it is nslab's, and can go on with any file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::lock::Locked;
use super::process::Reconciled;
use super::record::{self, Kept, Node, Record, State, Unfinished};
use super::up::folder_of;
use super::{Store, process};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Identity, Placeholder};
use crate::topology::apply::change::Changer;
use crate::topology::diff::{Change, Difference, Known, Ours, diff};
use crate::topology::observe::{self, Found, Sighting, Wanted, seen};
use crate::topology::plan::{Device, Plan};
use crate::topology::spec::interface_of;
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
        let seen: Vec<_> = plan.nodes.iter().map(|node| (node.name.clone(), None)).collect();
        let known = Known { plan, recorded: None, ours: &Ours::default(), seen: &seen, fresh: None };
        return Ok(Changes { changes: diff(known).changes, ..Changes::default() });
    };
    let sight = look(store, &record, plan)?.check(&plan.lab)?;
    let changer = Changer::new(sight.nodes, sight.fresh);
    checked(changer.diff(plan, Some(&record.plan), &sight.ours), plan)
}

/// What is really there of a lab on record. A node whose name stands for something else is not there.
///
/// # Errors
/// [`ErrorKind::Permission`] without root.
pub fn reality(store: &Store, record: &Record) -> Result<Reality> {
    let sight = look(store, record, &record.plan)?;
    let nodes = sight.nodes.into_iter().map(|(name, _, found)| (name, found.map(|found| found.node)));
    Ok(Reality { nodes: nodes.collect() })
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
    let mut changer = Changer::new(sight.nodes, sight.fresh);
    let mut found = checked(changer.diff(effective, Some(&record.plan), &ours), &record.plan)?;
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
    check_uplink(&record, plan, &found.changes)?;
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
    record.state = State::Changing;
    record.change = Some(unfinished);
    if found.changes.iter().any(Change::is_real) || !whole {
        record::write(locked.path(), &record)?;
    }
    let done = changer.apply(effective, &ours, &found.changes).and_then(|()| {
        made.iter().try_for_each(|node| {
            let namespace = changer.namespace(&node.name).ok_or_else(|| Error::invalid("a node that was not made"))?;
            let placeholder = placeholder.as_ref().ok_or_else(|| Error::invalid("a node that was not made"))?;
            let step = |error: Error| error.within(format_args!("publishing node {}", node.name));
            placeholder.publish(&node.netns_name(), namespace).map_err(step)
        })
    });
    if let Err(error) = done.and_then(|()| record::write_hosts(locked.path(), plan)) {
        return Err(take_back(store, locked, changer, before, &record, &made, error));
    }
    let kept: BTreeMap<&NodeName, &Node> = record
        .nodes
        .iter()
        .chain(record.change.iter().flat_map(|change| &change.nodes))
        .filter(|node| changer.was(&node.name, node.netns))
        .chain(&made)
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
            Err(error) => return Err(take_back(store, locked, changer, before, &record, &made, error)),
        }
    }
    // From here on there is no way back: what goes goes, with all that runs in it.
    process::end_in(&gone.iter().map(|node| node.netns).collect::<Vec<_>>(), process::GRACE)?;
    for node in gone {
        let placeholder = node.placeholder.unwrap_or(record.placeholder);
        store.names.withdraw(&node.netns_name(), node.netns, placeholder)?;
    }
    record.nodes = nodes;
    record.state = State::Up;
    record.file = file;
    record.plan = plan.clone();
    record.change = None;
    record::write(locked.path(), &record)?;
    Ok(found)
}

/// After a failure: everything as it was, or told what is not.
fn take_back(
    store: &Store,
    locked: &Locked,
    mut changer: Changer,
    before: Record,
    now: &Record,
    made: &[Node],
    error: Error,
) -> Error {
    let mut left = Vec::new();
    for node in made {
        let placeholder = node.placeholder.unwrap_or(now.placeholder);
        left.extend(store.names.withdraw(&node.netns_name(), node.netns, placeholder).err());
    }
    left.extend(changer.undo().err().into_iter().flatten());
    left.extend(record::write_hosts(locked.path(), &before.plan).err());
    // What was cut off before stays so; else the lab is as the record had it.
    if left.is_empty() {
        left.extend(record::write(locked.path(), &before).err());
    }
    let lab = &before.plan.lab;
    if left.is_empty() {
        return error.with_help(format!("lab \"{lab}\" is as it was before"));
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

/// Interfaces of nodes beside cables are made with their lab: none is changed in place, nor what they stand on.
fn check_devices(record: &Record, plan: &Plan, changes: &[Change]) -> Result<()> {
    let described = |plan: &Plan| -> Vec<(Option<NodeName>, Device)> {
        let name = |device: &Device| plan.nodes.get(device.node).map(|node| node.name.clone());
        plan.devices.iter().map(|device| (name(device), Device { node: 0, index: 0, ..device.clone() })).collect()
    };
    let (before, after) = (described(&record.plan), described(plan));
    let on_it = |node: &NodeName| after.iter().any(|(of, _)| of.as_ref() == Some(node));
    let disturbs = |change: &&Change| {
        let made = matches!(change, Change::AddNode { .. } | Change::AddCable { .. } | Change::RemoveLink { .. });
        made && change.nodes().into_iter().any(on_it)
    };
    let lab = &plan.lab;
    let what = match changes.iter().find(disturbs) {
        Some(change) => format!("lab \"{lab}\": {change}: of a node with interfaces beside cables"),
        None if before != after => format!("lab \"{lab}\": interfaces of nodes beside cables"),
        None => return Ok(()),
    };
    Err(Error::new(ErrorKind::Unsupported, format!("{what} cannot be changed while it is up"))
        .with_help(format!("nslab down {lab} takes the lab away; then nslab up makes it anew")))
}

/// An uplink is made with its lab and goes with it: the machine's side of it is not changed in place.
fn check_uplink(record: &Record, plan: &Plan, changes: &[Change]) -> Result<()> {
    let described = |plan: &Plan| {
        let uplink = plan.uplink.as_ref()?;
        let node = plan.nodes.get(uplink.node)?.name.clone();
        let what = (uplink.ifname.clone(), uplink.mac, uplink.nat, uplink.prefixes.clone(), uplink.default_routes);
        Some((node, what))
    };
    let (before, after) = (described(&record.plan), described(plan));
    let again = |node: &NodeName| changes.iter().any(|c| matches!(c, Change::AddNode { node: new, .. } if new == node));
    if before == after && !after.as_ref().is_some_and(|(node, _)| again(node)) {
        return Ok(());
    }
    let lab = &plan.lab;
    Err(Error::new(ErrorKind::Unsupported, format!("lab \"{lab}\": its uplink cannot be changed while it is up"))
        .with_help(format!("nslab down {lab} takes the lab away; then nslab up makes it anew")))
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
        self.sysctl.extend(all.sysctl);
    }
}
