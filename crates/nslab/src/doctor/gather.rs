//! Facts gathered: files read, and what is tried in processes of its own.

use std::ffi::OsString;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::facts::{Facts, Refusal, Step, Trial, Tried, Way};
use super::machine;
use super::trial::Told;
use crate::error::{Error, Result};

/// Who an ordinary user is to root, who has nobody else to ask: `nobody`, on every machine.
const NOBODY: u32 = 65534;

/// How long a step may take: some load a module.
const PATIENCE: Duration = Duration::from_secs(20);

/// How facts are found.
#[derive(Debug, Clone)]
pub struct Look {
    /// The program that is started to try things: given these words and `root` or `user`, it calls
    /// [`attempt`](super::attempt), and hands the lines to its standard output.
    pub program: PathBuf,
    /// Its name for itself, and its first arguments.
    pub words: Vec<OsString>,
    /// The folders in which other programs are looked for, as PATH has them.
    pub path: OsString,
    /// Where the program that asks is.
    pub own: Option<PathBuf>,
}

/// Finds out what the machine allows the calling process.
///
/// # Errors
/// Where /proc is not there, or the trying program cannot be started.
pub fn look(how: &Look) -> Result<Facts> {
    let mut facts = machine::read(&how.path)?;
    facts.program.clone_from(&how.own);
    if facts.caller.privileged {
        facts.root = Some(attempt(how, Way::Root, facts.caller.uid)?);
        // What keeps ordinary users from it keeps nothing from root.
        facts.user = attempt(how, Way::User, NOBODY).ok();
    } else {
        facts.user = Some(attempt(how, Way::User, facts.caller.uid)?);
    }
    Ok(facts)
}

/// Has things tried by a process of a user.
fn attempt(how: &Look, way: Way, uid: u32) -> Result<Trial> {
    let mut command = Command::new(&how.program);
    let mut words = how.words.iter();
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    command.args(words).arg(match way {
        Way::Root => "root",
        Way::User => "user",
    });
    // A folder that everybody may be in.
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if uid != rustix::process::geteuid().as_raw() {
        command.uid(uid).gid(uid);
    }
    let failed = |error| Error::os(format_args!("starting {} to try things", how.program.display()), error);
    let mut child = command.spawn().map_err(failed)?;
    let tried = listen(&mut child);
    // It may hang where it is, or have ended.
    let _ = child.kill();
    let _ = child.wait();
    Ok(Trial { uid, tried: tried? })
}

/// Hears what a process that tries has to tell, until it ends or stands still for too long.
fn listen(child: &mut Child) -> Result<Vec<Tried>> {
    let (mut tried, mut begun, mut rest) = (Vec::new(), None, Vec::new());
    let Some(mut out) = child.stdout.take() else { return Ok(tried) };
    let mut deadline = Instant::now() + PATIENCE;
    let end = loop {
        if !readable(&out, deadline)? {
            break format!("it took longer than {} s", PATIENCE.as_secs());
        }
        let mut buffer = [0; 4096];
        let len = out.read(&mut buffer).map_err(|error| Error::os("reading what was tried", error))?;
        if len == 0 {
            break "the process that tried it was killed".into();
        }
        rest.extend_from_slice(buffer.get(..len).unwrap_or_default());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(Told::Begins(step)) => begun = Some(step),
                Ok(Told::Ended(ended)) => {
                    begun = begun.filter(|step| *step != ended.step);
                    tried.push(ended);
                }
                Err(_) => {}
            }
            deadline = Instant::now() + PATIENCE;
        }
    };
    tried.extend(begun.map(|step: Step| {
        let refusal = Refusal { text: end, ..Refusal::default() };
        Tried { step, refusal: Some(refusal) }
    }));
    Ok(tried)
}

/// Waits until there is something to read, or the end of it; false where the deadline came first.
fn readable(from: &impl AsFd, deadline: Instant) -> Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(0), tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::os("waiting for what is tried", errno)),
        }
    }
}
