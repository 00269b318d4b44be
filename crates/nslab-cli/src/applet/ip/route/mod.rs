//! `ip route` (ip-route(8)).

mod filter;
mod flush;
mod get;
mod metric;
mod modify;
mod nexthop;
pub(super) mod parse;
pub(super) mod print;
mod show;

use nslab::ops::route::Change;

use super::fail::{Fail, MISUSE};
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, not_yet, run_verb};

/// In the order in which `ip` tries them: `ip route r` is replace, `ip route s` is show.
static VERBS: &[Entry] = &[
    entry("list", show::run),
    entry("show", show::run),
    entry("lst", show::run),
    entry("get", get::run),
    entry("add", |session, words| modify::run(session, words, Change::Add)),
    entry("change", |session, words| modify::run(session, words, Change::Change)),
    entry("chg", |session, words| modify::run(session, words, Change::Change)),
    entry("replace", |session, words| modify::run(session, words, Change::Replace)),
    entry("append", |session, words| modify::run(session, words, Change::Append)),
    entry("prepend", |session, words| modify::run(session, words, Change::Prepend)),
    entry("test", |session, words| modify::run(session, words, Change::Test)),
    entry("delete", |session, words| modify::run(session, words, Change::Delete)),
    entry("flush", flush::run),
    not_yet("save"),
    not_yet("restore"),
    not_yet("showdump"),
    entry("help", |_, _| Err(usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    // No route makes, renames or deletes a link.
    session.keep_links();
    match words.take() {
        None => show::run(session, words),
        Some(verb) => run_verb(session, "route", VERBS, verb, words),
    }
}

fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}
