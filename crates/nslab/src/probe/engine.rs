//! One ping session as a state machine: what to send when, what an arrival means, when it is over.
//!
//! Contract: no I/O, and no clock but the one that is passed in; the same calls give the same answers.
//! The rules are those of ping(8) of iputils.

mod pattern;
mod statistics;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::packet::{Message, Notice, Reply, v4, v6};
use super::{Arrival, Family};
pub use pattern::Pattern;
pub use statistics::{RoundTrips, Statistics};

/// Requests without an answer are sent no faster than this when the interval is zero.
const SLOWEST_FLOOD: Duration = Duration::from_millis(10);
/// The longest interval that is quick.
const QUICK: Duration = Duration::from_millis(2);
/// What a full buffer adds to an adaptive interval is a round trip, but no more than this.
const MOST_SLOWED: Duration = Duration::from_millis(50);
/// A packet is longer than may leave whole (errno(3)).
const EMSGSIZE: i32 = 90;

/// Data of this many bytes has room for the session's secret and the request's number; shorter data
/// cannot be told from a forgery, and gets no round-trip time.
pub const TIMED_LEN: usize = 16;

/// How to ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Stop after this many requests; with a deadline, after this many replies. `None`: go on.
    pub count: Option<u64>,
    /// From one request to the next. Zero: as soon as there are fewer than `preload` on their way, or after 10 ms.
    pub interval: Duration,
    /// How long to wait after the last request if nothing was ever answered; otherwise it is twice the
    /// longest round trip, and at least the interval. `None`: for ever.
    pub linger: Option<Duration>,
    /// Stop this long after the first request, or at the first notice of an error. `None`: don't.
    pub deadline: Option<Duration>,
    /// Bytes of data in a request.
    pub data_len: usize,
    /// So many requests leave at once at the beginning, at least 1; whoever is late may make up for as many.
    pub preload: u32,
    /// Let the interval follow the round trips, to the millisecond, but no further down than this.
    pub adaptive: Option<Duration>,
    /// Whether answers from other addresses than the target's are passed over.
    pub only_target: bool,
    /// Whether an answer from any address is as good as one from the target, as it is with a broadcast.
    pub any_address: bool,
    /// What the data is made of; without it, each byte is the low eight bits of its place.
    pub pattern: Option<Pattern>,
}

impl Default for Settings {
    /// What ping does without options: a request of 56 bytes each second, for ever.
    fn default() -> Self {
        Self {
            count: None,
            interval: Duration::from_secs(1),
            linger: Some(Duration::from_secs(10)),
            deadline: None,
            data_len: 56,
            preload: 1,
            adaptive: None,
            only_target: false,
            any_address: false,
            pattern: None,
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send the request of [`Session::request_data`] with this number, then call [`Session::sent`].
    Send(u16),
    /// Wait for an arrival, but not past this instant. `None`: as long as it takes.
    Wait(Option<Instant>),
    /// The session is over.
    Done,
}

/// What happens in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A request has left.
    Sent {
        /// Its number.
        seq: u16,
    },
    /// The next request is about to leave, and the last has no answer.
    Unanswered {
        /// The number of the last.
        seq: u16,
    },
    /// The own kernel did not let a request leave: it counts as sent, and is lost.
    Refused {
        /// What sendto(2) said (errno(3)).
        errno: i32,
        /// Whether it counts as an error, as a packet that is too long does.
        error: bool,
    },
    /// A reply, or what is left of one.
    Reply(ReplyEvent<'a>),
    /// A router, or the own kernel, says what became of a request.
    Notice {
        /// Who says so.
        from: IpAddr,
        /// The interface's index if that address is one of a link; else 0.
        scope: u32,
        /// What it says.
        notice: Notice,
        /// Whether it means that the request will not be answered: it counts as an error.
        error: bool,
    },
}

/// A reply to one of the session's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyEvent<'a> {
    /// The number of the request.
    pub seq: u16,
    /// Who sent it.
    pub from: IpAddr,
    /// The interface's index if that address is one of a link; else 0.
    pub scope: u32,
    /// Whether that is not whom we asked.
    pub other_address: bool,
    /// Time to live, as it arrived.
    pub ttl: u8,
    /// Bytes of ICMP, header and data.
    pub len: usize,
    /// The data.
    pub data: &'a [u8],
    /// From sending to arrival; `None` where the data is shorter than [`TIMED_LEN`].
    pub round_trip: Option<Duration>,
    /// The request had an answer before.
    pub duplicate: bool,
    /// The checksum is wrong: it does not count as a reply.
    pub corrupted: bool,
    /// There is less data than was sent.
    pub truncated: bool,
    /// The first byte of the data that is not what was sent.
    pub wrong_byte: Option<WrongByte>,
}

/// A byte that was changed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongByte {
    /// Where in the data, counted from 0.
    pub at: usize,
    /// What was sent.
    pub sent: u8,
    /// What came back.
    pub got: u8,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    answered: bool,
}

