//! What a rule is for, as typed: the same words choose packets in `add` and rules in `show`.

use std::net::IpAddr;

use nslab::ops::rule::{Masked, Ports};

use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::names::{Name, Names};
use crate::applet::ip::words::{self, Family, check_if_name, number};

/// A value that `ip` finds wrong; its words end with a line break of their own.
pub(super) fn invalid(word: &[u8], why: &str) -> Fail {
    Fail::wrong(word, &format!("{why}\n"))
}

/// A prefix; `None` for all addresses.
pub(super) fn prefix(word: &[u8], family: Family) -> Result<Option<(IpAddr, u8)>, Fail> {
    if family == Family::Link {
        let text = bytes!["Error: \"", word, "\" may be inet prefix, but it is not allowed in this context."];
        return Err(Fail::new(FAILED, text).ending_batch());
    }
    let none = match family {
        // The kernel has no rules for labels; it says so itself.
        Family::Mpls => word.split(|byte| *byte == b'/').all(words::is_label),
        _ => matches!(word, b"default" | b"any" | b"all"),
    };
    if none {
        return Ok(None);
    }
    words::prefix(word, family).map(|prefix| Some((prefix.address(), prefix.len())))
}

/// The name of an interface that a packet comes in by; there need not be one of that name.
pub(super) fn interface(word: &[u8], key: &str) -> Result<Vec<u8>, Fail> {
    // As long as a name of a link may be, also behind `dev`.
    check_if_name(word, "name").map_err(|_| Fail::wrong(word, &format!("{key} not a valid ifname")))?;
    Ok(word.to_vec())
}

/// `iif`, which is also called `dev`.
pub(super) const INPUT: &str = "\"iif\"/\"dev\"";
pub(super) const OUTPUT: &str = "\"oif\"";

pub(super) fn tos(word: &[u8], names: &Names) -> Result<u8, Fail> {
    let value = names.number(Name::DsField, word).and_then(|value| u8::try_from(value).ok());
    value.ok_or_else(|| invalid(word, "TOS value is invalid"))
}

pub(super) fn priority(word: &[u8]) -> Result<u32, Fail> {
    words::u32(word).ok_or_else(|| invalid(word, "preference value is invalid"))
}

pub(super) fn mark(word: &[u8]) -> Result<Masked<u32>, Fail> {
    let (value, mask) = halves(word, b'/');
    let value = words::u32(value).ok_or_else(|| invalid(value, "fwmark value is invalid"))?;
    let mask = mask.map(|mask| words::u32(mask).ok_or_else(|| invalid(mask, "fwmask value is invalid")));
    Ok(Masked { value, mask: mask.transpose()? })
}

/// A code point by number, or by the name of the byte that it is the upper part of. Both numbers are cut
/// to a byte; the kernel refuses those of more than 6 bits.
pub(super) fn dscp(word: &[u8], names: &Names) -> Result<Masked<u8>, Fail> {
    let low = |value: u32| value.to_le_bytes()[0];
    let (value, mask) = halves(word, b'/');
    let by_name = || names.number(Name::DsField, value).and_then(|byte| u8::try_from(byte >> 2).ok());
    let number = words::u32(value).map(low).or_else(by_name);
    let number = number.ok_or_else(|| Fail::wrong(value, "invalid dscp"))?;
    let mask = mask.map(|mask| words::u32(mask).map(low).ok_or_else(|| Fail::wrong(mask, "invalid dscp mask")));
    Ok(Masked { value: number, mask: mask.transpose()? })
}

pub(super) fn flow_label(word: &[u8]) -> Result<Masked<u32>, Fail> {
    let (value, mask) = halves(word, b'/');
    let value = words::u32(value).ok_or_else(|| Fail::wrong(value, "invalid flowlabel"))?;
    let mask = mask.map(|mask| words::u32(mask).ok_or_else(|| Fail::wrong(mask, "invalid flowlabel mask")));
    Ok(Masked { value, mask: mask.transpose()? })
}

pub(super) fn users(word: &[u8]) -> Result<(u32, u32), Fail> {
    let read = || {
        let (first, rest) = scanned_u32(word)?;
        let (last, _) = scanned_u32(rest.strip_prefix(b"-")?)?;
        Some((first, last))
    };
    read().ok_or_else(|| invalid(word, "invalid UID range"))
}

/// A number as scanf(3) reads `%u`, and what stands behind it. What is too large loses its upper bits.
fn scanned_u32(word: &[u8]) -> Option<(u32, &[u8])> {
    let word = word.trim_ascii_start();
    let (negative, word) = match word.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix(b"+").unwrap_or(word)),
    };
    let len = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = word.split_at_checked(len).filter(|_| len > 0)?;
    let value = std::str::from_utf8(digits).ok()?.parse::<u64>().map(|n| if negative { n.wrapping_neg() } else { n });
    let [b0, b1, b2, b3, ..] = value.unwrap_or(u64::MAX).to_le_bytes();
    Some((u32::from_le_bytes([b0, b1, b2, b3]), rest))
}

