//! Against a fake kernel, which says what a real one says only on a bad day.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;

use super::*;
use crate::namespace::Namespace;
use crate::netlink::fake::{self, Answers, FakeKernel, acknowledge, done, message};
use crate::ops;
use crate::ops::route::{Change, NextHop, RouteConfig};
use crate::wire::consts::{
    IFA_LOCAL, IFLA_IFNAME, NETNSA_NSID, NLM_F_MULTI, NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS, RTM_GETADDR, RTM_GETLINK,
    RTM_GETNSID, RTM_GETROUTE, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNSID, RTM_NEWROUTE,
};

fn connect<F: FnMut(&Message<'_>) -> Answers>(answer: F) -> Connection<FakeKernel<F>> {
    Connection::new(FakeKernel::new(answer))
}

fn ask(kind: u16) -> Request {
    Request::new(kind, 0, &[0; 16])
}

fn what() -> String {
    "asking".into()
}

/// A message of a dump: a link with an index and a name.
fn link(request: &Message<'_>, flags: u16, index: u8) -> Vec<u8> {
    let mut header = [0; 16];
    header[4] = index;
    let mut link = Request::new(RTM_NEWLINK, 0, &header);
    link.string(IFLA_IFNAME, b"veth0");
    let bytes = link.finish(0, 0);
    message(RTM_NEWLINK, NLM_F_MULTI | flags, request.header.sequence, &bytes[16..])
}

/// The end of a dump that failed, with the kernel's words.
fn failed(request: &Message<'_>, errno: i32) -> Vec<u8> {
    let mut body = Vec::from((-errno).to_ne_bytes());
    body.extend([7, 0]);
    body.extend(NLMSGERR_ATTR_MSG.to_ne_bytes());
    body.extend(b"no\0\0");
    message(NLMSG_DONE, NLM_F_MULTI, request.header.sequence, &body)
}

fn ack(request: &Message<'_>) -> Vec<u8> {
    acknowledge(request, 0, None)
}

fn indexes(bytes: &[u8]) -> Vec<u8> {
    Messages::new(bytes).map(|message| message.unwrap().body[4]).collect()
}

#[test]
fn a_dump_is_read_over_several_datagrams() {
    let mut connection = connect(|r| {
        let first = [link(r, 0, 1), link(r, 0, 2)].concat();
        vec![Ok(first), Ok(link(r, 0, 3)), Ok([link(r, 0, 4), done(r.header.sequence, NLM_F_MULTI)].concat())]
    });
    assert_eq!(indexes(&connection.dump(&ask(RTM_GETLINK), what).unwrap()), [1, 2, 3, 4]);
    // An end in a datagram of its own, and nothing before it.
    let mut connection = connect(|r| vec![Ok(done(r.header.sequence, NLM_F_MULTI))]);
    assert!(connection.dump(&ask(RTM_GETLINK), what).unwrap().is_empty());
}

#[test]
fn an_interrupted_dump_is_asked_for_again() {
    let asked = Cell::new(0);
    // Said in a message in the middle, then at the end only, then not.
    let mut connection = connect(|r| {
        asked.set(asked.get() + 1);
        let flag = |when| if asked.get() == when { NLM_F_DUMP_INTR } else { 0 };
        let bytes = [link(r, flag(1), asked.get()), link(r, 0, 9), done(r.header.sequence, flag(2))].concat();
        vec![Ok(bytes)]
    });
    assert_eq!(indexes(&connection.dump(&ask(RTM_GETLINK), what).unwrap()), [3, 9]);
    assert_eq!(asked.get(), 3);
    let dumped = connect(|r| vec![Ok([link(r, NLM_F_DUMP_INTR, 1), done(r.header.sequence, 0)].concat())]).dump_each(
        ask(RTM_GETLINK),
        what,
        |_| Ok(()),
    );
    assert!(dumped.unwrap().interrupted);
}

