//! What a raw ICMP socket needs beyond rustix: ancillary data with the kernel's time of arrival.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use rustix::io::Result;

/// A datagram as it came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datagram {
    /// Bytes written to the buffer.
    pub(crate) len: usize,
    /// Who sent it, and the interface's index if the address is one of a link, else 0.
    pub(crate) from: Option<(IpAddr, u32)>,
    /// When the kernel got it: time since 1970 by its real-time clock (`SCM_TIMESTAMPNS`).
    pub(crate) realtime: Option<Duration>,
    /// The IPv6 hop limit (`IPV6_HOPLIMIT`).
    pub(crate) hop_limit: Option<u8>,
}

/// Receives one datagram with its time of arrival, without waiting (recvmsg(2)).
pub(crate) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<Datagram> {
    let mut name = [0_u64; size_of::<libc::sockaddr_storage>() / 8];
    let mut control = [0_u64; 16];
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: a msghdr of zeroes is a valid one: null pointers with lengths of zero.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = name.as_mut_ptr().cast();
    header.msg_namelen = size_of_val(&name) as libc::socklen_t;
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control) as _;
    // SAFETY: each pointer in the header describes a live buffer of the length next to it, and the
    // kernel writes no more than that.
    let len = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_DONTWAIT) };
    let Ok(len) = usize::try_from(len) else { return Err(super::last_errno()) };
    let mut datagram = Datagram { len, from: address(&name, header.msg_namelen), realtime: None, hop_limit: None };

    // SAFETY: the kernel has filled msg_control up to msg_controllen, both of which CMSG_FIRSTHDR reads.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    while !next.is_null() {
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR return only headers that lie within the control buffer,
        // which is aligned for one.
        let (message, data) = unsafe { (*next, libc::CMSG_DATA(next)) };
        // SAFETY: CMSG_LEN computes with its argument, and no more.
        #[allow(clippy::unnecessary_cast, reason = "cmsg_len is narrower with musl")]
        let holds = |size: usize| message.cmsg_len as usize >= unsafe { libc::CMSG_LEN(size as u32) } as usize;
        match (message.cmsg_level, message.cmsg_type) {
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) if holds(size_of::<libc::timespec>()) => {
                // SAFETY: the message holds that many bytes, as checked; their alignment is not relied on.
                let time = unsafe { data.cast::<libc::timespec>().read_unaligned() };
                let whole = u64::try_from(time.tv_sec).ok();
                datagram.realtime = whole.zip(u32::try_from(time.tv_nsec).ok()).map(|(s, ns)| Duration::new(s, ns));
            }
            (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) if holds(size_of::<i32>()) => {
                // SAFETY: as above.
                let limit = unsafe { data.cast::<i32>().read_unaligned() };
                datagram.hop_limit = u8::try_from(limit).ok();
            }
            _ => {}
        }
        // SAFETY: `next` is a header of this message.
        next = unsafe { libc::CMSG_NXTHDR(&raw const header, next) };
    }
    Ok(datagram)
}

/// Reads a socket address that the kernel wrote.
fn address(name: &[u64; 16], len: libc::socklen_t) -> Option<(IpAddr, u32)> {
    let len = len as usize;
    let pointer = name.as_ptr();
    if len < size_of::<libc::sa_family_t>() {
        return None;
    }
    // SAFETY: every sockaddr begins with its family, and the buffer is longer.
    let family = unsafe { pointer.cast::<libc::sa_family_t>().read() };
    match i32::from(family) {
        libc::AF_INET if len >= size_of::<libc::sockaddr_in>() => {
            // SAFETY: the buffer is larger than the type, aligned for it, and any bytes make one.
            let address = unsafe { pointer.cast::<libc::sockaddr_in>().read() };
            Some((Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes()).into(), 0))
        }
        libc::AF_INET6 if len >= size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as above.
            let address = unsafe { pointer.cast::<libc::sockaddr_in6>().read() };
            Some((Ipv6Addr::from(address.sin6_addr.s6_addr).into(), address.sin6_scope_id))
        }
        _ => None,
    }
}

/// Sets a socket option whose value is bytes (setsockopt(2)).
pub(crate) fn set_option_bytes(socket: BorrowedFd<'_>, level: i32, option: i32, value: &[u8]) -> Result<()> {
    // SAFETY: the pointer and the length describe `value`, which outlives the call.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, value.as_ptr().cast(), value.len() as libc::socklen_t)
    };
    if result == 0 { Ok(()) } else { Err(super::last_errno()) }
}

/// `IPV6_FLOWLABEL_MGR` of linux/in6.h, at level `IPPROTO_IPV6`.
const FLOWLABEL_MGR: i32 = 32;

/// Takes a flow label for packets to an address, the kernel's choice if it is 0, and gives the one taken
/// (`struct in6_flowlabel_req`: action get, flags create, share exclusively).
pub(crate) fn take_flow_label(socket: BorrowedFd<'_>, to: Ipv6Addr, label: u32) -> Result<u32> {
    const LABEL: std::ops::Range<usize> = 16..20;
    let mut request = [0_u8; 32];
    let head = to.octets().into_iter().chain(label.to_be_bytes()).chain([0, 1]).chain(1_u16.to_ne_bytes());
    request.iter_mut().zip(head).for_each(|(place, byte)| *place = byte);
    // SAFETY: the pointer and the length describe `request`; the kernel writes the label back into it.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IPV6,
            FLOWLABEL_MGR,
            request.as_mut_ptr().cast(),
            request.len() as libc::socklen_t,
        )
    };
    if result != 0 {
        return Err(super::last_errno());
    }
    let taken = request.get(LABEL).and_then(|bytes| bytes.first_chunk()).copied();
    Ok(taken.map_or(label, u32::from_be_bytes))
}
