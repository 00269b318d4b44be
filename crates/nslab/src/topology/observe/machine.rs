//! Many namespaces as they are at one moment: those of a machine, whoever made them, or those of a lab.
//!
//! Contract: nothing is changed. Each namespace is listened to before it is read, and what has changed by the time that
//! all are read is read again, until nothing has, or [`ROUNDS`] times. A namespace that goes meanwhile, or that may
//! not be entered, is told of in [`Machine::notes`]; the rest is there.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::network::{self, Network, Role, is_switch, unused};
use super::peers::Ends;
use super::read::{self, Far};
use super::{WORKERS, seen};
use crate::error::{Error, Result};
use crate::namespace::settings::Settings;
use crate::namespace::{Everywhere, Identity, Namespace, Process, Whereabouts, cookie_of, descriptors, enter};
use crate::netlink::{Connection, KernelSocket};
use crate::types::{LabName, NodeName};
use crate::wire::consts::{
    RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE, RTMGRP_LINK, RTMGRP_TC,
};

/// What was found.
#[derive(Debug, Default)]
pub struct Machine {
    /// The namespaces, in the order in which they were given. The places in [`seen::Peer`] are of this list.
    pub places: Vec<Place>,
    /// What is missing, one thing each.
    pub notes: Vec<String>,
}

/// A namespace.
#[derive(Debug)]
pub struct Place {
    /// The namespace, held open.
    pub namespace: Namespace,
    /// What tells it from others.
    pub identity: Identity,
    /// Whether it is the one that the caller is in.
    pub own: bool,
    /// Its names among those of iproute2.
    pub names: Vec<OsString>,
    /// Where else it is mounted.
    pub mounts: Vec<PathBuf>,
    /// The processes in it; not those of the caller's own namespace.
    pub processes: Vec<Process>,
    /// The lab that it is of.
    pub member: Option<Member>,
    /// What is in it.
    pub node: seen::Node,
}

/// What a namespace is in a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The lab.
    pub lab: LabName,
    /// Which of its nodes it is.
    pub node: NodeName,
    /// Whether that is a switch.
    pub switch: bool,
}

/// What never stands still is read so many times.
pub const ROUNDS: usize = 5;

/// What is listened to: all that is read.
const GROUPS: u32 =
    RTMGRP_LINK | RTMGRP_TC | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;

/// A namespace that was read, and who hears of changes in it.
struct Reading {
    identity: Identity,
    events: KernelSocket,
    node: seen::Node,
    far: Far,
    /// Whether it was another the last time.
    moves: bool,
}

/// Whether two readings say the same, but for what the kernel does by itself: it tells of addresses that it has tried,
/// of a bridge's clocks.
fn is_same(before: &seen::Node, after: &seen::Node) -> bool {
    let still = |node: &seen::Node| {
        let mut node = node.clone();
        for link in &mut node.links {
            link.info.clear();
            // In which namespace it is is found later.
            link.peer.iter_mut().for_each(|peer| peer.node = None);
            link.addresses.iter_mut().for_each(|address| address.flags = 0);
        }
        node
    };
    still(before) == still(after)
}

