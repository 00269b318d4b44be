//! `ip neigh` (ip-neighbour(8)).

mod filter;
mod flush;
mod get;
mod modify;
mod print;
mod show;
mod state;
mod usage;

use super::fail::Fail;
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, run_verb};

/// In the order in which `ip` tries them.
static VERBS: &[Entry] = &[
    entry("add", modify::add),
    entry("change", modify::change),
    entry("chg", modify::change),
    entry("replace", modify::replace),
    entry("delete", modify::delete),
    entry("get", get::run),
    entry("show", show::run),
    entry("lst", show::run),
    entry("list", show::run),
    entry("flush", flush::run),
    entry("help", |_, _| Err(usage::usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    session.keep_links();
    match words.take() {
        None => show::run(session, words),
        Some(verb) => run_verb(session, "neigh", VERBS, verb, words),
    }
}
