//! Signals that end a session or ask how it goes.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::error::{Error, Result};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `SIGINT` or `SIGALRM`: stop and say what was found.
    Stop,
    /// `SIGQUIT`: say how it goes, and go on.
    Status,
}

/// `SIGINT`, `SIGALRM` and `SIGQUIT` as something to read (signalfd(2)).
#[derive(Debug)]
pub struct Signals {
    fd: OwnedFd,
}

impl Signals {
    /// From here on the signals do not interrupt the calling thread, nor threads that it starts; they are
    /// kept to be read. So call it in the main thread, before there are others, and in a program, not in
    /// a library: it holds until the process ends.
    ///
    /// # Errors
    /// No descriptors left.
    pub fn watch() -> Result<Self> {
        crate::sys::signal::signalfd(&[libc::SIGINT, libc::SIGALRM, libc::SIGQUIT])
            .map(|fd| Self { fd })
            .map_err(|errno| Error::os("watching for signals", errno))
    }

    /// The next signal that has come in, without waiting.
    #[must_use]
    pub fn next(&self) -> Option<Signal> {
        // The struct of signalfd(2) begins with the signal's number.
        let mut info = [0_u8; 128];
        let len = rustix::io::read(&self.fd, &mut info).ok()?;
        let number = u32::from_ne_bytes(*info.get(..len)?.first_chunk()?);
        if i32::try_from(number) == Ok(libc::SIGQUIT) { Some(Signal::Status) } else { Some(Signal::Stop) }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
