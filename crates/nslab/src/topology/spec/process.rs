//! A process of a node.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::{NodeName, ProcessName};

/// A process that runs in a node while the lab is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its name, which no other process of the node has.
    pub name: ProcessName,
    /// The program and its arguments; never empty, and without zero bytes.
    pub command: Vec<String>,
    /// How it is known that it can be used; without, as soon as it is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    /// How long it may take to get ready, in milliseconds: 1 to 3,600,000.
    pub timeout_ms: u32,
    /// Whether it is started again when it ends.
    #[serde(default)]
    pub restart: Restart,
    /// How many times in a row it is started again.
    pub limit: u32,
    /// Variables of its environment, beyond the node's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The folder that it is started in, absolute or from that of the lab file; without, that of the lab file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// What must be ready before it is started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<ProcessId>,
}

/// Which process of a lab.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// The node that it runs in.
    pub node: NodeName,
    /// Its name there.
    pub name: ProcessName,
}

/// How it is known that a process can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ready {
    /// Somebody in its node listens on this TCP port, IPv4 or IPv6.
    Tcp(u16),
    /// A socket in its node is bound to this UDP port, IPv4 or IPv6.
    Udp(u16),
    /// There is a file of this name, absolute or from the folder of the process.
    File(String),
    /// A line of its output has this text in it.
    Log(String),
    /// It has ended with status 0.
    Exit,
}

/// Whether a process is started again when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Never.
    #[default]
    No,
    /// When it ends with another status than 0, or of a signal.
    OnFailure,
    /// Whenever it ends.
    Always,
}

/// As `nslab up --dry-run` shows it: the name, and the command as a shell would take it.
impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.name)?;
        for word in &self.command {
            f.write_str(" ")?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
            if !word.is_empty() && word.chars().all(plain) {
                f.write_str(word)?;
            } else {
                write!(f, "'{}'", word.replace('\'', "'\\''"))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.node, self.name)
    }
}
