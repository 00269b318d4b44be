//! Changing a lab that is up: each change done, and undone if a later one fails.
//!
//! Contract: after an error of [`Changer::apply`], [`Changer::undo`] puts back what was, in reverse and with
//! the half of the step that failed; what it cannot do it reports and goes past. New nodes are in namespaces
//! without names, so they go with the value.

mod device;
mod restore;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::namespace::settings::Settings;
use crate::namespace::{Identity, Namespace, enter};
use crate::netlink::Connection;
use crate::topology::diff::{Change, Difference, Known, Ours, diff};
use crate::topology::observe::{self, Found, Wanted, seen};
use crate::topology::plan::{Device, Plan, bridge_mac};
use crate::types::{NamePrefix, NodeName};
use crate::wire::Request;

/// A node to work on.
#[derive(Debug)]
struct Work {
    name: NodeName,
    wanted: Wanted,
    namespace: Option<Namespace>,
    identity: Option<Identity>,
    /// Which one was made for it.
    made: Option<Identity>,
    connection: Option<Connection>,
    /// What was there before anything was changed.
    before: Option<seen::Node>,
    /// What is there, as far as is known.
    now: seen::Node,
}

/// What puts a step back.
#[derive(Debug)]
enum Undo {
    /// Requests, in this order; `missing` says that what they are about may be gone already.
    Requests { place: usize, requests: Vec<Request>, what: String, missing: bool },
    /// An interface beside cables that was taken away, with its index.
    Device { place: usize, device: Box<Device>, what: String },
    /// A setting.
    Sysctl { place: usize, path: String, value: String },
}

/// Does changes, and knows how to take them back.
#[derive(Debug)]
pub struct Changer {
    /// What namespaces are named with, for messages.
    prefix: NamePrefix,
    nodes: Vec<Work>,
    places: BTreeMap<NodeName, usize>,
    fresh: Option<seen::Node>,
    log: Vec<Undo>,
    touched: BTreeSet<usize>,
}

/// Side effects (routes that went with an address, settings that the kernel reset) are put right in so many rounds.
const ROUNDS: usize = 3;

impl Changer {
    /// Takes over what was found, in the order in which it was looked for.
    #[must_use]
    pub fn new(nodes: Vec<(NodeName, Wanted, Option<Found>)>, fresh: Option<seen::Node>, prefix: NamePrefix) -> Self {
        let work = |(name, wanted, found): (NodeName, Wanted, Option<Found>)| {
            let identity = found.as_ref().map(|found| found.identity);
            let (namespace, before) = found.map(|found| (found.namespace, found.node)).unzip();
            let now = before.clone().unwrap_or_default();
            Work { name, wanted, namespace, identity, made: None, connection: None, before, now }
        };
        let nodes: Vec<Work> = nodes.into_iter().map(work).collect();
        let places = nodes.iter().map(|node| node.name.clone()).zip(0..).collect();
        Self { prefix, nodes, places, fresh, log: Vec::new(), touched: BTreeSet::new() }
    }

    /// What there is now of each node.
    #[must_use]
    pub fn seen(&self) -> Vec<(NodeName, Option<seen::Node>)> {
        let seen = |node: &Work| (node.name.clone(), node.namespace.as_ref().map(|_| node.now.clone()));
        self.nodes.iter().map(seen).collect()
    }

    /// Compares what there is now with a plan.
    #[must_use]
    pub fn diff(&self, plan: &Plan, recorded: Option<&Plan>, ours: &Ours) -> Difference {
        diff(Known { plan, recorded, ours, seen: &self.seen(), fresh: self.fresh.as_ref() })
    }

    /// The namespace of a node.
    #[must_use]
    pub fn namespace(&self, node: &NodeName) -> Option<&Namespace> {
        self.nodes.get(*self.places.get(node)?)?.namespace.as_ref()
    }

    /// Whether a node was found, and is this one.
    #[must_use]
    pub fn was(&self, node: &NodeName, identity: Identity) -> bool {
        let work = self.places.get(node).and_then(|place| self.nodes.get(*place));
        work.is_some_and(|work| work.identity == Some(identity))
    }

    /// Whether a node was found.
    #[must_use]
    pub fn was_there(&self, node: &NodeName) -> bool {
        self.places.get(node).and_then(|place| self.nodes.get(*place)).is_some_and(|work| work.identity.is_some())
    }

    /// Whether a node, found or made, is this one.
    #[must_use]
    pub fn is(&self, node: &NodeName, identity: Identity) -> bool {
        let work = self.places.get(node).and_then(|place| self.nodes.get(*place));
        work.is_some_and(|work| work.made.or(work.identity) == Some(identity))
    }

