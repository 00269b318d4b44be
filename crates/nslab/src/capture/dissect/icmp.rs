//! ICMP and ICMPv6: echo, errors with what they are about, neighbour discovery.

use std::fmt::Write;

use super::bytes::Bytes;
use super::ip::{self, Carried};
use crate::types::MacAddr;

pub(super) fn v4(out: &mut String, carried: &Carried<'_>) -> Option<()> {
    out.push_str("ICMP ");
    let bytes = carried.bytes;
    let (kind, code) = (bytes.u8(0)?, bytes.u8(1)?);
    match (kind, code) {
        (0 | 8, _) => return echo(out, if kind == 8 { "request" } else { "reply" }, carried),
        (3, 4) => {
            let _ = write!(out, "unreachable: needs fragmentation, mtu {}", bytes.be16(6)?);
        }
        (3, _) => {
            let _ = write!(out, "unreachable: {}", unreachable(code));
        }
        (5, _) => {
            let _ = write!(out, "redirect to {}", bytes.v4(4)?);
        }
        (11, 0) => out.push_str("time exceeded: in transit"),
        (11, _) => out.push_str("time exceeded: reassembly"),
        (12, _) => out.push_str("parameter problem"),
        (other, _) => {
            let _ = write!(out, "type {other} code {code}, {} bytes", carried.len);
            return Some(());
        }
    }
    about(out, bytes.from(8), carried)
}

fn unreachable(code: u8) -> &'static str {
    match code {
        0 => "network",
        1 => "host",
        2 => "protocol",
        3 => "port",
        5 => "source route failed",
        6 => "network unknown",
        7 => "host unknown",
        9 => "network prohibited",
        10 => "host prohibited",
        13 => "prohibited by filter",
        _ => "other reason",
    }
}

pub(super) fn v6(out: &mut String, carried: &Carried<'_>) -> Option<()> {
    out.push_str("ICMP6 ");
    let bytes = carried.bytes;
    let (kind, code) = (bytes.u8(0)?, bytes.u8(1)?);
    match (kind, code) {
        (128 | 129, _) => return echo(out, if kind == 128 { "request" } else { "reply" }, carried),
        (1, _) => out.push_str(match code {
            0 => "unreachable: no route",
            1 => "unreachable: prohibited",
            3 => "unreachable: address",
            4 => "unreachable: port",
            _ => "unreachable: other reason",
        }),
        (2, _) => {
            let _ = write!(out, "packet too big, mtu {}", bytes.be32(4)?);
        }
        (3, 0) => out.push_str("time exceeded: in transit"),
        (3, _) => out.push_str("time exceeded: reassembly"),
        (4, _) => out.push_str("parameter problem"),
        _ => return discovery(out, kind, code, carried),
    }
    about(out, bytes.from(8), carried)
}

fn discovery(out: &mut String, kind: u8, code: u8, carried: &Carried<'_>) -> Option<()> {
    let bytes = carried.bytes;
    let _ = match kind {
        130 => write!(out, "MLD query {}", bytes.v6(8)?),
        131 => write!(out, "MLD report {}", bytes.v6(8)?),
        132 => write!(out, "MLD done {}", bytes.v6(8)?),
        143 => write!(out, "MLD report, {} groups", bytes.be16(6)?),
        133 => write!(out, "router solicitation"),
        134 => write!(out, "router advertisement, lifetime {} s", bytes.be16(6)?),
        135 => write!(out, "who-has {}", bytes.v6(8)?),
        136 => write!(out, "{} is-at", bytes.v6(8)?),
        137 => write!(out, "redirect to {}", bytes.v6(8)?),
        other => write!(out, "type {other} code {code}, {} bytes", carried.len),
    };
    if kind == 136 {
        let _ = match link_address(bytes.from(24)) {
            Some(mac) => write!(out, " {mac}"),
            None => write!(out, " (not told)"),
        };
    }
    Some(())
}

/// The option that has a hardware address: that of the target.
fn link_address(mut options: Bytes<'_>) -> Option<MacAddr> {
    loop {
        let (kind, len) = (options.u8(0)?, usize::from(options.u8(1)?) * 8);
        if kind == 2 {
            return options.array(2).map(MacAddr::new);
        }
        // One without a length would never end.
        options = options.from(if len == 0 { return None } else { len });
    }
}

fn echo(out: &mut String, what: &str, carried: &Carried<'_>) -> Option<()> {
    let (id, seq) = (carried.bytes.be16(4)?, carried.bytes.be16(6)?);
    let _ = write!(out, "echo {what}, id {id}, seq {seq}, {} bytes", carried.len);
    Some(())
}

/// The packet that an error is about, as far as it is told.
fn about(out: &mut String, quoted: Bytes<'_>, carried: &Carried<'_>) -> Option<()> {
    let Some(depth) = carried.depth().checked_sub(1) else { return Some(()) };
    out.push_str(" (about ");
    // It is cut short by its nature.
    if ip::any(out, quoted, depth.min(1)).is_none() {
        out.push('…');
    }
    out.push(')');
    Some(())
}
