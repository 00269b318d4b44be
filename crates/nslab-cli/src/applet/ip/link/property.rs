//! `ip link property`: other names of a link.

use nslab::ops::link::Select;

use super::keywords::duplicate_or_garbage_dev;
use super::usage;
use crate::applet::ip::fail::{Fail, MISUSE};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, matches};

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let Some(verb) = words.take() else { return Err(usage::usage()) };
    let add = match verb {
        _ if matches(verb, "add") => true,
        _ if matches(verb, "del") => false,
        _ if matches(verb, "help") => return Err(usage::usage()),
        _ => return Err(Fail::new(MISUSE, "Operator required")),
    };
    let (mut dev, mut names) = (None, Vec::new());
    while let Some(word) = words.take() {
        if matches(word, "altname") {
            let name = words.value()?;
            if !is_name(name) {
                return Err(Fail::wrong(name, "not a valid altname"));
            }
            names.push(name);
        } else if matches(word, "help") {
            return Err(usage::usage());
        } else {
            duplicate_or_garbage_dev(&mut dev, word, &mut words)?;
        }
    }
    let Some(dev) = dev else {
        return Err(Fail::new(MISUSE, "Not enough of information: \"dev\" argument is required."));
    };
    let link = Select::Index(session.index(dev)?);
    session.talk(if add { link.add_altnames(names) } else { link.delete_altnames(names) })
}

fn is_name(word: &[u8]) -> bool {
    !word.is_empty() && !word.iter().any(|byte| *byte == b'/' || byte.is_ascii_whitespace() || *byte == 0x0b)
}
