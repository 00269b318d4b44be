//! What stands behind the keywords of a link: how each value is read.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nslab::namespace::{Names, Namespace};

use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words};

/// How many bytes a hardware address has at most (`linux/netdevice.h`).
const MAX_ADDR_LEN: usize = 32;

/// The error that `ip` gives the kernel's number of, as an exit status.
const EINVAL: u8 = 22;

fn bad(key: &str, word: &[u8]) -> Fail {
    Fail::wrong(word, &format!("Invalid \"{key}\" value\n"))
}

/// A number of 32 bits, which may be written as a negative one.
pub(super) fn signed(key: &str, word: &[u8]) -> Result<u32, Fail> {
    words::i32_as_u32(word).ok_or_else(|| bad(key, word))
}

/// A number of 32 bits.
pub(super) fn unsigned(key: &str, word: &[u8]) -> Result<u32, Fail> {
    words::u32(word).ok_or_else(|| bad(key, word))
}

/// An index as atoi(3) reads it: what follows the digits does not count, and what is too large wraps.
pub(super) fn index(word: &[u8]) -> Result<u32, Fail> {
    let text = word.trim_ascii_start();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let value = digits.fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    let value = if negative { -value } else { value };
    let index = u32::try_from(value & 0xffff_ffff).ok().filter(|index| (1..=i32::MAX.cast_unsigned()).contains(index));
    index.ok_or_else(|| Fail::wrong(word, "Invalid \"index\" value"))
}

/// Into how many packets one may be cut.
pub(super) fn segments(word: &[u8]) -> Result<u32, Fail> {
    words::u32(word).filter(|most| *most <= 0xffff).ok_or_else(|| bad("gso_max_segs", word))
}

/// A text for people, shorter than `IFALIASZ` (`linux/if.h`).
pub(super) fn alias(word: &[u8]) -> Result<&[u8], Fail> {
    if word.len() < 256 { Ok(word) } else { Err(Fail::wrong(word, "alias too long\n")) }
}

/// `on` or `off`, of a flag.
pub(super) fn on_off(key: &str, word: &[u8]) -> Result<bool, Fail> {
    match word {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => {
            let text = bytes!["Error: argument of \"", key, "\" must be \"on\" or \"off\", not \"", word, "\""];
            Err(Fail::new(FAILED, text))
        }
    }
}

/// `on` or `off`, of what is no flag: the same, other words for what is wrong.
pub(in crate::applet::ip) fn one_of_on_off(key: &str, word: &[u8]) -> Result<bool, Fail> {
    on_off(key, word).map_err(|_| {
        let text = bytes!["Error: argument of \"", key, "\" must be one of \"off\", \"on\", not \"", word, "\""];
        Fail::new(EINVAL, text)
    })
}

/// A namespace by name or path, or that of a process by its number; a name that is a number wins.
pub(super) fn place(word: &[u8]) -> Result<Namespace, Fail> {
    let by_name = if word.contains(&b'/') {
        Namespace::open(Path::new(OsStr::from_bytes(word)))
    } else if word.is_empty() {
        // The directory of names: the kernel says what is wrong with that.
        Names::default().path(OsStr::new("x")).and_then(|path| Namespace::open(path.parent().unwrap_or(&path)))
    } else {
        Names::default().open(OsStr::from_bytes(word))
    };
    let of_process = || {
        let pid = words::u32(word)?;
        Namespace::open(Path::new(&format!("/proc/{pid}/ns/net"))).ok()
    };
    by_name.ok().or_else(of_process).ok_or_else(|| Fail::wrong(word, "Invalid \"netns\" value\n"))
}

/// Bytes in hexadecimal with colons; or, where there is a dot, an IP address as its bytes.
pub(super) fn hardware_address(word: &[u8]) -> Result<Vec<u8>, Fail> {
    let bad = |part: &[u8]| Fail::new(FAILED, bytes!["\"", part, "\" is invalid lladdr."]);
    if word.contains(&b'.') {
        return match words::address(word).ok_or_else(|| bad(word))? {
            IpAddr::V4(address) => Ok(address.octets().into()),
            IpAddr::V6(address) => Ok(address.octets().into()),
        };
    }
    let byte = |part: &[u8]| {
        // As scanf(3) reads `%x`: the digits count, what follows them does not.
        let text = part.strip_prefix(b"0x").unwrap_or(part);
        let len = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        u8::from_str_radix(std::str::from_utf8(text.get(..len)?).ok()?, 16).ok()
    };
    // Of more bytes than any address has, `ip` counts one and reads none.
    let parts = word.split(|b| *b == b':').take(MAX_ADDR_LEN);
    let mut address: Vec<u8> = parts.map(|part| byte(part).ok_or_else(|| bad(part))).collect::<Result<_, _>>()?;
    if word.iter().filter(|b| **b == b':').count() >= MAX_ADDR_LEN {
        address.push(0);
    }
    Ok(address)
}

/// How IPv6 addresses are made (`IN6_ADDR_GEN_MODE_…`).
pub(super) fn addr_gen_mode(word: &[u8]) -> Result<u8, Fail> {
    let words = ["eui64", "none", "stable_secret", "random"];
    let at = words.iter().position(|mode| mode.as_bytes() == word).and_then(|at| u8::try_from(at).ok());
    at.ok_or_else(|| Fail::wrong(word, "Invalid address generation mode\n"))
}

/// `default` or `dormant` (`IF_LINK_MODE_…`), in letters of any size.
pub(super) fn link_mode(word: &[u8]) -> Result<u8, Fail> {
    let modes = [&b"default"[..], b"dormant"];
    let at = modes.iter().position(|mode| mode.eq_ignore_ascii_case(word)).and_then(|at| u8::try_from(at).ok());
    at.ok_or_else(|| Fail::wrong(word, "Invalid link mode\n"))
}

/// A reason and `on` or `off`: which bit to change, and what it is to be.
pub(super) fn proto_down_reason(session: &Session, words: &mut Words<'_>) -> Result<(u32, u32), Fail> {
    let word = words.value()?;
    let bit = session.names.number(Name::ProtoDownReason, word);
    let mask =
        bit.and_then(|bit| 1u32.checked_shl(bit)).ok_or_else(|| Fail::wrong(word, "invalid protodown reason\n"))?;
    let on = on_off("protodown_reason", words.value()?)?;
    Ok((mask, if on { mask } else { 0 }))
}
