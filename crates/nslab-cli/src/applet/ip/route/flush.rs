//! `ip route flush`.

use nslab::ops::route;
use nslab::types::strerror;

use super::filter::Filter;
use super::print::Lines;
use crate::applet::ip::fail::{FAILED, Fail, REFUSED, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Family, Words};

/// Writing to it empties what IPv4 remembers of routes.
const CACHE: &str = "/proc/sys/net/ipv4/route/flush";

pub(super) fn run(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    if words.is_empty() {
        return Err(Fail::new(FAILED, "\"ip route flush\" requires arguments."));
    }
    let filter = Filter::parse(session, words)?;
    let loud = session.options.statistics > 0;
    if filter.cloned && session.family != Family::Inet6 {
        flush_cache()?;
        if loud {
            session.print.text("*** IPv4 routing cache is flushed.\n");
        }
        if session.family != Family::Link {
            return Ok(());
        }
    }
    let mut lines = Lines::new(filter.hidden());
    for round in 0_u64.. {
        let deleted = one_round(session, &filter, &mut lines)?;
        if deleted == 0 {
            if loud && round == 0 && (!filter.cloned || session.family == Family::Inet6) {
                session.print.text("Nothing to flush.\n");
            } else if loud {
                let rounds = if round > 1 { "rounds" } else { "round" };
                session.print.text(format!("*** Flush is complete after {round} {rounds} ***\n"));
            }
            break;
        }
        if loud {
            session.print.text(format!("\n*** Round {}, deleting {deleted} entries ***\n", round + 1));
            session.print.flush();
        }
    }
    Ok(())
}

/// Deletes what is there now and passes; gives how many.
fn one_round(session: &mut Session, filter: &Filter, lines: &mut Lines) -> Result<usize, Fail> {
    let mut requests = Vec::new();
    let mut connection = session.take_connection()?;
    let asked = filter.dump(session);
    let dumped = route::dump(&mut connection, asked, |route| {
        if filter.passes(route) {
            if session.options.statistics > 1 {
                lines.print(session, route);
                session.print.flush_some();
            }
            requests.push(route.delete());
        }
        Ok(())
    });
    let count = requests.len();
    let result = match dumped {
        Ok(_) => connection.batch(requests, |_| "deleting a route".into()).map_err(|(_, error)| {
            let why = error.errno().map_or_else(|| error.to_string(), |errno| strerror(errno).into_owned());
            Fail::new(REFUSED, bytes!["Failed to send flush request: ", why])
        }),
        Err(error) => {
            let fail = Fail::kernel(&error);
            Err(Fail::new(fail.status, bytes![fail.text, "\nFlush terminated"]))
        }
    };
    session.return_connection(connection);
    result.map(|()| count)
}

fn flush_cache() -> Result<(), Fail> {
    let why = |error: std::io::Error| strerror(error.raw_os_error().unwrap_or(0)).into_owned();
    let opened = std::fs::OpenOptions::new().write(true).open(CACHE);
    let mut file = opened.map_err(|error| Fail::new(FAILED, bytes!["Cannot open \"", CACHE, "\": ", why(error)]))?;
    std::io::Write::write_all(&mut file, b"-1")
        .map_err(|error| Fail::new(FAILED, bytes!["Cannot flush routing cache: ", why(error)]))
}
