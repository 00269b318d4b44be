//! What is kept of a lab, as JSON in /run/nslab/LAB/record.json.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::uplink::Uplink;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Identity;
use crate::topology::plan::Plan;
use crate::types::{IfName, Impair, LabName, NamePrefix, NodeName};

const FILE: &str = "record.json";
const NEW_FILE: &str = "record.json.new";
const HOSTS: &str = "hosts";

/// The version of the record's form. Another one is refused, not guessed at.
const VERSION: u32 = 2;

/// How far a lab has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Built, and being given its names. Found later, it was cut off there.
    Publishing,
    /// Whole.
    Up,
    /// Being changed. Found later, it was cut off there.
    Changing,
    /// Being taken away. Found later, it was cut off there.
    Leaving,
}

impl State {
    /// What is being done to it, in words, while somebody is at it.
    #[must_use]
    pub fn under_way(self) -> Option<&'static str> {
        match self {
            Self::Up => None,
            Self::Publishing => Some("being made"),
            Self::Changing => Some("being changed"),
            Self::Leaving => Some("being taken away"),
        }
    }
}

/// A node as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: NodeName,
    /// What stands in front of it in the name of its namespace.
    #[serde(default, skip_serializing_if = "NamePrefix::is_empty")]
    pub prefix: NamePrefix,
    /// Its namespace.
    pub netns: Identity,
    /// The file that its name was a link to before its namespace was mounted, where that is not the lab's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) placeholder: Option<Identity>,
}

/// What a change that is under way may have made besides what the plan has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// Namespaces that may have their names already.
    pub(super) nodes: Vec<Node>,
    /// Interfaces, by node and name; from all changes since the lab was last whole.
    pub(super) links: BTreeSet<(NodeName, IfName)>,
    /// Interfaces beside cables, in the same way.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) devices: BTreeSet<(NodeName, IfName)>,
    /// Settings of the kernel's, by node and path.
    pub(super) sysctl: BTreeSet<(NodeName, String)>,
    /// Whether the uplink may be half made, or half gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) uplink: bool,
}

/// A setting of an interface that was made while the lab runs (`nslab set`), and is in no file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The node.
    pub node: NodeName,
    /// The interface.
    pub ifname: IfName,
    /// Whether it is kept down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub down: bool,
    /// What happens to the packets that leave it, in place of what the plan says; empty where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impair: Option<Impair>,
}

/// All that is known of a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    /// How far it has come.
    pub state: State,
    /// The file that it was made from; for people to read, so one that is not UTF-8 is kept as near as can be.
    #[serde(serialize_with = "as_text")]
    pub file: PathBuf,
    /// The machine's start that it was made in (`/proc/sys/kernel/random/boot_id`); after another, nothing
    /// of it is left.
    boot_id: String,
    /// The file that names are links to before their namespace is mounted.
    pub(super) placeholder: Identity,
    /// Its nodes, in the order of the plan.
    pub nodes: Vec<Node>,
    /// What it was made of.
    pub plan: Plan,
    /// What was set while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// What a change that is under way may have made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<Unfinished>,
    /// Its way out through the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<Uplink>,
}

impl Node {
    /// The name of its namespace.
    #[must_use]
    pub fn netns_name(&self) -> OsString {
        self.prefix.netns_name(&self.name).into()
    }
}

impl Record {
    pub(super) fn new(file: &Path, plan: &Plan, nodes: Vec<Node>, placeholder: Identity) -> Result<Self> {
        Ok(Self {
            version: VERSION,
            state: State::Publishing,
            // JSON has no way to write a name that is not UTF-8.
            file: file.to_string_lossy().into_owned().into(),
            boot_id: boot_id()?,
            placeholder,
            nodes,
            plan: plan.clone(),
            kept: Vec::new(),
            change: None,
            uplink: None,
        })
    }

    /// Whether it is up, or was cut off while it was changed: then `up` goes on with it. Else it makes it anew.
    ///
    /// # Errors
    /// Where /proc is not mounted.
    pub fn is_whole(&self) -> Result<bool> {
        Ok(matches!(self.state, State::Up | State::Changing) && !self.is_of_an_earlier_boot()?)
    }

    /// The nodes that are no switches, each with its place among all.
    pub fn hosts(&self) -> impl Iterator<Item = (usize, &Node)> {
        let is_host = |(at, _): &(usize, &Node)| self.plan.nodes.get(*at).is_none_or(|node| !node.switch);
        self.nodes.iter().enumerate().filter(is_host)
    }

    /// The plan with what was set while the lab runs.
    #[must_use]
    pub fn effective(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        for kept in &self.kept {
            let Some(node) = plan.nodes.iter().position(|node| node.name == kept.node) else { continue };
            let ports = plan.cables.iter_mut().flat_map(|cable| [&mut cable.a, &mut cable.b]);
            for port in ports.filter(|port| port.node == node && port.ifname == kept.ifname) {
                port.down = kept.down;
                port.impair = kept.impair.map_or(port.impair, |impair| impair.normal());
            }
        }
        plan
    }

