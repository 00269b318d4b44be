//! The processes of a lab.
//!
//! A lab that has processes has one supervisor, a small process of its own: it starts them in their nodes,
//! reads what they print into logs, and starts them again. Commands speak to it over a socket. Nobody needs
//! it to take a lab away: processes are found by their namespace.

mod client;
mod end;
pub(super) mod handle;
mod message;
mod state;
mod supervisor;

use std::path::PathBuf;

pub use client::{Reconciled, Supervisor, reconcile, start, stop};
pub(super) use client::{dead, dismiss};
pub(super) use end::check_outside;
pub use end::{Ended, GRACE, end_in};
pub use handle::Handle;
pub use message::Job;
pub(super) use state::remove;
pub use state::{Doing, Processes, Status};
pub use supervisor::supervise;

use super::{Record, Store};
use crate::error::Result;
use crate::topology::plan::Plan;
use crate::topology::spec::ProcessId;
use crate::types::LabName;

impl Store {
    /// The processes of a lab, as they are now; none where it has none.
    ///
    /// # Errors
    /// Where what is known of them cannot be read.
    pub fn processes(&self, lab: &LabName) -> Result<Option<Processes>> {
        state::read_by(&self.proc, &self.dir.join(lab.as_str()))
    }

    /// Whether a process of a lab's runs: its supervisor, or one that that looks after.
    #[must_use]
    pub fn is_alive(&self, process: Handle) -> bool {
        process.is_alive_in(&self.proc)
    }

    /// The file with a process's output; the older part of a long one is in the same with `.1` behind it.
    #[must_use]
    pub fn log_file(&self, lab: &LabName, id: &ProcessId) -> PathBuf {
        state::log(&self.dir.join(lab.as_str()), id)
    }
}

impl Record {
    /// The processes that a plan has, for the nodes on record.
    #[must_use]
    pub fn jobs(&self, plan: &Plan) -> Vec<Job> {
        Self::jobs_of(&self.nodes, plan)
    }

    pub(super) fn jobs_of(nodes: &[super::Node], plan: &Plan) -> Vec<Job> {
        let jobs = |node: &super::Node| {
            let plan = plan.nodes.iter().find(|plan| plan.name == node.name);
            let job = |process: &crate::topology::spec::Process, env| Job {
                node: node.name.clone(),
                netns_name: node.prefix.netns_name(&node.name),
                netns: node.netns,
                env,
                process: process.clone(),
            };
            plan.into_iter()
                .flat_map(|plan| plan.run.iter().map(|process| job(process, plan.env.clone())))
                .collect::<Vec<_>>()
        };
        nodes.iter().flat_map(jobs).collect()
    }
}
