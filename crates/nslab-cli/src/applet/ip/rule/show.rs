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
    let messages = dump(session)?;
    session.print.begin_document();
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
    let messages = dump(session)?;
    let mut requests: Vec<Request> = Vec::new();
    each(&messages, |rule| {
        if rule.attribute(FRA_PRIORITY).is_some() && filter.passes(rule) && filter.is_made_by(rule) {
            requests.push(rule.delete());
        }
    })?;
    for request in requests {
        session.talk(request).map_err(terminated)?;
    }
    session.print.begin_document();
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
    dumped.map_err(|error| terminated(Fail::kernel(&error)))?;
    Ok(seen)
}

fn each(messages: &[u8], mut take: impl FnMut(&rule::Rule<'_>)) -> Result<(), Fail> {
    for message in nslab::wire::Messages::new(messages).map_while(Result::ok) {
        take(&rule::Rule::parse(&message).map_err(|error| Fail::kernel(&error))?);
    }
    Ok(())
}

/// What the kernel answers in the course of a dump.
fn terminated(fail: Fail) -> Fail {
    Fail::new(MISUSE, bytes![fail.text, "\nDump terminated"]).staying_in_batch()
}
