//! `ip nexthop add`, `replace` and `delete`.

use nslab::ops::nexthop::{Nexthop, NexthopConfig};
use nslab::wire::Request;
use nslab::wire::consts::{NHA_GATEWAY, RTNH_F_ONLINK};

use super::{device, group, id, usage};
use crate::applet::ip::fail::{Fail, bytes};
use crate::applet::ip::link::one_of_on_off;
use crate::applet::ip::names::Name;
use crate::applet::ip::route::parse::{self, TypedAddress};
use crate::applet::ip::route::print::Lines;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words, matches};

/// What was typed.
struct Parsed {
    config: NexthopConfig,
    family: Family,
    /// A router that is no IP address: none at all (`any`), or bytes of hardware. The kernel refuses both.
    odd_gateway: Option<Vec<u8>>,
}

pub(super) fn run(
    session: &mut Session,
    mut words: Words<'_>,
    request: impl Fn(&NexthopConfig) -> Request,
) -> Result<(), Fail> {
    let mut parsed = Parsed { config: NexthopConfig::default(), family: session.family, odd_gateway: None };
    while let Some(word) = words.take() {
        parsed.word(session, word, &mut words)?;
    }
    parsed.config.family = parsed.family.own_number();
    let mut request = request(&parsed.config);
    if let Some(bytes) = parsed.odd_gateway {
        request.attribute(NHA_GATEWAY, &bytes);
    }
    if session.options.echo { echo(session, request) } else { session.talk(request) }
}

impl Parsed {
    /// Takes in a word and what belongs to it.
    fn word(&mut self, session: &mut Session, word: &[u8], words: &mut Words<'_>) -> Result<(), Fail> {
        let config = &mut self.config;
        match word {
            b"id" => config.id = Some(id(words.value()?)?),
            b"dev" => {
                config.output = Some(device(session, words.value()?)?);
                self.default_to_inet();
            }
            b"via" => self.gateway(words)?,
            b"encap" => return Err(encap(words)?),
            b"blackhole" => {
                config.blackhole = true;
                self.default_to_inet();
            }
            b"fdb" => config.fdb = true,
            b"onlink" => config.flags |= RTNH_F_ONLINK,
            b"group" => config.group = Some(group::members(words.value()?)?),
            b"type" => group::kind(config, words)?,
            b"hw_stats" => config.hardware_statistics = Some(one_of_on_off("hw_stats", words.value()?)?),
            b"help" => return Err(usage()),
            _ if matches(word, "protocol") => {
                let value = words.value()?;
                let protocol = parse::byte(session, Name::Protocol, value);
                config.protocol = protocol.ok_or_else(|| Fail::wrong(value, "\"protocol\" value is invalid\n"))?;
            }
            _ => return Err(Fail::wrong(word, "")),
        }
        Ok(())
    }

    fn default_to_inet(&mut self) {
        if self.family == Family::Any {
            self.family = Family::Inet;
        }
    }

    /// `via [FAMILY] ADDRESS`, behind `via`. The first one fixes the family.
    fn gateway(&mut self, words: &mut Words<'_>) -> Result<(), Fail> {
        let mut value = words.value()?;
        let named = match value {
            b"inet" => Some(Family::Inet),
            b"inet6" => Some(Family::Inet6),
            b"link" => Some(Family::Link),
            b"bridge" => Some(Family::Bridge),
            b"mpls" => Some(Family::Mpls),
            _ => None,
        };
        if named.is_some() {
            value = words.value()?;
        }
        let mut of = named.unwrap_or(self.family);
        let empty = matches!(value, b"any" | b"all" | b"default");
        let (address, odd) = match of {
            Family::Link if !empty => (None, Some(words::link_address(value)?)),
            _ => match parse::address(value, &mut of)? {
                TypedAddress::Ip(address) => (Some(address), None),
                TypedAddress::Empty => (None, Some(Vec::new())),
            },
        };
        if self.family == Family::Any {
            self.family = of;
        } else if self.family != of {
            return Err(Fail::wrong(value, "address family mismatch\n"));
        }
        (self.config.gateway, self.odd_gateway) = (address, odd);
        Ok(())
    }
}

/// What `encap` comes to, behind that word: nothing of it is there yet.
fn encap(words: &mut Words<'_>) -> Result<Fail, Fail> {
    static KINDS: &[&str] = &["mpls", "ip", "ip6", "ila", "bpf", "seg6", "seg6local", "rpl", "ioam6", "xfrm"];
    let kind = words.value()?;
    if !KINDS.iter().any(|name| name.as_bytes() == kind) {
        return Err(Fail::wrong(kind, "\"encap type\" value is invalid\n"));
    }
    words.value()?;
    Ok(Fail::not_yet(&bytes!["ip nexthop … encap ", kind]))
}

/// `-echo`: prints the nexthop that the kernel made or deleted.
fn echo(session: &mut Session, request: Request) -> Result<(), Fail> {
    let mut connection = session.take_connection()?;
    let mut lines = Lines::default();
    let answered = connection.echo(request, String::new, |message| {
        // In JSON, an object in an object without a name: so `ip` has it.
        session.print.begin_document();
        session.print.begin_object(None);
        lines.object(session, &Nexthop::parse(message)?);
        session.print.end_object();
        session.print.end_document();
        Ok(())
    });
    session.return_connection(connection);
    answered.map_err(|error| Fail::kernel(&error))
}
