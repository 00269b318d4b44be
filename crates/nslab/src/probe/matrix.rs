//! Who reaches whom: many sources, each in its namespace, and their targets, all at once.
//!
//! Contract: one thread, the caller's, which sleeps in poll(2) while there is nothing to do. It changes no
//! namespace: the sources' sockets are in theirs already.
//!
//! Sources take turns, and one sends all its requests before the next does. On a switch that saves half
//! of the ARP requests: each teaches the target's neighbour table the asker's address, so the way back
//! needs none.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use super::packet::{self, Message, Notice, Reply, v4};
use super::run::poll_until;
use super::{Arrival, Family, ProbeSocket};
use crate::error::{Error, ErrorKind, Result};
use crate::types::strerror;

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

/// How long to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// After this long, whoever has not answered is not reached.
    pub deadline: Duration,
    /// A request without an answer is sent again after this long.
    pub retry: Duration,
}

impl Default for Settings {
    /// Five seconds, and a request every 200 ms.
    fn default() -> Self {
        Self { deadline: Duration::from_secs(5), retry: Duration::from_millis(200) }
    }
}

/// What a source found out about a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It answers.
    Reached {
        /// From sending the request that was answered first to the answer's arrival.
        round_trip: Duration,
    },
    /// It does not.
    NotReached(Reason),
}

/// Why a target is not reached, as far as anybody said.
///
/// The text is for people:
///
/// ```
/// use nslab::probe::matrix::Reason;
/// assert_eq!(Reason::Send { errno: 101 }.to_string(), "cannot send: Network is unreachable");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing came back at all.
    NoAnswer,
    /// The machine does not have the address family.
    NoFamily,
    /// The source's own kernel refuses to send: no route (`ENETUNREACH`), a route that forbids it
    /// (`EACCES`, `EHOSTUNREACH`, `EINVAL`), an interface that is down.
    Send {
        /// What sendto(2) said (errno(3)).
        errno: i32,
    },
    /// ICMP said so. From one of the source's own addresses it is its own kernel speaking, for instance
    /// after ARP went unanswered.
    Notice {
        /// Who said so.
        from: IpAddr,
        /// ICMP or ICMPv6 type, depending on the family of `from`.
        kind: u8,
        /// Its code.
        code: u8,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoAnswer => f.write_str("no answer"),
            Self::NoFamily => f.write_str("this machine lacks the address family"),
            Self::Send { errno } => write!(f, "cannot send: {}", strerror(errno)),
            Self::Notice { from, kind, code } => {
                let known = packet::words(Family::of(from), kind, code);
                match known {
                    Some(words) => write!(f, "{words}, says {from}"),
                    None => write!(f, "ICMP type {kind} code {code} from {from}"),
                }
            }
        }
    }
}

/// A refusal is believed once this many requests in a row were refused: the first may only be too early.
const REFUSALS: u32 = 3;

/// A full buffer empties in about this time.
const FULL: Duration = Duration::from_millis(5);

/// Asks all targets of all sources, and says for each source and target, in the order given, what came of
/// it. It returns as soon as everybody has answered or was refused three times; at the deadline at the latest.
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
    if sources.len() > 65536 {
        return Err(Error::invalid(format!("{} sources are more than ICMP can tell apart: 65536", sources.len())));
    }
    let sources: Vec<&Source> = sources.iter().map(Borrow::borrow).collect();
    let begin = Instant::now();
    let mut asking = Asking::new(&sources, settings, super::secret(), begin);
    let end = begin.checked_add(settings.deadline);
    loop {
        asking.send_due()?;
        if asking.open == 0 || end.is_some_and(|end| Instant::now() >= end) {
            return Ok(asking.outcomes());
        }
        let until = [asking.wake, end].into_iter().flatten().min();
        asking.wait(until)?;
    }
}

/// One source's question to one target.
struct Pair {
    target: IpAddr,
    /// When each request was sent; number `seq` at index `seq - 1`.
    sent: Vec<Instant>,
    due: Instant,
    refusals: u32,
    reason: Reason,
    round_trip: Option<Duration>,
    settled: bool,
}

struct Asking<'a> {
    sources: &'a [&'a Source],
    pairs: Vec<Vec<Pair>>,
    of_address: Vec<HashMap<IpAddr, usize>>,
    secret: u64,
    retry: Duration,
    /// Pairs that are not settled.
    open: usize,
    wake: Option<Instant>,
    buffer: Vec<u8>,
}

impl<'a> Asking<'a> {
    fn new(sources: &'a [&'a Source], settings: &Settings, secret: u64, begin: Instant) -> Self {
        let mut asking = Self {
            sources,
            pairs: Vec::new(),
            of_address: Vec::new(),
            secret,
            // A retry of nothing would be a flood.
            retry: settings.retry.max(Duration::from_millis(1)),
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
                    let reason = if possible { Reason::NoAnswer } else { Reason::NoFamily };
                    let (sent, round_trip, settled) = (Vec::new(), None, !possible);
                    pairs.push(Pair { target, sent, due: begin, refusals: 0, reason, round_trip, settled });
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
        (self.secret as u16).wrapping_add(source as u16)
    }

    fn send_due(&mut self) -> Result<()> {
        let now = Instant::now();
        if self.open == 0 || self.wake.is_some_and(|wake| now < wake) {
            return Ok(());
        }
        self.wake = None;
        let sources = self.sources;
        for (index, source) in sources.iter().enumerate() {
            let id = self.id(index);
            let Some(pairs) = self.pairs.get_mut(index) else { continue };
            for pair in pairs.iter_mut().filter(|pair| !pair.settled) {
                if pair.due <= now {
                    let Some(socket) = source.sockets.of(Family::of(pair.target)) else { continue };
                    pair.ask(socket, id, self.secret, self.retry);
                    self.open -= usize::from(pair.settled);
                }
                if !pair.settled {
                    self.wake = Some(self.wake.map_or(pair.due, |wake| wake.min(pair.due)));
                }
            }
            // Most answers are there already, and the buffer has an end.
            self.receive(index)?;
        }
        Ok(())
    }

    fn wait(&mut self, until: Option<Instant>) -> Result<()> {
        let sources = self.sources;
        let mut owners = Vec::new();
        let mut fds = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            for socket in source.sockets.all() {
                owners.push(index);
                fds.push(PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN));
            }
        }
        poll_until(&mut fds, until)?;
        for (index, fd) in owners.into_iter().zip(&fds) {
            if !fd.revents().is_empty() {
                self.receive(index)?;
            }
        }
        Ok(())
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
            Message::Reply(reply) => pair.reply(&reply, id, self.secret, arrival.at),
            Message::Notice(notice) => pair.notice(&notice, id, arrival.from),
        }
        self.open -= usize::from(pair.settled);
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

