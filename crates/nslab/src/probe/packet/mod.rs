//! ICMP echo as bytes: requests built, and what comes back understood.
//!
//! Contract: no I/O and no clock. Whatever bytes come in, nothing here panics; what is cut short, is of
//! another kind or does not add up is `None`, never half an answer. One family, one file.

pub mod v4;
pub mod v6;
mod words;

use std::net::IpAddr;

use super::Family;
pub use words::words;

/// Bytes of an ICMP header, before the data of an echo (RFC 792, RFC 4443).
pub const HEADER_LEN: usize = 8;

/// What a packet means to somebody who sends echo requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// An echo reply.
    Reply(Reply<'a>),
    /// Somebody on the way, or the own kernel, says what became of a request.
    Notice(Notice),
}

/// An echo reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The identifier, which tells sessions apart.
    pub id: u16,
    /// The sequence number of the request.
    pub seq: u16,
    /// What the request carried, as it came back.
    pub data: &'a [u8],
    /// Whether the checksum is right. Where the kernel has verified it (ICMPv6), always.
    pub intact: bool,
}

/// An ICMP message about one of our echo requests, which it quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// The four bytes after the checksum, in network order: a gateway, an MTU or a pointer, depending on the type.
    pub rest: u32,
    /// Where the quoted request was going.
    pub destination: IpAddr,
    /// The identifier of the quoted request.
    pub id: u16,
    /// The sequence number of the quoted request.
    pub seq: u16,
}

/// An echo request, ready for [`ProbeSocket::send`](super::ProbeSocket::send).
///
/// ```
/// use nslab::probe::{Family, packet};
/// assert_eq!(packet::request(Family::V4, 0x1234, 1, b"ab"), [8, 0, 0x84, 0x68, 0x12, 0x34, 0, 1, 0x61, 0x62]);
/// ```
#[must_use]
pub fn request(family: Family, id: u16, seq: u16, data: &[u8]) -> Vec<u8> {
    match family {
        Family::V4 => v4::request(id, seq, data),
        Family::V6 => v6::request(id, seq, data),
    }
}

/// The Internet checksum (RFC 1071) of some bytes; 0 over a packet that holds its own right checksum.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    let mut sum = 0_u64;
    let mut words = bytes.chunks_exact(2);
    for word in &mut words {
        sum += u64::from(be16(word, 0).unwrap_or(0));
    }
    if let [last] = words.remainder() {
        sum += u64::from(*last) << 8;
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // The loop leaves sixteen bits.
    !(sum as u16)
}

/// Header with a checksum of zero, and data.
fn echo(kind: u8, id: u16, seq: u16, data: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(HEADER_LEN + data.len());
    packet.extend([kind, 0, 0, 0]);
    packet.extend(id.to_be_bytes());
    packet.extend(seq.to_be_bytes());
    packet.extend(data);
    packet
}

fn reply(icmp: &[u8], intact: bool) -> Option<Reply<'_>> {
    Some(Reply { id: be16(icmp, 4)?, seq: be16(icmp, 6)?, data: icmp.get(HEADER_LEN..)?, intact })
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn checksum_of_rfc_1071() {
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        assert_eq!(checksum(&[]), 0xffff);
        assert_eq!(checksum(&[0x12]), !0x1200);
    }

    #[test]
    fn the_checksum_of_a_huge_packet_does_not_overflow() {
        assert_eq!(checksum(&vec![0xff; 65536]), 0);
    }

    proptest! {
        /// Whatever comes in: nothing panics, and what is understood lies within what came.
        #[test]
        fn anything_may_come_in(bytes in prop::collection::vec(any::<u8>(), 0..200), first in any::<u8>()) {
            let mut packet = bytes.clone();
            if let Some(byte) = packet.first_mut() {
                *byte = 0x45 | (first & 0x0a);
            }
            for bytes in [&bytes, &packet] {
                if let Some(packet) = v4::parse(bytes) {
                    prop_assert!(packet.len <= bytes.len());
                    if let Message::Reply(reply) = packet.message {
                        prop_assert!(reply.data.len() + HEADER_LEN <= packet.len);
                    }
                }
                if let Some(Message::Reply(reply)) = v6::parse(bytes) {
                    prop_assert_eq!(reply.data.len() + HEADER_LEN, bytes.len());
                }
            }
        }

        /// Of a sound packet that is changed in one place, only the IP header may still be one.
        #[test]
        fn a_changed_reply_is_not_intact(data in prop::collection::vec(any::<u8>(), 0..60), at in any::<usize>(), by in 1_u8..) {
            let mut icmp = request(Family::V4, 7, 1, &data);
            icmp[0] = 0;
            icmp[2..4].fill(0);
            let sum = checksum(&icmp).to_be_bytes();
            icmp[2..4].copy_from_slice(&sum);
            let at = at % icmp.len();
            icmp[at] ^= by;
            let mut packet = vec![0x45, 0];
            packet.extend(((20 + icmp.len()) as u16).to_be_bytes());
            packet.extend([0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1]);
            packet.extend(&icmp);
            match v4::parse(&packet).map(|packet| packet.message) {
                Some(Message::Reply(reply)) => prop_assert!(!reply.intact),
                Some(Message::Notice(notice)) => prop_assert!(false, "{notice:?}"),
                None => {}
            }
        }
    }

    #[test]
    fn a_request_adds_up() {
        for len in 0..70 {
            let data: Vec<u8> = (0..len).collect();
            assert_eq!(checksum(&request(Family::V4, 0xbeef, 7, &data)), 0);
        }
    }
}
