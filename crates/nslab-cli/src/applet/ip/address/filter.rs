//! Which addresses, of which links, `ip address show` and `flush` are about.

use nslab::ops::address::Address;
use nslab::ops::link::Link;
use nslab::types::Prefix;
use nslab::wire::consts::{
    IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_HOMEADDRESS, IFA_F_MANAGETEMPADDR, IFA_F_MCAUTOJOIN, IFA_F_NODAD,
    IFA_F_NOPREFIXROUTE, IFA_F_OPTIMISTIC, IFA_F_PERMANENT, IFA_F_SECONDARY, IFA_F_STABLE_PRIVACY, IFA_F_TENTATIVE,
    IFF_UP, IFLA_LINKINFO,
};

use super::usage::usage;
use crate::applet::ip::fail::Fail;
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words, matches};

/// Words for flags, and whether they ask for it to be set; with `-` before them, for the contrary.
static FLAGS: &[(&[u8], u32, bool)] = &[
    (b"dynamic", IFA_F_PERMANENT, false),
    (b"primary", IFA_F_SECONDARY, false),
    (b"secondary", IFA_F_SECONDARY, true),
    (b"temporary", IFA_F_SECONDARY, true),
    (b"nodad", IFA_F_NODAD, true),
    (b"optimistic", IFA_F_OPTIMISTIC, true),
    (b"dadfailed", IFA_F_DADFAILED, true),
    (b"home", IFA_F_HOMEADDRESS, true),
    (b"deprecated", IFA_F_DEPRECATED, true),
    (b"tentative", IFA_F_TENTATIVE, true),
    (b"permanent", IFA_F_PERMANENT, true),
    (b"mngtmpaddr", IFA_F_MANAGETEMPADDR, true),
    (b"noprefixroute", IFA_F_NOPREFIXROUTE, true),
    (b"autojoin", IFA_F_MCAUTOJOIN, true),
    (b"stable-privacy", IFA_F_STABLE_PRIVACY, true),
];

/// Which links belong to which other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::applet::ip) enum Master {
    None,
    Index(u32),
}

/// What is asked for; a part that is not given lets all pass.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::applet::ip) struct Filter<'a> {
    /// The options', or that of `to`.
    pub(super) family: Family,
    pub(in crate::applet::ip) dev: Option<&'a [u8]>,
    pub(in crate::applet::ip) label: Option<&'a [u8]>,
    pub(super) kind: Option<&'a [u8]>,
    pub(in crate::applet::ip) master: Option<Master>,
    /// Whether virtual functions are left out.
    pub(in crate::applet::ip) no_functions: bool,
    up: bool,
    down: bool,
    to: Option<Prefix>,
    scope: Option<u8>,
    group: Option<u32>,
    protocol: Option<u8>,
    /// Flags that must be as in `flags`.
    mask: u32,
    flags: u32,
}

impl<'a> Filter<'a> {
    /// Reads the words behind the verb.
    pub(super) fn parse(session: &mut Session, words: Words<'a>) -> Result<Self, Fail> {
        Self::read(session, words, session.family, usage)
    }

    /// Reads the words behind the verb, for a family; `help` is what that word asks for.
    pub(in crate::applet::ip) fn read(
        session: &mut Session,
        mut words: Words<'a>,
        family: Family,
        help: fn() -> Fail,
    ) -> Result<Self, Fail> {
        let mut filter = Self { family, ..Self::default() };
        while let Some(word) = words.take() {
            match word {
                b"to" => {
                    filter.to = words::prefix_or_none(words.value()?, filter.family)?;
                    if let Some(to) = filter.to.filter(|_| filter.family == Family::Any) {
                        filter.family = Family::of(to.address());
                    }
                }
                b"scope" => filter.scope = scope(session, words.value()?)?,
                b"up" => filter.up = true,
                b"down" => filter.down = true,
                b"label" => filter.label = Some(words.value()?),
                b"group" => {
                    let name = words.value()?;
                    filter.group = Some(group(session, name)?);
                }
                b"master" => {
                    let name = words.value()?;
                    let index = session.index(name);
                    let index = index.map_err(|_| Fail::wrong(name, "Device does not exist\n"))?;
                    filter.master = Some(Master::Index(index));
                }
                b"vrf" => filter.master = Some(Master::Index(session.vrf(words.value()?)?)),
                b"nomaster" => filter.master = Some(Master::None),
                b"type" => filter.kind = Some(words.value()?),
                b"novf" => filter.no_functions = true,
                b"proto" => {
                    let word = words.value()?;
                    // A number: unlike `add`, `ip` takes no name here.
                    let number = words::number(word).and_then(|number| number.try_into().ok());
                    filter.protocol = Some(number.ok_or_else(|| bad_protocol(word))?);
                }
                _ if filter.flag(word) => {}
                _ => {
                    let name = if word == b"dev" { words.value()? } else { word };
                    if word != b"dev" && matches(word, "help") {
                        return Err(help());
                    }
                    if filter.dev.is_some() {
                        return Err(Fail::duplicate_or_garbage("dev", name));
                    }
                    filter.dev = Some(name);
                }
            }
        }
        Ok(filter)
    }

