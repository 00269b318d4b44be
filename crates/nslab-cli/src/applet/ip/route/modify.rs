//! `ip route add` and its kin.

use nslab::ops::route::{Change, Route, RouteConfig};
use nslab::wire::Request;
use nslab::wire::consts::{
    AF_INET6, RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_NOWHERE, RT_SCOPE_UNIVERSE, RT_TABLE_LOCAL, RT_TABLE_MAIN,
    RTA_GATEWAY, RTA_NEWDST, RTA_PREFSRC, RTN_ANYCAST, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_NAT, RTN_UNICAST,
    RTN_UNSPEC, RTNH_F_ONLINK, RTPROT_BOOT, RTPROT_UNSPEC,
};

use super::parse::{self, Typed, TypedAddress};
use super::{metric, nexthop, print, usage};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words, matches};

/// What was typed, where it is not the request's own yet.
#[derive(Default)]
struct Parsed<'a> {
    config: RouteConfig,
    family: Family,
    destination: Option<Typed>,
    kind: Option<u8>,
    scope: Option<u8>,
    table: Option<u32>,
    protocol: Option<u8>,
    via: bool,
    several: bool,
    dev: Option<&'a [u8]>,
    /// Attributes for addresses that were typed as `any`: the kernel refuses them.
    empty: Vec<u16>,
}

pub(super) fn run(session: &mut Session, mut words: Words<'_>, change: Change) -> Result<(), Fail> {
    let mut parsed = Parsed { family: session.family, ..Parsed::default() };
    while let Some(word) = words.take() {
        if word == b"nexthop" {
            parsed.several = true;
            break;
        }
        parsed.word(session, word, &mut words)?;
    }
    let Some(destination) = parsed.destination else { return Err(usage()) };
    parsed.config.output = parse::device(session, parsed.dev)?;
    if parsed.several {
        parsed.config.nexthops = nexthop::parse_all(session, &mut words, parsed.family)?;
    }
    parsed.config.destination = destination.prefix();
    let request = parsed.request(change);
    if session.options.echo { echo(session, request) } else { session.talk(request) }
}

impl<'a> Parsed<'a> {
    /// Takes in a word and what belongs to it. The order is that in which `ip` tries them.
    fn word(&mut self, session: &mut Session, word: &'a [u8], words: &mut Words<'a>) -> Result<(), Fail> {
        let config = &mut self.config;
        match word {
            b"src" => {
                let typed = parse::address(words.value()?, &mut self.family)?;
                put(&mut config.preferred_source, typed, &mut self.empty, RTA_PREFSRC);
            }
            b"as" => {
                let mut value = words.value()?;
                if value == b"to" {
                    value = words.value()?;
                }
                let typed = parse::address(value, &mut self.family)?;
                put(&mut config.new_destination, typed, &mut self.empty, RTA_NEWDST);
            }
            b"via" => {
                if self.via {
                    return Err(Fail::wrong(b"via", "use nexthop syntax to specify multiple via\n"));
                }
                self.via = true;
                config.gateway = nexthop::gateway(words, &mut self.family)?;
                if config.gateway.is_none() {
                    self.empty.push(RTA_GATEWAY);
                }
            }
            b"from" => config.source = parse::prefix(words.value()?, &mut self.family)?.prefix(),
            b"scope" => {
                let value = words.value()?;
                let scope = parse::byte(session, Name::Scope, value);
                self.scope = Some(scope.ok_or_else(|| Fail::wrong(value, "invalid \"scope\" value\n"))?);
            }
            b"expires" => config.expires = Some(parse::number(words.value()?, "expires")?),
            b"onlink" => config.flags |= RTNH_F_ONLINK,
            b"dev" | b"oif" => self.dev = Some(words.value()?),
            b"nhid" => config.nexthop_id = Some(parse::number(words.value()?, "id")?),
            b"encap" => return Err(nexthop::encap(words)?),
            b"ttl-propagate" => {
                let value = words.value()?;
                config.ttl_propagate = Some(match value {
                    b"enabled" => true,
                    b"disabled" => false,
                    _ => return Err(Fail::wrong(value, "\"ttl-propagate\" value is invalid\n")),
                });
            }
            b"to" => return self.destination(words.value()?, words),
            _ if word == b"tos" || matches(word, "dsfield") => {
                config.tos = parse::tos(session, words.value()?, "\"tos\" value is invalid\n")?;
            }
            _ if word == b"preference" || matches(word, "metric") || matches(word, "priority") => {
                config.priority = Some(parse::number(words.value()?, "metric")?);
            }
            _ if metric::parse(word, words, &mut config.metrics)? => {}
            _ if matches(word, "realms") => {
                let value = words.value()?;
                let realms = parse::realms(session, value);
                config.realms = Some(realms.ok_or_else(|| Fail::wrong(value, "\"realm\" value is invalid\n"))?);
            }
            _ if matches(word, "pref") => {
                let value = words.value()?;
                let preference = match value {
                    b"low" => Some(3),
                    b"medium" => Some(0),
                    b"high" => Some(1),
                    _ => crate::applet::ip::words::u32(value).and_then(|n| u8::try_from(n).ok()),
                };
                let invalid = || Fail::wrong(value, "\"pref\" value is invalid\n");
                config.preference = Some(preference.ok_or_else(invalid)?);
            }
            _ if matches(word, "protocol") => {
                let value = words.value()?;
                let protocol = parse::byte(session, Name::Protocol, value);
                let invalid = || Fail::wrong(value, "\"protocol\" value is invalid\n");
                self.protocol = Some(protocol.ok_or_else(invalid)?);
            }
            _ if matches(word, "table") => {
                let value = words.value()?;
                let table = session.names.number(Name::Table, value);
                self.table = Some(table.ok_or_else(|| Fail::wrong(value, "\"table\" value is invalid\n"))?);
            }
            _ if matches(word, "vrf") => self.table = Some(parse::vrf_table(session, words.value()?)?),
            _ => return self.destination(word, words),
        }
        Ok(())
    }