/// Reads namespaces.
///
/// # Errors
/// No threads or descriptors left. What is wrong with one namespace is a note.
pub fn read(found: Everywhere) -> Result<Machine> {
    let Everywhere { namespaces, mut notes } = found;
    descriptors::make_room(namespaces.len(), 2)?;
    let mut readings: Vec<Option<Reading>> = namespaces.iter().map(|_| None).collect();
    let mut changed: Vec<usize> = (0..namespaces.len()).collect();
    for round in 0.. {
        let read = every(&namespaces, &changed, |at| {
            let before = readings.get(at).and_then(Option::as_ref);
            visit(at, namespaces.get(at).ok_or_else(gone)?, before)
        })?;
        for (at, read) in changed.iter().zip(read) {
            let (Some(slot), Some(place)) = (readings.get_mut(*at), namespaces.get(*at)) else { continue };
            match (read, slot.as_mut()) {
                (Ok((Some(new), ..)), _) => *slot = Some(new),
                (Ok((None, node, far)), Some(slot)) => {
                    slot.moves = !is_same(&slot.node, &node);
                    (slot.node, slot.far) = (node, far);
                }
                (Ok(_), None) => {}
                (Err(error), _) => {
                    notes.push(format!("{} is left out: {error}", place.called()));
                    *slot = None;
                }
            }
        }
        join(&namespaces, &mut readings)?;
        let moved = |(at, reading): (usize, &Option<Reading>)| reading.as_ref()?.events.drain().then_some(at);
        changed = readings.iter().enumerate().filter_map(moved).collect();
        if changed.is_empty() {
            break;
        }
        if round == ROUNDS {
            let moves = |at: &&usize| readings.get(**at).and_then(Option::as_ref).is_some_and(|reading| reading.moves);
            for place in changed.iter().filter(moves).filter_map(|at| namespaces.get(*at)) {
                notes.push(format!("{} did not stand still in {ROUNDS} times that it was read", place.called()));
            }
            break;
        }
    }
    Ok(assembled(namespaces, readings, notes))
}

/// What was read, without what could not be.
fn assembled(namespaces: Vec<Whereabouts>, readings: Vec<Option<Reading>>, notes: Vec<String>) -> Machine {
    let mut next = 0;
    let moved: Vec<Option<usize>> = readings
        .iter()
        .map(|reading| {
            reading.as_ref()?;
            next += 1;
            Some(next - 1)
        })
        .collect();
    let place = |(at, reading): (Whereabouts, Option<Reading>)| {
        let Reading { identity, mut node, .. } = reading?;
        node.links.retain(|link| !link.is_kernels_own());
        for peer in node.links.iter_mut().filter_map(|link| link.peer.as_mut()) {
            peer.node = peer.node.and_then(|at| moved.get(at).copied().flatten());
        }
        let Whereabouts { namespace, own, names, mounts, processes } = at;
        Some(Place { namespace, identity, own, names, mounts, processes, member: None, node })
    };
    Machine { places: namespaces.into_iter().zip(readings).filter_map(place).collect(), notes }
}

impl Machine {
    /// Reads all settings of the places: those that a fresh namespace has, and the same of each of their interfaces.
    ///
    /// # Errors
    /// As of [`read_settings`](Self::read_settings).
    pub fn read_all_settings(&mut self, fresh: &BTreeMap<String, String>) -> Result<()> {
        let of_interfaces: Vec<(&str, &str)> = fresh
            .keys()
            .filter_map(|path| path.split_once("/default/"))
            .filter(|(before, _)| before.ends_with("/conf"))
            .collect();
        let paths = self.places.iter().map(|place| {
            let names = place.node.links.iter().map(|link| link.name.as_str()).filter(|name| *name != "lo");
            let own = names
                .flat_map(|name| of_interfaces.iter().map(move |(before, after)| format!("{before}/{name}/{after}")));
            fresh.keys().cloned().chain(own).collect()
        });
        let paths: Vec<Vec<String>> = paths.collect();
        self.read_settings(&paths)
    }

    /// Reads settings of the places by their paths below /proc/sys, one list each, into what is known of their nodes.
    ///
    /// # Errors
    /// No threads left, or what the kernel refuses.
    pub fn read_settings(&mut self, paths: &[Vec<String>]) -> Result<()> {
        let places: Vec<usize> = (0..self.places.len()).collect();
        let whereabouts = |at: usize| self.places.get(at);
        let read = on_threads(
            &places,
            |at| whereabouts(at).is_some_and(|place| place.own),
            |at| {
                let place = whereabouts(at).ok_or_else(gone)?;
                if !place.own {
                    enter::switch(place.namespace.as_fd())?;
                }
                let mut node = seen::Node::default();
                let paths = paths.get(at).into_iter().flatten().map(String::as_str);
                read::settings(&mut node, &mut Settings::default(), paths)?;
                Ok(node.sysctl)
            },
        )?;
        for (place, sysctl) in self.places.iter_mut().zip(read) {
            place.node.sysctl = sysctl?;
        }
        Ok(())
    }
}

