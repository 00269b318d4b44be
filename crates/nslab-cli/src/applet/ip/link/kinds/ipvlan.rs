//! `type ipvlan` and `type ipvtap`: links with addresses of their own, and another's hardware address
//! (ip-link(8), `linux/if_link.h`).

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::{IFLA_IPVLAN_FLAGS, IFLA_IPVLAN_MODE};

use super::fields::{Field, Shape, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_OPTION, opt};
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) static OPTIONS: Options<Ipvlan> = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_OPTION,
    once: false,
    begin: |_| Ok(()),
    finish,
    usage: include_str!("ipvlan.txt"),
};

/// What is sent behind the rest.
#[derive(Debug, Default)]
pub(super) struct Ipvlan {
    mode_given: bool,
    flags: Option<u16>,
}

/// `IPVLAN_MODE_…`, by number.
const MODES: [&str; 3] = ["l2", "l3", "l3s"];
/// `IPVLAN_F_…`.
const PRIVATE: u16 = 1;
const VEPA: u16 = 2;

static TABLE: &[Opt<Ipvlan>] = {
    use Takes::By;
    &[
        opt("mode", IFLA_IPVLAN_MODE, By(read_mode), ""),
        opt("private", PRIVATE, By(read_flag), ""),
        opt("vepa", VEPA, By(read_flag), ""),
        opt("bridge", 0, By(read_flag), ""),
    ]
};

fn read_mode(reading: &mut Reading<'_, Ipvlan>, option: &Opt<Ipvlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let mode = MODES.iter().zip(0..).find(|(name, _)| name.as_bytes() == word);
    let wrong = || Fail::new(FAILED, "Error: argument of \"mode\" must be either \"l2\", \"l3\" or \"l3s\"");
    reading.data.u16(option.attribute, mode.ok_or_else(wrong)?.1);
    reading.state.mode_given = true;
    Ok(())
}

/// Two of them do not go together.
fn read_flag(reading: &mut Reading<'_, Ipvlan>, option: &Opt<Ipvlan>, _: &mut Words<'_>) -> Result<(), Fail> {
    if reading.state.flags.is_some() {
        return Err(OPTIONS.unknown(reading.kind, reading.typed));
    }
    reading.state.flags = Some(option.attribute);
    Ok(())
}

fn finish(reading: &mut Reading<'_, Ipvlan>) -> Result<(), Fail> {
    if reading.state.mode_given || reading.state.flags.is_some() {
        reading.data.u16(IFLA_IPVLAN_FLAGS, reading.state.flags.unwrap_or(0));
    }
    Ok(())
}

pub(super) static FIELDS: &[Field] = &[
    field(IFLA_IPVLAN_MODE, "mode", " mode {} ", Shape::By(show_mode)),
    field(IFLA_IPVLAN_FLAGS, "", "", Shape::By(show_flags)),
];

fn show_mode(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let mode = attribute.u16().and_then(|mode| MODES.get(usize::from(mode)));
    session.print.string(field.key, field.format, mode.copied().unwrap_or("unknown"));
}

fn show_flags(session: &mut Session, _: &Field, attribute: Attribute<'_>) {
    let flags = attribute.u16().unwrap_or(0);
    let (key, text) = match flags {
        _ if flags & PRIVATE != 0 => ("private", "private "),
        _ if flags & VEPA != 0 => ("vepa", "vepa "),
        _ => ("bridge", "bridge "),
    };
    session.print.boolean(key, text, true);
}
