//! Packets as bytes of a pcapng file (draft-ietf-opsawg-pcapng), without I/O.
//!
//! A file begins with its [`head`]: a [`section`] and one [`interface`] for each; [`packet`]s follow; [`statistics`] of each interface
//! end it. Numbers are in the byte order of this machine, as the form has it.

use std::time::Duration;

use super::{Direction, LinkType, Packet, Reception, Statistics};
use crate::types::MacAddr;

/// What a file tells of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name, as `node:ifname` (`if_name`).
    pub name: String,
    /// What it is (`if_description`); empty where there is nothing to say.
    pub text: String,
    /// Its hardware address (`if_MACaddr`).
    pub mac: Option<MacAddr>,
    /// What its packets begin with.
    pub link_type: LinkType,
}

impl LinkType {
    /// Its number in a file (`LINKTYPE_…`, tcpdump.org/linktypes.html).
    fn number(self) -> u16 {
        match self {
            Self::Ethernet => 1,
            Self::Ip => 101,
            Self::Cooked => 113,
        }
    }
}

/// Appends a block: its type, its body, padding, and its length in front and behind.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_ne_bytes());
    out.extend([0; 4]);
    body(out);
    pad(out, start);
    let len = u32::try_from(out.len() - start + 4).unwrap_or(u32::MAX).to_ne_bytes();
    if let Some(place) = out.get_mut(start + 4..start + 8) {
        place.copy_from_slice(&len);
    }
    out.extend(len);
}

/// Fills up to four bytes, counted from where a block began.
fn pad(out: &mut Vec<u8>, start: usize) {
    let missing = (out.len() - start).wrapping_neg() % 4;
    out.extend([0_u8; 4].iter().take(missing));
}

/// Appends an option; of a value that is too long, the beginning.
fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
    let start = out.len();
    out.extend(code.to_ne_bytes());
    out.extend(len.to_ne_bytes());
    out.extend(value.iter().take(len.into()));
    pad(out, start);
}

fn end_of_options(out: &mut Vec<u8>) {
    option(out, 0, &[]);
}

/// Appends the head of a file, with who wrote it.
pub fn section(out: &mut Vec<u8>, application: &str) {
    block(out, 0x0a0d_0d0a, |out| {
        out.extend(0x1a2b_3c4d_u32.to_ne_bytes());
        out.extend(1_u16.to_ne_bytes());
        out.extend(0_u16.to_ne_bytes());
        // How long it is: not known.
        out.extend(u64::MAX.to_ne_bytes());
        option(out, 4, application.as_bytes());
        end_of_options(out);
    });
}

/// Appends the description of an interface; the first is number 0. `filter` is what its packets had to pass, where
/// there is such.
pub fn interface(out: &mut Vec<u8>, description: &Description, snap_len: u32, filter: Option<&str>) {
    /// Time stamps count units of 10⁻⁹ s.
    const NANOSECONDS: u8 = 9;
    block(out, 1, |out| {
        out.extend(description.link_type.number().to_ne_bytes());
        out.extend([0; 2]);
        out.extend(snap_len.to_ne_bytes());
        option(out, 2, description.name.as_bytes());
        if !description.text.is_empty() {
            option(out, 3, description.text.as_bytes());
        }
        if let Some(mac) = description.mac {
            option(out, 6, &mac.octets());
        }
        option(out, 9, &[NANOSECONDS]);
        if let Some(filter) = filter {
            // In words, which is kind 0.
            let value: Vec<u8> = std::iter::once(0).chain(filter.bytes()).collect();
            option(out, 11, &value);
        }
        end_of_options(out);
    });
}

/// What a file begins with: who wrote it, and its interfaces.
#[must_use]
pub fn head(application: &str, interfaces: &[Description], snap_len: u32, filter: Option<&str>) -> Vec<u8> {
    let mut head = Vec::new();
    section(&mut head, application);
    for description in interfaces {
        interface(&mut head, description, snap_len, filter);
    }
    head
}

