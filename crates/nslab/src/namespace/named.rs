//! Names of namespaces: files in /run/netns, made, listed and removed as iproute2 does.
//!
//! Two ways to make one. [`Names::add`] is `ip netns add`: one new namespace under a name. A
//! [`Placeholder`] publishes namespaces that were built without names, and makes every step of that
//! recognisable afterwards: each name starts as a link to one file whose identity was on record before
//! the first name appeared.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, UnmountFlags};

use super::{Identity, Namespace, enter};
use crate::error::{Error, ErrorKind, Result};
use crate::types::check_netns_name;

/// Where the names are (Debian's iproute2 has its `NETNS_RUN_DIR` here).
pub const NETNS_DIR: &str = "/run/netns";

/// The names of one directory, by default [`NETNS_DIR`].
#[derive(Debug, Clone)]
pub struct Names {
    dir: PathBuf,
}

impl Default for Names {
    fn default() -> Self {
        Self { dir: NETNS_DIR.into() }
    }
}

impl Names {
    /// The file of a name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the name cannot be a file's name ([`check_netns_name`]).
    pub fn path(&self, name: &OsStr) -> Result<PathBuf> {
        check_netns_name(name.as_bytes())?;
        Ok(self.dir.join(name))
    }

    /// The names in the directory's own order, which is the one that `ip netns list` prints. A missing
    /// directory has none. Files that are no namespaces are included, as there.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn list(&self) -> Result<Vec<OsString>> {
        let failed = |error: std::io::Error| Error::os(format_args!("reading {}", self.dir.display()), error);
        match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries.map(|entry| entry.map(|e| e.file_name()).map_err(failed)).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Opens a name's namespace.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none of that name.
    pub fn open(&self, name: &OsStr) -> Result<Namespace> {
        Namespace::open_file(&self.path(name)?)
            .map_err(|errno| Error::os(format_args!("Cannot open network namespace \"{}\"", name.display()), errno))
    }

    /// Makes a new namespace and names it: `ip netns add`. Its loopback interface is down.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] where the name is taken, [`ErrorKind::Permission`] without CAP_SYS_ADMIN.
    /// Nothing is left behind on an error.
    pub fn add(&self, name: &OsStr) -> Result<()> {
        self.put(name, || {
            enter::on_own_thread(|| {
                enter::into_new()
                    .map_err(|error| Error::os("Failed to create a new network namespace", errno_of(&error)))?;
                bind(Path::new("/proc/thread-self/ns/net"), &self.path(name)?)
            })
        })
    }

    /// Names the namespace that a process is in: `ip netns attach`. `pid` is as /proc has it.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] where the name is taken, [`ErrorKind::NotFound`] where there is no such process.
    /// Nothing is left behind on an error.
    pub fn attach(&self, name: &OsStr, pid: i32) -> Result<()> {
        self.put(name, || bind(Path::new(&format!("/proc/{pid}/ns/net")), &self.path(name)?))
    }

    /// Makes the file of a name, and has a namespace mounted on it.
    fn put(&self, name: &OsStr, mount: impl FnOnce() -> Result<()>) -> Result<()> {
        let path = self.path(name)?;
        self.prepare()?;
        create_file(&path)?;
        mount().inspect_err(|_| {
            let _ = rustix::fs::unlinkat(CWD, &path, AtFlags::empty());
        })
    }

