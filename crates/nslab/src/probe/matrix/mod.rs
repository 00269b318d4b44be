//! Who reaches whom: many sources, each in its namespace, and their targets, all at once.
//!
//! Contract: the caller's thread, and with many questions one for each further processor, which end with it. They
//! sleep in poll(2) while there is nothing to do, and change no namespace: the sources' sockets are in theirs already.
//!
//! Sources take turns, and one sends all its requests before the next does. On a switch that saves half of the ARP requests: each teaches the target's
//! neighbour table the asker's address, so the way back needs none.

mod pair;
mod reason;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use self::pair::Pair;
pub use self::reason::Reason;
use super::packet::{self, Message};
use super::run::poll_until;
use super::{Arrival, Family, ProbeSocket, Signals};
use crate::error::{Error, ErrorKind, Result};

/// The sockets of one source, one for each address family that the machine has.
#[derive(Debug)]
pub struct Sockets {
    v4: Option<ProbeSocket>,
    v6: Option<ProbeSocket>,
}

/// Enough for the answers of some thousand targets.
const BUFFERS: usize = 2 * 1024 * 1024;

impl Sockets {
    /// Opens them in the network namespace of the calling thread: call it inside
    /// [`Namespace::enter`](crate::namespace::Namespace::enter).
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] without CAP_NET_RAW. A family that the kernel lacks is no error here; its
    /// targets then are [`Reason::NoFamily`].
    pub fn open() -> Result<Self> {
        let open = |family| match ProbeSocket::open(family) {
            Ok(socket) => {
                socket.grow_buffers(BUFFERS);
                Ok(Some(socket))
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
            Err(error) => Err(error),
        };
        Ok(Self { v4: open(Family::V4)?, v6: open(Family::V6)? })
    }

    /// Sends a request whose answer means nothing, so that the neighbours hear of this node.
    pub(crate) fn announce(&self, to: IpAddr) {
        let family = Family::of(to);
        if let Some(socket) = self.of(family) {
            // Numbers of requests that count begin with 1.
            let _ = socket.try_send(&packet::request(family, 0, 0, &[]), to);
        }
    }

    fn of(&self, family: Family) -> Option<&ProbeSocket> {
        match family {
            Family::V4 => self.v4.as_ref(),
            Family::V6 => self.v6.as_ref(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &ProbeSocket> {
        self.v4.iter().chain(&self.v6)
    }
}

/// One who asks, and whom.
#[derive(Debug)]
pub struct Source {
    /// Where it asks from.
    pub sockets: Sockets,
    /// Whom it asks. IPv6 addresses of link scope cannot be reached this way: they lack the link.
    pub targets: Vec<IpAddr>,
}

/// How long to try, and what to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// After this long, whoever has not answered is not reached.
    pub deadline: Duration,
    /// A request without an answer is sent again after this long, then after twice that, and so on up to a second.
    pub retry: Duration,
    /// Who is reached gets as many further requests, by which loss and round trips are measured; 0 to 10,000.
    pub count: u32,
    /// From one of those to the next.
    pub interval: Duration,
}

impl Default for Settings {
    /// Five seconds, the second request after 200 ms, and nothing measured; else at intervals of 100 ms.
    fn default() -> Self {
        let (retry, interval) = (Duration::from_millis(200), Duration::from_millis(100));
        Self { deadline: Duration::from_secs(5), retry, count: 0, interval }
    }
}

/// What a source found out about a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It answers.
    Reached {
        /// From sending the request that was answered first to the answer's arrival.
        round_trip: Duration,
        /// What was measured from then on, where [`Settings::count`] asked for it.
        measured: Option<Measured>,
    },
    /// It does not.
    NotReached(Reason),
}

/// What some requests came to, all of them sent after the first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measured {
    /// How many were sent.
    pub sent: u32,
    /// How many were answered, within a second or three of the longest round trips after the last.
    pub received: u32,
    /// The shortest round trip; zero where nothing was answered.
    pub shortest: Duration,
    /// The longest.
    pub longest: Duration,
    /// All of them together.
    pub sum: Duration,
}

impl Measured {
    fn add(&mut self, round_trip: Duration) {
        self.shortest = if self.received == 0 { round_trip } else { self.shortest.min(round_trip) };
        self.longest = self.longest.max(round_trip);
        self.sum += round_trip;
        self.received += 1;
    }

    /// The average round trip; zero where nothing was answered.
    #[must_use]
    pub fn average(&self) -> Duration {
        self.sum.checked_div(self.received).unwrap_or_default()
    }

    /// How many were not answered.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.sent.saturating_sub(self.received)
    }
}

