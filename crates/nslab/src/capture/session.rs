//! The interfaces of one capture, and their packets in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::{Duration, SystemTime};

use super::filter::Filter;
use super::tap::{BLOCK, LAG, Tap};
use super::{Interface, Packet, Statistics};
use crate::error::{Error, Result};
use crate::namespace::{Namespace, descriptors};
use crate::sys::packet::Ring;

/// Which packets are taken, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which packets.
    pub filter: Filter,
    /// How many bytes of each packet are kept, from its beginning; a packet of more than 128 KiB is never kept whole.
    pub snap_len: u32,
    /// How many bytes of packets the kernel holds for each interface until they are read: it is rounded up to blocks
    /// of 128 KiB, to two of them at least. `None`: 32 MiB, and less where there are more than two interfaces, so
    /// that all of them take 64 MiB; but 512 KiB at least.
    pub buffer: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { filter: Filter::default(), snap_len: 1 << 18, buffer: None }
    }
}

impl Settings {
    /// How many blocks each of so many interfaces has.
    fn blocks(&self, interfaces: usize) -> u32 {
        let size = u64::from(BLOCK);
        let interfaces = u64::try_from(interfaces).unwrap_or(u64::MAX).max(1);
        let bytes = self.buffer.unwrap_or_else(|| ((64 << 20) / interfaces).clamp(512 << 10, 32 << 20));
        u32::try_from(bytes.div_ceil(size).clamp(2, 1 << 13)).unwrap_or(2)
    }
}

/// An interface to capture on.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The namespace that it is in.
    pub namespace: &'a Namespace,
    /// The name of that: when it is withdrawn, the interface counts as gone, so that the capture does not hold the
    /// namespace.
    pub netns: OsString,
    /// The interface.
    pub interface: Interface,
}

/// The interfaces of one capture, each with a socket.
#[derive(Debug)]
pub struct Capture {
    pub(super) taps: Vec<Tap>,
    netns: Vec<OsString>,
    /// Memory of blocks that were read.
    spare: Vec<Vec<u8>>,
    /// Bytes of blocks that were read and not handed over.
    held: usize,
}

/// More than so many bytes are not held back to be put in order.
const MOST_HELD: usize = 64 << 20;
/// As much memory is kept to be used again, in blocks.
const MOST_SPARE: usize = 64;
/// Opening a socket's ring and closing it waits for the kernel's readers (RCU), so several do so at once.
const WORKERS: usize = 64;

impl Capture {
    /// Opens a socket for each interface; from then on packets are taken.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without CAP_NET_RAW in a namespace;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the filter is too long; no memory, no descriptors, or an
    /// interface that is not there any more.
    pub fn open(wanted: &[Wanted<'_>], settings: &Settings) -> Result<Self> {
        descriptors::make_room(wanted.len(), 2)?;
        let blocks = settings.blocks(wanted.len());
        let open = |wanted: &Wanted<'_>| {
            let interface = &wanted.interface;
            // What the loopback interface sends comes in by it too.
            let program = settings.filter.compile(interface.link_type, interface.loopback, settings.snap_len)?;
            wanted.namespace.enter(|| Tap::open(interface, &program, blocks))?
        };
        let share = wanted.len().div_ceil(WORKERS).max(1);
        let taps: Result<Vec<Vec<Tap>>> = std::thread::scope(|scope| {
            let mut threads = Vec::new();
            for part in wanted.chunks(share) {
                let work = move || part.iter().map(open).collect::<Result<Vec<Tap>>>();
                let thread = std::thread::Builder::new().spawn_scoped(scope, work);
                threads.push(thread.map_err(|error| Error::os("starting a thread", error))?);
            }
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| match thread.join() {
                Ok(taps) => taps,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            threads.into_iter().map(join).collect()
        });
        let netns = wanted.iter().map(|wanted| wanted.netns.clone()).collect();
        Ok(Self { taps: taps?.into_iter().flatten().collect(), netns, spare: Vec::new(), held: 0 })
    }

    /// What was counted of each interface, asked of the kernel now.
    pub fn statistics(&mut self) -> Vec<Statistics> {
        self.taps.iter_mut().for_each(Tap::count);
        self.taps.iter().map(|tap| tap.counted).collect()
    }

    /// What to wait for: the sockets of the interfaces that are there, each with its place.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> {
        self.taps.iter().enumerate().filter_map(|(at, tap)| Some((at, tap.descriptor()?)))
    }

