use super::*;
use crate::types::Prefix;
use crate::wire::Messages;
use crate::wire::consts::{RTA_PRIORITY, RTAX_MTU, RTAX_RTT, RTNH_F_ONLINK};

fn prefix(text: &str) -> Prefix {
    let (address, len) = text.split_once('/').unwrap();
    Prefix::new(address.parse().unwrap(), len.parse().unwrap()).unwrap()
}

fn full() -> RouteConfig {
    let mut metrics = Metrics::default();
    metrics.set(RTAX_MTU, 1400);
    metrics.lock(RTAX_MTU);
    metrics.set_congestion(b"cubic");
    RouteConfig {
        family: AF_INET,
        destination: Some(prefix("10.5.0.0/16")),
        table: 1000,
        protocol: 4,
        kind: 1,
        priority: Some(7),
        metrics,
        nexthops: vec![
            NextHop { gateway: Some([10, 0, 0, 5].into()), weight_less_one: 4, ..NextHop::default() },
            NextHop {
                gateway: Some("fe80::1".parse().unwrap()),
                output: 3,
                flags: RTNH_F_ONLINK as u8,
                realms: Some(0x3_0004),
                ..NextHop::default()
            },
        ],
        ..RouteConfig::default()
    }
}

#[test]
fn what_is_asked_reads_back() {
    let bytes = full().request(Change::Add).finish(1, 0);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    let route = Route::parse(&message).unwrap();
    assert_eq!(
        (route.family(), route.destination(), route.destination_len()),
        (AF_INET, Some([10, 5, 0, 0].into()), 16)
    );
    assert_eq!((route.table(), route.protocol(), route.number(RTA_PRIORITY)), (1000, 4, Some(7)));
    let metrics = route.metrics().unwrap();
    assert_eq!((metrics.value(RTAX_MTU), metrics.is_locked(RTAX_MTU)), (Some(1400), true));
    assert_eq!((metrics.value(RTAX_RTT), metrics.congestion()), (None, Some(&b"cubic"[..])));
    let hops: Vec<_> = route.nexthops().unwrap().collect();
    assert_eq!((hops.len(), hops[0].weight, hops[0].gateway()), (2, 5, Some([10, 0, 0, 5].into())));
    assert_eq!((hops[1].gateway(), hops[1].via(), hops[1].output), (None, Some("fe80::1".parse().unwrap()), 3));
    assert_eq!(hops[1].attribute(crate::wire::consts::RTA_FLOW).unwrap().u32(), Some(0x3_0004));
}

#[test]
fn every_truncation_is_an_error_or_less() {
    let bytes = full().request(Change::Add).finish(1, 0);
    let message = Messages::new(&bytes).next().unwrap().unwrap();
    for end in 0..message.body.len() {
        let cut = crate::wire::Message { header: message.header, body: &message.body[..end] };
        if let Ok(route) = Route::parse(&cut) {
            assert!(route.nexthops().map_or(0, Iterator::count) <= 2);
            let _ = (route.metrics(), route.cache_info(), route.via(), route.source());
        }
    }
}

#[test]
fn small_tables_go_into_the_header() {
    let config = RouteConfig { family: AF_INET6, table: 254, ..RouteConfig::default() };
    let bytes = config.request(Change::Delete).finish(1, 0);
    assert_eq!((bytes.len(), bytes[16], bytes[20]), (28, AF_INET6, 254));
}
