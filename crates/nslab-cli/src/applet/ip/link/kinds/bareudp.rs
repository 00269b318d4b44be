//! `type bareudp`: a protocol in UDP without more (ip-link(8), the kernel's networking/bareudp).

use nslab::wire::consts::kinds::{
    IFLA_BAREUDP_ETHERTYPE, IFLA_BAREUDP_MULTIPROTO_MODE, IFLA_BAREUDP_PORT, IFLA_BAREUDP_SRCPORT_MIN,
};

use super::ethertype;
use super::fields::{Details, Field, Shape, all, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_COMMAND, opt};
use super::udp;
use crate::applet::ip::fail::{Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words};

pub(super) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_COMMAND,
    once: true,
    begin: |_| Ok(()),
    finish,
    usage: include_str!("bareudp.txt"),
};

static TABLE: &[Opt] = {
    use Takes::{By, U16};
    &[
        opt("dstport", IFLA_BAREUDP_PORT, By(read_port), "dstport"),
        opt("ethertype", IFLA_BAREUDP_ETHERTYPE, By(read_protocol), "ethertype"),
        opt("srcportmin", IFLA_BAREUDP_SRCPORT_MIN, U16, "srcportmin"),
        opt("multiproto", IFLA_BAREUDP_MULTIPROTO_MODE, By(multiproto), ""),
        opt("nomultiproto", IFLA_BAREUDP_MULTIPROTO_MODE, By(multiproto), ""),
    ]
};

fn read_port(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("dstport", word)?;
    let port: Option<u16> = words::number(word).and_then(|port| port.try_into().ok());
    reading.data.attribute(option.attribute, &port.ok_or_else(|| option.wrong(word))?.to_be_bytes());
    Ok(())
}

fn read_protocol(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("ethertype", word)?;
    let number = ethertype::number(word).ok_or_else(|| option.wrong(word))?;
    reading.data.attribute(option.attribute, &number.to_be_bytes());
    Ok(())
}

fn multiproto(reading: &mut Reading<'_, ()>, option: &Opt, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.once_as("multiproto", reading.typed, reading.typed)?;
    if option.word == "multiproto" {
        reading.data.attribute(option.attribute, &[]);
    }
    Ok(())
}

fn finish(reading: &mut Reading<'_, ()>) -> Result<(), Fail> {
    for needed in ["dstport", "ethertype"] {
        if !reading.has(needed) {
            return Err(Fail::new(MISUSE, bytes!["Error: argument \"", needed, "\" is required"]));
        }
    }
    Ok(())
}

pub(super) static FIELDS: &[Field] = &[
    field(IFLA_BAREUDP_PORT, "dstport", "dstport {} ", Shape::By(udp::show_port)),
    field(IFLA_BAREUDP_ETHERTYPE, "ethertype", "ethertype {} ", Shape::By(ethertype::show)),
    field(IFLA_BAREUDP_SRCPORT_MIN, "srcportmin", "srcportmin {} ", Shape::Number),
    all(show_multiproto),
];

fn show_multiproto(session: &mut Session, details: &Details<'_>) {
    let on = details.get(IFLA_BAREUDP_MULTIPROTO_MODE).is_some();
    session.print.boolean("multiproto", if on { "multiproto " } else { "nomultiproto " }, on);
}
