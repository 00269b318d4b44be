//! How a [`ProbeSocket`] sends, beside what all of them do: options of socket(7), ip(7) and ipv6(7).
//!
//! Each can be set at any time and holds for what is sent from then on.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;
use rustix::net::sockopt;

use super::{Family, ProbeSocket};
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

/// Whether packets may be fragmented, and who finds out the path's MTU (`IP_MTU_DISCOVER`, ip(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMtu {
    /// Fragment as needed.
    Dont,
    /// Fragment where the path's known MTU is less.
    Want,
    /// Never fragment; what is longer than the path's known MTU is refused.
    Do,
    /// Never fragment, and do not look at the path's known MTU.
    Probe,
}

impl PathMtu {
    /// The value is the same with IPv6.
    fn value(self) -> i32 {
        match self {
            Self::Dont => libc::IP_PMTUDISC_DONT,
            Self::Want => libc::IP_PMTUDISC_WANT,
            Self::Do => libc::IP_PMTUDISC_DO,
            Self::Probe => libc::IP_PMTUDISC_PROBE,
        }
    }
}

impl ProbeSocket {
    /// Sends and receives through one interface only (`SO_BINDTODEVICE`).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such interface.
    pub fn bind_interface(&self, name: &[u8]) -> Result<()> {
        bind_interface(self.fd.as_fd(), name)
    }

    /// Sends from this address and receives only what is sent to it. `scope` is the interface's index for an
    /// address of a link, else 0.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where no interface has the address.
    pub fn bind_address(&self, address: IpAddr, scope: u32) -> Result<()> {
        let to = match address {
            IpAddr::V4(_) => SocketAddr::new(address, 0),
            IpAddr::V6(address) => SocketAddrV6::new(address, 0, 0, scope).into(),
        };
        rustix::net::bind(&self.fd, &to).map_err(|errno| Error::os(format_args!("sending from {address}"), errno))
    }

    /// The interface, by index, that addresses of a link are on when they are sent to; 0 leaves it to the kernel.
    pub fn set_scope(&mut self, scope: u32) {
        self.scope = scope;
    }

    /// Sends with an IPv6 flow label of 20 bits, of the kernel's choice if it is 0, and gives the one that is taken.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] or [`ErrorKind::Permission`] where another has that label; what setsockopt(2) says.
    pub fn take_flow_label(&mut self, to: IpAddr, label: u32) -> Result<u32> {
        let failed = |errno| Error::os("taking a flow label", errno);
        let IpAddr::V6(to) = to else { return Err(Error::invalid("IPv4 has no flow labels")) };
        self.flow = sys::icmp::take_flow_label(self.fd.as_fd(), to, label).map_err(failed)?;
        self.option(libc::IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1, "sending a flow label")?;
        Ok(self.flow)
    }

    /// Sets the time to live, or hop limit, of what is sent to a unicast or multicast address; 1 to 255.
    ///
    /// # Errors
    /// IPv4 refuses 0 (`EINVAL`).
    pub fn set_ttl(&self, ttl: u8) -> Result<()> {
        match self.family {
            Family::V4 => sockopt::set_ip_multicast_ttl(&self.fd, u32::from(ttl))
                .and_then(|()| sockopt::set_ip_ttl(&self.fd, u32::from(ttl))),
            Family::V6 => sockopt::set_ipv6_multicast_hops(&self.fd, u32::from(ttl))
                .and_then(|()| sockopt::set_ipv6_unicast_hops(&self.fd, Some(ttl))),
        }
        .map_err(|errno| Error::os(format_args!("setting the time to live to {ttl}"), errno))
    }

    /// Sets the type of service, or traffic class: 0 to 255. IPv4 takes the low eight bits of other values;
    /// IPv6 takes -1 for its default.
    ///
    /// # Errors
    /// IPv6 refuses other values (`EINVAL`).
    pub fn set_traffic_class(&self, class: i32) -> Result<()> {
        let what = "setting the traffic class";
        match self.family {
            Family::V4 => self.option(libc::IPPROTO_IP, libc::IP_TOS, class, what),
            Family::V6 => self.option(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, class, what),
        }
    }

