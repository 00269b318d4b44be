//! Names as they come and go (inotify(7)).

use std::ffi::{OsStr, OsString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::inotify::{self, ReadFlags, WatchFlags};

use super::Names;
use crate::error::{Error, Result};

/// A name that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameChange {
    /// The name is there now; what it stands for may be mounted a moment later.
    Added(OsString),
    /// The name is gone.
    Deleted(OsString),
}

/// Hears of names as they come and go, from the moment that it was made.
#[derive(Debug)]
pub struct Watch {
    fd: OwnedFd,
}

/// Holds any single event: `struct inotify_event` and a name of 255 bytes, and in general many.
const BUFFER: usize = 4096;

impl Names {
    /// Starts to listen. Makes the directory where it is missing, so that the first name is heard of too.
    ///
    /// # Errors
    /// Where the directory cannot be made or watched.
    pub fn watch(&self) -> Result<Watch> {
        let failed = |errno| Error::os("inotify_add_watch failed", errno);
        let fd = inotify::init(inotify::CreateFlags::CLOEXEC).map_err(failed)?;
        self.make_dir()?;
        inotify::add_watch(&fd, self.dir(), WatchFlags::CREATE | WatchFlags::DELETE).map_err(failed)?;
        Ok(Watch { fd })
    }
}

/// Readable when there are changes.
impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Watch {
    /// Waits for the next changes and hands them to `take`, in order.
    ///
    /// # Errors
    /// Where the kernel's answer cannot be read.
    pub fn wait(&self, mut take: impl FnMut(NameChange)) -> Result<()> {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut reader = inotify::Reader::new(&self.fd, &mut buffer);
        loop {
            let event = reader.next().map_err(|errno| Error::os("read failed", errno))?;
            let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()).to_owned());
            match name {
                Some(name) if event.events().contains(ReadFlags::CREATE) => take(NameChange::Added(name)),
                Some(name) if event.events().contains(ReadFlags::DELETE) => take(NameChange::Deleted(name)),
                _ => {}
            }
            if reader.is_buffer_empty() {
                return Ok(());
            }
        }
    }
}
