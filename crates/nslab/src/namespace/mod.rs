//! Network namespaces: made, named, opened, entered.
//!
//! A [`Namespace`] is an open descriptor; while it lives, the kernel keeps the namespace. Names are
//! files in [`NETNS_DIR`], exactly as iproute2 makes and reads them (ip-netns(8)).

pub(crate) mod descriptors;
pub(crate) mod enter;
mod exec;
mod find;
pub(crate) mod machine;
mod mounts;
mod named;
pub(crate) mod processes;
pub(crate) mod settings;
pub(crate) mod user;
mod watch;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use crate::error::{Error, Result};
pub use exec::{Warnings, become_host, become_named, become_namespace, spawn_named};
pub(crate) use exec::{become_node, mount_sys, own_mounts};
pub use find::{Everywhere, Process, Whereabouts};
pub use mounts::MountNamespace;
pub use named::{NETNS_DIR, Names, Placeholder, Withdrawn};
pub use watch::{NameChange, Watch};

/// What tells one namespace from every other, for as long as the machine runs.
///
/// Device and inode are those of the namespace's file (namespaces(7)). Inode numbers are used again
/// once a namespace is gone, so the cookie (`SO_NETNS_COOKIE`, Linux 5.14) decides where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Device number of the namespace's file.
    pub dev: u64,
    /// Inode number of the namespace's file.
    pub ino: u64,
    /// The namespace's cookie; `None` on kernels before 5.14.
    pub cookie: Option<u64>,
}

/// A network namespace, held open.
#[derive(Debug)]
pub struct Namespace {
    fd: OwnedFd,
}

impl Namespace {
    /// The namespace of the calling thread.
    ///
    /// # Errors
    /// Where /proc is not mounted.
    pub fn current() -> Result<Self> {
        Self::open(Path::new("/proc/thread-self/ns/net"))
    }

    /// The namespace of a socket, which stays in the one that it was opened in.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without CAP_NET_ADMIN in it; no descriptors left.
    pub fn of_socket(socket: impl AsFd) -> Result<Self> {
        let fd = crate::sys::netns_of(socket.as_fd());
        fd.map(|fd| Self { fd }).map_err(|errno| Error::os("opening the network namespace of a socket", errno))
    }

    /// A new, empty namespace without a name: gone when the last descriptor of it is closed and nothing
    /// runs in it. Its loopback interface is down.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without CAP_SYS_ADMIN;
    /// `user.max_net_namespaces` reached (`ENOSPC`).
    pub fn anonymous() -> Result<Self> {
        enter::on_own_thread(|| {
            enter::into_new()?;
            Self::current()
        })
    }

    /// Opens the file of a namespace: a name's file in [`NETNS_DIR`], or `/proc/PID/ns/net`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is no such file. Whether the file
    /// is a namespace shows when it is entered.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_file(path).map_err(|errno| {
            Error::os(format_args!("opening network namespace {:?}", path.display().to_string()), errno)
        })
    }

    fn open_file(path: &Path) -> rustix::io::Result<Self> {
        // Whatever else may be there, as a pipe, is not waited for.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, path, flags, Mode::empty()).map(|fd| Self { fd })
    }

    /// Runs `work` inside this namespace, on a thread of its own that ends with it: no other thread
    /// ever changes its namespace. Sockets opened and processes started by `work` belong to it.
    ///
    /// # Errors
    /// Where the namespace cannot be entered (no CAP_SYS_ADMIN, or the file is not a network namespace).
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        enter::on_own_thread(|| {
            enter::switch(self.as_fd())?;
            Ok(work())
        })
    }

    /// Runs `work` inside of several, one after the other, on one thread of its own: what takes too little time
    /// to be worth a thread each. It gets the number of the namespace that it is in.
    ///
    /// # Errors
    /// As of [`enter`](Self::enter), or what `work` returns first.
    pub fn enter_each<T: Send>(
        namespaces: &[&Self],
        mut work: impl FnMut(usize) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        enter::on_own_thread(|| {
            let mut each = |(at, namespace): (usize, &&Self)| {
                enter::switch(namespace.as_fd())?;
                work(at)
            };
            namespaces.iter().enumerate().map(&mut each).collect()
        })
    }

    /// Device, inode and cookie of the namespace.
    ///
    /// # Errors
    /// Where it cannot be entered to ask for the cookie.
    pub fn identity(&self) -> Result<Identity> {
        let cookie = self.enter(cookie_here)??;
        self.identity_with(cookie)
    }

    /// The same where the cookie is already known.
    pub(crate) fn identity_with(&self, cookie: Option<u64>) -> Result<Identity> {
        let (dev, ino) = self.file_id()?;
        Ok(Identity { dev, ino, cookie })
    }

    /// Whether it is the namespace with this identity.
    ///
    /// # Errors
    /// As of [`identity`](Self::identity).
    pub fn is(&self, identity: Identity) -> Result<bool> {
        if self.file_id()? != (identity.dev, identity.ino) {
            return Ok(false);
        }
        Ok(identity.cookie.is_none() || self.enter(cookie_here)?? == identity.cookie)
    }

    /// Device and inode of the namespace's file.
    pub(crate) fn file_id(&self) -> Result<(u64, u64)> {
        let stat = rustix::fs::fstat(&self.fd).map_err(|errno| Error::os("reading a namespace's identity", errno))?;
        Ok((stat.st_dev, stat.st_ino))
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The cookie of the calling thread's namespace, where the kernel has such.
pub(crate) fn cookie_here() -> Result<Option<u64>> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::DGRAM);
    rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)
        .and_then(|socket| crate::sys::netns_cookie(socket.as_fd()))
        .map_err(|errno| Error::os("reading a namespace's identity", errno))
}

/// That of the namespace that a socket is in.
pub(crate) fn cookie_of(socket: &impl AsFd) -> Result<Option<u64>> {
    crate::sys::netns_cookie(socket.as_fd()).map_err(|errno| Error::os("reading a namespace's identity", errno))
}
