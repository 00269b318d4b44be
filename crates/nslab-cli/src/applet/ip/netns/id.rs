//! The ids that namespaces know each other by: `ip netns list-id`, `ip netns set`.

use nslab::namespace::Names;
use nslab::ops::nsid::{self, NsId};

use super::{name_of, usage};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, i32_as_u32};

pub(super) fn list(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let (mut target, mut id) = (None, None);
    while let Some(word) = words.take() {
        let (key, place) = match word {
            b"target-nsid" => ("target-nsid", &mut target),
            b"nsid" => ("nsid", &mut id),
            _ => return Err(usage()),
        };
        if place.is_some() {
            return Err(Fail::duplicate(key, key.as_bytes()));
        }
        let word = words.value()?;
        let number = i32_as_u32(word).ok_or_else(|| Fail::wrong(word, &format!("\"{key}\" value is invalid")))?;
        if number.cast_signed() < 0 {
            // `ip` has lost the word by the time that it complains.
            return Err(Fail::wrong(b"(null)", &format!("\"{key}\" value should be >= 0")));
        }
        *place = Some(number);
    }
    session.find_netns_names();
    let found = match id {
        Some(id) => {
            vec![nsid::look_up(session.connection()?, id, target).map_err(|error| Fail::kernel(&error))?]
        }
        None => {
            let mut found = Vec::new();
            let listed = nsid::list(session.connection()?, target, |id| {
                found.push(id);
                Ok(())
            });
            if let Err(error) = listed {
                session.print.begin_document();
                session.print.end_document();
                return Err(Fail::new(FAILED, bytes![Fail::kernel(&error).text, "\nDump terminated"]));
            }
            found
        }
    };
    session.print.begin_document();
    for found in found {
        print(session, found, id.filter(|_| target.is_none()), target.is_some());
    }
    session.print.end_document();
    Ok(())
}

fn print(session: &mut Session, found: NsId, asked: Option<u32>, of_another: bool) {
    // Where one id of this namespace was asked for, the kernel does not repeat it.
    let id = found.id.or(asked);
    session.print.begin_object(None);
    match id {
        Some(id) => session.print.number("nsid", "nsid {} ", id),
        None => session.print.text("nsid unassigned "),
    }
    let here = if of_another { found.current } else { id };
    if of_another {
        match here {
            Some(here) => session.print.number("current-nsid", "current-nsid {} ", here),
            None => session.print.text("current-nsid unassigned "),
        }
    }
    if let Some(name) = here.and_then(|id| name(session, id)) {
        session.print.string("name", "(iproute2 netns name: {})", name);
    }
    session.print.text("\n");
    session.print.end_object();
    session.print.flush_some();
}

/// The name for an id; `ip` looks at all names once more before it says that there is none.
fn name(session: &mut Session, id: u32) -> Option<Vec<u8>> {
    session.netns_name(id).or_else(|| {
        session.find_netns_names();
        session.netns_name(id)
    })
}

pub(super) fn set(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let name = name_of(&mut words)?;
    let word = words.take().ok_or_else(|| Fail::new(FAILED, "No nsid specified"))?;
    let id = if word == b"auto" {
        None
    } else {
        let id = i32_as_u32(word).ok_or_else(|| Fail::wrong(word, "Invalid \"netnsid\" value"))?;
        if id.cast_signed() < 0 {
            return Err(Fail::wrong(word, "\"netnsid\" value should be >= 0"));
        }
        Some(id)
    };
    // `ip` does not say why either.
    let namespace = Names::default().open(name).map_err(|_| Fail::silent(FAILED))?;
    session.talk(nsid::set(&namespace, id))
}
