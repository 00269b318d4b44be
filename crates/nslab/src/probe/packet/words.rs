//! What ICMP says, in words.

use super::{v4, v6};
use crate::probe::Family;

/// What a notice says of a request that it ended, in a few words; `None` where there are none for it. Types and
/// codes are those of RFC 792 and RFC 4443.
///
/// ```
/// use nslab::probe::{Family, packet};
/// assert_eq!(packet::words(Family::V4, 3, 1), Some("host unreachable"));
/// assert_eq!(packet::words(Family::V6, 1, 0), Some("no route"));
/// ```
#[must_use]
pub fn words(family: Family, kind: u8, code: u8) -> Option<&'static str> {
    match family {
        Family::V4 => of_v4(kind, code),
        Family::V6 => of_v6(kind, code),
    }
}

fn of_v4(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (v4::UNREACHABLE, 0 | 6) => "network unreachable",
        (v4::UNREACHABLE, 1 | 7) => "host unreachable",
        (v4::UNREACHABLE, 2) => "protocol unreachable",
        (v4::UNREACHABLE, 3) => "port unreachable",
        (v4::UNREACHABLE, 4) => "packet too big",
        (v4::UNREACHABLE, 9 | 10 | 13) => "administratively prohibited",
        (v4::TIME_EXCEEDED, 0) => "time to live exceeded (a routing loop?)",
        _ => return None,
    })
}

fn of_v6(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (v6::UNREACHABLE, 0) => "no route",
        (v6::UNREACHABLE, 1 | 5) => "administratively prohibited",
        (v6::UNREACHABLE, 3) => "address unreachable",
        (v6::UNREACHABLE, 4) => "port unreachable",
        (v6::UNREACHABLE, 6) => "rejected by a route",
        (v6::TOO_BIG, _) => "packet too big",
        (v6::TIME_EXCEEDED, 0) => "hop limit exceeded (a routing loop?)",
        _ => return None,
    })
}
