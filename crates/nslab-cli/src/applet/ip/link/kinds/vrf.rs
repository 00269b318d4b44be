//! `type vrf`: a routing table as a link (ip-link(8), `linux/if_link.h`).

use nslab::wire::consts::kinds::{IFLA_VRF_PORT_TABLE, IFLA_VRF_TABLE};

use super::fields::{Field, Shape, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_OPTION, opt};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::names::Name;
use crate::applet::ip::words::Words;

pub(super) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_OPTION,
    once: false,
    begin: |_| Ok(()),
    finish: |_| Ok(()),
    usage: include_str!("vrf.txt"),
};

static TABLE: &[Opt] = &[opt("table", IFLA_VRF_TABLE, Takes::By(read_table), "invalid table ID\n")];

fn read_table(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let table = reading.session.names.number(Name::Table, word).ok_or_else(|| option.wrong(word))?;
    reading.data.u32(option.attribute, table);
    Ok(())
}

pub(super) static FIELDS: &[Field] = &[field(IFLA_VRF_TABLE, "table", "table {} ", Shape::Number)];

/// Of a link in it.
pub(super) static SLAVE_FIELDS: &[Field] = &[field(IFLA_VRF_PORT_TABLE, "table", "table {} ", Shape::Number)];
