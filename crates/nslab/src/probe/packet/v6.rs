//! ICMPv6 (RFC 4443), as a raw socket delivers it: without the IP header, and with a checksum that the
//! kernel has verified, as it fills in that of a packet sent (raw(7), ipv6(7)).

use std::net::Ipv6Addr;

use super::{Message, Notice, be16, be32, echo, reply};

/// Destination unreachable.
pub const UNREACHABLE: u8 = 1;
/// Packet too big.
pub const TOO_BIG: u8 = 2;
/// Time exceeded.
pub const TIME_EXCEEDED: u8 = 3;
/// Parameter problem.
pub const PARAMETER_PROBLEM: u8 = 4;
/// Echo request.
pub const ECHO_REQUEST: u8 = 128;
/// Echo reply.
pub const ECHO_REPLY: u8 = 129;

/// The types that [`parse`] understands.
pub const UNDERSTOOD: [u8; 5] = [UNREACHABLE, TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM, ECHO_REPLY];

const IP_HEADER: usize = 40;
const FRAGMENT_HEADER: usize = 8;
const NEXT_HEADER_ICMP: u8 = 58;
const NEXT_HEADER_FRAGMENT: u8 = 44;

/// An echo request, its checksum left to the kernel.
#[must_use]
pub fn request(id: u16, seq: u16, data: &[u8]) -> Vec<u8> {
    echo(ECHO_REQUEST, id, seq, data)
}

/// Understands a received packet. `None`: cut short, another type, a notice that does not quote the beginning of
/// an echo request (one behind extension headers is not looked for: ours have none but that of a fragment).
#[must_use]
pub fn parse(icmp: &[u8]) -> Option<Message<'_>> {
    match *icmp.first()? {
        ECHO_REPLY => reply(icmp, true).map(Message::Reply),
        kind if UNDERSTOOD.contains(&kind) => notice(kind, icmp).map(Message::Notice),
        _ => None,
    }
}

fn notice(kind: u8, icmp: &[u8]) -> Option<Notice> {
    let (code, rest, quote) = (*icmp.get(1)?, be32(icmp, 4)?, icmp.get(8..)?);
    if quote.first()? >> 4 != 6 {
        return None;
    }
    let destination = Ipv6Addr::from(*quote.get(24..)?.first_chunk::<16>()?).into();
    let behind = quote.get(IP_HEADER..)?;
    let request = match *quote.get(6)? {
        NEXT_HEADER_ICMP => behind,
        // The offset is in the upper 13 bits.
        NEXT_HEADER_FRAGMENT if *behind.first()? == NEXT_HEADER_ICMP && be16(behind, 2)? >> 3 == 0 => {
            behind.get(FRAGMENT_HEADER..)?
        }
        _ => return None,
    };
    if *request.first()? != ECHO_REQUEST {
        return None;
    }
    Some(Notice { kind, code, rest, destination, id: be16(request, 4)?, seq: be16(request, 6)? })
}

#[cfg(test)]
mod tests {
    use super::super::Reply;
    use super::*;

    fn unreachable(next_header: u8, request: &[u8]) -> Vec<u8> {
        let mut icmp = vec![UNREACHABLE, 3, 0xab, 0xcd, 0, 0, 0, 0];
        icmp.extend([0x60, 0, 0, 0, 0, request.len() as u8, next_header, 64]);
        icmp.extend(Ipv6Addr::LOCALHOST.octets());
        icmp.extend("fd00::2".parse::<Ipv6Addr>().unwrap().octets());
        icmp.extend(request);
        icmp
    }

    #[test]
    fn a_request_leaves_the_checksum_to_the_kernel() {
        assert_eq!(request(0x1234, 2, b"x"), [128, 0, 0, 0, 0x12, 0x34, 0, 2, b'x']);
    }

    #[test]
    fn a_reply() {
        let bytes = [129, 0, 0x55, 0x66, 0x12, 0x34, 0, 2, b'x'];
        let reply = Reply { id: 0x1234, seq: 2, data: b"x", intact: true };
        assert_eq!(parse(&bytes), Some(Message::Reply(reply)));
    }

    #[test]
    fn a_notice_names_the_request_that_it_quotes() {
        let destination = "fd00::2".parse().unwrap();
        let notice = Notice { kind: 1, code: 3, rest: 0, destination, id: 5, seq: 6 };
        assert_eq!(parse(&unreachable(58, &request(5, 6, b""))), Some(Message::Notice(notice)));
        assert_eq!(parse(&unreachable(17, &request(5, 6, b""))), None);
        assert_eq!(parse(&unreachable(58, &[129, 0, 0, 0, 0, 5, 0, 6])), None);
    }

    #[test]
    fn a_notice_may_quote_the_first_fragment_only() {
        let fragment = |offset: u16| {
            let mut bytes = vec![58, 0];
            bytes.extend((offset << 3 | 1).to_be_bytes());
            bytes.extend([0, 0, 0, 9]);
            bytes.extend(request(5, 6, b""));
            parse(&unreachable(44, &bytes)).is_some()
        };
        assert!(fragment(0));
        assert!(!fragment(1));
    }

    #[test]
    fn every_truncation_is_nothing() {
        let first = [vec![58, 0, 0, 1, 0, 0, 0, 9], request(5, 6, b"")].concat();
        let whole = [vec![129, 0, 0, 0, 0, 1, 0, 2], unreachable(58, &request(5, 6, b"")), unreachable(44, &first)];
        for packet in whole {
            assert!(parse(&packet).is_some());
            for len in 0..packet.len() {
                assert_eq!(parse(&packet[..len]), None, "cut to {len} bytes");
            }
        }
    }

    #[test]
    fn other_types_are_nothing() {
        for kind in (0..=255).filter(|kind| !UNDERSTOOD.contains(kind)) {
            assert_eq!(parse(&[kind; 100]), None);
        }
    }
}