    /// `[TYPE] PREFIX`.
    fn destination(&mut self, mut word: &'a [u8], words: &mut Words<'a>) -> Result<(), Fail> {
        if let Some(kind) = parse::route_type(word) {
            self.kind = Some(kind);
            word = words.value()?;
        }
        if matches(word, "help") {
            return Err(usage());
        }
        if self.destination.is_some() {
            return Err(Fail::duplicate_or_garbage("to", word));
        }
        self.destination = Some(parse::prefix(word, &mut self.family)?);
        Ok(())
    }

    /// The request, with the defaults that depend on the rest.
    fn request(mut self, change: Change) -> Request {
        let config = &mut self.config;
        let delete = change == Change::Delete;
        config.family = self.family.number_or_inet();
        config.kind = self.kind.unwrap_or(if delete { RTN_UNSPEC } else { RTN_UNICAST });
        config.protocol = self.protocol.unwrap_or(if delete { RTPROT_UNSPEC } else { RTPROT_BOOT });
        let local = matches!(config.kind, RTN_LOCAL | RTN_BROADCAST | RTN_NAT | RTN_ANYCAST);
        config.table = self.table.unwrap_or(if local { RT_TABLE_LOCAL } else { RT_TABLE_MAIN });
        config.scope = self.scope.unwrap_or(match config.kind {
            _ if config.family == AF_INET6 => RT_SCOPE_UNIVERSE,
            RTN_LOCAL | RTN_NAT => RT_SCOPE_HOST,
            RTN_BROADCAST | RTN_MULTICAST | RTN_ANYCAST => RT_SCOPE_LINK,
            _ if delete => RT_SCOPE_NOWHERE,
            RTN_UNICAST if !self.via && !self.several && config.nexthop_id.is_none() => RT_SCOPE_LINK,
            _ => RT_SCOPE_UNIVERSE,
        });
        let mut request = self.config.request(change);
        for kind in self.empty {
            request.attribute(kind, &[]);
        }
        request
    }
}

fn put(place: &mut Option<std::net::IpAddr>, typed: TypedAddress, empty: &mut Vec<u16>, kind: u16) {
    match typed {
        TypedAddress::Ip(address) => *place = Some(address),
        TypedAddress::Empty => empty.push(kind),
    }
}

/// `-echo`: prints the route that the kernel made or deleted.
fn echo(session: &mut Session, request: Request) -> Result<(), Fail> {
    let mut connection = session.take_connection()?;
    let mut lines = print::Lines::default();
    let answered = connection.echo(request, String::new, |message| {
        // In JSON, an object in an object without a name: so `ip` has it.
        session.print.begin_document();
        session.print.begin_object(None);
        session.print.begin_object(None);
        lines.print(session, &Route::parse(message)?);
        session.print.end_object();
        session.print.end_object();
        session.print.end_document();
        Ok(())
    });
    session.return_connection(connection);
    answered.map_err(|error| Fail::kernel(&error))
}