/// Asks all targets of all sources, and says for each source and target, in the order given, what came of
/// it. It returns as soon as everybody has answered or was refused three times; at the deadline at the latest, or when
/// all is measured that is to be.
///
/// An address that is given twice to a source is asked once. Whether an address is the source's own is the
/// caller's business; the kernel answers for it.
///
/// ```no_run
/// use nslab::namespace::Namespace;
/// use nslab::probe::matrix::{self, Settings, Sockets, Source};
///
/// let namespace = Namespace::current()?;
/// let sockets = namespace.enter(Sockets::open)??;
/// let sources = [Source { sockets, targets: vec!["192.0.2.2".parse().unwrap()] }];
/// let found = matrix::run(&sources, &Settings::default())?;
/// println!("{:?}", found[0][0]);
/// # Ok::<(), nslab::Error>(())
/// ```
///
/// # Errors
/// What poll(2) or recvmsg(2) say; [`ErrorKind::Invalid`] for more than 65,536 sources. A target that is
/// not reached is no error.
pub fn run<S: Borrow<Source>>(sources: &[S], settings: &Settings) -> Result<Vec<Vec<Outcome>>> {
    // Nothing interrupts it.
    run_until(sources, settings, None).map(Option::unwrap_or_default)
}

/// The same until a signal comes: then there is no answer.
///
/// # Errors
/// As of [`run`].
pub fn run_until<S: Borrow<Source>>(
    sources: &[S],
    settings: &Settings,
    signals: Option<&Signals>,
) -> Result<Option<Vec<Vec<Outcome>>>> {
    if sources.len() > 65536 {
        return Err(Error::invalid(format!("{} sources are more than ICMP can tell apart: 65536", sources.len())));
    }
    let sources: Vec<&Source> = sources.iter().map(Borrow::borrow).collect();
    let (secret, begin) = (super::secret(), Instant::now());
    let each = part(&sources).max(1);
    let parts = sources.chunks(each).zip((0..).step_by(each));
    let parts: Vec<Asking<'_>> =
        parts.map(|(sources, first)| Asking::new(sources, first, settings, secret, begin)).collect();
    let done = std::thread::scope(|scope| {
        let mut parts = parts.into_iter();
        let first = parts.next();
        let mut threads = Vec::new();
        for part in parts {
            let thread = std::thread::Builder::new().name("nslab-matrix".into());
            let thread = thread.spawn_scoped(scope, || part.run(signals));
            threads.push(thread.map_err(|error| Error::os("starting a thread", error))?);
        }
        let mut done = vec![first.map_or(Ok(Some(Vec::new())), |part| part.run(signals))];
        for thread in threads {
            done.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done.into_iter().collect::<Result<Option<Vec<_>>>>()
    })?;
    // What the signals were is read once all have seen them.
    while signals.and_then(Signals::next).is_some() {}
    Ok(done.map(|done| done.concat()))
}

/// With so many questions, it is worth a thread for each processor.
const MANY: usize = 1000;

/// How many sources each thread takes.
fn part(sources: &[&Source]) -> usize {
    let questions: usize = sources.iter().map(|source| source.targets.len()).sum();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    if questions < MANY { sources.len() } else { sources.len().div_ceil(threads) }
}

/// More only wait for each other.
const MOST_THREADS: usize = 8;

struct Asking<'a> {
    sources: &'a [&'a Source],
    /// The number of the first of them among all.
    first: usize,
    pairs: Vec<Vec<Pair>>,
    of_address: Vec<HashMap<IpAddr, usize>>,
    secret: u64,
    settings: &'a Settings,
    /// When those that have not answered are given up; `None`: in more time than can be counted.
    end: Option<Instant>,
    /// Pairs that are not settled.
    open: usize,
    wake: Option<Instant>,
    buffer: Vec<u8>,
}

