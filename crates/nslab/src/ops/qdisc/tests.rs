use proptest::prelude::*;

use super::*;
use crate::types::{Delay, Percent, Rate};
use crate::wire::Messages;

/// What a request asks for, read as if the kernel had sent it.
fn read_back(request: Request) -> Option<Discipline> {
    let bytes = request.finish(1, 0);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let qdisc = Qdisc::parse(&message).unwrap();
    assert_eq!((qdisc.link(), qdisc.handle(), qdisc.is_root()), (7, 0, true));
    for end in 0..message.body.len() {
        let cut = Message { header: message.header, body: &message.body[..end] };
        let _ = Qdisc::parse(&cut).map(|qdisc| (qdisc.discipline(), qdisc.impair(1500)));
    }
    qdisc.discipline()
}

fn impair() -> impl Strategy<Value = Impair> {
    let delay =
        || proptest::option::of((0..=Delay::MAX.nanoseconds()).prop_map(|time| Delay::from_nanoseconds(time).unwrap()));
    let share = || proptest::option::of(any::<u32>().prop_map(Percent::from_scaled));
    let rate = prop_oneof![
        Just(None),
        (0u32..60, any::<u64>()).prop_map(|(shift, rate)| Rate::from_bytes(rate >> 4 >> shift))
    ];
    (delay(), delay(), share(), share(), share(), share(), rate, proptest::option::of(any::<u32>())).prop_map(
        |(delay, jitter, loss, duplicate, reorder, corrupt, rate, limit)| Impair {
            delay,
            jitter,
            loss,
            duplicate,
            reorder,
            corrupt,
            rate,
            limit,
        },
    )
}

proptest! {
    #[test]
    fn what_is_asked_for_reads_back(impair in impair(), mtu in 68u32..=65535) {
        let Some(impair) = impair.normal() else { return Ok(()) };
        let discipline = Discipline::of(&impair, mtu);
        let back = read_back(discipline.add(7)).unwrap();
        if let Discipline::Netem(_) = discipline {
            prop_assert_eq!(back, discipline);
        }
        prop_assert_eq!(back.impair(mtu), Some(impair));
    }

    #[test]
    fn a_rate_alone_reads_back(bytes in 1..=Rate::MAX.bytes(), shift in 0u32..60, mtu in 68u32..=65535) {
        let rate = Rate::from_bytes((bytes >> shift).max(1)).unwrap();
        let impair = Impair { rate: Some(rate), ..Impair::default() };
        let discipline = Discipline::of(&impair, mtu);
        prop_assert_eq!(discipline.kind(), "tbf");
        // Beyond 4 GB, the bucket is cut to what its field takes.
        if rate.bytes() < 1 << 39 {
            prop_assert_eq!(read_back(discipline.replace(7)).unwrap().impair(mtu), Some(impair));
        }
    }

    #[test]
    fn no_options_make_it_panic(kind in prop_oneof![Just("netem"), Just("tbf")], options: Vec<u8>) {
        let mut request = Request::new(RTM_NEWQDISC, 0, &header(7, TC_H_ROOT));
        request.string(TCA_KIND, kind.as_bytes()).attribute(TCA_OPTIONS, &options);
        if let Some(discipline) = read_back(request) {
            let _ = discipline.impair(1500);
        }
    }
}

#[test]
fn what_an_impair_cannot_say_is_none() {
    let impair = Impair { delay: "20ms".parse().ok(), ..Impair::default() };
    let Discipline::Netem(netem) = Discipline::of(&impair, 1500) else { panic!() };
    for other in [
        Netem { delay_correlation: Percent::from_scaled(1), ..netem },
        Netem { gap: 5, ..netem },
        Netem { packet_overhead: 4, ..netem },
        Netem { ecn: true, ..netem },
    ] {
        assert_eq!(read_back(Discipline::Netem(other).change(7)), Some(Discipline::Netem(other)));
        assert_eq!(other.impair(), None);
    }
    let rate = Impair { rate: "20mbit".parse().ok(), ..Impair::default() };
    let Discipline::Tbf(tbf) = Discipline::of(&rate, 1500) else { panic!() };
    assert_eq!(tbf, Tbf { rate: 2_500_000, burst: 11_522, limit: 250_000 });
    assert_eq!(Tbf { burst: 20_000, ..tbf }.impair(1500), None);
    assert_eq!(Tbf { limit: 1, ..tbf }.impair(1500), None);
}