    fn flag(&mut self, word: &[u8]) -> bool {
        let (contrary, name) = word.strip_prefix(b"-").map_or((false, word), |name| (true, name));
        let Some((_, flag, set)) = FLAGS.iter().find(|(known, ..)| *known == name) else {
            return false;
        };
        self.mask |= flag;
        self.flags = if *set == contrary { self.flags & !flag } else { self.flags | flag };
        true
    }

    /// Whether flush is about primary addresses alone.
    pub(super) fn is_primary(&self) -> bool {
        self.mask & IFA_F_SECONDARY != 0 && self.flags & IFA_F_SECONDARY == 0
    }

    /// The kind that the kernel is asked for; that of a port (`bridge_slave`) it does not know.
    pub(in crate::applet::ip) fn kernel_kind(&self) -> Option<&'a str> {
        self.kind.filter(|kind| !kind.ends_with(b"_slave")).and_then(|kind| std::str::from_utf8(kind).ok())
    }

    /// Whether a link is up or down as asked.
    pub(super) fn state_passes(&self, link: &Link<'_>) -> bool {
        !(self.up && !link.has(IFF_UP) || self.down && link.has(IFF_UP))
    }

    /// Whether all that is asked of a link itself is so.
    pub(in crate::applet::ip) fn link_passes(&self, link: &Link<'_>) -> bool {
        let kind_passes = self.kind.is_none_or(|kind| match kind.strip_suffix(b"_slave") {
            Some(kind) => link.attribute(IFLA_LINKINFO).is_some() && link.info_slave_kind().unwrap_or_default() == kind,
            None => link.kind() == Some(kind),
        });
        let master_passes = match self.master {
            // That there is none, the kernel alone sees to, and only in a list.
            None | Some(Master::None) => true,
            Some(Master::Index(index)) => link.master() == Some(index),
        };
        let group_passes = self.group.is_none_or(|group| link.group().unwrap_or(0) == group);
        self.state_passes(link) && group_passes && kind_passes && master_passes
    }

    /// The same of a link as IPv6 tells of it, which knows no kind or master, and is of any group.
    pub(super) fn bare_link_passes(&self, link: &Link<'_>) -> bool {
        self.kind.is_none() && !matches!(self.master, Some(Master::Index(_))) && self.state_passes(link)
    }

    /// Whether a link is shown for its addresses' sake: it has one that passes, or none at all (and no
    /// family is asked for).
    pub(super) fn any_passes(&self, link_name: &[u8], addresses: &[Address<'_>]) -> bool {
        if addresses.is_empty() {
            return matches!(self.family, Family::Any | Family::Link);
        }
        addresses.iter().any(|address| self.address_passes(link_name, address))
    }

    /// Whether an address is one of those asked for, but for who made it.
    pub(super) fn address_passes(&self, link_name: &[u8], address: &Address<'_>) -> bool {
        let family_passes = match self.family {
            Family::Any | Family::Link => true,
            family => family.number() == address.family(),
        };
        family_passes
            && self.scope.is_none_or(|scope| address.scope() == scope)
            && (address.flags() ^ self.flags) & self.mask == 0
            && self.to.is_none_or(|to| address.local().is_some_and(|local| to.contains(local)))
            && self.label.is_none_or(|label| fits(label, address.label().unwrap_or(link_name)))
    }

    /// Whether who made an address is who is asked for; of whom nothing is known passes.
    pub(super) fn protocol_passes(&self, address: &Address<'_>) -> bool {
        self.protocol.is_none_or(|wanted| address.protocol().is_none_or(|protocol| protocol == wanted))
    }
}

