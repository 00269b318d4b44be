//! ICMP for IPv4 (RFC 792), as a raw socket delivers it: with the IP header, and with a checksum that
//! the kernel has not verified (raw(7)).

use std::net::Ipv4Addr;

use super::{Message, Notice, be16, be32, checksum, echo, reply};

/// Echo reply.
pub const ECHO_REPLY: u8 = 0;
/// Destination unreachable.
pub const UNREACHABLE: u8 = 3;
/// Source quench (deprecated by RFC 6633).
pub const SOURCE_QUENCH: u8 = 4;
/// Redirect.
pub const REDIRECT: u8 = 5;
/// Echo request.
pub const ECHO_REQUEST: u8 = 8;
/// Time exceeded.
pub const TIME_EXCEEDED: u8 = 11;
/// Parameter problem.
pub const PARAMETER_PROBLEM: u8 = 12;

/// The types that [`parse`] understands.
pub const UNDERSTOOD: [u8; 6] = [ECHO_REPLY, UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM];

const PROTOCOL_ICMP: u8 = 1;
/// The longest IPv4 header, with options.
pub const MAX_IP_HEADER: usize = 60;
/// The shortest IPv4 header.
pub const MIN_IP_HEADER: usize = 20;

/// A received packet: time to live of its IP header, length of its ICMP part, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Time to live, as it arrived.
    pub ttl: u8,
    /// Bytes of ICMP, header and data.
    pub len: usize,
    /// What it means.
    pub message: Message<'a>,
}

/// An echo request with its checksum.
#[must_use]
pub fn request(id: u16, seq: u16, data: &[u8]) -> Vec<u8> {
    let mut packet = echo(ECHO_REQUEST, id, seq, data);
    let sum = checksum(&packet).to_be_bytes();
    if let Some(place) = packet.get_mut(2..4) {
        place.copy_from_slice(&sum);
    }
    packet
}

/// Understands a received packet. `None`: cut short, not ICMP, another type, a notice that does not add
/// up or does not quote an echo request.
#[must_use]
pub fn parse(datagram: &[u8]) -> Option<Packet<'_>> {
    let header = IpHeader::parse(datagram)?;
    // A raw socket gets whole packets, so a length that claims more has been tampered with.
    let icmp = datagram.get(header.len..header.total)?;
    let message = match *icmp.first()? {
        ECHO_REPLY => Message::Reply(reply(icmp, checksum(icmp) == 0)?),
        kind if UNDERSTOOD.contains(&kind) => Message::Notice(notice(kind, icmp)?),
        _ => return None,
    };
    Some(Packet { ttl: header.ttl, len: icmp.len(), message })
}

fn notice(kind: u8, icmp: &[u8]) -> Option<Notice> {
    if checksum(icmp) != 0 {
        return None;
    }
    let (code, rest, quote) = (*icmp.get(1)?, be32(icmp, 4)?, icmp.get(8..)?);
    // Routers need quote only eight bytes behind the IP header: exactly the echo's header.
    let quoted = IpHeader::parse(quote)?;
    let request = quote.get(quoted.len..)?;
    if *request.first()? != ECHO_REQUEST {
        return None;
    }
    let destination = quoted.destination.into();
    Some(Notice { kind, code, rest, destination, id: be16(request, 4)?, seq: be16(request, 6)? })
}

struct IpHeader {
    len: usize,
    total: usize,
    ttl: u8,
    destination: Ipv4Addr,
}