#[test]
fn a_dump_that_never_stands_still_ends() {
    let asked = Cell::new(0);
    let mut connection = connect(|r| {
        asked.set(asked.get() + 1);
        vec![Ok(done(r.header.sequence, NLM_F_DUMP_INTR))]
    });
    let error = connection.dump(&ask(RTM_GETLINK), what).unwrap_err();
    assert_eq!((error.kind(), asked.get()), (ErrorKind::Busy, DUMP_TRIES));
    assert_eq!(error.to_string(), "asking: it changed each of 20 times it was read");
    // Where answers are lost each time, that is what it says.
    let error = connect(|_| vec![Err(Errno::NOBUFS)]).dump(&ask(RTM_GETLINK), what).unwrap_err();
    assert_eq!((error.errno(), error.kind()), (Some(libc::ENOBUFS), ErrorKind::Kernel));
}

/// The receive buffer ran over. What was not lost of the answers comes late, and is nobody's.
#[test]
fn lost_answers() {
    let asked = Cell::new(0);
    let answer = |r: &Message<'_>| {
        asked.set(asked.get() + 1);
        let rest = [link(r, 0, asked.get()), done(r.header.sequence, 0)].concat();
        if asked.get() == 1 { vec![Err(Errno::NOBUFS), Ok(rest)] } else { vec![Ok(rest)] }
    };
    assert_eq!(indexes(&connect(answer).dump(&ask(RTM_GETLINK), what).unwrap()), [2]);

    asked.set(0);
    let mut connection = connect(answer);
    let error = connection.dump_each(ask(RTM_GETLINK), what, |_| Ok(())).unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOBUFS));
    assert_eq!(error.to_string(), "asking: No buffer space available");
    assert_eq!(indexes(&connection.dump(&ask(RTM_GETLINK), what).unwrap()), [2]);

    let overrun = |r: &Message<'_>| vec![Ok(message(NLMSG_OVERRUN, 0, r.header.sequence, &[]))];
    assert_eq!(connect(overrun).request(ask(RTM_NEWLINK), what).unwrap_err().errno(), Some(libc::ENOBUFS));
    assert_eq!(connect(overrun).dump(&ask(RTM_NEWLINK), what).unwrap_err().errno(), Some(libc::ENOBUFS));
}

#[test]
fn the_kernels_words_and_offset_end_in_the_error() {
    let refuse = |r: &Message<'_>| {
        let mut bytes = acknowledge(r, libc::EINVAL, Some("Unknown device type"));
        bytes.extend([8, 0]);
        bytes.extend(NLMSGERR_ATTR_OFFS.to_ne_bytes());
        bytes.extend(36_u32.to_ne_bytes());
        let len = u32::try_from(bytes.len()).unwrap();
        bytes[..4].copy_from_slice(&len.to_ne_bytes());
        vec![Ok(bytes)]
    };
    let error = connect(refuse).request(ask(RTM_NEWLINK), what).unwrap_err();
    assert_eq!(error.to_string(), "asking: Unknown device type");
    assert_eq!((error.kernel_text(), error.errno()), (Some("Unknown device type"), Some(libc::EINVAL)));
    assert_eq!(error.offset(), Some(36));
    let error = connect(refuse).get(ask(RTM_NEWLINK), what, |_| Ok(())).unwrap_err();
    assert_eq!((error.kernel_text(), error.offset()), (Some("Unknown device type"), Some(36)));

    // Without words, those of the number; a success may carry a warning.
    let plain = |r: &Message<'_>| vec![Ok(acknowledge(r, libc::ENODEV, None))];
    let error = connect(plain).request(ask(RTM_NEWLINK), what).unwrap_err();
    assert_eq!((error.to_string(), error.offset()), ("asking: No such device".into(), None));
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let warn = |r: &Message<'_>| vec![Ok(acknowledge(r, 0, Some("deprecated")))];
    assert!(connect(warn).request(ask(RTM_NEWLINK), what).is_ok());
    // Words that are not UTF-8, and an error number that is none.
    let odd = |r: &Message<'_>| {
        let mut bytes = acknowledge(r, i32::MIN, Some("xx"));
        let at = bytes.len() - 6;
        bytes[at] = 0xff;
        vec![Ok(bytes)]
    };
    assert!(connect(odd).request(ask(RTM_NEWLINK), what).is_err());
}

