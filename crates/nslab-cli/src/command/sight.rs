//! Which network is looked at, for pictures and for files: a lab, or the machine.

use nslab::lab::{self, Store};
use nslab::topology::observe::network::{Network, Role, is_loopback};
use nslab::topology::plan::Plan;
use nslab::{ErrorKind, Result};

use super::{Ui, rootless, which};

/// Every namespace of the machine.
pub(super) fn machine(store: &Store) -> Result<Network> {
    let mut network = lab::machine(store)?.network("machine");
    network.split_bridges();
    let bare = |links: &[nslab::topology::observe::seen::Link]| links.iter().all(is_loopback);
    network.retain(|node| node.role != Role::Machine || !bare(&node.seen.links));
    network.sort();
    Ok(network)
}

/// What is there of a lab that is up, or what a file says of one that is not.
pub(super) fn lab(store: &Store, word: Option<&str>, prefixed: &which::Prefixed, ui: Ui) -> Result<Network> {
    let named_here = || std::path::Path::new(which::FILE).exists().then_some(which::FILE);
    let file = match word {
        Some(word) => which::is_file(word).then_some(word),
        None => named_here(),
    };
    if let Some(file) = file {
        let described = which::read_file(file.as_ref(), prefixed)?;
        rootless::reach_if_up(store, &described.name)?;
        match store.read(&described.name) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                ui.remark(&format!("lab {} is not up: this is what {file} says", described.name));
                return Ok(Network::of_plan(&Plan::new(&described)));
            }
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    let record = which::record(store, word, prefixed)?;
    let mut network = lab::members(store, &record)?.lab_network(&record.plan.lab);
    network.reduce_machine();
    Ok(network)
}

/// Says what is missing of a network.
pub(super) fn tell_missing(network: &Network, ui: Ui) {
    for note in &network.notes {
        ui.remark(note);
    }
}