/// The folder of the kernel's settings that a namespace has of its own.
const SETTINGS: &str = "/proc/sys/net";

/// All settings of a namespace as new as can be, by their paths below /proc/sys: those that can be read and written.
///
/// # Errors
/// Where no namespace can be made.
pub fn fresh_settings() -> Result<BTreeMap<String, String>> {
    enter::on_own_thread(|| {
        enter::into_new()?;
        let mut paths = Vec::new();
        let mut folders = vec![PathBuf::from(SETTINGS)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let Ok(about) = entry.metadata() else { continue };
                if about.is_dir() {
                    folders.push(path);
                } else if std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o600 == 0o600 {
                    let below = path.strip_prefix("/proc/sys").ok().and_then(|path| path.to_str());
                    paths.extend(below.map(str::to_owned));
                }
            }
        }
        let mut settings = Settings::default();
        // Some cannot be read until they were written.
        let read = |path: String| settings.get(&path).ok().map(|value| (path, value));
        Ok(paths.into_iter().filter_map(read).collect())
    })
}

fn gone() -> Error {
    Error::invalid("a place that is not there")
}

impl Whereabouts {
    /// How a note calls it.
    fn called(&self) -> String {
        let name = |name: String| format!("namespace {}", crate::types::quote(&name));
        let mount = || self.mounts.first().map(|path| name(path.display().to_string()));
        let process = || self.processes.first().map(|process| format!("the namespace of process {}", process.pid));
        let named = self.names.first().map(|first| name(first.display().to_string()));
        named.or_else(mount).or_else(process).unwrap_or_else(|| "a namespace".into())
    }
}

