//! What commands and the supervisor say to each other over its socket: a line of JSON each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::namespace::Identity;
use crate::topology::spec::{Process, ProcessId};
use crate::types::NodeName;

/// A process to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Where.
    pub node: NodeName,
    /// The name of the node's namespace.
    pub netns_name: String,
    /// The namespace that the node is.
    pub netns: Identity,
    /// The node's variables.
    pub env: BTreeMap<String, String>,
    /// What.
    pub process: Process,
}

impl Job {
    /// Which process of the lab it is.
    #[must_use]
    pub fn id(&self) -> ProcessId {
        ProcessId { node: self.node.clone(), name: self.process.name.clone() }
    }
}

/// What a command asks for; a connection has one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Request {
    /// Start these. Answered when all are ready, or one has failed; then none of them runs. If the asker goes
    /// before, none of them runs either.
    Start {
        jobs: Vec<Job>,
        /// Where they are started.
        folder: PathBuf,
    },
    /// End these, and forget them.
    Stop(Vec<ProcessId>),
}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reply {
    Done,
    Failed {
        id: ProcessId,
        why: String,
        /// The last lines of its output.
        log: Vec<String>,
    },
}