fn scope(session: &Session, word: &[u8]) -> Result<Option<u8>, Fail> {
    if word == b"all" {
        return Ok(None);
    }
    let number = session.names.number(Name::Scope, word).and_then(|number| u8::try_from(number).ok());
    number.map(Some).ok_or_else(|| Fail::wrong(word, "invalid \"scope\"\n"))
}

/// A word that does not say who made an address.
pub(super) fn bad_protocol(word: &[u8]) -> Fail {
    Fail::wrong(word, "\"proto\" value is invalid\n")
}

/// A group of links, by name or number.
pub(in crate::applet::ip) fn group(session: &Session, word: &[u8]) -> Result<u32, Fail> {
    // A number too large wraps; one that is then negative is none.
    let wrapped = || words::number(word).map(|number| (number & u64::from(u32::MAX)) as u32);
    let number = session.names.number(Name::Group, word).or_else(wrapped).filter(|number| number.cast_signed() >= 0);
    number.ok_or_else(|| Fail::wrong(word, "Invalid \"group\" value\n"))
}

/// Whether a text fits a pattern of the shell: `*`, `?`, `[abc]`, `[!a-c]`, and `\` before a character
/// that means itself.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    match first {
        b'*' => (0..=text.len()).any(|at| fits(rest, text.get(at..).unwrap_or_default())),
        b'[' if let Some((set, rest)) = split_set(rest) => {
            text.split_first().is_some_and(|(byte, left)| set_has(set, *byte) && fits(rest, left))
        }
        b'\\' if let Some((byte, rest)) = rest.split_first() => {
            text.split_first().is_some_and(|(found, left)| found == byte && fits(rest, left))
        }
        _ => text.split_first().is_some_and(|(byte, left)| (*first == b'?' || first == byte) && fits(rest, left)),
    }
}

/// The inside of brackets, and what is behind them. A `]` that comes first is one of the set.
fn split_set(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = usize::from(matches!(pattern.first(), Some(b'!' | b'^')));
    end += usize::from(pattern.get(end) == Some(&b']'));
    while *pattern.get(end)? != b']' {
        end += class(pattern.get(end..)?).map_or(1, |(name, _)| name.len() + 4);
    }
    Some((pattern.get(..end)?, pattern.get(end + 1..)?))
}

/// The name of a class of characters, as in `[[:digit:]]`, and what is behind it.
fn class(set: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = set.strip_prefix(b"[:")?;
    let end = inside.windows(2).position(|two| two == b":]")?;
    Some((inside.get(..end)?, inside.get(end + 2..)?))
}

fn class_has(name: &[u8], byte: u8) -> bool {
    match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"lower" => byte.is_ascii_lowercase(),
        b"upper" => byte.is_ascii_uppercase(),
        b"punct" => byte.is_ascii_punctuation(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

fn set_has(set: &[u8], byte: u8) -> bool {
    let (contrary, mut set) = match set.split_first() {
        Some((b'!' | b'^', rest)) => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    while let Some((first, rest)) = set.split_first() {
        if let Some((name, rest)) = class(set) {
            found |= class_has(name, byte);
            set = rest;
            continue;
        }
        set = match rest {
            [b'-', last, rest @ ..] => {
                found |= (*first..=*last).contains(&byte);
                rest
            }
            _ => {
                found |= *first == byte;
                rest
            }
        };
    }
    found != contrary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_the_shells() {
        let yes = [("v*", "v0"), ("*", ""), ("v?:1", "v0:1"), ("[a-v]0", "v0"), ("[!a]0", "v0"), ("\\*", "*")];
        for (pattern, text) in
            yes.into_iter().chain([("a*b*c", "aXbYc"), ("[]x]", "]"), ("[", "["), ("v[[:digit:]]", "v1")])
        {
            assert!(fits(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
        for (pattern, text) in [("v", "v0"), ("v0", "v"), ("?", ""), ("[!v]0", "v0"), ("\\*", "a"), ("", "a")] {
            assert!(!fits(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn a_flag_and_its_contrary() {
        let mut filter = Filter::default();
        assert!(filter.flag(b"-primary") && !filter.is_primary());
        assert!(filter.flag(b"primary") && filter.is_primary());
        assert!(filter.flag(b"-permanent") && !filter.flag(b"-up") && !filter.flag(b"permanen"));
        assert_eq!((filter.mask, filter.flags), (IFA_F_SECONDARY | IFA_F_PERMANENT, 0));
    }
}
