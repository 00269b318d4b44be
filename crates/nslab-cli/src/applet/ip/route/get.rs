//! `ip route get`.

use nslab::ops::route::{Query, Route};
use nslab::types::Prefix;
use nslab::wire::Messages;
use nslab::wire::consts::{AF_INET, RTA_PREFSRC, RTM_F_FIB_MATCH, RTM_F_LOOKUP_TABLE, RTM_F_NOTIFY};

use super::parse::{self, TypedAddress};
use super::print::Lines;
use super::usage;
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words, matches};

#[derive(Default)]
struct Parsed<'a> {
    query: Query,
    family: Family,
    destination: bool,
    source: bool,
    connected: bool,
    input: Option<&'a [u8]>,
    output: Option<&'a [u8]>,
}

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let mut parsed = Parsed { family: session.family, ..Parsed::default() };
    while let Some(word) = words.take() {
        parsed.word(session, word, &mut words)?;
    }
    if !parsed.destination {
        return Err(Fail::new(FAILED, "need at least a destination address"));
    }
    let mut query = parsed.query;
    if let Some(input) = parse::device(session, parsed.input)? {
        query.input = Some(input);
    }
    if let Some(output) = parse::device(session, parsed.output)? {
        query.output = Some(output);
    }
    query.family = parsed.family.number_or_inet();
    if query.family == AF_INET {
        query.flags |= RTM_F_LOOKUP_TABLE;
    }
    let has_source = ask(session, &query, true)?;
    if parsed.connected && !parsed.source {
        if !has_source {
            session.print.flush();
            return Err(Fail::new(FAILED, "Failed to connect the route"));
        }
        // What comes of it the second time is not part of the document.
        ask(session, &query, false)?;
    }
    Ok(())
}

/// Asks, prints the answer, and says whether it has a source address.
fn ask(session: &mut Session, query: &Query, document: bool) -> Result<bool, Fail> {
    let mut kept = Vec::new();
    let answered = query.ask(session.connection()?, |route: &Route<'_>| {
        route.message().append_to(&mut kept);
        Ok(())
    });
    answered.map_err(|error| Fail::kernel(&error))?;
    let mut has_source = false;
    for message in Messages::new(&kept).map_while(Result::ok) {
        let route = Route::parse(&message).map_err(|error| Fail::kernel(&error))?;
        has_source = route.attribute(RTA_PREFSRC).is_some();
        if document {
            session.print.begin_document();
        }
        session.print.begin_object(None);
        Lines::default().print(session, &route);
        session.print.end_object();
        if document {
            session.print.end_document();
        }
    }
    Ok(has_source)
}

impl<'a> Parsed<'a> {
    /// In the order in which `ip` tries them: `f` is from, `i` is iif.
    fn word(&mut self, session: &mut Session, word: &'a [u8], words: &mut Words<'a>) -> Result<(), Fail> {
        let query = &mut self.query;
        match word {
            _ if word == b"tos" || matches(word, "dsfield") => {
                query.tos = parse::tos(session, words.value()?, "TOS value is invalid\n")?;
            }
            b"as" => {
                let mut value = words.value()?;
                if value == b"to" {
                    value = words.value()?;
                }
                // The kernel refuses it whatever it is.
                query.new_destination = Some(match parse::address(value, &mut self.family)? {
                    TypedAddress::Ip(address) => address,
                    TypedAddress::Empty => std::net::Ipv4Addr::UNSPECIFIED.into(),
                });
            }
            b"flowlabel" => {
                let value = words.value()?;
                let label = words::u32(value);
                query.flow_label = Some(label.ok_or_else(|| Fail::wrong(value, "invalid flowlabel"))?);
            }
            b"dev" => self.output = Some(words.value()?),
            _ if matches(word, "from") => {
                self.source = true;
                query.source = parse::prefix(words.value()?, &mut self.family)?.prefix();
            }
            _ if matches(word, "iif") => self.input = Some(words.value()?),
            _ if matches(word, "mark") => query.mark = Some(parse::mark(words.value()?)?),
            _ if matches(word, "oif") => self.output = Some(words.value()?),
            _ if matches(word, "notify") => query.flags |= RTM_F_NOTIFY,
            _ if matches(word, "connected") => self.connected = true,
            _ if matches(word, "vrf") => {
                query.output = Some(parse::vrf(session, words.value()?)?.0);
                self.output = None;
            }
            _ if matches(word, "uid") => {
                let value = words.value()?;
                query.uid = Some(words::u32(value).ok_or_else(|| Fail::wrong(value, "invalid UID\n"))?);
            }
            _ if matches(word, "fibmatch") => query.flags |= RTM_F_FIB_MATCH,
            _ if matches(word, "sport") => query.source_port = Some(port(words.value()?, "invalid sport\n")?),
            _ if matches(word, "dport") => query.destination_port = Some(port(words.value()?, "invalid dport\n")?),
            _ if matches(word, "ipproto") => {
                let value = words.value()?;
                let number = protocol_number(value);
                query.ip_protocol = Some(number.ok_or_else(|| Fail::wrong(value, "Invalid \"ipproto\" value\n"))?);
            }
            b"to" => return self.destination(session, words.value()?),
            _ => return self.destination(session, word),
        }
        Ok(())
    }

    fn destination(&mut self, session: &mut Session, word: &[u8]) -> Result<(), Fail> {
        if matches(word, "help") {
            return Err(usage());
        }
        let typed = parse::prefix(word, &mut self.family)?;
        let max_len = if self.family == Family::Inet6 { 128 } else { 32 };
        if typed.address.is_some() && typed.len != max_len {
            let text = format!("Warning: /{} as prefix is invalid, only /{max_len} (or none) is supported.", typed.len);
            session.tell(&Fail::new(0, text));
        }
        self.query.destination = typed.address.and_then(|address| Prefix::new(address, max_len).ok());
        self.destination = true;
        Ok(())
    }
}

fn port(word: &[u8], why: &str) -> Result<u16, Fail> {
    words::u32(word).and_then(|n| u16::try_from(n).ok()).ok_or_else(|| Fail::wrong(word, why))
}

/// The number of an IP protocol: a number, or a name of /etc/protocols.
fn protocol_number(word: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(word).unwrap_or_default();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let text = std::fs::read("/etc/protocols").unwrap_or_default();
    let line = |line: &[u8]| -> Option<u8> {
        let line = line.split(|byte| *byte == b'#').next()?;
        let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
        let (name, number) = (fields.next()?, fields.next()?);
        (name == word || fields.any(|alias| alias == word)).then(|| words::number(number)?.try_into().ok()).flatten()
    };
    let built_in: &[(&[u8], u8)] = &[(b"icmp", 1), (b"tcp", 6), (b"udp", 17), (b"ipv6-icmp", 58)];
    let known = || built_in.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    text.split(|byte| *byte == b'\n').find_map(line).or_else(known)
}
