//! A process by its id and the time of its start, which together no other process ever has.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Which process, until the machine restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// Its id.
    pub pid: i32,
    /// When it was started, in ticks since the machine's start (field 22 of /proc/PID/stat, proc_pid_stat(5)).
    pub start: u64,
}

impl Handle {
    /// The process that has this id now.
    pub(in crate::lab) fn of(pid: i32) -> Option<Self> {
        Some(Self { pid, start: stat(pid)?.start })
    }

    /// Opens it (pidfd_open(2)). None where it is gone, though its id may be another's now.
    pub(in crate::lab) fn open(self) -> Option<OwnedFd> {
        let pidfd = open(self.pid).ok()??;
        // It was started before that and has the id still, so it is what was opened.
        (Self::of(self.pid)? == self).then_some(pidfd)
    }

    /// Whether it runs: it is there, and has not ended without having been asked how.
    #[must_use]
    pub fn is_alive(self) -> bool {
        self.is_alive_in(Path::new("/proc"))
    }

    /// The same by another /proc, which may have other ids for the same processes.
    pub(in crate::lab) fn is_alive_in(self, proc: &Path) -> bool {
        stat_in(proc, self.pid).is_some_and(|stat| stat.start == self.start && !stat.ended)
    }
}

/// Whether a process is stopped (SIGSTOP, or by a debugger), and waits to be told to go on.
pub(super) fn is_stopped(pid: i32) -> bool {
    stat(pid).is_some_and(|stat| stat.stopped)
}

/// Opens the process that has this id now; none where there is none.
pub(super) fn open(pid: i32) -> Result<Option<OwnedFd>> {
    let Some(pid) = Pid::from_raw(pid) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::empty()) {
        // The latter of a thread that leads no process, as an id may be by now.
        Err(Errno::SRCH | Errno::INVAL) => Ok(None),
        opened => opened.map(Some).map_err(|errno| Error::os(format_args!("opening process {pid}"), errno)),
    }
}

struct Stat {
    ended: bool,
    stopped: bool,
    parent: i32,
    session: i32,
    start: u64,
}

fn stat(pid: i32) -> Option<Stat> {
    stat_in(Path::new("/proc"), pid)
}

fn stat_in(proc: &Path, pid: i32) -> Option<Stat> {
    let text = std::fs::read(proc.join(format!("{pid}/stat"))).ok()?;
    // The second field is the program's name, in brackets, and may have anything in it.
    let text = text.get(text.iter().rposition(|byte| *byte == b')')? + 2..)?;
    let fields: Vec<&str> = std::str::from_utf8(text).ok()?.split(' ').collect();
    Some(Stat {
        ended: matches!(*fields.first()?, "Z" | "X"),
        stopped: matches!(*fields.first()?, "T" | "t"),
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
    })
}

/// The session that a process is in (setsid(2)).
pub(super) fn session(pid: i32) -> Option<i32> {
    Some(stat(pid)?.session)
}

/// This process and those that it descends from.
pub(super) fn ancestors() -> Vec<i32> {
    let mut all = Vec::new();
    let mut next = Some(rustix::process::getpid().as_raw_nonzero().get());
    while let Some(pid) = next.filter(|pid| *pid > 0 && !all.contains(pid)) {
        all.push(pid);
        next = stat(pid).map(|stat| stat.parent);
    }
    all
}

/// Waits until all of these have ended, or until then.
pub(in crate::lab) fn wait<'f>(pidfds: impl IntoIterator<Item = &'f OwnedFd>, until: Instant) -> bool {
    let mut left: Vec<&OwnedFd> = pidfds.into_iter().collect();
    while !left.is_empty() {
        let mut polled: Vec<PollFd<'_>> = left.iter().map(|fd| PollFd::new(*fd, PollFlags::IN)).collect();
        let timeout = timespec(until.saturating_duration_since(Instant::now()));
        match rustix::io::retry_on_intr(|| poll(&mut polled, Some(&timeout))) {
            Ok(0) | Err(_) => return false,
            Ok(_) => {
                let ended: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
                let mut ended = ended.into_iter();
                left.retain(|_| !ended.next().unwrap_or_default());
            }
        }
    }
    true
}

pub(super) fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs().cast_signed(), tv_nsec: time.subsec_nanos().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_another_with_its_id() {
        let own = Handle::of(rustix::process::getpid().as_raw_nonzero().get()).unwrap();
        assert!(own.is_alive() && own.open().is_some());
        let other = Handle { start: own.start + 1, ..own };
        assert!(!other.is_alive() && other.open().is_none());
        assert!(Handle::of(0).is_none() && ancestors().contains(&own.pid) && ancestors().len() > 1);
    }
}
