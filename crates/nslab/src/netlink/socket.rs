//! The kernel's netlink socket.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::io::{Errno, retry_on_intr};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};

use crate::error::{Error, Result};
use crate::wire::consts::{NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK};

/// What carries datagrams to the kernel and back.
pub trait Transport {
    /// Sends one datagram.
    ///
    /// # Errors
    /// What sendto(2) says.
    fn send(&mut self, datagram: &[u8]) -> Result<(), Errno>;

    /// Receives one datagram into `buffer`, replacing what is in it.
    ///
    /// # Errors
    /// What recvfrom(2) says; `ENOBUFS` where answers were lost.
    fn receive(&mut self, buffer: &mut Vec<u8>) -> Result<(), Errno>;

    /// The port that answers to our requests carry; 0 where that is not known.
    fn port(&self) -> u32 {
        0
    }

    /// Receives one datagram that is known to have at most so many bytes.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    fn receive_at_most(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<(), Errno> {
        let _ = most;
        self.receive(buffer)
    }
}

/// A netlink socket in the namespace of the thread that opened it; it stays there, whichever
/// thread uses it.
#[derive(Debug)]
pub struct KernelSocket {
    fd: OwnedFd,
    port: u32,
    /// What a test has it receive before what the kernel sends.
    #[cfg(feature = "fake-kernel")]
    pending: std::collections::VecDeque<Result<Vec<u8>, Errno>>,
}

/// The kernel builds a dump in pieces of at most this size (`netlink_dump()` in af_netlink.c).
const DATAGRAM: usize = 32 * 1024;

impl KernelSocket {
    /// Opens a socket with extended acknowledgements and strict checking of dump requests, where the
    /// kernel has them.
    ///
    /// # Errors
    /// No descriptors left, or no netlink.
    pub fn open() -> Result<Self> {
        Self::subscribe(0)
    }

    /// The same, and hears of what happens to the things of some groups (`RTMGRP_…`, rtnetlink(7)).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn subscribe(groups: u32) -> Result<Self> {
        // Protocol 0 is NETLINK_ROUTE.
        Self::open_for(None, groups)
    }

    /// Opens a socket to the packet filter (`NETLINK_NETFILTER`) instead of the routing tables.
    ///
    /// # Errors
    /// As [`open`](Self::open); `EPROTONOSUPPORT` where the kernel has no such.
    pub fn netfilter() -> Result<Self> {
        Self::open_for(Some(rustix::net::netlink::NETFILTER), 0)
    }

    /// Opens a socket to generic netlink (`NETLINK_GENERIC`), by which WireGuard is spoken to.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn generic() -> Result<Self> {
        Self::open_for(Some(rustix::net::netlink::GENERIC), 0)
    }

    fn open_for(protocol: Option<Protocol>, groups: u32) -> Result<Self> {
        let failed = |errno| Error::os("opening a netlink socket", errno);
        let fd = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)
            .map_err(failed)?;
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, groups)).map_err(failed)?;
        let address = rustix::net::getsockname(&fd).and_then(SocketAddrNetlink::try_from).map_err(failed)?;
        let socket = Self {
            fd,
            port: address.pid(),
            #[cfg(feature = "fake-kernel")]
            pending: std::collections::VecDeque::new(),
        };
        for option in [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK] {
            // Absent before 4.12 and 4.20: then errors have fewer words and dumps are filtered here.
            let _ = crate::sys::set_option(socket.as_fd(), libc::SOL_NETLINK, option, 1);
        }
        Ok(socket)
    }

    /// Asks for a larger receive buffer, past the machine's limit where the caller may (CAP_NET_ADMIN in
    /// the first user namespace); less is no error.
    pub fn grow_receive_buffer(&self, bytes: usize) {
        if sockopt::set_socket_recv_buffer_size_force(&self.fd, bytes).is_err() {
            let _ = sockopt::set_socket_recv_buffer_size(&self.fd, bytes);
        }
    }
}

impl KernelSocket {
    /// Takes one datagram of at most so many bytes; `false` where it is not from the kernel.
    fn take(&self, buffer: &mut Vec<u8>, most: usize) -> Result<bool, Errno> {
        let (got, len, sender) = retry_on_intr(|| {
            buffer.clear();
            buffer.reserve(most);
            rustix::net::recvfrom(&self.fd, spare_capacity(buffer), RecvFlags::TRUNC)
        })?;
        // Only the kernel has port 0; anything else was sent by another process.
        let from_kernel = sender.and_then(|s| SocketAddrNetlink::try_from(s).ok()).is_some_and(|s| s.pid() == 0);
        if from_kernel && len > got {
            return Err(Errno::NOBUFS);
        }
        Ok(from_kernel)
    }
}

impl KernelSocket {
    /// Takes what has come without being waited for, and says whether there was any. What was lost for want of room
    /// counts.
    pub(crate) fn drain(&self) -> bool {
        let mut any = false;
        let mut buffer = [0_u8; 64];
        loop {
            let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
            match retry_on_intr(|| rustix::net::recv(&self.fd, &mut buffer[..], flags)) {
                Ok(_) | Err(Errno::NOBUFS) => any = true,
                Err(_) => return any,
            }
        }
    }
}

impl AsFd for KernelSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Transport for KernelSocket {
    fn port(&self) -> u32 {
        self.port
    }

    fn send(&mut self, datagram: &[u8]) -> Result<(), Errno> {
        #[cfg(feature = "fake-kernel")]
        let datagram = &super::fault::strike(datagram, self.port, &mut self.pending);
        #[cfg(feature = "fake-kernel")]
        if datagram.is_empty() {
            return Ok(());
        }
        let kernel = SocketAddrNetlink::new(0, 0);
        retry_on_intr(|| rustix::net::sendto(&self.fd, datagram, SendFlags::empty(), &kernel)).map(drop)
    }

    fn receive(&mut self, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        #[cfg(feature = "fake-kernel")]
        if let Some(answer) = self.pending.pop_front() {
            *buffer = answer?;
            return Ok(());
        }
        loop {
            let (_, len) =
                retry_on_intr(|| rustix::net::recv(&self.fd, &mut [0; 0], RecvFlags::PEEK | RecvFlags::TRUNC))?;
            if self.take(buffer, len.max(DATAGRAM))? {
                return Ok(());
            }
        }
    }

    fn receive_at_most(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<(), Errno> {
        #[cfg(feature = "fake-kernel")]
        if let Some(answer) = self.pending.pop_front() {
            *buffer = answer?;
            return Ok(());
        }
        while !self.take(buffer, most)? {}
        Ok(())
    }
}
