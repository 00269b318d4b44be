//! `ip rule show` and `ip rule flush`.

use nslab::ops::rule;
use nslab::wire::Request;
use nslab::wire::consts::FRA_PRIORITY;

use super::filter::Filter;
use super::{family, print};
use crate::applet::ip::fail::{Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn list(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::parse(session, words)?;
    session.print.begin_document();
    let messages = dump(session)?;
    each(&messages, |rule| {
        if filter.passes(rule) {
            print::rule(session, rule);
            session.print.flush_some();
        }
    })?;
    session.print.end_document();
    Ok(())
}

/// Deletes all rules that pass, but never those of priority 0.
pub(super) fn flush(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let filter = Filter::parse(session, words)?;
    session.print.begin_document();
    let messages = dump(session)?;
    let mut requests: Vec<Request> = Vec::new();
    each(&messages, |rule| {
        if rule.attribute(FRA_PRIORITY).is_some() && filter.passes(rule) && filter.is_made_by(rule) {
            requests.push(rule.delete());
        }
    })?;
    for request in requests {
        if let Err(fail) = session.talk(request) {
            return Err(terminated(session, fail));
        }
    }
    session.print.end_document();
    Ok(())
}

fn dump(session: &mut Session) -> Result<Vec<u8>, Fail> {
    let family = family(session);
    let mut seen = Vec::new();
    let dumped = rule::dump(session.connection()?, family, |rule| {
        rule.message().append_to(&mut seen);
        Ok(())
    });
    match dumped {
        Ok(_) => Ok(seen),
        Err(error) => Err(terminated(session, Fail::kernel(&error))),
    }
}

fn each(messages: &[u8], mut take: impl FnMut(&rule::Rule<'_>)) -> Result<(), Fail> {
    for message in nslab::wire::Messages::new(messages).map_while(Result::ok) {
        take(&rule::Rule::parse(&message).map_err(|error| Fail::kernel(&error))?);
    }
    Ok(())
}

/// What the kernel answers in the course of a dump. The document that it was for is ended all the same.
fn terminated(session: &mut Session, fail: Fail) -> Fail {
    session.print.end_document();
    Fail::new(MISUSE, bytes![fail.text, "\nDump terminated"]).staying_in_batch()
}
