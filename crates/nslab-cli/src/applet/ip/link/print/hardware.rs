//! The second line of a link: its hardware addresses, and where the other end is.

use std::net::{Ipv4Addr, Ipv6Addr};

use nslab::ops::link::Link;
use nslab::wire::consts::IFF_POINTOPOINT;

use super::Shape;
use crate::applet::ip::names::Name;
use crate::applet::ip::print::Color;
use crate::applet::ip::session::Session;

/// The type and the address alone, which is what IPv6 knows.
pub(super) fn own_address(session: &mut Session, link: &Link<'_>) {
    let print = &mut session.print;
    print.line_end();
    match session.options.numeric {
        true => print.string("link_type", "    link/{} ", format!("[{}]", link.hw_type().0)),
        false => print.string("link_type", "    link/{} ", link.hw_type().to_string()),
    }
    if let Some(address) = link.address() {
        print.colored(Color::Mac, "address", "{}", address_of(link, address));
    }
}

pub(super) fn print(session: &mut Session, link: &Link<'_>, shape: Shape) {
    if shape != Shape::Inet {
        own_address(session, link);
    }
    let print = &mut session.print;
    if let Some(broadcast) = link.broadcast().filter(|_| shape != Shape::Inet) {
        if link.has(IFF_POINTOPOINT) {
            print.text(" peer ");
            print.boolean("link_pointtopoint", "", true);
        } else {
            print.text(" brd ");
        }
        print.colored(Color::Mac, "broadcast", "{}", address_of(link, broadcast));
    }
    if let Some(permanent) = link.permanent_address()
        && link.address().is_some_and(|address| address != permanent)
    {
        print.string("permaddr", " permaddr {}", address_of(link, permanent));
    }
    match link.link_netnsid() {
        Some(id) if id >= 0 => match session.netns_name(id.cast_unsigned()) {
            Some(name) if !session.print.is_json() => session.print.string(None, " link-netns {}", name),
            _ => session.print.number("link_netnsid", " link-netnsid {}", id),
        },
        Some(_) => session.print.text(" link-netnsid unknown"),
        None => {}
    }
    if link.proto_down() {
        proto_down(session, link);
    }
}

/// That a protocol holds it down, and why.
fn proto_down(session: &mut Session, link: &Link<'_>) {
    session.print.boolean("proto_down", " protodown on ", true);
    let Some(reasons) = link.proto_down_reasons().filter(|reasons| *reasons != 0) else {
        return;
    };
    session.print.begin_array("proto_down_reason");
    session.print.text("protodown_reason <");
    let mut between = "";
    // The highest bit `ip` never shows.
    for bit in (0..31).filter(|bit| reasons >> bit & 1 != 0) {
        session.print.text(between);
        session.print.string(None, "{}", session.names.name(Name::ProtoDownReason, bit));
        between = ",";
    }
    session.print.text(">");
    session.print.end_array();
}

/// A link's address: of a tunnel it is the end's own.
pub(super) fn address_of(link: &Link<'_>, address: &[u8]) -> Address {
    // ARPHRD_TUNNEL, ARPHRD_SIT, ARPHRD_IPGRE; ARPHRD_TUNNEL6, ARPHRD_IP6GRE (`linux/if_arp.h`).
    match (link.hw_type().0, <[u8; 4]>::try_from(address), <[u8; 16]>::try_from(address)) {
        (768 | 776 | 778, Ok(v4), _) => Address::Ip(Ipv4Addr::from(v4).to_string()),
        (769 | 823, _, Ok(v6)) => Address::Ip(Ipv6Addr::from(v6).to_string()),
        _ => Address::Hex(Hex::of(address)),
    }
}

/// An address as it is written.
pub(super) enum Address {
    Hex(Hex),
    Ip(String),
}

impl AsRef<[u8]> for Address {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Hex(hex) => hex.as_ref(),
            Self::Ip(text) => text.as_bytes(),
        }
    }
}

/// Bytes in hexadecimal with colons between them, without a heap for as many as an address has.
pub(super) struct Hex {
    text: [u8; Self::MOST * 3],
    len: usize,
}

impl Hex {
    /// `MAX_ADDR_LEN` (`linux/netdevice.h`).
    const MOST: usize = 32;

    pub(super) fn of(bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or_default();
        let mut text = [b':'; Self::MOST * 3];
        for (place, byte) in text.chunks_exact_mut(3).zip(bytes) {
            if let [high, low, _] = place {
                (*high, *low) = (digit(byte >> 4), digit(byte & 0xf));
            }
        }
        Self { text, len: (bytes.len().min(Self::MOST) * 3).saturating_sub(1) }
    }
}

impl AsRef<[u8]> for Hex {
    fn as_ref(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_with_colons() {
        assert_eq!(Hex::of(&[2, 0, 0xab]).as_ref(), b"02:00:ab");
        assert_eq!((Hex::of(&[]).as_ref(), Hex::of(&[0; 99]).as_ref().len()), (&b""[..], 32 * 3 - 1));
    }
}
