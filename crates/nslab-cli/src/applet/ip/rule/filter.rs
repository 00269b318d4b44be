//! Which rules `ip rule show` and `ip rule flush` are about.

use std::net::IpAddr;

use nslab::ops::rule::{Masked, Ports, Rule};
use nslab::wire::consts::{
    FIB_RULE_INVERT, FRA_FWMARK, FRA_FWMASK, FRA_IIFNAME, FRA_IP_PROTO, FRA_L3MDEV, FRA_OIFNAME, FRA_PROTOCOL,
};

use super::selectors::{self, INPUT, OUTPUT, invalid};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words, matches};

/// A filter. A number that is 0 lets every rule pass, unless it says otherwise.
#[derive(Debug, Default)]
pub(super) struct Filter {
    invert: bool,
    from: Option<(IpAddr, u8)>,
    to: Option<(IpAddr, u8)>,
    /// Also where it is 0.
    priority: Option<u32>,
    tos: u8,
    mark: Option<Masked<u32>>,
    input: Option<Vec<u8>>,
    output: Option<Vec<u8>>,
    l3mdev: bool,
    users: Option<(u32, u32)>,
    table: u32,
    protocol: Option<u8>,
    ip_protocol: u8,
    source_ports: Option<Ports>,
    destination_ports: Option<Ports>,
    tunnel: u64,
    dscp: Option<Masked<u8>>,
    flow_label: Option<Masked<u32>>,
}

impl Filter {
    /// Reads the words in the order in which `ip` compares them.
    pub(super) fn parse(session: &Session, mut words: Words<'_>) -> Result<Self, Fail> {
        let names = &session.names;
        let family = if session.family == Family::Any { Family::Inet } else { session.family };
        let mut filter = Self::default();
        while let Some(word) = words.take() {
            let begins = |whole| matches(word, whole);
            match word {
                _ if begins("preference") || begins("order") || begins("priority") => {
                    filter.priority = Some(selectors::priority(words.value()?)?);
                }
                b"not" => filter.invert = true,
                b"tos" | b"dsfield" => filter.tos = selectors::tos(words.value()?, names)?,
                b"fwmark" => filter.mark = Some(selectors::mark(words.value()?)?),
                b"dev" | b"iif" => filter.input = Some(selectors::interface(words.value()?, INPUT)?),
                b"oif" => filter.output = Some(selectors::interface(words.value()?, OUTPUT)?),
                b"l3mdev" => filter.l3mdev = true,
                b"uidrange" => filter.users = Some(selectors::users(words.value()?)?),
                _ if begins("tun_id") => filter.tunnel = selectors::tunnel(words.value()?)?,
                _ if begins("lookup") || begins("table") => {
                    let word = words.value()?;
                    let table = names.number(Name::Table, word);
                    filter.table = table.ok_or_else(|| invalid(word, "table id value is invalid"))?;
                }
                _ if begins("from") || begins("src") => filter.from = selectors::prefix(words.value()?, family)?,
                _ if begins("protocol") => {
                    let word = words.value()?;
                    let number = names.number(Name::Protocol, word).and_then(|number| u8::try_from(number).ok());
                    filter.protocol = match number {
                        None if word == b"all" => None,
                        None => return Err(invalid(word, "invalid \"protocol\"")),
                        known => known,
                    };
                }
                b"ipproto" => filter.ip_protocol = selectors::ip_protocol(words.value()?)?,
                b"sport" => filter.source_ports = ports(words.value()?)?,
                b"dport" => filter.destination_ports = ports(words.value()?)?,
                b"dscp" => filter.dscp = counting(selectors::dscp(words.value()?, names)?),
                b"flowlabel" => filter.flow_label = counting(selectors::flow_label(words.value()?)?),
                _ if begins("dst") || word == b"to" => filter.to = selectors::prefix(words.value()?, family)?,
                _ => filter.to = selectors::prefix(word, family)?,
            }
        }
        Ok(filter)
    }

