//! Names and addresses, as the machine's resolver knows them (getaddrinfo(3), getnameinfo(3)).

use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses of a name in the resolver's order, each with its interface's index or 0, and the name's
/// canonical form; or the resolver's error number.
pub(crate) type Found = std::result::Result<(Vec<(IpAddr, u32)>, Option<CString>), i32>;

/// Looks a name up: in one address family, or in both (`AF_UNSPEC`); with `AI_NUMERICHOST`, only as the
/// text of an address, without asking anybody.
pub(crate) fn addresses(name: &CStr, family: i32, flags: i32) -> Found {
    // SAFETY: an addrinfo of zeroes is a valid one: no constraint, null pointers.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = family;
    hints.ai_socktype = libc::SOCK_RAW;
    hints.ai_flags = flags | libc::AI_CANONNAME;
    let mut list = std::ptr::null_mut();
    // SAFETY: the name ends in a NUL, and hints and list are live.
    let status = unsafe { libc::getaddrinfo(name.as_ptr(), std::ptr::null(), &raw const hints, &raw mut list) };
    if status != 0 {
        return Err(status);
    }
    let (mut addresses, mut canonical) = (Vec::new(), None);
    let mut next = list;
    // SAFETY: the list is ours until it is freed below, and its links are valid or null.
    while let Some(entry) = unsafe { next.as_ref() } {
        if canonical.is_none() && !entry.ai_canonname.is_null() {
            // SAFETY: the canonical name ends in a NUL and lives as long as the list.
            canonical = Some(unsafe { CStr::from_ptr(entry.ai_canonname) }.to_owned());
        }
        match entry.ai_family {
            libc::AF_INET => {
                // SAFETY: the family says which type the address has.
                let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
                addresses.push((Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes()).into(), 0));
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
                addresses.push((Ipv6Addr::from(address.sin6_addr.s6_addr).into(), address.sin6_scope_id));
            }
            _ => {}
        }
        next = entry.ai_next;
    }
    // SAFETY: the list came from getaddrinfo, is freed once, and nothing borrowed from it is left.
    unsafe { libc::freeaddrinfo(list) };
    Ok((addresses, canonical))
}

/// The name of an address, where the resolver has one.
pub(crate) fn name(address: IpAddr) -> Option<CString> {
    match address {
        IpAddr::V4(address) => {
            // SAFETY: a socket address of zeroes is a valid one.
            let mut socket: libc::sockaddr_in = unsafe { std::mem::zeroed() };
            socket.sin_family = libc::AF_INET as libc::sa_family_t;
            socket.sin_addr.s_addr = u32::from_ne_bytes(address.octets());
            name_of(&socket)
        }
        IpAddr::V6(address) => {
            // SAFETY: as above.
            let mut socket: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
            socket.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            socket.sin6_addr.s6_addr = address.octets();
            name_of(&socket)
        }
    }
}

/// `T` is `sockaddr_in` or `sockaddr_in6`.
fn name_of<T>(socket: &T) -> Option<CString> {
    let mut host = [0_u8; 1025];
    // SAFETY: both pointers describe live memory of the lengths next to them; no service name is asked for.
    let status = unsafe {
        libc::getnameinfo(
            std::ptr::from_ref(socket).cast(),
            size_of::<T>() as libc::socklen_t,
            host.as_mut_ptr().cast(),
            host.len() as libc::socklen_t,
            std::ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    if status == 0 { CStr::from_bytes_until_nul(&host).ok().map(Into::into) } else { None }
}
