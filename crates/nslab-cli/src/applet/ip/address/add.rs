//! `ip address add`.

use nslab::ops::address::AddressConfig;
use nslab::types::Prefix;
use nslab::wire::consts::{AF_INET6, AF_UNSPEC, IFA_F_NODAD};

use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words, matches};

/// Words that `ip` takes here and this does not take yet; those in the second list by any beginning.
static NOT_YET: &[&str] = &[
    "peer",
    "remote",
    "anycast",
    "brd",
    "label",
    "metric",
    "priority",
    "preference",
    "valid_lft",
    "preferred_lft",
    "proto",
    "home",
    "mngtmpaddr",
    "noprefixroute",
    "autojoin",
    "optimistic",
];
static NOT_YET_BEGUN: &[&str] = &["broadcast", "help"];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    // Once given, it may still be none: `default`.
    let mut local: Option<Option<Prefix>> = None;
    let mut dev = None;
    let mut flags = 0;
    let mut scope = None;
    while let Some(word) = words.take() {
        let not_yet = NOT_YET.iter().find(|name| name.as_bytes() == word);
        if let Some(name) = not_yet.or_else(|| NOT_YET_BEGUN.iter().find(|name| word.len() > 1 && matches(word, name)))
        {
            return Err(Fail::not_yet(&bytes!["ip address add … ", name]));
        }
        match word {
            b"dev" => dev = Some(words.value()?),
            b"nodad" => flags |= IFA_F_NODAD,
            b"scope" => {
                let name = words.value()?;
                let number = session.names.number(Name::Scope, name).and_then(|n| u8::try_from(n).ok());
                scope = Some(number.ok_or_else(|| Fail::wrong(name, "invalid scope value."))?);
            }
            _ => {
                let text = if word == b"local" { words.value()? } else { word };
                if local.is_some() {
                    return Err(Fail::duplicate_or_garbage("local", text));
                }
                let none = matches!(text, b"default" | b"any" | b"all");
                local = Some(if none { None } else { Some(words::prefix(text, session.family)?) });
            }
        }
    }
    let Some(dev) = dev else {
        return Err(Fail::new(FAILED, "Not enough information: \"dev\" argument is required."));
    };
    let index = session.index(dev)?;
    let Some(local) = local.flatten() else {
        // What is wrong with a request without an address is for the kernel to say.
        let family = if session.family == Family::Inet6 { AF_INET6 } else { AF_UNSPEC };
        return session.talk(AddressConfig::add_nothing(index, family));
    };
    let mut config = AddressConfig::new(index, local);
    config.scope = scope.unwrap_or(config.scope);
    config.flags = flags;
    session.talk(config.add())
}
