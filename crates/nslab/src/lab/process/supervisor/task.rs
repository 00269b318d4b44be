//! A process that is looked after, from the moment that it is asked for.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::super::end::GRACE;
use super::super::handle::Handle;
use super::super::message::Job;
use super::super::state::{Doing, Status, log};
use super::log::Log;
use super::{child, ready};
use crate::error::Result;
use crate::lab::Store;
use crate::sys::process::Ended;
use crate::topology::spec::{Ready, Restart};
use crate::types::LabName;

/// The first pause before a process is started again; each further one in a row is twice as long.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A process that ran for as long as this did not fail again, but anew.
const GOOD_RUN: Duration = Duration::from_secs(10);

/// How soon one looks again whether a process is ready; each time a little later.
const LOOK: Duration = Duration::from_millis(1);
const LONGEST_LOOK: Duration = Duration::from_millis(50);

/// How often its output is read in a row.
const READS: usize = 16;

#[derive(Debug)]
pub(super) struct Task {
    pub(super) job: Job,
    pub(super) doing: Doing,
    pub(super) handle: Option<Handle>,
    /// Whether what comes after it may be started.
    pub(super) is_ready: bool,
    /// Why it will not be, if that is so.
    pub(super) failed: Option<String>,
    /// The request that asked for it, until that is answered.
    pub(super) asked_by: Option<u64>,
    /// Since when it is being ended for good.
    pub(super) ending: Option<Instant>,
    pub(super) output: OwnedFd,
    pub(super) log: Log,
    input: OwnedFd,
    folder: PathBuf,
    restarts: u32,
    in_a_row: u32,
    started: Instant,
    start_at: Option<Instant>,
    deadline: Option<Instant>,
    look_at: Instant,
    pause: Duration,
    line: Vec<u8>,
    killed: bool,
}

impl Task {
    pub(super) fn new(job: Job, folder: &Path, dir: &Path, asked_by: u64) -> Result<Self> {
        let (output, input) = child::pipe()?;
        let now = Instant::now();
        Ok(Self {
            doing: Doing::Waiting,
            handle: None,
            is_ready: false,
            failed: None,
            asked_by: Some(asked_by),
            ending: None,
            log: Log::new(log(dir, &job.id())),
            output,
            input,
            folder: child::folder(&job, folder),
            restarts: 0,
            in_a_row: 0,
            started: now,
            start_at: None,
            deadline: None,
            look_at: now,
            pause: LOOK,
            line: Vec::new(),
            killed: false,
            job,
        })
    }

    pub(super) fn status(&self) -> Status {
        let (id, job) = (self.job.id(), self.job.clone());
        Status { id, handle: self.handle, doing: self.doing, restarts: self.restarts, job }
    }

    pub(super) fn start(&mut self, store: &Store, lab: &LabName) {
        let now = Instant::now();
        let timeout = Duration::from_millis(self.job.process.timeout_ms.into());
        self.deadline.get_or_insert(now + timeout);
        (self.started, self.start_at, self.look_at, self.pause) = (now, None, now, LOOK);
        self.line.clear();
        self.log.write(b"");
        match child::start(store, lab, &self.job, &self.folder, &self.input) {
            Ok(handle) => {
                self.handle = Some(handle);
                self.doing = Doing::Running;
                if self.job.process.ready.is_none() {
                    self.is_ready = true;
                }
            }
            Err(error) => {
                self.log.write(format!("nslab: {error}\n").as_bytes());
                self.doing = Doing::Failed;
                self.failed = Some(format!("cannot be started: {error}"));
            }
        }
    }

    /// Does what is due. Gives whether anything changed.
    pub(super) fn advance(&mut self, now: Instant, store: &Store, lab: &LabName) -> bool {
        if let Some(since) = self.ending {
            if now >= since + GRACE && !self.killed {
                self.killed = true;
                self.signal(Signal::KILL);
            }
            return false;
        }
        if self.start_at.is_some_and(|at| now >= at) {
            self.start(store, lab);
            return true;
        }
        if self.is_ready || self.failed.is_some() || self.doing == Doing::Waiting {
            return false;
        }
        if let (Some(handle), Some(ready)) = (self.handle, &self.job.process.ready)
            && now >= self.look_at
        {
            if ready::look(ready, handle.pid, &self.folder) {
                self.become_ready();
                return true;
            }
            self.look_at = now + self.pause;
            self.pause = (self.pause * 5 / 4).min(LONGEST_LOOK);
        }
        if self.asked_by.is_some() && self.deadline.is_some_and(|deadline| now >= deadline) {
            let what = match &self.job.process.ready {
                Some(Ready::Tcp(port)) => format!("nobody listens on TCP port {port}"),
                Some(Ready::Udp(port)) => format!("no socket has UDP port {port}"),
                Some(Ready::File(name)) => format!("there is no file {name}"),
                Some(Ready::Log(text)) => format!("no line of its output has {text:?} in it"),
                Some(Ready::Exit) | None => "it has not ended".into(),
            };
            self.failed = Some(format!("is not ready after {} ms: {what}", self.job.process.timeout_ms));
            return true;
        }
        false
    }