/// A port, a port and its mask, or a range of ports.
pub(super) fn ports(word: &[u8]) -> Result<Ports, Fail> {
    let port = |word: &[u8], why| {
        let port = number(word).and_then(|port| u16::try_from(port).ok());
        port.ok_or_else(|| Fail::wrong(word, why))
    };
    if let (start, Some(end)) = halves(word, b'-') {
        let start = port(start, "invalid port range start")?;
        return Ok(Ports { start, end: port(end, "invalid port range end")?, mask: None });
    }
    let (start, mask) = halves(word, b'/');
    let mask = mask.map(|mask| port(mask, "invalid mask")).transpose()?;
    let start = port(start, "invalid port")?;
    Ok(Ports { start, end: start, mask })
}

/// An IP protocol by number or by its name in /etc/protocols.
pub(super) fn ip_protocol(word: &[u8]) -> Result<u8, Fail> {
    let decimal = || std::str::from_utf8(word).ok()?.trim_ascii_start().parse().ok();
    decimal().or_else(|| protocol_number(word)).ok_or_else(|| invalid(word, "Invalid \"ipproto\" value"))
}

pub(super) fn tunnel(word: &[u8]) -> Result<u64, Fail> {
    // As in C, a number below zero wraps.
    let wrapped = || number(word.strip_prefix(b"-")?).map(u64::wrapping_neg);
    number(word).or_else(wrapped).ok_or_else(|| invalid(word, "\"tun_id\" value is invalid"))
}

/// Realms: source in the upper, destination in the lower half; or both as one number.
pub(super) fn realms(word: &[u8], names: &Names) -> Result<u32, Fail> {
    let realm = |word: &[u8]| names.number(Name::Realm, word).filter(|realm| *realm <= 255);
    let read = || {
        if let Some(raw) = words::u32(word) {
            return Some(raw);
        }
        match halves(word, b'/') {
            (to, None) => realm(to),
            (from, Some(b"")) => Some(realm(from)? << 16),
            (from, Some(to)) => Some(realm(from)? << 16 | realm(to)?),
        }
    };
    read().ok_or_else(|| invalid(word, "invalid realms"))
}

/// What stands before and behind the first of a byte.
fn halves(word: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let mut halves = word.splitn(2, |byte| *byte == at);
    (halves.next().unwrap_or_default(), halves.next())
}

/// The name of an IP protocol in /etc/protocols.
pub(super) fn protocol_name(number: u8) -> Option<Vec<u8>> {
    protocols(|fields| {
        let known: u8 = std::str::from_utf8(fields.get(1)?).ok()?.parse().ok()?;
        (known == number).then(|| fields.first().map(|name| name.to_vec()))?
    })
}

fn protocol_number(word: &[u8]) -> Option<u8> {
    protocols(|fields| {
        let (name, rest) = fields.split_first()?;
        let (number, aliases) = rest.split_first()?;
        let number = std::str::from_utf8(number).ok()?.parse().ok()?;
        (*name == word || aliases.contains(&word)).then_some(number)
    })
}

/// The first line of /etc/protocols (name, number, aliases) that `take` takes.
fn protocols<T>(take: impl Fn(&[&[u8]]) -> Option<T>) -> Option<T> {
    let text = std::fs::read("/etc/protocols").ok()?;
    text.split(|byte| *byte == b'\n').find_map(|line| {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let fields: Vec<&[u8]> = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).collect();
        take(&fields)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_are_read_as_scanf_does() {
        let read = |word: &[u8]| users(word).ok();
        assert_eq!((read(b"1-2"), read(b" 1- 2x"), read(b"1-2-3")), (Some((1, 2)), Some((1, 2)), Some((1, 2))));
        assert_eq!((read(b"-1-2"), read(b"4294967296-1")), (Some((u32::MAX, 2)), Some((0, 1))));
        assert_eq!(read(b"99999999999999999999999-1"), Some((u32::MAX, 1)));
        for bad in ["", "x", "1", "1-", "1-x", "0x1-2", "-", "1--"] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn ports_alone_masked_or_in_a_range() {
        let read = |word: &[u8]| ports(word).ok().map(|ports| (ports.start, ports.end, ports.mask));
        assert_eq!((read(b"80"), read(b"0x50/0xff")), (Some((80, 80, None)), Some((80, 80, Some(255)))));
        assert_eq!((read(b"1-9"), read(b"-1"), read(b"1-2/3"), read(b"65536")), (Some((1, 9, None)), None, None, None));
    }
}