/// A ping session.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    target: IpAddr,
    id: u16,
    secret: u64,
    /// The last 65,536 requests: number `seq` at index `(seq - 1) % 65536`.
    requests: Vec<Sent>,
    statistics: Statistics,
    /// As it is by now.
    interval: Duration,
    /// How much of an interval need not be waited for any more.
    saved: Duration,
    /// What a full buffer has added to an adaptive interval.
    slowed: Duration,
    first: Option<Instant>,
    last: Option<Instant>,
    not_before: Option<Instant>,
    give_up: Option<Instant>,
    /// The highest request that something came back for, as its low 16 bits.
    acknowledged: u16,
}

impl Session {
    /// A session that has not begun. `id` and `secret` should be random: they keep it apart from others.
    #[must_use]
    pub fn new(target: IpAddr, settings: Settings, id: u16, secret: u64) -> Self {
        Self {
            settings,
            target,
            id,
            secret,
            requests: Vec::new(),
            statistics: Statistics::default(),
            interval: settings.interval,
            saved: Duration::ZERO,
            slowed: Duration::ZERO,
            first: None,
            last: None,
            not_before: None,
            give_up: None,
            acknowledged: 0,
        }
    }

    /// The same with another identifier.
    #[must_use]
    pub fn with_id(mut self, id: u16) -> Self {
        self.id = id;
        self
    }

    /// Whom it asks.
    #[must_use]
    pub fn target(&self) -> IpAddr {
        self.target
    }

