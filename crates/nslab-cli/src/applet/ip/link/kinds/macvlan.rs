//! `type macvlan` and `type macvtap`: links with hardware addresses of their own on another
//! (ip-link(8), `linux/if_link.h`).

use nslab::wire::consts::kinds::{
    IFLA_MACVLAN_BC_CUTOFF, IFLA_MACVLAN_BC_QUEUE_LEN, IFLA_MACVLAN_BC_QUEUE_LEN_USED, IFLA_MACVLAN_FLAGS,
    IFLA_MACVLAN_MACADDR, IFLA_MACVLAN_MACADDR_COUNT, IFLA_MACVLAN_MACADDR_DATA, IFLA_MACVLAN_MACADDR_MODE,
    IFLA_MACVLAN_MODE, MACVLAN_FLAG_NODST, MACVLAN_FLAG_NOPROMISC, MACVLAN_MACADDR_ADD, MACVLAN_MACADDR_DEL,
    MACVLAN_MACADDR_FLUSH, MACVLAN_MACADDR_SET, MACVLAN_MODE_PASSTHRU,
};
use nslab::wire::{Attribute, Request};

use super::fields::{Details, Field, Shape, all, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_OPTION, opt, whole};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::link::keywords::hardware_address;
use crate::applet::ip::link::print::hex;
use crate::applet::ip::session::{Session, warn};
use crate::applet::ip::words::{self, Words};

pub(super) static OPTIONS: Options<Macvlan> = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_OPTION,
    once: false,
    begin: |_| Ok(()),
    finish,
    usage: include_str!("macvlan.txt"),
};

/// What is sent behind the rest.
#[derive(Debug, Default)]
pub(super) struct Macvlan {
    mode: Option<u32>,
    flags: Option<u16>,
}

static TABLE: &[Opt<Macvlan>] = {
    use Takes::By;
    &[
        opt("mode", IFLA_MACVLAN_MODE, By(read_mode), ""),
        opt("flag", IFLA_MACVLAN_FLAGS, By(read_flag), ""),
        opt("macaddr", IFLA_MACVLAN_MACADDR_MODE, By(read_addresses), ""),
        opt("bcqueuelen", IFLA_MACVLAN_BC_QUEUE_LEN, By(read_queue_len), ""),
        whole("bclim", IFLA_MACVLAN_BC_CUTOFF, By(read_limit), ""),
    ]
};

/// `MACVLAN_MODE_…`
const MODES: [(u32, &str); 5] =
    [(1, "private"), (2, "vepa"), (4, "bridge"), (MACVLAN_MODE_PASSTHRU, "passthru"), (16, "source")];

type Read<'s> = Reading<'s, Macvlan>;

fn read_mode(reading: &mut Read<'_>, option: &Opt<Macvlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let found = MODES.iter().find(|(_, name)| name.as_bytes() == word);
    let those = "\"private\", \"vepa\", \"bridge\", \"passthru\" or \"source\"";
    reading.state.mode = Some(found.ok_or_else(|| option.must_be(those, word))?.0);
    Ok(())
}

fn read_flag(reading: &mut Read<'_>, option: &Opt<Macvlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let flag = match word {
        b"nopromisc" => MACVLAN_FLAG_NOPROMISC,
        b"nodst" => MACVLAN_FLAG_NODST,
        b"null" => 0,
        _ => return Err(option.must_be("\"nopromisc\", \"nodst\" or \"null\"", word)),
    };
    reading.state.flags = Some(reading.state.flags.unwrap_or(0) | flag);
    Ok(())
}

/// `macaddr add|del ADDRESS`, `macaddr set ADDRESS…`, `macaddr flush`.
fn read_addresses(reading: &mut Read<'_>, option: &Opt<Macvlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let mode = match words.value()? {
        b"add" => MACVLAN_MACADDR_ADD,
        b"del" => MACVLAN_MACADDR_DEL,
        b"set" => MACVLAN_MACADDR_SET,
        b"flush" => MACVLAN_MACADDR_FLUSH,
        _ => return Err(Fail::new(FAILED, OPTIONS.usage(reading.kind).trim_end())),
    };
    reading.data.u32(option.attribute, mode);
    if mode == MACVLAN_MACADDR_ADD || mode == MACVLAN_MACADDR_DEL {
        let address = hardware_address(words.value()?)?;
        if address.len() != 6 {
            return Err(Fail::silent(FAILED));
        }
        reading.data.attribute(IFLA_MACVLAN_MACADDR, &address);
    } else if mode == MACVLAN_MACADDR_SET {
        let mut list = Request::attributes_alone();
        while let Some(word) = words.peek() {
            match hardware_address(word) {
                Ok(address) if address.len() == 6 => list.attribute(IFLA_MACVLAN_MACADDR, &address),
                // What is no address may be the next option; one with colons is none, and named by its
                // beginning.
                other => {
                    if let Err(fail) = other {
                        warn(fail.text);
                    }
                    match word.iter().position(|byte| *byte == b':') {
                        Some(at) => return Err(OPTIONS.unknown(reading.kind, word.get(..at).unwrap_or(word))),
                        None => break,
                    }
                }
            };
            words.take();
        }
        reading.data.attribute(IFLA_MACVLAN_MACADDR_DATA, &list.into_attributes());
    }
    Ok(())
}