#[test]
fn a_dump_can_fail_at_its_end() {
    let fail = |r: &Message<'_>| vec![Ok(link(r, 0, 1)), Ok(failed(r, libc::EMSGSIZE))];
    let seen = Cell::new(0);
    let count = |_: &Message<'_>| {
        seen.set(seen.get() + 1);
        Ok(())
    };
    let error = connect(fail).dump_each(ask(RTM_GETLINK), what, count).unwrap_err();
    assert_eq!((error.errno(), error.kernel_text(), seen.get()), (Some(libc::EMSGSIZE), Some("no"), 1));
    assert_eq!(connect(fail).dump(&ask(RTM_GETLINK), what).unwrap_err().errno(), Some(libc::EMSGSIZE));
    assert_eq!(connect(fail).echo(ask(RTM_NEWLINK), what, |_| Ok(())).unwrap_err().errno(), Some(libc::EMSGSIZE));
    // Or at its start.
    let refuse = |r: &Message<'_>| vec![Ok(acknowledge(r, libc::EOPNOTSUPP, None))];
    assert_eq!(connect(refuse).dump(&ask(RTM_GETLINK), what).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_get_without_an_answer_is_an_error() {
    let error = connect(|r| vec![Ok(ack(r))]).get(ask(RTM_GETLINK), what, |_| Ok(())).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Reply, "asking: the kernel sent no answer"));
}

/// An error of the one who reads does not leave the rest of the answers to the next request.
#[test]
fn a_readers_error_does_not_spoil_the_next_request() {
    let mut connection = connect(|r| match r.header.kind {
        RTM_GETLINK => vec![Ok(link(r, 0, 1)), Ok([link(r, 0, 2), done(r.header.sequence, 0)].concat())],
        _ => vec![Ok(link(r, 0, 6)), Ok(link(r, 0, 7)), Ok(ack(r))],
    });
    let calls = Cell::new(0);
    let refuse = |_: &Message<'_>| {
        calls.set(calls.get() + 1);
        Err::<(), _>(Error::invalid("no"))
    };
    assert_eq!(connection.dump_each(ask(RTM_GETLINK), what, refuse).unwrap_err().to_string(), "no");
    assert_eq!(connection.get(ask(RTM_GETADDR), what, refuse).unwrap_err().to_string(), "no");
    assert_eq!(connection.echo(ask(RTM_NEWLINK), what, refuse).unwrap_err().to_string(), "no");
    assert_eq!(calls.get(), 3);
    assert_eq!(connection.get(ask(RTM_GETADDR), what, |message| Ok(message.body[4])).unwrap(), 6);
    assert_eq!(connection.echo(ask(RTM_NEWLINK), what, |message| Ok(message.body[4])).unwrap(), 7);
}

#[test]
fn what_answers_somebody_else_is_passed_over() {
    let port = 77_u32;
    let from = |mut bytes: Vec<u8>, port: u32| {
        bytes[12..16].copy_from_slice(&port.to_ne_bytes());
        bytes
    };
    let answer = |r: &Message<'_>| {
        let mut other = *r;
        other.header.sequence += 1;
        let strangers = [
            message(NLMSG_NOOP, 0, r.header.sequence, &[]),
            acknowledge(&other, libc::EPERM, None),
            from(link(&other, NLM_F_DUMP_INTR, 9), port),
            // Somebody else's request with the same number, as a notification shows it.
            from(link(r, NLM_F_DUMP_INTR, 9), 78),
            from(acknowledge(r, libc::EPERM, None), 78),
        ];
        let end = if r.header.flags & NLM_F_DUMP == NLM_F_DUMP { done(r.header.sequence, 0) } else { ack(r) };
        vec![Ok(strangers.concat()), Ok(from(link(r, 0, 1), port)), Ok(from(end, port))]
    };
    let mut connection = Connection::new(FakeKernel::new(answer).with_port(port));
    assert_eq!(indexes(&connection.dump(&ask(RTM_GETLINK), what).unwrap()), [1]);
    assert_eq!(connection.get(ask(RTM_GETLINK), what, |message| Ok(message.body[4])).unwrap(), 1);
    connection.request(ask(RTM_NEWLINK), what).unwrap();
    connection.batch([ask(RTM_NEWLINK), ask(RTM_NEWLINK)], |_| what()).map_err(|(_, error)| error).unwrap();
}

