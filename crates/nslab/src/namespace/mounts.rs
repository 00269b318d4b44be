//! The mounts that a process saw before it moved into a namespace of its own making.
//!
//! `ip -n NAME` moves the process into a mount namespace of its own (its /sys and /etc are the
//! namespace's). What it mounts there, nobody else sees; a new name must be mounted outside.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags};

use super::enter;
use crate::error::{Error, Result};

/// A mount namespace, held open.
#[derive(Debug)]
pub struct MountNamespace {
    fd: OwnedFd,
}

impl MountNamespace {
    /// The mount namespace of the calling thread.
    ///
    /// # Errors
    /// Where /proc is not mounted.
    pub fn current() -> Result<Self> {
        rustix::fs::openat(CWD, "/proc/thread-self/ns/mnt", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map(|fd| Self { fd })
            .map_err(|errno| Error::os("opening this thread's mount namespace", errno))
    }

    /// Runs `work` with these mounts, on a thread of its own that ends with it. The network stays that
    /// of the caller.
    ///
    /// # Errors
    /// Where it cannot be entered (no CAP_SYS_ADMIN), or what `work` returns.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        enter::on_own_thread(|| {
            enter::switch_mounts(self.fd.as_fd())?;
            work()
        })
    }
}
