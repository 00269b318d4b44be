//! The only place where a thread changes its network namespace.
//!
//! Contract: a thread that calls [`switch`] or [`into_new`] either ends soon after (it was started by
//! [`on_own_thread`]) or is the only one of a process that is about to become another program.

use std::os::fd::BorrowedFd;

use rustix::thread::{LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space, move_into_thread_name_spaces};

use crate::error::{Error, Result};

/// Runs `work` on a thread of its own and waits for it.
pub(crate) fn on_own_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("nslab-netns".into())
            .spawn_scoped(scope, work)
            .map_err(|error| Error::os("starting a thread", error))?;
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Moves the calling thread into an existing network namespace.
pub(crate) fn switch(namespace: BorrowedFd<'_>) -> Result<()> {
    move_into_link_name_space(namespace, Some(LinkNameSpaceType::Network)).map_err(|errno| {
        let error = Error::os("entering a network namespace", errno);
        if errno == rustix::io::Errno::PERM { error.with_help("run it as root") } else { error }
    })
}

/// Moves the calling thread, which must be one of its own, into an existing mount namespace.
pub(crate) fn switch_mounts(namespace: BorrowedFd<'_>) -> Result<()> {
    let failed = |errno| Error::os("entering a mount namespace", errno);
    // The root folder goes with the mounts, so the thread must not share it.
    crate::sys::unshare_root().map_err(failed)?;
    move_into_link_name_space(namespace, Some(LinkNameSpaceType::Mount)).map_err(failed)
}

/// Moves this process, which must have a single thread, into a user namespace of its own, with mounts and a network
/// that belong to it.
pub(crate) fn into_own_user() -> Result<()> {
    crate::sys::unshare_user().map_err(|errno| Error::os("making a user namespace", errno))
}

/// Moves this process, which must have a single thread, into the user, mount and network namespaces of another, and
/// with `processes` the ones that it makes from now on into that one's process namespace (setns(2), Linux 5.8).
pub(crate) fn join(pidfd: BorrowedFd<'_>, processes: bool) -> rustix::io::Result<()> {
    let mut which = ThreadNameSpaceType::USER | ThreadNameSpaceType::MOUNT | ThreadNameSpaceType::NETWORK;
    which.set(ThreadNameSpaceType::PROCESS_ID, processes);
    move_into_thread_name_spaces(pidfd, which)
}

/// Moves this process, which must have a single thread, into a new user namespace, in which it has no id yet.
pub(crate) fn into_new_user() -> Result<()> {
    crate::sys::unshare_user_alone().map_err(|errno| Error::os("creating a user namespace", errno))
}

/// Has the next process that the calling thread starts be the first of a new process namespace. From then on it can
/// start no thread.
pub(crate) fn children_into_new_processes() -> Result<()> {
    crate::sys::unshare_processes().map_err(|errno| Error::os("creating a process namespace", errno))
}

/// Moves the calling thread into a new network namespace.
pub(crate) fn into_new() -> Result<()> {
    crate::sys::unshare_network().map_err(|errno| {
        let error = Error::os("creating a network namespace", errno);
        match errno {
            rustix::io::Errno::PERM => error.with_help("run it as root"),
            rustix::io::Errno::NOSPC => {
                error.with_help("the limit is reached; raise it with: sysctl user.max_net_namespaces=100000")
            }
            _ => error,
        }
    })
}
