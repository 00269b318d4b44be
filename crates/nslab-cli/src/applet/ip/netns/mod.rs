//! `ip netns` (ip-netns(8)).

mod change;
mod exec;
mod find;
mod id;
mod list;
mod monitor;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use nslab::types::{check_netns_name, strerror};

use super::fail::{FAILED, Fail, MISUSE, bytes};
use super::session::Session;
use super::words::Words;
use super::{Entry, entry, run_verb};

/// In the order in which `ip` tries them.
static VERBS: &[Entry] = &[
    entry("list", list::run),
    entry("show", list::run),
    entry("lst", list::run),
    entry("list-id", id::list),
    entry("help", |_, _| Err(usage())),
    entry("add", change::add),
    entry("set", id::set),
    entry("delete", change::delete),
    entry("identify", find::identify),
    entry("pids", find::pids),
    entry("exec", exec::run),
    entry("monitor", monitor::run),
    entry("attach", change::attach),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let Some(verb) = words.take() else {
        return list::run(session, words);
    };
    // Before the verb is even looked at, as in `ip`.
    if !session.options.all
        && let Some(name) = words.peek()
        && check_netns_name(name).is_err()
    {
        return Err(Fail::new(MISUSE, invalid(name)));
    }
    run_verb(session, "netns", VERBS, verb, words)
}

fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}

/// The name that a verb is about.
fn name_of<'a>(words: &mut Words<'a>) -> Result<&'a OsStr, Fail> {
    let name = words.take().ok_or_else(|| Fail::new(FAILED, "No netns name specified"))?;
    // With -all it has not been looked at yet.
    check_netns_name(name).map_err(|_| Fail::new(FAILED, invalid(name)))?;
    Ok(OsStr::from_bytes(name))
}

fn invalid(name: &[u8]) -> Vec<u8> {
    bytes!["Invalid netns name \"", name, "\""]
}

/// Words that say what was tried, and the error number's.
fn because(what: &str, error: &nslab::Error) -> Fail {
    Fail::new(FAILED, bytes![what, strerror(error.errno().unwrap_or(0)).as_bytes()])
}
