//! Who reaches whom in a lab that is up.

use std::ffi::OsStr;
use std::net::IpAddr;

use super::{Node, Record, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::probe::matrix::{self, Outcome, Settings, Sockets, Source};
use crate::topology::apply::raise_descriptor_limit;
use crate::types::LabName;

/// One node's way to one address of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// Which of the record's nodes asks, counted from 0.
    pub from: usize,
    /// Which of its nodes is asked.
    pub to: usize,
    /// The address that is asked: one that the lab's description gives it.
    pub address: IpAddr,
    /// What came of it.
    pub outcome: Outcome,
}

/// Asks every node for every address of every other, all at once, by ICMP echo.
///
/// The addresses are those of the description, so one that was taken away by hand is not reached. Nodes
/// without addresses are asked nothing, and do not appear as `to`.
///
/// # Errors
/// [`ErrorKind::Busy`] where the lab was cut off half-way; [`ErrorKind::NotFound`] where a node was taken
/// away by hand; [`ErrorKind::Permission`] without root.
pub fn check(store: &Store, record: &Record, settings: &Settings) -> Result<Vec<Probed>> {
    store.check_whole(record)?;
    raise_descriptor_limit(record.nodes.len())?;
    let addresses = record.plan.addresses();
    let mut sources = Vec::with_capacity(record.nodes.len());
    let mut asked = Vec::with_capacity(record.nodes.len());
    for (from, node) in record.hosts() {
        let targets: Vec<(usize, IpAddr)> = addresses
            .iter()
            .enumerate()
            .filter(|(to, _)| *to != from)
            .flat_map(|(to, prefixes)| prefixes.iter().map(move |prefix| (to, prefix.address())))
            .collect();
        let namespace = store.names().open(OsStr::new(node.name.as_str()))?;
        let sockets =
            namespace.enter(Sockets::open)?.map_err(|error| error.within(format_args!("node {}", node.name)))?;
        sources.push(Source { sockets, targets: targets.iter().map(|(_, address)| *address).collect() });
        asked.push((from, targets));
    }
    let outcomes = matrix::run(&sources, settings)?;
    let mut probed = Vec::new();
    for ((from, targets), outcomes) in asked.into_iter().zip(outcomes) {
        let of_source = targets.into_iter().zip(outcomes);
        probed.extend(of_source.map(|((to, address), outcome)| Probed { from, to, address, outcome }));
    }
    Ok(probed)
}

impl Store {
    /// Makes sure that a lab is up and that each node's name still stands for its namespace.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] where it was cut off half-way, [`ErrorKind::NotFound`] where a node is missing.
    pub fn check_whole(&self, record: &Record) -> Result<()> {
        let lab = &record.plan.lab;
        if record.state != super::State::Up || record.is_of_an_earlier_boot()? {
            return Err(Error::new(ErrorKind::Busy, format!("lab \"{lab}\" is not whole: it was cut off"))
                .with_help(format!("nslab down {lab} clears it away")));
        }
        record.nodes.iter().try_for_each(|node| self.check_node(lab, node))
    }

    /// Makes sure that a node's name still stands for its namespace.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where it does not.
    pub fn check_node(&self, lab: &LabName, node: &Node) -> Result<()> {
        if self.names.is_same(OsStr::new(node.name.as_str()), node.netns)? {
            return Ok(());
        }
        let message = format!("lab \"{lab}\" is up, but its node {} was taken away by hand", node.name);
        let help = format!("nslab down {lab} takes the rest away; then nslab up makes it anew");
        Err(Error::new(ErrorKind::NotFound, message).with_help(help))
    }
}
