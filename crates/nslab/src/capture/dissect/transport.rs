//! TCP, UDP and what else has ports.

use std::fmt::Write;
use std::net::IpAddr;

use super::ip::{Carried, name};
use super::{application, ethernet};

/// `10.0.0.1:80`, `[fd00::1]:80`.
fn end(out: &mut String, address: IpAddr, port: u16) {
    let _ = match address {
        IpAddr::V4(address) => write!(out, "{address}:{port}"),
        IpAddr::V6(address) => write!(out, "[{address}]:{port}"),
    };
}

pub(super) fn tell(out: &mut String, carried: &Carried<'_>, protocol: u8) -> Option<()> {
    let bytes = carried.bytes;
    let (Some(from), Some(to)) = (bytes.be16(0), bytes.be16(2)) else {
        carried.addresses(out);
        let _ = write!(out, " {}", name(protocol).unwrap_or_default());
        return None;
    };
    end(out, carried.from, from);
    out.push_str(" > ");
    end(out, carried.to, to);
    match protocol {
        6 => tcp(out, carried),
        17 => udp(out, carried, from, to),
        _ => {
            let _ = write!(out, " {}, {} bytes", name(protocol).unwrap_or_default(), carried.len);
            Some(())
        }
    }
}

fn tcp(out: &mut String, carried: &Carried<'_>) -> Option<()> {
    const FLAGS: [(u8, &str); 8] = [
        (0x02, "SYN"),
        (0x01, "FIN"),
        (0x04, "RST"),
        (0x08, "PSH"),
        (0x10, "ACK"),
        (0x20, "URG"),
        (0x40, "ECE"),
        (0x80, "CWR"),
    ];
    out.push_str(" TCP");
    let bytes = carried.bytes;
    let (seq, ack, head, flags) = (bytes.be32(4)?, bytes.be32(8)?, usize::from(bytes.u8(12)? >> 4) * 4, bytes.u8(13)?);
    for (_, name) in FLAGS.iter().filter(|(flag, _)| flags & flag != 0) {
        let _ = write!(out, " {name}");
    }
    let _ = write!(out, " seq {seq}");
    if flags & 0x10 != 0 {
        let _ = write!(out, " ack {ack}");
    }
    let _ = write!(out, " win {}", bytes.be16(14)?);
    let _ = match carried.len.checked_sub(head) {
        Some(len) if head >= 20 => write!(out, " len {len}"),
        _ => write!(out, " [header of {head} bytes makes no sense]"),
    };
    Some(())
}

fn udp(out: &mut String, carried: &Carried<'_>, from: u16, to: u16) -> Option<()> {
    out.push_str(" UDP");
    let len = usize::from(carried.bytes.be16(4)?);
    let rest = carried.bytes.from(8);
    if to == 4789
        && let Some(depth) = carried.depth().checked_sub(1)
    {
        let _ = write!(out, " VXLAN {} | ", rest.be32(4)? >> 8);
        return ethernet(out, rest.from(8), depth);
    }
    let _ = write!(out, " len {}", len.saturating_sub(8));
    // What cannot be read is not told.
    let mut more = String::new();
    let told = match (from, to) {
        (53, _) | (_, 53) | (5353, _) | (_, 5353) => application::dns(&mut more, rest),
        (67 | 68, 67 | 68) => application::dhcp(&mut more, rest),
        _ => None,
    };
    if told.is_some() {
        let _ = write!(out, " {more}");
    }
    Some(())
}
