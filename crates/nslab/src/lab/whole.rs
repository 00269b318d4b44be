//! Whether what a record names is there.

use super::{Node, Record, State, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::types::LabName;

impl Store {
    /// Makes sure that a lab is up and that each node's name still stands for its namespace.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] where it was cut off half-way, [`ErrorKind::NotFound`] where a node is missing.
    pub fn check_whole(&self, record: &Record) -> Result<()> {
        self.check_up(record)?;
        record.nodes.iter().try_for_each(|node| self.open_node(&record.plan.lab, node).map(drop))
    }

    /// Makes sure that a lab is up as far as its record tells.
    pub(super) fn check_up(&self, record: &Record) -> Result<()> {
        if record.state != State::Up || record.is_of_an_earlier_boot()? {
            return Err(self.not_whole(record));
        }
        Ok(())
    }

    /// Opens a node's namespace, if its name still stands for that.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where it does not.
    pub fn open_node(&self, lab: &LabName, node: &Node) -> Result<Namespace> {
        match self.names.open(&node.netns_name()) {
            Ok(namespace) if namespace.is(node.netns)? => Ok(namespace),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Err(taken_away(lab, node)),
        }
    }
}

/// The name of a node stands for its namespace no more.
pub(super) fn taken_away(lab: &LabName, node: &Node) -> Error {
    let message = format!("lab \"{lab}\" is up, but its node {} was taken away by hand", node.name);
    let help = format!("nslab up with the lab's file makes it anew; nslab down {lab} takes the rest away");
    Error::new(ErrorKind::NotFound, message).with_help(help)
}
