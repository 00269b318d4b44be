//! `ip rule add` and `ip rule delete`.

use std::net::{IpAddr, Ipv4Addr};

use nslab::ops::rule::{Rule, RuleConfig};
use nslab::wire::consts::{FR_ACT_GOTO, FR_ACT_NAT, FR_ACT_NOP, FR_ACT_TO_TBL};
use nslab::wire::{Messages, Request};

use super::selectors::{self, INPUT, OUTPUT, invalid};
use super::{TYPES, family, print, usage};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words, address, matches};

/// The table of rules that name none.
const MAIN: u32 = 254;

pub(super) fn add(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    if words.is_empty() {
        return Err(Fail::new(FAILED, "\"ip rule add\" requires arguments."));
    }
    let mut parsed = parse(session, words, FR_ACT_TO_TBL)?;
    if !parsed.says_what_to_do {
        parsed.config.table = Some(MAIN);
    }
    send(session, &parsed.config, RuleConfig::add)
}

pub(super) fn delete(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    if words.is_empty() {
        return Err(Fail::new(FAILED, "\"ip rule del\" requires arguments."));
    }
    let parsed = parse(session, words, 0)?;
    send(session, &parsed.config, RuleConfig::delete)
}

/// Sends a request, and with `-echo` prints the rule that the kernel made of it, or deleted.
fn send(session: &mut Session, config: &RuleConfig, request: impl Fn(&RuleConfig) -> Request) -> Result<(), Fail> {
    if !session.options.echo {
        return session.talk(request(config));
    }
    let mut seen = Vec::new();
    let echoed = session.connection()?.get(request(config).echoed(), String::new, |message| {
        message.append_to(&mut seen);
        Ok(())
    });
    echoed.map_err(|error| Fail::kernel(&error))?;
    session.print.begin_document();
    for message in Messages::new(&seen).map_while(Result::ok) {
        let rule = Rule::parse(&message).map_err(|error| Fail::kernel(&error))?;
        print::rule(session, &rule);
    }
    session.print.end_document();
    Ok(())
}

struct Parsed {
    config: RuleConfig,
    /// A table, or something else than looking one up.
    says_what_to_do: bool,
}

