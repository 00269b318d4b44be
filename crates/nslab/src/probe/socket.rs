//! The raw ICMP socket, with the kernel's time of arrival.
//!
//! Contract: a socket belongs to the network namespace that the thread which opened it was in, whichever
//! thread uses it. It is close-on-exec and never waits; wait with poll(2) on its descriptor.
//!
//! The kernel stamps a packet when it comes in (`SO_TIMESTAMPNS`), so how late this process is woken does
//! not count. The time of sending is taken right before sendto(2). The kernel could stamp that too, but
//! only behind the neighbour table or even the queueing discipline, and then the wait for ARP, and the
//! delay of a netem, which a ping is there to show, would be missing.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime};

use rustix::io::{Errno, retry_on_intr};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, ipproto};

use super::Family;
use super::packet::{Message, v4, v6};
use crate::error::{Error, Result};
use crate::sys;

/// A message that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// When the kernel got it.
    pub at: Instant,
    /// Who sent it.
    pub from: IpAddr,
    /// The interface's index if that address is one of a link; else 0.
    pub scope: u32,
    /// Time to live or hop limit, as it arrived.
    pub ttl: u8,
    /// Bytes of ICMP, header and data.
    pub len: usize,
    /// What it says.
    pub message: Message<'a>,
}

/// A raw socket for ICMP echo in one network namespace and one address family.
#[derive(Debug)]
pub struct ProbeSocket {
    pub(super) fd: OwnedFd,
    pub(super) family: Family,
    /// The interface that addresses of a link are on; 0: the kernel's choice.
    pub(super) scope: u32,
    /// The flow label of what is sent.
    pub(super) flow: u32,
}

/// `ICMP_FILTER` of linux/icmp.h, at level `SOL_RAW`.
const ICMP_FILTER: i32 = 1;
/// `ICMPV6_FILTER` of linux/icmpv6.h, at level `IPPROTO_ICMPV6`.
const ICMPV6_FILTER: i32 = 1;
/// Enough for the largest packet.
pub(crate) const BUFFER: usize = 65536 + v4::MAX_IP_HEADER;

impl ProbeSocket {
    /// Opens a socket in the network namespace of the calling thread.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without CAP_NET_RAW in the namespace's user namespace;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where the kernel lacks the family.
    pub fn open(family: Family) -> Result<Self> {
        let failed = |errno| {
            let error = Error::os("opening a raw ICMP socket", errno);
            if errno == Errno::PERM { error.with_help("it needs CAP_NET_RAW: run it as root") } else { error }
        };
        let (domain, protocol) = match family {
            Family::V4 => (AddressFamily::INET, ipproto::ICMP),
            Family::V6 => (AddressFamily::INET6, ipproto::ICMPV6),
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = rustix::net::socket_with(domain, SocketType::RAW, flags, Some(protocol)).map_err(failed)?;
        let socket = Self { fd, family, scope: 0, flow: 0 };
        socket.set_up().map_err(failed)?;
        Ok(socket)
    }

    fn set_up(&self) -> rustix::io::Result<()> {
        let fd = self.fd.as_fd();
        sys::set_option(fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)?;
        // Both filters have a bit for each type: set, it is kept out.
        match self.family {
            Family::V4 => {
                let mask = v4::UNDERSTOOD.iter().fold(!0_u32, |mask, kind| mask & !(1 << kind));
                sys::icmp::set_option_bytes(fd, libc::SOL_RAW, ICMP_FILTER, &mask.to_ne_bytes())
            }
            Family::V6 => {
                let mut mask = [!0_u32; 8];
                for kind in v6::UNDERSTOOD {
                    if let Some(word) = mask.get_mut(usize::from(kind / 32)) {
                        *word &= !(1 << (kind % 32));
                    }
                }
                let bytes: Vec<u8> = mask.iter().flat_map(|word| word.to_ne_bytes()).collect();
                sys::icmp::set_option_bytes(fd, libc::IPPROTO_ICMPV6, ICMPV6_FILTER, &bytes)?;
                sys::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, 1)
            }
        }
    }

    /// The address family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Sends a packet as it comes from [`packet::request`](super::packet::request).
    ///
    /// # Errors
    /// What sendto(2) says; [`Error::errno`] tells a missing route (`ENETUNREACH`) from a full buffer
    /// (`EAGAIN`, `ENOBUFS`).
    pub fn send(&self, packet: &[u8], to: IpAddr) -> Result<()> {
        self.try_send(packet, to).map_err(|errno| Error::os(format_args!("sending to {to}"), errno))
    }

    pub(crate) fn try_send(&self, packet: &[u8], to: IpAddr) -> rustix::io::Result<()> {
        let to = match to {
            IpAddr::V4(_) => SocketAddr::new(to, 0),
            IpAddr::V6(to) => SocketAddrV6::new(to, 0, self.flow, self.scope).into(),
        };
        retry_on_intr(|| rustix::net::sendto(&self.fd, packet, SendFlags::DONTWAIT, &to)).map(drop)
    }

    /// Takes the next message from the socket, if there is one; what is not about echo requests is
    /// skipped. `buffer` should hold 64 KiB and a little.
    ///
    /// # Errors
    /// What recvmsg(2) says, but `EAGAIN`.
    pub fn receive<'a>(&self, buffer: &'a mut Vec<u8>) -> Result<Option<Arrival<'a>>> {
        buffer.resize(BUFFER, 0);
        loop {
            let datagram = match retry_on_intr(|| sys::icmp::receive(self.fd.as_fd(), buffer)) {
                Ok(datagram) => datagram,
                Err(Errno::AGAIN) => return Ok(None),
                Err(errno) => return Err(Error::os("receiving ICMP", errno)),
            };
            if self.understand(buffer.get(..datagram.len).unwrap_or_default(), &datagram).is_some() {
                // Asked twice because a borrow that is returned from a loop lasts for all of it.
                return Ok(self.understand(buffer.get(..datagram.len).unwrap_or_default(), &datagram));
            }
        }
    }

    fn understand<'a>(&self, bytes: &'a [u8], datagram: &sys::icmp::Datagram) -> Option<Arrival<'a>> {
        let (from, scope) = datagram.from?;
        let (ttl, len, message) = match self.family {
            Family::V4 => {
                let packet = v4::parse(bytes)?;
                (packet.ttl, packet.len, packet.message)
            }
            Family::V6 => (datagram.hop_limit.unwrap_or(0), bytes.len(), v6::parse(bytes)?),
        };
        Some(Arrival { at: instant(datagram.realtime), from, scope, ttl, len, message })
    }
}

impl AsFd for ProbeSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The kernel stamps by the real-time clock, which may be set back or forth; its distance from now is
/// all that is used of it.
fn instant(realtime: Option<Duration>) -> Instant {
    let (now, real_now) = (Instant::now(), SystemTime::now());
    let age = realtime
        .and_then(|stamp| SystemTime::UNIX_EPOCH.checked_add(stamp))
        .and_then(|stamp| real_now.duration_since(stamp).ok());
    age.and_then(|age| now.checked_sub(age)).unwrap_or(now)
}