fn read_queue_len(reading: &mut Read<'_>, option: &Opt<Macvlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let len = words::u32(word).ok_or_else(|| option.must_be("a positive integer [0-4294967295]", word))?;
    reading.data.u32(option.attribute, len);
    Ok(())
}

fn read_limit(reading: &mut Read<'_>, option: &Opt<Macvlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let wrong = || Fail::new(FAILED, bytes!["Error: illegal value for \"bclim\": \"", word, "\""]);
    reading.data.u32(option.attribute, words::i32_as_u32(word).ok_or_else(wrong)?);
    Ok(())
}

fn finish(reading: &mut Read<'_>) -> Result<(), Fail> {
    let Macvlan { mode, flags } = reading.state;
    if let Some(mode) = mode {
        reading.data.u32(IFLA_MACVLAN_MODE, mode);
    }
    let Some(flags) = flags else { return Ok(()) };
    if flags & MACVLAN_FLAG_NOPROMISC != 0 && mode != Some(MACVLAN_MODE_PASSTHRU) {
        let why = bytes![
            reading.kind,
            ": nopromisc flag only valid in passthru mode\n",
            OPTIONS.usage(reading.kind).trim_end()
        ];
        return Err(Fail::new(FAILED, why));
    }
    reading.data.u16(IFLA_MACVLAN_FLAGS, flags);
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{By, Number};
    &[
        field(IFLA_MACVLAN_MODE, "mode", "mode {} ", By(show_mode)),
        field(IFLA_MACVLAN_FLAGS, "", "", By(show_flags)),
        field(IFLA_MACVLAN_BC_QUEUE_LEN, "bcqueuelen", "bcqueuelen {} ", Number),
        field(IFLA_MACVLAN_BC_QUEUE_LEN_USED, "usedbcqueuelen", "usedbcqueuelen {} ", Number),
        field(IFLA_MACVLAN_BC_CUTOFF, "bclim", "bclim {} ", By(show_limit)),
        all(show_addresses),
    ]
};

fn show_mode(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(mode) = attribute.u32() else { return };
    let name = MODES.iter().find(|(number, _)| *number == mode).map_or("unknown", |(_, name)| name);
    session.print.string(field.key, field.format, name);
}

fn show_flags(session: &mut Session, _: &Field, attribute: Attribute<'_>) {
    let flags = attribute.u16().unwrap_or(0);
    if flags & MACVLAN_FLAG_NOPROMISC != 0 {
        session.print.boolean("nopromisc", "nopromisc ", true);
    }
    if flags & MACVLAN_FLAG_NODST != 0 {
        session.print.boolean("nodst", "nodst ", true);
    }
}

fn show_limit(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(limit) = attribute.i32() {
        session.print.number(field.key, field.format, limit);
    }
}

/// The addresses that mode `source` lets in.
fn show_addresses(session: &mut Session, details: &Details<'_>) {
    let Some(count) = details.get(IFLA_MACVLAN_MACADDR_COUNT).and_then(|a| a.u32()) else { return };
    let source = details.get(IFLA_MACVLAN_MODE).and_then(|a| a.u32()) == Some(16);
    if !source {
        return;
    }
    let print = &mut session.print;
    print.number("macaddr_count", "remotes ({}) ", count.cast_signed());
    let Some(list) = details.get(IFLA_MACVLAN_MACADDR_DATA) else { return };
    print.begin_array("macaddr_data");
    for address in list.nested().map_while(Result::ok).filter(|a| a.kind == IFLA_MACVLAN_MACADDR) {
        print.string(None, "{} ", hex(address.payload));
    }
    print.end_array();
}