    /// Takes a name away: `ip netns delete`. The namespace lives on while something else holds it.
    /// Also removes a stray file of that name, and of a symbolic link no more than the link.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none of that name.
    pub fn delete(&self, name: &OsStr) -> Result<()> {
        let path = self.path(name)?;
        let _ = rustix::mount::unmount(&path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
        rustix::fs::unlinkat(CWD, &path, AtFlags::empty())
            .map_err(|errno| Error::os(format_args!("Cannot remove namespace file \"{}\"", path.display()), errno))
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn make_dir(&self) -> Result<()> {
        match rustix::fs::mkdirat(CWD, &self.dir, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(Error::os(format_args!("mkdir {} failed", self.dir.display()), errno)),
        }
    }

    /// Makes the directory a shared mount of its own, so that names show in other mount namespaces,
    /// under the lock that iproute2 takes on it: two first `netns add` at once mount it only once.
    fn prepare(&self) -> Result<()> {
        let dir = self.dir.as_path();
        self.make_dir()?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // As in iproute2, a lock that cannot be had does not stop the work; a directory that cannot be opened does.
        let lock = rustix::fs::openat(CWD, dir, flags, Mode::empty()).map_err(|errno| {
            Error::os(format_args!("Cannot open netns runtime directory \"{}\"", dir.display()), errno)
        })?;
        let _ = rustix::io::retry_on_intr(|| rustix::fs::flock(&lock, FlockOperation::LockExclusive));
        let shared = MountPropagationFlags::SHARED | MountPropagationFlags::REC;
        match rustix::mount::mount_change(dir, shared) {
            Ok(()) => return Ok(()),
            Err(Errno::INVAL) => {} // not a mount point yet
            Err(errno) => return Err(Error::os(format_args!("mount --make-shared {} failed", dir.display()), errno)),
        }
        if bind_on_itself(dir).is_ok() {
            return Ok(());
        }
        rustix::mount::mount_bind_recursive(dir, dir)
            .map_err(|errno| Error::os(format_args!("mount --bind {0} {0} failed", dir.display()), errno))?;
        rustix::mount::mount_change(dir, shared)
            .map_err(|errno| Error::os(format_args!("mount --make-shared {} failed", dir.display()), errno))
    }
}

/// Binds a directory on itself, shared in a peer group of its own (Linux 5.12).
///
/// A plain bind mount beneath a shared /run, as systemd makes it, is of the same group as /run. Then each
/// name is mounted twice: on the bind mount, and on what is beneath it. The group is changed before the
/// mount is put in place, so that mount namespaces that share /run still see the names.
fn bind_on_itself(dir: &Path) -> rustix::io::Result<()> {
    use rustix::mount::{MoveMountFlags, OpenTreeFlags};
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    let tree = rustix::mount::open_tree(CWD, dir, flags)?;
    for propagation in [MountPropagationFlags::PRIVATE, MountPropagationFlags::SHARED] {
        crate::sys::set_propagation(tree.as_fd(), propagation)?;
    }
    rustix::mount::move_mount(&tree, "", CWD, dir, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}

fn errno_of(error: &Error) -> Errno {
    Errno::from_raw_os_error(error.errno().unwrap_or(libc::EIO))
}

fn create_file(path: &Path) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, path, flags, Mode::empty())
        .map(drop)
        .map_err(|errno| Error::os(format_args!("Cannot create namespace file \"{}\"", path.display()), errno))
}

fn bind(from: &Path, to: &Path) -> Result<()> {
    rustix::mount::mount_bind(from, to)
        .map_err(|errno| Error::os(format_args!("Bind {} -> {} failed", from.display(), to.display()), errno))
}

/// The file that all names of a publication are links to until their namespace is mounted over them.
///
/// It is made without a name (`O_TMPFILE`), so that its identity can be recorded first: whatever moment
/// a publication is cut off at, each name is either absent, a link to this file, or one of the recorded
/// namespaces, and [`Names::withdraw`] can tell.
#[derive(Debug)]
pub struct Placeholder {
    names: Names,
    fd: OwnedFd,
    identity: Identity,
}

impl Placeholder {
    /// Makes the file, and the directory where that is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] without root; [`ErrorKind::Unsupported`] where the file system under
    /// /run/netns has no unnamed files (it is tmpfs on any ordinary machine, which has).
    pub fn create(names: &Names) -> Result<Self> {
        names.prepare()?;
        let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, &names.dir, flags, Mode::empty()).map_err(|errno| {
            let error = Error::os(format_args!("making an unnamed file in {}", names.dir.display()), errno);
            if errno == Errno::OPNOTSUPP { error.with_help("mount a tmpfs on /run") } else { error }
        })?;
        let stat = rustix::fs::fstat(&fd).map_err(|errno| Error::os("reading a file's identity", errno))?;
        Ok(Self { names: names.clone(), fd, identity: Identity { dev: stat.st_dev, ino: stat.st_ino, cookie: None } })
    }

