//! Which routes `show` and `flush` are about.

use std::net::IpAddr;

use nslab::ops::route::{DumpFilter, Route};
use nslab::wire::consts::{
    AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC, RT_TABLE_MAIN, RTA_FLOW, RTA_IIF, RTA_MARK, RTA_PRIORITY, RTM_F_CLONED,
};

use super::parse::{self, Typed};
use super::print::Hidden;
use crate::applet::ip::fail::Fail;
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words, matches};

/// What a route must be like to pass. What is `None` is no condition.
#[derive(Debug, Default)]
pub(super) struct Filter {
    family: Family,
    /// 0 for all.
    table: u32,
    pub(super) cloned: bool,
    tos: Option<u8>,
    output: Option<u32>,
    input: Option<u32>,
    priority: Option<u32>,
    mark: Option<u32>,
    scope: Option<u8>,
    protocol: Option<u8>,
    kind: Option<u8>,
    /// The realms, and which of their bits count.
    realms: Option<(u32, u32)>,
    destination: Range,
    source: Range,
    gateway: Option<Typed>,
    preferred_source: Option<Typed>,
}

/// A condition on a prefix.
#[derive(Debug, Default)]
struct Range {
    /// It is inside this one.
    inside: Option<Typed>,
    /// This one is inside it.
    around: Option<Typed>,
}

impl Filter {
    /// Reads the words behind `show` or `flush`.
    pub(super) fn parse(session: &mut Session, mut words: Words<'_>) -> Result<Self, Fail> {
        let mut filter = Self { family: session.family, table: RT_TABLE_MAIN, ..Self::default() };
        let (mut output, mut input) = (None, None);
        while let Some(word) = words.take() {
            match word {
                b"dev" | b"oif" => output = Some(words.value()?),
                b"iif" => input = Some(words.value()?),
                _ => filter.word(session, word, &mut words)?,
            }
        }
        filter.input = parse::device(session, input)?;
        filter.output = parse::device(session, output)?;
        if filter.family == Family::Any && filter.table != 0 {
            filter.family = Family::Inet;
        }
        Ok(filter)
    }

    /// In the order in which `ip` tries them: `p` is protocol, `r` is realms.
    fn word(&mut self, session: &mut Session, word: &[u8], words: &mut Words<'_>) -> Result<(), Fail> {
        match word {
            _ if matches(word, "table") => self.table(session, words.value()?)?,
            _ if matches(word, "vrf") => self.table = parse::vrf_table(session, words.value()?)?,
            _ if matches(word, "cached") || matches(word, "cloned") => self.cloned = true,
            _ if word == b"tos" || matches(word, "dsfield") => {
                self.tos = Some(parse::tos(session, words.value()?, "TOS value is invalid\n")?);
            }
            _ if matches(word, "protocol") => {
                self.protocol = named(session, Name::Protocol, words.value()?, "invalid \"protocol\"\n")?;
            }
            _ if word == b"preference" || matches(word, "metric") || matches(word, "priority") => {
                self.priority = Some(parse::number(words.value()?, "metric")?);
            }
            _ if matches(word, "scope") => {
                self.scope = named(session, Name::Scope, words.value()?, "invalid \"scope\"\n")?;
            }
            _ if matches(word, "type") => {
                let value = words.value()?;
                let number = || crate::applet::ip::words::u32(value)?.try_into().ok();
                let kind = parse::route_type(value).or_else(number);
                self.kind = Some(kind.ok_or_else(|| Fail::wrong(value, "node type value is invalid\n"))?);
            }
            b"mark" => self.mark = Some(parse::mark(words.value()?)?),
            b"via" => {
                let mut value = words.value()?;
                let mut family = match value {
                    b"inet" => Family::Inet,
                    b"inet6" => Family::Inet6,
                    _ => self.family,
                };
                if matches!(value, b"inet" | b"inet6") {
                    value = words.value()?;
                }
                self.gateway = Some(parse::prefix(value, &mut family)?);
            }
            b"src" => self.preferred_source = Some(parse::prefix(words.value()?, &mut self.family.clone())?),
            _ if matches(word, "realms") => self.realms = Some(realms(session, words.value()?)?),
            _ if matches(word, "from") => {
                let value = words.value()?;
                self.source.word(value, words, self.family)?;
            }
            b"to" => {
                let value = words.value()?;
                self.destination.word(value, words, self.family)?;
            }
            _ => self.destination.word(word, words, self.family)?,
        }
        Ok(())
    }

