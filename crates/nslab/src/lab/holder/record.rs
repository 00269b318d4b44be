//! What is on record of a holder, and whether it is true.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Instant;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::ids::Ids;
use super::{Found, Holder, PATIENCE};
use crate::error::{Error, ErrorKind, Result};
use crate::lab::process::{Handle, handle};
use crate::lab::record::boot_id;
use crate::types::LabName;

const FILE: &str = "holder.json";
const NEW_FILE: &str = "holder.json.new";

/// The version of the record's form. Another one is refused, not guessed at.
const VERSION: u32 = 1;

/// No record is longer.
const LONGEST: u64 = 4096;

/// The namespaces that a holder is in: device and inode of each one's file (namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spaces {
    pub(super) user: (u64, u64),
    mnt: (u64, u64),
    net: (u64, u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
    /// What it holds.
    pub(super) name: String,
    pub(super) process: Handle,
    /// The machine's start that it was started in.
    boot_id: String,
    /// The process namespace that its id is of: device and inode of that one's file.
    seen_from: Option<(u64, u64)>,
    pub(super) spaces: Spaces,
    /// Whether it is process 1 of a process namespace.
    pub(super) processes: bool,
    pub(super) ids: Ids,
    /// Whether what it was started for was done.
    pub(super) complete: bool,
}

impl Spaces {
    /// None where there is no such process, or the caller may not look.
    fn of(pid: i32) -> Option<Self> {
        let file = |name: &str| {
            let stat = rustix::fs::stat(format!("/proc/{pid}/ns/{name}")).ok()?;
            Some((stat.st_dev, stat.st_ino))
        };
        Some(Self { user: file("user")?, mnt: file("mnt")?, net: file("net")? })
    }
}

/// The process namespace of the caller; none where that cannot be told.
fn own_processes() -> Option<(u64, u64)> {
    let stat = rustix::fs::stat("/proc/self/ns/pid").ok()?;
    Some((stat.st_dev, stat.st_ino))
}

/// Whether a process is just ending: then it has let go of its namespaces, but it is not gone before all that is in
/// its process namespace.
fn is_ending(pid: i32) -> bool {
    rustix::fs::stat(format!("/proc/{pid}/ns/mnt")).err() == Some(rustix::io::Errno::NOENT)
}

impl Record {
    /// Of a holder that was just started. None where it is gone.
    pub(super) fn of(name: &LabName, pid: i32, processes: bool, ids: Ids) -> Result<Option<Self>> {
        let (Some(process), Some(spaces)) = (Handle::of(pid), Spaces::of(pid)) else { return Ok(None) };
        let (name, boot_id) = (name.to_string(), boot_id()?);
        let seen_from = own_processes();
        Ok(Some(Self { version: VERSION, name, process, boot_id, seen_from, spaces, processes, ids, complete: false }))
    }

    /// What it stands for now.
    fn check(self, uid: u32) -> Result<Found> {
        if self.boot_id != boot_id()? {
            return Ok(Found::Ended);
        }
        if self.seen_from.is_some() && self.seen_from != own_processes() {
            // Its id says nothing here, and the same may be another's.
            let message = format!("{} is held by a process that is out of sight here, as in a container", self.name);
            return Err(Error::new(ErrorKind::Permission, message).with_help("give the command where it was made"));
        }
        let Some(pidfd) = self.process.open() else { return Ok(Found::Ended) };
        if !self.process.is_alive() {
            return Ok(Found::Ended);
        }
        // Opened it is, so it stays what is looked at.
        if super::owner(self.process.pid) != Some(uid) || Spaces::of(self.process.pid) != Some(self.spaces) {
            if is_ending(self.process.pid) {
                handle::wait([&pidfd], Instant::now() + PATIENCE);
            }
            return Ok(Found::Ended);
        }
        Ok(Found::Alive(Holder { record: self, uid, pidfd }))
    }

    /// Writes it so that a reader finds the old one or the new one, never a part.
    pub(super) fn write(&self, dir: &OwnedFd, path: &Path) -> Result<()> {
        let failed = |errno: rustix::io::Errno| Error::os(format_args!("writing {}", path.join(FILE).display()), errno);
        let bytes = serde_json::to_vec(self).map_err(|error| Error::invalid(format!("writing a record: {error}")))?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(dir, NEW_FILE, flags, Mode::RUSR | Mode::WUSR).map_err(failed)?;
        File::from(file)
            .write_all(&bytes)
            .map_err(|error| Error::os(format_args!("writing {}", path.join(NEW_FILE).display()), error))?;
        rustix::fs::renameat(dir, NEW_FILE, dir, FILE).map_err(failed)
    }
}

/// What a directory's record stands for; none where it has none.
pub(super) fn find(dir: &OwnedFd, path: &Path, name: &LabName, uid: u32) -> Result<Option<Found>> {
    read(dir, path, name, uid)?.map(|record| record.check(uid)).transpose()
}

/// A directory's record, as it is written.
pub(super) fn read(dir: &OwnedFd, path: &Path, name: &LabName, uid: u32) -> Result<Option<Record>> {
    let path = path.join(FILE);
    let failed = |error: std::io::Error| Error::os(format_args!("reading {}", path.display()), error);
    let bad = |why: String| {
        Error::invalid(format!("{}: not a record of this version of nslab: {why}", path.display()))
            .with_help("remove it by hand")
    };
    // A pipe in its place is not waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(dir, FILE, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP) => return Err(bad("it is a symbolic link".into())),
        opened => opened.map_err(|errno| failed(errno.into()))?,
    };
    let stat = rustix::fs::fstat(&file).map_err(|errno| failed(errno.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(bad("it is no file".into()));
    }
    if stat.st_uid != uid {
        return Err(bad(format!("it belongs to user {}, not to user {uid}", stat.st_uid)));
    }
    let mut bytes = Vec::new();
    File::from(file).take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(bad("it is too long".into()));
    }
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    if record.version != VERSION {
        return Err(bad(format!("it has version {}, this is {VERSION}", record.version)));
    }
    if record.name != name.as_str() {
        return Err(bad(format!("it is about {:?}", record.name)));
    }
    Ok(Some(record))
}

/// Removes the record, and a half-written one.
pub(super) fn remove(dir: &OwnedFd, path: &Path) -> Result<()> {
    for name in [NEW_FILE, FILE] {
        match rustix::fs::unlinkat(dir, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(errno) => return Err(Error::os(format_args!("removing {}", path.join(name).display()), errno)),
        }
    }
    Ok(())
}
