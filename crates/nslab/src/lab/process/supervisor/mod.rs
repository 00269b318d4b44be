//! The supervisor of a lab's processes: one thread, that waits for everything at once.
//!
//! Contract: it goes when it is told to and its processes are gone, or when who asked for the first of them
//! went before they were started. If it is killed, the kernel kills the processes that it has started.

mod child;
mod log;
mod ready;
mod task;

use std::io::{Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, waitpid};

use self::task::Task;
use super::handle::{Handle, timespec};
use super::message::{Reply, Request};
use super::state::{self, Processes};
use crate::error::{Error, Result};
use crate::lab::Store;
use crate::namespace::descriptors;
use crate::topology::spec::ProcessId;
use crate::types::LabName;

/// Looks after the processes of a lab until that goes. The listener is the socket that [`start`](super::start)
/// has made and given as standard input; the process must be one of its own, with a single thread, that has opened nothing yet.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without such a socket; where it cannot begin.
pub fn supervise(store: &Store, lab: &LabName, listener: BorrowedFd<'_>) -> Result<()> {
    if !matches!(rustix::net::sockopt::socket_acceptconn(listener), Ok(true)) {
        let message =
            "the supervisor of a lab's processes is started by `nslab up`, and takes its socket as standard input";
        return Err(Error::invalid(message));
    }
    crate::sys::process::close_inherited().map_err(|errno| Error::os("closing what was inherited", errno))?;
    crate::sys::process::heed_signals();
    // In a session of its own, no terminal's end is its own; one that leads a session already is in its own.
    let _ = rustix::process::setsid();
    let _ = rustix::thread::set_name(c"nslab-run");
    // Daemons that a process leaves behind are its children then, and reaped.
    let _ = set_child_subreaper(Some(getpid()));
    let failed = |error| Error::os("taking over the supervisor's socket", error);
    let listener = listener.try_clone_to_owned().map_err(failed)?;
    let listener = UnixListener::from(listener);
    listener.set_nonblocking(true).map_err(failed)?;
    let signals = crate::sys::signal::signalfd(&[libc::SIGCHLD, libc::SIGTERM, libc::SIGUSR1])
        .map_err(|errno| Error::os("waiting for signals", errno))?;
    let own = Handle::of(getpid().as_raw_nonzero().get()).ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
    let mut supervisor = Loop {
        store: store.clone(),
        lab: lab.clone(),
        dir: store.dir.join(lab.as_str()),
        own,
        tasks: Vec::new(),
        callers: Vec::new(),
        next: 0,
        leaving: false,
        lost: false,
        changed: false,
        rested: false,
        buffer: vec![0; 16 << 10],
    };
    supervisor.accept(&listener);
    while !supervisor.is_done() {
        supervisor.turn(&listener, &signals)?;
    }
    Ok(())
}

/// Somebody who has asked, or is about to.
struct Caller {
    number: u64,
    stream: UnixStream,
    text: Vec<u8>,
    waits: Wait,
    gone: bool,
}

/// What a caller is answered after.
enum Wait {
    /// Its request has not come yet.
    Request,
    /// What it has asked for is ready, or fails.
    Ready,
    /// These have ended; then it is told this.
    End(Vec<ProcessId>, Reply),
}

struct Loop {
    store: Store,
    lab: LabName,
    dir: PathBuf,
    own: Handle,
    tasks: Vec<Task>,
    callers: Vec<Caller>,
    next: u64,
    /// Nothing is started any more.
    leaving: bool,
    /// Somebody went before the answer.
    lost: bool,
    changed: bool,
    /// It has nothing to do, and keeps no more memory than that takes.
    rested: bool,
    buffer: Vec<u8>,
}

/// How long it has nothing to do before it gives back memory.
const QUIET: Duration = Duration::from_millis(100);

impl Loop {
    fn is_done(&self) -> bool {
        let idle = self.tasks.iter().all(|task| task.handle.is_none());
        idle && (self.leaving || (self.lost && self.tasks.is_empty() && self.callers.is_empty()))
    }

