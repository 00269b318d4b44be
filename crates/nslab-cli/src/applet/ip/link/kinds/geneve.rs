//! `type geneve`: Ethernet in UDP with options (RFC 8926; ip-link(8), `linux/if_link.h`).

use std::net::IpAddr;

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::*;

use super::fields::{Details, Field, Shape, all, field, ip_address};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_COMMAND, ds_field, opt, whole};
use super::udp::{self, DF};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words};

pub(super) static OPTIONS: Options<Geneve> = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_COMMAND,
    once: true,
    begin: |_| Ok(()),
    finish,
    usage: include_str!("geneve.txt"),
};

/// What is sent behind the rest, or must fit the rest.
#[derive(Debug, Default)]
pub(super) struct Geneve {
    id: Option<u32>,
    remote: Option<IpAddr>,
    ttl: u8,
    tos: u8,
    label: u32,
    external: bool,
}

type Read<'s> = Reading<'s, Geneve>;
type GeneveOpt = Opt<Geneve>;
type Done = Result<(), Fail>;

static TABLE: &[GeneveOpt] = {
    use Takes::{By, Byte, Nothing};
    &[
        opt("id", IFLA_GENEVE_ID, By(read_id), "invalid id"),
        opt("vni", IFLA_GENEVE_ID, By(read_id), "invalid id"),
        opt("remote", IFLA_GENEVE_REMOTE, By(read_remote), "invalid remote address"),
        opt("ttl", IFLA_GENEVE_TTL, By(read_ttl), "invalid TTL"),
        opt("hoplimit", IFLA_GENEVE_TTL, By(read_ttl), "invalid TTL"),
        opt("tos", IFLA_GENEVE_TOS, By(read_tos), "bad TOS value"),
        opt("dsfield", IFLA_GENEVE_TOS, By(read_tos), "bad TOS value"),
        opt("df", IFLA_GENEVE_DF, By(read_df), "DF must be 'unset', 'set' or 'inherit'"),
        opt("label", IFLA_GENEVE_LABEL, By(read_label), "invalid flowlabel"),
        opt("flowlabel", IFLA_GENEVE_LABEL, By(read_label), "invalid flowlabel"),
        opt("dstport", IFLA_GENEVE_PORT, By(read_port), "dstport"),
        opt("external", IFLA_GENEVE_COLLECT_METADATA, By(external), ""),
        opt("noexternal", IFLA_GENEVE_COLLECT_METADATA, By(external), ""),
        opt("udpcsum", IFLA_GENEVE_UDP_CSUM, Byte(1), ""),
        opt("noudpcsum", IFLA_GENEVE_UDP_CSUM, Byte(0), ""),
        opt("udp6zerocsumtx", IFLA_GENEVE_UDP_ZERO_CSUM6_TX, Byte(1), ""),
        opt("noudp6zerocsumtx", IFLA_GENEVE_UDP_ZERO_CSUM6_TX, Byte(0), ""),
        opt("udp6zerocsumrx", IFLA_GENEVE_UDP_ZERO_CSUM6_RX, Byte(1), ""),
        opt("noudp6zerocsumrx", IFLA_GENEVE_UDP_ZERO_CSUM6_RX, Byte(0), ""),
        whole("innerprotoinherit", IFLA_GENEVE_INNER_PROTO_INHERIT, Nothing, ""),
    ]
};

fn read_id(reading: &mut Read<'_>, option: &GeneveOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.once("id", word)?;
    let id = words::u32(word).filter(|id| *id < 1 << 24).ok_or_else(|| option.wrong(word))?;
    reading.state.id = Some(id);
    Ok(())
}

fn read_remote(reading: &mut Read<'_>, option: &GeneveOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.once("remote", word)?;
    if [b"any".as_slice(), b"default", b"all"].contains(&word) {
        return Err(option.wrong(word));
    }
    let address = words::address_of(word, Family::Any)?;
    if address.is_multicast() {
        return Err(option.wrong(word));
    }
    reading.state.remote = Some(address);
    Ok(())
}

fn read_ttl(reading: &mut Read<'_>, option: &GeneveOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.once("ttl", word)?;
    match word {
        b"inherit" => {
            reading.data.u8(IFLA_GENEVE_TTL_INHERIT, 1);
        }
        b"auto" => reading.state.ttl = 0,
        _ => {
            let number = words::u32(word).ok_or_else(|| option.wrong(word))?;
            reading.state.ttl = u8::try_from(number).map_err(|_| Fail::wrong(word, "TTL must be <= 255"))?;
        }
    }
    Ok(())
}

fn read_tos(reading: &mut Read<'_>, option: &GeneveOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.once("tos", word)?;
    let tos = if word == b"inherit" { Some(1) } else { ds_field(reading.session, word) };
    reading.state.tos = tos.ok_or_else(|| option.wrong(word))?;
    Ok(())
}

