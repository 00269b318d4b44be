//! `ip address flush`: what matches is taken away, and looked for again until there is nothing left.

use nslab::ErrorKind;
use nslab::ops::address::{self, Address};
use nslab::wire::Messages;

use super::filter::Filter;
use super::print;
use super::show::{dump, no_such_device};
use crate::applet::ip::fail::{FAILED, Fail, MISUSE};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words};

/// How many rounds there are, unless `-loops` says otherwise.
const ROUNDS: i32 = 10;

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    if words.is_empty() {
        return Err(Fail::new(FAILED, "Flush requires arguments."));
    }
    if session.family == Family::Link {
        return Err(Fail::new(FAILED, "Cannot flush link addresses."));
    }
    let filter = Filter::parse(session, words)?;
    let one = filter.dev.map(|name| session.index(name).map_err(|_| no_such_device(name))).transpose()?;
    let rounds = session.options.loops.unwrap_or(ROUNDS);
    let incomplete = || {
        let text = format!("*** Flush remains incomplete after {rounds} rounds. ***");
        Fail::new(MISUSE, text).staying_in_batch()
    };
    if rounds < 0 {
        return Err(incomplete());
    }
    let mut round = 0;
    loop {
        let deleted = delete_all(session, &filter, one)?;
        if deleted == 0 {
            break;
        }
        round += 1;
        if session.options.statistics > 0 {
            session.print.text(format!("\n*** Round {round}, deleting {deleted} addresses ***\n"));
        }
        // Where secondary addresses become primary ones, those are not meant.
        if filter.is_primary() {
            break;
        }
        if round == rounds {
            return Err(incomplete());
        }
    }
    if session.options.statistics > 0 {
        let text = match round {
            0 => "Nothing to flush.\n".into(),
            1 => "*** Flush is complete after 1 round ***\n".into(),
            _ => format!("*** Flush is complete after {round} rounds ***\n"),
        };
        session.print.text(text);
    }
    Ok(())
}

/// Asks the kernel to delete all that pass, and gives their number.
fn delete_all(session: &mut Session, filter: &Filter<'_>, one: Option<u32>) -> Result<usize, Fail> {
    let messages = dump(session, filter, one)?;
    let mut requests = Vec::new();
    for message in Messages::new(&messages).map_while(Result::ok) {
        let seen = Address::parse(&message).map_err(|error| Fail::kernel(&error))?;
        if one.is_some_and(|index| index != seen.index()) {
            continue;
        }
        let name = if filter.label.is_some() || session.options.statistics > 1 {
            session.known(seen.index()).map(|known| known.name).unwrap_or_default()
        } else {
            Vec::new()
        };
        if !filter.address_passes(&name, &seen) {
            continue;
        }
        if session.options.statistics > 1 {
            print::address(session, &name, &seen, true);
        }
        requests.push(address::delete(&seen));
    }
    let count = requests.len();
    match session.connection()?.batch(requests, |_| String::new()) {
        Ok(()) => Ok(count),
        // A secondary address may have gone with its primary one.
        Err((_, error)) if error.kind() == ErrorKind::NotFound => Ok(count),
        Err((_, error)) => {
            let why = error.errno().map_or_else(|| error.to_string().into(), nslab::types::strerror);
            Err(Fail::new(MISUSE, format!("Failed to send flush request: {why}")).staying_in_batch())
        }
    }
}
