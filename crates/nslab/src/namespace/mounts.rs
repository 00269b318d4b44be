//! The mounts that a process saw before it moved into a namespace of its own making.
//!
//! `ip -n NAME` moves the process into a mount namespace of its own (its /sys and /etc are the
//! namespace's). What it mounts there, nobody else sees; a new name must be mounted outside.

use std::os::fd::AsFd;
use std::path::Path;

use super::{Namespace, enter};
use crate::error::Result;

/// A mount namespace, held open.
#[derive(Debug)]
pub struct MountNamespace {
    file: Namespace,
}

impl MountNamespace {
    /// The mount namespace of the calling thread.
    ///
    /// # Errors
    /// Where /proc is not mounted.
    pub fn current() -> Result<Self> {
        Namespace::open(Path::new("/proc/thread-self/ns/mnt")).map(|file| Self { file })
    }

    /// Runs `work` with these mounts, on a thread of its own that ends with it. The network stays that
    /// of the caller.
    ///
    /// # Errors
    /// Where it cannot be entered (no CAP_SYS_ADMIN), or what `work` returns.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        enter::on_own_thread(|| {
            enter::switch_mounts(self.file.as_fd())?;
            work()
        })
    }
}