fn read_df(reading: &mut Read<'_>, option: &GeneveOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.once("df", word)?;
    let df = DF.iter().zip(0..).find(|(name, _)| name.as_bytes() == word);
    reading.data.u8(option.attribute, df.ok_or_else(|| option.wrong(word))?.1);
    Ok(())
}

fn read_label(reading: &mut Read<'_>, option: &GeneveOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.once("flowlabel", word)?;
    let label = words::u32(word).filter(|label| *label < 1 << 20);
    reading.state.label = label.ok_or_else(|| option.wrong(word))?;
    Ok(())
}

fn read_port(reading: &mut Read<'_>, option: &GeneveOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.once("dstport", word)?;
    let port: Option<u16> = words::number(word).and_then(|port| port.try_into().ok());
    reading.data.attribute(option.attribute, &port.ok_or_else(|| option.wrong(word))?.to_be_bytes());
    Ok(())
}

fn external(reading: &mut Read<'_>, option: &GeneveOpt, _: &mut Words<'_>) -> Done {
    reading.once_as("external", reading.typed, reading.typed)?;
    reading.state.external = option.word == "external";
    Ok(())
}

fn finish(reading: &mut Read<'_>) -> Done {
    let Geneve { id, remote, ttl, tos, label, external } = reading.state;
    if external && id.is_some() {
        return Err(reading.refuse("both 'external' and vni cannot be specified"));
    }
    if !external && id.is_none() {
        return Err(reading.refuse("missing virtual network identifier"));
    }
    if !external && reading.is_new() && remote.is_none() {
        return Err(reading.refuse("remote link partner not specified"));
    }
    let data = &mut reading.data;
    data.u32(IFLA_GENEVE_ID, id.unwrap_or(0));
    match remote {
        Some(IpAddr::V4(remote)) => data.attribute(IFLA_GENEVE_REMOTE, &remote.octets()),
        Some(IpAddr::V6(remote)) => data.attribute(IFLA_GENEVE_REMOTE6, &remote.octets()),
        None => data,
    };
    if external {
        data.attribute(IFLA_GENEVE_COLLECT_METADATA, &[]);
    }
    if reading.is_new() || reading.has("flowlabel") {
        reading.data.attribute(IFLA_GENEVE_LABEL, &label.to_be_bytes());
    }
    if reading.is_new() || reading.has("ttl") {
        reading.data.u8(IFLA_GENEVE_TTL, ttl);
    }
    if reading.is_new() || reading.has("tos") {
        reading.data.u8(IFLA_GENEVE_TOS, tos);
    }
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{By, Number};
    &[
        all(show_external),
        field(IFLA_GENEVE_ID, "id", "id {} ", Number),
        all(show_remote),
        all(|session, details| udp::show_ttl(session, details, [IFLA_GENEVE_TTL_INHERIT, IFLA_GENEVE_TTL])),
        field(IFLA_GENEVE_TOS, "tos", "tos {} ", By(udp::show_tos)),
        field(IFLA_GENEVE_DF, "df", "df {} ", By(udp::show_df)),
        field(IFLA_GENEVE_LABEL, "label", "flowlabel {} ", By(udp::show_label)),
        field(IFLA_GENEVE_PORT, "port", "dstport {} ", By(udp::show_port)),
        field(IFLA_GENEVE_UDP_CSUM, "udp_csum", "udpcsum ", By(show_switch)),
        field(IFLA_GENEVE_UDP_ZERO_CSUM6_TX, "udp_zero_csum6_tx", "udp6zerocsumtx ", By(show_switch)),
        field(IFLA_GENEVE_UDP_ZERO_CSUM6_RX, "udp_zero_csum6_rx", "udp6zerocsumrx ", By(show_switch)),
        all(show_inherit),
    ]
};

fn show_external(session: &mut Session, details: &Details<'_>) {
    if details.get(IFLA_GENEVE_COLLECT_METADATA).is_some() {
        session.print.boolean("external", "external ", true);
    }
}

fn show_remote(session: &mut Session, details: &Details<'_>) {
    for (number, key) in [(IFLA_GENEVE_REMOTE, "remote"), (IFLA_GENEVE_REMOTE6, "remote6")] {
        if let Some(address) = details.get(number).and_then(ip_address).filter(|address| !address.is_unspecified()) {
            session.print.string(key, "remote {} ", address.to_string());
        }
    }
}

/// A word, or `no` and the word.
fn show_switch(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let on = attribute.u8().is_some_and(|on| on != 0);
    if on {
        session.print.boolean(field.key, field.format, true);
    } else {
        session.print.boolean(field.key, &format!("no{}", field.format), false);
    }
}

fn show_inherit(session: &mut Session, details: &Details<'_>) {
    if details.get(IFLA_GENEVE_INNER_PROTO_INHERIT).is_some() {
        session.print.boolean("inner_proto_inherit", "innerprotoinherit ", true);
    }
}
