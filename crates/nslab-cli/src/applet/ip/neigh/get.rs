//! `ip neigh get`.

use nslab::ops::neighbour::{self, Neighbour};
use nslab::wire::Messages;

use super::modify::Destination;
use super::print;
use super::usage::usage;
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, matches};

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let mut destination = Destination::new(session.family);
    let mut dev = None;
    while let Some(word) = words.take() {
        if word == b"dev" {
            dev = Some(words.value()?);
        } else if matches(word, "proxy") {
            destination.proxy(words.value()?)?;
        } else {
            let text = if word == b"to" { words.value()? } else { word };
            if word != b"to" && matches(word, "help") {
                return Err(usage());
            }
            destination.take(text)?;
        }
    }
    let Some(mut wanted) = destination.config().filter(|_| dev.is_some() || destination.is_proxy) else {
        return Err(Fail::new(FAILED, "Device and address are required arguments."));
    };
    if let Some(dev) = dev {
        wanted.index = session.index(dev)?;
    }
    let mut bytes = Vec::new();
    neighbour::get(session.connection()?, &wanted, |seen| {
        seen.message().append_to(&mut bytes);
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    session.print.begin_document();
    for message in Messages::new(&bytes).map_while(Result::ok) {
        let seen = Neighbour::parse(&message).map_err(|error| Fail::kernel(&error))?;
        print::neighbour(session, &seen, true);
    }
    session.print.end_document();
    Ok(())
}
