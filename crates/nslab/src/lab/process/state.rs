//! What is known of a lab's processes: written by their supervisor, read by everybody.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Handle;
use super::message::Job;
use crate::error::{Error, Result};
use crate::topology::spec::ProcessId;

const FILE: &str = "processes.json";
const NEW_FILE: &str = "processes.json.new";
pub(super) const SOCKET: &str = "supervisor";
const LOGS: &str = "logs";

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// It waits for others to be ready.
    Waiting,
    /// It runs; if it says how it is ready, it is not yet.
    Running,
    /// It runs, and is ready.
    Ready,
    /// It has ended, and is started again after a pause.
    Restarting,
    /// It has ended with this status.
    Exited(i32),
    /// It was ended by this signal.
    Killed(i32),
    /// It could not be started.
    Failed,
    /// Its supervisor is gone, and it with that.
    Lost,
}

/// In words, as `nslab ls --json` has them.
impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Running => f.write_str("running"),
            Self::Ready => f.write_str("ready"),
            Self::Restarting => f.write_str("restarting"),
            Self::Exited(status) => write!(f, "exited {status}"),
            Self::Killed(signal) => write!(f, "killed by signal {signal}"),
            Self::Failed => f.write_str("cannot be started"),
            Self::Lost => f.write_str("lost"),
        }
    }
}

/// A process of a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Which.
    pub id: ProcessId,
    /// The process, while there is one.
    pub handle: Option<Handle>,
    /// What it is doing.
    pub doing: Doing,
    /// How many times it was started again.
    pub restarts: u32,
    /// What it was started as.
    pub(super) job: Job,
}

impl Status {
    /// Whether it is as it should be: `up` would not start it again for its own sake.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !matches!(self.doing, Doing::Failed | Doing::Lost | Doing::Killed(_) | Doing::Exited(1..))
    }
}

/// The processes of a lab and who looks after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// The process that starts them, reads what they print, and starts them again.
    pub supervisor: Handle,
    /// They, in the order in which they were asked for.
    pub processes: Vec<Status>,
}

/// What is known; none where the lab has no processes.
pub(super) fn read(dir: &Path) -> Result<Option<Processes>> {
    read_by(Path::new("/proc"), dir)
}

/// The same by another /proc.
pub(super) fn read_by(proc: &Path, dir: &Path) -> Result<Option<Processes>> {
    let path = dir.join(FILE);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| Error::os(format_args!("reading {}", path.display()), error))?,
    };
    let mut found: Processes = serde_json::from_slice(&bytes)
        .map_err(|error| Error::invalid(format!("{} is not what this version writes: {error}", path.display())))?;
    if !found.supervisor.is_alive_in(proc) {
        for status in &mut found.processes {
            if !matches!(status.doing, Doing::Exited(_) | Doing::Killed(_) | Doing::Failed) {
                status.doing = Doing::Lost;
            }
        }
    }
    Ok(Some(found))
}

pub(super) fn write(dir: &Path, processes: &Processes) -> Result<()> {
    let (path, new) = (dir.join(FILE), dir.join(NEW_FILE));
    let bytes = serde_json::to_vec(processes).map_err(|error| Error::invalid(format!("writing a state: {error}")))?;
    let written = std::fs::File::create(&new).and_then(|mut file| file.write_all(&bytes));
    written.and_then(|()| std::fs::rename(&new, &path)).map_err(|error| {
        let _ = std::fs::remove_file(&new);
        Error::os(format_args!("writing {}", path.display()), error)
    })
}

/// Removes all of it, logs included. The supervisor must be gone.
pub(in crate::lab) fn remove(dir: &Path) -> Result<()> {
    let logs = dir.join(LOGS);
    let gone = |path: &Path, result: std::io::Result<()>| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::os(format_args!("removing {}", path.display()), error))
        }
        _ => Ok(()),
    };
    gone(&logs, std::fs::remove_dir_all(&logs))?;
    for name in [SOCKET, NEW_FILE, FILE] {
        let path = dir.join(name);
        gone(&path, std::fs::remove_file(&path))?;
    }
    Ok(())
}

/// The file that a process's output is in. The older part of a long one is in the same with `.1`.
pub(super) fn log(dir: &Path, id: &ProcessId) -> PathBuf {
    dir.join(LOGS).join(id.node.as_str()).join(format!("{}.log", id.name))
}
