//! The only module with `unsafe` in it: what neither the standard library nor rustix offers safely.
//!
//! Each function is a thin, safe shape around one system call; no policy lives here.
#![allow(unsafe_code, reason = "the one place for it; every block says why it is sound")]

pub(crate) mod icmp;
pub(crate) mod memory;
pub(crate) mod packet;
pub(crate) mod process;
pub(crate) mod resolve;
pub(crate) mod signal;
pub(crate) mod tun;

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::{Errno, Result};
use rustix::mount::MountPropagationFlags;
use rustix::thread::UnshareFlags;

/// Moves the calling thread into a new, empty network namespace.
pub(crate) fn unshare_network() -> Result<()> {
    // SAFETY: only CLONE_FILES could break another thread's descriptors, and it is not asked for.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
}

/// Moves the calling thread into a mount namespace of its own, a copy of the one it was in.
pub(crate) fn unshare_mounts() -> Result<()> {
    // SAFETY: as above; CLONE_NEWNS implies CLONE_FS, which shares no memory.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS) }
}

/// Moves the calling process, which must have a single thread, into a new user namespace.
pub(crate) fn unshare_user_alone() -> Result<()> {
    // SAFETY: as above.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) }
}

/// Has the next child of the calling thread be the first process of a new process namespace.
pub(crate) fn unshare_processes() -> Result<()> {
    // SAFETY: as above.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWPID) }
}

/// Moves the calling thread into a namespace of its own for the host name.
pub(crate) fn unshare_host_name() -> Result<()> {
    // SAFETY: as above.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUTS) }
}

/// Moves this process, which must have a single thread, into a user namespace of its own, and into a mount and a
/// network namespace that belong to that.
pub(crate) fn unshare_user() -> Result<()> {
    let flags = UnshareFlags::NEWUSER | UnshareFlags::NEWNS | UnshareFlags::NEWNET;
    // SAFETY: as above.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

/// Sets how a mount, and all beneath it, share what is mounted on them (mount_setattr(2), Linux 5.12).
pub(crate) fn set_propagation(mount: BorrowedFd<'_>, propagation: MountPropagationFlags) -> Result<()> {
    let attributes =
        libc::mount_attr { attr_set: 0, attr_clr: 0, propagation: propagation.bits().into(), userns_fd: 0 };
    // SAFETY: the path is a string with its zero, and the pointer and the size describe `attributes`; both
    // outlive the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const attributes,
            size_of_val(&attributes),
        )
    };
    if result == 0 { Ok(()) } else { Err(last_errno()) }
}

/// Gives the calling thread a root and a working folder of its own, which it shared with the others.
pub(crate) fn unshare_root() -> Result<()> {
    // SAFETY: as above.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::FS) }
}

/// Sets a socket option whose value is an `int` (setsockopt(2)).
pub(crate) fn set_option(socket: BorrowedFd<'_>, level: i32, option: i32, value: i32) -> Result<()> {
    // SAFETY: the pointer and the length describe `value`, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            size_of::<i32>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(last_errno()) }
}

/// The cookie of the socket's network namespace: a number that no other namespace gets until the
/// machine restarts (`SO_NETNS_COOKIE`, since Linux 5.14; before, none).
pub(crate) fn netns_cookie(socket: BorrowedFd<'_>) -> Result<Option<u64>> {
    let mut cookie = 0_u64;
    let mut len = size_of::<u64>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes to `cookie`, and `len` is its size.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NETNS_COOKIE,
            (&raw mut cookie).cast(),
            &raw mut len,
        )
    };
    match result {
        0 => Ok(Some(cookie)),
        _ => match last_errno() {
            Errno::NOPROTOOPT => Ok(None),
            errno => Err(errno),
        },
    }
}

/// The network namespace of a socket, held open (`SIOCGSKNS`, `linux/sockios.h`): as if its file were opened.
pub(crate) fn netns_of(socket: BorrowedFd<'_>) -> Result<OwnedFd> {
    // SAFETY: the call takes no third argument, and hands over no memory.
    let fd = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGSKNS) };
    if fd < 0 {
        return Err(last_errno());
    }
    // SAFETY: the descriptor is new, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}
