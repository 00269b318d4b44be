//! Ending the processes in some namespaces, and no others.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Signal, pidfd_send_signal};

use super::handle;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Identity, Namespace, descriptors, processes};

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
        // Those with processes in them are held open. Where that is too many, it is told then.
        let _ = descriptors::make_room(namespaces.len(), 1);
        let wanted = namespaces.iter().map(|identity| ((identity.dev, identity.ino), *identity)).collect();
        Self { wanted, held: HashMap::new() }
    }

    /// Whether a process is in one of them.
    fn has(&mut self, pid: i32) -> Result<bool> {
        let Some(file) = processes::netns_of(pid) else { return Ok(false) };
        let Some(identity) = self.wanted.get(&file) else { return Ok(false) };
        if let Some(held) = self.held.get(&file) {
            return Ok(held.is_some());
        }
        let namespace = match Namespace::open(Path::new(&format!("/proc/{pid}/ns/net"))) {
            Err(error) if matches!(error.errno(), Some(libc::ENOENT | libc::ESRCH | libc::EACCES)) => return Ok(false),
            opened => opened?,
        };
        // It may have moved meanwhile.
        if namespace.file_id()? != file {
            return Ok(false);
        }
        // The inode may be another namespace's by now; its cookie is asked for once.
        let same = namespace.is(*identity)?;
        self.held.insert(file, same.then_some(namespace));
        Ok(same)
    }

    /// The processes in them, opened: so that what is signalled is what was looked at.
    fn processes(&mut self) -> Result<HashMap<i32, OwnedFd>> {
        let mut inside = Vec::new();
        for pid in processes::all()? {
            if self.has(pid)? {
                inside.push(pid);
            }
        }
        // With less room they are taken a part at a time.
        let _ = descriptors::make_room(self.wanted.len().saturating_add(inside.len()), 1);
        let mut found = HashMap::new();
        for pid in inside {
            let pidfd = match handle::open(pid) {
                Err(error) if error.errno() == Some(libc::EMFILE) && !found.is_empty() => break,
                opened => opened?,
            };
            if let Some(pidfd) = pidfd
                && self.has(pid)?
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
    for pid in handle::ancestors() {
        if scope.has(pid)? {
            let message = format!("this command runs inside the lab (process {pid} is in one of its nodes)");
            return Err(Error::new(ErrorKind::Busy, message)
                .with_help("leave the node first (exit), and give the command from outside"));
        }
    }
    Ok(())
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
        if !handle::wait(found.values(), until) {
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
        if handle::wait(asked.values(), term_until) {
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
        handle::wait(found.values(), kill_until);
        asked.clear();
    }
    Err(Error::new(ErrorKind::TimedOut, "the kernel does not end some processes of the lab, though they were killed")
        .with_help("they may wait for a device; give the command again"))
}
