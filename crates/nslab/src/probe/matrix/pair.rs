//! One source's question to one target: when to ask, and what comes of it. No I/O but sending.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::{Measured, Outcome, Reason, Settings};
use crate::probe::packet::{self, Notice, Reply, v4};
use crate::probe::{Family, ProbeSocket};

/// A refusal is believed once this many requests in a row were refused: the first may only be too early.
const REFUSALS: u32 = 3;

/// A full buffer empties in about this time.
const FULL: Duration = Duration::from_millis(5);

/// Who does not answer is asked again after twice as long each time, up to this.
const SLOWEST_RETRY: Duration = Duration::from_secs(1);

/// So long, or three of the longest round trips, the last answers are waited for.
const LINGER: Duration = Duration::from_secs(1);

/// One request.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    answered: bool,
}

/// A question. It is asked until it is answered, refused or given up; then, where that is wanted, measured.
pub(super) struct Pair {
    pub(super) target: IpAddr,
    /// Number `seq` at index `seq - 1`.
    sent: Vec<Sent>,
    pub(super) due: Instant,
    retry: Duration,
    refusals: u32,
    reason: Reason,
    round_trip: Option<Duration>,
    /// The index of the first request that is measured, once that began.
    measuring: Option<usize>,
    measured: Measured,
    pub(super) settled: bool,
}

impl Pair {
    pub(super) fn new(target: IpAddr, possible: bool, settings: &Settings, begin: Instant) -> Self {
        Self {
            target,
            sent: Vec::new(),
            due: begin,
            // A retry of nothing would be a flood.
            retry: settings.retry.max(Duration::from_millis(1)),
            refusals: 0,
            reason: if possible { Reason::NoAnswer } else { Reason::NoFamily },
            round_trip: None,
            measuring: None,
            measured: Measured::default(),
            settled: !possible,
        }
    }

    /// It is due: sends a request, or ends the wait for the last answers.
    pub(super) fn ask(&mut self, socket: &ProbeSocket, id: u16, secret: u64, settings: &Settings) {
        if self.measuring.is_some() && self.measured.sent >= settings.count {
            self.settled = true;
            return;
        }
        // As many requests as there are numbers take hours.
        let seq = (self.sent.len() + 1) as u16;
        let request = packet::request(socket.family(), id, seq, &secret.to_ne_bytes());
        let at = Instant::now();
        let result = socket.try_send(&request, self.target);
        if matches!(result, Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM)) {
            self.due = at + FULL;
            return;
        }
        self.sent.push(Sent { at, answered: false });
        if self.measuring.is_some() {
            self.measured.sent += 1;
            let last = self.measured.sent >= settings.count;
            let linger = || LINGER.max(self.measured.longest.saturating_mul(3));
            self.due = later(at, if last { linger() } else { settings.interval });
            return;
        }
        self.due = later(at, self.retry);
        match result {
            Ok(()) => self.retry = self.retry.saturating_mul(2).min(SLOWEST_RETRY.max(self.retry)),
            Err(errno) => self.refused(Reason::Send { errno: errno.raw_os_error() }),
        }
    }

    /// The deadline has come: who has not answered by now is not reached.
    pub(super) fn give_up(&mut self) {
        self.settled |= self.measuring.is_none();
    }

    pub(super) fn reply(&mut self, reply: &Reply<'_>, id: u16, secret: u64, at: Instant, settings: &Settings) {
        let ours = reply.intact && reply.id == id && reply.data == secret.to_ne_bytes();
        let Some(index) = usize::from(reply.seq).checked_sub(1).filter(|_| ours) else { return };
        let Some(sent) = self.sent.get_mut(index).filter(|sent| !sent.answered) else { return };
        sent.answered = true;
        let round_trip = at.saturating_duration_since(sent.at);
        match self.measuring {
            None => {
                self.round_trip = Some(round_trip);
                self.settled = settings.count == 0;
                self.measuring = Some(self.sent.len());
                self.due = at;
            }
            Some(first) if index >= first => {
                self.measured.add(round_trip);
                self.settled = self.measured.received >= settings.count;
            }
            // A late answer to one of the first.
            Some(_) => {}
        }
    }

    pub(super) fn notice(&mut self, notice: &Notice, id: u16, from: IpAddr) {
        let asked = notice.id == id && (1..=self.sent.len()).contains(&usize::from(notice.seq));
        // What a router advises is no refusal.
        let advice = from.is_ipv4() && matches!(notice.kind, v4::REDIRECT | v4::SOURCE_QUENCH);
        // What is lost while it is measured counts as that.
        if asked && !advice && self.measuring.is_none() {
            self.refused(Reason::Notice { from, kind: notice.kind, code: notice.code });
        }
    }

    fn refused(&mut self, reason: Reason) {
        self.reason = reason;
        self.refusals += 1;
        self.settled = self.refusals >= REFUSALS;
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self.round_trip {
            Some(round_trip) => {
                let measured = Some(self.measured).filter(|measured| measured.sent > 0);
                Outcome::Reached { round_trip, measured }
            }
            None => Outcome::NotReached(self.reason),
        }
    }

    /// Whether the source can ask it at all.
    pub(super) fn family(&self) -> Family {
        Family::of(self.target)
    }
}

