//! Encapsulation in UDP: `encap fou` and `encap gue` (ip-fou(8)).

use nslab::wire::Request;

use super::{Numbers, Read, TunnelOpt};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::link::kinds::fields::Details;
use crate::applet::ip::link::kinds::reading::{Takes, whole};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words};

/// `TUNNEL_ENCAP_FLAG_…`.
const CSUM: u16 = 1;
const CSUM6: u16 = 2;
const REMCSUM: u16 = 4;

/// `TUNNEL_ENCAP_…`, by number.
const TYPES: [&str; 3] = ["none", "fou", "gue"];

#[derive(Debug, Default)]
pub(super) struct Encap {
    kind: u16,
    flags: u16,
    sport: u16,
    dport: u16,
}

pub(super) static OPTIONS: &[TunnelOpt] = {
    use Takes::By;
    &[
        whole("noencap", 0, By(none), ""),
        whole("encap", 0, By(read_kind), "Invalid encap type."),
        whole("encap-sport", 0, By(read_sport), "Invalid source port."),
        whole("encap-dport", 0, By(read_dport), "Invalid destination port."),
        whole("encap-csum", CSUM, By(set), ""),
        whole("noencap-csum", CSUM, By(clear), ""),
        whole("encap-udp6-csum", CSUM6, By(set), ""),
        whole("noencap-udp6-csum", CSUM6, By(clear), ""),
        whole("encap-remcsum", REMCSUM, By(set), ""),
        whole("noencap-remcsum", REMCSUM, By(clear), ""),
    ]
};

fn none(reading: &mut Read<'_>, _: &TunnelOpt, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.state.encap.kind = 0;
    Ok(())
}

fn read_kind(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let kind = TYPES.iter().zip(0..).find(|(name, _)| name.as_bytes() == word);
    reading.state.encap.kind = kind.ok_or_else(|| option.wrong(word))?.1;
    Ok(())
}

fn read_sport(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.state.encap.sport = if word == b"auto" { 0 } else { port(option, word)? };
    Ok(())
}

fn read_dport(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Result<(), Fail> {
    reading.state.encap.dport = port(option, words.value()?)?;
    Ok(())
}

fn port(option: &TunnelOpt, word: &[u8]) -> Result<u16, Fail> {
    words::number(word).and_then(|port| port.try_into().ok()).ok_or_else(|| option.wrong(word))
}

fn set(reading: &mut Read<'_>, option: &TunnelOpt, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.state.encap.flags |= option.attribute;
    Ok(())
}

fn clear(reading: &mut Read<'_>, option: &TunnelOpt, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.state.encap.flags &= !option.attribute;
    Ok(())
}

impl Encap {
    /// Over IPv6, with the checksum that UDP must have there.
    pub(super) fn over_ipv6() -> Self {
        Self { flags: CSUM6, ..Self::default() }
    }

    pub(super) fn of(details: &Details<'_>, numbers: &Numbers) -> Self {
        let number = |attribute| details.get(attribute).and_then(|a| a.u16()).unwrap_or(0);
        Self {
            kind: number(numbers.encap_type),
            flags: number(numbers.encap_flags),
            sport: u16::from_be(number(numbers.encap_sport)),
            dport: u16::from_be(number(numbers.encap_dport)),
        }
    }

    pub(super) fn put(&self, data: &mut Request, numbers: &Numbers) {
        data.u16(numbers.encap_type, self.kind)
            .u16(numbers.encap_flags, self.flags)
            .u16(numbers.encap_sport, self.sport.to_be())
            .u16(numbers.encap_dport, self.dport.to_be());
    }

    pub(super) fn show(&self, session: &mut Session) {
        if self.kind == 0 {
            return;
        }
        let print = &mut session.print;
        print.begin_object("encap");
        let kind = TYPES.get(usize::from(self.kind)).copied().unwrap_or("unknown");
        print.string("type", "encap {} ", kind);
        match self.sport {
            0 => print.number_as("sport", "encap-sport {} ", 0, "auto"),
            port => print.number("sport", "encap-sport {} ", port),
        }
        print.number("dport", "encap-dport {} ", self.dport);
        for (flag, key, on, off) in [
            (CSUM, "csum", "encap-csum ", "noencap-csum "),
            (CSUM6, "csum6", "encap-csum6 ", "noencap-csum6 "),
            (REMCSUM, "remcsum", "encap-remcsum ", "noencap-remcsum "),
        ] {
            let set = self.flags & flag != 0;
            print.boolean(key, if set { on } else { off }, set);
        }
        print.end_object();
    }
}
