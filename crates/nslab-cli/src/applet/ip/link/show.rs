//! `ip link show`, and the links of `ip address show`.

use nslab::ops::link::{self, DumpFilter, Link, Select};
use nslab::wire::Messages;
use nslab::wire::consts::IFF_UP;

use super::print;
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, matches};

/// Which links are shown.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::applet::ip) struct Filter<'a> {
    pub(in crate::applet::ip) dev: Option<&'a [u8]>,
    pub(in crate::applet::ip) up: bool,
}

/// Words that `ip` takes here and this does not take yet.
static NOT_YET: &[&str] = &[
    "to",
    "scope",
    "dynamic",
    "permanent",
    "secondary",
    "temporary",
    "primary",
    "tentative",
    "deprecated",
    "dadfailed",
    "home",
    "nodad",
    "mngtmpaddr",
    "noprefixroute",
    "autojoin",
    "label",
    "group",
    "master",
    "vrf",
    "nomaster",
    "type",
    "proto",
    "help",
];

impl<'a> Filter<'a> {
    /// Reads the words behind `show`.
    pub(in crate::applet::ip) fn parse(mut words: Words<'a>) -> Result<Self, Fail> {
        let mut filter = Self::default();
        while let Some(word) = words.take() {
            if word == b"up" {
                filter.up = true;
                continue;
            }
            if let Some(name) =
                NOT_YET.iter().find(|name| **name == "help" && matches(word, name) || name.as_bytes() == word)
            {
                return Err(Fail::not_yet(&bytes!["show … ", name]));
            }
            let name = if word == b"dev" { words.value()? } else { word };
            if filter.dev.is_some() {
                return Err(Fail::duplicate_or_garbage("dev", name));
            }
            filter.dev = Some(name);
        }
        Ok(filter)
    }
}

/// The kernel's messages about the links that the filter may let pass: one link, or all.
pub(in crate::applet::ip) fn fetch(session: &mut Session, filter: Filter<'_>) -> Result<Vec<u8>, Fail> {
    let mut seen = Vec::new();
    let mut keep = |link: &Link<'_>| {
        link.message().append_to(&mut seen);
        Ok(())
    };
    if let Some(name) = filter.dev {
        link::get(session.connection()?, Select::Name(name), keep).map_err(|error| match error.errno() {
            Some(_) => Fail::new(FAILED, bytes!["Device \"", name, "\" does not exist."]),
            None => Fail::kernel(&error),
        })?;
    } else {
        link::dump(session.connection()?, DumpFilter::default(), &mut keep).map_err(|error| Fail::kernel(&error))?;
    }
    Ok(seen)
}

/// Reads those messages, remembers all the links (a line may name a later one), and gives those that pass.
pub(in crate::applet::ip) fn pass<'a>(
    session: &mut Session,
    messages: &'a [u8],
    filter: Filter<'_>,
) -> Result<Vec<Link<'a>>, Fail> {
    let mut passing = Vec::new();
    for message in Messages::new(messages).map_while(Result::ok) {
        let link = Link::parse(&message).map_err(|error| Fail::kernel(&error))?;
        session.remember(&link);
        if !filter.up || link.has(IFF_UP) {
            passing.push(link);
        }
    }
    Ok(passing)
}

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::parse(words)?;
    let messages = fetch(session, filter)?;
    session.print.begin_document();
    for link in pass(session, &messages, filter)? {
        session.print.begin_object(None);
        print::link(session, &link, print::Shape::Link);
        session.print.text("\n");
        session.print.end_object();
        session.print.flush_some();
    }
    session.print.end_document();
    Ok(())
}
