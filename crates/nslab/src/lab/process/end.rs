//! Ending the processes in some namespaces, and no others.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Signal, pidfd_send_signal};

use super::handle;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Identity, Namespace, processes};

/// How long processes have between SIGTERM and SIGKILL.
pub const GRACE: Duration = Duration::from_secs(2);

/// How long the kernel may take to end what was killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many processes were ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// All of them.
    pub processes: usize,
    /// Those among them that did not heed SIGTERM in time.
    pub killed: usize,
}

/// Those namespaces of some whose identity is known to be right, held open so that it stays so.
struct Scope {
    wanted: HashMap<(u64, u64), Identity>,
    held: HashMap<(u64, u64), Option<Namespace>>,
}

impl Scope {
    fn new(namespaces: &[Identity]) -> Self {
        let wanted = namespaces.iter().map(|identity| ((identity.dev, identity.ino), *identity)).collect();
        Self { wanted, held: HashMap::new() }
    }

    /// Whether a process is in one of them.
    fn has(&mut self, pid: i32) -> bool {
        let Some(file) = processes::netns_of(pid) else { return false };
        let Some(identity) = self.wanted.get(&file) else { return false };
        // The inode may be another namespace's by now; its cookie is asked for once.
        let verify = || {
            let namespace = Namespace::open(Path::new(&format!("/proc/{pid}/ns/net"))).ok()?;
            namespace.is(*identity).is_ok_and(|same| same).then_some(namespace)
        };
        self.held.entry(file).or_insert_with(verify).is_some()
    }

    /// The processes in them, opened: so that what is signalled is what was looked at.
    fn processes(&mut self) -> Result<HashMap<i32, OwnedFd>> {
        let mut found = HashMap::new();
        for pid in processes::all()? {
            if self.has(pid)
                && let Some(pidfd) = handle::open(pid)
                && self.has(pid)
            {
                found.insert(pid, pidfd);
            }
        }
        Ok(found)
    }
}

/// Makes sure that the caller is in none of these namespaces, nor a process that it descends from: it would
/// end itself.
///
/// # Errors
/// [`ErrorKind::Busy`] where it is.
pub(crate) fn check_outside(namespaces: &[Identity]) -> Result<()> {
    let mut scope = Scope::new(namespaces);
    match handle::ancestors().into_iter().find(|pid| scope.has(*pid)) {
        None => Ok(()),
        Some(pid) => {
            let message = format!("this command runs inside the lab (process {pid} is in one of its nodes)");
            Err(Error::new(ErrorKind::Busy, message)
                .with_help("leave the node first (exit), and give the command from outside"))
        }
    }
}

/// Kills the processes in these namespaces that are in one of these sessions, and waits until they have ended.
pub(super) fn kill_sessions(namespaces: &[Identity], sessions: &[i32]) -> Result<()> {
    let mut scope = Scope::new(namespaces);
    let until = Instant::now() + PATIENCE;
    loop {
        let mut found = scope.processes()?;
        found.retain(|pid, _| handle::session(*pid).is_some_and(|session| sessions.contains(&session)));
        if found.is_empty() {
            return Ok(());
        }
        for pidfd in found.values() {
            let _ = pidfd_send_signal(pidfd, Signal::KILL);
        }
        if !handle::wait(&found.into_values().collect::<Vec<_>>(), until) {
            return Err(Error::new(ErrorKind::TimedOut, "the kernel does not end a process that was killed"));
        }
    }
}

/// Ends all processes whose network namespace is one of these, whoever started them: SIGTERM, and after
/// `grace` SIGKILL. Waits until they have ended.
///
/// Threads other than a process's first do not count, and neither do processes that left.
///
/// # Errors
/// [`ErrorKind::Busy`] where the caller itself is inside; [`ErrorKind::TimedOut`] where the kernel does not
/// end what was killed.
pub fn end_in(namespaces: &[Identity], grace: Duration) -> Result<Ended> {
    check_outside(namespaces)?;
    let mut scope = Scope::new(namespaces);
    let mut ended = Ended::default();
    let mut asked: HashMap<i32, OwnedFd> = HashMap::new();
    let term_until = Instant::now() + grace;
    // Again, for those that were started meanwhile.
    while Instant::now() < term_until {
        let mut new = scope.processes()?;
        new.retain(|pid, _| !asked.contains_key(pid));
        if new.is_empty() && asked.is_empty() {
            return Ok(ended);
        }
        ended.processes += new.len();
        for (pid, pidfd) in new {
            let _ = pidfd_send_signal(&pidfd, Signal::TERM);
            // A stopped one heeds it once it runs again.
            let _ = pidfd_send_signal(&pidfd, Signal::CONT);
            asked.insert(pid, pidfd);
        }
        let pidfds: Vec<OwnedFd> = asked.values().filter_map(|fd| fd.try_clone().ok()).collect();
        if handle::wait(&pidfds, term_until) {
            asked.clear();
        }
    }
    let kill_until = Instant::now() + PATIENCE;
    while Instant::now() < kill_until {
        let found = scope.processes()?;
        if found.is_empty() {
            return Ok(ended);
        }
        ended.processes += found.keys().filter(|pid| !asked.contains_key(pid)).count();
        ended.killed += found.len();
        for pidfd in found.values() {
            let _ = pidfd_send_signal(pidfd, Signal::KILL);
        }
        handle::wait(&found.into_values().collect::<Vec<_>>(), kill_until);
        asked.clear();
    }
    Err(Error::new(ErrorKind::TimedOut, "the kernel does not end some processes of the lab, though they were killed")
        .with_help("they may wait for a device; give the command again"))
}
