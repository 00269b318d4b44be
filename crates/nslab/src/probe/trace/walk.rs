//! One trace as a state machine.
//!
//! Contract: no I/O, and no clock but the one that is passed in; the same calls give the same answers. Whatever
//! arrives, nothing panics, and only what answers a request that was sent counts.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::Trace;
use crate::probe::packet::{Message, Notice, v4, v6};
use crate::probe::{Arrival, Family};

/// So many hops are asked at once. Linux answers one host six times in a row before it makes it wait
/// (`icmp_ratelimit`), and in a loop of two routers each has to answer for half of them.
const WINDOW: u8 = 8;
/// The next ones are asked when these have answered, or after this long.
const PATIENCE: Duration = Duration::from_millis(100);
/// A full buffer empties in about this time.
const FULL: Duration = Duration::from_millis(5);

/// How to trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// No more hops than these are asked; at least 1.
    pub most_hops: u8,
    /// Each is asked so many times at most if it does not answer; at least 1.
    pub tries: u8,
    /// From the first time to the second, then twice as long each time; after the last, as long as this again.
    pub retry: Duration,
    /// After this long what is known is the result.
    pub deadline: Duration,
}

impl Default for Settings {
    /// Thirty hops, each asked four times within 1.05 s, for Linux answers a host that asked too often once a second;
    /// five seconds in all, for a router takes three to find out that a neighbour does not answer.
    fn default() -> Self {
        Self { most_hops: 30, tries: 4, retry: Duration::from_millis(150), deadline: Duration::from_secs(5) }
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send a request, then call [`Walk::sent`], [`Walk::postponed`] or [`Walk::refused`].
    Send {
        /// With this time to live.
        ttl: u8,
        /// And this number.
        seq: u16,
    },
    /// Wait for an arrival, but not past this instant.
    Wait(Instant),
    /// The trace is over.
    Done,
}

/// A hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Which one, counted from 1.
    pub ttl: u8,
    /// What it said; `None` if it said nothing.
    pub answer: Option<Answer>,
}

/// What a hop said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// From this address of its.
    pub from: IpAddr,
    /// From sending to arrival.
    pub round_trip: Duration,
    /// What.
    pub says: Says,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It would have been passed on, had it had the time to live.
    Passed,
    /// It was answered: this is the target.
    Reached,
    /// It goes no further.
    Refused {
        /// ICMP or ICMPv6 type, depending on the address family.
        kind: u8,
        /// Its code.
        code: u8,
    },
}

/// How a trace ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// At the target: the last hop.
    Reached,
    /// The last hop says that it goes no further.
    Refused,
    /// The last hop has been on the way before: packets go in a circle.
    Loop {
        /// As this hop.
        first: u8,
    },
    /// Behind the last hop nobody says anything.
    NoAnswer,
    /// The own kernel does not let the requests leave.
    Unsent {
        /// What sendto(2) said (errno(3)).
        errno: i32,
    },
}

/// What is known of one hop.
#[derive(Debug, Clone)]
struct Place {
    /// When each request left: number `try × 256 + ttl`.
    sent: Vec<Instant>,
    due: Instant,
    answer: Option<Answer>,
}

/// A trace under way.
#[derive(Debug)]
pub struct Walk {
    target: IpAddr,
    settings: Settings,
    id: u16,
    begin: Instant,
    /// Hops 1 and on, as far as they are asked by now.
    places: Vec<Place>,
    /// When the last window was opened.
    opened: Instant,
    unsent: Option<i32>,
}

impl Walk {
    /// A trace that begins now. `id` should be random: it keeps it apart from others.
    #[must_use]
    pub fn new(target: IpAddr, settings: Settings, id: u16, now: Instant) -> Self {
        let settings = Settings { most_hops: settings.most_hops.max(1), tries: settings.tries.max(1), ..settings };
        let mut walk = Self { target, settings, id, begin: now, places: Vec::new(), opened: now, unsent: None };
        walk.open(now);
        walk
    }

