//! One call: a connection that is tried, or a datagram that is sent until something is heard of it.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, sockopt};

use super::heard::line;
use super::{Call, Knock};
use crate::error::{Error, Result};
use crate::probe::matrix::Reason;
use crate::sys;
use crate::types::Protocol;

/// A datagram is sent again after this long, then after twice that, and so on up to a second.
const RETRY: Duration = Duration::from_millis(200);
const SLOWEST_RETRY: Duration = Duration::from_secs(1);

/// A full buffer, or table, empties in about this time.
const FULL: Duration = Duration::from_millis(5);

pub(super) struct Calling {
    call: Call,
    socket: Option<OwnedFd>,
    token: u64,
    /// When there is something to send; `None`: the kernel is at it.
    pub(super) due: Option<Instant>,
    retry: Duration,
    connected: bool,
    pub(super) knock: Option<Knock>,
}

impl Calling {
    /// Opens a socket in the namespace of the calling thread. A family that the machine lacks is no error here.
    pub(super) fn open(call: Call, token: u64) -> Result<Self> {
        let domain = if call.address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let kind = match call.service.protocol {
            Protocol::Tcp => SocketType::STREAM,
            Protocol::Udp => SocketType::DGRAM,
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (socket, knock) = match rustix::net::socket_with(domain, kind, flags, None) {
            Ok(socket) => (Some(socket), None),
            Err(Errno::AFNOSUPPORT) => (None, Some(Knock::NotReached(Reason::NoFamily))),
            Err(errno) => return Err(Error::os("opening a socket", errno)),
        };
        if let (Some(socket), Protocol::Udp) = (&socket, call.service.protocol) {
            // Without it a datagram socket hears of no host that is unreachable.
            let (level, option) = match call.address {
                IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_RECVERR),
                IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
            };
            sys::set_option(socket.as_fd(), level, option, 1).map_err(|errno| Error::os("opening a socket", errno))?;
        }
        let due = Some(Instant::now());
        Ok(Self { call, socket, token, due, retry: RETRY, connected: false, knock })
    }

    pub(super) fn address(&self) -> IpAddr {
        self.call.address
    }

    pub(super) fn port(&self) -> u16 {
        self.call.service.port
    }

    /// Whether a datagram of its is to come to a namespace.
    pub(super) fn is_for(&self, place: usize) -> bool {
        self.call.to == place && self.call.service.protocol == Protocol::Udp
    }

    /// Connects, or sends, if it is time.
    pub(super) fn ask(&mut self, now: Instant) {
        let Some(socket) = self.socket.as_ref().filter(|_| self.knock.is_none()) else { return };
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        self.due = None;
        let is_tcp = self.call.service.protocol == Protocol::Tcp;
        if !self.connected {
            let to = SocketAddr::new(self.call.address, self.call.service.port);
            match retry_on_intr(|| rustix::net::connect(socket, &to)) {
                Err(Errno::INPROGRESS) | Ok(()) => self.connected = true,
                Err(errno) => return self.failed(errno, now),
            }
        }
        if is_tcp {
            // It may have come to be already; else the kernel repeats what is lost.
            return self.look();
        }
        match retry_on_intr(|| rustix::net::send(socket, line(self.token).as_bytes(), SendFlags::DONTWAIT)) {
            Ok(_) => {
                self.due = now.checked_add(self.retry);
                self.retry = self.retry.saturating_mul(2).min(SLOWEST_RETRY);
            }
            Err(errno) => self.failed(errno, now),
        }
    }

    fn failed(&mut self, errno: Errno, now: Instant) {
        match errno {
            Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM => self.due = now.checked_add(FULL),
            Errno::CONNREFUSED => self.knock = Some(Knock::Closed),
            // Only of a connection that came to be.
            Errno::CONNRESET | Errno::PIPE => self.knock = Some(Knock::Open),
            _ => self.knock = Some(Knock::NotReached(Reason::Failed { errno: errno.raw_os_error() })),
        }
    }

    /// Looks for what has come of it.
    pub(super) fn look(&mut self) {
        let Some(socket) = self.socket.as_ref().filter(|_| self.knock.is_none() && self.connected) else { return };
        if let Err(errno) = sockopt::socket_error(socket).and_then(|error| error) {
            return self.failed(errno, Instant::now());
        }
        let is_open = match self.call.service.protocol {
            // Only of a connection that came to be there is another end.
            Protocol::Tcp => rustix::net::getpeername(socket).is_ok(),
            Protocol::Udp => retry_on_intr(|| rustix::io::read(socket, &mut [0_u8; 16])).is_ok(),
        };
        if is_open {
            self.knock = Some(Knock::Open);
        }
    }

    /// What to wait for.
    pub(super) fn poll(&self) -> Option<PollFd<'_>> {
        let flags = match self.call.service.protocol {
            Protocol::Tcp => PollFlags::OUT,
            Protocol::Udp => PollFlags::IN,
        };
        let socket = self.socket.as_ref().filter(|_| self.connected)?;
        Some(PollFd::from_borrowed_fd(socket.as_fd(), flags))
    }
}
