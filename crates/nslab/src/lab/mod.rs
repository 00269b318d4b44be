//! Labs that are up: on record under /run/nslab, made and taken away as a whole.
//!
//! The record is written before the first name of a lab can be seen and removed after the last one is
//! gone, so whatever a lab was cut off in the middle of, the next command knows what is its and what
//! to do. Nothing is ever removed that a record does not name by identity.

mod change;
mod check;
mod down;
pub mod holder;
mod limits;
mod lock;
mod machine;
pub mod process;
mod record;
mod set;
mod up;
pub mod uplink;
mod wait;
mod whole;

use std::ffi::OsString;
use std::path::PathBuf;

pub use change::{Changes, Reality, compare, reality};
pub(crate) use check::FILES;
pub use check::{Asked, Checked, Knocked, Participant, Probed, check, check_machine};
pub use down::{Down, down};
pub use limits::tight;
pub use machine::{machine, members};
pub use record::{Kept, Node, Record, State};
pub use set::{Setting, set};
pub use up::{Up, check_names_free, up};

use self::process::Supervisor;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Names;
pub use crate::topology::apply::progress::{Progress, Told};
use crate::types::LabName;

/// Where labs are on record and where their nodes have their names.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    names: Names,
    supervisor: Option<Supervisor>,
    progress: Progress,
    /// A /proc in which the labs' processes have the ids that are on record.
    proc: PathBuf,
}

impl Default for Store {
    /// Records under /run/nslab, names under /run/netns, and no way to start a supervisor.
    fn default() -> Self {
        Self {
            dir: "/run/nslab".into(),
            names: Names::default(),
            supervisor: None,
            progress: Progress::default(),
            proc: "/proc".into(),
        }
    }
}

impl Store {
    /// The same, with a way to start the supervisor that a lab with processes needs.
    #[must_use]
    pub fn with_supervisor(self, supervisor: Supervisor) -> Self {
        Self { supervisor: Some(supervisor), ..self }
    }

    /// The same, with somebody who is told how far [`up`] and [`down`] have come.
    #[must_use]
    pub fn with_progress(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    /// The records of all labs, by name; unreadable ones as errors among them.
    ///
    /// # Errors
    /// Where the directory cannot be read. A missing one has no labs.
    pub fn labs(&self) -> Result<Vec<(OsString, Result<Record>)>> {
        let failed = |error| Error::os(format_args!("reading {}", self.dir.display()), error);
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut labs = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            match self.read_named(&name) {
                // Locked by somebody who has not written a record yet, or has just removed it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                read => labs.push((name, read)),
            }
        }
        labs.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(labs)
    }

    fn read_named(&self, name: &OsString) -> Result<Record> {
        let text = name.to_str().ok_or_else(|| Error::invalid(format!("lab name {name:?} is not UTF-8")))?;
        self.read(&text.parse()?)
    }

    /// The record of a lab.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such lab.
    pub fn read(&self, lab: &LabName) -> Result<Record> {
        record::read(&self.dir.join(lab.as_str()), lab)
    }

    /// The command that is making, changing or taking away a lab right now, by its process id: a lab that is not whole
    /// is not cut off then. None where there is none, or /proc does not tell.
    #[must_use]
    pub fn at_work(&self, lab: &LabName) -> Option<i32> {
        lock::holder(&self.dir.join(lab.as_str()))
    }

    /// What to say of a lab that is not whole: that somebody is at it, or that it was cut off.
    #[must_use]
    pub fn not_whole(&self, record: &Record) -> Error {
        let lab = &record.plan.lab;
        let (message, help) = match self.at_work(lab).map(|pid| (pid, record.state.under_way())) {
            Some((pid, Some(doing))) => {
                (format!("lab \"{lab}\" is {doing} by process {pid}"), "wait until that is done".into())
            }
            _ => (
                format!("lab \"{lab}\" is not whole: it was cut off"),
                format!("nslab up with the lab's file makes it whole; nslab down {lab} clears it away"),
            ),
        };
        Error::new(ErrorKind::Busy, message).with_help(help)
    }

    /// The hosts file (hosts(5)) of a lab that is up: every node's name and addresses.
    #[must_use]
    pub fn hosts_file(&self, lab: &LabName) -> PathBuf {
        record::hosts(&self.dir.join(lab.as_str()))
    }

    /// The names that nodes have.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }
}
