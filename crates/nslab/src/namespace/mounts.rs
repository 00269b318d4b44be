//! The mounts that a process saw before it moved into a namespace of its own making.
//!
//! `ip -n NAME` moves the process into a mount namespace of its own (its /sys and /etc are the
//! namespace's). What it mounts there, nobody else sees; a new name must be mounted outside.

use std::path::Path;

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::{Namespace, enter};
use crate::error::{Error, Result};

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
            let failed = |errno| Error::os("entering a mount namespace", errno);
            // The root folder goes with the mounts, so the thread must not share it.
            crate::sys::unshare(UnshareFlags::FS).map_err(failed)?;
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&self.file), Some(LinkNameSpaceType::Mount))
                .map_err(failed)?;
            work()
        })
    }
}
