//! Where holders are on record: folders that nobody but their user can write to, and in which nobody is believed who is
//! not that user.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::record::{self, Record};
use super::way_out::Companion;
use super::{Found, Holder};
use crate::error::{Error, ErrorKind, Result};
use crate::types::LabName;

/// A folder that goes whenever it is made does so no more often than this by chance.
const MOST_GONE: usize = 1000;

/// What holders hold; each kind has names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A lab of this name.
    Lab,
    /// A sandbox, for whatever is done in it.
    Shell,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Lab => "labs",
            Self::Shell => "shells",
        }
    }
}

/// The holders of a user.
#[derive(Debug, Clone)]
pub struct Holders {
    uid: u32,
    kind: Kind,
    /// Where they may be, the first for new ones.
    bases: Vec<Base>,
}

/// A folder, and what is made in it.
#[derive(Debug, Clone)]
struct Base {
    path: PathBuf,
    /// Whether it is ours from there on: made by us, and nobody else's to look into.
    own: bool,
}

impl Holders {
    /// Those of the caller: below the folder that the environment names (`XDG_RUNTIME_DIR`), or else below
    /// /run/user/UID or in /tmp/nslab-UID, whichever can be had.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the folder that is named is not the caller's, or is another's to write to.
    pub fn own(kind: Kind, named: Option<&Path>) -> Result<Self> {
        let uid = rustix::process::geteuid().as_raw();
        let mut holders = Self::of(kind, uid);
        if let Some(named) = named.filter(|path| path.is_absolute()) {
            match open_base(CWD, named, uid, false) {
                Ok(_) => holders.bases.insert(0, Base { path: named.into(), own: false }),
                Err(error) if error.errno() == Some(libc::ENOENT) => {}
                Err(error) => return Err(error.with_help("set XDG_RUNTIME_DIR to a folder of your own, or unset it")),
            }
        }
        holders.bases.dedup_by(|a, b| a.path == b.path);
        Ok(holders)
    }

    /// Those of another user, for root.
    #[must_use]
    pub fn of(kind: Kind, uid: u32) -> Self {
        let (run, tmp) = (format!("/run/user/{uid}"), format!("/tmp/nslab-{uid}"));
        let mut bases = vec![Base { path: tmp.into(), own: true }];
        if open_base(CWD, Path::new(&run), uid, false).is_ok() {
            bases.insert(0, Base { path: run.into(), own: false });
        }
        Self { uid, kind, bases }
    }

    /// Those of every user but the caller who has any, as far as the caller can see them; without their labs, in the order
    /// of the users' ids.
    #[must_use]
    pub fn others(kind: Kind) -> Vec<Self> {
        let names = |path: &str| {
            let entries = std::fs::read_dir(path).into_iter().flatten();
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect::<Vec<_>>()
        };
        let mut uids: Vec<u32> = names("/run/user").iter().filter_map(|name| name.parse().ok()).collect();
        uids.extend(names("/tmp").iter().filter_map(|name| name.strip_prefix("nslab-")?.parse::<u32>().ok()));
        uids.sort_unstable();
        uids.dedup();
        uids.retain(|uid| *uid != rustix::process::geteuid().as_raw());
        uids.into_iter().map(|uid| Self::of(kind, uid)).collect()
    }

    /// The id of the user.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// All that are on record, by name; what cannot be read as errors among them.
    ///
    /// # Errors
    /// Where their folder is not safe: a symbolic link, another user's, or open to others.
    pub fn list(&self) -> Result<Vec<(OsString, Result<Found>)>> {
        let mut found = Vec::new();
        for (at, base) in self.bases.iter().enumerate() {
            let Some((folder, path)) = self.look(at, base)? else { continue };
            let failed = |errno| Error::os(format_args!("reading {}", path.display()), errno);
            for entry in rustix::fs::Dir::read_from(&folder).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name().to_bytes().to_vec();
                if name == b"." || name == b".." {
                    continue;
                }
                let name = <OsString as std::os::unix::ffi::OsStringExt>::from_vec(name);
                match self.read(&folder, &path, &name) {
                    Ok(None) => {}
                    Ok(Some(one)) => found.push((name, Ok(one))),
                    Err(error) => found.push((name, Err(error))),
                }
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found)
    }

