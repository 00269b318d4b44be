//! Signals that end a capture.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::error::{Error, Result};

/// `SIGINT`, `SIGTERM` and `SIGHUP` as something to wait for (signalfd(2)).
#[derive(Debug)]
pub struct Stop {
    fd: OwnedFd,
}

impl Stop {
    /// From here on the signals do not end the process; they end [`run`](super::run). Call it in the main thread,
    /// before there are others, and in a program, not in a library: it holds until the process ends.
    ///
    /// # Errors
    /// No descriptors left.
    pub fn watch() -> Result<Self> {
        crate::sys::signal::signalfd(&[libc::SIGINT, libc::SIGTERM, libc::SIGHUP])
            .map(|fd| Self { fd })
            .map_err(|errno| Error::os("watching for signals", errno))
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