    /// Whether the machine has restarted since: then nothing of the lab is left but this record.
    ///
    /// # Errors
    /// Where /proc is not mounted.
    pub fn is_of_an_earlier_boot(&self) -> Result<bool> {
        Ok(boot_id()? != self.boot_id)
    }
}

fn as_text<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

pub(super) fn boot_id() -> Result<String> {
    let path = "/proc/sys/kernel/random/boot_id";
    let text = std::fs::read_to_string(path).map_err(|error| Error::os(format_args!("reading {path}"), error))?;
    Ok(text.trim().to_owned())
}

pub(super) fn read(dir: &Path, lab: &LabName) -> Result<Record> {
    let path = dir.join(FILE);
    let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, format!("no lab named \"{lab}\" is up"))
            .with_help("nslab ls lists the labs that are"),
        _ => Error::os(format_args!("reading {}", path.display()), error),
    })?;
    let bad = |why: String| {
        Error::new(ErrorKind::Reply, format!("{}: not a record of this version of nslab: {why}", path.display()))
            .with_help(format!(
                "take the lab down with the version that made it; or remove the network namespaces that are its nodes \
                 (nslab ip netns list, nslab ip netns delete NAME), and then the folder {}",
                dir.display()
            ))
    };
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    if record.version != VERSION {
        return Err(bad(format!("it has version {}, this is {VERSION}", record.version)));
    }
    if record.plan.lab != *lab {
        return Err(bad(format!("it is about a lab named \"{}\"", record.plan.lab)));
    }
    if !record.nodes.iter().map(|node| &node.name).eq(record.plan.nodes.iter().map(|node| &node.name)) {
        return Err(bad("its nodes are not those of its plan".into()));
    }
    Ok(record)
}

/// What is still known of a lab whose record is damaged: what its nodes are, if that can be read. Enough to take it
/// away, for no more is removed than what is named by identity. Of another version nothing is known.
pub(super) fn salvage(dir: &Path, lab: &LabName) -> Option<Record> {
    #[derive(Deserialize)]
    struct Identities {
        version: u32,
        state: State,
        boot_id: String,
        placeholder: Identity,
        nodes: Vec<Node>,
        #[serde(default)]
        change: Option<Unfinished>,
        #[serde(default)]
        uplink: Option<Uplink>,
        plan: serde_json::Value,
    }
    let bytes = std::fs::read(dir.join(FILE)).ok()?;
    let known: Identities = serde_json::from_slice(&bytes).ok()?;
    let Identities { version, state, boot_id, placeholder, nodes, change, uplink, plan } = known;
    // One of another lab was put here by somebody.
    let of_this_lab = plan.get("lab").and_then(serde_json::Value::as_str) == Some(lab.as_str());
    let plan = Plan::of_names(lab.clone(), nodes.iter().map(|node| node.name.clone()));
    let (file, kept) = (PathBuf::new(), Vec::new());
    let record = Record { version, state, file, boot_id, placeholder, nodes, plan, kept, change, uplink };
    Some(record).filter(|record| of_this_lab && record.version == VERSION)
}

/// Writes the record so that a reader finds the old one or the new one, never a part.
pub(super) fn write(dir: &Path, record: &Record) -> Result<()> {
    let (path, new) = (dir.join(FILE), dir.join(NEW_FILE));
    let bytes = serde_json::to_vec(record).map_err(|error| Error::invalid(format!("writing a record: {error}")))?;
    // Keys of WireGuard are secrets.
    let secret = record.plan.devices.iter().any(|device| device.wireguard.is_some());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(if secret { 0o600 } else { 0o644 });
    // One that was left has the mode that it had.
    let _ = std::fs::remove_file(&new);
    let written = options.open(&new).and_then(|mut file| file.write_all(&bytes));
    let renamed = written.and_then(|()| std::fs::rename(&new, &path));
    renamed.map_err(|error| {
        let _ = std::fs::remove_file(&new);
        let error = Error::os(format_args!("writing {}", path.display()), error);
        if error.kind() == ErrorKind::Permission { error.with_help("run it as root") } else { error }
    })
}

/// Writes what the programs in a lab's nodes find as /etc/hosts.
pub(super) fn write_hosts(dir: &Path, plan: &Plan) -> Result<()> {
    let path = dir.join(HOSTS);
    std::fs::write(&path, plan.hosts()).map_err(|error| Error::os(format_args!("writing {}", path.display()), error))
}

/// Where that is.
pub(super) fn hosts(dir: &Path) -> PathBuf {
    dir.join(HOSTS)
}

/// Removes the record, and a half-written one, and what goes with it: the record last.
pub(super) fn remove(dir: &Path) -> Result<()> {
    super::process::remove(dir)?;
    for name in [HOSTS, NEW_FILE, FILE] {
        let path = dir.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::os(format_args!("removing {}", path.display()), error));
            }
            _ => {}
        }
    }
    Ok(())
}
