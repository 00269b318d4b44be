//! IPv4 and IPv6, and whatever they carry.

use std::fmt::Write;
use std::net::IpAddr;

use super::bytes::Bytes;
use super::{ethernet, icmp, of_type, transport};

/// What the first half byte says it is.
pub(super) fn any(out: &mut String, bytes: Bytes<'_>, depth: u8) -> Option<()> {
    match bytes.u8(0)? >> 4 {
        4 => v4(out, bytes, depth),
        6 => v6(out, bytes, depth),
        version => {
            let _ = write!(out, "IP version {version}, {} bytes", bytes.len());
            Some(())
        }
    }
}

/// Between whom a packet is, and what it carries.
pub(super) struct Carried<'a> {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    protocol: u8,
    /// Its bytes, as far as they are there.
    pub(super) bytes: Bytes<'a>,
    /// How many there were to begin with.
    pub(super) len: usize,
    depth: u8,
}

pub(super) fn v4(out: &mut String, bytes: Bytes<'_>, depth: u8) -> Option<()> {
    out.push_str("IP ");
    let head = usize::from(bytes.u8(0)? & 0xf) * 4;
    let (total, id, fragment) = (bytes.be16(2)?.into(), bytes.be16(4)?, bytes.be16(6)?);
    let (protocol, from, to) = (bytes.u8(9)?, bytes.v4(12)?, bytes.v4(16)?);
    // Of a packet that is taken apart by the card, the kernel may not know the length yet.
    let total = if total == 0 { bytes.len() } else { total };
    if head < 20 || total < head {
        let _ = write!(out, "{from} > {to} [lengths make no sense: header {head}, packet {total}]");
        return Some(());
    }
    let carried = Carried {
        from: from.into(),
        to: to.into(),
        protocol,
        bytes: bytes.most(total).from(head),
        len: total - head,
        depth,
    };
    let offset = usize::from(fragment & 0x1fff) * 8;
    if offset > 0 {
        return later_part(out, &carried, offset, id.into());
    }
    carried.tell(out)?;
    if fragment & 0x2000 != 0 {
        let _ = write!(out, ", fragmented, id {id}");
    }
    Some(())
}

pub(super) fn v6(out: &mut String, bytes: Bytes<'_>, depth: u8) -> Option<()> {
    out.push_str("IP6 ");
    let (length, mut protocol, from, to) = (bytes.be16(4)?.into(), bytes.u8(6)?, bytes.v6(8)?, bytes.v6(24)?);
    let rest = bytes.from(40);
    // A length of zero: a larger packet, whose length is told elsewhere.
    let mut len: usize = if length == 0 { rest.len() } else { length };
    let mut rest = rest.most(len);
    let mut part = None;
    // Extension headers, of which each takes eight bytes at least.
    while matches!(protocol, 0 | 43 | 44 | 51 | 60) {
        let size = match protocol {
            44 => 8,
            51 => (usize::from(rest.u8(1)?) + 2) * 4,
            _ => (usize::from(rest.u8(1)?) + 1) * 8,
        };
        let next = rest.u8(0)?;
        if protocol == 44 {
            part = Some((rest.be16(2)?, rest.be32(4)?));
        }
        protocol = next;
        rest = rest.from(size);
        len = len.saturating_sub(size);
        if part.is_some_and(|(offset, _)| offset & 0xfff8 != 0) {
            break;
        }
    }
    let carried = Carried { from: from.into(), to: to.into(), protocol, bytes: rest, len, depth };
    match part {
        Some((offset, id)) if offset & 0xfff8 != 0 => later_part(out, &carried, (offset & 0xfff8).into(), id),
        _ => {
            carried.tell(out)?;
            if let Some((offset, id)) = part.filter(|(offset, _)| offset & 1 != 0) {
                let _ = offset;
                let _ = write!(out, ", fragmented, id {id}");
            }
            Some(())
        }
    }
}

fn later_part(out: &mut String, carried: &Carried<'_>, offset: usize, id: u32) -> Option<()> {
    carried.addresses(out);
    let name = name(carried.protocol).unwrap_or("protocol");
    let _ = write!(out, " {name} fragment at {offset}, id {id}, {} bytes", carried.len);
    Some(())
}

impl Carried<'_> {
    pub(super) fn addresses(&self, out: &mut String) {
        let _ = write!(out, "{} > {}", self.from, self.to);
    }

    fn tell(&self, out: &mut String) -> Option<()> {
        if let 6 | 17 | 33 | 132 | 136 = self.protocol {
            return transport::tell(out, self, self.protocol);
        }
        self.addresses(out);
        out.push(' ');
        match self.protocol {
            1 => icmp::v4(out, self),
            2 => igmp(out, self.bytes),
            58 => icmp::v6(out, self),
            // A packet in a packet.
            4 | 41 if self.depth > 0 => {
                out.push_str("| ");
                any(out, self.bytes, self.depth - 1)
            }
            47 => self.gre(out),
            _ => {
                let _ = match name(self.protocol) {
                    Some(name) => write!(out, "{name}, {} bytes", self.len),
                    None => write!(out, "protocol {}, {} bytes", self.protocol, self.len),
                };
                Some(())
            }
        }
    }

    fn gre(&self, out: &mut String) -> Option<()> {
        let (flags, kind) = (self.bytes.be16(0)?, self.bytes.be16(2)?);
        // Checksum, key and sequence number are there where their flag is set.
        let words = [0x8000, 0x2000, 0x1000].iter().filter(|flag| flags & *flag != 0).count();
        out.push_str("GRE");
        if flags & 0x2000 != 0 {
            let key = if flags & 0x8000 != 0 { 8 } else { 4 };
            let _ = write!(out, " key {}", self.bytes.be32(key)?);
        }
        out.push_str(" | ");
        let rest = self.bytes.from(4 + words * 4);
        match (kind, self.depth.checked_sub(1)) {
            (_, None) => out.push('…'),
            (0x6558, Some(depth)) => return ethernet(out, rest, depth),
            (_, Some(depth)) => return of_type(out, kind, rest, depth),
        }
        Some(())
    }

    pub(super) fn depth(&self) -> u8 {
        self.depth
    }
}

fn igmp(out: &mut String, bytes: Bytes<'_>) -> Option<()> {
    let (kind, group) = (bytes.u8(0)?, bytes.v4(4)?);
    let _ = match kind {
        0x11 => write!(out, "IGMP query {group}"),
        0x12 | 0x16 => write!(out, "IGMP report {group}"),
        0x17 => write!(out, "IGMP leave {group}"),
        0x22 => write!(out, "IGMP report, {} groups", bytes.be16(6)?),
        other => write!(out, "IGMP type {other:#04x}"),
    };
    Some(())
}

/// What a protocol of IP is called.
pub(super) fn name(protocol: u8) -> Option<&'static str> {
    Some(match protocol {
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPIP",
        6 => "TCP",
        17 => "UDP",
        33 => "DCCP",
        41 => "IP6",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "ICMP6",
        59 => "nothing",
        88 => "EIGRP",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        132 => "SCTP",
        136 => "UDP-Lite",
        _ => return None,
    })
}
