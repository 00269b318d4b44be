//! What is really there of the whole machine, or of one lab, with the labs' words for it.

use std::collections::HashMap;

use super::{Record, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Everywhere, Identity, Namespace, Whereabouts};
use crate::topology::observe::machine::{self, Machine, Member};

/// Every namespace of the machine that can be seen. Those of labs know it.
///
/// # Errors
/// Where /proc or the names cannot be read. What is wrong with one namespace is a note.
pub fn machine(store: &Store) -> Result<Machine> {
    let mut found = machine::read(store.names.everywhere()?)?;
    let mut members: HashMap<Identity, Member> = HashMap::new();
    for (name, record) in store.labs()? {
        match record {
            Ok(record) => members.extend(members_of(&record)),
            Err(error) => found.notes.push(format!("lab {}: {error}", name.display().to_string().escape_debug())),
        }
    }
    for place in &mut found.places {
        place.member = members.get(&place.identity).cloned();
    }
    Ok(found)
}

/// The namespaces of a lab that is up, in the order of its record; behind them, where it has an uplink, that of the
/// caller, which it leads to.
///
/// # Errors
/// [`ErrorKind::Permission`] without root.
pub fn members(store: &Store, record: &Record) -> Result<Machine> {
    let mut found = Everywhere::default();
    for node in &record.nodes {
        match store.names.open(&node.netns_name()) {
            Ok(namespace) if namespace.file_id()? == (node.netns.dev, node.netns.ino) => {
                let (names, mounts, processes) = (vec![node.netns_name()], Vec::new(), Vec::new());
                found.namespaces.push(Whereabouts { namespace, own: false, names, mounts, processes });
            }
            Ok(_) => found.notes.push(format!("node {} is missing: its name stands for something else", node.name)),
            Err(error) => found.notes.push(format!("node {} is missing: {error}", node.name)),
        }
    }
    let any = !found.namespaces.is_empty();
    if record.uplink.is_some() {
        let (names, mounts, processes) = (Vec::new(), Vec::new(), Vec::new());
        let namespace = Namespace::current()?;
        found.namespaces.push(Whereabouts { namespace, own: true, names, mounts, processes });
    }
    let mut found = machine::read(found)?;
    let members: HashMap<Identity, Member> = members_of(record).collect();
    // A name may stand for another namespace with the number of one that is gone.
    let mut strangers = Vec::new();
    for place in &mut found.places {
        place.member = members.get(&place.identity).cloned();
        if place.member.is_none() && !place.own {
            strangers.push(place.names.iter().map(|name| name.display().to_string()).collect::<String>());
        }
    }
    found.notes.extend(strangers.iter().map(|name| format!("{name} is none of the lab's namespaces any more")));
    if any && !found.places.iter().any(|place| place.member.is_some()) && !rustix::process::geteuid().is_root() {
        let message = format!("lab \"{}\" cannot be looked at", record.plan.lab);
        return Err(Error::new(ErrorKind::Permission, message).with_help("run it as root"));
    }
    Ok(found)
}

fn members_of(record: &Record) -> impl Iterator<Item = (Identity, Member)> + '_ {
    record.nodes.iter().zip(&record.plan.nodes).map(|(node, plan)| {
        let (lab, name, switch) = (record.plan.lab.clone(), node.name.clone(), plan.switch);
        (node.netns, Member { lab, node: name, switch })
    })
}