    /// Marks what is sent, for routing rules and the packet filter (`SO_MARK`).
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] without CAP_NET_ADMIN or CAP_NET_RAW.
    pub fn set_mark(&self, mark: u32) -> Result<()> {
        // The kernel takes the bits as they are.
        self.option(libc::SOL_SOCKET, libc::SO_MARK, mark as i32, "marking packets")
    }

    /// Says whether packets may be fragmented.
    ///
    /// # Errors
    /// What setsockopt(2) says.
    pub fn set_path_mtu(&self, way: PathMtu) -> Result<()> {
        let what = "setting path MTU discovery";
        match self.family {
            Family::V4 => self.option(libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, way.value(), what),
            Family::V6 => self.option(libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, way.value(), what),
        }
    }

    /// Lets packets be sent to broadcast addresses.
    ///
    /// # Errors
    /// What setsockopt(2) says.
    pub fn allow_broadcast(&self) -> Result<()> {
        self.option(libc::SOL_SOCKET, libc::SO_BROADCAST, 1, "allowing broadcasts")
    }

    /// Keeps what is sent to a group from the machine itself.
    ///
    /// # Errors
    /// What setsockopt(2) says.
    pub fn suppress_multicast_loop(&self) -> Result<()> {
        let what = "suppressing the loop of multicast packets";
        match self.family {
            Family::V4 => self.option(libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP, 0, what),
            Family::V6 => self.option(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP, 0, what),
        }
    }

    /// Sends to hosts on the link only, whatever the routes say (`SO_DONTROUTE`).
    ///
    /// # Errors
    /// What setsockopt(2) says.
    pub fn bypass_routes(&self) -> Result<()> {
        self.option(libc::SOL_SOCKET, libc::SO_DONTROUTE, 1, "bypassing routes")
    }

    /// Turns debugging of the socket on, which few kernels do anything with (`SO_DEBUG`).
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] without CAP_NET_ADMIN.
    pub fn debug(&self) -> Result<()> {
        self.option(libc::SOL_SOCKET, libc::SO_DEBUG, 1, "debugging a socket")
    }

    /// Takes the time of arrival when this process gets a packet, and not when the kernel does.
    ///
    /// # Errors
    /// What setsockopt(2) says.
    pub fn time_on_receipt(&self) -> Result<()> {
        self.option(libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 0, "timing packets")
    }

    /// Sets the size of the buffer for sending, which the kernel doubles and has limits for.
    ///
    /// # Errors
    /// What setsockopt(2) says.
    pub fn set_send_buffer(&self, bytes: usize) -> Result<()> {
        sockopt::set_socket_send_buffer_size(&self.fd, bytes)
            .map_err(|errno| Error::os("setting the buffer for sending", errno))
    }

    /// Sets the size of the buffer for receiving, within the machine's limit, and gives what the kernel made of it.
    ///
    /// # Errors
    /// What setsockopt(2) or getsockopt(2) say.
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<usize> {
        sockopt::set_socket_recv_buffer_size(&self.fd, bytes)
            .and_then(|()| sockopt::socket_recv_buffer_size(&self.fd))
            .map_err(|errno| Error::os("setting the buffer for receiving", errno))
    }

    /// Asks for larger buffers, past the machine's limits where the caller may; less is no error.
    pub fn grow_buffers(&self, bytes: usize) {
        if sockopt::set_socket_recv_buffer_size_force(&self.fd, bytes).is_err() {
            let _ = sockopt::set_socket_recv_buffer_size(&self.fd, bytes);
        }
        let _ = sockopt::set_socket_send_buffer_size(&self.fd, bytes);
    }

    fn option(&self, level: i32, option: i32, value: i32, what: &'static str) -> Result<()> {
        sys::set_option(self.fd.as_fd(), level, option, value).map_err(|errno| Error::os(what, errno))
    }
}

/// `IPV6_FLOWINFO_SEND` of linux/in6.h.
const IPV6_FLOWINFO_SEND: i32 = 33;

pub(super) fn bind_interface(fd: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
    let failed = |errno| {
        let error = Error::os(format_args!("using interface {:?}", String::from_utf8_lossy(name)), errno);
        if errno == Errno::NODEV { error.with_kind(ErrorKind::NotFound) } else { error }
    };
    // The kernel would cut a longer name off and take the interface of the rest.
    if name.len() >= libc::IFNAMSIZ {
        return Err(failed(Errno::NODEV));
    }
    sys::icmp::set_option_bytes(fd, libc::SOL_SOCKET, libc::SO_BINDTODEVICE, name).map_err(failed)
}