    /// The identifier of its requests.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.id
    }

    fn open(&mut self, now: Instant) {
        let len = (self.places.len() + usize::from(WINDOW)).min(self.settings.most_hops.into());
        self.places.resize(len, Place { sent: Vec::new(), due: now, answer: None });
        self.opened = now;
    }

    /// What to do at this instant.
    pub fn next(&mut self, now: Instant) -> Step {
        let end = self.begin + self.settings.deadline;
        if self.unsent.is_some() || now >= end || self.is_over(now) {
            return Step::Done;
        }
        let last = self.last();
        let more = last.is_none() && self.places.len() < self.settings.most_hops.into();
        if more && (self.places.iter().all(|place| place.answer.is_some()) || now >= self.opened + PATIENCE) {
            self.open(now);
        }
        let tries = usize::from(self.settings.tries);
        let asked = self.places.iter().take(last.map_or(usize::MAX, usize::from)).zip(1_u8..);
        let open = asked.filter(|(place, _)| place.answer.is_none());
        let mut wake = if more { end.min(self.opened + PATIENCE) } else { end };
        for (place, ttl) in open {
            if place.sent.len() < tries && place.due <= now {
                // Less than 256 tries.
                return Step::Send { ttl, seq: (place.sent.len() as u16) << 8 | u16::from(ttl) };
            }
            if place.due > now {
                wake = wake.min(place.due);
            }
        }
        Step::Wait(wake)
    }

    /// The hop with which the way ends, as far as it is known.
    fn last(&self) -> Option<u8> {
        let ends = |place: &Place| place.answer.is_some_and(|answer| answer.says != Says::Passed);
        let end = self.places.iter().zip(1_u8..).find(|(place, _)| ends(place)).map(|(_, ttl)| ttl);
        match (end, self.circle()) {
            (Some(end), Some((_, again))) => Some(end.min(again)),
            (end, circle) => end.or(circle.map(|(_, again)| again)),
        }
    }

    /// The first hop that has been on the way before: when, and when again. A router next to itself is no circle:
    /// some count twice.
    fn circle(&self) -> Option<(u8, u8)> {
        let passing = |place: &Place| Some(place.answer.filter(|answer| answer.says == Says::Passed)?.from);
        for (place, again) in self.places.iter().zip(1_u8..) {
            let Some(from) = passing(place) else { continue };
            let before = self.places.iter().zip(1..again.saturating_sub(1));
            let same = before.filter(|(place, _)| passing(place) == Some(from)).map(|(_, ttl)| ttl).next();
            if let Some(first) = same {
                return Some((first, again));
            }
        }
        None
    }

    /// Whether the end is known and nothing before it is to be waited for.
    fn is_over(&self, now: Instant) -> bool {
        let settled = |place: &Place| {
            place.answer.is_some() || (place.sent.len() >= self.settings.tries.into() && now >= place.due)
        };
        let all = self.places.len() >= self.settings.most_hops.into()
            && self.places.iter().all(|place| place.answer.is_some());
        all || self.last().is_some_and(|last| self.places.iter().take(last.into()).all(settled))
    }

    /// A request left at this instant.
    pub fn sent(&mut self, seq: u16, at: Instant) {
        let Settings { retry, tries, .. } = self.settings;
        if let Some(place) = self.place(seq) {
            place.sent.push(at);
            let times = u32::try_from(place.sent.len()).unwrap_or(u32::MAX);
            let longer = if times < tries.into() { 2_u32.saturating_pow(times - 1) } else { 1 };
            // A deadline comes before what is too long for a clock.
            place.due = at.checked_add(retry.saturating_mul(longer)).unwrap_or(at);
        }
    }

    /// A request could not leave for want of buffers.
    pub fn postponed(&mut self, seq: u16, at: Instant) {
        if let Some(place) = self.place(seq) {
            place.due = at + FULL;
        }
    }

    /// The own kernel does not let requests leave: that ends it.
    pub fn refused(&mut self, errno: i32) {
        self.unsent = Some(errno);
    }

    fn place(&mut self, seq: u16) -> Option<&mut Place> {
        // The low bits.
        self.places.get_mut(usize::from(seq as u8).checked_sub(1)?)
    }

    /// Takes in what arrived, and says whether it was about this trace. `data` is what the requests carry, which
    /// nobody can guess.
    pub fn arrived(&mut self, arrival: &Arrival<'_>, data: &[u8]) -> bool {
        let (seq, says) = match arrival.message {
            Message::Reply(reply) if reply.intact && reply.id == self.id && reply.data == data => {
                (reply.seq, Says::Reached)
            }
            Message::Notice(notice) if notice.id == self.id && notice.destination == self.target => {
                let Some(says) = meaning(&notice) else { return false };
                (notice.seq, says)
            }
            _ => return false,
        };
        let Some(place) = self.place(seq) else { return false };
        let Some(sent) = place.sent.get(usize::from(seq >> 8)) else { return false };
        let round_trip = arrival.at.saturating_duration_since(*sent);
        place.answer.get_or_insert(Answer { from: arrival.from, round_trip, says });
        true
    }

    /// What was found.
    #[must_use]
    pub fn found(&self) -> Trace {
        let circle = self.circle();
        let last = self.last();
        let answered = self.places.iter().rposition(|place| place.answer.is_some()).map_or(0, |at| at + 1);
        let hops = self.places.iter().zip(1_u8..).map(|(place, ttl)| Hop { ttl, answer: place.answer });
        let hops: Vec<Hop> = hops.take(last.map_or(answered, usize::from)).collect();
        let says = hops.last().and_then(|hop| hop.answer).map(|answer| answer.says);
        let ended = match (self.unsent, says) {
            (Some(errno), _) => Ended::Unsent { errno },
            (None, Some(Says::Reached)) => Ended::Reached,
            (None, Some(Says::Refused { .. })) => Ended::Refused,
            (None, Some(Says::Passed)) if circle.is_some_and(|(_, again)| Some(again) == last) => {
                Ended::Loop { first: circle.map_or(0, |(first, _)| first) }
            }
            _ => Ended::NoAnswer,
        };
        Trace { hops, ended }
    }
}

/// What a notice says of the way; `None` of advice that does not end anything.
fn meaning(notice: &Notice) -> Option<Says> {
    let (kind, code) = (notice.kind, notice.code);
    match (Family::of(notice.destination), kind, code) {
        (Family::V4, v4::TIME_EXCEEDED, 0) | (Family::V6, v6::TIME_EXCEEDED, 0) => Some(Says::Passed),
        (Family::V4, v4::UNREACHABLE | v4::PARAMETER_PROBLEM, _)
        | (Family::V6, v6::UNREACHABLE | v6::PARAMETER_PROBLEM, _) => Some(Says::Refused { kind, code }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
