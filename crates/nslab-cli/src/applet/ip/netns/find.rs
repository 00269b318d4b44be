//! Which processes are in a namespace, and which namespace a process is in: `ip netns pids`, `identify`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nslab::namespace::{NETNS_DIR, Names, Namespace};

use super::{because, name_of};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

const CANNOT_OPEN: &str = "Cannot open network namespace: ";

pub(super) fn identify(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let word = words.take();
    no_more(words)?;
    if let Some(word) = word.filter(|word| word.is_empty() || !word.iter().all(u8::is_ascii_digit)) {
        return Err(Fail::new(FAILED, bytes!["Specified string '", word, "' is not a pid"]));
    }
    let pid = word.unwrap_or(b"self");
    let path = Path::new("/proc").join(OsStr::from_bytes(pid)).join("ns/net");
    let namespace = Namespace::open(&path).map_err(|error| because(CANNOT_OPEN, &error))?;
    let names = Names::default();
    let known = names.of(&namespace);
    let known = known.map_err(|error| because(&format!("Failed to open directory {NETNS_DIR}:"), &error))?;
    // Of several names, the last in the directory's order.
    if let Some(name) = known.last() {
        session.print.text(name.as_bytes());
    }
    session.print.text("\n");
    Ok(())
}

pub(super) fn pids(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let name = name_of(&mut words)?;
    no_more(words)?;
    let namespace = Names::default().open(name).map_err(|error| because(CANNOT_OPEN, &error))?;
    for pid in namespace.processes().map_err(|error| Fail::own(FAILED, &error))? {
        session.print.text(format!("{pid}\n"));
    }
    Ok(())
}

fn no_more(words: Words<'_>) -> Result<(), Fail> {
    if words.is_empty() { Ok(()) } else { Err(Fail::new(FAILED, "extra arguments specified")) }
}
