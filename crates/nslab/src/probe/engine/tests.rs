use proptest::prelude::*;

use super::*;

const SECRET: u64 = 0x0123_4567_89ab_cdef;

fn target() -> IpAddr {
    [10, 0, 0, 2].into()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct Lab {
    session: Session,
    start: Instant,
}

impl Lab {
    fn new(settings: Settings) -> Self {
        Self { session: Session::new(target(), settings, 7, SECRET), start: Instant::now() }
    }

    fn next(&self, at: u64) -> Step {
        self.session.next(self.start + ms(at))
    }

    #[track_caller]
    fn send(&mut self, at: u64, seq: u16) {
        assert_eq!(self.next(at), Step::Send(seq));
        self.session.sent(self.start + ms(at));
    }

    fn data(&self, seq: u16) -> Vec<u8> {
        let mut data = Vec::new();
        self.session.request_data(seq, &mut data);
        data
    }

    fn arrival<'a>(&self, at: u64, message: Message<'a>) -> Arrival<'a> {
        Arrival { at: self.start + ms(at), from: target(), scope: 0, ttl: 64, len: 64, message }
    }

    /// A sound reply; whether it was taken for one.
    fn answer(&mut self, at: u64, seq: u16) -> bool {
        let data = self.data(seq);
        let message = Message::Reply(Reply { id: 7, seq, data: &data, intact: true });
        let arrival = self.arrival(at, message);
        self.session.arrived(&arrival).is_some()
    }

    fn refuse(&mut self, at: u64, seq: u16) -> bool {
        let message = Message::Notice(Notice { kind: 3, code: 1, rest: 0, destination: target(), id: 7, seq });
        let arrival = self.arrival(at, message);
        self.session.arrived(&arrival).is_some()
    }

    fn wait(&self, at: u64) -> Step {
        Step::Wait(Some(self.start + ms(at)))
    }
}

fn counted(count: u64) -> Settings {
    Settings { count: Some(count), ..Settings::default() }
}

#[test]
fn three_requests_a_second_apart_and_the_end_with_the_last_reply() {
    let mut lab = Lab::new(counted(3));
    for seq in 1..=3 {
        let at = u64::from(seq - 1) * 1000;
        lab.send(at, seq);
        assert!(lab.answer(at + 1, seq));
        let expected = if seq < 3 { lab.wait(at + 1000) } else { Step::Done };
        assert_eq!(lab.next(at + 1), expected);
    }
    let statistics = lab.session.statistics();
    assert_eq!((statistics.transmitted, statistics.received, statistics.elapsed), (3, 3, ms(2000)));
}

#[test]
fn without_any_reply_the_last_wait_is_the_linger() {
    let mut lab = Lab::new(Settings { linger: Some(ms(300)), ..counted(1) });
    lab.send(0, 1);
    assert_eq!(lab.next(299), lab.wait(300));
    assert_eq!(lab.next(300), Step::Done);
}

#[test]
fn no_linger_waits_for_ever() {
    let mut lab = Lab::new(Settings { linger: None, ..counted(1) });
    lab.send(0, 1);
    assert_eq!(lab.next(1_000_000), Step::Wait(None));
}

#[test]
fn after_a_reply_the_last_wait_is_two_round_trips_or_the_interval() {
    let mut lab = Lab::new(Settings { interval: ms(100), ..counted(2) });
    lab.send(0, 1);
    assert!(lab.answer(80, 1));
    lab.send(100, 2);
    assert_eq!(lab.next(101), lab.wait(260));

    let mut lab = Lab::new(Settings { interval: ms(200), ..counted(2) });
    lab.send(0, 1);
    assert!(lab.answer(1, 1));
    lab.send(200, 2);
    assert_eq!(lab.next(201), lab.wait(400));
}

#[test]
fn errors_count_towards_the_end() {
    let mut lab = Lab::new(counted(1));
    lab.send(0, 1);
    assert!(lab.refuse(5, 1));
    assert_eq!(lab.next(5), Step::Done);
    assert_eq!(lab.session.statistics().errors, 1);
}

#[test]
fn with_a_deadline_the_count_is_of_replies() {
    let mut lab = Lab::new(Settings { interval: ms(200), deadline: Some(ms(1000)), ..counted(2) });
    for (at, seq) in [(0, 1), (200, 2), (400, 3), (600, 4), (800, 5)] {
        lab.send(at, seq);
    }
    assert_eq!(lab.next(801), lab.wait(1000));
    assert_eq!(lab.next(1000), Step::Done);
}

