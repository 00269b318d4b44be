//! Properties of the readers and the builder, on whatever bytes there may be.

use proptest::prelude::*;

use super::consts::{NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR};
use super::*;

/// An attribute as it was meant: its bytes, or what is nested in it behind a header.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meant {
    Bytes(u16, Vec<u8>),
    Nest(u16, Vec<u8>, Vec<Meant>),
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

fn kind() -> impl Strategy<Value = u16> {
    0_u16..0x4000
}

fn attributes() -> impl Strategy<Value = Vec<Meant>> {
    let leaf = (kind(), bytes(40)).prop_map(|(kind, bytes)| Meant::Bytes(kind, bytes));
    let tree = leaf.prop_recursive(4, 40, 6, |inner| {
        // A header in front of nested attributes is a multiple of four bytes long, as in the kernel.
        let header = bytes(5).prop_map(|mut bytes| {
            bytes.truncate(bytes.len() / 4 * 4);
            bytes
        });
        (kind(), header, prop::collection::vec(inner, 0..6))
            .prop_map(|(kind, header, all)| Meant::Nest(kind, header, all))
    });
    prop::collection::vec(tree, 0..6)
}

fn build(request: &mut Request, all: &[Meant]) {
    for one in all {
        match one {
            Meant::Bytes(kind, bytes) => request.attribute(*kind, bytes),
            Meant::Nest(kind, header, inner) => request.nest_after(*kind, header, |nest| build(nest, inner)),
        };
    }
}

/// Reads attributes and compares them with what was meant.
fn same(attributes: Attributes<'_>, all: &[Meant]) -> Result<(), TestCaseError> {
    let read: Vec<Attribute<'_>> = attributes.collect::<Result<_, _>>().unwrap();
    prop_assert_eq!(read.len(), all.len());
    for (attribute, meant) in read.iter().zip(all) {
        match meant {
            Meant::Bytes(kind, bytes) => prop_assert_eq!((attribute.kind, attribute.payload), (*kind, &bytes[..])),
            Meant::Nest(kind, header, inner) => {
                prop_assert_eq!((attribute.kind, &attribute.payload[..header.len()]), (*kind, &header[..]));
                same(Attributes::new(&attribute.payload[header.len()..]), inner)?;
            }
        }
    }
    Ok(())
}

/// The bytes of all paddings, for poisoning: from the end of each attribute to the next.
fn paddings(bytes: &[u8], offset: usize, all: &[Meant], found: &mut Vec<usize>) {
    let mut at = 0;
    for meant in all {
        let len = usize::from(u16_at(bytes, at).unwrap());
        if let Meant::Nest(_, header, inner) = meant {
            let start = at + 4 + header.len();
            paddings(&bytes[start..at + len], offset + start, inner, found);
        }
        found.extend((at + len..align(at + len)).map(|at| offset + at));
        at = align(at + len);
    }
}

