//! The words of a command, and how `ip` reads them.

use std::net::{IpAddr, Ipv4Addr};

use nslab::types::Prefix;
use nslab::wire::consts::{AF_BRIDGE, AF_INET, AF_INET6, AF_MPLS, AF_PACKET, AF_UNSPEC};

use super::fail::{FAILED, Fail, bytes};

/// Whether `word` is the beginning of `whole`, or all of it. Nothing begins with an empty word.
pub(super) fn matches(word: &[u8], whole: &str) -> bool {
    !word.is_empty() && whole.as_bytes().starts_with(word)
}

/// The words that are left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    rest: &'a [&'a [u8]],
}

impl<'a> Words<'a> {
    pub(super) fn new(rest: &'a [&'a [u8]]) -> Self {
        Self { rest }
    }

    /// The next word, if there is one.
    pub(super) fn take(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// The next word, which a keyword calls for.
    pub(super) fn value(&mut self) -> Result<&'a [u8], Fail> {
        self.take().ok_or_else(Fail::incomplete)
    }

    /// The next word, left where it is.
    pub(super) fn peek(&self) -> Option<&'a [u8]> {
        self.rest.first().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn all(&self) -> &'a [&'a [u8]] {
        self.rest
    }
}

/// A number as strtol(3) with base 0 reads it: white space, a sign, then decimal, 0x hexadecimal or 0 octal.
pub(super) fn signed(word: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(word).ok()?.trim_ascii_start();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (text.get(1..)?, 8),
        None => (text, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    Some(if negative { -value } else { value })
}

/// A number that is not negative.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    signed(word)?.try_into().ok()
}

/// The same, of 32 bits.
pub(super) fn u32(word: &[u8]) -> Option<u32> {
    number(word)?.try_into().ok()
}

/// A signed number of 32 bits, which `ip` hands on as unsigned.
pub(super) fn i32_as_u32(word: &[u8]) -> Option<u32> {
    i32::try_from(signed(word)?).ok().map(i32::cast_unsigned)
}

/// A number of 64 bits; a negative one wraps, as strtoull(3) has it.
pub(super) fn u64_wrapping(word: &[u8]) -> Option<u64> {
    let number = signed(word)?;
    let size = u64::try_from(number.unsigned_abs()).ok()?;
    Some(if number < 0 { size.wrapping_neg() } else { size })
}

