//! What is really there: namespaces opened by name, made sure of, and read.
//!
//! Contract: nothing is changed. A namespace that is gone, or goes while it is read, is a [`Sighting`], not
//! an error. What was found is [`seen`]: a value without descriptors.

pub mod machine;
pub mod network;
mod peers;
mod planned;
mod read;
pub mod seen;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::fd::AsFd;

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::settings::Settings;
use crate::namespace::{Identity, Names, Namespace, cookie_of, descriptors, enter};
use crate::netlink::{Connection, KernelSocket};
use crate::ops::nsid;
use crate::types::NodeName;

/// A namespace to look for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The name that it may have: that of its file in [`NETNS_DIR`](crate::namespace::NETNS_DIR).
    pub file: OsString,
    /// What it may be: any of these.
    pub identities: Vec<Identity>,
    /// Settings to read, by their path below /proc/sys.
    pub sysctl: BTreeSet<String>,
    /// The places, among those looked for, of the namespaces where other ends of its cables may be.
    pub neighbours: BTreeSet<usize>,
}

/// What was found under a name.
#[derive(Debug)]
pub enum Sighting {
    /// The namespace.
    Here(Box<Found>),
    /// Nothing, or a name that stands for no namespace yet.
    Missing,
    /// Something else.
    Other,
}

/// A namespace that was found.
#[derive(Debug)]
pub struct Found {
    /// The namespace, held open.
    pub namespace: Namespace,
    /// Which of the wanted ones it is.
    pub identity: Identity,
    /// What is in it.
    pub node: seen::Node,
}

/// More of them only wait for each other in the kernel.
const WORKERS: usize = 2;

/// Looks for namespaces by name, and reads those that are what they should be, in the order asked for.
///
/// # Errors
/// [`ErrorKind::Permission`] without root; what the kernel refuses.
pub fn observe(names: &Names, wanted: &[(NodeName, Wanted)]) -> Result<Vec<Sighting>> {
    descriptors::make_room(wanted.len(), 1)?;
    let mut opened = Vec::with_capacity(wanted.len());
    for (_, wanted) in wanted {
        opened.push(open(names, wanted)?);
    }
    let readers = wanted.len().clamp(1, WORKERS);
    let read = std::thread::scope(|scope| {
        // Threads of their own, for they change their namespace; they end with this scope.
        let mut threads = Vec::new();
        for first in 0..readers {
            let opened = &opened;
            let work = move || -> Result<Vec<Option<(Identity, seen::Node)>>> {
                let mut settings = Settings::default();
                let places = wanted.iter().enumerate().skip(first).step_by(readers);
                places.map(|(at, (name, wanted))| visit(at, name, wanted, opened, &mut settings)).collect()
            };
            let thread = std::thread::Builder::new().name("nslab-netns".into()).spawn_scoped(scope, work);
            threads.push(thread.map_err(|error| Error::os("starting a thread", error))?);
        }
        let mut all = Vec::new();
        for thread in threads {
            all.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?.into_iter());
        }
        Ok(all)
    });
    let mut read: Vec<_> = read?;
    let mut sightings = Vec::with_capacity(wanted.len());
    for (at, opened) in opened.into_iter().enumerate() {
        let visited = read.get_mut(at % readers).and_then(Iterator::next).flatten();
        sightings.push(match (opened, visited) {
            (Opened::Namespace(namespace), Some((identity, node))) => {
                Sighting::Here(Box::new(Found { namespace, identity, node }))
            }
            (Opened::Missing, _) => Sighting::Missing,
            _ => Sighting::Other,
        });
    }
    Ok(sightings)
}

/// Reads namespaces that are held open: those at `places` of `all`.
///
/// # Errors
/// What the kernel refuses.
pub fn again(all: &[(&Namespace, &Wanted)], places: &[usize]) -> Result<Vec<seen::Node>> {
    enter::on_own_thread(|| {
        let mut settings = Settings::default();
        let mut nodes = Vec::new();
        for place in places {
            let (namespace, wanted) = all.get(*place).ok_or_else(|| Error::invalid("a place that is not there"))?;
            enter::switch(namespace.as_fd())?;
            let namespace_at = |at: usize| all.get(at).map(|(namespace, _)| *namespace);
            let node = KernelSocket::open()
                .and_then(|socket| read_here(*place, wanted, namespace_at, socket, &mut settings))
                .map_err(|error| error.within(format_args!("reading node {}", wanted.file.display())))?;
            nodes.push(node);
        }
        Ok(nodes)
    })
}