#[test]
fn with_a_deadline_the_first_error_ends_it() {
    let mut lab = Lab::new(Settings { deadline: Some(ms(1000)), ..Settings::default() });
    lab.send(0, 1);
    assert!(lab.refuse(1, 1));
    assert_eq!(lab.next(1), Step::Done);
}

#[test]
fn an_interval_of_zero_sends_with_the_reply_or_after_ten_milliseconds() {
    let mut lab = Lab::new(Settings { interval: Duration::ZERO, ..Settings::default() });
    lab.send(0, 1);
    assert_eq!(lab.next(1), lab.wait(10));
    assert!(lab.answer(1, 1));
    lab.send(1, 2);
    assert_eq!(lab.next(2), lab.wait(11));
    lab.send(11, 3);
}

#[test]
fn a_full_buffer_delays_and_does_not_count() {
    let mut lab = Lab::new(counted(1));
    let now = lab.start;
    assert_eq!(lab.next(0), Step::Send(1));
    lab.session.postponed(now);
    assert_eq!(lab.session.statistics().transmitted, 0);
    assert!(matches!(lab.next(5), Step::Wait(Some(_))));
    assert_eq!(lab.next(1000), Step::Send(1));
}

#[test]
fn what_was_never_sent_is_not_ours() {
    let mut lab = Lab::new(counted(3));
    assert!(!lab.answer(0, 1));
    lab.send(0, 1);
    assert!(!lab.answer(1, 2), "a number of the future");
    assert!(!lab.answer(1, 0), "a number of another round");
    assert!(!lab.refuse(1, 2));
    assert_eq!(lab.session.statistics().received, 0);
}

#[test]
fn another_sessions_reply_is_not_ours() {
    let mut lab = Lab::new(counted(3));
    lab.send(0, 1);
    let data = lab.data(1);
    let reply = Message::Reply(Reply { id: 8, seq: 1, data: &data, intact: true });
    let arrival = lab.arrival(1, reply);
    assert_eq!(lab.session.arrived(&arrival), None);
}

#[test]
fn a_reply_that_does_not_know_the_secret_is_forged() {
    let mut lab = Lab::new(counted(3));
    lab.send(0, 1);
    let mut data = lab.data(1);
    data[3] ^= 1;
    let arrival = lab.arrival(1, Message::Reply(Reply { id: 7, seq: 1, data: &data, intact: true }));
    assert_eq!(lab.session.arrived(&arrival), None);
    assert_eq!(lab.session.statistics().received, 0);
}

#[test]
fn a_wrong_checksum_is_told_and_not_counted() {
    let mut lab = Lab::new(counted(1));
    lab.send(0, 1);
    let data = lab.data(1);
    let arrival = lab.arrival(1, Message::Reply(Reply { id: 7, seq: 1, data: &data, intact: false }));
    assert!(matches!(lab.session.arrived(&arrival), Some(Event::Reply(ReplyEvent { corrupted: true, .. }))));
    let statistics = lab.session.statistics();
    assert_eq!((statistics.received, statistics.corrupted), (0, 1));
    assert_eq!(statistics.round_trips(), None);
    assert!(lab.answer(2, 1), "the real one still counts");
    assert_eq!(lab.session.statistics().received, 1);
    assert_eq!(lab.session.statistics().duplicates, 0);
}

#[test]
fn duplicates_are_timed_but_are_no_replies() {
    let mut lab = Lab::new(counted(2));
    lab.send(0, 1);
    assert!(lab.answer(1, 1));
    assert!(lab.answer(3, 1));
    let statistics = lab.session.statistics();
    assert_eq!((statistics.received, statistics.duplicates), (1, 1));
    assert_eq!(statistics.round_trips().unwrap().avg, ms(2));
}

#[test]
fn changed_and_missing_data_are_told() {
    let mut lab = Lab::new(counted(2));
    lab.send(0, 1);
    let mut data = lab.data(1);
    data[20] = b'X';
    let arrival = lab.arrival(1, Message::Reply(Reply { id: 7, seq: 1, data: &data[..30], intact: true }));
    let Some(Event::Reply(reply)) = lab.session.arrived(&arrival) else { panic!("not taken") };
    assert!(reply.truncated);
    assert_eq!(reply.wrong_byte, Some(WrongByte { at: 20, sent: 20, got: b'X' }));
}

#[test]
fn short_data_has_no_time() {
    let mut lab = Lab::new(Settings { data_len: 15, ..counted(1) });
    lab.send(0, 1);
    assert_eq!(lab.data(1), (0..15).collect::<Vec<u8>>());
    assert!(lab.answer(1, 1));
    assert_eq!(lab.session.statistics().received, 1);
    assert_eq!(lab.session.statistics().round_trips(), None);
}

