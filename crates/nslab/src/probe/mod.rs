//! Who reaches whom: ICMP echo, asked and answered.
//!
//! - [`packet`]: requests and replies as bytes, without I/O;
//! - [`engine`]: one ping session as a state machine, the clock passed in;
//! - [`ProbeSocket`]: raw ICMP, in the namespace of the thread that opened it;
//! - [`ping`]: engine and socket put together;
//! - [`matrix`]: many sources and targets at once;
//! - [`knock`]: whether ports are open, many at once;
//! - [`trace`]: the way to a target, hop by hop.
//!
//! A reply counts only if it answers a request that was sent: same identifier, a sequence number in use,
//! and the secret that this session put into its data.

pub mod engine;
pub mod knock;
pub mod matrix;
mod options;
pub mod packet;
mod resolve;
mod run;
mod signals;
mod socket;
pub mod trace;
mod way;

pub use options::PathMtu;
pub use resolve::{Resolved, Scoped, name_of, numeric, resolve};
pub use run::{Ended, ping};
pub use signals::{Signal, Signals};
pub use socket::{Arrival, ProbeSocket};
pub use way::Way;

/// Which IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4, with ICMP.
    V4,
    /// IPv6, with ICMPv6.
    V6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub fn of(address: std::net::IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// A number that nobody outside can guess: the standard library seeds its hash maps from getrandom(2).
fn secret() -> u64 {
    use std::hash::BuildHasher;
    std::collections::hash_map::RandomState::new().hash_one(0)
}
