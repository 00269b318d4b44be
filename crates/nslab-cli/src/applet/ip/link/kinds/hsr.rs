//! `type hsr`: two links, and every frame on both (ip-link(8), IEC 62439-3).

use nslab::wire::consts::kinds::{
    IFLA_HSR_INTERLINK, IFLA_HSR_MULTICAST_SPEC, IFLA_HSR_PROTOCOL, IFLA_HSR_SEQ_NR, IFLA_HSR_SLAVE1, IFLA_HSR_SLAVE2,
    IFLA_HSR_SUPERVISION_ADDR, IFLA_HSR_VERSION,
};

use super::fields::{Field, Shape, field};
use super::reading::{Opt, Options, Reading, Takes, opt, whole};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::words::Words;

pub(super) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: "what is \"{}\"?",
    once: false,
    begin: |_| Ok(()),
    finish: |_| Ok(()),
    usage: include_str!("hsr.txt"),
};

static TABLE: &[Opt] = {
    use Takes::{By, U8};
    const NO_LINK: &str = "No such interface";
    &[
        opt("supervision", IFLA_HSR_MULTICAST_SPEC, U8, "ADDR-BYTE is invalid"),
        opt("version", IFLA_HSR_VERSION, U8, "version is invalid"),
        opt("slave1", IFLA_HSR_SLAVE1, By(read_link), NO_LINK),
        opt("slave2", IFLA_HSR_SLAVE2, By(read_link), NO_LINK),
        whole("interlink", IFLA_HSR_INTERLINK, By(read_link), NO_LINK),
        opt("proto", IFLA_HSR_PROTOCOL, U8, "protocol is invalid"),
    ]
};

fn read_link(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let index = reading.session.index(word).map_err(|_| option.wrong(word))?;
    reading.data.u32(option.attribute, index);
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{Address, Link, Number};
    &[
        field(IFLA_HSR_SLAVE1, "slave1", "slave1 {} ", Link),
        field(IFLA_HSR_SLAVE2, "slave2", "slave2 {} ", Link),
        field(IFLA_HSR_INTERLINK, "interlink", "interlink {} ", Link),
        field(IFLA_HSR_SEQ_NR, "seq_nr", "sequence {} ", Number),
        field(IFLA_HSR_SUPERVISION_ADDR, "supervision_addr", "supervision {} ", Address),
        field(IFLA_HSR_PROTOCOL, "proto", "proto {} ", Number),
    ]
};