/// Reads the words in the order in which `ip` compares them: some stand by any beginning, some only whole.
fn parse(session: &mut Session, mut words: Words<'_>, action: u8) -> Result<Parsed, Fail> {
    let mut config = RuleConfig { family: family(session), action, ..RuleConfig::default() };
    let mut says_what_to_do = false;
    while let Some(word) = words.take() {
        let names = &session.names;
        let begins = |whole| matches(word, whole);
        match word {
            b"not" => config.invert = true,
            b"from" => config.from = selectors::prefix(words.value()?, session.family)?,
            b"to" => config.to = selectors::prefix(words.value()?, session.family)?,
            _ if begins("preference") || begins("order") || begins("priority") => {
                config.priority = Some(selectors::priority(words.value()?)?);
            }
            b"tos" => config.tos = selectors::tos(words.value()?, names)?,
            _ if begins("dsfield") => config.tos = selectors::tos(words.value()?, names)?,
            b"fwmark" => config.mark = Some(selectors::mark(words.value()?)?),
            _ if begins("realms") => config.realms = Some(selectors::realms(words.value()?, names)?),
            _ if begins("protocol") => {
                let word = words.value()?;
                let number = names.number(Name::Protocol, word).and_then(|number| u8::try_from(number).ok());
                config.protocol = Some(number.ok_or_else(|| invalid(word, "\"protocol\" value is invalid"))?);
            }
            b"tun_id" => config.tunnel = Some(selectors::tunnel(words.value()?)?),
            _ if begins("tun_id") => config.tunnel = Some(selectors::tunnel(words.value()?)?),
            b"lookup" => (config.table, says_what_to_do) = (Some(table(words.value()?, session)?), true),
            _ if begins("table") => (config.table, says_what_to_do) = (Some(table(words.value()?, session)?), true),
            b"sup_pl" => config.suppress_prefix_len = Some(suppress_len(words.value()?)?),
            _ if begins("suppress_prefixlength") => {
                config.suppress_prefix_len = Some(suppress_len(words.value()?)?);
            }
            b"sup_group" => config.suppress_group = Some(suppress_group(words.value()?, session)?),
            _ if begins("suppress_ifgroup") => {
                config.suppress_group = Some(suppress_group(words.value()?, session)?);
            }
            b"dev" | b"iif" => config.input = Some(selectors::interface(words.value()?, INPUT)?),
            b"oif" => config.output = Some(selectors::interface(words.value()?, OUTPUT)?),
            b"l3mdev" => (config.l3mdev, says_what_to_do) = (true, true),
            b"uidrange" => config.users = Some(selectors::users(words.value()?)?),
            b"nat" => (config.nat, config.action) = (Some(nat(words.value()?, session)?), FR_ACT_NAT),
            _ if begins("map-to") => {
                (config.nat, config.action) = (Some(nat(words.value()?, session)?), FR_ACT_NAT);
            }
            b"ipproto" => config.ip_protocol = Some(selectors::ip_protocol(words.value()?)?),
            b"sport" => config.source_ports = Some(selectors::ports(words.value()?)?),
            b"dport" => config.destination_ports = Some(selectors::ports(words.value()?)?),
            b"dscp" => config.dscp = Some(selectors::dscp(words.value()?, names)?),
            b"flowlabel" => config.flow_label = Some(selectors::flow_label(words.value()?)?),
            _ => {
                let word = if word == b"type" { words.value()? } else { word };
                if matches(word, "help") {
                    return Err(usage());
                }
                if matches(word, "goto") {
                    let word = words.value()?;
                    let target = words::u32(word).ok_or_else(|| invalid(word, "invalid target"))?;
                    (config.goto, config.action) = (Some(target), FR_ACT_GOTO);
                } else if matches(word, "nop") {
                    config.action = FR_ACT_NOP;
                } else {
                    config.action = kind(word)?;
                }
                says_what_to_do = true;
            }
        }
    }
    if config.l3mdev && config.table.is_some() {
        return Err(Fail::new(22, "table can not be specified for l3mdev rules"));
    }
    Ok(Parsed { config, says_what_to_do })
}

/// An action that has the name, or the number, of a type of routes.
fn kind(word: &[u8]) -> Result<u8, Fail> {
    let named = |(_, name, short): &&(u8, &str, bool)| name.as_bytes() == word || *short && matches(word, name);
    let number = || words::u32(word).and_then(|number| u8::try_from(number).ok());
    let known = TYPES.iter().find(named).map(|(kind, ..)| *kind).or_else(number);
    known.ok_or_else(|| Fail::wrong(word, "Failed to parse rule type"))
}

fn table(word: &[u8], session: &Session) -> Result<u32, Fail> {
    session.names.number(Name::Table, word).ok_or_else(|| invalid(word, "invalid table ID"))
}

fn suppress_len(word: &[u8]) -> Result<u32, Fail> {
    let len = words::u32(word).filter(|len| i32::try_from(*len).is_ok());
    len.ok_or_else(|| invalid(word, "suppress_prefixlength value is invalid"))
}

fn suppress_group(word: &[u8], session: &Session) -> Result<u32, Fail> {
    let group = session.names.number(Name::Group, word).filter(|group| i32::try_from(*group).is_ok());
    group.ok_or_else(|| invalid(word, "Invalid \"suppress_ifgroup\" value"))
}

fn nat(word: &[u8], session: &mut Session) -> Result<Ipv4Addr, Fail> {
    session.tell(&Fail::new(0, "Warning: route NAT is deprecated"));
    if matches!(word, b"default" | b"any" | b"all") {
        return Ok(Ipv4Addr::UNSPECIFIED);
    }
    match address(word) {
        Some(IpAddr::V4(address)) => Ok(address),
        _ => {
            let text = bytes!["Error: an IP address is expected rather than \"", word, "\""];
            Err(Fail::new(FAILED, text).ending_batch())
        }
    }
}
