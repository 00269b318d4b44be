//! `ip addrlabel list` and `ip addrlabel flush`.

use nslab::ops::addrlabel::{self, Label};
use nslab::wire::{Messages, Request};

use super::family;
use crate::applet::ip::fail::{FAILED, Fail, MISUSE, bytes};
use crate::applet::ip::print::Color;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn list(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    if !words.is_empty() {
        return Err(Fail::new(FAILED, "\"ip addrlabel show\" does not take any arguments."));
    }
    session.print.begin_document();
    let mut seen = Vec::new();
    dump(session, |label| label.message().append_to(&mut seen)).map_err(|fail| {
        session.print.end_document();
        Fail::new(MISUSE, bytes![fail.text, "\nDump terminated"]).staying_in_batch()
    })?;
    for message in Messages::new(&seen).map_while(Result::ok) {
        let label = Label::parse(&message).map_err(|error| Fail::kernel(&error))?;
        print(session, &label);
    }
    session.print.end_document();
    Ok(())
}

pub(super) fn flush(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    if !words.is_empty() {
        return Err(Fail::new(FAILED, "\"ip addrlabel flush\" does not allow extra arguments"));
    }
    let mut requests: Vec<Request> = Vec::new();
    let terminated = |fail: Fail| Fail::new(FAILED, bytes![fail.text, "\nFlush terminated"]);
    dump(session, |label| requests.push(label.delete())).map_err(terminated)?;
    for request in requests {
        session.talk(request).map_err(terminated)?;
    }
    Ok(())
}

fn dump(session: &mut Session, mut take: impl FnMut(&Label<'_>)) -> Result<(), Fail> {
    let family = family(session);
    let dumped = addrlabel::dump(session.connection()?, family, |label| {
        take(label);
        Ok(())
    });
    dumped.map(|_| ()).map_err(|error| Fail::kernel(&error))
}

fn print(session: &mut Session, label: &Label<'_>) {
    session.print.begin_object(None);
    if let Some((address, len)) = label.prefix() {
        let host = session.host(address.into());
        session.print.text("prefix ");
        session.print.colored(Color::Inet6, "address", "{}", host);
        session.print.number("prefixlen", "/{} ", len);
    }
    if label.link() != 0 {
        let name = session.known(label.link()).map(|known| known.name);
        let name = name.unwrap_or_else(|| format!("if{}", label.link()).into_bytes());
        session.print.text("dev ");
        session.print.colored(Color::IfName, "ifname", "{} ", name);
    }
    if let Some(number) = label.label() {
        session.print.number("label", "label {} ", number);
    }
    session.print.text("\n");
    session.print.end_object();
}