    /// Device and inode of the file.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Gives a namespace a name.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] where the name is taken: nothing changes then.
    pub fn publish(&self, name: &OsStr, namespace: &Namespace) -> Result<()> {
        let path = self.names.path(name)?;
        let file = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
        rustix::fs::linkat(CWD, file.as_str(), CWD, &path, AtFlags::SYMLINK_FOLLOW)
            .map_err(|errno| Error::os(format_args!("Cannot create namespace file \"{}\"", path.display()), errno))?;
        bind(Path::new(&format!("/proc/self/fd/{}", namespace.as_fd().as_raw_fd())), &path)
    }
}

/// What [`Names::withdraw`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// It was ours and is gone now.
    Removed,
    /// There was nothing of that name.
    Absent,
    /// Something that is not ours has the name, and was left alone.
    NotOurs,
}

impl Names {
    /// Takes a name away if, and only if, it is the recorded namespace or the placeholder.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`], or what the kernel says of the unmount or the removal.
    pub fn withdraw(&self, name: &OsStr, namespace: Identity, placeholder: Identity) -> Result<Withdrawn> {
        let path = self.path(name)?;
        let failed = |errno| Error::os(format_args!("removing \"{}\"", path.display()), errno);
        let mut found = match look(&path).map_err(failed)? {
            None => return Ok(Withdrawn::Absent),
            Some(found) => found,
        };
        // Twice, if somebody mounted it on itself.
        while found == (namespace.dev, namespace.ino) {
            if !self.is_same(name, namespace)? {
                return Ok(Withdrawn::NotOurs);
            }
            rustix::mount::unmount(&path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW).map_err(failed)?;
            match look(&path).map_err(failed)? {
                None => return Ok(Withdrawn::Removed),
                Some(below) => found = below,
            }
        }
        if found != (placeholder.dev, placeholder.ino) {
            return Ok(Withdrawn::NotOurs);
        }
        match rustix::fs::unlinkat(CWD, &path, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(Withdrawn::Removed),
            Err(errno) => Err(failed(errno)),
        }
    }

    /// Whether a name is that of a file without its namespace, as a publication that was cut off leaves it, or
    /// somebody who took the mount away: then it is removed.
    ///
    /// # Errors
    /// What the kernel says of the removal.
    pub(crate) fn remove_placeholder(&self, name: &OsStr, placeholder: Identity) -> Result<bool> {
        // No namespace has this identity.
        let none = Identity { dev: 0, ino: 0, cookie: None };
        Ok(self.withdraw(name, none, placeholder)? == Withdrawn::Removed)
    }

    /// Whether it is so.
    pub(crate) fn is_placeholder(&self, name: &OsStr, placeholder: Identity) -> bool {
        let found = self.path(name).ok().and_then(|path| look(&path).ok().flatten());
        found == Some((placeholder.dev, placeholder.ino))
    }

    /// Whether a name stands for the namespace with this identity.
    ///
    /// # Errors
    /// Where it cannot be looked at.
    pub fn is_same(&self, name: &OsStr, identity: Identity) -> Result<bool> {
        match self.open(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
            Ok(namespace) => namespace.is(identity),
        }
    }
}

fn look(path: &Path) -> rustix::io::Result<Option<(u64, u64)>> {
    match rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some((stat.st_dev, stat.st_ino))),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}
