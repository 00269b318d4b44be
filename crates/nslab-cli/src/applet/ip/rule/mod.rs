//! `ip rule` (ip-rule(8)).

mod change;
mod filter;
mod print;
mod selectors;
mod show;

use super::fail::{Fail, MISUSE};
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, not_yet, run_verb};

/// In the order in which `ip` tries them.
static VERBS: &[Entry] = &[
    entry("list", show::list),
    entry("lst", show::list),
    entry("show", show::list),
    not_yet("save"),
    not_yet("restore"),
    entry("add", change::add),
    entry("delete", change::delete),
    entry("flush", show::flush),
    entry("help", |_, _| Err(usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    session.keep_links();
    match words.take() {
        None => show::list(session, words),
        Some(verb) => run_verb(session, "rule", VERBS, verb, words),
    }
}

fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}

/// The address family of rules: IPv4 where none was asked for.
fn family(session: &Session) -> u8 {
    session.family.number_or_inet()
}

/// Types of routes, which rules can have for an action (`RTN_…`); where two begin alike, the first counts.
/// Those marked are not abbreviated.
static TYPES: &[(u8, &str, bool)] = &[
    (2, "local", false),
    (10, "nat", false),
    (3, "broadcast", true),
    (3, "brd", false),
    (4, "anycast", true),
    (5, "multicast", true),
    (8, "prohibit", true),
    (7, "unreachable", true),
    (6, "blackhole", true),
    (11, "xresolve", true),
    (1, "unicast", true),
    (9, "throw", false),
];
