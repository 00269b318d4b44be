//! Signals as something to read (signalfd(2)).

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::io::Result;

/// Which signals a thread has blocked.
pub(crate) struct Mask(libc::sigset_t);

/// Those of the calling thread.
pub(crate) fn mask() -> Mask {
    // SAFETY: a signal set is plain data, which the kernel fills in.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: no new set is given, and the pointer is to a live one.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut set) };
    Mask(set)
}

impl Mask {
    /// Has the calling thread block these and no others.
    pub(crate) fn restore(&self) {
        // SAFETY: the set is live, and no old mask is asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

/// A signal that came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came {
    pub(crate) number: i32,
    /// Whether a process has sent it, and not the kernel, as for a key of the terminal.
    pub(crate) sent: bool,
}

/// The next signal that came to a descriptor of [`signalfd`]; none where none has.
pub(crate) fn next(signals: &OwnedFd) -> Option<Came> {
    // SAFETY: plain data, which the kernel fills in.
    let mut info: libc::signalfd_siginfo = unsafe { std::mem::zeroed() };
    let size = size_of_val(&info);
    // SAFETY: the pointer and the size describe `info`, which outlives the call.
    let count = unsafe { libc::read(signals.as_raw_fd(), (&raw mut info).cast(), size) };
    let whole = usize::try_from(count).is_ok_and(|count| count == size);
    whole.then(|| Came { number: info.ssi_signo.cast_signed(), sent: info.ssi_code <= 0 })
}

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
