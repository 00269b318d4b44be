//! The hardware address of an Ethernet interface.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A 48-bit MAC address (IEEE 802), written as six pairs of hexadecimal digits with colons.
///
/// ```
/// use nslab::types::MacAddr;
/// let mac: MacAddr = "02:00:00:00:00:01".parse().unwrap();
/// assert_eq!(mac.octets(), [2, 0, 0, 0, 0, 1]);
/// assert_eq!(mac.to_string(), "02:00:00:00:00:01");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr([u8; 6]);

impl MacAddr {
    /// The address with these octets.
    #[must_use]
    pub const fn new(octets: [u8; 6]) -> Self {
        Self(octets)
    }

    /// Its octets, in the order of the wire.
    #[must_use]
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// Whether an interface may have it: not all zeros, and not a group address (lowest bit of the
    /// first octet). Source: `is_valid_ether_addr()` in `linux/etherdevice.h`.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 0 && !matches!(self.0, [0, 0, 0, 0, 0, 0])
    }

    /// A locally administered address (IEEE 802c) that depends on nothing but `words`: the same words
    /// give the same address on every machine and in every version.
    #[must_use]
    pub fn derived(words: &[&str]) -> Self {
        // FNV-1a, 64 bits: small, stable and good enough to tell a few ten thousand names apart.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash ^= hash >> 32;
        let [_, _, _, b, c, d, e, f] = hash.to_be_bytes();
        Self([0x02, b, c, d, e, f])
    }
}

impl FromStr for MacAddr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let mut octets = [0; 6];
            let mut pairs = text.split(':');
            for octet in &mut octets {
                let pair = pairs.next().filter(|pair| pair.len() == 2)?;
                if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                *octet = u8::from_str_radix(pair, 16).ok()?;
            }
            pairs.next().is_none().then_some(Self(octets))
        };
        parse().ok_or_else(|| {
            Error::invalid(format!("MAC address {text:?} is not six pairs of hexadecimal digits with colons"))
                .with_help("write it as 02:00:00:00:00:01")
        })
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_form_is_read() {
        for bad in
            ["", "02:00:00:00:00", "02:00:00:00:00:01:02", "2:0:0:0:0:1", "02-00-00-00-00-01", "+2:00:00:00:00:01"]
        {
            assert!(bad.parse::<MacAddr>().is_err(), "{bad}");
        }
    }

    #[test]
    fn derived_addresses_are_stable_and_usable() {
        let mac = MacAddr::derived(&["helloworld", "ns1", "ns1-veth0"]);
        assert_eq!(mac, MacAddr::derived(&["helloworld", "ns1", "ns1-veth0"]));
        assert_ne!(mac, MacAddr::derived(&["helloworld", "ns1n", "s1-veth0"]));
        assert!(mac.is_usable() && mac.octets()[0] == 2);
        assert!(!"01:00:5e:00:00:01".parse::<MacAddr>().unwrap().is_usable());
        assert!(!MacAddr::new([0; 6]).is_usable());
    }
}
