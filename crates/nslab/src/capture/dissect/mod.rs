//! A packet as a line of text.
//!
//! Contract: whatever the bytes are, the line has printable characters only, and nothing is read beyond the end. What
//! is cut short is told as far as it is there.

mod application;
mod bytes;
mod icmp;
mod ip;
mod transport;

use std::fmt::Write;

use self::bytes::Bytes;
use super::LinkType;
use super::filter::{ARP, IPV4, IPV6};
use crate::types::MacAddr;

/// Packets in packets are told down to here.
const DEEPEST: u8 = 4;

/// Says what a packet is, in a line. `original_len` is how long it was, where not all of it is there.
///
/// ```
/// use nslab::capture::{LinkType, dissect};
/// let packet = [
///     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, // Ethernet
///     0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2,
/// ];
/// assert_eq!(dissect::line(LinkType::Ethernet, &packet, 42), "ARP who-has 192.0.2.2 tell 192.0.2.1");
/// ```
#[must_use]
pub fn line(link: LinkType, data: &[u8], original_len: u32) -> String {
    let mut out = String::new();
    let bytes = Bytes::new(data);
    let told = match link {
        LinkType::Ethernet => ethernet(&mut out, bytes, DEEPEST),
        LinkType::Ip => ip::any(&mut out, bytes, DEEPEST),
        LinkType::Cooked => bytes.be16(14).and_then(|kind| of_type(&mut out, kind, bytes.from(16), DEEPEST)),
    };
    if told.is_none() {
        if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        let _ = write!(out, "[cut short: {} of {original_len} bytes]", data.len());
    }
    out
}

/// `None` where something is missing.
fn ethernet(out: &mut String, bytes: Bytes<'_>, depth: u8) -> Option<()> {
    let (to, from) = (bytes.array::<6>(0)?, bytes.array::<6>(6)?);
    let mut at = 12;
    let mut kind = bytes.be16(at)?;
    while matches!(kind, 0x8100 | 0x88a8 | 0x9100) {
        let _ = write!(out, "vlan {} ", bytes.be16(at + 2)? & 0xfff);
        at += 4;
        kind = bytes.be16(at)?;
    }
    let rest = bytes.from(at + 2);
    if known(kind) {
        return of_type(out, kind, rest, depth);
    }
    let _ = write!(out, "{} > {} ", MacAddr::new(from), MacAddr::new(to));
    // Below that it is a length, and LLC follows.
    if kind < 0x600 { llc(out, rest) } else { of_type(out, kind, rest, depth) }
}

/// Whose lines have addresses of their own.
fn known(kind: u16) -> bool {
    matches!(kind, ARP | IPV4 | IPV6)
}

fn of_type(out: &mut String, kind: u16, bytes: Bytes<'_>, depth: u8) -> Option<()> {
    match kind {
        ARP => arp(out, bytes),
        IPV4 => ip::v4(out, bytes, depth),
        IPV6 => ip::v6(out, bytes, depth),
        0x8847 | 0x8848 => {
            let _ = write!(out, "MPLS label {}", bytes.be32(0)? >> 12);
            Some(())
        }
        _ => {
            out.push_str(match kind {
                0x0842 => "Wake-on-LAN",
                0x8809 => "LACP",
                0x888e => "EAPOL",
                0x88cc => "LLDP",
                0x88e5 => "MACsec",
                0x88f7 => "PTP",
                _ => "",
            });
            if out.ends_with(' ') || out.is_empty() {
                let _ = write!(out, "type {kind:#06x}");
            }
            let _ = write!(out, ", {} bytes", bytes.len());
            Some(())
        }
    }
}

/// 802.2: spanning tree, and the rest.
fn llc(out: &mut String, bytes: Bytes<'_>) -> Option<()> {
    let (to, from) = (bytes.u8(0)?, bytes.u8(1)?);
    if (to, from) != (0x42, 0x42) {
        let _ = write!(out, "LLC {to:#04x} from {from:#04x}, {} bytes", bytes.len());
        return Some(());
    }
    let bytes = bytes.from(3);
    match bytes.u8(3)? {
        0x80 => out.push_str("STP topology change"),
        _ => {
            let bridge = |at: usize| Some((bytes.be16(at)?, MacAddr::new(bytes.array(at + 2)?)));
            let ((root_priority, root), cost, (priority, bridge)) = (bridge(5)?, bytes.be32(13)?, bridge(17)?);
            let name = if bytes.u8(2)? >= 2 { "RSTP" } else { "STP" };
            let _ = write!(
                out,
                "{name} root {root_priority:#06x}.{root} cost {cost} bridge {priority:#06x}.{bridge} port {}",
                bytes.be16(25)? & 0xfff
            );
        }
    }
    Some(())
}

fn arp(out: &mut String, bytes: Bytes<'_>) -> Option<()> {
    out.push_str("ARP");
    let (protocol, lengths, operation) = (bytes.be16(2)?, (bytes.u8(4)?, bytes.u8(5)?), bytes.be16(6)?);
    if protocol != IPV4 || lengths != (6, 4) {
        let _ = write!(out, " operation {operation} of protocol {protocol:#06x}");
        return Some(());
    }
    let mac = MacAddr::new(bytes.array(8)?);
    let (sender, target) = (bytes.v4(14)?, bytes.v4(24)?);
    let _ = match operation {
        1 if sender == target => write!(out, " announcement {sender} is-at {mac}"),
        1 if sender.is_unspecified() => write!(out, " probe who-has {target}"),
        1 => write!(out, " who-has {target} tell {sender}"),
        2 => write!(out, " {sender} is-at {mac}"),
        other => write!(out, " operation {other} from {sender} to {target}"),
    };
    Some(())
}

#[cfg(test)]
mod tests;
