//! The only module with `unsafe` in it.
#![allow(unsafe_code, reason = "the one place for it; every block says why it is sound")]

use std::time::Duration;

use rustix::io::Result;
use rustix::thread::UnshareFlags;

/// Moves the calling thread into a new, empty network namespace.
pub(crate) fn unshare_network() -> Result<()> {
    // SAFETY: only CLONE_FILES could break another thread's descriptors, and it is not asked for.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
}

/// The most memory that any program had which this one started and waited for, in kB.
pub(crate) fn memory_of_children() -> Result<u64> {
    Ok(u64::try_from(usage_of_children()?.ru_maxrss).unwrap_or_default())
}

/// The processor time that the programs took which this one started and waited for.
pub(crate) fn cpu_of_children() -> std::io::Result<Duration> {
    let usage = usage_of_children()?;
    let time = |time: libc::timeval| {
        let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
        seconds + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or_default())
    };
    Ok(time(usage.ru_utime) + time(usage.ru_stime))
}

/// getrusage(2).
fn usage_of_children() -> Result<libc::rusage> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to memory of the size that the kernel writes.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    if answer != 0 {
        return Err(rustix::io::Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(rustix::io::Errno::IO));
    }
    // SAFETY: it has been written, and any bytes are a valid value of it.
    Ok(unsafe { usage.assume_init() })
}
