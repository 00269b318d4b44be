//! iproute2's `ip`: the same words, output, messages and exit status (ip(8)).
//!
//! Objects and verbs are tables, tried in order; a word stands for the first entry that it begins.
//! What `ip` has and this does not have yet is in the tables too, and says so: a word never means
//! something else here.

mod accounts;
mod address;
mod addrlabel;
mod batch;
mod fail;
mod known;
mod link;
mod names;
mod neigh;
mod netns;
mod nexthop;
mod options;
mod print;
mod route;
mod rule;
mod session;
mod tuntap;
mod words;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use fail::{Fail, MISUSE, bytes};
use options::Options;
use session::Session;
use words::Words;

type Run = fn(&mut Session, Words<'_>) -> Result<(), Fail>;

/// An object or a verb: the word that it begins with, and what does it.
struct Entry {
    word: &'static str,
    run: Option<Run>,
}

const fn entry(word: &'static str, run: Run) -> Entry {
    Entry { word, run: Some(run) }
}

/// Something that `ip` has and this does not have yet.
const fn not_yet(word: &'static str) -> Entry {
    Entry { word, run: None }
}

/// In the order in which `ip` tries them: `ip a` is address, `ip n` is neighbor, `ip l` is link.
static OBJECTS: &[Entry] = &[
    entry("address", address::run),
    entry("addrlabel", addrlabel::run),
    not_yet("maddress"),
    entry("route", route::run),
    entry("rule", rule::run),
    entry("neighbor", neigh::run),
    entry("neighbour", neigh::run),
    not_yet("ntable"),
    not_yet("ntbl"),
    entry("link", link::run),
    not_yet("l2tp"),
    not_yet("fou"),
    not_yet("ila"),
    not_yet("macsec"),
    not_yet("tunnel"),
    not_yet("tunl"),
    entry("tuntap", tuntap::run),
    entry("tap", tuntap::run),
    not_yet("token"),
    not_yet("tcpmetrics"),
    not_yet("tcp_metrics"),
    not_yet("monitor"),
    not_yet("xfrm"),
    not_yet("mroute"),
    not_yet("mrule"),
    entry("netns", netns::run),
    not_yet("netconf"),
    not_yet("vrf"),
    not_yet("sr"),
    entry("nexthop", nexthop::run),
    not_yet("mptcp"),
    not_yet("ioam"),
    entry("help", |_, _| Err(usage())),
    not_yet("stats"),
];

/// The first entry that `word` begins.
fn find<'t>(table: &'t [Entry], word: &[u8]) -> Option<&'t Entry> {
    table.iter().find(|entry| words::matches(word, entry.word))
}

/// Runs the verb that `word` begins, of an object.
fn run_verb(session: &mut Session, object: &str, table: &[Entry], word: &[u8], rest: Words<'_>) -> Result<(), Fail> {
    match find(table, word) {
        Some(Entry { run: Some(run), .. }) => run(session, rest),
        Some(Entry { word, run: None }) => Err(Fail::not_yet(&bytes!["ip ", object, " ", word])),
        None => Err(Fail::new(MISUSE, bytes!["Command \"", word, "\" is unknown, try \"ip ", object, " help\"."])),
    }
}

pub(crate) fn main(words: &[OsString]) -> ExitCode {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let mut session = Session::default();
    let result = run(&mut session, &words);
    session.end(result)
}

fn run(session: &mut Session, words: &[&[u8]]) -> Result<(), Fail> {
    let (options, rest) = Options::parse(words, |name| session.enter(name))?;
    session.set_options(options)?;
    match session.options.batch.take() {
        Some(file) => batch::run(session, &file),
        None if rest.is_empty() => Err(usage()),
        None => session.command(rest),
    }
}

/// Runs one command: an object, and what is to be done with it.
fn run_object(session: &mut Session, words: &[&[u8]]) -> Result<(), Fail> {
    let mut rest = Words::new(words);
    let object = rest.take().unwrap_or_default();
    match find(OBJECTS, object) {
        Some(Entry { run: Some(run), .. }) => run(session, rest),
        Some(Entry { word, run: None }) => Err(Fail::not_yet(&bytes!["ip ", word])),
        None => Err(Fail::new(1, bytes!["Object \"", object, "\" is unknown, try \"ip help\"."])),
    }
}

fn usage() -> Fail {
    let has = |entry: &&Entry| entry.run.is_some();
    let mut objects: Vec<&str> = OBJECTS.iter().filter(has).map(|entry| entry.word).collect();
    objects.sort_unstable();
    let mut list = String::new();
    for chunk in objects.chunks(8) {
        let separator = if list.is_empty() { "" } else { " |\n            " };
        list.push_str(separator);
        list.push_str(&chunk.join(" | "));
    }
    Fail::new(MISUSE, include_str!("usage.txt").trim_end().replace("OBJECTS", &list))
}
