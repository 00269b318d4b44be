//! The way that packets really take to a target: who passes them on, one hop after the other, and where it ends.
//!
//! - [`walk`]: what to ask when, and what the answers come to, as a state machine with the clock passed in;
//! - [`trace()`]: that and a socket put together.
//!
//! An echo request whose time to live is N ends at the Nth hop, which says so (RFC 792, RFC 4443). All hops of a
//! window are asked at once, so a way of eight hops takes one round trip. Every request has the same source,
//! target and identifier, so that routers which choose among several ways of equal cost choose the same for all.

pub mod walk;

use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use super::run::poll_until;
use super::{ProbeSocket, packet};
use crate::error::{Error, Result};
pub use walk::{Answer, Ended, Hop, Says, Settings};
use walk::{Step, Walk};

/// The way, as far as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The hops in order, from the first to the last that is known.
    pub hops: Vec<Hop>,
    /// How it ends.
    pub ended: Ended,
}

/// Follows the way to a target, in the namespace that the socket is in, until its end is known or the deadline has
/// come. It blocks the calling thread. The socket's time to live is another afterwards.
///
/// ```no_run
/// use nslab::probe::trace::{self, Settings};
/// use nslab::probe::{Family, ProbeSocket};
///
/// let socket = ProbeSocket::open(Family::V4)?;
/// let found = trace::trace(&socket, "192.0.2.2".parse().unwrap(), &Settings::default())?;
/// println!("{} hops, {:?}", found.hops.len(), found.ended);
/// # Ok::<(), nslab::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the socket is of the other family; what poll(2),
/// setsockopt(2) or recvmsg(2) say. A target that is not reached is no error.
pub fn trace(socket: &ProbeSocket, target: IpAddr, settings: &Settings) -> Result<Trace> {
    if super::Family::of(target) != socket.family() {
        return Err(Error::invalid(format!("{target} is not of the socket's address family")));
    }
    let secret = super::secret();
    // The low bits of another; the rest stays secret.
    let mut walk = Walk::new(target, *settings, super::secret() as u16, Instant::now());
    let data = secret.to_ne_bytes();
    let mut buffer = Vec::new();
    loop {
        match walk.next(Instant::now()) {
            Step::Done => return Ok(walk.found()),
            Step::Send { ttl, seq } => {
                socket.set_ttl(ttl)?;
                let request = packet::request(socket.family(), walk.id(), seq, &data);
                let at = Instant::now();
                match socket.try_send(&request, target) {
                    Ok(()) => walk.sent(seq, at),
                    Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM) => walk.postponed(seq, at),
                    Err(errno) => walk.refused(errno.raw_os_error()),
                }
            }
            Step::Wait(until) => {
                poll_until(&mut [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)], Some(until))?
            }
        }
        while let Some(arrival) = socket.receive(&mut buffer)? {
            walk.arrived(&arrival, &data);
        }
    }
}