#[test]
fn redirects_are_told_and_are_no_errors() {
    let mut lab = Lab::new(counted(1));
    lab.send(0, 1);
    let notice = Notice { kind: v4::REDIRECT, code: 1, rest: 0, destination: target(), id: 7, seq: 1 };
    let arrival = lab.arrival(1, Message::Notice(notice));
    assert!(matches!(lab.session.arrived(&arrival), Some(Event::Notice { error: false, .. })));
    assert_eq!(lab.session.statistics().errors, 0);
}

#[test]
fn a_notice_about_another_destination_is_not_ours() {
    let mut lab = Lab::new(counted(1));
    lab.send(0, 1);
    let notice = Notice { kind: 3, code: 1, rest: 0, destination: [10, 0, 0, 3].into(), id: 7, seq: 1 };
    let arrival = lab.arrival(1, Message::Notice(notice));
    assert_eq!(lab.session.arrived(&arrival), None);
}

#[test]
fn the_pipe_is_how_many_were_on_their_way() {
    let mut lab = Lab::new(Settings { interval: ms(100), ..counted(4) });
    for seq in 1..=4 {
        lab.send(u64::from(seq - 1) * 100, seq);
    }
    for seq in 1..=4 {
        assert!(lab.refuse(400, seq));
    }
    assert_eq!(lab.session.statistics().pipe, 4);
}

#[test]
fn numbers_begin_again_after_65536_requests() {
    let mut lab = Lab::new(Settings { interval: ms(1), ..Settings::default() });
    for number in 1..=65_537_u64 {
        lab.send(number, number as u16);
        assert!(lab.answer(number, number as u16));
    }
    let statistics = lab.session.statistics();
    assert_eq!((statistics.received, statistics.duplicates, statistics.pipe), (65_537, 0, 1));
}

/// The values are those that ping 20240905 printed for the same times.
#[test]
fn mean_deviation_and_moving_average_are_those_of_iputils() {
    for (times, avg, mdev) in [(vec![832, 59], 445, 386), (vec![39, 8, 6], 17, 15), (vec![43, 57, 59], 53, 7)] {
        let mut statistics = Statistics::default();
        for time in times {
            statistics.count_reply(false, Some(Duration::from_micros(time)));
        }
        let found = statistics.round_trips().unwrap();
        assert_eq!((found.avg.as_micros(), found.mdev.as_micros()), (avg, mdev));
    }
    let mut statistics = Statistics::default();
    for time in [39, 8, 6] {
        statistics.count_reply(false, Some(Duration::from_micros(time)));
    }
    assert_eq!(statistics.round_trips().unwrap().ewma.as_micros(), 31);
}

#[test]
fn loss_needs_a_request() {
    let mut statistics = Statistics::default();
    assert_eq!((statistics.loss_percent(), statistics.gap()), (None, None));
    statistics.transmitted = 4;
    statistics.received = 3;
    assert_eq!(statistics.loss_percent(), Some(25.0));
}

#[test]
fn a_reply_too_short_for_the_secret_is_none() {
    let mut lab = Lab::new(counted(3));
    lab.send(0, 1);
    let data = lab.data(1);
    for len in 0..TIMED_LEN {
        let arrival = lab.arrival(1, Message::Reply(Reply { id: 7, seq: 1, data: &data[..len], intact: true }));
        assert_eq!(lab.session.arrived(&arrival), None, "{len} bytes");
    }
    assert_eq!(lab.session.statistics().received, 0);
}

#[test]
fn a_preload_leaves_at_once_and_may_be_made_up_for() {
    let mut lab = Lab::new(Settings { interval: ms(100), preload: 3, ..Settings::default() });
    for seq in 1..=3 {
        lab.send(0, seq);
    }
    assert_eq!(lab.next(0), lab.wait(100));
    lab.send(100, 4);
    // Whoever is late by three intervals may send three.
    for seq in 5..=7 {
        lab.send(500, seq);
    }
    assert_eq!(lab.next(500), lab.wait(600));
}

#[test]
fn without_an_interval_no_more_than_the_preload_is_on_its_way() {
    let mut lab = Lab::new(Settings { interval: Duration::ZERO, preload: 2, ..Settings::default() });
    lab.send(0, 1);
    lab.send(0, 2);
    assert_eq!(lab.next(0), lab.wait(10));
    assert!(lab.answer(1, 1));
    lab.send(1, 3);
    assert_eq!(lab.session.on_their_way(), 2);
}

