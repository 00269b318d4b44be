//! The only module with `unsafe` in it.
#![allow(unsafe_code, reason = "the one place for it; every block says why it is sound")]

use rustix::io::Result;
use rustix::thread::UnshareFlags;

/// Moves the calling thread into a new, empty network namespace.
pub(crate) fn unshare_network() -> Result<()> {
    // SAFETY: only CLONE_FILES could break another thread's descriptors, and it is not asked for.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
}