/// Three hundred requests, of which some are refused. The kernel acknowledges what asks for it, and
/// answers to all of a datagram before the first is read.
#[test]
fn errors_of_a_batch_name_the_right_request() {
    let asked = RefCell::new(Vec::new());
    let run = |refuse: &[usize], first_sequence: u32| {
        asked.borrow_mut().clear();
        let mut connection = connect(|r| {
            let at = asked.borrow().len();
            asked.borrow_mut().push(r.header.flags & NLM_F_ACK != 0);
            match r.header.flags & NLM_F_ACK {
                _ if at < 300 && refuse.contains(&at) => {
                    vec![Ok(acknowledge(r, libc::EEXIST, Some(&format!("request {at}"))))]
                }
                0 => vec![],
                _ => vec![Ok(ack(r))],
            }
        });
        connection.sequence = first_sequence.wrapping_sub(1);
        let requests = (0..300).map(|_| ask(RTM_NEWLINK));
        let answer = connection.batch(requests, |at| format!("number {at}"));
        connection.request(ask(RTM_NEWLINK), what).unwrap();
        answer.map_err(|(at, error)| (at, error.to_string()))
    };
    for sequence in [1, 1000, u32::MAX - 299, u32::MAX - 200, u32::MAX - 64, u32::MAX - 1, u32::MAX] {
        assert_eq!(run(&[], sequence), Ok(()), "{sequence}");
        assert_eq!(asked.borrow().len(), 301);
        let acknowledged: Vec<usize> = (0..301).filter(|at| asked.borrow()[*at]).collect();
        assert_eq!(acknowledged, [127, 255, 299, 300], "one answer for every 128 requests");
        for at in [0, 1, 126, 127, 128, 200, 255, 256, 299] {
            assert_eq!(run(&[at], sequence), Err((at, format!("number {at}: request {at}"))), "{sequence}");
            // The first is the one that is told of, and those after it are tried.
            assert_eq!(run(&[at, at + 1, at + 130], sequence), Err((at, format!("number {at}: request {at}"))));
            assert_eq!(asked.borrow().len(), 301);
        }
    }
    assert!(connect(|_| vec![]).batch([], |_| what()).is_ok());
}

/// The send buffer holds some 200 kB: a batch of large requests goes out in several datagrams.
#[test]
fn a_batch_of_large_requests_is_sent_in_parts() {
    struct Counts<T>(T, Vec<usize>);
    impl<T: Transport> Transport for Counts<T> {
        fn send(&mut self, datagram: &[u8]) -> Result<(), Errno> {
            self.1.push(datagram.len());
            self.0.send(datagram)
        }
        fn receive(&mut self, buffer: &mut Vec<u8>) -> Result<(), Errno> {
            self.0.receive(buffer)
        }
    }
    let answer = |r: &Message<'_>| if r.header.flags & NLM_F_ACK == 0 { vec![] } else { vec![Ok(ack(r))] };
    let mut connection = Connection::new(Counts(FakeKernel::new(answer), vec![]));
    let large = |_| {
        let mut request = ask(RTM_NEWLINK);
        request.attribute(1, &[0; 10_000]);
        request
    };
    assert!(connection.batch((0..20).map(large), |_| what()).is_ok());
    let sent = &connection.transport().1;
    assert_eq!((sent.len(), sent.iter().sum::<usize>()), (5, 20 * 10_036));
    assert!(sent.iter().all(|len| *len < 64_000), "{sent:?}");
}

