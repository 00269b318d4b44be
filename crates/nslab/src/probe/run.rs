//! A session driven by a socket and the clock.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::engine::{Event, Session, Settings, Statistics, Step};
use super::{Family, ProbeSocket, Signal, Signals, packet};
use crate::error::{Error, Result};

/// Why [`ping`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The session says that it is over.
    Complete,
    /// `on_event` said to stop.
    Broken,
    /// A signal said to stop.
    Interrupted,
}

impl Session {
    /// A session with a random identifier and secret.
    #[must_use]
    pub fn random(target: IpAddr, settings: Settings) -> Self {
        let secret = super::secret();
        // The low bits; the rest stays secret.
        Self::new(target, settings, super::secret() as u16, secret)
    }
}

/// Pings until the session is over, `on_event` breaks, or a signal says to stop. It blocks the calling
/// thread, which sleeps between requests.
///
/// `on_event` gets each event as it comes, and the session. `on_status` gets what was counted so far, when a
/// signal asks.
///
/// # Errors
/// What poll(2) or recvmsg(2) say. A request that cannot be sent is no error; it is lost.
pub fn ping(
    session: &mut Session,
    socket: &ProbeSocket,
    signals: Option<&Signals>,
    mut on_event: impl FnMut(&Event<'_>, &Session) -> ControlFlow<()>,
    mut on_status: impl FnMut(&Statistics),
) -> Result<Ended> {
    let (mut buffer, mut data) = (Vec::new(), Vec::new());
    let family = Family::of(session.target());
    let mut burst = 0;
    loop {
        match session.next(Instant::now()) {
            Step::Done => return Ok(Ended::Complete),
            Step::Send(seq) => {
                if let Some(seq) = session.unanswered()
                    && on_event(&Event::Unanswered { seq }, session).is_break()
                {
                    return Ok(Ended::Broken);
                }
                session.request_data(seq, &mut data);
                let request = packet::request(family, session.id(), seq, &data);
                let at = Instant::now();
                let event = match socket.try_send(&request, session.target()) {
                    Ok(()) => {
                        session.sent(at);
                        Some(Event::Sent { seq })
                    }
                    Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM) => {
                        session.postponed(at);
                        None
                    }
                    Err(errno) => Some(session.refused(at, errno.raw_os_error())),
                };
                if event.is_some_and(|event| on_event(&event, session).is_break()) {
                    return Ok(Ended::Broken);
                }
            }
            Step::Wait(Some(until)) if session.is_quick() && session.on_their_way() == 0 => {
                wait(socket, signals, Some(until.checked_sub(SPIN).unwrap_or(until)))?;
                spin(until);
            }
            Step::Wait(until) => wait(socket, signals, until)?,
        }
        while let Some(signal) = signals.and_then(Signals::next) {
            match signal {
                Signal::Stop => return Ok(Ended::Interrupted),
                Signal::Status => on_status(session.statistics()),
            }
        }
        // What is to leave at once does so before answers are looked at.
        let more = matches!(session.next(Instant::now()), Step::Send(_));
        burst = if more { burst + 1 } else { 0 };
        if more && burst < session.settings().preload {
            continue;
        }
        burst = 0;
        while session.next(Instant::now()) != Step::Done {
            let Some(arrival) = socket.receive(&mut buffer)? else { break };
            let Some(event) = session.arrived(&arrival) else { continue };
            if on_event(&event, session).is_break() {
                return Ok(Ended::Broken);
            }
        }
    }
}

/// So long before the next of requests that follow each other quickly the thread does not sleep any more: a processor
/// that has slept takes some microseconds more for the next packet.
const SPIN: Duration = Duration::from_micros(150);

/// Waits without sleeping, if that is not for long.
fn spin(until: Instant) {
    let mut left = until.saturating_duration_since(Instant::now());
    while !left.is_zero() && left <= SPIN {
        std::thread::yield_now();
        left = until.saturating_duration_since(Instant::now());
    }
}

fn wait(socket: &ProbeSocket, signals: Option<&Signals>, until: Option<Instant>) -> Result<()> {
    let mut fds = vec![PollFd::new(socket, PollFlags::IN)];
    fds.extend(signals.map(|signals| PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)));
    poll_until(&mut fds, until)
}

/// Waits until one of the descriptors is ready or the time has come.
pub(crate) fn poll_until(fds: &mut [PollFd<'_>], until: Option<Instant>) -> Result<()> {
    let timeout = until.map(|until| {
        let left = until.saturating_duration_since(Instant::now());
        // Longer than the kernel can count is for ever.
        Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
    });
    match poll(fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(Error::os("waiting for an answer", errno)),
    }
}
