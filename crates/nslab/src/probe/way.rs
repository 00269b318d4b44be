//! Which way a packet would take, found without sending one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::AsFd;

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::options::bind_interface;
use super::{Family, Scoped};
use crate::error::{Error, Result};
use crate::sys;

/// What decides beside the destination which way a packet takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Way<'a> {
    /// It must leave by this interface.
    pub interface: Option<&'a [u8]>,
    /// The type of service, or traffic class.
    pub traffic_class: i32,
    /// The mark that routing rules look at.
    pub mark: Option<u32>,
    /// Whether it may go to a broadcast address.
    pub broadcast: bool,
}

impl Way<'_> {
    /// The address from which the namespace of the calling thread would send to `to`, and whether it would at
    /// all: what connect(2) says of an unused datagram socket, without sending anything.
    ///
    /// # Errors
    /// [`Error::errno`] is what connect(2) or the choice of the interface said: `ENETUNREACH` without a route,
    /// `EACCES` for a broadcast address or a route of type prohibit.
    pub fn source(&self, to: Scoped) -> Result<Scoped> {
        let Scoped { address, scope } = to;
        let failed = |errno| Error::os(format_args!("finding the way to {address}"), errno);
        let domain = match Family::of(address) {
            Family::V4 => AddressFamily::INET,
            Family::V6 => AddressFamily::INET6,
        };
        let fd = rustix::net::socket_with(domain, SocketType::DGRAM, SocketFlags::CLOEXEC, None).map_err(failed)?;
        if let Some(name) = self.interface {
            bind_interface(fd.as_fd(), name)?;
        }
        let mut options = Vec::new();
        if self.traffic_class != 0 {
            options.push(match Family::of(address) {
                Family::V4 => (libc::IPPROTO_IP, libc::IP_TOS, self.traffic_class),
                Family::V6 => (libc::IPPROTO_IPV6, libc::IPV6_TCLASS, self.traffic_class),
            });
        }
        // The kernel takes the bits as they are.
        options.extend(self.mark.map(|mark| (libc::SOL_SOCKET, libc::SO_MARK, mark as i32)));
        options.extend(self.broadcast.then_some((libc::SOL_SOCKET, libc::SO_BROADCAST, 1)));
        for (level, option, value) in options {
            // Whoever may not mark asks for the way without it.
            let _ = sys::set_option(fd.as_fd(), level, option, value);
        }
        // Any port does; connecting a datagram socket sends nothing.
        let target = match address {
            IpAddr::V4(_) => SocketAddr::new(address, 1025),
            IpAddr::V6(address) => SocketAddrV6::new(address, 1025, 0, scope).into(),
        };
        rustix::net::connect(&fd, &target).map_err(failed)?;
        let name = rustix::net::getsockname(&fd).map_err(failed)?;
        Ok(match SocketAddr::try_from(name) {
            Ok(SocketAddr::V4(from)) => IpAddr::V4(*from.ip()).into(),
            Ok(SocketAddr::V6(from)) => Scoped { address: IpAddr::V6(*from.ip()), scope: from.scope_id() },
            Err(_) if address.is_ipv4() => IpAddr::V4(Ipv4Addr::UNSPECIFIED).into(),
            Err(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED).into(),
        })
    }
}