/// The kernel would pass over what is behind an attribute that has no length, and do the rest.
#[test]
fn what_is_too_long_is_never_sent() {
    let huge = || {
        let mut request = ask(RTM_NEWLINK);
        request.nest(1, |nest| {
            nest.attribute(1, &[0; 65_531]);
        });
        request
    };
    let mut connection = connect(|r| {
        assert!(r.body.len() < 1000);
        healthy(r).into_iter().map(Ok).collect()
    });
    let errno = |answer: Result<()>| answer.unwrap_err().errno();
    assert_eq!(errno(connection.request(huge(), what)), Some(libc::EMSGSIZE));
    assert_eq!(errno(connection.get(huge(), what, |_| Ok(()))), Some(libc::EMSGSIZE));
    assert_eq!(errno(connection.dump(&huge(), what).map(drop)), Some(libc::EMSGSIZE));
    let tiny = || ask(RTM_NEWLINK);
    for (batch, first) in [
        (vec![huge()], 0),
        (vec![tiny(), huge()], 1),
        (vec![huge(), huge(), tiny()], 0),
        (vec![tiny(), tiny(), huge(), tiny()], 2),
    ] {
        let (at, error) = connection.batch(batch, |at| format!("number {at}")).unwrap_err();
        assert_eq!((at, error.to_string()), (first, format!("number {first}: Message too long")));
    }
}

#[test]
fn a_batch_that_loses_answers_is_an_error() {
    let error = connect(|_| vec![Err(Errno::NOBUFS)]).batch([ask(RTM_NEWLINK)], |_| what()).unwrap_err();
    assert_eq!((error.0, error.1.errno()), (0, Some(libc::ENOBUFS)));
}

/// What the tests below ask of a kernel whose answers are damaged.
fn everything<F: FnMut(&Message<'_>) -> Answers>(connection: &mut Connection<FakeKernel<F>>) -> Vec<Result<()>> {
    let shown = |link: &ops::link::Link<'_>| {
        let text = format!("{link:?} {:?} {:?} {:?}", link.name(), link.kind(), link.oper_state());
        assert!(!text.is_empty() && link.altnames().count() < 10_000);
        Ok(())
    };
    let address = |address: &ops::address::Address<'_>| {
        let _ = format!("{address:?} {:?} {:?} {:?}", address.prefix(), address.peer(), address.lifetimes());
        Ok(())
    };
    let route = |route: &ops::route::Route<'_>| {
        let hops: Vec<_> = route.nexthops().into_iter().flatten().map(|hop| (hop.gateway(), hop.via())).collect();
        let _ = format!("{route:?} {hops:?} {:?} {:?}", route.metrics(), route.cache_info());
        Ok(())
    };
    vec![
        connection.request(ask(RTM_NEWLINK), what),
        connection.echo(ask(RTM_NEWLINK), what, |message| shown(&ops::link::Link::parse(message)?)),
        ops::route::dump(connection, ops::route::DumpFilter::default(), route).map(drop),
        ops::link::get(connection, ops::link::Select::Index(1), shown),
        ops::link::dump(connection, ops::link::DumpFilter::default(), shown).map(drop),
        ops::address::dump(connection, 0, None, address).map(drop),
        connection.dump(&ask(RTM_GETLINK), what).map(drop),
        ops::nsid::get(connection, &Namespace::current().unwrap()).map(drop),
        connection.batch([ask(RTM_NEWLINK), ask(RTM_NEWLINK)], |_| what()).map_err(|(_, error)| error),
    ]
}

