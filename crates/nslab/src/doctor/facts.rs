//! What was found out about a machine; data only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::topology::kinds::LinkKind;

/// The lab that limits are held against: so many nodes.
pub const NODES: u64 = 1000;

/// How namespaces are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// By root: by a process with CAP_SYS_ADMIN and CAP_NET_ADMIN.
    Root,
    /// Without: in a user namespace.
    User,
}

/// What is tried, in this order; what takes another is tried only if that worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Making a user namespace.
    UserNamespace,
    /// Being root in it: the map of ids.
    Ids,
    /// Making a mount namespace, and keeping what is mounted there from others.
    MountNamespace,
    /// Making a network namespace.
    NetworkNamespace,
    /// Mounting a tmpfs on /run, where names and records are.
    Mount,
    /// A lab of two nodes: up, asked who reaches whom, down.
    Lab,
    /// Mounting /sys anew, as for each program in a node.
    Sys,
    /// Making an interface of a kind.
    Kind(LinkKind),
    /// A bridge that filters VLANs.
    VlanFiltering,
    /// The queueing discipline of a rate.
    Tbf,
    /// The queueing discipline of delay and loss.
    Netem,
    /// A masquerading table of the packet filter.
    Nat,
    /// An address of IPv6.
    Ipv6,
    /// Passing packets on: the setting net.ipv4.ip_forward.
    Forwarding,
    /// A raw socket for ICMP of IPv4.
    Icmp,
    /// A raw socket for ICMP of IPv6.
    Icmp6,
    /// A packet socket, as captures take.
    Packet,
    /// Making a process namespace.
    ProcessNamespace,
    /// Mounting /proc in it.
    Proc,
}

/// Why something did not work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The error number, where the kernel gave one.
    pub errno: Option<i32>,
    /// Whether the kernel does not have it at all.
    pub unsupported: bool,
    /// What was tried and what is wrong.
    pub text: String,
}

/// A step that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// What.
    pub step: Step,
    /// What was wrong; none where it worked.
    pub refusal: Option<Refusal>,
}

/// What was tried in namespaces of one way of making them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The user who tried.
    pub uid: u32,
    /// What was tried, in order.
    pub tried: Vec<Tried>,
}

impl Trial {
    /// What came of a step: none where it was not tried.
    #[must_use]
    pub fn of(&self, step: Step) -> Option<Result<(), &Refusal>> {
        let tried = self.tried.iter().find(|tried| tried.step == step)?;
        Some(tried.refusal.as_ref().map_or(Ok(()), Err))
    }

    /// The first step that labs cannot do without and that did not work.
    #[must_use]
    pub fn obstacle(&self) -> Option<(Step, &Refusal)> {
        let needed = self.tried.iter().filter(|tried| tried.step <= Step::Lab);
        needed.into_iter().find_map(|tried| Some((tried.step, tried.refusal.as_ref()?)))
    }

    /// Whether labs can be made so.
    #[must_use]
    pub fn works(&self) -> bool {
        self.of(Step::Lab) == Some(Ok(()))
    }
}

/// What the process runs in that keeps things from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Container {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
    /// Another, by the name that it gives itself.
    Other(String),
}

/// The process that asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Its user.
    pub uid: u32,
    /// That user's name, where /etc/passwd has one.
    pub name: Option<String>,
    /// Whether it has CAP_SYS_ADMIN and CAP_NET_ADMIN.
    pub privileged: bool,
    /// Whether a filter decides which system calls it may make (seccomp(2)).
    pub seccomp: bool,
    /// Whether set-uid programs do not work for it (`no_new_privs`, prctl(2)).
    pub no_new_privs: bool,
    /// Whether its root folder is not that of its mount namespace (chroot(2)).
    pub chroot: bool,
    /// Whether it is in a user namespace other than the machine's first.
    pub nested: bool,
    /// What it runs in.
    pub container: Option<Container>,
    /// Its AppArmor profile, where AppArmor is in use.
    pub apparmor: Option<String>,
    /// The security modules of the kernel, where that tells them.
    pub modules: Vec<String>,
}

/// Limits that are no settings of the kernel's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Open files: what the process may raise its own limit to; none where there is no limit.
    pub files: Option<u64>,
    /// How many a lab of 1,000 nodes takes.
    pub files_needed: u64,
    /// Processes of the user (RLIMIT_NPROC); none where there is no limit.
    pub processes: Option<u64>,
    /// Processes of the control group, and how many there are (cgroups(7)).
    pub group_processes: Option<(u64, u64)>,
    /// Bytes of memory that are free for use, in the control group too.
    pub memory: Option<u64>,
    /// Mounts that there are.
    pub mounts: u64,
}

/// Subordinate ids (subuid(5)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubIds {
    /// How many user ids the user has.
    pub uids: u64,
    /// How many group ids.
    pub gids: u64,
}

/// A program that nslab may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is set-uid root or has capabilities of its own.
    pub privileged: bool,
}

/// The programs, where they are installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Helpers {
    /// newuidmap(1).
    pub newuidmap: Option<Helper>,
    /// newgidmap(1).
    pub newgidmap: Option<Helper>,
    /// pasta(1).
    pub pasta: Option<Helper>,
    /// slirp4netns(1).
    pub slirp4netns: Option<Helper>,
}

/// All that was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The kernel's release, as uname(1) tells it.
    pub kernel: String,
    /// The process that asks.
    pub caller: Caller,
    /// Settings of the kernel by name (`user.max_user_namespaces`), those that there are.
    pub settings: BTreeMap<String, u64>,
    /// What was tried as root; none where the caller is not.
    pub root: Option<Trial>,
    /// What was tried in a user namespace; none where nobody could be found to try it.
    pub user: Option<Trial>,
    /// Limits.
    pub limits: Limits,
    /// The user's subordinate ids.
    pub subids: SubIds,
    /// Programs.
    pub helpers: Helpers,
    /// Where the program that asks is, for a profile that names it.
    pub program: Option<PathBuf>,
}

impl Facts {
    /// A setting of the kernel's.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<u64> {
        self.settings.get(name).copied()
    }
}