impl<'a> Asking<'a> {
    fn new(sources: &'a [&'a Source], first: usize, settings: &'a Settings, secret: u64, begin: Instant) -> Self {
        let mut asking = Self {
            sources,
            first,
            pairs: Vec::new(),
            of_address: Vec::new(),
            secret,
            settings,
            end: begin.checked_add(settings.deadline),
            open: 0,
            wake: Some(begin),
            buffer: Vec::new(),
        };
        for source in sources {
            let (mut pairs, mut of_address) = (Vec::new(), HashMap::new());
            for &target in &source.targets {
                of_address.entry(target).or_insert_with(|| {
                    let possible = source.sockets.of(Family::of(target)).is_some();
                    asking.open += usize::from(possible);
                    pairs.push(Pair::new(target, possible, settings, begin));
                    pairs.len() - 1
                });
            }
            asking.pairs.push(pairs);
            asking.of_address.push(of_address);
        }
        asking
    }

    /// Sources share the namespace's raw sockets with everybody in it, so each has an identifier of its own.
    fn id(&self, source: usize) -> u16 {
        // The low bits: they wrap around, and stay different.
        (self.secret as u16).wrapping_add((self.first + source) as u16)
    }

    /// Asks until all is known. `None`: a signal came.
    fn run(mut self, signals: Option<&Signals>) -> Result<Option<Vec<Vec<Outcome>>>> {
        loop {
            self.send_due()?;
            if self.open == 0 {
                return Ok(Some(self.outcomes()));
            }
            if self.wait(signals)? {
                return Ok(None);
            }
        }
    }

    fn send_due(&mut self) -> Result<()> {
        let now = Instant::now();
        if self.open == 0 || self.wake.is_some_and(|wake| now < wake) {
            return Ok(());
        }
        let over = self.end.is_some_and(|end| now >= end);
        let sources = self.sources;
        for (index, source) in sources.iter().enumerate() {
            let id = self.id(index);
            for pair in self.pairs.get_mut(index).into_iter().flatten().filter(|pair| !pair.settled) {
                if over {
                    pair.give_up();
                }
                if pair.due <= now && !pair.settled {
                    let Some(socket) = source.sockets.of(pair.family()) else { continue };
                    pair.ask(socket, id, self.secret, self.settings);
                }
                self.open -= usize::from(pair.settled);
            }
            // Most answers are there already, and the buffer has an end.
            self.receive(index)?;
        }
        self.wake = self.next_wake(if over { None } else { self.end });
        Ok(())
    }

    /// When there is something to do again.
    fn next_wake(&self, end: Option<Instant>) -> Option<Instant> {
        let open = self.pairs.iter().flatten().filter(|pair| !pair.settled);
        open.map(|pair| pair.due).chain(end).min()
    }

    /// Waits for an answer, or until there is something to do. Whether a signal came.
    fn wait(&mut self, signals: Option<&Signals>) -> Result<bool> {
        let sources = self.sources;
        let mut owners = Vec::new();
        let mut fds = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            for socket in source.sockets.all() {
                owners.push(index);
                fds.push(PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN));
            }
        }
        fds.extend(signals.map(|signals| PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)));
        poll_until(&mut fds, self.wake)?;
        let signalled = signals.is_some() && fds.last().is_some_and(|fd| !fd.revents().is_empty());
        for (index, fd) in owners.into_iter().zip(&fds) {
            if !fd.revents().is_empty() {
                self.receive(index)?;
            }
        }
        Ok(signalled)
    }

    fn receive(&mut self, index: usize) -> Result<()> {
        let sources = self.sources;
        let Some(source) = sources.get(index) else { return Ok(()) };
        let mut buffer = std::mem::take(&mut self.buffer);
        for socket in source.sockets.all() {
            while let Some(arrival) = socket.receive(&mut buffer)? {
                self.arrived(index, &arrival);
            }
        }
        self.buffer = buffer;
        Ok(())
    }

    fn arrived(&mut self, index: usize, arrival: &Arrival<'_>) {
        let id = self.id(index);
        let target = match arrival.message {
            Message::Reply(_) => arrival.from,
            Message::Notice(notice) => notice.destination,
        };
        let place = self.of_address.get(index).and_then(|of| of.get(&target).copied());
        let Some(pair) = place.and_then(|place| self.pairs.get_mut(index)?.get_mut(place)) else { return };
        if pair.settled {
            return;
        }
        match arrival.message {
            Message::Reply(reply) => pair.reply(&reply, id, self.secret, arrival.at, self.settings),
            Message::Notice(notice) => pair.notice(&notice, id, arrival.from),
        }
        self.open -= usize::from(pair.settled);
        if !pair.settled {
            // It may be measured from now on.
            self.wake = self.wake.map(|wake| wake.min(pair.due));
        }
    }

    fn outcomes(&self) -> Vec<Vec<Outcome>> {
        let outcome = |index: usize, target: &IpAddr| {
            let place = self.of_address.get(index).and_then(|of| of.get(target).copied());
            let pair = place.and_then(|place| self.pairs.get(index)?.get(place));
            pair.map_or(Outcome::NotReached(Reason::NoAnswer), Pair::outcome)
        };
        let each = |(index, source): (usize, &&Source)| source.targets.iter().map(|to| outcome(index, to)).collect();
        self.sources.iter().enumerate().map(each).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_to_ask_is_done_at_once() {
        assert_eq!(run::<Source>(&[], &Settings::default()).unwrap(), Vec::<Vec<Outcome>>::new());
    }
}
