//! `ip addrlabel` (ip-addrlabel(8)).

mod change;
mod show;

use nslab::wire::consts::AF_INET6;

use super::fail::{Fail, MISUSE};
use super::session::Session;
use super::words::{Family, Words};
use super::{Entry, entry, run_verb};

/// In the order in which `ip` tries them.
static VERBS: &[Entry] = &[
    entry("list", show::list),
    entry("lst", show::list),
    entry("show", show::list),
    entry("add", change::add),
    entry("delete", change::delete),
    entry("flush", show::flush),
    entry("help", |_, _| Err(usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    session.keep_links();
    match words.take() {
        None => show::list(session, words),
        Some(verb) => run_verb(session, "addrlabel", VERBS, verb, words),
    }
}

fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}

/// The address family of labels: IPv6 where none was asked for.
fn family(session: &Session) -> u8 {
    match session.family {
        Family::Any => AF_INET6,
        family => family.own_number(),
    }
}