/// The answers of a kernel in good health.
fn healthy(r: &Message<'_>) -> Vec<Vec<u8>> {
    let sequence = r.header.sequence;
    let dump = r.header.flags & NLM_F_DUMP == NLM_F_DUMP;
    let body = |mut request: Request, kind: u16, content: &[u8]| {
        request.attribute(kind, content);
        message(request.clone().finish(0, 0)[4].into(), 0, sequence, &request.finish(0, 0)[16..])
    };
    match r.header.kind {
        RTM_GETADDR => {
            let one = body(Request::new(RTM_NEWADDR, 0, &[2, 24, 0, 0, 1, 0, 0, 0]), IFA_LOCAL, &[192, 0, 2, 1]);
            vec![[one.clone(), one].concat(), done(sequence, 0)]
        }
        RTM_GETROUTE => {
            let hop = |host| NextHop { gateway: Some([192, 0, 2, host].into()), ..NextHop::default() };
            let config = RouteConfig { family: 2, nexthops: vec![hop(1), hop(2)], ..RouteConfig::default() };
            let one = message(RTM_NEWROUTE, 0, sequence, &config.request(Change::Add).finish(0, 0)[16..]);
            vec![one, done(sequence, 0)]
        }
        RTM_GETLINK if dump => vec![link(r, 0, 1), [link(r, 0, 2), done(sequence, 0)].concat()],
        RTM_GETLINK => vec![link(r, 0, 1)],
        RTM_GETNSID => vec![body(Request::new(RTM_NEWNSID, 0, &[0; 4]), NETNSA_NSID, &[1, 0, 0, 0])],
        _ if r.header.flags & NLM_F_ECHO != 0 => vec![link(r, 0, 1), ack(r)],
        _ if r.header.flags & NLM_F_ACK != 0 => vec![acknowledge(r, 0, Some("in good health."))],
        _ => vec![],
    }
}

#[test]
fn a_healthy_kernel_is_understood() {
    let mut connection = connect(|r| healthy(r).into_iter().map(Ok).collect());
    for (at, answer) in everything(&mut connection).into_iter().enumerate() {
        answer.unwrap_or_else(|error| panic!("{at}: {error}"));
    }
}

/// Whichever datagram is cut, and wherever: an error, and then the end. Only a dump that lacks whole
/// messages cannot be told from a shorter one.
#[test]
fn every_truncation_is_an_error() {
    for datagram in 0..2 {
        for end in 0..200 {
            let cut = Cell::new(0);
            let mut connection = connect(|r| {
                let mut answers = healthy(r);
                // The last, where there are fewer.
                let last = answers.len().saturating_sub(1);
                if let Some(bytes) = answers.get_mut(datagram.min(last))
                    && end < bytes.len()
                {
                    bytes.truncate(end);
                    let whole = end > 0 && Messages::new(bytes).all(|message| message.is_ok());
                    cut.set(cut.get() + usize::from(!whole || datagram >= last));
                }
                answers.into_iter().map(Ok).collect()
            });
            let answers = everything(&mut connection);
            let errors = answers.iter().filter(|answer| answer.is_err()).count();
            assert_eq!(errors, cut.get(), "datagram {datagram} cut at {end}: {answers:?}");
        }
    }
}

fn damaged(bytes: &mut [u8], damage: &[(u16, u8)]) {
    for (at, value) in damage {
        let at = usize::from(*at) % bytes.len().max(1);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *value;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn random_bytes_end(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..6)) {
        let mut connection = connect(|_| datagrams.iter().cloned().map(Ok).collect());
        prop_assert!(everything(&mut connection).iter().all(|answer| answer.is_err()));
    }

    /// Damage to real answers gets further than noise does.
    #[test]
    fn damaged_answers_end(damage in prop::collection::vec((0_u16..200, any::<u8>()), 1..8)) {
        let mut connection = connect(|r| {
            let mut answers = healthy(r);
            answers.iter_mut().for_each(|bytes| damaged(bytes, &damage));
            answers.into_iter().map(Ok).collect()
        });
        let _ = everything(&mut connection);
    }

    /// What a fake kernel builds of anything is read back as it was.
    #[test]
    fn acknowledgements_round_trip(errno in 0..4096, text in "[a-zA-Z ]{0,40}", body in prop::collection::vec(any::<u8>(), 0..50)) {
        let sent = message(RTM_NEWLINK, 0, 5, &body);
        let request = Messages::new(&sent).next().unwrap().unwrap();
        let bytes = fake::acknowledge(&request, errno, Some(&text));
        let answer = Acknowledgement::of_error(&Messages::new(&bytes).next().unwrap().unwrap()).unwrap();
        prop_assert_eq!(answer, Acknowledgement { errno, text: Some(text.as_bytes()), offset: None });
    }
}