fn later(at: Instant, after: Duration) -> Instant {
    at.checked_add(after).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: u64 = 0x1122_3344_5566_7788;

    fn pair(settings: &Settings) -> Pair {
        let mut pair = Pair::new([10, 0, 0, 2].into(), true, settings, Instant::now());
        pair.sent.push(Sent { at: Instant::now(), answered: false });
        pair
    }

    fn reply(seq: u16, data: &[u8]) -> Reply<'_> {
        Reply { id: 7, seq, data, intact: true }
    }

    #[test]
    fn only_a_sound_reply_with_the_secret_reaches() {
        let settings = Settings::default();
        let (data, other) = (SECRET.to_ne_bytes(), [0; 8]);
        let good = reply(1, &data);
        let bad = [
            Reply { id: 8, ..good },
            Reply { seq: 0, ..good },
            Reply { seq: 2, ..good },
            Reply { data: &other, ..good },
            Reply { intact: false, ..good },
        ];
        let mut pair = pair(&settings);
        let at = pair.sent[0].at + Duration::from_micros(50);
        for reply in bad {
            pair.reply(&reply, 7, SECRET, at, &settings);
            assert_eq!(pair.outcome(), Outcome::NotReached(Reason::NoAnswer), "{reply:?}");
        }
        pair.reply(&good, 7, SECRET, at, &settings);
        assert!(pair.settled);
        let reached = Outcome::Reached { round_trip: Duration::from_micros(50), measured: None };
        assert_eq!(pair.outcome(), reached);
    }

    #[test]
    fn what_is_measured_begins_with_the_first_answer() {
        let settings = Settings { count: 3, ..Settings::default() };
        let data = SECRET.to_ne_bytes();
        let mut pair = pair(&settings);
        let at = pair.sent[0].at;
        // Asked twice before the first answer: the late one does not count.
        pair.sent.push(Sent { at, answered: false });
        pair.reply(&reply(1, &data), 7, SECRET, at, &settings);
        assert!(!pair.settled && pair.measuring == Some(2));
        pair.reply(&reply(2, &data), 7, SECRET, at, &settings);
        for sent in 1..=3 {
            pair.sent.push(Sent { at, answered: false });
            pair.measured.sent = sent;
        }
        let notice = Notice { kind: 3, code: 1, rest: 0, destination: pair.target, id: 7, seq: 4 };
        (0..3).for_each(|_| pair.notice(&notice, 7, [10, 0, 0, 1].into()));
        for (seq, us) in [(5, 30), (3, 10), (3, 99)] {
            pair.reply(&reply(seq, &data), 7, SECRET, at + Duration::from_micros(us), &settings);
        }
        pair.give_up();
        assert!(!pair.settled, "it waits for the third");
        let us = Duration::from_micros;
        let measured = Measured { sent: 3, received: 2, shortest: us(10), longest: us(30), sum: us(40) };
        assert_eq!(pair.outcome(), Outcome::Reached { round_trip: Duration::ZERO, measured: Some(measured) });
        assert_eq!((measured.average(), measured.lost()), (us(20), 1));
        pair.reply(&reply(4, &data), 7, SECRET, at, &settings);
        assert!(pair.settled);
    }

    #[test]
    fn a_refusal_is_believed_the_third_time() {
        let mut pair = pair(&Settings::default());
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
        let mut pair = pair(&Settings::default());
        let notice = Notice { kind: 5, code: 1, rest: 0, destination: pair.target, id: 7, seq: 1 };
        pair.notice(&notice, 7, [10, 0, 0, 1].into());
        pair.notice(&Notice { kind: 3, id: 8, ..notice }, 7, [10, 0, 0, 1].into());
        pair.notice(&Notice { kind: 3, seq: 2, ..notice }, 7, [10, 0, 0, 1].into());
        assert_eq!((pair.refusals, pair.outcome()), (0, Outcome::NotReached(Reason::NoAnswer)));
    }
}