    fn table(&mut self, session: &Session, value: &[u8]) -> Result<(), Fail> {
        match (session.names.number(Name::Table, value), value) {
            (Some(number), _) => self.table = number,
            (None, b"all") => self.table = 0,
            (None, b"cache") => self.cloned = true,
            (None, _) => return Err(Fail::wrong(value, "table id value is invalid\n")),
        }
        Ok(())
    }

    pub(super) fn is_of_main_table(&self) -> bool {
        self.table == RT_TABLE_MAIN
    }

    /// What the kernel is asked for: that much it filters itself. In a batch `ip` leaves all of it to
    /// itself, and so a table that is not there is no error.
    pub(super) fn dump(&self, session: &Session) -> DumpFilter {
        let family = match self.family {
            Family::Inet => AF_INET,
            Family::Inet6 => AF_INET6,
            Family::Link => AF_PACKET,
            _ => AF_UNSPEC,
        };
        if session.in_batch {
            return DumpFilter { family, cloned: self.cloned, ..DumpFilter::default() };
        }
        DumpFilter {
            family,
            table: (self.table != 0).then_some(self.table),
            protocol: self.protocol.unwrap_or(0),
            output: self.output,
            cloned: self.cloned,
        }
    }

    pub(super) fn hidden(&self) -> Hidden {
        let whole = |typed: &Option<Typed>| {
            typed.is_some_and(|typed| typed.prefix().is_some_and(|prefix| prefix.len() == prefix.max_len()))
        };
        Hidden {
            tos: self.tos.is_some(),
            gateway: whole(&self.gateway),
            output: self.output.is_some(),
            input: self.input.is_some(),
            table: self.table != 0,
            protocol: self.protocol.is_some(),
            scope: self.scope.is_some(),
            source: whole(&self.preferred_source),
            priority: self.priority.is_some(),
            realms: self.realms.is_some_and(|(_, mask)| mask == u32::MAX),
            mark: self.mark.is_some(),
        }
    }

    fn is_family(&self, family: u8) -> bool {
        match self.family {
            Family::Any => true,
            Family::Inet => family == AF_INET,
            Family::Inet6 => family == AF_INET6,
            _ => false,
        }
    }

    fn is_by_gateway(&self, route: &Route<'_>) -> bool {
        let via = route.via();
        let of_family = |address: IpAddr| match via {
            Some(via) => via.is_ipv4() == address.is_ipv4(),
            None => same_family(address, route.family()),
        };
        self.gateway.is_none_or(|gateway| gateway.address.is_none_or(of_family))
            && holds(self.gateway, via.or_else(|| route.gateway()))
    }

    pub(super) fn passes(&self, route: &Route<'_>) -> bool {
        let number = |kind, wanted: Option<u32>| wanted.is_none_or(|n| route.number(kind).unwrap_or(0) == n);
        self.is_family(route.family())
            && (route.flags() & RTM_F_CLONED != 0) == self.cloned
            && (self.table == 0 || route.table() == self.table)
            && self.tos.is_none_or(|tos| route.tos() == tos)
            && self.protocol.is_none_or(|protocol| route.protocol() == protocol)
            && self.scope.is_none_or(|scope| route.scope() == scope)
            && self.kind.is_none_or(|kind| route.kind() == kind)
            && number(RTA_PRIORITY, self.priority)
            && number(RTA_MARK, self.mark)
            && self.realms.is_none_or(|(realms, mask)| route.number(RTA_FLOW).unwrap_or(0) & mask == realms & mask)
            && self.input.is_none_or(|input| route.number(RTA_IIF) == Some(input))
            && self.output.is_none_or(|output| leaves_by(route, output))
            && self.destination.holds(route.family(), route.destination(), route.destination_len())
            && self.source.holds(route.family(), route.source(), route.source_len())
            && self.is_by_gateway(route)
            && holds(self.preferred_source, route.preferred_source())
    }
}

