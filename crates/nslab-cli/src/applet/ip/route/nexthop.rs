//! `nexthop via … dev … weight …`, several times.

use nslab::ops::route::NextHop;
use nslab::wire::consts::RTNH_F_ONLINK;

use super::parse::{self, TypedAddress};
use crate::applet::ip::fail::{Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words, matches, u32};

/// Reads all that is left, which begins behind the first `nexthop`.
pub(super) fn parse_all(
    session: &mut Session,
    words: &mut Words<'_>,
    mut family: Family,
) -> Result<Vec<NextHop>, Fail> {
    let mut all = Vec::new();
    loop {
        if words.is_empty() {
            return Err(Fail::new(MISUSE, "Error: unexpected end of line after \"nexthop\""));
        }
        all.push(parse(session, words, &mut family)?);
        match words.take() {
            None => return Ok(all),
            Some(b"nexthop") => {}
            Some(word) => {
                let text = bytes!["Error: \"nexthop\" or end of line is expected instead of \"", word, "\""];
                return Err(Fail::new(MISUSE, text));
            }
        }
    }
}

/// Reads one, up to a word that does not belong to it.
fn parse(session: &mut Session, words: &mut Words<'_>, family: &mut Family) -> Result<NextHop, Fail> {
    let mut hop = NextHop::default();
    while let Some(word) = words.peek() {
        let before = *words;
        words.take();
        match word {
            b"via" => hop.gateway = gateway(words, family)?,
            b"dev" => {
                let name = words.value()?;
                hop.output = session
                    .index(name)
                    .map_err(|fail| Fail::new(MISUSE, bytes![fail.text, "\nError: cannot parse nexthop"]))?;
            }
            b"weight" => {
                let value = words.value()?;
                let weight = u32(value).filter(|n| (1..=256).contains(n)).and_then(|n| u8::try_from(n - 1).ok());
                hop.weight_less_one = weight.ok_or_else(|| Fail::wrong(value, "\"weight\" is invalid\n"))?;
            }
            b"onlink" => hop.flags |= flag(RTNH_F_ONLINK),
            b"encap" => return Err(encap(words)?),
            b"as" => {
                let mut value = words.value()?;
                if value == b"to" {
                    value = words.value()?;
                }
                if let TypedAddress::Ip(address) = parse::address(value, family)? {
                    hop.new_destination = Some(address);
                }
            }
            _ if matches(word, "realms") => {
                let value = words.value()?;
                let realms = parse::realms(session, value);
                hop.realms = Some(realms.ok_or_else(|| Fail::wrong(value, "\"realm\" value is invalid\n"))?);
            }
            _ => {
                *words = before;
                break;
            }
        }
    }
    Ok(hop)
}

fn flag(flag: u32) -> u8 {
    flag.try_into().unwrap_or(0)
}

/// `via [FAMILY] ADDRESS`, behind `via`.
pub(super) fn gateway(words: &mut Words<'_>, family: &mut Family) -> Result<Option<std::net::IpAddr>, Fail> {
    let mut value = words.value()?;
    let mut of = *family;
    let named = match value {
        b"inet" => Some(Family::Inet),
        b"inet6" => Some(Family::Inet6),
        b"link" | b"bridge" | b"mpls" => {
            words.value()?;
            return Err(Fail::not_yet(&bytes!["ip route … via ", value]));
        }
        _ => None,
    };
    if let Some(named) = named {
        of = named;
        value = words.value()?;
    }
    let address = parse::address(value, &mut of)?;
    if *family == Family::Any {
        *family = of;
    }
    Ok(match address {
        TypedAddress::Ip(address) => Some(address),
        TypedAddress::Empty => None,
    })
}

/// What `encap` comes to, behind that word: nothing of it is there yet.
pub(super) fn encap(words: &mut Words<'_>) -> Result<Fail, Fail> {
    static KINDS: &[&str] = &["mpls", "ip", "ip6", "ila", "bpf", "seg6", "seg6local", "rpl", "ioam6", "xfrm"];
    let kind = words.value()?;
    if !KINDS.iter().any(|name| name.as_bytes() == kind) {
        return Err(Fail::wrong(kind, "\"encap type\" value is invalid\n"));
    }
    words.value()?;
    Ok(Fail::not_yet(&bytes!["ip route … encap ", kind]))
}
