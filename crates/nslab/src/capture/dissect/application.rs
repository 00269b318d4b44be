//! What is asked for a name, and for an address.

use std::fmt::Write;

use super::bytes::Bytes;

/// The first question of a message of DNS (RFC 1035).
pub(super) fn dns(out: &mut String, bytes: Bytes<'_>) -> Option<()> {
    let (flags, questions, answers) = (bytes.be16(2)?, bytes.be16(4)?, bytes.be16(6)?);
    let is_reply = flags & 0x8000 != 0;
    out.push_str(if is_reply { "DNS reply" } else { "DNS query" });
    if questions > 0 {
        let (name, end) = domain(bytes, 12)?;
        let kind = bytes.be16(end)?;
        let _ = match record(kind) {
            Some(record) => write!(out, " {record} {name}"),
            None => write!(out, " type {kind} {name}"),
        };
    }
    if is_reply {
        let _ = match flags & 0xf {
            0 => write!(out, ", {answers} answers"),
            2 => write!(out, ", server failure"),
            3 => write!(out, ", no such name"),
            5 => write!(out, ", refused"),
            code => write!(out, ", error {code}"),
        };
    }
    Some(())
}

fn record(kind: u16) -> Option<&'static str> {
    Some(match kind {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        12 => "PTR",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        65 => "HTTPS",
        255 => "ANY",
        _ => return None,
    })
}

/// A name that is not compressed, and where it ends.
fn domain(bytes: Bytes<'_>, mut at: usize) -> Option<(String, usize)> {
    /// No name is longer.
    const LONGEST: usize = 255;
    let mut name = String::new();
    loop {
        let len = usize::from(bytes.u8(at)?);
        at += 1;
        match len {
            0 => return Some((if name.is_empty() { ".".into() } else { name }, at)),
            64.. => return None,
            _ => {}
        }
        if !name.is_empty() {
            name.push('.');
        }
        for byte in bytes.get().get(at..at + len)? {
            // Whatever else there may be in it.
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(*byte)),
                other => {
                    let _ = write!(name, "\\{other:03}");
                }
            }
        }
        at += len;
        if at > 12 + LONGEST {
            return None;
        }
    }
}

/// The kind of a message of DHCP (RFC 2131), and the address that it is about.
pub(super) fn dhcp(out: &mut String, bytes: Bytes<'_>) -> Option<()> {
    out.push_str("DHCP");
    let yours = bytes.v4(16)?;
    if bytes.be32(236)? != 0x6382_5363 {
        return None;
    }
    let mut at = 240;
    loop {
        match bytes.u8(at)? {
            0 => at += 1,
            53 => break,
            255 => return Some(()),
            _ => at += 2 + usize::from(bytes.u8(at + 1)?),
        }
    }
    const KINDS: [&str; 8] = ["discover", "offer", "request", "decline", "ack", "nak", "release", "inform"];
    let kind = usize::from(bytes.u8(at + 2)?);
    match kind.checked_sub(1).and_then(|kind| KINDS.get(kind)) {
        Some(name) => out.push_str(&format!(" {name}")),
        None => out.push_str(&format!(" type {kind}")),
    }
    if !yours.is_unspecified() {
        let _ = write!(out, " {yours}");
    }
    Some(())
}