/// Settings of a namespace as new as can be, and whether it passes packets on: what a node has that says nothing.
///
/// # Errors
/// Where a namespace cannot be made or asked.
pub fn fresh(paths: &BTreeSet<String>) -> Result<seen::Node> {
    enter::on_own_thread(|| {
        enter::into_new()?;
        let wanted = Wanted { sysctl: paths.clone(), ..Wanted::default() };
        read_here(0, &wanted, |_| None, KernelSocket::open()?, &mut Settings::default())
    })
    .map_err(|error| error.within("reading a namespace that was just made"))
}

enum Opened {
    Namespace(Namespace),
    Missing,
    Other,
}

fn open(names: &Names, wanted: &Wanted) -> Result<Opened> {
    match names.open(&wanted.file) {
        Ok(namespace) => {
            let file = namespace.file_id()?;
            let known = wanted.identities.iter().any(|identity| (identity.dev, identity.ino) == file);
            Ok(if known { Opened::Namespace(namespace) } else { Opened::Other })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Opened::Missing),
        // A file without permissions, or none that can be opened: nobody's namespace.
        Err(error) if matches!(error.errno(), Some(libc::EACCES | libc::ELOOP)) => Ok(Opened::Other),
        Err(error) => Err(error),
    }
}

/// Reads one on this thread; `None` where it is not one of the wanted ones.
fn visit(
    at: usize,
    name: &NodeName,
    wanted: &Wanted,
    opened: &[Opened],
    settings: &mut Settings,
) -> Result<Option<(Identity, seen::Node)>> {
    let Some(Opened::Namespace(namespace)) = opened.get(at) else { return Ok(None) };
    enter::switch(namespace.as_fd())?;
    let socket = KernelSocket::open()?;
    let identity = namespace.identity_with(cookie_of(&socket)?)?;
    let same = |wanted: &Identity| {
        (wanted.dev, wanted.ino) == (identity.dev, identity.ino)
            && (wanted.cookie.is_none() || wanted.cookie == identity.cookie)
    };
    let Some(identity) = wanted.identities.iter().copied().find(same) else { return Ok(None) };
    let namespace_at = |at: usize| match opened.get(at) {
        Some(Opened::Namespace(namespace)) => Some(namespace),
        _ => None,
    };
    let node = read_here(at, wanted, namespace_at, socket, settings);
    node.map(|node| Some((identity, node))).map_err(|error| error.within(format_args!("reading node {name}")))
}

/// Reads the namespace of this thread.
fn read_here<'n>(
    at: usize,
    wanted: &Wanted,
    namespace_at: impl Fn(usize) -> Option<&'n Namespace>,
    socket: KernelSocket,
    settings: &mut Settings,
) -> Result<seen::Node> {
    let mut connection = Connection::new(socket);
    let mut candidates = wanted.neighbours.iter().copied();
    let mut known: Vec<(i32, usize)> = Vec::new();
    let mut place_of = |connection: &mut Connection, id: i32| -> Result<Option<usize>> {
        loop {
            if let Some((_, place)) = known.iter().find(|(of, _)| *of == id) {
                return Ok(Some(*place));
            }
            let Some(place) = candidates.next() else { return Ok(None) };
            let Some(namespace) = namespace_at(place) else { continue };
            if let Some(of) = nsid::get(connection, namespace)?.and_then(|of| i32::try_from(of).ok()) {
                known.push((of, place));
            }
        }
    };
    let mut node = read::node(&mut connection, at, &mut place_of)?;
    read::settings(&mut node, settings, wanted.sysctl.iter().map(String::as_str))?;
    Ok(node)
}
