//! `ip address` (ip-address(8)).

pub(super) mod filter;
mod flush;
mod modify;
mod print;
mod show;
mod usage;

use super::fail::Fail;
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, not_yet, run_verb};

pub(super) use show::no_such_device;

/// In the order in which `ip` tries them.
static VERBS: &[Entry] = &[
    entry("add", modify::add),
    entry("change", modify::change),
    entry("chg", modify::change),
    entry("replace", modify::replace),
    entry("delete", modify::delete),
    entry("show", show::run),
    entry("lst", show::run),
    entry("list", show::run),
    entry("flush", flush::run),
    not_yet("save"),
    not_yet("showdump"),
    not_yet("restore"),
    entry("help", |_, _| Err(usage::usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    session.keep_links();
    match words.take() {
        None => show::run(session, words),
        Some(verb) => run_verb(session, "address", VERBS, verb, words),
    }
}
