//! `ip netns` (ip-netns(8)).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;

use nslab::namespace::Names;
use nslab::types::{check_netns_name, strerror};

use super::fail::{FAILED, Fail, MISUSE, bytes};
use super::session::{Session, enter};
use super::words::Words;
use super::{Entry, entry, not_yet, run_verb};

/// In the order in which `ip` tries them.
static VERBS: &[Entry] = &[
    entry("list", list),
    entry("show", list),
    entry("lst", list),
    not_yet("list-id"),
    not_yet("help"),
    entry("add", add),
    not_yet("set"),
    entry("delete", delete),
    not_yet("identify"),
    not_yet("pids"),
    entry("exec", exec),
    not_yet("monitor"),
    not_yet("attach"),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let Some(verb) = words.take() else {
        return list(session, words);
    };
    // Before the verb is even looked at, as in `ip`.
    if !session.options.all
        && let Some(name) = words.peek()
        && check_netns_name(name).is_err()
    {
        return Err(Fail::new(MISUSE, bytes!["Invalid netns name \"", name, "\""]));
    }
    run_verb(session, "netns", VERBS, verb, words)
}

fn list(session: &mut Session, _words: Words<'_>) -> Result<(), Fail> {
    let names = Names::default();
    let list = names.list().map_err(|error| Fail::own(FAILED, &error))?;
    // `ip` asks for all ids before it lists, and for each again: of a stray file it complains twice.
    for name in &list {
        let _ = id_of(session, &names, name);
    }
    session.print.begin_document();
    for name in &list {
        session.print.begin_object(None);
        session.print.string("name", "{}", name.as_bytes());
        if let Some(id) = id_of(session, &names, name) {
            session.print.number("id", " (id: {})", id);
        }
        session.print.text("\n");
        session.print.end_object();
        session.print.flush_some();
    }
    session.print.end_document();
    Ok(())
}

/// The id of a name's namespace, if it has one. A stray file is listed all the same.
fn id_of(session: &mut Session, names: &Names, name: &OsStr) -> Option<u32> {
    let id = names.open(name).and_then(|namespace| session.netns_id(&namespace));
    id.unwrap_or_else(|error| {
        session.tell(&Fail::kernel(&error));
        None
    })
}

fn name_of<'a>(words: &mut Words<'a>) -> Result<&'a [u8], Fail> {
    words.take().ok_or_else(|| Fail::new(FAILED, "No netns name specified"))
}

fn add(_session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let name = name_of(&mut words)?;
    Names::default().add(OsStr::from_bytes(name)).map_err(|error| Fail::own(FAILED, &error))
}

fn delete(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    if session.options.all {
        return Err(Fail::not_yet(b"ip -all netns delete"));
    }
    let name = name_of(&mut words)?;
    Names::default().delete(OsStr::from_bytes(name)).map_err(|error| Fail::own(FAILED, &error))
}

fn exec(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    if session.options.all {
        return Err(Fail::not_yet(b"ip -all netns exec"));
    }
    let name = name_of(&mut words)?;
    let Some(program) = words.take() else {
        return Err(Fail::new(FAILED, "No command specified"));
    };
    enter(name)?;
    session.print.flush();
    let error = std::process::Command::new(OsStr::from_bytes(program))
        .args(words.all().iter().map(|word| OsStr::from_bytes(word)))
        .exec();
    let why = match error.raw_os_error() {
        Some(errno) => strerror(errno),
        None => error.to_string().into(),
    };
    Err(Fail::new(FAILED, bytes!["exec of \"", program, "\" failed: ", why.as_bytes()]))
}