    fn become_ready(&mut self) {
        self.is_ready = true;
        self.doing = Doing::Ready;
    }

    /// When it has to be advanced again.
    pub(super) fn due(&self) -> Option<Instant> {
        if let Some(since) = self.ending {
            return (!self.killed).then_some(since + GRACE);
        }
        let waits = !self.is_ready && self.failed.is_none() && self.handle.is_some();
        let looks = matches!(self.job.process.ready, Some(Ready::Tcp(_) | Ready::Udp(_) | Ready::File(_)));
        let deadline = self.deadline.filter(|_| !self.is_ready && self.failed.is_none() && self.asked_by.is_some());
        [self.start_at, deadline, (waits && looks).then_some(self.look_at)].into_iter().flatten().min()
    }

    /// Takes what it has printed. Gives whether that made it ready.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> bool {
        let mut became = false;
        // One that never stops is not all there is to do. A full pipe is less than this.
        for _ in 0..READS {
            let Ok(count @ 1..) = rustix::io::read(&self.output, &mut *buffer) else { break };
            let bytes = buffer.get(..count).unwrap_or_default();
            self.log.write(bytes);
            let Some(Ready::Log(text)) = self.job.process.ready.as_ref().filter(|_| !self.is_ready) else { continue };
            self.line.extend_from_slice(bytes);
            if self.line.windows(text.len()).any(|part| part == text.as_bytes()) {
                self.line = Vec::new();
                self.become_ready();
                became = true;
            } else {
                // The text has no end of line in it, and so begins in the last ones.
                let kept = self.line.len().saturating_sub(text.len());
                self.line.drain(..kept);
            }
        }
        became
    }

    /// It has ended, and has not been waited for.
    pub(super) fn ended(&mut self, how: Ended, leaving: bool) {
        self.doing = if how.signalled { Doing::Killed(how.status) } else { Doing::Exited(how.status) };
        let good = self.doing == Doing::Exited(0);
        let again = match self.job.process.restart {
            Restart::No => false,
            Restart::OnFailure => !good,
            Restart::Always => true,
        };
        let again = again && self.ending.is_none() && self.failed.is_none() && !leaving;
        if again || self.ending.is_some() {
            // What it has started does not stand in the way of the next one.
            self.signal(Signal::KILL);
        }
        self.handle = None;
        if self.job.process.ready == Some(Ready::Exit) {
            self.is_ready |= good;
        } else if self.job.process.ready.is_some() {
            self.is_ready = false;
        }
        if self.started.elapsed() >= GOOD_RUN {
            self.in_a_row = 0;
        }
        if again && self.in_a_row < self.job.process.limit {
            let pause = PAUSE.saturating_mul(1 << self.in_a_row.min(10)).min(LONGEST_PAUSE);
            self.in_a_row += 1;
            self.restarts += 1;
            self.start_at = Some(Instant::now() + pause);
            self.doing = Doing::Restarting;
        } else if !self.is_ready && self.failed.is_none() {
            self.failed = Some(match self.doing {
                Doing::Killed(signal) => format!("was ended by signal {signal} before it was ready"),
                Doing::Exited(0) => "has ended before it was ready".into(),
                Doing::Exited(status) => format!("has ended with status {status} before it was ready"),
                _ => "has ended before it was ready".into(),
            });
        }
    }

    /// Begins to end it for good.
    pub(super) fn end(&mut self) {
        if self.ending.is_none() {
            self.ending = Some(Instant::now());
            self.start_at = None;
            self.signal(Signal::TERM);
            self.signal(Signal::CONT);
        }
    }

    /// Whether it runs, or will.
    pub(super) fn may_become_ready(&self) -> bool {
        let will = self.start_at.is_some() || self.doing == Doing::Waiting;
        self.handle.is_some() || (will && self.failed.is_none() && self.ending.is_none())
    }

    /// Starts nothing any more.
    pub(super) fn leave(&mut self) {
        if self.start_at.take().is_some() {
            self.doing = Doing::Exited(0);
        }
    }

    /// Signals it and its process group. The id of both is no one else's: it is a child, and has not been waited
    /// for while there is a handle.
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.handle.and_then(|handle| Pid::from_raw(handle.pid)) {
            let _ = kill_process_group(pid, signal);
        }
    }
}
