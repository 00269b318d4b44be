//! Labs without root: each has a holder, a small process that owns what is the machine to the lab.
//!
//! A holder is process 1 of a process namespace, in user, mount and network namespaces that belong to an ordinary user,
//! who is root inside. It does nothing but reap orphans, and its end, however it comes, is that of all that it holds:
//! the kernel ends the processes and takes the mounts and networks back. What is on record of it
//! ([`Holders`]) says where to find it, and is checked before it is believed.
//!
//! A command that works on such a lab [joins](Holder::join) its holder at its very start, while it has a single thread.
//! From then on it is as a command of root's on a machine of its own.

mod end;
mod hold;
mod ids;
mod join;
mod place;
mod record;
mod start;
mod users;
pub(crate) mod way_out;

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::process::{Signal, pidfd_send_signal};

pub use hold::hold;
pub use ids::Ids;
pub use join::{Ending, Joined, Outside};
pub use place::{Holders, Kind, Locked};
pub use start::{Program, Started};
pub use users::{seen, user_name};
pub use way_out::{WayOut, accompany, forward};

use self::record::Record;
use self::users::owner;
use super::Store;
use super::process::handle;
use crate::error::{Error, ErrorKind, Result};

/// How long a holder may take to end.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// A holder that lives, held by its process, so that it cannot be taken for another that gets its id.
#[derive(Debug)]
pub struct Holder {
    record: Record,
    uid: u32,
    pidfd: OwnedFd,
}

/// What a record of a holder stands for.
#[derive(Debug)]
pub enum Found {
    /// A holder that lives.
    Alive(Holder),
    /// One that has ended, and all that it held with it.
    Ended,
}

/// Whether this process may make namespaces as it is: it is root, or root of a user namespace (CAP_SYS_ADMIN).
#[must_use]
pub fn is_root() -> bool {
    use rustix::thread::{CapabilitySet, capabilities};
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN))
}

impl Holder {
    /// Its process id, as the caller sees it.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.record.process.pid
    }

    /// The id of the user that it belongs to.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// The id of the user's group, as the caller sees it. None where it has ended.
    #[must_use]
    pub fn gid(&self) -> Option<u32> {
        users::group(self.pid())
    }

    /// Whether what it was started for was done. If not, and nobody has its record [locked](Holders::lock), who started
    /// it was killed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.record.complete
    }

    /// Which ids of users are known inside.
    #[must_use]
    pub fn ids(&self) -> Ids {
        self.record.ids
    }

    /// Whether processes inside end with it. If not, the machine does not let a user mount a /proc of their own.
    #[must_use]
    pub fn ends_processes(&self) -> bool {
        self.record.processes
    }

    /// The labs that it holds, as they are seen from outside. For the same user only: what is found there is as trusted as
    /// that user is.
    #[must_use]
    pub fn store(&self) -> Store {
        let root = Path::new("/proc").join(self.pid().to_string()).join("root");
        Store { dir: root.join("run/nslab"), proc: root.join("proc"), ..Store::default() }
    }

    /// The names of the network namespaces in it, in the directory's order. For the same user only, as
    /// [`store`](Self::store).
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let dir = Path::new("/proc").join(self.pid().to_string()).join("root/run/netns");
        let entries = std::fs::read_dir(dir).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Ends it, and with it all that it holds. Waits until it is gone.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] where it is another user's; [`ErrorKind::TimedOut`] where the kernel does not end it.
    pub fn end(&self) -> Result<()> {
        match pidfd_send_signal(&self.pidfd, Signal::KILL) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(errno) => return Err(Error::os(format_args!("ending what holds {}", self.record.name), errno)),
        }
        self.wait()
    }

    /// Waits until it has ended.
    fn wait(&self) -> Result<()> {
        if handle::wait([&self.pidfd], std::time::Instant::now() + PATIENCE) {
            return Ok(());
        }
        let message = format!("process {}, which holds {}, does not end", self.pid(), self.record.name);
        Err(Error::new(ErrorKind::TimedOut, message))
    }

    /// Whether it has ended, or does within a time.
    #[must_use]
    pub fn ends_within(&self, time: std::time::Duration) -> bool {
        handle::wait([&self.pidfd], std::time::Instant::now() + time)
    }
}