    /// Does what is due, and waits for what comes next.
    fn turn(&mut self, listener: &UnixListener, signals: &OwnedFd) -> Result<()> {
        // Twice, for what failed is being ended then, and gone if it never ran.
        for _ in 0..2 {
            self.advance();
            // Before anybody is answered, so that who looks then sees it.
            self.save();
            self.answer();
        }
        if self.is_done() {
            return Ok(());
        }
        let due = self.tasks.iter().filter_map(Task::due).min();
        let until_due = due.map(|due| due.saturating_duration_since(Instant::now()) + Duration::from_micros(100));
        let may_rest = !self.rested && until_due.is_none_or(|until_due| until_due > QUIET);
        let timeout = if may_rest { Some(QUIET) } else { until_due }.map(timespec);
        let mut polled = vec![PollFd::new(listener, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
        polled.extend(self.tasks.iter().map(|task| PollFd::new(&task.output, PollFlags::IN)));
        polled.extend(self.callers.iter().map(|caller| PollFd::new(&caller.stream, PollFlags::IN)));
        rustix::io::retry_on_intr(|| poll(&mut polled, timeout.as_ref()))
            .map_err(|errno| Error::os("waiting for a lab's processes", errno))?;
        let happened: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(polled);
        self.rested = may_rest && !happened.contains(&true);
        if self.rested {
            crate::sys::memory::give_back_clean_pages();
        }
        let mut happened = happened.into_iter();
        let (called, signalled) = (happened.next() == Some(true), happened.next() == Some(true));
        for task in &mut self.tasks {
            if happened.next() == Some(true) {
                self.changed |= task.read(&mut self.buffer);
            }
        }
        for caller in &mut self.callers {
            if happened.next() == Some(true) {
                caller.read(&mut self.buffer);
            }
        }
        if signalled {
            self.heed(signals);
            if self.leaving {
                // Their end tells callers that nothing is started any more.
                self.accept(listener);
                self.callers.clear();
            }
        }
        if called {
            self.accept(listener);
        }
        self.requests();
        Ok(())
    }

    fn save(&mut self) {
        if std::mem::take(&mut self.changed) {
            let processes = self.tasks.iter().map(Task::status).collect();
            // On a full disk the old state does.
            let _ = state::write(&self.dir, &Processes { supervisor: self.own, processes });
        }
    }

    /// Starts what waits for nothing any more, and moves all on.
    fn advance(&mut self) {
        let ready: Vec<ProcessId> = self.tasks.iter().filter(|task| task.is_ready).map(|task| task.job.id()).collect();
        self.give_up();
        for task in &mut self.tasks {
            let free =
                task.doing == super::Doing::Waiting && task.job.process.after.iter().all(|id| ready.contains(id));
            if free && task.ending.is_none() && !self.leaving && task.failed.is_none() {
                task.start(&self.store, &self.lab);
                self.changed = true;
            }
        }
        let now = Instant::now();
        for task in &mut self.tasks {
            self.changed |= task.advance(now, &self.store, &self.lab);
        }
        let before = self.tasks.len();
        self.tasks.retain(|task| task.ending.is_none() || task.handle.is_some());
        self.changed |= self.tasks.len() != before;
        // What was started now may be what others wait for.
        let more = self.tasks.iter().any(|task| task.is_ready && !ready.contains(&task.job.id()));
        if more {
            self.advance();
        }
    }

    /// Fails what waits for others that have come to an end, or are not there: nobody would be told otherwise. Of
    /// those that a request has in it, what they fail of is told.
    fn give_up(&mut self) {
        let hopeless = |waiting: &Task, id: &ProcessId| {
            let of_same = |task: &&Task| task.may_become_ready() || task.asked_by == waiting.asked_by;
            !self.tasks.iter().filter(|task| task.job.id() == *id).any(|task| of_same(&task) || task.is_ready)
        };
        let waits = |task: &Task| task.doing == super::Doing::Waiting && task.failed.is_none();
        let why = |task: &Task| {
            let id = task.job.process.after.iter().find(|id| hopeless(task, id)).filter(|_| waits(task))?;
            Some(format!("waits for {id}, which has ended"))
        };
        let failed: Vec<Option<String>> = self.tasks.iter().map(why).collect();
        for (task, why) in self.tasks.iter_mut().zip(failed) {
            task.failed = why.or(task.failed.take());
        }
    }

    /// Tells those who have asked what came of it.
    fn answer(&mut self) {
        for caller in &mut self.callers {
            if let Wait::Ready = caller.waits {
                let number = caller.number;
                let asked = |task: &&mut Task| task.asked_by == Some(number);
                let mut asked: Vec<&mut Task> = self.tasks.iter_mut().filter(asked).collect();
                if let Some(task) = asked.iter_mut().find(|task| task.failed.is_some()) {
                    task.read(&mut self.buffer);
                    let why = task.failed.clone().unwrap_or_default();
                    let reply = Reply::Failed { id: task.job.id(), why, log: task.log.last_lines() };
                    asked.iter_mut().for_each(|task| task.end());
                    caller.waits = Wait::End(asked.iter().map(|task| task.job.id()).collect(), reply);
                } else if asked.iter().all(|task| task.is_ready) {
                    asked.iter_mut().for_each(|task| task.asked_by = None);
                    caller.reply(&Reply::Done);
                }
            }
            if let Wait::End(ids, reply) = &caller.waits {
                let there = |task: &Task| task.handle.is_some() && ids.contains(&task.job.id());
                if !self.tasks.iter().any(there) {
                    reply.send(&caller.stream);
                    caller.gone = true;
                }
            }
        }
        self.callers.retain(|caller| !caller.gone);
    }

    fn accept(&mut self, listener: &UnixListener) {
        while let Ok((stream, _)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok() {
                self.next += 1;
                let text = Vec::new();
                self.callers.push(Caller { number: self.next, stream, text, waits: Wait::Request, gone: false });
            }
        }
    }

    /// Begins what callers have asked for by now, and ends what those asked for who went.
    fn requests(&mut self) {
        for caller in &mut self.callers {
            if caller.gone {
                self.lost = true;
                let asked = |task: &&mut Task| task.asked_by == Some(caller.number);
                self.tasks.iter_mut().filter(asked).for_each(Task::end);
                continue;
            }
            if !matches!(caller.waits, Wait::Request) || caller.text.last() != Some(&b'\n') {
                continue;
            }
            // Who went before is made up for.
            self.lost = false;
            match serde_json::from_slice(&caller.text) {
                Ok(Request::Start { jobs, folder }) => {
                    caller.waits = Wait::Ready;
                    // A pipe and a log each; where there is no room for them, that tells more.
                    let _ = descriptors::make_room(self.tasks.len().saturating_add(jobs.len()), 3);
                    for job in jobs {
                        let id = job.id();
                        self.tasks.retain(|task| task.handle.is_some() || task.job.id() != id);
                        match Task::new(job, &folder, &self.dir, caller.number) {
                            Ok(task) => self.tasks.push(task),
                            Err(error) => {
                                let reply = Reply::Failed { id, why: error.to_string(), log: Vec::new() };
                                caller.waits = Wait::End(Vec::new(), reply);
                            }
                        }
                    }
                    if let Wait::End(..) = caller.waits {
                        // None has been started yet, and none is to be.
                        self.tasks.retain(|task| task.asked_by != Some(caller.number));
                    }
                }
                Ok(Request::Stop(ids)) => {
                    let stopped = |task: &&mut Task| ids.contains(&task.job.id());
                    self.tasks.iter_mut().filter(stopped).for_each(Task::end);
                    caller.waits = Wait::End(ids, Reply::Done);
                }
                Err(_) => caller.gone = true,
            }
            self.changed = true;
        }
        self.callers.retain(|caller| !caller.gone);
    }

    /// Signals: processes that have ended, and words to go.
    fn heed(&mut self, signals: &OwnedFd) {
        let mut term = false;
        let mut buffer = [0; size_of::<libc::signalfd_siginfo>()];
        while let Ok(1..) = rustix::io::read(signals, &mut buffer) {
            // The number comes first (signalfd(2)).
            let number = buffer.first_chunk().map_or(0, |bytes| u32::from_ne_bytes(*bytes).cast_signed());
            term |= number == libc::SIGTERM;
            self.leaving |= number == libc::SIGTERM || number == libc::SIGUSR1;
        }
        if self.leaving {
            self.tasks.iter_mut().for_each(Task::leave);
        }
        if term {
            self.tasks.iter_mut().for_each(Task::end);
        }
        while let Ok(Some(ended)) = crate::sys::process::ended_child() {
            let is_it = |task: &&mut Task| task.handle.is_some_and(|handle| handle.pid == ended.pid);
            if let Some(task) = self.tasks.iter_mut().find(is_it) {
                task.read(&mut self.buffer);
                task.ended(ended, self.leaving);
                self.changed = true;
            }
            // Last, for then its id may be another's.
            if !matches!(waitpid(Pid::from_raw(ended.pid), WaitOptions::NOHANG), Ok(Some(_))) {
                break;
            }
        }
    }
}

impl Caller {
    fn read(&mut self, buffer: &mut [u8]) {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return self.gone = true,
                Ok(count) => self.text.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) => return self.gone = error.kind() != std::io::ErrorKind::WouldBlock,
            }
        }
    }

    fn reply(&mut self, reply: &Reply) {
        reply.send(&self.stream);
        self.gone = true;
    }
}

impl Reply {
    /// A reply that nobody takes is lost.
    fn send(&self, mut stream: &UnixStream) {
        if let Ok(mut text) = serde_json::to_vec(self) {
            text.push(b'\n');
            let _ = stream.write_all(&text);
        }
    }
}
