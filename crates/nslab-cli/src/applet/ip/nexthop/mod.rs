//! `ip nexthop` (ip-nexthop(8)).

mod bucket;
mod filter;
mod group;
mod modify;
mod show;

use nslab::ops::nexthop::NexthopConfig;

use super::fail::{Fail, MISUSE};
use super::session::Session;
use super::words::{self, Words};
use super::{Entry, entry, run_verb};

static VERBS: &[Entry] = &[
    entry("add", |session, words| modify::run(session, words, NexthopConfig::add)),
    entry("replace", |session, words| modify::run(session, words, NexthopConfig::replace)),
    entry("delete", |session, words| modify::run(session, words, NexthopConfig::delete)),
    entry("list", show::list),
    entry("show", show::list),
    entry("lst", show::list),
    entry("get", show::get),
    entry("bucket", bucket::run),
    entry("flush", show::flush),
    entry("help", |_, _| Err(usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    // No nexthop makes, renames or deletes a link.
    session.keep_links();
    match words.take() {
        None => show::list(session, words),
        Some(verb) => run_verb(session, "nexthop", VERBS, verb, words),
    }
}

fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}

/// The number of a nexthop.
fn id(word: &[u8]) -> Result<u32, Fail> {
    words::u32(word).ok_or_else(|| Fail::wrong(word, "invalid id value"))
}

/// The index of a link that a word of `ip nexthop` names.
fn device(session: &mut Session, name: &[u8]) -> Result<u32, Fail> {
    session.index(name).map_err(|_| Fail::wrong(name, "Device does not exist\n"))
}
