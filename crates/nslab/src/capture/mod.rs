//! Packets as they pass interfaces: of many namespaces at once, in order, into one file.
//!
//! - [`interfaces`]: what there is to capture in a namespace;
//! - [`filter`]: which packets, as a program for the kernel, without I/O;
//! - [`Capture`]: the interfaces of one capture, and [`run`], which hands their packets to a [`Sink`];
//! - [`pcapng`]: packets as bytes of a file, without I/O;
//! - [`Writer`]: a [`Sink`] that writes such files, with rotation;
//! - [`dissect`]: a packet as a line of text, without I/O.
//!
//! Each interface has a packet socket of its own (packet(7)), opened in its namespace, with a ring that the kernel
//! writes to. One thread reads all of them. Packets are handed over in the order of the kernel's time stamps, up to
//! [`LAG`] after they have passed. Nothing of the namespaces is changed; while a capture runs, an interface counts as
//! promiscuous.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//!
//! use nslab::capture::{self, Capture, Packet, Settings, Sink, Stop, Wanted};
//! use nslab::namespace::Names;
//!
//! struct Print;
//!
//! impl Sink for Print {
//!     fn packet(&mut self, packet: &Packet<'_>) -> nslab::Result<ControlFlow<()>> {
//!         println!("{}", capture::dissect::line(packet.link_type, packet.data, packet.original_len));
//!         Ok(ControlFlow::Continue(()))
//!     }
//! }
//!
//! # fn main() -> nslab::Result<()> {
//! let stop = Stop::watch()?;
//! let namespace = Names::default().open("h1".as_ref())?;
//! let wanted = capture::interfaces(&namespace)?
//!     .into_iter()
//!     .map(|interface| Wanted { namespace: &namespace, netns: "h1".into(), interface })
//!     .collect::<Vec<_>>();
//! let mut capture = Capture::open(&wanted, &Settings::default())?;
//! capture::run(&mut capture, &stop, None, &mut Print)?;
//! # Ok(())
//! # }
//! ```

pub mod dissect;
mod file;
pub mod filter;
mod frame;
mod interface;
pub mod pcapng;
mod run;
mod session;
mod stop;
mod tap;

use std::time::Duration;

pub use file::{Rotation, Target, Writer};
pub use interface::{Interface, interfaces};
pub use run::{Ended, Gone, Sink, run};
pub use session::{Capture, Settings, Wanted};
pub use stop::Stop;
pub use tap::LAG;

/// What the bytes of a packet begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkType {
    /// An Ethernet header; also with loopback interfaces, whose addresses are zero.
    Ethernet,
    /// The header of IPv4 or IPv6: `tun`, `wireguard`, `ipip` and the like.
    Ip,
    /// The header that `LINKTYPE_LINUX_SLL` has, for every other kind of interface.
    Cooked,
}

/// Which way a packet passed an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It came in.
    In,
    /// It left.
    Out,
}

/// Whom a packet that came in is for, by its hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// This interface, or nobody knows.
    Host,
    /// A group.
    Multicast,
    /// All.
    Broadcast,
    /// Another interface.
    Other,
}

/// A packet as it passed an interface.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// The place of its interface among those of the capture.
    pub interface: usize,
    /// When it passed, by the kernel's real-time clock: since 1970.
    pub time: Duration,
    /// Which way.
    pub direction: Direction,
    /// Whom it is for.
    pub reception: Reception,
    /// What [`data`](Self::data) begins with.
    pub link_type: LinkType,
    /// How long it was, in bytes, with the tag of a VLAN that the kernel keeps beside the packet.
    pub original_len: u32,
    /// The packet, or as much of it as was asked for ([`Settings::snap_len`]).
    pub data: &'a [u8],
}

/// What was counted of an interface since its capture began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets that passed the filter, lost ones among them.
    pub received: u64,
    /// Those of them that were lost, because the ring was full.
    pub dropped: u64,
}