    /// Whether a rule was made by who is asked for: of no concern to `show`.
    pub(super) fn is_made_by(&self, rule: &Rule<'_>) -> bool {
        self.protocol.is_none_or(|protocol| rule.attribute(FRA_PROTOCOL).and_then(|a| a.u8()) == Some(protocol))
    }

    /// Whether a rule is for what is asked for.
    pub(super) fn passes(&self, rule: &Rule<'_>) -> bool {
        let name = |kind, wanted: &Option<Vec<u8>>| {
            wanted.as_ref().is_none_or(|wanted| rule.attribute(kind).is_some_and(|name| name.string() == *wanted))
        };
        let byte = |kind| rule.attribute(kind).and_then(|a| a.u8());
        (!self.invert || rule.flags() & FIB_RULE_INVERT != 0)
            && is_inside(rule.from(), self.from)
            && is_inside(rule.to(), self.to)
            && self.priority.is_none_or(|priority| rule.priority() == priority)
            && (self.tos == 0 || rule.tos() == self.tos)
            && self.mark.is_none_or(|mark| {
                (mark.value == 0 || rule.number(FRA_FWMARK) == Some(mark.value))
                    && mark.mask.is_none_or(|mask| mask == 0 || rule.number(FRA_FWMASK) == Some(mask))
            })
            && name(FRA_IIFNAME, &self.input)
            && name(FRA_OIFNAME, &self.output)
            && (!self.l3mdev || rule.attribute(FRA_L3MDEV).is_some())
            && self.users.is_none_or(|(first, last)| rule.users() == Some(first..=last))
            && (self.table == 0 || rule.table() == self.table)
            && (self.ip_protocol == 0 || byte(FRA_IP_PROTO) == Some(self.ip_protocol))
            && self.source_ports.is_none_or(|wanted| are_ports(rule.source_ports(), wanted))
            && self.destination_ports.is_none_or(|wanted| are_ports(rule.destination_ports(), wanted))
            && (self.tunnel == 0 || rule.tunnel() == Some(self.tunnel))
            && self.dscp.is_none_or(|wanted| {
                rule.dscp().is_some_and(|dscp| {
                    dscp.value == wanted.value && dscp.mask.is_none_or(|mask| mask == wanted.mask.unwrap_or(0x3f))
                })
            })
            && self.flow_label.is_none_or(|wanted| {
                rule.flow_label().is_some_and(|label| {
                    label.value == wanted.value && label.mask.is_none_or(|mask| mask == wanted.mask.unwrap_or(0xf_ffff))
                })
            })
    }
}

/// Whether a rule's prefix lies inside the one that is asked for.
fn is_inside(prefix: Option<(IpAddr, u8)>, wanted: Option<(IpAddr, u8)>) -> bool {
    let Some((wanted, len)) = wanted.filter(|(_, len)| *len > 0) else {
        return true;
    };
    let bits = |address| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128_u32),
    };
    prefix.is_some_and(|(address, own_len)| {
        let ((a, width), (b, other_width)) = (bits(address), bits(wanted));
        let shift = width.saturating_sub(u32::from(len));
        width == other_width && own_len >= len && a.checked_shr(shift) == b.checked_shr(shift)
    })
}

/// A mask of 0 lets every rule pass.
fn counting<T: Default + PartialEq>(wanted: Masked<T>) -> Option<Masked<T>> {
    Some(wanted).filter(|wanted| wanted.mask != Some(T::default()))
}

/// The same of ports.
fn ports(word: &[u8]) -> Result<Option<Ports>, Fail> {
    selectors::ports(word).map(|ports| Some(ports).filter(|ports| ports.mask != Some(0)))
}

fn are_ports(ports: Option<Ports>, wanted: Ports) -> bool {
    let mask = |ports: Ports| ports.mask.unwrap_or(u16::MAX);
    ports.is_some_and(|ports| {
        (ports.start, ports.end) == (wanted.start, wanted.end) && (ports.mask.is_none() || mask(ports) == mask(wanted))
    })
}