    /// Makes the namespaces that changes call for: nobody sees them yet.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn make_nodes(&mut self, plan: &Plan, changes: &[Change]) -> Result<Vec<(NodeName, Identity)>> {
        let mut made = Vec::new();
        if !changes.iter().any(|change| matches!(change, Change::AddNode { .. })) {
            self.look_again()?;
            return Ok(made);
        }
        let taken = super::blank::indexes_taken()?;
        for change in changes {
            let Change::AddNode { node: name, .. } = change else { continue };
            let planned = plan.nodes.iter().find(|node| node.name == *name).ok_or_else(super::bad_plan)?;
            let mac = planned.switch.then(|| bridge_mac(&plan.lab, name));
            let node = enter::on_own_thread(|| super::make_blank(name, mac, taken, &mut Settings::default()))
                .map_err(|error| error.within(format_args!("making node {name}")))?;
            made.push((name.clone(), node.identity));
            let place = self.place(name)?;
            let work = self.work(place)?;
            work.namespace = Some(node.namespace()?);
            work.made = Some(node.identity);
            work.connection = Some(node.connection);
            if planned.switch {
                self.ready_bridge(place, node.bridge, &format!("making node {name}"))?;
            }
            self.touched.insert(place);
        }
        self.look_again()?;
        Ok(made)
    }

    /// Makes changes, and puts right what they disturbed besides.
    ///
    /// # Errors
    /// What the kernel refuses, with the step. Then call [`undo`](Self::undo).
    pub fn apply(&mut self, plan: &Plan, ours: &Ours, changes: &[Change]) -> Result<()> {
        if changes.iter().any(|change| matches!(change, Change::AddDevice { .. })) {
            super::lacking::check(plan)?;
        }
        self.run(changes)?;
        for _ in 0..ROUNDS {
            self.look_again()?;
            let rest = self.diff(plan, None, ours).changes;
            let rest: Vec<Change> = rest.into_iter().filter(|change| self.is_of_touched(change)).collect();
            if rest.is_empty() {
                break;
            }
            self.run(&rest)?;
        }
        self.restore_others()
    }

    fn is_of_touched(&self, change: &Change) -> bool {
        let touched = |node: &&NodeName| self.places.get(*node).is_some_and(|place| self.touched.contains(place));
        !matches!(change, Change::AddNode { .. } | Change::RemoveNode { .. }) && change.nodes().iter().any(touched)
    }

    fn run(&mut self, changes: &[Change]) -> Result<()> {
        for change in changes {
            for node in change.nodes() {
                self.touched.insert(self.place(node)?);
            }
            self.step(change)?;
        }
        Ok(())
    }

    /// Puts back what was.
    ///
    /// # Errors
    /// All that could not be put back.
    pub fn undo(&mut self) -> Result<(), Vec<Error>> {
        let mut errors = Vec::new();
        let mut settings = Settings::default();
        while let Some(undo) = self.log.pop() {
            let done = match undo {
                Undo::Requests { place, requests, what, missing } => {
                    requests.into_iter().try_for_each(|request| match self.request(place, request, &what) {
                        Err(error) if missing && is_gone(&error) => Ok(()),
                        // It was not done after all.
                        Err(error) if error.errno() == Some(libc::EEXIST) => Ok(()),
                        done => done,
                    })
                }
                Undo::Device { place, device, what } => match self.make_device(place, &device, &what) {
                    // It was not taken away after all.
                    Err(error) if error.errno() == Some(libc::EEXIST) => Ok(()),
                    made => made,
                },
                Undo::Sysctl { place, path, value } => self.write(place, &path, &value, &mut settings),
            };
            errors.extend(done.err());
        }
        errors.extend(self.look_again().and_then(|()| self.restore_all()).err());
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn place(&self, node: &NodeName) -> Result<usize> {
        self.places.get(node).copied().ok_or_else(super::bad_plan)
    }

    fn work(&mut self, place: usize) -> Result<&mut Work> {
        self.nodes.get_mut(place).ok_or_else(super::bad_plan)
    }

    fn connection(&mut self, place: usize) -> Result<&mut Connection> {
        let work = self.work(place)?;
        match &mut work.connection {
            Some(connection) => Ok(connection),
            none => Ok(none.insert(Connection::open_in(work.namespace.as_ref().ok_or_else(super::bad_plan)?)?)),
        }
    }

    fn request(&mut self, place: usize, request: Request, what: &str) -> Result<()> {
        self.connection(place)?.request(request, || what.to_owned())
    }

    fn write(&mut self, place: usize, path: &str, value: &str, settings: &mut Settings) -> Result<()> {
        let work = self.work(place)?;
        let namespace = work.namespace.as_ref().ok_or_else(super::bad_plan)?;
        let what = format!("node {}: setting {path} to {value:?}", work.name);
        namespace.enter(|| settings.set(path, value))?.map_err(|error| Error::os(what, error))
    }

    /// Reads anew what was touched.
    fn look_again(&mut self) -> Result<()> {
        let touched: Vec<usize> = self.touched.iter().copied().collect();
        // Places must stay the same, so a node that is not there has that of any other: it is not asked about.
        let any = self.nodes.iter().find_map(|node| node.namespace.as_ref());
        let all: Vec<(&Namespace, &Wanted)> =
            self.nodes.iter().filter_map(|node| Some((node.namespace.as_ref().or(any)?, &node.wanted))).collect();
        let there: Vec<usize> = touched
            .into_iter()
            .filter(|place| self.nodes.get(*place).is_some_and(|node| node.namespace.is_some()))
            .collect();
        let read = observe::again(&all, &there)?;
        for (place, node) in there.into_iter().zip(read) {
            self.work(place)?.now = node;
        }
        Ok(())
    }
}

/// What is to be taken away is gone already.
fn is_gone(error: &Error) -> bool {
    matches!(error.errno(), Some(libc::ENODEV | libc::ESRCH | libc::EADDRNOTAVAIL | libc::ENOENT | libc::EEXIST))
}