impl Range {
    /// `[root|match|exact] PREFIX`.
    fn word(&mut self, word: &[u8], words: &mut Words<'_>, mut family: Family) -> Result<(), Fail> {
        let (inside, around) = if matches(word, "root") {
            (true, false)
        } else if matches(word, "match") {
            (false, true)
        } else {
            (true, true)
        };
        let value = if !(inside && around) || matches(word, "exact") { words.value()? } else { word };
        let typed = parse::prefix(value, &mut family)?;
        if inside {
            self.inside = Some(typed);
        }
        if around {
            self.around = Some(typed);
        }
        Ok(())
    }

    fn holds(&self, family: u8, address: Option<IpAddr>, len: u8) -> bool {
        let same = |typed: &Typed, bits: u8| match typed.address {
            Some(wanted) => {
                same_family(wanted, family)
                    && address.map_or(bits == 0 || is_zero(wanted, bits), |a| same_bits(a, wanted, bits))
            }
            None => true,
        };
        let inside = |typed: &Typed| typed.any || len >= typed.len && same(typed, typed.len);
        let around = |typed: &Typed| typed.any || len <= typed.len && same(typed, len);
        self.inside.as_ref().is_none_or(inside) && self.around.as_ref().is_none_or(around)
    }
}

/// A route that names no link at all leaves by any: the kernel, where it filters, knows better.
fn leaves_by(route: &Route<'_>, output: u32) -> bool {
    match (route.output(), route.nexthops()) {
        (Some(of), _) => of == output,
        (None, Some(mut hops)) => hops.any(|hop| hop.output == output),
        (None, None) => true,
    }
}

/// Whether an address is there and in a prefix; one of length 0 is no condition.
fn holds(wanted: Option<Typed>, address: Option<IpAddr>) -> bool {
    let Some(wanted) = wanted.filter(|wanted| wanted.len > 0) else { return true };
    match (wanted.address, address) {
        (Some(wanted_address), Some(address)) => same_bits(address, wanted_address, wanted.len),
        _ => false,
    }
}

fn same_family(address: IpAddr, family: u8) -> bool {
    family == if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn is_zero(address: IpAddr, bits: u8) -> bool {
    let zero = match address {
        IpAddr::V4(_) => IpAddr::from([0; 4]),
        IpAddr::V6(_) => IpAddr::from([0; 16]),
    };
    same_bits(address, zero, bits)
}

/// Whether two addresses of one family agree in their first bits.
fn same_bits(a: IpAddr, b: IpAddr, bits: u8) -> bool {
    let differing = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => return false,
    };
    differing >= bits.into()
}

/// A name or number, or `all` for no condition.
fn named(session: &Session, table: Name, value: &[u8], why: &str) -> Result<Option<u8>, Fail> {
    match parse::byte(session, table, value) {
        Some(number) => Ok(Some(number)),
        None if value == b"all" => Ok(None),
        None => Err(Fail::wrong(value, why)),
    }
}

/// `FROM/TO` or `FROM/`: what is given is what counts. `TO` alone is one too.
fn realms(session: &Session, word: &[u8]) -> Result<(u32, u32), Fail> {
    let invalid = || Fail::wrong(word, "invalid realms\n");
    let realms = parse::realms(session, word).ok_or_else(invalid)?;
    let mask = match word {
        [.., b'/'] => 0xffff_0000,
        _ if word.contains(&b'/') || realms > 0xffff => u32::MAX,
        _ => 0xffff,
    };
    Ok((realms, mask))
}
