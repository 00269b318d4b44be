//! What is a machine to a lab without root: user, mount and network namespaces that belong to a user, and processes
//! that end with their first.
//!
//! Inside, the user is root. All of the machine's files are there as outside and with the user's rights, but for what
//! labs write: /run is a folder of its own, in which everything of the machine's is that was there, without its names
//! of namespaces and its labs.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::mount::{MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags};

use super::enter;
use crate::error::{Error, Result};

/// Where what runs is kept, on every machine with names of namespaces.
const RUN: &str = "/run";

/// What of it labs have for themselves.
const OWN: [&str; 2] = ["netns", "nslab"];

/// Makes this process, which must have a single thread, one that has every right in namespaces of its own. Its ids are
/// nobody's until somebody outside maps them (user_namespaces(7)).
///
/// # Errors
/// Where the machine does not allow user namespaces, or no more of them.
pub(crate) fn become_owner() -> Result<()> {
    enter::into_own_user()
}

/// Gives the namespaces of [`become_owner`] their own /run and /sys. To be called once the ids are mapped.
///
/// # Errors
/// Where the kernel refuses it.
pub(crate) fn furnish() -> Result<()> {
    let failed = |what: &'static str| move |errno| Error::os(what, errno);
    // What is mounted on the machine later shows inside; what is mounted inside shows nowhere else.
    rustix::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .map_err(failed("taking the mounts apart from the machine's"))?;
    let machines = entries();
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount("tmpfs", RUN, "tmpfs", flags, Some(c"mode=755")).map_err(failed("mounting /run"))?;
    for entry in machines {
        entry.put_back();
    }
    // It shows the interfaces of this network. Where the machine hides parts of its own, the kernel refuses it.
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let _ = rustix::mount::mount("sysfs", "/sys", "sysfs", flags, None);
    Ok(())
}

/// Mounts a /proc that shows the processes of this process's own process namespace. The kernel allows that only where
/// nothing of the machine's is hidden.
pub(crate) fn mount_proc() -> Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("proc", "/proc", "proc", flags, None).map_err(|errno| Error::os("mounting /proc", errno))
}

/// Something in the machine's /run.
struct Entry {
    name: OsString,
    what: What,
}

enum What {
    /// A copy of the mounts from there on, mounted nowhere yet.
    Tree {
        is_dir: bool,
        tree: OwnedFd,
    },
    Link(OsString),
}

fn entries() -> Vec<Entry> {
    let Ok(entries) = std::fs::read_dir(RUN) else { return Vec::new() };
    let others =
        entries.filter_map(std::io::Result::ok).filter(|entry| OWN.iter().all(|own| entry.file_name() != *own));
    others.filter_map(|entry| Entry::of(entry.file_name(), &entry.path())).collect()
}

impl Entry {
    /// None where the user may not look, or the kernel does not give it (before Linux 5.2).
    fn of(name: OsString, path: &Path) -> Option<Self> {
        let kind = FileType::from_raw_mode(rustix::fs::lstat(path).ok()?.st_mode);
        let what = if kind == FileType::Symlink {
            What::Link(std::fs::read_link(path).ok()?.into())
        } else {
            let flags = OpenTreeFlags::OPEN_TREE_CLONE
                | OpenTreeFlags::OPEN_TREE_CLOEXEC
                | OpenTreeFlags::AT_RECURSIVE
                | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
            let tree = rustix::mount::open_tree(CWD, path, flags).ok()?;
            What::Tree { is_dir: kind == FileType::Directory, tree }
        };
        Some(Self { name, what })
    }

    /// Puts it in its place in the new /run; what cannot be is not there.
    fn put_back(self) {
        let path = Path::new(RUN).join(&self.name);
        match self.what {
            What::Link(target) => drop(rustix::fs::symlinkat(target, CWD, &path)),
            What::Tree { is_dir, tree } => {
                let made = if is_dir {
                    rustix::fs::mkdirat(CWD, &path, Mode::from_raw_mode(0o755))
                } else {
                    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                    rustix::fs::openat(CWD, &path, flags, Mode::from_raw_mode(0o644)).map(drop)
                };
                if made.is_ok() {
                    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
                    let _ = rustix::mount::move_mount(&tree, "", CWD, &path, flags);
                }
            }
        }
    }
}
