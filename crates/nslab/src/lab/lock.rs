//! One command at a time on a lab: a lock (flock(2)) on its directory, which ends with the process.

use std::fs::DirBuilder;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::error::{Error, ErrorKind, Result};
use crate::types::LabName;

/// A lab's directory, locked.
#[derive(Debug)]
pub(super) struct Locked {
    store: PathBuf,
    path: PathBuf,
    _lock: OwnedFd,
}

impl Locked {
    /// Locks a lab's directory, which is made where it is missing. Calls `waiting`, once, if somebody else
    /// has it.
    pub(super) fn take(store: &Path, lab: &LabName, waiting: &mut dyn FnMut()) -> Result<Self> {
        let path = store.join(lab.as_str());
        Self::lock(store, &path, waiting).inspect_err(|_| {
            // What was made for it alone goes again; what has something in it stays.
            let _ = std::fs::remove_dir(&path);
            let _ = std::fs::remove_dir(store);
        })
    }

    fn lock(store: &Path, path: &Path, waiting: &mut dyn FnMut()) -> Result<Self> {
        let failed = |path: &Path, errno| Error::os(format_args!("opening {}", path.display()), errno);
        let mut told = false;
        loop {
            make_dir(store)?;
            match make_dir(path) {
                // The last lab's end took the directory above away in between; but a symbolic link that
                // leads nowhere stays.
                Err(error) if error.errno() == Some(libc::ENOENT) && !store.is_symlink() => continue,
                made => made?,
            }
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
                Err(Errno::NOENT) => continue,
                fd => fd.map_err(|errno| failed(path, errno))?,
            };
            match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) => {
                    if !std::mem::replace(&mut told, true) {
                        waiting();
                    }
                    rustix::io::retry_on_intr(|| rustix::fs::flock(&fd, FlockOperation::LockExclusive))
                }
                locked => locked,
            }
            .map_err(|errno| Error::os(format_args!("locking {}", path.display()), errno))?;
            // Who had it before may have removed it: then this is a lock on nothing.
            let ours = rustix::fs::fstat(&fd).map_err(|errno| failed(path, errno))?;
            match rustix::fs::lstat(path) {
                Ok(there) if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino) => {
                    return Ok(Self { store: store.into(), path: path.into(), _lock: fd });
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(failed(path, errno)),
            }
        }
    }

    /// The lab's directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Locked {
    /// A directory without a record goes with its lock; with the last lab's, that of all labs.
    fn drop(&mut self) {
        if std::fs::remove_dir(&self.path).is_ok() {
            let _ = std::fs::remove_dir(&self.store);
        }
    }
}

/// The process that has a lab's directory locked, as far as can be seen (proc_locks(5)). Looking takes no lock itself,
/// which would keep others waiting.
pub(super) fn holder(path: &Path) -> Option<i32> {
    let there = rustix::fs::lstat(path).ok()?;
    let (major, minor) = (rustix::fs::major(there.st_dev), rustix::fs::minor(there.st_dev));
    let file = format!("{major:02x}:{minor:02x}:{}", there.st_ino);
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let of_line = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            // One that waits has an arrow behind its number.
            [_, "FLOCK", _, "WRITE", pid, of, ..] if **of == file => pid.parse().ok().filter(|pid| *pid > 0),
            _ => None,
        }
    };
    locks.lines().find_map(of_line)
}

fn make_dir(path: &Path) -> Result<()> {
    match DirBuilder::new().mode(0o755).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            let error = Error::os(format_args!("making directory {}", path.display()), error);
            Err(if error.kind() == ErrorKind::Permission { error.with_help("run it as root") } else { error })
        }
        _ => Ok(()),
    }
}
