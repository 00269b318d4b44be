//! `ip nexthop bucket`.

use nslab::ops::nexthop::{self, Bucket};
use nslab::wire::Messages;

use super::{filter, id, show, usage};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::print::general;
use crate::applet::ip::route::print::flags;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, u32};
use crate::applet::ip::{Entry, entry, run_verb};

static VERBS: &[Entry] = &[
    entry("list", list),
    entry("show", list),
    entry("lst", list),
    entry("get", get),
    entry("help", |_, _| Err(usage())),
];

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    match words.take() {
        None => list(session, words),
        Some(verb) => run_verb(session, "nexthop", VERBS, verb, words),
    }
}

fn list(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = filter::buckets(session, words)?;
    let mut connection = session.take_connection()?;
    session.print.begin_document();
    let dumped = nexthop::dump_buckets(&mut connection, filter, |bucket| {
        print(session, bucket);
        session.print.flush_some();
        Ok(())
    });
    session.print.end_document();
    session.return_connection(connection);
    show::ended(session, dumped)
}

fn get(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let (mut group, mut index) = (0, None);
    while let Some(word) = words.take() {
        match word {
            b"id" => group = id(words.value()?)?,
            b"index" => {
                let value = words.value()?;
                let number = u32(value).and_then(|number| u16::try_from(number).ok());
                index = Some(number.ok_or_else(|| Fail::wrong(value, "invalid bucket index value"))?);
            }
            _ => return Err(usage()),
        }
    }
    let Some(index) = index.filter(|_| group != 0) else { return Err(usage()) };
    let mut bytes = Vec::new();
    nexthop::get_bucket(session.connection()?, group, index, |bucket| {
        bucket.message().append_to(&mut bytes);
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    session.print.begin_document();
    for message in Messages::new(&bytes).map_while(Result::ok) {
        print(session, &Bucket::parse(&message).map_err(|error| Fail::kernel(&error))?);
    }
    session.print.end_document();
    Ok(())
}

fn print(session: &mut Session, bucket: &Bucket<'_>) {
    let print = &mut session.print;
    print.begin_object(None);
    if let Some(id) = bucket.group() {
        print.number("id", "id {} ", id);
    }
    print.begin_object("bucket");
    if let Some(index) = bucket.index() {
        print.number("index", "index {} ", index);
    }
    if let Some(time) = bucket.idle_time() {
        let seconds = general(time);
        print.decimal("idle_time", "idle_time {} ", &seconds, &seconds);
    }
    if let Some(id) = bucket.nexthop() {
        print.number("nhid", "nhid {} ", id);
    }
    print.end_object();
    flags(print, bucket.flags());
    print.text("\n");
    print.end_object();
}