impl Pair {
    fn ask(&mut self, socket: &ProbeSocket, id: u16, secret: u64, retry: Duration) {
        // As many requests as there are numbers take hours.
        let seq = (self.sent.len() + 1) as u16;
        let request = packet::request(socket.family(), id, seq, &secret.to_ne_bytes());
        let at = Instant::now();
        let result = socket.try_send(&request, self.target);
        if matches!(result, Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM)) {
            self.due = at + FULL;
            return;
        }
        self.sent.push(at);
        self.due = at.checked_add(retry).unwrap_or(at);
        if let Err(errno) = result {
            self.refused(Reason::Send { errno: errno.raw_os_error() });
        }
    }

    fn reply(&mut self, reply: &Reply<'_>, id: u16, secret: u64, at: Instant) {
        let ours = reply.intact && reply.id == id && reply.data == secret.to_ne_bytes();
        let sent = usize::from(reply.seq).checked_sub(1).and_then(|index| self.sent.get(index));
        if let Some(sent) = sent.filter(|_| ours) {
            self.round_trip = Some(at.saturating_duration_since(*sent));
            self.settled = true;
        }
    }

    fn notice(&mut self, notice: &Notice, id: u16, from: IpAddr) {
        let asked = notice.id == id && (1..=self.sent.len()).contains(&usize::from(notice.seq));
        // What a router advises is no refusal.
        let advice = from.is_ipv4() && matches!(notice.kind, v4::REDIRECT | v4::SOURCE_QUENCH);
        if asked && !advice {
            self.refused(Reason::Notice { from, kind: notice.kind, code: notice.code });
        }
    }

    fn refused(&mut self, reason: Reason) {
        self.reason = reason;
        self.refusals += 1;
        self.settled = self.refusals >= REFUSALS;
    }

    fn outcome(&self) -> Outcome {
        match self.round_trip {
            Some(round_trip) => Outcome::Reached { round_trip },
            None => Outcome::NotReached(self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: u64 = 0x1122_3344_5566_7788;

    fn pair() -> Pair {
        Pair {
            target: [10, 0, 0, 2].into(),
            sent: vec![Instant::now()],
            due: Instant::now(),
            refusals: 0,
            reason: Reason::NoAnswer,
            round_trip: None,
            settled: false,
        }
    }

    #[test]
    fn only_a_sound_reply_with_the_secret_reaches() {
        let (data, other) = (SECRET.to_ne_bytes(), [0; 8]);
        let good = Reply { id: 7, seq: 1, data: &data, intact: true };
        let bad = [
            Reply { id: 8, ..good },
            Reply { seq: 0, ..good },
            Reply { seq: 2, ..good },
            Reply { data: &other, ..good },
            Reply { intact: false, ..good },
        ];
        let mut pair = pair();
        let at = pair.sent[0] + Duration::from_micros(50);
        for reply in bad {
            pair.reply(&reply, 7, SECRET, at);
            assert_eq!(pair.outcome(), Outcome::NotReached(Reason::NoAnswer), "{reply:?}");
        }
        pair.reply(&good, 7, SECRET, at);
        assert_eq!(pair.outcome(), Outcome::Reached { round_trip: Duration::from_micros(50) });
    }

    #[test]
    fn a_refusal_is_believed_the_third_time() {
        let mut pair = pair();
        let notice = Notice { kind: 3, code: 1, rest: 0, destination: pair.target, id: 7, seq: 1 };
        for refusals in 1..=3 {
            pair.notice(&notice, 7, [10, 0, 0, 1].into());
            assert_eq!(pair.settled, refusals == 3);
        }
        let reason = Reason::Notice { from: [10, 0, 0, 1].into(), kind: 3, code: 1 };
        assert_eq!(pair.outcome(), Outcome::NotReached(reason));
        assert_eq!(reason.to_string(), "host unreachable, says 10.0.0.1");
    }

    #[test]
    fn advice_and_others_notices_are_no_refusals() {
        let mut pair = pair();
        let notice = Notice { kind: 5, code: 1, rest: 0, destination: pair.target, id: 7, seq: 1 };
        pair.notice(&notice, 7, [10, 0, 0, 1].into());
        pair.notice(&Notice { kind: 3, id: 8, ..notice }, 7, [10, 0, 0, 1].into());
        pair.notice(&Notice { kind: 3, seq: 2, ..notice }, 7, [10, 0, 0, 1].into());
        assert_eq!((pair.refusals, pair.outcome()), (0, Outcome::NotReached(Reason::NoAnswer)));
    }

    #[test]
    fn nobody_to_ask_is_done_at_once() {
        assert_eq!(run::<Source>(&[], &Settings::default()).unwrap(), Vec::<Vec<Outcome>>::new());
    }
}
