//! The process that goes with a way out.
//!
//! Who has started it is at the other end of its standard input: it is told a task and answers `ready`, or what is wrong.
//! Where it is not told `go` after that, it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use super::{Task, is_connected};
use crate::error::{Error, Result};
use crate::sys::{process, signal};

/// How long the program may take until the holder has a default route.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much of what the program says is kept.
const KEPT: usize = 500;

/// Makes the way out of a holder and stays until that ends, or is told to end (SIGTERM). The stream is the standard input
/// that the companion was started with; the process must be one of its own, with a single thread, that has opened nothing
/// yet.
///
/// # Errors
/// Where it cannot begin; who has started it was told then.
pub fn accompany(starter: BorrowedFd<'_>) -> Result<()> {
    process::close_inherited().map_err(|errno| Error::os("closing what was inherited", errno))?;
    process::heed_signals();
    // In a session of its own, no terminal's end is its own.
    let _ = rustix::process::setsid();
    let _ = rustix::thread::set_name(c"nslab-way-out");
    let signals = signal::signalfd(&[libc::SIGTERM]).map_err(|errno| Error::os("waiting for signals", errno))?;
    let starter = starter.try_clone_to_owned().map_err(|error| Error::os("taking over the starter's socket", error))?;
    let mut starter = UnixStream::from(starter);
    let begun = begin(&starter);
    let (mut companion, holder) = begun.inspect_err(|error| {
        // Of several lines the first is told.
        let _ = (&starter).write_all(format!("{error}\n").as_bytes());
    })?;
    let _ = starter.write_all(b"ready\n");
    let mut go = [0; 3];
    let stays = starter.read_exact(&mut go).is_ok() && go == *b"go\n";
    drop(starter);
    if stays {
        companion.stay(&holder, &signals)?;
    }
    companion.end();
    Ok(())
}

/// The program, and what it says.
struct Companion {
    child: Child,
    pidfd: OwnedFd,
    said: Option<ChildStderr>,
    kept: Vec<u8>,
}

fn begin(starter: &UnixStream) -> Result<(Companion, OwnedFd)> {
    let mut line = String::new();
    BufReader::new(starter).read_line(&mut line).map_err(|error| Error::os("hearing a task", error))?;
    let task: Task = serde_json::from_str(&line).map_err(|error| Error::invalid(format!("no task: {error}")))?;
    let gone = || super::ended("what it is for has ended");
    let holder = task.holder.open().ok_or_else(gone)?;
    let mut command = task.kind.command(&task.program, task.holder.pid);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).env_clear();
    let parent = rustix::process::getpid();
    process::before_exec(&mut command, move || {
        process::unblock_signals();
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // A parent that went before this line sends nothing.
        if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(std::io::ErrorKind::Other.into()) }
    });
    let mut child = command.spawn().map_err(|error| Error::os("starting it", error))?;
    let said = child.stderr.take();
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(gone)?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| Error::os("opening it", errno))?;
    let mut companion = Companion { child, pidfd, said, kept: Vec::new() };
    let connected = companion.connect(&holder, task.holder.pid);
    if connected.is_err() {
        companion.end();
    }
    connected.map(|()| (companion, holder))
}

impl Companion {
    /// Waits until the holder has a default route. There is no event for that which could be waited for from outside.
    fn connect(&mut self, holder: &OwnedFd, pid: i32) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(1);
        while !is_connected(pid) {
            let [ended, gone, _] = self.wait([Some(holder), None], Some(pause))?;
            if gone {
                return Err(super::ended("what it is for has ended"));
            }
            if ended || Instant::now() > deadline {
                let why = if ended { "it ended" } else { "it has made no default route within 20 s" };
                let said = self.words();
                return Err(super::ended(&if said.is_empty() { why.into() } else { format!("{why}: {said}") }));
            }
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Until the holder or the program has ended, or this process is to.
    fn stay(&mut self, holder: &OwnedFd, signals: &OwnedFd) -> Result<()> {
        loop {
            crate::sys::memory::give_back_clean_pages();
            if self.wait([Some(holder), Some(signals)], None)?.contains(&true) {
                return Ok(());
            }
        }
    }

    /// Waits for the end of the program, for others, or for a time; and reads what the program says meanwhile.
    fn wait(&mut self, others: [Option<&OwnedFd>; 2], time: Option<Duration>) -> Result<[bool; 3]> {
        let [first, second] = others;
        let mut polled: Vec<PollFd<'_>> = vec![PollFd::new(&self.pidfd, PollFlags::IN)];
        polled.extend([first, second].into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::IN)));
        let count = polled.len();
        polled.extend(self.said.as_ref().map(|said| PollFd::new(said, PollFlags::IN)));
        let time = time.map(|time| Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() });
        match poll(&mut polled, time.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok([false; 3]),
            Err(errno) => return Err(Error::os("waiting for a holder's end", errno)),
        }
        let came = |at: usize| polled.get(at).is_some_and(|polled| !polled.revents().is_empty());
        let ended = [came(0), first.is_some() && came(1), second.is_some() && came(count - 1)];
        let speaks = came(count);
        drop(polled);
        if speaks {
            self.hear();
        }
        Ok(ended)
    }

    fn hear(&mut self) {
        let mut buffer = [0; 512];
        match self.said.as_mut().map(|said| said.read(&mut buffer)) {
            Some(Ok(0) | Err(_)) | None => self.said = None,
            Some(Ok(len)) => {
                let room = KEPT.saturating_sub(self.kept.len());
                self.kept.extend(buffer.iter().take(len.min(room)));
            }
        }
    }

    /// The first of what the program has said, in one line.
    fn words(&mut self) -> String {
        while self.said.is_some() && self.kept.len() < KEPT {
            let Some(said) = &self.said else { break };
            let none = Timespec { tv_sec: 0, tv_nsec: 0 };
            if !matches!(poll(&mut [PollFd::new(said, PollFlags::IN)], Some(&none)), Ok(1..)) {
                break;
            }
            self.hear();
        }
        let text = String::from_utf8_lossy(&self.kept).into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
