use proptest::prelude::*;

use super::*;
use crate::probe::packet::Reply;

const DATA: &[u8] = b"a secret";

fn target() -> IpAddr {
    [10, 0, 9, 9].into()
}

fn router(n: u8) -> IpAddr {
    [10, 0, n, 1].into()
}

struct Lab {
    walk: Walk,
    start: Instant,
    /// What was sent: time to live and number.
    sent: Vec<(u8, u16)>,
}

impl Lab {
    fn new(settings: Settings) -> Self {
        let start = Instant::now();
        Self { walk: Walk::new(target(), settings, 7, start), start, sent: Vec::new() }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// Sends all that is to be sent at an instant, and says what comes then.
    fn run(&mut self, ms: u64) -> Step {
        let now = self.at(ms);
        for _ in 0..1000 {
            match self.walk.next(now) {
                Step::Send { ttl, seq } => {
                    self.sent.push((ttl, seq));
                    self.walk.sent(seq, now);
                }
                step => return step,
            }
        }
        panic!("it does not stop sending");
    }

    fn arrive(&mut self, ms: u64, from: IpAddr, message: Message<'_>) -> bool {
        let arrival = Arrival { at: self.at(ms), from, scope: 0, ttl: 64, len: 16, message };
        self.walk.arrived(&arrival, DATA)
    }

    fn pass(&mut self, ms: u64, seq: u16, from: IpAddr) -> bool {
        self.notice(ms, seq, from, 11, 0)
    }

    fn notice(&mut self, ms: u64, seq: u16, from: IpAddr, kind: u8, code: u8) -> bool {
        let notice = Notice { kind, code, rest: 0, destination: target(), id: 7, seq };
        self.arrive(ms, from, Message::Notice(notice))
    }

    fn reach(&mut self, ms: u64, seq: u16) -> bool {
        self.arrive(ms, target(), Message::Reply(Reply { id: 7, seq, data: DATA, intact: true }))
    }

    fn hops(&self) -> Vec<Option<IpAddr>> {
        self.walk.found().hops.iter().map(|hop| hop.answer.map(|answer| answer.from)).collect()
    }
}

#[test]
fn a_window_is_asked_at_once_and_the_end_ends_it() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.run(0), Step::Wait(lab.at(100)));
    assert_eq!(lab.sent, (1..=8).map(|ttl| (ttl, u16::from(ttl))).collect::<Vec<_>>());
    assert!(lab.pass(1, 1, router(1)) && lab.pass(1, 2, router(2)));
    for seq in 3..=8 {
        assert!(lab.reach(2, seq));
    }
    assert_eq!(lab.run(2), Step::Done);
    assert_eq!(lab.hops(), [Some(router(1)), Some(router(2)), Some(target())]);
    let found = lab.walk.found();
    assert_eq!(found.ended, Ended::Reached);
    assert_eq!(found.hops[2].answer.unwrap().round_trip, Duration::from_millis(2));
}

#[test]
fn more_hops_are_asked_when_these_have_answered_or_after_a_while() {
    let mut lab = Lab::new(Settings::default());
    lab.run(0);
    for seq in 1..=8 {
        lab.pass(1, seq, router(seq as u8));
    }
    lab.run(1);
    assert_eq!(lab.sent.len(), 16);
    lab.run(101);
    assert_eq!(lab.sent.len(), 24);
    assert!(lab.reach(101, 9));
    assert_eq!(lab.run(101), Step::Done);
    assert_eq!(lab.hops().len(), 9);
}

#[test]
fn a_silent_hop_is_asked_again_and_then_passed_over() {
    let mut lab = Lab::new(Settings::default());
    lab.run(0);
    lab.pass(1, 1, router(1));
    lab.reach(1, 3);
    for (last, next) in [(1, 150), (150, 450), (450, 1050), (1050, 1200)] {
        assert_eq!(lab.run(last), Step::Wait(lab.at(next)));
    }
    assert_eq!(lab.sent[8..], [(2, 0x102), (2, 0x202), (2, 0x302)]);
    assert_eq!(lab.run(1200), Step::Done);
    assert_eq!(lab.hops(), [Some(router(1)), None, Some(target())]);
}

#[test]
fn a_late_answer_to_the_second_request_is_timed_by_that() {
    let mut lab = Lab::new(Settings::default());
    lab.run(0);
    lab.run(200);
    assert!(lab.pass(205, 0x101, router(1)));
    assert_eq!(lab.walk.found().hops[0].answer.unwrap().round_trip, Duration::from_millis(5));
}

#[test]
fn a_refusal_ends_it_with_who_says_so() {
    let mut lab = Lab::new(Settings::default());
    lab.run(0);
    lab.pass(1, 1, router(1));
    for seq in 2..=8 {
        lab.notice(1, seq, router(2), 3, 0);
    }
    assert_eq!(lab.run(1), Step::Done);
    let found = lab.walk.found();
    assert_eq!((found.hops.len(), found.ended), (2, Ended::Refused));
    assert_eq!(found.hops[1].answer.unwrap().says, Says::Refused { kind: 3, code: 0 });
}