/// The two halves of a time stamp.
fn stamp(out: &mut Vec<u8>, time: Duration) {
    let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    out.extend(((time >> 32) as u32).to_ne_bytes());
    out.extend((time as u32).to_ne_bytes());
}

/// Appends a packet.
pub fn packet(out: &mut Vec<u8>, packet: &Packet<'_>) {
    let direction = match packet.direction {
        Direction::In => 1,
        Direction::Out => 2,
    };
    let reception = match (packet.direction, packet.reception) {
        // Whom it is for is told only of what came in.
        (Direction::Out, _) => 0,
        (_, Reception::Host) => 1,
        (_, Reception::Multicast) => 2,
        (_, Reception::Broadcast) => 3,
        (_, Reception::Other) => 4,
    };
    let flags: u32 = direction | reception << 2;
    block(out, 6, |out| {
        out.extend(u32::try_from(packet.interface).unwrap_or(u32::MAX).to_ne_bytes());
        stamp(out, packet.time);
        out.extend(u32::try_from(packet.data.len()).unwrap_or(u32::MAX).to_ne_bytes());
        out.extend(packet.original_len.to_ne_bytes());
        let start = out.len();
        out.extend_from_slice(packet.data);
        pad(out, start);
        option(out, 2, &flags.to_ne_bytes());
        end_of_options(out);
    });
}

/// Appends what was counted of an interface between two times, and how many of its packets are in the file.
pub fn statistics(
    out: &mut Vec<u8>,
    interface: usize,
    counted: Statistics,
    delivered: u64,
    (from, to): (Duration, Duration),
) {
    block(out, 5, |out| {
        out.extend(u32::try_from(interface).unwrap_or(u32::MAX).to_ne_bytes());
        stamp(out, to);
        for (code, time) in [(2, from), (3, to)] {
            let mut value = Vec::with_capacity(8);
            stamp(&mut value, time);
            option(out, code, &value);
        }
        for (code, count) in [(4, counted.received), (5, counted.dropped), (8, delivered)] {
            option(out, code, &count.to_ne_bytes());
        }
        end_of_options(out);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(bytes: &[u8]) -> Vec<u32> {
        bytes.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect()
    }

    #[test]
    fn blocks_are_padded_and_have_their_length_twice() {
        let mut out = Vec::new();
        section(&mut out, "nslab");
        let all = words(&out);
        assert_eq!((all[0], all[1], *all.last().unwrap()), (0x0a0d_0d0a, out.len() as u32, out.len() as u32));
        assert_eq!(all[2], 0x1a2b_3c4d);
        assert_eq!(out.len() % 4, 0);
    }

    #[test]
    fn a_packet_has_its_time_in_nanoseconds_and_its_direction() {
        let mut out = Vec::new();
        let time = Duration::new(1_700_000_000, 123_456_789);
        let of = |direction, reception| Packet {
            interface: 3,
            time,
            direction,
            reception,
            link_type: LinkType::Ethernet,
            original_len: 100,
            data: &[1, 2, 3, 4, 5],
        };
        packet(&mut out, &of(Direction::In, Reception::Broadcast));
        let all = words(&out);
        assert_eq!((all[0], all[2], all[5], all[6]), (6, 3, 5, 100));
        assert_eq!(u64::from(all[3]) << 32 | u64::from(all[4]), 1_700_000_000_123_456_789);
        assert_eq!(out[28..36], [1, 2, 3, 4, 5, 0, 0, 0]);
        assert_eq!(all[10], 1 | 3 << 2);
        out.clear();
        packet(&mut out, &of(Direction::Out, Reception::Broadcast));
        assert_eq!(words(&out)[10], 2);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let mut out = Vec::new();
        option(&mut out, 2, &vec![7; 100_000]);
        assert_eq!(out.len(), 4 + 65_535 + 1);
    }
}
