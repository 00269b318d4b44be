//! Signals as something to read (signalfd(2)).

use std::os::fd::{FromRawFd, OwnedFd};

use rustix::io::Result;

/// Keeps the signals from interrupting the calling thread and gives a descriptor, close-on-exec and
/// non-blocking, from which they are read instead.
pub(crate) fn signalfd(signals: &[i32]) -> Result<OwnedFd> {
    // SAFETY: a signal set is plain data; sigemptyset makes it a valid one before it is used.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live set.
    unsafe { libc::sigemptyset(&raw mut set) };
    for &signal in signals {
        // SAFETY: as above; a number that is no signal is refused.
        unsafe { libc::sigaddset(&raw mut set, signal) };
    }
    // SAFETY: the set is live, and no old mask is asked for.
    let errno = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
    if errno != 0 {
        return Err(rustix::io::Errno::from_raw_os_error(errno));
    }
    // SAFETY: -1 asks for a new descriptor; the set is live.
    let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
    if fd < 0 {
        return Err(super::last_errno());
    }
    // SAFETY: the descriptor is new, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
