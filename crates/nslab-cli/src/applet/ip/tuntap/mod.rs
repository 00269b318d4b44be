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
    let text = "Usage: ip tuntap { add | del } [ dev PHYS_DEV | name NAME ] mode { tun | tap }\n          \
                [ user USER ] [ group GROUP ] [ one_queue ] [ pi ] [ vnet_hdr ] [ multi_queue ]\n       \
                ip tuntap { show | list | lst | help }\n\nWhere: USER  := { STRING | NUMBER }\n       \
                GROUP := { STRING | NUMBER }";
    Fail::new(MISUSE, text)
}