    /// The one of a name; none where there is none on record.
    ///
    /// # Errors
    /// As [`list`](Self::list), and where the record is not one of this version of nslab.
    pub fn find(&self, name: &LabName) -> Result<Option<Found>> {
        for (at, base) in self.bases.iter().enumerate() {
            let Some((folder, path)) = self.look(at, base)? else { continue };
            if let Some(found) = self.read(&folder, &path, OsStr::new(name.as_str()))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether any may be on record: a folder for records is there.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn have_any(&self) -> Result<bool> {
        for (at, base) in self.bases.iter().enumerate() {
            if self.look(at, base)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The folder with records below a base. One that is not there has none; nor does one that is not safe and where nothing
    /// is ever made.
    fn look(&self, at: usize, base: &Base) -> Result<Option<(OwnedFd, PathBuf)>> {
        match self.folder(base, false) {
            Ok(folder) => Ok(Some(folder)),
            Err(error) if at > 0 || error.errno() == Some(libc::ENOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(&self, folder: &OwnedFd, path: &Path, name: &OsStr) -> Result<Option<Found>> {
        let text = name.to_str().ok_or_else(|| Error::invalid(format!("lab name {name:?} is not UTF-8")))?;
        let (lab, path) = (text.parse()?, path.join(name));
        match open_own(folder, Path::new(name), &path, self.uid) {
            Err(error) if error.errno() == Some(libc::ENOENT) => Ok(None),
            opened => record::find(&opened?, &path, &lab, self.uid),
        }
    }

    /// Opens the folder with records below a base, and makes it where it is missing and wanted.
    fn folder(&self, base: &Base, make: bool) -> Result<(OwnedFd, PathBuf)> {
        let mut path = base.path.clone();
        if base.own && make {
            make_own(CWD, &path, &path)?;
        }
        let mut folder = open_base(CWD, &path, self.uid, base.own)?;
        let below: &[&str] = if base.own { &[self.kind.folder()] } else { &["nslab", self.kind.folder()] };
        for name in below {
            path.push(name);
            if make {
                make_own(&folder, Path::new(name), &path)?;
            }
            folder = open_own(&folder, Path::new(name), &path, self.uid)?;
        }
        Ok((folder, path))
    }

    /// Has the record of a name to itself, until that is dropped or the process ends. Calls `waiting`, once, if somebody
    /// else has it. For what starts and ends holders.
    ///
    /// # Errors
    /// As [`list`](Self::list); where the folder cannot be made.
    pub fn lock(&self, name: &LabName, mut waiting: impl FnMut()) -> Result<Locked> {
        // Where it is already, if it is anywhere.
        let there = |base: &&Base| {
            let folder = self.folder(base, false).ok();
            folder.is_some_and(|(folder, _)| {
                rustix::fs::statat(&folder, name.as_str(), AtFlags::SYMLINK_NOFOLLOW).is_ok()
            })
        };
        let base = self.bases.iter().find(there).or(self.bases.first());
        let base = base.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no folder for records"))?;
        let mut told = false;
        let mut gone = 0;
        // Somebody's last one has just gone, and the folder with it; or where that should be made is not there at all.
        let mut again = |error: &Error| {
            gone += 1;
            error.errno() == Some(libc::ENOENT) && gone < MOST_GONE
        };
        loop {
            let (folder, path) = match self.folder(base, true) {
                Err(error) if again(&error) => continue,
                made => made?,
            };
            let path = path.join(name.as_str());
            match make_own(&folder, Path::new(name.as_str()), &path) {
                Err(error) if again(&error) => continue,
                made => made?,
            }
            let dir = match open_own(&folder, Path::new(name.as_str()), &path, self.uid) {
                Err(error) if again(&error) => continue,
                dir => dir?,
            };
            match rustix::fs::flock(&dir, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) => {
                    if !std::mem::replace(&mut told, true) {
                        waiting();
                    }
                    rustix::io::retry_on_intr(|| rustix::fs::flock(&dir, FlockOperation::LockExclusive))
                }
                locked => locked,
            }
            .map_err(|errno| Error::os(format_args!("locking {}", path.display()), errno))?;
            // Who had it before may have removed it: then this is a lock on nothing.
            let same = |a: &rustix::fs::Stat, b: &rustix::fs::Stat| (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino);
            let ours = rustix::fs::fstat(&dir).ok();
            let there = rustix::fs::statat(&folder, name.as_str(), AtFlags::SYMLINK_NOFOLLOW).ok();
            if ours.zip(there).is_some_and(|(ours, there)| same(&ours, &there)) {
                let companion = Companion::find(&dir);
                return Ok(Locked { name: name.clone(), uid: self.uid, path, dir, folder, companion });
            }
        }
    }
}

/// The record of one name, and nobody else's to change.
#[derive(Debug)]
pub struct Locked {
    name: LabName,
    uid: u32,
    path: PathBuf,
    dir: OwnedFd,
    folder: OwnedFd,
    companion: Companion,
}

impl Locked {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &LabName {
        &self.name
    }

    /// What is on record. What was started and not finished by who was killed then is ended by this, and what has ended
    /// already is removed from the record.
    ///
    /// # Errors
    /// Where the record is not one of this version of nslab; where a holder does not end.
    pub fn find(&self) -> Result<Option<Found>> {
        match self.found()? {
            Some(Found::Alive(holder)) if holder.is_complete() => Ok(Some(Found::Alive(holder))),
            Some(found) => {
                if let Found::Alive(holder) = &found {
                    holder.end()?;
                }
                self.remove()?;
                Ok(Some(Found::Ended))
            }
            None => Ok(None),
        }
    }

    /// Whether what the holder on record was started for was done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let read = record::read(&self.dir, &self.path, &self.name, self.uid);
        read.is_ok_and(|record| record.is_some_and(|record| record.complete))
    }

    /// The directory, and where it is.
    pub(super) fn dir(&self) -> (&OwnedFd, &Path) {
        (&self.dir, &self.path)
    }

    /// What goes with the way out of what is held.
    pub(super) fn companion(&self) -> &Companion {
        &self.companion
    }

    /// Takes what has ended off the record.
    fn remove(&self) -> Result<()> {
        self.companion.forget(&self.dir)?;
        record::remove(&self.dir, &self.path)
    }

    /// What is on record, as it is.
    pub(super) fn found(&self) -> Result<Option<Found>> {
        record::find(&self.dir, &self.path, &self.name, self.uid)
    }

    /// Puts a holder on record.
    pub(super) fn write(&self, record: &Record) -> Result<()> {
        record.write(&self.dir, &self.path)
    }

    /// Puts it on record that what a holder was started for is done.
    pub(super) fn complete(&self, holder: &mut Holder) -> Result<()> {
        holder.record.complete = true;
        self.write(&holder.record)
    }

    /// Removes the record of a holder that has ended, and the folders that are empty then.
    ///
    /// # Errors
    /// Where the kernel refuses it.
    pub fn clear(self) -> Result<()> {
        self.remove()
    }
}

impl Drop for Locked {
    /// A directory without a record goes with its lock; with the last, those above it.
    fn drop(&mut self) {
        // The paths are the machine's, and this process may have other mounts by now.
        let up = |from: &OwnedFd| {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            rustix::fs::openat(from, "..", flags, Mode::empty())
        };
        let remove = |from: &OwnedFd, name: &OsStr| rustix::fs::unlinkat(from, name, AtFlags::REMOVEDIR).is_ok();
        if !remove(&self.folder, OsStr::new(self.name.as_str())) {
            return;
        }
        let mut path = self.path.as_path();
        let mut folder = up(&self.folder);
        // The folder of the kind, and ours that it is in.
        for _ in 0..2 {
            let Some(parent) = path.parent() else { return };
            path = parent;
            let (Ok(from), Some(name)) = (&folder, path.file_name()) else { return };
            if !remove(from, name) {
                return;
            }
            folder = up(from);
        }
    }
}

fn make_own(at: impl std::os::fd::AsFd, name: &Path, path: &Path) -> Result<()> {
    match rustix::fs::mkdirat(at, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(Error::os(format_args!("making directory {}", path.display()), errno)),
    }
}

fn open_own(at: impl std::os::fd::AsFd, name: &Path, path: &Path, uid: u32) -> Result<OwnedFd> {
    open(at, name, path, uid, Mode::RWXG | Mode::RWXO)
}

/// Opens a base: one of ours as what is in it, another at least such that nobody else can put something in our place.
fn open_base(at: impl std::os::fd::AsFd, path: &Path, uid: u32, own: bool) -> Result<OwnedFd> {
    let forbidden = if own { Mode::RWXG | Mode::RWXO } else { Mode::WGRP | Mode::WOTH };
    open(at, path, path, uid, forbidden)
}

fn open(at: impl std::os::fd::AsFd, name: &Path, path: &Path, uid: u32, forbidden: Mode) -> Result<OwnedFd> {
    let bad = |why: String| Error::invalid(format!("{} {why}: nslab keeps no records there", path.display()));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = match rustix::fs::openat(at, name, flags, Mode::empty()) {
        Err(Errno::LOOP | Errno::NOTDIR) => return Err(bad("is no folder, or a symbolic link".into())),
        opened => opened.map_err(|errno| Error::os(format_args!("opening {}", path.display()), errno))?,
    };
    let stat = rustix::fs::fstat(&fd).map_err(|errno| Error::os(format_args!("opening {}", path.display()), errno))?;
    if stat.st_uid != uid {
        return Err(bad(format!("belongs to user {}, not to user {uid}", stat.st_uid)));
    }
    let mode = Mode::from_raw_mode(stat.st_mode);
    if mode.intersects(forbidden) {
        return Err(bad(format!("is open to others (mode {:03o})", stat.st_mode & 0o777)));
    }
    Ok(fd)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As on a machine without /tmp.
    #[test]
    fn where_no_folder_can_be_made_is_told() {
        let uid = rustix::process::geteuid().as_raw();
        let folder = tempfile::tempdir().unwrap();
        for own in [true, false] {
            let bases = vec![Base { path: folder.path().join("none/nslab"), own }];
            let holders = Holders { uid, kind: Kind::Lab, bases };
            let error = holders.lock(&"t".parse().unwrap(), || ()).unwrap_err();
            assert_eq!(error.errno(), Some(libc::ENOENT), "{error}");
        }
    }
}
