//! An address with the length of its network part.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::error::{Error, Result};

/// An IPv4 or IPv6 address and how many of its bits are the network part: `192.0.2.1/24` (RFC 4632,
/// RFC 4291 section 2.3). The host part is kept. Without a length, all bits are network part.
///
/// ```
/// use nslab::types::Prefix;
/// let one: Prefix = "192.0.2.1/24".parse().unwrap();
/// assert_eq!((one.address().to_string(), one.len()), ("192.0.2.1".into(), 24));
/// assert_eq!(one.network().to_string(), "192.0.2.0/24");
/// assert_eq!(
///     "192.0.2.1/33".parse::<Prefix>().unwrap_err().to_string(),
///     "\"192.0.2.1/33\": an IPv4 prefix length is 0 to 32, not \"33\""
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(IpNet);

impl Prefix {
    /// An address and a length in bits.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the length is over 32 (IPv4) or 128 (IPv6).
    pub fn new(address: IpAddr, len: u8) -> Result<Self> {
        IpNet::new(address, len).map(Self).map_err(|_| bad_len(&format!("{address}/{len}"), address, &len.to_string()))
    }

    /// All addresses of a family: `0.0.0.0/0` or `::/0`.
    #[must_use]
    pub fn all(ipv6: bool) -> Self {
        Self(if ipv6 { ipnet::Ipv6Net::default().into() } else { ipnet::Ipv4Net::default().into() })
    }

    /// The whole address, host part included.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.0.addr()
    }

    /// The length of the network part in bits.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a length in bits, not a container's")]
    pub fn len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// The bits in an address of this family: 32 or 128.
    #[must_use]
    pub fn max_len(&self) -> u8 {
        self.0.max_prefix_len()
    }

    /// The same with the host part zero.
    #[must_use]
    pub fn network(&self) -> Self {
        Self(self.0.trunc())
    }

    /// Whether the address is in this prefix's network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// The same as the type of the crate `ipnet`, for its arithmetic.
    #[must_use]
    pub fn to_ipnet(self) -> IpNet {
        self.0
    }

    /// Whether this is IPv6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        matches!(self.0, IpNet::V6(_))
    }
}

fn bad_len(text: &str, address: IpAddr, len: &str) -> Error {
    let (family, most) = if address.is_ipv4() { ("IPv4", 32) } else { ("IPv6", 128) };
    Error::invalid(format!("{text:?}: an {family} prefix length is 0 to {most}, not {len:?}"))
}

impl FromStr for Prefix {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (address, len) = text.split_once('/').map_or((text, None), |(address, len)| (address, Some(len)));
        let address: IpAddr = address.parse().map_err(|_| {
            let whole = if address == text { String::new() } else { format!("{text:?}: ") };
            Error::invalid(format!("{whole}{address:?} is not an IPv4 or IPv6 address"))
                .with_help("write it as 192.0.2.1/24 or 2001:db8::1/64")
        })?;
        let Some(len) = len else {
            return Ok(Self(address.into()));
        };
        let digits = !len.is_empty() && len.len() <= 3 && len.bytes().all(|b| b.is_ascii_digit());
        let bits = digits.then(|| len.parse::<u8>().ok()).flatten();
        bits.and_then(|bits| IpNet::new(address, bits).ok()).map(Self).ok_or_else(|| bad_len(text, address, len))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_read() {
        for text in ["192.0.2.1/24", "0.0.0.0/0", "255.255.255.255/32", "2001:db8::1/64", "::/0", "fe80::1/128"] {
            assert_eq!(text.parse::<Prefix>().unwrap().to_string(), text);
        }
        assert_eq!("10.0.0.1".parse::<Prefix>().unwrap().to_string(), "10.0.0.1/32");
    }

    #[test]
    fn refuses_what_is_no_prefix() {
        for bad in [
            "",
            "/",
            "/24",
            "1.2.3/8",
            "1.2.3.4/",
            "1.2.3.4/+8",
            "1.2.3.4/33",
            "1.2.3.4/8/8",
            "::/129",
            "::/-1",
            "01.2.3.4",
            "1.2.3.4/256",
        ] {
            assert!(bad.parse::<Prefix>().is_err(), "{bad}");
        }
    }
}
