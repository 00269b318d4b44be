//! Names made and taken away: `ip netns add`, `attach`, `delete`.

use nslab::namespace::{NETNS_DIR, Names};

use super::{because, name_of};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, i32_as_u32};

pub(super) fn add(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let name = name_of(&mut words)?;
    session.outside(|| Names::default().add(name)).map_err(|error| Fail::own(FAILED, &error))
}

pub(super) fn attach(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let &[_, pid, ..] = words.all() else {
        return Err(Fail::new(FAILED, "No netns name and PID specified"));
    };
    let name = name_of(&mut words)?;
    let number = i32_as_u32(pid).map(u32::cast_signed).filter(|pid| *pid != 0);
    let number = number.ok_or_else(|| Fail::new(FAILED, bytes!["Invalid PID: ", pid]))?;
    session.outside(|| Names::default().attach(name, number)).map_err(|error| Fail::own(FAILED, &error))
}

pub(super) fn delete(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let names = Names::default();
    if !session.options.all {
        let name = name_of(&mut words)?;
        return session.outside(|| names.delete(name)).map_err(|error| Fail::own(FAILED, &error));
    }
    let failed = session.outside(|| {
        let list = names.list()?;
        // The first that cannot be removed ends it, without being a failure.
        Ok(list.iter().find_map(|name| names.delete(name).err()))
    });
    let failed = failed.map_err(|error| because(&format!("Failed to open directory {NETNS_DIR}: "), &error))?;
    if let Some(error) = failed {
        session.tell(&Fail::own(0, &error));
    }
    Ok(())
}