/// Does something with places, each in its namespace.
fn every<T: Send>(
    namespaces: &[Whereabouts],
    places: &[usize],
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<Result<T>>> {
    let own = |at: usize| namespaces.get(at).is_some_and(|place| place.own);
    on_threads(places, own, |at| {
        if !own(at) {
            enter::switch(namespaces.get(at).ok_or_else(gone)?.namespace.as_fd())?;
        }
        work(at)
    })
}

/// Does something for each place, on threads that may change their namespace; for the caller's own on this thread,
/// which needs no privilege.
fn on_threads<T: Send>(
    places: &[usize],
    own: impl Fn(usize) -> bool + Sync,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<Result<T>>> {
    let next = AtomicUsize::new(0);
    let others: Vec<(usize, usize)> = places.iter().copied().enumerate().filter(|(_, at)| !own(*at)).collect();
    let mut done: Vec<(usize, Result<T>)> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..others.len().min(WORKERS) {
            let run = || {
                let mut done = Vec::new();
                while let Some((turn, at)) = others.get(next.fetch_add(1, Ordering::Relaxed)) {
                    done.push((*turn, work(*at)));
                }
                done
            };
            let thread = std::thread::Builder::new().name("nslab-netns".into()).spawn_scoped(scope, run);
            threads.push(thread.map_err(|error| Error::os("starting a thread", error))?);
        }
        let here = places.iter().copied().enumerate().filter(|(_, at)| own(*at));
        let mut done: Vec<(usize, Result<T>)> = here.map(|(turn, at)| (turn, work(at))).collect();
        for thread in threads {
            done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        Ok::<_, Error>(done)
    })?;
    done.sort_by_key(|(turn, _)| *turn);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Reads the namespace of this thread: a new reading, or what is in it now.
fn visit(at: usize, place: &Whereabouts, before: Option<&Reading>) -> Result<(Option<Reading>, seen::Node, Far)> {
    if before.is_some() {
        let (node, far) = read::alone(&mut Connection::open()?, at)?;
        return Ok((None, node, far));
    }
    let events = KernelSocket::subscribe(GROUPS)?;
    let identity = place.namespace.identity_with(cookie_of(&events)?)?;
    let (node, far) = read::alone(&mut Connection::open()?, at)?;
    Ok((Some(Reading { identity, events, node, far, moves: false }), seen::Node::default(), Vec::new()))
}

/// Finds the other ends of links in the namespaces that were read.
fn join(namespaces: &[Whereabouts], readings: &mut [Option<Reading>]) -> Result<()> {
    let here =
        |(at, reading): (usize, &Option<Reading>)| reading.as_ref().is_some_and(|it| !it.far.is_empty()).then_some(at);
    let places: Vec<usize> = readings.iter().enumerate().filter_map(here).collect();
    if places.is_empty() {
        return Ok(());
    }
    let nodes = readings.iter().enumerate().filter_map(|(at, reading)| Some((at, &reading.as_ref()?.node)));
    let ends = Ends::of(nodes);
    let found = every(namespaces, &places, |at| {
        let reading = readings.get(at).and_then(Option::as_ref).ok_or_else(gone)?;
        let namespace_at = |at: usize| namespaces.get(at).map(|place| &place.namespace);
        ends.of_far(&mut Connection::open()?, &reading.node, &reading.far, &namespace_at)
    })?;
    for (at, found) in places.into_iter().zip(found) {
        let Some(reading) = readings.get_mut(at).and_then(Option::as_mut) else { continue };
        // One that is gone by now is out of sight, as one that was never seen.
        for (link, place) in found.unwrap_or_default() {
            if let Some(peer) = reading.node.links.get_mut(link).and_then(|link| link.peer.as_mut()) {
                peer.node = place;
            }
        }
    }
    Ok(())
}

impl Machine {
    /// What was found, as a value: named as iproute2 names it, or else by what it belongs to, by a process, or by where
    /// it is mounted.
    #[must_use]
    pub fn network(&self, name: &str) -> Network {
        let mut taken = HashSet::new();
        let nodes = self.places.iter().map(|place| {
            let (seen, role) = (place.node.clone(), role(place));
            network::Node { name: unused(&place.called(), &mut taken), role, about: place.about(), seen }
        });
        Network { name: name.into(), nodes: nodes.collect(), notes: self.notes.clone() }
    }

    /// The same with the labs' names for their nodes.
    #[must_use]
    pub fn lab_network(&self, lab: &LabName) -> Network {
        let known = |place: &Place| place.member.as_ref().filter(|member| member.lab == *lab).map(|it| it.node.clone());
        let mut network = self.network(lab.as_str());
        let mut taken = HashSet::new();
        for (node, place) in network.nodes.iter_mut().zip(&self.places) {
            let name = known(place).map_or_else(|| node.name.clone(), |name| name.as_str().to_owned());
            node.name = unused(&name, &mut taken);
            node.about.clear();
        }
        network
    }
}

fn role(place: &Place) -> Role {
    match place.own {
        true => Role::Machine,
        false if is_switch(&place.node) => Role::Switch,
        false => Role::Node,
    }
}

impl Place {
    /// Its name, or what stands for one.
    fn called(&self) -> String {
        if self.own && self.names.is_empty() {
            return network::MACHINE.into();
        }
        let mounted = || Some(self.mounts.first()?.file_name()?.display().to_string());
        let belongs = || self.processes.iter().find_map(|process| process.belongs.clone());
        let process = || self.processes.first().map(|process| format!("{}-{}", process.name, process.pid));
        let named = self.names.first().map(|name| name.display().to_string());
        let known = named.or_else(belongs).or_else(mounted).or_else(process);
        known.unwrap_or_else(|| format!("net-{}", self.identity.ino))
    }

    /// What else is known of it.
    fn about(&self) -> Vec<String> {
        let mut about = Vec::new();
        if let Some(member) = &self.member {
            about.push(format!("lab {}", member.lab));
        }
        about.extend(self.names.iter().skip(1).map(|name| format!("also named {}", name.display())));
        about.extend(self.mounts.iter().map(|path| format!("mounted at {}", path.display())));
        const MOST: usize = 4;
        about.extend(self.processes.iter().take(MOST).map(|it| format!("process {} ({})", it.pid, it.name)));
        if self.processes.len() > MOST {
            about.push(format!("{} processes more", self.processes.len() - MOST));
        }
        about
    }
}
