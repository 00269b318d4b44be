//! The values that words of `ip route` have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nslab::ops::link::{Select, get};
use nslab::types::Prefix;
use nslab::wire::Table;
use nslab::wire::consts::{
    IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_LINKINFO, IFLA_VRF_TABLE, RT_TABLE_MAIN, RTN_ANYCAST, RTN_BLACKHOLE,
    RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_NAT, RTN_PROHIBIT, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE,
    RTN_XRESOLVE,
};

use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, matches, u32};

/// A prefix as typed. `default` has no address where no family is known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) address: Option<IpAddr>,
    pub(super) len: u8,
    /// `any` or `all`, of no family: no condition at all.
    pub(super) any: bool,
}

impl Typed {
    pub(super) fn prefix(self) -> Option<Prefix> {
        Prefix::new(self.address?, self.len).ok()
    }
}

/// An address as typed: `any` and `all` stand for none, which is not the same as nothing typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::applet::ip) enum TypedAddress {
    Ip(IpAddr),
    Empty,
}

fn zero(family: Family) -> Option<IpAddr> {
    match family {
        Family::Inet => Some(Ipv4Addr::UNSPECIFIED.into()),
        Family::Inet6 => Some(Ipv6Addr::UNSPECIFIED.into()),
        _ => None,
    }
}

pub(super) fn family_of(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::Inet } else { Family::Inet6 }
}

/// Reads a prefix of a family. Where that was open, it is the prefix's from then on.
pub(super) fn prefix(word: &[u8], family: &mut Family) -> Result<Typed, Fail> {
    if *family == Family::Link {
        let text = bytes!["Error: \"", word, "\" may be inet prefix, but it is not allowed in this context."];
        return Err(Fail::new(FAILED, text).ending_batch());
    }
    if matches!(word, b"default" | b"any" | b"all") && *family != Family::Mpls {
        let any = word != b"default" && *family == Family::Any;
        return Ok(Typed { address: zero(*family), len: 0, any });
    }
    let prefix = words::prefix(word, *family)?;
    *family = family_of(prefix.address());
    Ok(Typed { address: Some(prefix.address()), len: prefix.len(), any: false })
}

/// Reads an address of a family. Where that was open, it is the address's from then on.
pub(in crate::applet::ip) fn address(word: &[u8], family: &mut Family) -> Result<TypedAddress, Fail> {
    match word {
        b"default" => return Ok(zero(*family).map_or(TypedAddress::Empty, TypedAddress::Ip)),
        b"any" | b"all" => return Ok(TypedAddress::Empty),
        _ => {}
    }
    words::no_labels(word, *family)?;
    let fits = |address: &IpAddr| *family == Family::Any || family_of(*address) == *family;
    match words::address(word).filter(fits) {
        Some(address) => {
            *family = family_of(address);
            Ok(TypedAddress::Ip(address))
        }
        None => {
            let text = bytes!["Error: ", family.words(), " address is expected rather than \"", word, "\"."];
            Err(Fail::new(FAILED, text).ending_batch())
        }
    }
}

/// The words for types, in the order in which `ip` tries them, and whether a beginning is enough.
static TYPES: &[(&str, u8, bool)] = &[
    ("local", RTN_LOCAL, false),
    ("nat", RTN_NAT, false),
    ("broadcast", RTN_BROADCAST, true),
    ("brd", RTN_BROADCAST, true),
    ("anycast", RTN_ANYCAST, true),
    ("multicast", RTN_MULTICAST, true),
    ("prohibit", RTN_PROHIBIT, true),
    ("unreachable", RTN_UNREACHABLE, true),
    ("blackhole", RTN_BLACKHOLE, true),
    ("xresolve", RTN_XRESOLVE, true),
    ("unicast", RTN_UNICAST, true),
    ("throw", RTN_THROW, false),
];

/// The type that a word names.
pub(super) fn route_type(word: &[u8]) -> Option<u8> {
    let named =
        |(name, _, begun): &&(&str, u8, bool)| if *begun { matches(word, name) } else { name.as_bytes() == word };
    TYPES.iter().find(named).map(|(_, number, _)| *number)
}

/// The name of a type.
pub(super) fn type_name(number: u8) -> Option<&'static str> {
    TYPES.iter().find(|(_, of, _)| *of == number).map(|(name, ..)| *name)
}

/// Realms: `FROM/TO`, or one number for both halves. The kernel has 16 bits for each; `ip` takes 8.
pub(super) fn realms(session: &Session, word: &[u8]) -> Option<u32> {
    let number = |name: &[u8]| session.names.number(Name::Realm, name);
    let Some(at) = word.iter().position(|byte| *byte == b'/') else {
        return if word.is_empty() { Some(0) } else { number(word) };
    };
    let from = number(word.get(..at)?).and_then(|n| u8::try_from(n).ok())?;
    let to = match word.get(at + 1..)? {
        b"" => 0,
        to => number(to).and_then(|n| u8::try_from(n).ok())?,
    };
    Some(u32::from(from) << 16 | u32::from(to))
}

/// A link that must be there.
pub(super) fn device(session: &mut Session, name: Option<&[u8]>) -> Result<Option<u32>, Fail> {
    name.map(|name| session.index(name)).transpose()
}

/// The table of a virtual routing domain; what is outside of all is called `default`.
pub(super) fn vrf_table(session: &mut Session, name: &[u8]) -> Result<u32, Fail> {
    if name == b"default" { Ok(RT_TABLE_MAIN) } else { Ok(vrf(session, name)?.1) }
}

/// A virtual routing domain: its index and its table.
pub(in crate::applet::ip) fn vrf(session: &mut Session, name: &[u8]) -> Result<(u32, u32), Fail> {
    let found = get(session.connection()?, Select::Name(name), |link| {
        let read = || {
            let info = Table::<6>::parse(link.attribute(IFLA_LINKINFO)?.payload).ok()?;
            if info.get(IFLA_INFO_KIND)?.string() != b"vrf" {
                return None;
            }
            let data = Table::<2>::parse(info.get(IFLA_INFO_DATA)?.payload).ok()?;
            Some((link.index(), data.get(IFLA_VRF_TABLE)?.u32()?))
        };
        Ok(read())
    });
    found.ok().flatten().ok_or_else(|| Fail::wrong(name, "Invalid VRF\n"))
}

/// A number of 32 bits, or the failure that says so in `ip`'s usual words.
pub(super) fn number(word: &[u8], what: &str) -> Result<u32, Fail> {
    u32(word).ok_or_else(|| Fail::wrong(word, &format!("\"{what}\" value is invalid\n")))
}

/// A firewall mark.
pub(super) fn mark(word: &[u8]) -> Result<u32, Fail> {
    u32(word).ok_or_else(|| Fail::wrong(word, "invalid mark value"))
}

/// The type of service.
pub(super) fn tos(session: &Session, word: &[u8], why: &str) -> Result<u8, Fail> {
    byte(session, Name::DsField, word).ok_or_else(|| Fail::wrong(word, why))
}

/// A name or number of a table of bytes.
pub(in crate::applet::ip) fn byte(session: &Session, table: Name, word: &[u8]) -> Option<u8> {
    session.names.number(table, word)?.try_into().ok()
}
