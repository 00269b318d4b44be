//! The kernel's settings of a network namespace: the files below /proc/sys/net (sysctl(8)).
//!
//! The kernel caches the names in a folder by folder and name, and the folder `net` of every namespace is
//! the same to it: to look it up, it walks past all namespaces that were asked before
//! (`proc_sys_compare()` in fs/proc/proc_sysctl.c). One setting each in 600 namespaces takes 90 ms that
//! way, and four times as much in twice as many. Each instance of procfs has names of its own, though, so
//! [`Settings`] brings its own, and a new one after a few.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

/// What settings are made with, one namespace after the other.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// An instance of procfs, mounted nowhere.
    own: Option<OwnedFd>,
    /// How many more settings to make through it.
    left: u32,
    /// There is none to be had, so it is the machine's.
    none: bool,
}

/// After as many, a new instance costs less than to walk past the names in the old one.
const SETTINGS_OF_AN_INSTANCE: u32 = 64;

impl Settings {
    /// Makes a setting in the network namespace of the calling thread. The path is that below /proc/sys.
    pub(crate) fn set(&mut self, path: &str, value: &str) -> io::Result<()> {
        self.open(path, OFlags::WRONLY | OFlags::TRUNC)?.write_all(value.as_bytes())
    }

    /// What a setting in the network namespace of the calling thread is, without the end of its line.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<String> {
        let mut value = Vec::new();
        self.open(path, OFlags::RDONLY)?.read_to_end(&mut value)?;
        Ok(String::from_utf8_lossy(&value).trim_end().to_owned())
    }

    fn open(&mut self, path: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::CLOEXEC;
        if self.left == 0 && !self.none {
            self.own = procfs();
            self.none = self.own.is_none();
            self.left = SETTINGS_OF_AN_INSTANCE;
        }
        let file = match &self.own {
            Some(procfs) => rustix::fs::openat(procfs, format!("sys/{path}"), flags, Mode::empty())?,
            None => rustix::fs::open(format!("/proc/sys/{path}"), flags, Mode::empty())?,
        };
        self.left = self.left.saturating_sub(1);
        Ok(file.into())
    }
}

/// An instance of procfs that goes with its descriptor. Takes root, and Linux 5.8: before, there was one
/// for all (and before 5.2 no way to have it mounted nowhere).
fn procfs() -> Option<OwnedFd> {
    let context = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC).ok()?;
    fsconfig_create(&context).ok()?;
    let attributes =
        MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes).ok()
}