/// Everything there is to read, read; gives how many attributes there were.
fn read_all(bytes: &[u8], depth: usize) -> usize {
    let mut count = 0;
    for attribute in Attributes::new(bytes) {
        count += 1;
        let Ok(attribute) = attribute else { break };
        let inside = bytes.as_ptr_range();
        let payload = attribute.payload.as_ptr_range();
        assert!(inside.start <= payload.start && payload.end <= inside.end);
        let _ = (attribute.u8(), attribute.u16(), attribute.u32(), attribute.i32(), attribute.u64());
        assert!(!attribute.string().contains(&0));
        if depth > 0 {
            read_all(attribute.payload, depth - 1);
        }
    }
    let _ = (Table::<1>::parse(bytes), Table::<70>::parse(bytes));
    count
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is built reads back: type, flags, number, header, attributes; all in whole words.
    #[test]
    fn what_is_built_is_read(
        (kind, flags, sequence) in any::<(u16, u16, u32)>(),
        header in bytes(20),
        all in attributes(),
    ) {
        let mut request = Request::new(kind, flags, &header);
        build(&mut request, &all);
        prop_assert!(!request.is_too_long());
        let len = request.len();
        let built = request.finish(sequence, NLM_F_ACK);
        prop_assert_eq!(built.len(), len);
        let messages: Vec<_> = Messages::new(&built).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(messages.len(), 1);
        let message = messages[0];
        let expected = Header {
            len: u32::try_from(built.len()).unwrap(),
            kind,
            flags: flags | NLM_F_REQUEST | NLM_F_ACK,
            sequence,
            port: 0,
        };
        prop_assert_eq!(message.header, expected);
        prop_assert_eq!((built.len() % 4, &message.body[..header.len()]), (0, &header[..]));
        let start = align(header.len());
        prop_assert!(message.body[header.len()..start].iter().all(|byte| *byte == 0));
        same(Attributes::new(&message.body[start..]), &all)?;
        // Written and read once more, it is the same.
        let mut again = Vec::new();
        message.append_to(&mut again);
        prop_assert_eq!(&again, &built);

        // Nothing hangs on what is in the paddings or behind the end; and the builder's own are zero.
        let mut places = Vec::new();
        paddings(&message.body[start..], 16 + start, &all, &mut places);
        let mut poisoned = built.clone();
        for at in places {
            prop_assert_eq!(built[at], 0);
            poisoned[at] = 0xaa;
        }
        poisoned.extend([0xaa; 64]);
        let poisoned = Messages::new(&poisoned).next().unwrap().unwrap();
        prop_assert_eq!(poisoned.header, expected);
        same(Attributes::new(&poisoned.body[start..]), &all)?;
    }

    /// Wherever it is cut: a message is malformed, and attributes are those before the cut, then the end
    /// or an error.
    #[test]
    fn what_is_cut_is_less(all in attributes()) {
        let mut request = Request::new(1, 0, &[]);
        build(&mut request, &all);
        let built = request.finish(1, 0);
        for end in 0..built.len() {
            let mut messages = Messages::new(&built[..end]);
            prop_assert_eq!(messages.next(), if end == 0 { None } else { Some(Err(Malformed)) });
            prop_assert_eq!(messages.next(), None);
        }
        let body = &built[16..];
        let whole: Vec<_> = Attributes::new(body).collect();
        for end in 0..body.len() {
            let cut: Vec<_> = Attributes::new(&body[..end]).collect();
            let good = cut.iter().take_while(|attribute| attribute.is_ok()).count();
            prop_assert!(cut.len() <= good + 1 && cut[..good] == whole[..good]);
            read_all(&body[..end], 5);
        }
    }

    /// Noise is read to its end, and nothing outside it.
    #[test]
    fn noise_is_read_to_its_end(noise in bytes(300)) {
        prop_assert!(read_all(&noise, 5) <= noise.len() / 4 + 1);
        let mut count = 0;
        for message in Messages::new(&noise) {
            count += 1;
            let Ok(message) = message else { break };
            read_all(message.body, 2);
            let _ = Acknowledgement::of_error(&message);
            let _ = Acknowledgement::of_done(&message);
        }
        prop_assert!(count <= noise.len() / 16 + 1);
        let header = Header { len: 16, kind: NLMSG_ERROR, flags: u16::from(noise.first() == Some(&1)) << 8, sequence: 1, port: 0 };
        let message = Message { header, body: &noise };
        prop_assert_eq!(Acknowledgement::of_error(&message).is_err(), noise.len() < 8);
        let _ = Acknowledgement::of_done(&message);
    }

    /// One that was damaged in a few places gets further than noise.
    #[test]
    fn damage_does_no_harm(all in attributes(), damage in prop::collection::vec(any::<(u16, u8)>(), 1..6)) {
        let mut request = Request::new(1, 0, &[]);
        build(&mut request, &all);
        let mut built = request.finish(1, 0);
        for (at, value) in damage {
            let at = usize::from(at) % built.len();
            built[at] = value;
        }
        read_all(&built[16..], 5);
        let _ = Messages::new(&built).count();
    }

    /// Numbers are in the machine's order, and there only if there are enough bytes for them.
    #[test]
    fn numbers_and_strings(payload in bytes(12)) {
        fn first<const N: usize>(payload: &[u8]) -> Option<[u8; N]> {
            payload.first_chunk().copied()
        }
        let attribute = Attribute { kind: 1, payload: &payload };
        prop_assert_eq!(attribute.u8(), first(&payload).map(u8::from_ne_bytes));
        prop_assert_eq!(attribute.u16(), first(&payload).map(u16::from_ne_bytes));
        prop_assert_eq!(attribute.u32(), first(&payload).map(u32::from_ne_bytes));
        prop_assert_eq!(attribute.i32(), first(&payload).map(i32::from_ne_bytes));
        prop_assert_eq!(attribute.u64(), first(&payload).map(u64::from_ne_bytes));
        let end = payload.iter().position(|byte| *byte == 0).unwrap_or(payload.len());
        prop_assert_eq!(attribute.string(), &payload[..end]);
        let mut request = Request::new(1, 0, &[]);
        request.string(2, &payload[..end]);
        let built = request.finish(1, 0);
        let read = Attributes::new(&built[16..]).next().unwrap().unwrap();
        prop_assert_eq!((read.string(), read.payload.last()), (&payload[..end], Some(&0)));
    }

    /// A table has the last of each type that it has a place for.
    #[test]
    fn a_table_is_the_last_of_each(all in prop::collection::vec((0_u16..12, bytes(6)), 0..20)) {
        let mut request = Request::new(1, 0, &[]);
        for (kind, payload) in &all {
            request.attribute(*kind, payload);
        }
        let built = request.finish(1, 0);
        let table = Table::<8>::parse(&built[16..]).unwrap();
        for kind in 0..12 {
            let last = all.iter().rev().find(|(of, _)| *of == kind && kind < 8);
            let expected = last.map(|(kind, payload)| Attribute { kind: *kind, payload });
            prop_assert_eq!(table.get(kind), expected);
        }
    }
}

/// The longest attribute that has a length, and the first that has none.
#[test]
fn an_attribute_that_outgrows_its_length_is_known() {
    let nested = |payload: usize| {
        let mut request = Request::new(1, 0, &[]);
        request.nest(1, |outer| {
            outer.nest(2, |inner| {
                inner.attribute(3, &vec![0; payload]);
            });
        });
        request
    };
    assert!(!nested(65_535 - 15).is_too_long());
    let built = nested(65_535 - 15).finish(1, 0);
    let outer = Attributes::new(&built[16..]).next().unwrap().unwrap();
    assert_eq!(outer.nested().next().unwrap().unwrap().nested().next().unwrap().unwrap().payload.len(), 65_520);
    for payload in [65_521, 65_535, 65_536, 200_000] {
        assert!(nested(payload).is_too_long(), "{payload}");
    }
}
