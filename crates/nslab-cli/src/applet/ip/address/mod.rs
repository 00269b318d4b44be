//! `ip address` (ip-address(8)).

mod add;
mod print;
mod show;

use super::fail::Fail;
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, not_yet, run_verb};

/// In the order in which `ip` tries them.
static VERBS: &[Entry] = &[
    entry("add", add::run),
    not_yet("change"),
    not_yet("chg"),
    not_yet("replace"),
    not_yet("delete"),
    entry("show", show::run),
    entry("lst", show::run),
    entry("list", show::run),
    not_yet("flush"),
    not_yet("save"),
    not_yet("showdump"),
    not_yet("restore"),
    not_yet("help"),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    match words.take() {
        None => show::run(session, words),
        Some(verb) => run_verb(session, "address", VERBS, verb, words),
    }
}
