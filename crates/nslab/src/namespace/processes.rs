//! Which processes live in a namespace, and which names one has.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD};

use super::{Identity, Names, Namespace};
use crate::error::{Error, Result};

impl Namespace {
    /// The processes that are in this namespace, in the order of /proc. Those that the caller may not
    /// look at are left out.
    ///
    /// # Errors
    /// Where /proc cannot be read.
    pub fn processes(&self) -> Result<Vec<u32>> {
        let own = self.file_id()?;
        let failed = |error| Error::os("reading /proc", error);
        let mut pids = Vec::new();
        for entry in std::fs::read_dir("/proc").map_err(failed)? {
            let Some(pid) = number(&entry.map_err(failed)?.file_name()) else { continue };
            if file_id_at(Path::new(&format!("/proc/{pid}/ns/net"))) == Some(own) {
                pids.push(pid);
            }
        }
        Ok(pids)
    }
}

impl Namespace {
    /// The namespace with an identity: that of a process or a name. None where it lives no more,
    /// or out of the caller's sight.
    ///
    /// # Errors
    /// Where /proc cannot be read.
    pub fn find(identity: Identity) -> Result<Option<Self>> {
        let failed = |error| Error::os("reading /proc", error);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir("/proc").map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            paths.extend(number(&name).map(|pid| format!("/proc/{pid}/ns/net").into()));
        }
        let names = Names::default();
        paths.extend(names.list()?.iter().filter_map(|name| names.path(name).ok()));
        let same = |path: &&PathBuf| file_id_at(path) == Some((identity.dev, identity.ino));
        // One may end meanwhile.
        let found = paths.iter().filter(same).find_map(|path| Self::open_file(path).ok());
        found.map_or(Ok(None), |found| Ok(found.is(identity)?.then_some(found)))
    }
}

impl Names {
    /// The names of a namespace, in the directory's order.
    ///
    /// # Errors
    /// Where the directory cannot be read; a missing one has no names.
    pub fn of(&self, namespace: &Namespace) -> Result<Vec<OsString>> {
        let wanted = namespace.file_id()?;
        let mut names = self.list()?;
        names.retain(|name| self.path(name).ok().and_then(|path| file_id_at(&path)) == Some(wanted));
        Ok(names)
    }
}

fn number(name: &OsStr) -> Option<u32> {
    // /proc has no other entries that are numbers.
    if name.as_bytes().iter().all(u8::is_ascii_digit) { name.to_str()?.parse().ok() } else { None }
}

/// Device and inode of the network namespace of a process, by its main thread. None where there is no such
/// process any more, or where the caller may not look.
pub(crate) fn netns_of(pid: i32) -> Option<(u64, u64)> {
    file_id_at(Path::new(&format!("/proc/{pid}/ns/net")))
}

/// Device and inode of the user namespace of a process. None as of [`netns_of`].
pub(crate) fn user_namespace_of(pid: i32) -> Option<(u64, u64)> {
    file_id_at(Path::new(&format!("/proc/{pid}/ns/user")))
}

/// The ids of all processes, in the order of /proc.
pub(crate) fn all() -> Result<Vec<i32>> {
    let failed = |error| Error::os("reading /proc", error);
    let mut pids = Vec::new();
    for entry in std::fs::read_dir("/proc").map_err(failed)? {
        pids.extend(number(&entry.map_err(failed)?.file_name()).and_then(|pid| i32::try_from(pid).ok()));
    }
    Ok(pids)
}

fn file_id_at(path: &Path) -> Option<(u64, u64)> {
    let stat = rustix::fs::statat(CWD, path, AtFlags::empty()).ok()?;
    Some((stat.st_dev, stat.st_ino))
}
