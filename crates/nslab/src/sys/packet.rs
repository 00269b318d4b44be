//! Packet sockets, and the ring that the kernel writes their packets to (packet(7),
//! Documentation/networking/packet_mmap.rst; `TPACKET_V3` of linux/if_packet.h).

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Result;
use rustix::mm::{MapFlags, ProtFlags};

/// Everything (`ETH_P_ALL`).
pub(crate) const ALL: u16 = 3;

/// Has a packet socket take what passes an interface, of one protocol or of all.
pub(crate) fn bind(socket: BorrowedFd<'_>, index: i32, protocol: u16) -> Result<()> {
    // SAFETY: an address of zeroes is a valid one.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = protocol.to_be();
    address.sll_ifindex = index;
    let len = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the pointer and the length describe `address`, which outlives the call.
    let result = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), len) };
    if result == 0 { Ok(()) } else { Err(super::last_errno()) }
}

/// The index of the interface that a packet socket is bound to: -1 where that is gone.
pub(crate) fn bound_to(socket: BorrowedFd<'_>) -> Result<i32> {
    // SAFETY: as above.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    let mut len = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes, which is the size of `address`.
    let result = unsafe { libc::getsockname(socket.as_raw_fd(), (&raw mut address).cast(), &raw mut len) };
    if result == 0 { Ok(address.sll_ifindex) } else { Err(super::last_errno()) }
}

/// How many packets came since this was asked last, and how many of them found no room.
pub(crate) fn counted(socket: BorrowedFd<'_>) -> Result<(u32, u32)> {
    let mut counted = libc::tpacket_stats_v3 { tp_packets: 0, tp_drops: 0, tp_freeze_q_cnt: 0 };
    let mut len = size_of_val(&counted) as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes, which is the size of `counted`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            (&raw mut counted).cast(),
            &raw mut len,
        )
    };
    if result == 0 { Ok((counted.tp_packets, counted.tp_drops)) } else { Err(super::last_errno()) }
}

/// An instruction of the classic packet filter: code, jumps, constant (`struct sock_filter`).
pub(crate) type Instruction = (u16, u8, u8, u32);

/// Puts a filter on a socket, in place of the one that it has (`SO_ATTACH_FILTER`).
pub(crate) fn filter(socket: BorrowedFd<'_>, program: &[Instruction]) -> Result<()> {
    let instruction = |&(code, jt, jf, k): &Instruction| libc::sock_filter { code, jt, jf, k };
    let mut code: Vec<libc::sock_filter> = program.iter().map(instruction).collect();
    let len = u16::try_from(code.len()).map_err(|_| rustix::io::Errno::INVAL)?;
    let program = libc::sock_fprog { len, filter: code.as_mut_ptr() };
    // SAFETY: the kernel reads `len` instructions of `code` by way of `program`; both outlive the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            size_of_val(&program) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(super::last_errno()) }
}

// Where things are in a block's head (`struct tpacket_block_desc`, `struct tpacket_hdr_v1`).
const STATUS: usize = 8;
const PACKETS: usize = 12;
const LENGTH: usize = 20;
const NUMBER: usize = 24;
/// The size of the head.
const HEAD: usize = 48;

/// A packet socket and its ring: blocks that the kernel fills, one after the other.
#[derive(Debug)]
pub(crate) struct Ring {
    socket: OwnedFd,
    map: NonNull<u8>,
    block_size: usize,
    blocks: usize,
    /// The block that is read next.
    next: usize,
    /// The number that the kernel gave to the block that was read last; they grow.
    last: u64,
}

// SAFETY: the mapping belongs to this value alone, and nothing about it depends on the thread.
unsafe impl Send for Ring {}

impl Ring {
    /// Gives a packet socket a ring. `block_size` is a multiple of the page size; a block that is not full is
    /// handed over `timeout` milliseconds after it was begun, and at the latest after twice that time.
    pub(crate) fn new(socket: OwnedFd, block_size: u32, blocks: u32, timeout: u32) -> Result<Self> {
        /// What a frame has to hold at least; in this version of the ring it says no more than that.
        const FRAME: u32 = 2048;
        super::set_option(
            socket.as_fd(),
            libc::SOL_PACKET,
            libc::PACKET_VERSION,
            libc::tpacket_versions::TPACKET_V3 as i32,
        )?;
        // `struct tpacket_req3`.
        let request = [block_size, blocks, FRAME, block_size / FRAME * blocks, timeout, 0, 0];
        let bytes: Vec<u8> = request.iter().flat_map(|word| word.to_ne_bytes()).collect();
        super::icmp::set_option_bytes(socket.as_fd(), libc::SOL_PACKET, libc::PACKET_RX_RING, &bytes)?;
        let (block_size, blocks) = (block_size as usize, blocks as usize);
        // SAFETY: a new mapping at an address that the kernel chooses touches no memory that is in use.
        let map = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                block_size * blocks,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                &socket,
                0,
            )
        }?;
        let map = NonNull::new(map.cast()).ok_or(rustix::io::Errno::NOMEM)?;
        Ok(Self { socket, map, block_size, blocks, next: 0, last: 0 })
    }

    /// Copies the next block that the kernel has handed over, and gives it back; false where there is none.
    pub(crate) fn take(&mut self, into: &mut Vec<u8>) -> bool {
        if self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return false;
        }
        self.last = self.number();
        self.copy(into);
        self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.next = (self.next + 1) % self.blocks;
        true
    }

    /// Copies the block that the kernel has begun and not handed over; false where nothing is in it.
    ///
    /// For a socket that takes no more packets. One that the kernel is just writing may be there in part, and then
    /// it does not have `TP_STATUS_USER`.
    pub(crate) fn rest(&mut self, into: &mut Vec<u8>) -> bool {
        // A block of an earlier round has a number that was read already.
        if self.number() <= self.last || self.word(PACKETS) == 0 {
            return false;
        }
        self.last = self.number();
        self.copy(into);
        true
    }

    fn block(&self) -> *mut u8 {
        // SAFETY: `next` is below `blocks`, so this is in the mapping.
        unsafe { self.map.as_ptr().add(self.next * self.block_size) }
    }

    fn status(&self) -> &AtomicU32 {
        // SAFETY: blocks begin at pages, so the address is aligned, and it is mapped for as long as `self` lives.
        // The kernel writes it as a whole.
        unsafe { AtomicU32::from_ptr(self.block().add(STATUS).cast()) }
    }

    fn word(&self, at: usize) -> u32 {
        // SAFETY: `at` is a place of a word in the block's head, aligned, in the mapping.
        unsafe { self.block().add(at).cast::<u32>().read_volatile() }
    }

    fn number(&self) -> u64 {
        // SAFETY: as above.
        unsafe { self.block().add(NUMBER).cast::<u64>().read_volatile() }
    }

    fn copy(&self, into: &mut Vec<u8>) {
        let len = (self.word(LENGTH) as usize).clamp(HEAD, self.block_size);
        into.clear();
        into.reserve(len);
        // SAFETY: `len` bytes of the block are in the mapping, and `into` has room for them. The kernel does not
        // write to a block that it has handed over; one that it has not is copied only by `rest`, whose caller
        // reckons with bytes that are not there yet. Any bytes are valid ones.
        unsafe {
            std::ptr::copy_nonoverlapping(self.block().cast_const(), into.as_mut_ptr(), len);
            into.set_len(len);
        }
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing borrowed from it outlives the value.
        let _ = unsafe { rustix::mm::munmap(self.map.as_ptr().cast(), self.block_size * self.blocks) };
    }
}
