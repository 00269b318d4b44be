//! Who takes part in a check: the nodes of a lab, or the namespaces of the machine.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::error::{ErrorKind, Result};
use crate::lab::whole::taken_away;
use crate::lab::{Record, Store};
use crate::namespace::{Namespace, cookie_here, descriptors};
use crate::netlink::Connection;
use crate::ops::address;
use crate::wire::consts::RT_SCOPE_UNIVERSE;

/// One who takes part in a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name: the node's, or the namespace's, as text.
    pub name: String,
    /// The addresses at which it is asked.
    pub addresses: Vec<IpAddr>,
    /// Where it is: the names of its segments in a lab; the networks of its addresses otherwise.
    pub networks: Vec<String>,
}

/// The nodes of a lab that are no switches.
pub(super) fn of_record(store: &Store, record: &Record) -> Result<(Vec<Member>, Vec<Namespace>)> {
    descriptors::make_room(record.nodes.len(), 1)?;
    let lab = &record.plan.lab;
    let mut all = Vec::new();
    for node in &record.nodes {
        let namespace = match store.names().open(&node.netns_name()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(taken_away(lab, node)),
            opened => opened?,
        };
        if namespace.file_id()? != (node.netns.dev, node.netns.ino) {
            return Err(taken_away(lab, node));
        }
        all.push(namespace);
    }
    Namespace::enter_each(&all.iter().collect::<Vec<_>>(), |at| match record.nodes.get(at) {
        Some(node) if node.netns.cookie.is_some() && cookie_here()? != node.netns.cookie => Err(taken_away(lab, node)),
        _ => Ok(()),
    })?;
    let mut networks: Vec<Vec<String>> = vec![Vec::new(); record.nodes.len()];
    for cable in record.plan.cables.iter().filter(|cable| cable.a.bridged) {
        if let (Some(switch), Some(of_node)) = (record.nodes.get(cable.a.node), networks.get_mut(cable.b.node)) {
            of_node.push(switch.name.to_string());
        }
    }
    let addresses = record.plan.addresses();
    let (mut members, mut namespaces) = (Vec::new(), Vec::new());
    let hosts: BTreeSet<usize> = record.hosts().map(|(place, _)| place).collect();
    let whole = record.nodes.iter().zip(all).zip(addresses.into_iter().zip(networks)).enumerate();
    for (_, ((node, namespace), (prefixes, networks))) in whole.filter(|(place, _)| hosts.contains(place)) {
        let addresses = prefixes.iter().map(|prefix| prefix.address()).collect();
        members.push(Member { name: node.name.to_string(), addresses, networks });
        namespaces.push(namespace);
    }
    Ok((members, namespaces))
}

/// The namespaces that have names, and addresses by which others may reach them.
pub(super) fn of_machine(store: &Store) -> Result<(Vec<Member>, Vec<Namespace>)> {
    let mut names = store.names().list()?;
    names.sort();
    descriptors::make_room(names.len(), 1)?;
    let (mut members, mut namespaces) = (Vec::new(), Vec::new());
    for name in names {
        // One that goes meanwhile, or is no namespace, takes no part.
        let Ok(namespace) = store.names().open(&name) else { continue };
        let Ok(Ok((addresses, networks))) = namespace.enter(addresses) else { continue };
        if !addresses.is_empty() {
            members.push(Member { name: name.to_string_lossy().into_owned(), addresses, networks });
            namespaces.push(namespace);
        }
    }
    Ok((members, namespaces))
}

/// Those of the calling thread's namespace, and their networks.
fn addresses() -> Result<(Vec<IpAddr>, Vec<String>)> {
    let (mut addresses, mut networks) = (Vec::new(), BTreeSet::new());
    address::dump(&mut Connection::open()?, 0, None, |found| {
        let prefix = found.prefix().filter(|_| found.scope() == RT_SCOPE_UNIVERSE);
        let Some(prefix) = prefix.filter(|prefix| !prefix.address().is_loopback()) else { return Ok(()) };
        addresses.push(prefix.address());
        if prefix.len() < prefix.max_len() {
            networks.insert(prefix.network().to_string());
        }
        Ok(())
    })?;
    Ok((addresses, networks.into_iter().collect()))
}