/// A number as atoi(3) reads it: white space, a sign, and the decimal digits that follow; 0 where there are
/// none. What is too large is cut to 64 bits, and of those the lower 32 count (glibc).
pub(super) fn atoi(word: &[u8]) -> i32 {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let text = word.get(word.iter().take_while(|byte| is_space(byte)).count()..).unwrap_or_default();
    let (sign, text) = match text.split_first() {
        Some((b'-', rest)) => (-1, rest),
        Some((b'+', rest)) => (1, rest),
        _ => (1, text),
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let add = |value: i64, digit: &u8| value.saturating_mul(10).saturating_add(sign * i64::from(digit - b'0'));
    let low = digits.fold(0, add).cast_unsigned() & u64::from(u32::MAX);
    u32::try_from(low).unwrap_or_default().cast_signed()
}

/// Hexadecimal digits, with 0x before them or without.
pub(super) fn hexadecimal(word: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(word).ok()?;
    u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

/// No more is read of a hardware address.
const MAX_HARDWARE: usize = 20;

/// Checks an interface name as `ip` does before it asks the kernel: not empty, no `/`, no white space, and
/// at most 15 bytes where it is a new name (behind `dev` it may be an altname).
pub(super) fn check_if_name(word: &[u8], key: &str) -> Result<(), Fail> {
    let fine = !word.is_empty()
        && (key == "dev" || word.len() <= nslab::types::IfName::MAX_BYTES)
        && !word.iter().any(|byte| *byte == b'/' || byte.is_ascii_whitespace() || *byte == 0x0b);
    if fine { Ok(()) } else { Err(Fail::wrong(word, &format!("\"{key}\" not a valid ifname"))) }
}

/// An address as `ip` reads it: IPv4 with 1 to 4 numbers (`10.1` is 10.1.0.0), or IPv6.
pub(super) fn address(word: &[u8]) -> Option<IpAddr> {
    if word.contains(&b':') {
        return std::str::from_utf8(word).ok()?.parse().ok().map(IpAddr::V6);
    }
    let mut octets = [0; 4];
    let mut places = octets.iter_mut();
    for part in word.split(|byte| *byte == b'.') {
        *places.next()? = number(part)?.try_into().ok()?;
    }
    Some(Ipv4Addr::from(octets).into())
}

/// An address of a family, without a length.
pub(super) fn address_of(word: &[u8], family: Family) -> Result<IpAddr, Fail> {
    no_labels(word, family)?;
    address(word).filter(|address| family.holds(*address)).ok_or_else(|| {
        let text = bytes!["Error: ", family.words(), " address is expected rather than \"", word, "\"."];
        Fail::new(FAILED, text).ending_batch()
    })
}

/// A prefix as `ip` reads it: an address, and a length or a dotted mask behind a slash.
pub(super) fn prefix(word: &[u8], family: Family) -> Result<Prefix, Fail> {
    if family == Family::Link {
        let text = bytes!["Error: \"", word, "\" may be inet prefix, but it is not allowed in this context."];
        return Err(Fail::new(FAILED, text).ending_batch());
    }
    no_labels(word, family)?;
    let read = || {
        let mut parts = word.splitn(2, |byte| *byte == b'/');
        let address = address(parts.next()?).filter(|address| family.holds(*address))?;
        let len = match parts.next() {
            Some(len) => mask_or_len(len)?,
            None if address.is_ipv4() => 32,
            None => 128,
        };
        Prefix::new(address, len).ok()
    };
    read().ok_or_else(|| {
        let text = bytes!["Error: ", family.words(), " prefix is expected rather than \"", word, "\"."];
        Fail::new(FAILED, text).ending_batch()
    })
}

/// A prefix, or one of the words for none.
pub(super) fn prefix_or_none(word: &[u8], family: Family) -> Result<Option<Prefix>, Fail> {
    let none = matches!(word, b"default" | b"any" | b"all") && !matches!(family, Family::Link | Family::Mpls);
    if none { Ok(None) } else { prefix(word, family).map(Some) }
}

/// An MPLS label (RFC 3032).
pub(super) fn is_label(word: &[u8]) -> bool {
    u32(word).is_some_and(|label| label < 1 << 20)
}

/// Refuses an MPLS label where it would be right.
pub(super) fn no_labels(word: &[u8], family: Family) -> Result<(), Fail> {
    if family == Family::Mpls && is_label(word) { Err(Fail::not_yet(&bytes!["mpls ", word])) } else { Ok(()) }
}

fn mask_or_len(word: &[u8]) -> Option<u8> {
    if let Some(len) = number(word) {
        return len.try_into().ok();
    }
    // A dotted mask: ones, then zeros. `ip` takes one for IPv6 too.
    let IpAddr::V4(mask) = self::address(word)? else {
        return None;
    };
    let bits = mask.to_bits();
    let contiguous = bits.leading_ones() + bits.trailing_zeros() >= 32;
    contiguous.then_some(bits.leading_ones()).and_then(|len| len.try_into().ok())
}

/// Bytes in hexadecimal with colons; or, where there is a dot, an IP address as its bytes.
pub(super) fn hardware_address(word: &[u8]) -> Result<Vec<u8>, Fail> {
    let bad = |part: &[u8]| Fail::new(FAILED, bytes!["\"", part, "\" is invalid lladdr."]);
    if word.contains(&b'.') {
        return match address(word).ok_or_else(|| bad(word))? {
            IpAddr::V4(address) => Ok(address.octets().into()),
            IpAddr::V6(address) => Ok(address.octets().into()),
        };
    }
    let byte = |part: &[u8]| {
        // As scanf(3) reads `%x`: what follows the digits does not count.
        let text = part.trim_ascii_start();
        let text = text.strip_prefix(b"0x").unwrap_or(text);
        let len = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        u8::from_str_radix(std::str::from_utf8(text.get(..len)?).ok()?, 16).ok()
    };
    let parts = word.split(|byte| *byte == b':').take(MAX_HARDWARE);
    parts.map(|part| byte(part).ok_or_else(|| bad(part))).collect()
}

/// A hardware address where another family's could stand.
pub(super) fn link_address(word: &[u8]) -> Result<Vec<u8>, Fail> {
    hardware_address(word).map_err(|fail| {
        let head = word.split(|byte| *byte == b':').next().unwrap_or_default();
        let text = bytes![fail.text, "\nError: link address is expected rather than \"", head, "\"."];
        Fail::new(FAILED, text).ending_batch()
    })
}

/// The address family that a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Family {
    #[default]
    Any,
    Inet,
    Inet6,
    Link,
    Bridge,
    Mpls,
}

impl Family {
    fn holds(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Inet => address.is_ipv4(),
            Self::Inet6 => address.is_ipv6(),
            Self::Link | Self::Bridge | Self::Mpls => false,
        }
    }

    /// The family of an address.
    pub(super) fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::Inet } else { Self::Inet6 }
    }

    /// The kernel's number of it (`AF_…`), where addresses are asked for; for what has none, that of any.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Inet | Self::Inet6 => self.own_number(),
            _ => AF_UNSPEC,
        }
    }

    /// The kernel's number of it (`AF_…`).
    pub(super) fn own_number(self) -> u8 {
        match self {
            Self::Any => AF_UNSPEC,
            Self::Inet => AF_INET,
            Self::Inet6 => AF_INET6,
            Self::Link => AF_PACKET,
            Self::Bridge => AF_BRIDGE,
            Self::Mpls => AF_MPLS,
        }
    }

    /// The same, and IPv4 where none was asked for.
    pub(super) fn number_or_inet(self) -> u8 {
        if self == Self::Any { AF_INET } else { self.own_number() }
    }

    /// Its name in messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Any => "any valid",
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
            Self::Link => "link",
            Self::Bridge => "bridge",
            Self::Mpls => "mpls",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_for_what_it_begins() {
        assert!(matches(b"a", "address") && matches(b"address", "address"));
        assert!(!matches(b"", "address") && !matches(b"addresses", "address") && !matches(b"A", "address"));
    }

    #[test]
    fn numbers_have_the_bases_of_c() {
        let read = |text: &str| number(text.as_bytes());
        assert_eq!((read("10"), read("0x1F"), read("010"), read("0")), (Some(10), Some(31), Some(8), Some(0)));
        assert_eq!(
            (read(""), read("x"), read("1x"), read("+1"), read("-1"), read("08")),
            (None, None, None, Some(1), None, None)
        );
    }

    #[test]
    fn atoi_reads_the_digits_that_a_word_begins_with() {
        for (word, number) in [
            ("5", 5),
            ("\t\x0b 05x", 5),
            ("+1", 1),
            ("-1", -1),
            ("0x1", 0),
            ("", 0),
            ("--1", 0),
            ("- 1", 0),
            ("4294967297", 1),
            ("-4294967295", 1),
            ("99999999999999999999", -1),
            ("-99999999999999999999", 0),
        ] {
            assert_eq!(atoi(word.as_bytes()), number, "{word:?}");
        }
    }

    #[test]
    fn signed_numbers_wrap_as_in_c() {
        assert_eq!((i32_as_u32(b"-1"), i32_as_u32(b" +7"), i32_as_u32(b"--1")), (Some(u32::MAX), Some(7), None));
        assert_eq!((i32_as_u32(b"2147483648"), u32(b"4294967295"), u32(b"-1")), (None, Some(u32::MAX), None));
    }

    #[test]
    fn short_addresses_end_in_zeros() {
        let read = |text: &str| prefix(text.as_bytes(), Family::Any).map(|p| p.to_string()).ok();
        assert_eq!(read("10.1/16").as_deref(), Some("10.1.0.0/16"));
        assert_eq!(read("10.0.0.1/255.255.255.0").as_deref(), Some("10.0.0.1/24"));
        assert_eq!(read("2001:db8::1").as_deref(), Some("2001:db8::1/128"));
        for bad in ["1.2.3.4/33", "xx", "", "1.2.3.4.5", "256.1", "1.2.3.4/255.0.255.0", "::1/::1", "1.2.3.4/"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
