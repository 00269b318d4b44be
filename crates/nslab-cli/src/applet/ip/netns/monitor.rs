//! `ip netns monitor`: names as they come and go, each told at once.

use std::os::unix::ffi::OsStrExt;

use nslab::namespace::{NameChange, Names};

use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn run(session: &mut Session, _words: Words<'_>) -> Result<(), Fail> {
    let watch = Names::default().watch().map_err(|error| Fail::own(FAILED, &error))?;
    while !session.print.is_closed() {
        let heard = watch.wait(|change| {
            let (word, name) = match &change {
                NameChange::Added(name) => ("add ", name),
                NameChange::Deleted(name) => ("delete ", name),
            };
            session.print.text(bytes![word, name.as_bytes(), "\n"]);
            // Who reads this waits for it.
            session.print.flush();
        });
        heard.map_err(|error| Fail::own(FAILED, &error))?;
    }
    Ok(())
}
