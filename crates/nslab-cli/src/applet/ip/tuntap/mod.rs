//! `ip tuntap` (ip-tuntap(8)).

mod modify;
mod show;

use super::fail::{Fail, MISUSE};
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, run_verb};

static VERBS: &[Entry] = &[
    entry("add", modify::add),
    entry("delete", modify::delete),
    entry("show", show::run),
    entry("list", show::run),
    entry("lst", show::run),
    entry("help", |_, _| Err(usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    match words.take() {
        None => show::run(session, words),
        Some(verb) => run_verb(session, "tuntap", VERBS, verb, words),
    }
}

fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}
