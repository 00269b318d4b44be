//! The packets in a block of the kernel's ring (`TPACKET_V3` of linux/if_packet.h), read with every length checked.

use std::time::Duration;

use super::{Direction, LinkType, Reception};

/// A block as it was copied, and how far it was read.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Where the next packet begins.
    next: usize,
    left: u32,
}

/// Where a packet is in its block, and what the kernel says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) time: Duration,
    pub(super) direction: Direction,
    pub(super) reception: Reception,
    original_len: u32,
    start: usize,
    len: usize,
    /// The protocol and the control information of the VLAN's tag, which the kernel takes off.
    tag: Option<(u16, u16)>,
    kind: u8,
    hw_type: u16,
    protocol: [u8; 2],
    address_len: u8,
    address: [u8; 8],
}

/// The head of a packet (`struct tpacket3_hdr`), behind which its address stands.
const HEAD: usize = 48;

// `TP_STATUS_…`: whole; with a tag; with the protocol of the tag.
const USER: u32 = 1;
const TAGGED: u32 = 1 << 4;
const TAG_PROTOCOL: u32 = 1 << 6;

/// `PACKET_OUTGOING`.
const OUTGOING: u8 = 4;

const ETHERNET_ADDRESSES: usize = 12;
const VLAN: u16 = 0x8100;
/// What `LINKTYPE_LINUX_SLL` begins with.
const COOKED_HEAD: usize = 16;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl Block {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        // `num_pkts` and `offset_to_first_pkt` of `struct tpacket_hdr_v1`.
        let (left, next) = (u32_at(&bytes, 12).unwrap_or(0), u32_at(&bytes, 16).unwrap_or(0));
        Self { bytes, next: next as usize, left }
    }

    /// When the last of its packets passed, as the kernel has it (`ts_last_pkt`; only of blocks that it has handed over).
    pub(super) fn last(&self) -> Duration {
        let time = u32_at(&self.bytes, 40).zip(u32_at(&self.bytes, 44));
        time.map_or(Duration::ZERO, |(seconds, rest)| Duration::new(seconds.into(), rest.min(999_999_999)))
    }

    /// How much memory it takes.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity()
    }

    /// The memory, to be used again.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The next packet that is whole; what does not fit into the block ends it.
    pub(super) fn next(&mut self) -> Option<Frame> {
        while self.left > 0 {
            self.left -= 1;
            let at = self.next;
            let head = self.bytes.get(at..)?;
            let step = u32_at(head, 0)? as usize;
            let is_whole = u32_at(head, 20)? & USER != 0;
            let frame = frame(head, at);
            if step < HEAD {
                // The last of a block; or one that is not there yet, behind which nothing is.
                self.left = 0;
            }
            self.next = at.checked_add(step)?;
            if is_whole {
                return frame;
            }
        }
        None
    }

    /// The bytes of a packet, with what its link type begins with; `room` is used where they have to be put together.
    /// Also how long the packet was.
    pub(super) fn data<'a>(&'a self, frame: &Frame, link: LinkType, room: &'a mut Vec<u8>) -> (&'a [u8], u32) {
        let plain = self.bytes.get(frame.start..frame.start.saturating_add(frame.len)).unwrap_or_default();
        match (link, frame.tag) {
            (LinkType::Ethernet, Some((protocol, control))) if plain.len() >= ETHERNET_ADDRESSES => {
                let (addresses, rest) = plain.split_at_checked(ETHERNET_ADDRESSES).unwrap_or((plain, &[]));
                room.clear();
                room.extend_from_slice(addresses);
                room.extend_from_slice(&protocol.to_be_bytes());
                room.extend_from_slice(&control.to_be_bytes());
                room.extend_from_slice(rest);
                (room, frame.original_len.saturating_add(4))
            }
            (LinkType::Cooked, _) => {
                room.clear();
                room.extend_from_slice(&u16::from(frame.kind).to_be_bytes());
                room.extend_from_slice(&frame.hw_type.to_be_bytes());
                room.extend_from_slice(&u16::from(frame.address_len).to_be_bytes());
                room.extend_from_slice(&frame.address);
                room.extend_from_slice(&frame.protocol);
                room.extend_from_slice(plain);
                (room, frame.original_len.saturating_add(COOKED_HEAD as u32))
            }
            _ => (plain, frame.original_len),
        }
    }
}

