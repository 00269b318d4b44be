//! Joining a holder: from then on, this process is one of those inside.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::process::{Gid, Pid, Signal, Uid, WaitOptions, WaitStatus, waitpid};

use super::Holder;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::enter;
use crate::sys::process::{die_of, fork, send};
use crate::sys::signal;

/// The two that a process is when it has joined.
#[derive(Debug)]
pub enum Joined {
    /// This one is inside, and goes on. It ends when the other is killed.
    Inside,
    /// This one stayed where it was, as far as process ids go, and is to wait for the other.
    Outside(Outside),
}

/// Waits for the process that is inside, and stands for it: it passes signals on, and stops when that stops.
pub struct Outside {
    inside: Pid,
    signals: OwnedFd,
}

/// How the process inside has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a status.
    Exited(u8),
    /// By a signal.
    Killed(i32),
}

/// Signals that are passed on. Those for a terminal's stops are not: who is inside gets them too, and that it stops is
/// seen.
const PASSED_ON: [i32; 13] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGPIPE,
    libc::SIGWINCH,
    libc::SIGCONT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
];

impl Holder {
    /// Moves this process, which must have a single thread, into what the holder holds, and makes two of it. As root, both
    /// are the holder's user from then on: what is inside is that user's, programs and all.
    ///
    /// Its working folder is the same, as far as it is there; so are its descriptors and its environment.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] where the holder is another user's; [`ErrorKind::NotFound`] where it has ended. After an
    /// error the process may have become the user already, and should end.
    pub fn join(&self) -> Result<Joined> {
        let name = &self.record.name;
        let failed = |what: &str, errno: rustix::io::Errno| Error::os(format_args!("joining {name}: {what}"), errno);
        if self.uid != rustix::process::geteuid().as_raw() {
            self.become_user()?;
        }
        let folder = rustix::process::getcwd(Vec::new()).ok();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let here = rustix::fs::openat(CWD, ".", flags, Mode::empty()).ok();
        enter::join(self.pidfd.as_fd(), self.record.processes).map_err(|errno| {
            let error = failed("entering its namespaces", errno);
            match errno {
                rustix::io::Errno::SRCH => error.with_kind(ErrorKind::NotFound),
                rustix::io::Errno::PERM => error.with_help(format!("only user {} and root may join it", self.uid)),
                _ => error,
            }
        })?;
        // By its name, so that it is seen to be where it is; one that has none inside is still there.
        let by_name = folder.is_some_and(|folder| rustix::process::chdir(folder).is_ok());
        if let Some(here) = here.filter(|_| !by_name) {
            let _ = rustix::process::fchdir(&here);
        }
        let mask = signal::mask();
        let watched: Vec<i32> = PASSED_ON.into_iter().chain([libc::SIGCHLD]).collect();
        let signals = signal::signalfd(&watched).map_err(|errno| failed("waiting for signals", errno))?;
        let parent = if self.record.processes { None } else { Some(rustix::process::getpid()) };
        match fork().map_err(|errno| failed("starting a process inside", errno))? {
            Some(inside) => Ok(Joined::Outside(Outside { inside, signals })),
            None => {
                mask.restore();
                let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
                // One that went before this line has sent nothing.
                if rustix::process::getppid() != parent {
                    die_of(libc::SIGKILL);
                }
                Ok(Joined::Inside)
            }
        }
    }

    /// What root becomes before it trusts itself to a user's files and programs.
    fn become_user(&self) -> Result<()> {
        let (uid, pid) = (self.uid, self.pid());
        let failed = |errno: rustix::io::Errno| {
            let error = Error::os(format_args!("joining {} as user {uid}", self.record.name), errno);
            if errno == rustix::io::Errno::PERM {
                return error.with_help(format!("only user {uid} and root may join it"));
            }
            error
        };
        let Some(gid) = self.gid().filter(|_| super::owner(pid) == Some(uid)) else {
            let message = format!("process {pid} is not user {uid}'s, though that user's record says so");
            return Err(Error::new(ErrorKind::Permission, message));
        };
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        rustix::thread::set_thread_groups(&[gid]).map_err(failed)?;
        rustix::thread::set_thread_res_gid(gid, gid, gid).map_err(failed)?;
        rustix::thread::set_thread_res_uid(uid, uid, uid).map_err(failed)?;
        // Else /proc/self is root's.
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable);
        Ok(())
    }
}

impl Outside {
    /// Waits until the process inside has ended.
    ///
    /// # Errors
    /// Where the kernel does not let it wait.
    pub fn wait(&self) -> Result<Ending> {
        let failed = |errno| Error::os("waiting for the process inside", errno);
        loop {
            if let Some((_, status)) =
                waitpid(Some(self.inside), WaitOptions::NOHANG | WaitOptions::UNTRACED).map_err(failed)?
            {
                if let Some(ending) = Ending::of(status) {
                    return Ok(ending);
                }
                self.stop();
                continue;
            }
            rustix::io::retry_on_intr(|| poll(&mut [PollFd::new(&self.signals, PollFlags::IN)], None))
                .map_err(failed)?;
            while let Some(came) = signal::next(&self.signals) {
                // A terminal's keys are heard inside too.
                if PASSED_ON.contains(&came.number) && (came.sent || came.number == libc::SIGHUP) {
                    send(self.inside, came.number);
                }
            }
        }
    }

    /// Stops as the process inside has, so that a shell sees it; and has that go on when this does.
    fn stop(&self) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
        send(self.inside, libc::SIGCONT);
    }
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("inside", &self.inside).finish_non_exhaustive()
    }
}

impl Ending {
    fn of(status: WaitStatus) -> Option<Self> {
        let exited = status.exit_status().map(|status| Self::Exited(u8::try_from(status).unwrap_or(u8::MAX)));
        exited.or(status.terminating_signal().map(Self::Killed))
    }

    /// Ends this process in the same way, where that was by a signal: then this does not return but with the status that a
    /// shell would give.
    #[must_use]
    pub fn follow(self) -> u8 {
        match self {
            Self::Exited(status) => status,
            Self::Killed(signal) => {
                die_of(signal);
                u8::try_from(signal).map_or(u8::MAX, |signal| signal.saturating_add(128))
            }
        }
    }
}