#[test]
fn a_circle_is_seen_when_somebody_comes_again() {
    let mut lab = Lab::new(Settings::default());
    lab.run(0);
    for seq in 1..=8 {
        lab.pass(1, seq, router(1 + (seq as u8 - 1) % 2));
    }
    assert_eq!(lab.run(1), Step::Done);
    let found = lab.walk.found();
    assert_eq!((found.hops.len(), found.ended), (3, Ended::Loop { first: 1 }));
}

#[test]
fn a_router_that_counts_twice_is_no_circle() {
    let mut lab = Lab::new(Settings::default());
    lab.run(0);
    for (seq, from) in [(1, router(1)), (2, router(1)), (3, router(2))] {
        lab.pass(1, seq, from);
    }
    lab.reach(1, 4);
    assert_eq!(lab.run(1), Step::Done);
    assert_eq!(lab.walk.found().ended, Ended::Reached);
}

#[test]
fn nobody_behind_the_first_hop() {
    let mut lab = Lab::new(Settings { most_hops: 10, ..Settings::default() });
    lab.run(0);
    lab.pass(1, 1, router(1));
    for ms in (100..5000).step_by(100) {
        assert!(matches!(lab.run(ms), Step::Wait(_)));
    }
    assert_eq!(lab.run(5000), Step::Done);
    assert_eq!(lab.sent.len(), 1 + 9 * 4);
    let found = lab.walk.found();
    assert_eq!((found.hops.len(), found.ended), (1, Ended::NoAnswer));
}

#[test]
fn what_the_own_kernel_refuses_is_over_at_once() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.walk.next(lab.start), Step::Send { ttl: 1, seq: 1 });
    lab.walk.refused(101);
    assert_eq!(lab.run(0), Step::Done);
    assert_eq!(lab.walk.found(), Trace { hops: Vec::new(), ended: Ended::Unsent { errno: 101 } });
}

#[test]
fn a_full_buffer_is_tried_again() {
    let mut lab = Lab::new(Settings { most_hops: 1, ..Settings::default() });
    lab.walk.postponed(1, lab.start);
    assert_eq!(lab.run(0), Step::Wait(lab.at(5)));
    lab.run(5);
    assert_eq!(lab.sent, [(1, 1)]);
}

#[test]
fn what_is_forged_does_not_count() {
    let mut lab = Lab::new(Settings::default());
    lab.run(0);
    let good = Reply { id: 7, seq: 1, data: DATA, intact: true };
    for reply in [
        Reply { id: 8, ..good },
        Reply { seq: 0, ..good },
        Reply { seq: 9, ..good },
        Reply { seq: 0x101, ..good },
        Reply { data: b"a guess!", ..good },
        Reply { data: b"a secre", ..good },
        Reply { intact: false, ..good },
    ] {
        assert!(!lab.arrive(1, target(), Message::Reply(reply)), "{reply:?}");
    }
    let notice = Notice { kind: 11, code: 0, rest: 0, destination: target(), id: 7, seq: 1 };
    for notice in [
        Notice { id: 8, ..notice },
        Notice { seq: 0x201, ..notice },
        Notice { destination: router(1), ..notice },
        Notice { kind: 5, ..notice },
        Notice { code: 1, ..notice },
    ] {
        assert!(!lab.arrive(1, router(1), Message::Notice(notice)), "{notice:?}");
    }
    assert_eq!(lab.hops(), []);
}

proptest! {
    /// Whatever comes in, and whenever, it ends by its deadline, and says nothing of hops that it did not ask.
    #[test]
    fn it_always_ends(
        most_hops in 0_u8..=255,
        tries in 0_u8..=255,
        events in prop::collection::vec((any::<u16>(), any::<u8>(), any::<u8>(), 0_u64..300, any::<bool>()), 0..60),
    ) {
        let mut lab = Lab::new(Settings { most_hops, tries, retry: Duration::from_millis(100), ..Settings::default() });
        let mut ms = 0;
        for (seq, kind, code, later, reply) in events {
            ms += later;
            lab.run(ms);
            if reply {
                lab.reach(ms, seq & 0x3ff);
            } else {
                lab.notice(ms, seq & 0x3ff, router(seq as u8 % 8), kind % 13, code % 3);
            }
        }
        prop_assert_eq!(lab.run(ms.max(5000)), Step::Done);
        let found = lab.walk.found();
        prop_assert!(found.hops.len() <= usize::from(most_hops.max(1)));
        prop_assert!(lab.sent.iter().all(|(ttl, _)| (1..=most_hops.max(1)).contains(ttl)));
    }
}
