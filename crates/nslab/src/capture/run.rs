//! A capture from its beginning to its end.

use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{Capture, LAG, Packet, Statistics, Stop};
use crate::error::{Error, Result};
use crate::namespace::{NameChange, Watch};

/// Why an interface is not captured on any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// It was deleted, or moved to another namespace.
    Interface,
    /// The name of its namespace was withdrawn.
    Namespace,
}

/// Why [`run`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A signal said to stop.
    Stopped,
    /// The sink has enough.
    Enough,
    /// No interface is left.
    Deserted,
    /// Whoever reads what the sink writes is gone.
    Closed,
}

/// What the packets of a capture are handed to.
pub trait Sink {
    /// Takes a packet, and says whether there is to be another.
    ///
    /// # Errors
    /// Those of the sink's own; they end the capture.
    fn packet(&mut self, packet: &Packet<'_>) -> Result<ControlFlow<()>>;

    /// Hears what was counted of each interface so far: now and then, and once at the end.
    fn counted(&mut self, counted: &[Statistics]) {
        let _ = counted;
    }

    /// Hears that an interface, by its place, is gone.
    fn gone(&mut self, interface: usize, why: Gone) {
        let _ = (interface, why);
    }

    /// Shows what it has kept back: there may be no packet for a long time.
    ///
    /// # Errors
    /// As of [`packet`](Self::packet).
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// When it wants to be asked to [`flush`](Self::flush), even if no packet comes.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// What it writes to, where the end of its reader ends the capture.
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Ends what it has written; nothing comes behind that.
    ///
    /// # Errors
    /// As of [`packet`](Self::packet).
    fn finish(&mut self) -> Result<()> {
        self.flush()
    }
}

/// How often at most the kernel is asked what it has counted.
const COUNTING: Duration = Duration::from_millis(250);

/// How often it is looked whether an interface that is down is still there.
const LOOKING: Duration = Duration::from_millis(200);

/// What poll(2) has found.
#[derive(Debug, Default)]
struct Found {
    stopped: bool,
    closed: bool,
    names: bool,
    /// Places of interfaces whose sockets have an error.
    failed: Vec<usize>,
}

/// Hands the packets of a capture to a sink, until a signal stops it, the sink has enough, or no interface is left.
/// Whatever has passed by then is handed over. It blocks the calling thread. `names` tells of namespaces whose names
/// are withdrawn.
///
/// # Errors
/// What poll(2) says, and what the sink does.
pub fn run(capture: &mut Capture, stop: &Stop, names: Option<&Watch>, sink: &mut dyn Sink) -> Result<Ended> {
    let mut counting = Instant::now();
    loop {
        let found = wait(capture, stop, names, sink)?;
        if found.closed {
            return Ok(Ended::Closed);
        }
        if found.stopped {
            capture.finish();
        } else {
            capture.read();
        }
        found.failed.into_iter().for_each(|at| capture.went_down(at));
        capture.gone().into_iter().for_each(|at| sink.gone(at, Gone::Interface));
        if found.names
            && let Some(names) = names
        {
            names.wait(|change| {
                if let NameChange::Deleted(name) = change {
                    capture.close(&name).into_iter().for_each(|at| sink.gone(at, Gone::Namespace));
                }
            })?;
        }
        let deserted = capture.descriptors().next().is_none();
        let over = found.stopped || deserted;
        let flow = capture.hand_over(over, |packet| sink.packet(packet))?;
        let over = over || flow.is_break();
        if over || counting.elapsed() >= COUNTING {
            counting = Instant::now();
            sink.counted(&capture.statistics());
        }
        if over {
            sink.finish()?;
            return Ok(match flow {
                ControlFlow::Break(()) => Ended::Enough,
                ControlFlow::Continue(()) if found.stopped => Ended::Stopped,
                ControlFlow::Continue(()) => Ended::Deserted,
            });
        }
        sink.flush()?;
    }
}

fn wait(capture: &Capture, stop: &Stop, names: Option<&Watch>, sink: &dyn Sink) -> Result<Found> {
    // What was read and is not complete yet is handed over a little later.
    let waiting = capture.is_waiting().then(|| Instant::now() + LAG / 4);
    let down = capture.is_any_down().then(|| Instant::now() + LOOKING);
    let until = [waiting, down, sink.deadline()].into_iter().flatten().min();
    let timeout = until.map(|until| {
        let left = until.saturating_duration_since(Instant::now());
        Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
    });
    let entry = |fd, flags| PollFd::from_borrowed_fd(fd, flags);
    let mut fds = vec![entry(stop.as_fd(), PollFlags::IN)];
    fds.extend(names.map(|names| entry(names.as_fd(), PollFlags::IN)));
    // Of this one only errors are told, which need not be asked for.
    fds.extend(sink.descriptor().map(|fd| entry(fd, PollFlags::empty())));
    let taps = fds.len();
    fds.extend(capture.descriptors().map(|(_, fd)| entry(fd, PollFlags::IN)));
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Found::default()),
        Err(errno) => return Err(Error::os("waiting for packets", errno)),
    }
    let mut others = fds.iter().take(taps).map(|fd| !fd.revents().is_empty());
    let stopped = others.next().unwrap_or(false);
    let names = names.is_some() && others.next().unwrap_or(false);
    let closed = others.next().unwrap_or(false);
    let failed = fds.iter().skip(taps).zip(capture.descriptors());
    let failed = failed.filter(|(fd, _)| fd.revents().intersects(PollFlags::ERR | PollFlags::HUP));
    Ok(Found { stopped, closed, names, failed: failed.map(|(_, (at, _))| at).collect() })
}
