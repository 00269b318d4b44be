//! Who takes part in a check: the nodes of a lab, or the namespaces of the machine.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::error::{ErrorKind, Result};
use crate::lab::whole::taken_away;
use crate::lab::{Record, Store, machine};
use crate::namespace::{Namespace, cookie_here, descriptors};
use crate::wire::consts::RT_SCOPE_UNIVERSE;

/// One who takes part in a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Its name: the node's, or the namespace's, as text.
    pub name: String,
    /// The addresses at which it is asked.
    pub addresses: Vec<IpAddr>,
    /// Where it is: the names of its segments in a lab; the networks of its addresses otherwise.
    pub networks: Vec<String>,
}

/// The nodes of a lab that are no switches.
pub(super) fn of_record(store: &Store, record: &Record) -> Result<(Vec<Participant>, Vec<Namespace>)> {
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
        members.push(Participant { name: node.name.to_string(), addresses, networks });
        namespaces.push(namespace);
    }
    Ok((members, namespaces))
}

/// The namespaces that have names, and addresses by which others may reach them.
pub(super) fn of_machine(store: &Store) -> Result<(Vec<Participant>, Vec<Namespace>)> {
    let mut found = Vec::new();
    for place in machine(store)?.places {
        let Some(name) = place.names.first().filter(|_| !place.own) else { continue };
        let (mut addresses, mut networks) = (Vec::new(), BTreeSet::new());
        for address in place.node.links.iter().flat_map(|link| &link.addresses) {
            let prefix = address.prefix;
            if address.scope != RT_SCOPE_UNIVERSE || prefix.address().is_loopback() {
                continue;
            }
            addresses.push(prefix.address());
            if prefix.len() < prefix.max_len() {
                networks.insert(prefix.network().to_string());
            }
        }
        if !addresses.is_empty() {
            let (name, networks) = (name.to_string_lossy().into_owned(), networks.into_iter().collect());
            found.push((Participant { name, addresses, networks }, place.namespace));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    Ok(found.into_iter().unzip())
}