#[test]
fn an_adaptive_interval_follows_the_round_trips() {
    let mut lab = Lab::new(Settings { adaptive: Some(Duration::ZERO), ..Settings::default() });
    lab.send(0, 1);
    assert_eq!(lab.next(1), lab.wait(1000));
    assert!(lab.answer(80, 1));
    lab.send(80, 2);
    assert_eq!(lab.next(81), lab.wait(160));
    assert!(lab.answer(80, 2));
    // The average is 70 ms by now.
    assert_eq!(lab.next(81), lab.wait(150));
    let mut lab = Lab::new(Settings { adaptive: Some(ms(2)), ..Settings::default() });
    lab.send(0, 1);
    assert!(lab.answer(1, 1));
    assert_eq!(lab.next(1), lab.wait(2));
}

#[test]
fn a_refusal_by_the_own_kernel_is_a_lost_request() {
    let mut lab = Lab::new(Settings { interval: Duration::ZERO, ..Settings::default() });
    let now = lab.start;
    assert_eq!(lab.session.refused(now, EMSGSIZE), Event::Refused { errno: EMSGSIZE, error: true });
    assert_eq!(lab.next(1), lab.wait(10));
    assert_eq!(lab.session.refused(now, 113), Event::Refused { errno: 113, error: false });
    assert_eq!((lab.session.statistics().transmitted, lab.session.statistics().errors), (2, 1));
}

#[test]
fn the_last_request_is_unanswered_until_it_is() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.session.unanswered(), None);
    lab.send(0, 1);
    assert_eq!(lab.session.unanswered(), Some(1));
    assert!(lab.refuse(1, 1));
    assert_eq!(lab.session.unanswered(), Some(1), "an error is no answer");
    assert!(lab.answer(2, 1));
    assert_eq!(lab.session.unanswered(), None);
}

#[test]
fn answers_of_others_are_told_or_passed_over() {
    let from: IpAddr = [10, 0, 0, 3].into();
    for (settings, told) in [
        (Settings::default(), Some(true)),
        (Settings { any_address: true, ..Settings::default() }, Some(false)),
        (Settings { only_target: true, ..Settings::default() }, None),
    ] {
        let mut lab = Lab::new(settings);
        lab.send(0, 1);
        let data = lab.data(1);
        let arrival = lab.arrival(1, Message::Reply(Reply { id: 7, seq: 1, data: &data, intact: true }));
        let found = match lab.session.arrived(&Arrival { from, ..arrival }) {
            Some(Event::Reply(reply)) => Some(reply.other_address),
            _ => None,
        };
        assert_eq!(found, told);
    }
}

#[test]
fn the_data_is_the_pattern_behind_the_secret() {
    let pattern = Pattern::new(&[1, 2, 3]);
    let lab = Lab::new(Settings { data_len: 20, pattern, ..Settings::default() });
    // As if it had begun with the data.
    assert_eq!(lab.data(1)[16..], [2, 3, 1, 2]);
    let lab = Lab::new(Settings { data_len: 4, pattern, ..Settings::default() });
    assert_eq!(lab.data(1), [1, 2, 3, 1]);
}

proptest! {
    /// Whatever somebody sends who does not know the secret, and in whatever order: nothing of it is an answer, the
    /// session goes on, and the true answer counts.
    #[test]
    fn nobody_answers_who_does_not_know_the_secret(
        packets in prop::collection::vec(
            (any::<bool>(), prop::sample::select(vec![7_u16, 8]), 0_u16..6, prop::collection::vec(any::<u8>(), 0..80), 0_u8..20, any::<u8>()),
            0..50,
        ),
        preload in 1_u32..4,
        data_len in TIMED_LEN..70,
    ) {
        let mut lab = Lab::new(Settings { preload, data_len, interval: ms(100), ..Settings::default() });
        for (at, (reply, id, seq, data, kind, code)) in packets.iter().enumerate() {
            let now = lab.start + ms(at as u64);
            if matches!(lab.session.next(now), Step::Send(_)) {
                lab.session.sent(now);
            }
            let message = if *reply {
                Message::Reply(Reply { id: *id, seq: *seq, data, intact: true })
            } else {
                Message::Notice(Notice { kind: *kind, code: *code, rest: 0, destination: target(), id: *id, seq: *seq })
            };
            let arrival = lab.arrival(at as u64, message);
            let known = *id == 7 && u64::from(*seq) <= lab.session.statistics().transmitted && *seq > 0;
            let event = lab.session.arrived(&arrival).is_some();
            prop_assert!(!event || (known && !reply));
        }
        let statistics = lab.session.statistics();
        prop_assert_eq!((statistics.received, statistics.duplicates, statistics.corrupted), (0, 0, 0));
        if statistics.transmitted > 0 {
            prop_assert!(lab.answer(1000, 1));
            prop_assert_eq!(lab.session.statistics().received, 1);
        }
    }
}
