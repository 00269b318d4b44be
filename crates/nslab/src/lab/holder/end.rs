//! The end of a holder that is not process 1 of what it holds: its processes are not ended by the kernel with it.

use std::time::Instant;

use rustix::process::{Signal, getpid, pidfd_send_signal};

use super::{Holder, PATIENCE};
use crate::error::{Error, ErrorKind, Result};
use crate::lab::process::{Handle, handle};
use crate::namespace::processes;

impl Holder {
    /// Ends it, and every process inside but the calling one, which may have joined. Waits until they are gone.
    ///
    /// # Errors
    /// As of [`end`](Self::end); [`ErrorKind::TimedOut`] where they go on making others.
    pub fn end_all(&self) -> Result<()> {
        if self.ends_processes() {
            return self.end();
        }
        let (user, own) = (self.record.spaces.user, getpid().as_raw_nonzero().get());
        let deadline = Instant::now() + PATIENCE;
        loop {
            let inside = |pid: &i32| *pid != own && processes::user_namespace_of(*pid) == Some(user);
            let mut found = Vec::new();
            for pid in processes::all()?.into_iter().filter(inside) {
                // Opened it is, so it stays what is looked at.
                let opened = Handle::of(pid).and_then(|process| Some((process, process.open()?)));
                // One that has ended may be there for long, until its parent asks.
                found.extend(opened.filter(|(process, _)| process.is_alive() && inside(&pid)).map(|(_, pidfd)| pidfd));
            }
            for process in &found {
                let _ = pidfd_send_signal(process, Signal::KILL);
            }
            if found.is_empty() {
                return self.end();
            }
            if !handle::wait(&found, deadline) || Instant::now() > deadline {
                let message = format!("processes in {} do not end", self.record.name);
                return Err(Error::new(ErrorKind::TimedOut, message));
            }
        }
    }
}
