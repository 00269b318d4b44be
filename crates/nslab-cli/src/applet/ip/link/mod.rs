//! `ip link` (ip-link(8)).

mod keywords;
mod kinds;
mod modify;
pub(super) mod print;
mod property;
mod show;
mod usage;
mod values;

pub(super) use values::one_of_on_off;

use super::fail::Fail;
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, not_yet, run_verb};

/// In the order in which `ip` tries them: `ip link s` is set.
static VERBS: &[Entry] = &[
    entry("add", modify::add),
    entry("set", modify::set),
    entry("change", modify::set),
    entry("replace", modify::replace),
    entry("delete", modify::delete),
    entry("show", show::run),
    entry("list", show::run),
    entry("lst", show::run),
    not_yet("xstats"),
    not_yet("afstats"),
    entry("property", property::run),
    entry("help", usage::help),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    match words.take() {
        None => show::run(session, words),
        Some(verb) => run_verb(session, "link", VERBS, verb, words),
    }
}
