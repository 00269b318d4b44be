//! `ip neigh flush`: what matches is taken away, and looked for again until there is nothing left.

use nslab::ErrorKind;
use nslab::ops::neighbour::{self, Neighbour};
use nslab::wire::Messages;

use super::filter::Filter;
use super::print;
use crate::applet::ip::fail::{FAILED, Fail, MISUSE};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

/// How many rounds there are.
const ROUNDS: u32 = 10;

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    if words.is_empty() {
        return Err(Fail::new(FAILED, "Flush requires arguments."));
    }
    let filter = Filter::parse(session, words, true)?;
    let telling = session.options.statistics > 0;
    for round in 1..=ROUNDS {
        let deleted = delete_all(session, &filter)?;
        if deleted == 0 {
            if telling {
                session.print.text(match round {
                    1 => "Nothing to flush.\n".into(),
                    2 => "*** Flush is complete after 1 round ***\n".into(),
                    _ => format!("*** Flush is complete after {} rounds ***\n", round - 1),
                });
            }
            return Ok(());
        }
        if telling {
            session.print.text(format!("\n*** Round {round}, deleting {deleted} entries ***\n"));
        }
    }
    session.print.text(format!("*** Flush not complete bailing out after {ROUNDS} rounds\n"));
    Err(Fail::silent(MISUSE).staying_in_batch())
}

/// Asks the kernel to delete all that pass, and gives their number.
fn delete_all(session: &mut Session, filter: &Filter<'_>) -> Result<usize, Fail> {
    let mut bytes = Vec::new();
    neighbour::dump(session.connection()?, filter.of_kernel(), |seen| {
        if filter.passes(seen) {
            seen.message().append_to(&mut bytes);
        }
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    let mut requests = Vec::new();
    for message in Messages::new(&bytes).map_while(Result::ok) {
        let seen = Neighbour::parse(&message).map_err(|error| Fail::kernel(&error))?;
        if session.options.statistics > 1 {
            print::neighbour(session, &seen, filter.dev.is_none());
        }
        requests.push(neighbour::delete(&seen));
    }
    let count = requests.len();
    match session.connection()?.batch(requests, |_| String::new()) {
        Ok(()) => Ok(count),
        // Somebody else was quicker.
        Err((_, error)) if error.kind() == ErrorKind::NotFound => Ok(count),
        Err((_, error)) => {
            let why = error.errno().map_or_else(|| error.to_string().into(), nslab::types::strerror);
            Err(Fail::new(FAILED, format!("Failed to send flush request: {why}")))
        }
    }
}