/// Reads a packet's head; `at` is where it stands in its block.
fn frame(head: &[u8], at: usize) -> Option<Frame> {
    let status = u32_at(head, 20)?;
    let tag_protocol = if status & TAG_PROTOCOL != 0 { u16_at(head, 36)? } else { VLAN };
    // `sll_pkttype` of `struct sockaddr_ll`.
    let kind = *head.get(HEAD + 10)?;
    Some(Frame {
        time: Duration::new(u32_at(head, 4)?.into(), u32_at(head, 8)?.min(999_999_999)),
        direction: if kind == OUTGOING { Direction::Out } else { Direction::In },
        reception: match kind {
            1 => Reception::Broadcast,
            2 => Reception::Multicast,
            3 => Reception::Other,
            _ => Reception::Host,
        },
        original_len: u32_at(head, 16)?,
        start: at.checked_add(usize::from(u16_at(head, 24)?))?,
        len: u32_at(head, 12)? as usize,
        tag: (status & TAGGED != 0).then_some((tag_protocol, u32_at(head, 32)? as u16)),
        kind,
        hw_type: u16_at(head, HEAD + 8)?,
        protocol: *head.get(HEAD + 2..)?.first_chunk()?,
        address_len: *head.get(HEAD + 11)?,
        address: *head.get(HEAD + 12..)?.first_chunk()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A block of packets, each of some bytes, as the kernel lays them out.
    fn block(packets: &[(&[u8], u32, u8)]) -> Vec<u8> {
        let mut bytes = vec![0; 48];
        bytes[12..16].copy_from_slice(&(packets.len() as u32).to_ne_bytes());
        bytes[16..20].copy_from_slice(&48_u32.to_ne_bytes());
        for (at, (data, status, kind)) in packets.iter().enumerate() {
            let size = (96 + data.len()).next_multiple_of(8);
            let mut head = vec![0; size];
            let step = if at + 1 == packets.len() { 0 } else { size as u32 };
            let len = data.len() as u32;
            for (at, word) in [(0, step), (4, 7), (8, at as u32), (12, len), (16, len + 1), (20, *status), (32, 5)] {
                head[at..at + 4].copy_from_slice(&u32::to_ne_bytes(word));
            }
            head[24..26].copy_from_slice(&96_u16.to_ne_bytes());
            head[36..38].copy_from_slice(&0x88a8_u16.to_ne_bytes());
            head[56..58].copy_from_slice(&1_u16.to_ne_bytes());
            head[58] = *kind;
            head[96..96 + data.len()].copy_from_slice(data);
            bytes.extend(head);
        }
        bytes
    }

    #[test]
    fn packets_are_read_in_order_and_incomplete_ones_passed_over() {
        let bytes = block(&[(&[1; 20], USER, 0), (&[2; 20], 0, 0), (&[3; 20], USER, 4)]);
        let mut block = Block::new(bytes);
        let (first, second) = (block.next().unwrap(), block.next().unwrap());
        assert_eq!(block.next(), None);
        assert_eq!((first.time, first.direction), (Duration::new(7, 0), Direction::In));
        assert_eq!((second.time, second.direction), (Duration::new(7, 2), Direction::Out));
        let mut room = Vec::new();
        assert_eq!(block.data(&first, LinkType::Ethernet, &mut room), (&[1; 20][..], 21));
        assert_eq!(block.data(&second, LinkType::Ip, &mut room), (&[3; 20][..], 21));
    }

    #[test]
    fn a_tag_is_put_back_where_it_was() {
        let data: Vec<u8> = (0..20).collect();
        let mut block = Block::new(block(&[(&data, USER | TAGGED | TAG_PROTOCOL, 0), (&data, USER | TAGGED, 0)]));
        let mut room = Vec::new();
        let frame = block.next().unwrap();
        let (tagged, len) = block.data(&frame, LinkType::Ethernet, &mut room);
        assert_eq!(
            (&tagged[..12], &tagged[12..16], &tagged[16..]),
            (&data[..12], &[0x88, 0xa8, 0, 5][..], &data[12..])
        );
        assert_eq!(len, 25);
        let frame = block.next().unwrap();
        assert_eq!(block.data(&frame, LinkType::Ethernet, &mut room).0[12..16], [0x81, 0, 0, 5]);
    }

    #[test]
    fn other_kinds_get_a_header() {
        let mut block = Block::new(block(&[(&[9; 3], USER, 4)]));
        let frame = block.next().unwrap();
        let mut room = Vec::new();
        let (cooked, len) = block.data(&frame, LinkType::Cooked, &mut room);
        assert_eq!((&cooked[..4], &cooked[16..], len), (&[0, 4, 0, 1][..], &[9; 3][..], 20));
    }

    proptest! {
        /// Whatever is in a block: it ends, and nothing is read beyond it.
        #[test]
        fn anything_may_be_in_a_block(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), left in 0_u32..50) {
            if let Some(place) = bytes.get_mut(12..16) {
                place.copy_from_slice(&left.to_ne_bytes());
            }
            if let Some(place) = bytes.get_mut(16..20) {
                place.copy_from_slice(&48_u32.to_ne_bytes());
            }
            let mut block = Block::new(bytes);
            let mut room = Vec::new();
            let mut count = 0;
            while let Some(frame) = block.next() {
                count += 1;
                for link in [LinkType::Ethernet, LinkType::Ip, LinkType::Cooked] {
                    block.data(&frame, link, &mut room);
                }
            }
            prop_assert!(count <= left);
        }
    }
}
