//! One interface: its socket, its ring, what was read and not handed over yet.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use super::frame::{Block, Frame};
use super::{Interface, LinkType, Statistics};
use crate::error::{Error, ErrorKind, Result};
use crate::sys::packet::{self, Instruction, Ring};

/// What the kernel hands over at once, at the latest after twice [`BLOCK_TIME`]. The largest packet fits in.
pub(super) const BLOCK: u32 = 1 << 17;

/// Milliseconds after which the kernel hands over a block that is not full.
const BLOCK_TIME: u32 = 30;

/// How long after a packet has passed it is handed over at the latest: only then is it sure that no other interface
/// has an earlier one.
pub const LAG: Duration = Duration::from_millis(2 * BLOCK_TIME as u64 + 20);

/// A program that takes nothing.
const NOTHING: [Instruction; 1] = [(6, 0, 0, 0)];

#[derive(Debug)]
pub(super) struct Tap {
    ring: Option<Ring>,
    pub(super) link_type: LinkType,
    blocks: VecDeque<Block>,
    /// The first packet of the first block.
    head: Option<Frame>,
    /// Whether the interface went down; the kernel does not tell when one that is down is deleted.
    is_down: bool,
    /// The time of the last packet that was read.
    pub(super) seen: Duration,
    pub(super) counted: Statistics,
}

impl Tap {
    /// Opens a socket in the namespace of the calling thread, which takes packets from then on.
    pub(super) fn open(interface: &Interface, program: &[Instruction], blocks: u32) -> Result<Self> {
        let failed = |errno| {
            let error = Error::os(format_args!("capturing on {}", interface.name), errno);
            match error.kind() {
                ErrorKind::Permission => error.with_help("it needs CAP_NET_RAW: run it as root"),
                _ if errno == rustix::io::Errno::NOMEM => {
                    error.with_help("smaller buffers, or fewer interfaces, take less memory")
                }
                _ => error,
            }
        };
        let kind = if interface.link_type == LinkType::Cooked { SocketType::DGRAM } else { SocketType::RAW };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // Without a protocol it takes nothing yet.
        let socket = rustix::net::socket_with(AddressFamily::PACKET, kind, flags, None).map_err(failed)?;
        packet::filter(socket.as_fd(), program).map_err(failed)?;
        let ring = Ring::new(socket, BLOCK, blocks, BLOCK_TIME).map_err(failed)?;
        let index = i32::try_from(interface.index).unwrap_or(i32::MAX);
        packet::bind(ring.as_fd(), index, packet::ALL).map_err(failed)?;
        // An interface without hardware addresses has no such mode.
        let _ = promiscuous(ring.as_fd(), index);
        Ok(Self {
            ring: Some(ring),
            link_type: interface.link_type,
            blocks: VecDeque::new(),
            head: None,
            is_down: false,
            seen: Duration::ZERO,
            counted: Statistics::default(),
        })
    }

    /// What to wait for, while the interface is there.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.ring.as_ref().map(AsFd::as_fd)
    }

    /// Reads what the kernel has handed over; `spare` has memory to use. Says how much memory that took.
    pub(super) fn read(&mut self, spare: &mut Vec<Vec<u8>>) -> usize {
        let mut size = 0;
        loop {
            let mut bytes = spare.pop().unwrap_or_default();
            if !self.ring.as_mut().is_some_and(|ring| ring.take(&mut bytes)) {
                spare.push(bytes);
                return size;
            }
            self.is_down = false;
            size += self.push(bytes);
        }
    }

    /// Takes nothing more.
    pub(super) fn stop(&self) {
        if let Some(ring) = &self.ring {
            // Nothing but a socket that is gone refuses this.
            let _ = packet::filter(ring.as_fd(), &NOTHING);
        }
    }

    /// Reads also what the kernel would hand over later.
    pub(super) fn read_rest(&mut self, spare: &mut Vec<Vec<u8>>) {
        self.read(spare);
        let mut bytes = Vec::new();
        if self.ring.as_mut().is_some_and(|ring| ring.rest(&mut bytes)) {
            self.push(bytes);
        }
    }

    fn push(&mut self, bytes: Vec<u8>) -> usize {
        let block = Block::new(bytes);
        let size = block.size();
        self.seen = self.seen.max(block.last());
        self.blocks.push_back(block);
        if self.head.is_none() {
            self.advance(&mut Vec::new());
        }
        size
    }

    /// The packet that is handed over next.
    pub(super) fn head(&self) -> Option<&Frame> {
        self.head.as_ref()
    }

    /// Its bytes, and how long it was.
    pub(super) fn data<'a>(&'a self, frame: &Frame, room: &'a mut Vec<u8>) -> (&'a [u8], u32) {
        self.blocks.front().map_or((&[], 0), |block| block.data(frame, self.link_type, room))
    }

    /// Goes on to the next packet; the memory of blocks that are done goes to `spare`. Says how much that is.
    pub(super) fn advance(&mut self, spare: &mut Vec<Vec<u8>>) -> usize {
        let mut freed = 0;
        loop {
            self.head = self.blocks.front_mut().and_then(Block::next);
            if self.head.is_some() {
                return freed;
            }
            let Some(done) = self.blocks.pop_front() else { return freed };
            freed += done.size();
            spare.push(done.into_bytes());
        }
    }

    /// Hears that the socket has an error: the interface went down. It may come up again.
    pub(super) fn went_down(&mut self) {
        // Asking takes the error away.
        let errors = self.ring.as_ref().is_some_and(|ring| sockopt::socket_error(ring).is_ok_and(|it| it.is_err()));
        self.is_down |= errors;
    }

    /// Whether the interface is down, as far as is known.
    pub(super) fn is_down(&self) -> bool {
        self.is_down && self.ring.is_some()
    }

    /// Whether an interface that went down is gone: then it takes no more, and what was read is still handed over.
    pub(super) fn is_gone(&mut self, spare: &mut Vec<Vec<u8>>) -> bool {
        let bound = self.ring.as_ref().filter(|_| self.is_down).map(|ring| packet::bound_to(ring.as_fd()));
        let gone = bound.is_some_and(|bound| bound.is_ok_and(|index| index < 0));
        if gone {
            self.close(spare);
        }
        gone
    }

    /// Lets go of the socket.
    pub(super) fn close(&mut self, spare: &mut Vec<Vec<u8>>) {
        self.stop();
        self.read_rest(spare);
        self.count();
        self.ring = None;
    }

    /// Takes the socket away to be closed elsewhere.
    pub(super) fn take_ring(&mut self) -> Option<Ring> {
        self.ring.take()
    }

    /// Asks the kernel what it has counted.
    pub(super) fn count(&mut self) {
        let Some(ring) = &self.ring else { return };
        // It begins at zero after each time that it is asked.
        if let Ok((received, dropped)) = packet::counted(ring.as_fd()) {
            self.counted.received += u64::from(received);
            self.counted.dropped += u64::from(dropped);
        }
    }
}

/// Has an interface take what is for others too, for as long as the socket is open.
fn promiscuous(socket: BorrowedFd<'_>, index: i32) -> rustix::io::Result<()> {
    // `struct packet_mreq`, without an address.
    let mut request = index.to_ne_bytes().to_vec();
    request.extend((libc::PACKET_MR_PROMISC as u16).to_ne_bytes());
    request.extend([0; 10]);
    crate::sys::icmp::set_option_bytes(socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
}