impl IpHeader {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let len = usize::from(first & 0x0f) * 4;
        let total = usize::from(be16(bytes, 2)?);
        if first >> 4 != 4 || len < MIN_IP_HEADER || total < len || bytes.len() < len {
            return None;
        }
        if *bytes.get(9)? != PROTOCOL_ICMP {
            return None;
        }
        Some(Self { len, total, ttl: *bytes.get(8)?, destination: be32(bytes, 16)?.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reply;
    use super::*;

    /// Received over a veth: ping's reply from 10.0.0.254 to 10.0.0.1 with four bytes of data.
    const REPLY: [u8; 32] = [
        0x45, 0x00, 0x00, 0x20, 0x4c, 0x5e, 0x00, 0x00, 0x40, 0x01, 0x19, 0x81, 0x0a, 0x00, 0x00, 0xfe, 0x0a, 0x00,
        0x00, 0x01, 0x00, 0x00, 0xd2, 0xde, 0x2b, 0x1c, 0x00, 0x01, 0x00, 0x01, 0x02, 0x03,
    ];

    fn ip(options: &[u8], payload: &[u8]) -> Vec<u8> {
        let len = 20 + options.len();
        let mut packet = vec![0x40 | (len / 4) as u8, 0];
        packet.extend(((len + payload.len()) as u16).to_be_bytes());
        packet.extend([0, 1, 0, 0, 63, 1, 0, 0, 10, 0, 0, 1, 10, 0, 1, 2]);
        packet.extend(options);
        packet.extend(payload);
        packet
    }

    fn summed(mut icmp: Vec<u8>) -> Vec<u8> {
        let sum = checksum(&icmp).to_be_bytes();
        icmp[2..4].copy_from_slice(&sum);
        icmp
    }

    fn unreachable(quote: &[u8]) -> Vec<u8> {
        let mut icmp = vec![UNREACHABLE, 1, 0, 0, 0, 0, 5, 0xdc];
        icmp.extend(quote);
        ip(&[], &summed(icmp))
    }

    #[test]
    fn a_captured_reply() {
        let packet = parse(&REPLY).unwrap();
        let reply = Reply { id: 0x2b1c, seq: 1, data: &[0, 1, 2, 3], intact: true };
        assert_eq!(packet, Packet { ttl: 64, len: 12, message: Message::Reply(reply) });
    }

    #[test]
    fn the_request_of_the_captured_reply() {
        let sent = [0x08, 0x00, 0xca, 0xde, 0x2b, 0x1c, 0x00, 0x01, 0x00, 0x01, 0x02, 0x03];
        assert_eq!(request(0x2b1c, 1, &[0, 1, 2, 3]), sent);
    }

    #[test]
    fn every_truncation_is_nothing() {
        let notice = unreachable(&ip(&[1, 1, 1, 1], &request(1, 2, &[])));
        for packet in [REPLY.to_vec(), notice] {
            assert!(parse(&packet).is_some());
            for len in 0..packet.len() {
                assert_eq!(parse(&packet[..len]), None, "cut to {len} bytes");
            }
        }
    }

    #[test]
    fn every_single_flipped_bit_is_noticed_or_in_the_ip_header() {
        for bit in 160..REPLY.len() * 8 {
            let mut packet = REPLY;
            packet[bit / 8] ^= 1 << (bit % 8);
            match parse(&packet) {
                Some(Packet { message: Message::Reply(reply), .. }) => assert!(!reply.intact, "bit {bit}"),
                Some(other) => panic!("bit {bit} made {other:?}"),
                None => {}
            }
        }
    }

    #[test]
    fn ip_options_are_stepped_over() {
        let packet = ip(&[1, 1, 1, 1], &REPLY[20..]);
        assert!(matches!(parse(&packet), Some(Packet { len: 12, message: Message::Reply(Reply { seq: 1, .. }), .. })));
    }

    #[test]
    fn a_header_length_beyond_the_packet_is_nothing() {
        let mut packet = REPLY;
        packet[0] = 0x4f;
        assert_eq!(parse(&packet), None);
        packet[0] = 0x41;
        assert_eq!(parse(&packet), None);
    }

    #[test]
    fn bytes_behind_the_packet_are_not_part_of_it() {
        let mut packet = REPLY.to_vec();
        packet.extend([9, 9]);
        assert!(matches!(parse(&packet), Some(Packet { len: 12, .. })));
    }

    #[test]
    fn a_notice_names_the_request_that_it_quotes() {
        let packet = unreachable(&ip(&[], &request(0x77, 9, b"payload")));
        let destination = Ipv4Addr::new(10, 0, 1, 2).into();
        let notice = Notice { kind: 3, code: 1, rest: 1500, destination, id: 0x77, seq: 9 };
        assert_eq!(parse(&packet).unwrap().message, Message::Notice(notice));
    }

    #[test]
    fn a_notice_may_quote_just_the_header_of_the_echo() {
        let quote = ip(&[], &request(0x77, 9, b"payload"));
        assert!(parse(&unreachable(&quote[..28])).is_some());
        assert_eq!(parse(&unreachable(&quote[..27])), None);
    }

    #[test]
    fn a_notice_with_a_wrong_checksum_is_nothing() {
        let mut packet = unreachable(&ip(&[], &request(0x77, 9, &[])));
        packet[22] ^= 1;
        assert_eq!(parse(&packet), None);
    }

    #[test]
    fn a_notice_about_another_packet_is_nothing() {
        assert_eq!(parse(&unreachable(&ip(&[], &REPLY[20..]))), None);
        let mut udp = ip(&[], &request(1, 1, &[]));
        udp[9] = 17;
        assert_eq!(parse(&unreachable(&udp)), None);
    }

    #[test]
    fn somebody_elses_request_is_nothing() {
        assert_eq!(parse(&ip(&[], &request(1, 1, &[]))), None);
    }

    #[test]
    fn noise_never_panics() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for len in 0..2000 {
            let mut noise = vec![0_u8; len % 120];
            for byte in &mut noise {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *byte = state as u8;
            }
            if let Some(first) = noise.first_mut() {
                *first = 0x40 | (*first & 0x0f);
            }
            let _ = parse(&noise);
        }
    }
}