    /// The identifier of its requests.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.id
    }

    /// What was counted and measured so far.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The settings that it follows.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What to do at this instant.
    #[must_use]
    pub fn next(&self, now: Instant) -> Step {
        let (settings, done) = (&self.settings, &self.statistics);
        let end = settings.deadline.and_then(|deadline| self.first?.checked_add(deadline));
        let answered = settings.count.is_some_and(|count| done.received + done.errors >= count);
        let failed = settings.deadline.is_some() && done.errors > 0;
        let late = [end, self.give_up].into_iter().flatten().any(|end| now >= end);
        if answered || failed || late {
            return Step::Done;
        }
        if self.all_sent() {
            return Step::Wait(self.give_up);
        }
        match self.due() {
            Some(due) if now < due => Step::Wait(Some(end.map_or(due, |end| end.min(due)))),
            // The next number; only sixteen bits of it travel.
            _ => Step::Send((done.transmitted + 1) as u16),
        }
    }

    /// With a deadline requests go on until that, or until as many were answered.
    fn all_sent(&self) -> bool {
        let count = self.settings.count.filter(|_| self.settings.deadline.is_none());
        count.is_some_and(|count| self.statistics.transmitted >= count)
    }

    fn due(&self) -> Option<Instant> {
        let last = self.last?;
        let due = if !self.interval.is_zero() {
            last.checked_add(self.interval.saturating_sub(self.saved))?
        } else if u32::from(self.in_flight()) < self.settings.preload {
            last
        } else {
            last.checked_add(SLOWEST_FLOOD)?
        };
        Some(self.not_before.map_or(due, |other| other.max(due)))
    }

    fn in_flight(&self) -> u16 {
        (self.statistics.transmitted as u16).wrapping_sub(self.acknowledged)
    }

    /// Whether requests follow each other within two milliseconds or less.
    pub(super) fn is_quick(&self) -> bool {
        self.interval <= QUICK
    }

    /// The number of the last request, if it has no answer.
    #[must_use]
    pub fn unanswered(&self) -> Option<u16> {
        let at = self.statistics.transmitted.checked_sub(1)?;
        let last = self.requests.get((at % 65536) as usize)?;
        (!last.answered).then_some((at + 1) as u16)
    }

    /// How many requests have neither an answer nor an error, as far as it is known.
    #[must_use]
    pub fn on_their_way(&self) -> u16 {
        self.in_flight()
    }

    /// The data of a request: the secret, the number, then the pattern.
    pub fn request_data(&self, seq: u16, data: &mut Vec<u8>) {
        data.clear();
        if self.settings.data_len >= TIMED_LEN {
            data.extend(self.secret.to_ne_bytes());
            data.extend(u64::from(seq).to_be_bytes());
        }
        let rest = data.len()..self.settings.data_len;
        match self.settings.pattern {
            Some(pattern) => data.extend(rest.map(|at| pattern.byte(at))),
            None => data.extend(rest.map(|at| at as u8)),
        }
    }

    /// The request that [`Self::next`] asked for left at this instant.
    pub fn sent(&mut self, at: Instant) {
        let burst = self.interval.saturating_mul(self.settings.preload);
        let passed = match self.last {
            Some(last) => at.saturating_duration_since(last).saturating_add(self.saved).min(burst),
            None => burst,
        };
        self.saved = passed.saturating_sub(self.interval);
        self.count_sent(at);
    }

    /// The own kernel did not let the request leave that [`Self::next`] asked for. It counts as sent.
    pub fn refused(&mut self, at: Instant, errno: i32) -> Event<'static> {
        self.saved = Duration::ZERO;
        self.count_sent(at);
        self.not_before = at.checked_add(self.interval.max(SLOWEST_FLOOD));
        let error = errno == EMSGSIZE;
        self.statistics.errors += u64::from(error);
        Event::Refused { errno, error }
    }

    fn count_sent(&mut self, at: Instant) {
        let sent = Sent { at, answered: false };
        let index = (self.statistics.transmitted % 65536) as usize;
        match self.requests.get_mut(index) {
            Some(place) => *place = sent,
            None => self.requests.push(sent),
        }
        self.statistics.transmitted += 1;
        self.not_before = None;
        self.last = Some(at);
        let first = *self.first.get_or_insert(at);
        self.statistics.elapsed = at.saturating_duration_since(first);
        if self.all_sent() {
            let waited = self.statistics.longest().map(|rtt| (rtt * 2).max(self.interval));
            let wait =
                if self.statistics.received > 0 { Some(waited.unwrap_or(self.interval)) } else { self.settings.linger };
            self.give_up = wait.and_then(|wait| at.checked_add(wait));
        }
    }

    /// The request could not leave now for want of buffers; [`Self::next`] asks for it again a little later.
    pub fn postponed(&mut self, now: Instant) {
        self.first.get_or_insert(now);
        self.last.get_or_insert(now);
        self.not_before = now.checked_add(SLOWEST_FLOOD);
        self.slowed += self.statistics.moving_average().min(MOST_SLOWED);
        self.adapt();
    }

    fn adapt(&mut self) {
        let Some(shortest) = self.settings.adaptive else { return };
        let average = self.statistics.moving_average();
        let base = if average.is_zero() { self.interval } else { average };
        let whole = (base.saturating_add(self.slowed).as_micros() + 500) / 1000;
        self.interval = Duration::from_millis(u64::try_from(whole).unwrap_or(u64::MAX)).max(shortest);
    }

    /// What an arrival means; `None` if it is not about this session's requests.
    pub fn arrived<'a>(&mut self, arrival: &Arrival<'a>) -> Option<Event<'a>> {
        match arrival.message {
            Message::Reply(reply) => self.reply(arrival, &reply).map(Event::Reply),
            Message::Notice(notice) => self.notice(arrival, notice),
        }
    }

    fn reply<'a>(&mut self, arrival: &Arrival<'a>, reply: &Reply<'a>) -> Option<ReplyEvent<'a>> {
        if reply.id != self.id || (self.settings.only_target && arrival.from != self.target) {
            return None;
        }
        let sent = *self.request(reply.seq)?;
        let mut expected = Vec::new();
        self.request_data(reply.seq, &mut expected);
        let timed = expected.len() >= TIMED_LEN;
        // A packet that is broken anyway is reported as such; any other must know the secret.
        let knows = || reply.data.get(..TIMED_LEN).is_some_and(|data| expected.starts_with(data));
        if reply.intact && timed && !knows() {
            return None;
        }
        let round_trip = timed.then(|| arrival.at.saturating_duration_since(sent.at));
        let duplicate = reply.intact && sent.answered;
        if reply.intact {
            self.acknowledge(reply.seq);
            if let Some(request) = self.request(reply.seq) {
                request.answered = true;
            }
            self.statistics.count_reply(duplicate, round_trip);
            if timed {
                self.adapt();
            }
        } else {
            self.statistics.corrupted += 1;
        }
        let both = reply.data.iter().zip(&expected).enumerate();
        let wrong = both.skip(TIMED_LEN).find(|(_, (got, sent))| got != sent);
        Some(ReplyEvent {
            seq: reply.seq,
            from: arrival.from,
            scope: arrival.scope,
            other_address: arrival.from != self.target && !self.answers_for_others(),
            ttl: arrival.ttl,
            len: arrival.len,
            data: reply.data,
            round_trip,
            duplicate,
            corrupted: !reply.intact,
            truncated: reply.data.len() < expected.len(),
            wrong_byte: wrong.map(|(at, (&got, &sent))| WrongByte { at, sent, got }),
        })
    }

    fn notice<'a>(&mut self, arrival: &Arrival<'_>, notice: Notice) -> Option<Event<'a>> {
        let from = arrival.from;
        if notice.id != self.id || notice.destination != self.target {
            return None;
        }
        self.request(notice.seq)?;
        // Of these the kernel tells no socket's error queue, where iputils listens.
        match (Family::of(from), notice.kind, notice.code) {
            (Family::V4, v4::TIME_EXCEEDED, 1) | (Family::V4, v4::UNREACHABLE, 16..) => return None,
            _ => {}
        }
        let error = match Family::of(self.target) {
            Family::V4 => matches!(notice.kind, v4::UNREACHABLE | v4::TIME_EXCEEDED | v4::PARAMETER_PROBLEM),
            Family::V6 => notice.kind != v6::ECHO_REPLY,
        };
        if error {
            // With IPv6, iputils takes the request to be on its way still.
            if from.is_ipv4() {
                self.acknowledge(notice.seq);
            }
            self.statistics.errors += 1;
        }
        Some(Event::Notice { from, scope: arrival.scope, notice, error })
    }

    /// A request that was sent and is not so old that its number means another by now.
    fn request(&mut self, seq: u16) -> Option<&mut Sent> {
        self.requests.get_mut(usize::from(seq.wrapping_sub(1)))
    }

    /// Whether others answer for the address rightly: a group, or any router of an IPv6 subnet (RFC 4291, 2.6.1).
    fn answers_for_others(&self) -> bool {
        let router = match self.target {
            IpAddr::V4(_) => false,
            IpAddr::V6(address) => address.octets().iter().skip(8).all(|byte| *byte == 0),
        };
        self.settings.any_address || router || self.target.is_multicast()
    }

    fn acknowledge(&mut self, seq: u16) {
        let behind = (self.statistics.transmitted as u16).wrapping_sub(seq);
        if behind > 0x7fff {
            return;
        }
        self.statistics.pipe = self.statistics.pipe.max(u32::from(behind) + 1);
        if seq.wrapping_sub(self.acknowledged) <= 0x7fff {
            self.acknowledged = seq;
        }
    }
}

#[cfg(test)]
mod tests;
