//! The only module with `unsafe` in it.
#![allow(unsafe_code, reason = "the one place for it; every block says why it is sound")]

use rustix::io::Result;
use rustix::thread::UnshareFlags;

/// Moves the calling thread into a new, empty network namespace.
pub(crate) fn unshare_network() -> Result<()> {
    // SAFETY: only CLONE_FILES could break another thread's descriptors, and it is not asked for.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
}

/// The most memory that any program had which this one started and waited for, in kB (getrusage(2)).
pub(crate) fn memory_of_children() -> Result<u64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to memory of the size that the kernel writes.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    if answer != 0 {
        return Err(rustix::io::Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(rustix::io::Errno::IO));
    }
    // SAFETY: it has been written, and any bytes are a valid value of it.
    let usage = unsafe { usage.assume_init() };
    Ok(u64::try_from(usage.ru_maxrss).unwrap_or_default())
}
