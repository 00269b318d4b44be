//! Names of hosts, by the machine's own resolver.

use std::ffi::{CString, OsStr, OsString};
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::Family;
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

/// POSIX no longer has these two; glibc and musl still return them.
const EAI_NODATA: i32 = -5;
const EAI_ADDRFAMILY: i32 = -9;

/// An address, and the link that it is on if it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scoped {
    /// The address.
    pub address: IpAddr,
    /// The interface's index, as of `fe80::1%eth0`; else 0.
    pub scope: u32,
}

impl From<IpAddr> for Scoped {
    fn from(address: IpAddr) -> Self {
        Self { address, scope: 0 }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Its addresses, in the order in which the resolver recommends them; never empty.
    pub addresses: Vec<Scoped>,
    /// Its canonical form, where the resolver has one.
    pub canonical: Option<OsString>,
}

/// Looks up a host's name or address, in one family or in both (getaddrinfo(3)). It may ask the
/// network, in the namespace of the calling thread.
///
/// # Errors
/// The message is the resolver's own text (gai_strerror(3)), the same on every C library. The kind is
/// [`ErrorKind::NotFound`], [`ErrorKind::TimedOut`] where asking again may help, or
/// [`ErrorKind::Invalid`] for a name with a NUL in it.
pub fn resolve(name: &OsStr, family: Option<Family>) -> Result<Resolved> {
    look_up(name, family, 0)
}

/// Reads the text of an address, in any of the forms of inet_aton(3), without asking anybody.
///
/// ```
/// # use std::net::Ipv4Addr;
/// assert_eq!(nslab::probe::numeric("127.1".as_ref()).unwrap().address, Ipv4Addr::LOCALHOST);
/// assert_eq!(nslab::probe::numeric("localhost".as_ref()), None);
/// ```
#[must_use]
pub fn numeric(text: &OsStr) -> Option<Scoped> {
    if let Some(address) = text.to_str().and_then(|text| text.parse::<IpAddr>().ok()) {
        return Some(address.into());
    }
    look_up(text, None, libc::AI_NUMERICHOST).ok()?.addresses.first().copied()
}

/// The name of an address, where the resolver knows one (getnameinfo(3)). It may ask the network.
#[must_use]
pub fn name_of(address: IpAddr) -> Option<OsString> {
    sys::resolve::name(address).map(|name| OsString::from_vec(name.into_bytes()))
}

fn look_up(name: &OsStr, family: Option<Family>, flags: i32) -> Result<Resolved> {
    let name = CString::new(name.as_bytes()).map_err(|_| Error::invalid("a name cannot contain a NUL"))?;
    let family = match family {
        None => libc::AF_UNSPEC,
        Some(Family::V4) => libc::AF_INET,
        Some(Family::V6) => libc::AF_INET6,
    };
    let (addresses, canonical) = sys::resolve::addresses(&name, family, flags).map_err(failure)?;
    if addresses.is_empty() {
        return Err(failure(EAI_NODATA));
    }
    let addresses = addresses.into_iter().map(|(address, scope)| Scoped { address, scope }).collect();
    Ok(Resolved { addresses, canonical: canonical.map(|name| OsString::from_vec(name.into_bytes())) })
}

/// glibc's words, whichever C library this is linked with: musl has the same numbers and other words.
fn failure(status: i32) -> Error {
    let text = match status {
        EAI_ADDRFAMILY => "Address family for hostname not supported",
        libc::EAI_AGAIN => "Temporary failure in name resolution",
        libc::EAI_FAIL => "Non-recoverable failure in name resolution",
        libc::EAI_FAMILY => "ai_family not supported",
        libc::EAI_MEMORY => "Memory allocation failure",
        EAI_NODATA => "No address associated with hostname",
        libc::EAI_NONAME => "Name or service not known",
        libc::EAI_SYSTEM => "System error",
        _ => "Unknown error",
    };
    let kind = if status == libc::EAI_AGAIN { ErrorKind::TimedOut } else { ErrorKind::NotFound };
    Error::new(kind, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_every_notation_need_no_resolver() {
        for text in ["127.0.0.1", "127.1", "0x7f000001", "0177.0.0.1", "2130706433"] {
            assert_eq!(numeric(text.as_ref()), Some(IpAddr::from([127, 0, 0, 1]).into()), "{text}");
        }
        assert_eq!(numeric("::1".as_ref()), Some(IpAddr::from(std::net::Ipv6Addr::LOCALHOST).into()));
        assert_eq!(numeric("fe80::1%lo".as_ref()).unwrap().scope, 1);
        for text in ["", " 127.0.0.1", "127.0.0.1 ", "1.2.3.4.5", "256.1.1.1", "a\0b"] {
            assert_eq!(numeric(text.as_ref()), None, "{text:?}");
        }
    }

    #[test]
    fn an_address_of_the_other_family_is_refused_in_words() {
        let error = resolve("::1".as_ref(), Some(Family::V4)).unwrap_err();
        assert_eq!(error.to_string(), "Address family for hostname not supported");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
