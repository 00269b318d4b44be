//! Starting a holder, from outside.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::place::Locked;
use super::record::Record;
use super::{Found, Holder, ids};
use crate::error::{Error, ErrorKind, Result};

/// How a holder is started: a program that calls [`hold`](super::hold) when it is given these words and then the name of
/// what is held, which it may leave alone: it is there to be seen in lists of processes.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program.
    pub program: PathBuf,
    /// Its name for itself, and its first arguments.
    pub words: Vec<OsString>,
}

/// What to do where the kernel does not let a user have namespaces.
pub(super) const FORBIDDEN: &str =
    "nslab doctor says what this machine does not allow, and what to do; root needs none";

/// A holder that goes with this process, until it is told that what it was started for is done.
#[derive(Debug)]
pub struct Started {
    /// The holder.
    pub holder: Holder,
    stream: UnixStream,
}

impl Started {
    /// What it was started for is done: from now on it stays.
    ///
    /// # Errors
    /// Where it has ended meanwhile, or its record cannot be written.
    pub fn complete(&mut self, locked: &Locked) -> Result<()> {
        self.stream.write_all(b"go\n").map_err(|error| Error::os("speaking to the holder", error))?;
        locked.complete(&mut self.holder)
    }

    /// The holder, which from then on goes with another process that has this too: one that has joined.
    #[must_use]
    pub fn into_holder(self) -> Holder {
        self.holder
    }
}

impl Locked {
    /// Starts a holder and puts it on record. It ends when the caller drops what this gives, or ends.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] and others where the machine allows no user namespaces: then nothing is left.
    pub fn start(&self, program: &Program) -> Result<Started> {
        let failed = |error| Error::os("making a socket", error);
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut child = spawn(program, self.name().as_str(), theirs)?;
        let started = self.begin(&mut child, ours);
        if started.is_err() {
            let _ = child.kill();
        }
        // It is the holder itself where that has no process namespace, and stays.
        if started.as_ref().map_or(true, |started| started.holder.pid() != pid_of(&child)) {
            let _ = child.wait();
        }
        started
    }

    fn begin(&self, child: &mut Child, stream: UnixStream) -> Result<Started> {
        let mut lines = BufReader::new(&stream);
        let mut hear = |due: &str| -> Result<Vec<i32>> {
            let mut line = String::new();
            lines.read_line(&mut line).map_err(|error| Error::os("hearing from the holder", error))?;
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some(word) if word == due => Ok(words.filter_map(|word| word.parse().ok()).collect()),
                Some("failed") => Err(refused(line.trim_end())),
                _ => Err(Error::new(ErrorKind::Kernel, "the holder has ended before it held anything")),
            }
        };
        hear("unshared")?;
        let ids = ids::map(child.id())?;
        (&stream).write_all(b"mapped\n").map_err(|error| Error::os("speaking to the holder", error))?;
        let held = hear("held")?;
        let gone = || Error::new(ErrorKind::Kernel, "the holder has ended at once");
        let [pid, processes] = held.as_slice() else { return Err(gone()) };
        let record = Record::of(self.name(), *pid, *processes == 1, ids)?.ok_or_else(gone)?;
        self.write(&record)?;
        match self.found()? {
            Some(Found::Alive(holder)) => Ok(Started { holder, stream }),
            _ => Err(gone()),
        }
    }
}

fn pid_of(child: &Child) -> i32 {
    i32::try_from(child.id()).unwrap_or_default()
}

/// What the holder could not do, in its words.
fn refused(line: &str) -> Error {
    let mut words = line.splitn(3, ' ').skip(1);
    let errno = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
    let message = words.next().unwrap_or_default();
    let error =
        Error::new(ErrorKind::of_errno(errno), format!("without root, a lab needs namespaces of its own: {message}"));
    match errno {
        libc::ENOSPC => error.with_help(
            "the limit is reached; raise it, as root of the machine: sysctl -w user.max_user_namespaces=10000",
        ),
        libc::EPERM | libc::EACCES => error.with_help(FORBIDDEN),
        _ => error,
    }
}

/// Starts it with its end of the stream for standard input, and nothing else of the caller's.
fn spawn(Program { program, words }: &Program, name: &str, stream: UnixStream) -> Result<Child> {
    let (own, words) = words.split_first().map_or((None, [].as_slice()), |(own, words)| (Some(own), words));
    let mut command = Command::new(program);
    command.args(words).arg(name).current_dir("/").env_clear();
    if let Some(own) = own {
        command.arg0(own);
    }
    command.stdin(OwnedFd::from(stream)).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| Error::os(format_args!("starting {}", program.display()), error))
}
