//! What is set of a running lab's links, for as long as it runs.

use super::lock::Locked;
use super::record::{self, Kept, State};
use super::{Changes, Store, change};
use crate::error::{Error, ErrorKind, Result};
use crate::topology::plan::{Plan, Port};
use crate::types::{IfName, Impair, LabName, NodeName};

/// What an end of a cable is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Down.
    Down,
    /// Up again, with the addresses and routes that its lab gives it.
    Up,
    /// What happens to the packets that leave it; nothing, where it is empty.
    Impair(Impair),
}

/// Sets ends of cables of a running lab. The record keeps what differs from the file; the next [`up`](super::up)
/// forgets it, unless told to keep it.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no such lab; [`ErrorKind::Busy`] where a command on it was cut off;
/// [`ErrorKind::Invalid`] where no cable of it has such an end; what the kernel refuses: then all is as it was.
pub fn set(
    store: &Store,
    lab: &LabName,
    ends: &[(NodeName, IfName)],
    setting: Setting,
    mut waiting: impl FnMut(),
) -> Result<Changes> {
    store.read(lab)?;
    let locked = Locked::take(&store.dir, lab, &mut waiting)?;
    let record = record::read(locked.path(), lab)?;
    if record.state != State::Up || record.is_of_an_earlier_boot()? {
        return Err(Error::new(ErrorKind::Busy, format!("lab \"{lab}\" is not whole: it was cut off"))
            .with_help("nslab up goes on with it"));
    }
    let mut kept = record.kept.clone();
    for (node, ifname) in ends {
        let port = port(&record.plan, node, ifname)?;
        let at = kept.iter().position(|kept| kept.node == *node && kept.ifname == *ifname);
        let before = at.map(|at| kept.remove(at));
        let fresh = Kept { node: node.clone(), ifname: ifname.clone(), down: false, impair: None };
        let mut now = before.unwrap_or(fresh);
        match setting {
            Setting::Down => now.down = true,
            Setting::Up => now.down = false,
            Setting::Impair(impair) => {
                let planned = port.impair.and_then(|impair| impair.normal());
                now.impair = Some(impair).filter(|impair| impair.normal() != planned);
            }
        }
        if now.down || now.impair.is_some() {
            kept.push(now);
        }
    }
    let (file, plan) = (record.file.clone(), record.plan.clone());
    change::converge(store, &locked, record, &file, &plan, kept, Some(ends))
}

fn port<'p>(plan: &'p Plan, node: &NodeName, ifname: &IfName) -> Result<&'p Port> {
    let is_it =
        |port: &&Port| port.ifname == *ifname && plan.nodes.get(port.node).is_some_and(|planned| planned.name == *node);
    let mut ports = plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]);
    ports.find(is_it).ok_or_else(|| {
        let error =
            Error::new(ErrorKind::NotFound, format!("lab \"{}\" has no cable that ends at {node}:{ifname}", plan.lab));
        let at_node = plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]);
        let at_node = at_node.filter(|port| plan.nodes.get(port.node).is_some_and(|planned| planned.name == *node));
        let names: Vec<String> = at_node.take(10).map(|port| plan.port_name(port)).collect();
        if names.is_empty() { error } else { error.with_help(format!("ends there: {}", names.join(", "))) }
    })
}