    /// Reads what the kernel has handed over.
    pub(super) fn read(&mut self) {
        for tap in &mut self.taps {
            self.held += tap.read(&mut self.spare);
        }
    }

    /// Hears that the socket of an interface has an error.
    pub(super) fn went_down(&mut self, at: usize) {
        self.taps.get_mut(at).into_iter().for_each(Tap::went_down);
    }

    /// Whether one of the interfaces is down.
    pub(super) fn is_any_down(&self) -> bool {
        self.taps.iter().any(Tap::is_down)
    }

    /// The places of interfaces that are gone since this was asked last.
    pub(super) fn gone(&mut self) -> Vec<usize> {
        let mut gone = Vec::new();
        for (at, tap) in self.taps.iter_mut().enumerate() {
            if tap.is_gone(&mut self.spare) {
                gone.push(at);
            }
        }
        gone
    }

    /// Lets go of the interfaces of a namespace, by its name; gives the places of those that were there.
    pub(super) fn close(&mut self, netns: &OsString) -> Vec<usize> {
        let mut closed = Vec::new();
        for (at, (tap, name)) in self.taps.iter_mut().zip(&self.netns).enumerate() {
            if name == netns && tap.descriptor().is_some() {
                tap.close(&mut self.spare);
                closed.push(at);
            }
        }
        closed
    }

    /// Takes no more packets, and reads what has passed.
    pub(super) fn finish(&mut self) {
        self.taps.iter().for_each(Tap::stop);
        // A packet that another processor was writing is there by then.
        std::thread::sleep(Duration::from_millis(2));
        for tap in &mut self.taps {
            tap.read_rest(&mut self.spare);
        }
    }

    /// Whether packets were read that are not handed over yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.taps.iter().any(|tap| tap.head().is_some())
    }

    /// Up to when no earlier packet can come from any interface.
    fn complete_until(&self) -> Duration {
        if self.held > MOST_HELD {
            return Duration::MAX;
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let before = now.saturating_sub(LAG);
        let open = self.taps.iter().filter(|tap| tap.descriptor().is_some());
        open.map(|tap| tap.seen.max(before)).min().unwrap_or(Duration::MAX)
    }

    /// Hands over what is complete, or all of it, in order.
    pub(super) fn hand_over(
        &mut self,
        all: bool,
        mut take: impl FnMut(&Packet<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let until = if all { Duration::MAX } else { self.complete_until() };
        let first = |(at, tap): (usize, &Tap)| Some(Reverse((tap.head()?.time, at)));
        let mut heads: BinaryHeap<Reverse<(Duration, usize)>> =
            self.taps.iter().enumerate().filter_map(first).collect();
        let mut room = Vec::new();
        while let Some(Reverse((time, at))) = heads.pop().filter(|Reverse((time, _))| *time <= until) {
            let Some(tap) = self.taps.get_mut(at) else { continue };
            let Some(frame) = tap.head().copied() else { continue };
            let (data, original_len) = tap.data(&frame, &mut room);
            let (direction, reception) = (frame.direction, frame.reception);
            let link_type = tap.link_type;
            let flow = take(&Packet { interface: at, time, direction, reception, link_type, original_len, data })?;
            self.held = self.held.saturating_sub(tap.advance(&mut self.spare));
            if flow.is_break() {
                return Ok(flow);
            }
            heads.extend(first((at, tap)));
        }
        self.spare.truncate(MOST_SPARE);
        Ok(ControlFlow::Continue(()))
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let mut rings: Vec<Ring> = self.taps.iter_mut().filter_map(Tap::take_ring).collect();
        let share = rings.len().div_ceil(WORKERS).max(1);
        std::thread::scope(|scope| {
            while !rings.is_empty() {
                let part = rings.split_off(rings.len().saturating_sub(share));
                // Where no thread can be had, they are closed here.
                let _ = std::thread::Builder::new().spawn_scoped(scope, move || drop(part));
            }
        });
    }
}
