//! The options of a vxlan.

use std::net::IpAddr;

use nslab::wire::consts::kinds::{
    IFLA_VXLAN_AGEING, IFLA_VXLAN_COLLECT_METADATA, IFLA_VXLAN_DF, IFLA_VXLAN_GBP, IFLA_VXLAN_GPE, IFLA_VXLAN_GROUP,
    IFLA_VXLAN_GROUP6, IFLA_VXLAN_ID, IFLA_VXLAN_L2MISS, IFLA_VXLAN_L3MISS, IFLA_VXLAN_LABEL, IFLA_VXLAN_LEARNING,
    IFLA_VXLAN_LIMIT, IFLA_VXLAN_LINK, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6, IFLA_VXLAN_LOCALBYPASS, IFLA_VXLAN_PORT,
    IFLA_VXLAN_PORT_RANGE, IFLA_VXLAN_PROXY, IFLA_VXLAN_REMCSUM_RX, IFLA_VXLAN_REMCSUM_TX, IFLA_VXLAN_RESERVED_BITS,
    IFLA_VXLAN_RSC, IFLA_VXLAN_TOS, IFLA_VXLAN_TTL, IFLA_VXLAN_TTL_INHERIT, IFLA_VXLAN_UDP_CSUM,
    IFLA_VXLAN_UDP_ZERO_CSUM6_RX, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, IFLA_VXLAN_VNIFILTER,
};

use crate::applet::ip::fail::{Fail, MISUSE, bytes};
use crate::applet::ip::link::kinds::reading::{Opt, Options, Reading, Takes, UNKNOWN_COMMAND, ds_field, opt, whole};
use crate::applet::ip::link::kinds::udp::DF;
use crate::applet::ip::session::warn;
use crate::applet::ip::words::{self, Words};

pub(in crate::applet::ip::link::kinds) static OPTIONS: Options<Vxlan> = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_COMMAND,
    once: true,
    begin: |_| Ok(()),
    finish,
    usage: include_str!("usage.txt"),
};

/// What is sent behind the rest, or must fit the rest.
#[derive(Debug, Default)]
pub(in crate::applet::ip::link::kinds) struct Vxlan {
    id: Option<u32>,
    group: Option<IpAddr>,
    remote: Option<IpAddr>,
    local: Option<IpAddr>,
    learning: Option<bool>,
    external: bool,
    filtered: bool,
    port: Option<u16>,
}

static TABLE: &[Opt<Vxlan>] = {
    use Takes::{By, Byte, Nothing};
    &[
        opt("id", IFLA_VXLAN_ID, By(read_id), "invalid id"),
        opt("vni", IFLA_VXLAN_ID, By(read_id), "invalid id"),
        opt("group", IFLA_VXLAN_GROUP, By(read_group), "invalid group address"),
        opt("remote", IFLA_VXLAN_GROUP, By(read_remote), "invalid remote address"),
        opt("local", IFLA_VXLAN_LOCAL, By(read_local), "invalid local address"),
        opt("dev", IFLA_VXLAN_LINK, By(read_dev), ""),
        opt("ttl", IFLA_VXLAN_TTL, By(read_ttl), "invalid TTL"),
        opt("hoplimit", IFLA_VXLAN_TTL, By(read_ttl), "invalid TTL"),
        opt("tos", IFLA_VXLAN_TOS, By(read_tos), "bad TOS value"),
        opt("dsfield", IFLA_VXLAN_TOS, By(read_tos), "bad TOS value"),
        opt("df", IFLA_VXLAN_DF, By(read_df), "DF must be 'unset', 'set' or 'inherit'"),
        opt("label", IFLA_VXLAN_LABEL, By(read_label), "invalid flowlabel"),
        opt("flowlabel", IFLA_VXLAN_LABEL, By(read_label), "invalid flowlabel"),
        opt("ageing", IFLA_VXLAN_AGEING, By(read_ageing), "ageing timer"),
        opt("maxaddress", IFLA_VXLAN_LIMIT, By(read_limit), "max addresses"),
        opt("port", IFLA_VXLAN_PORT_RANGE, By(read_source_ports), ""),
        opt("srcport", IFLA_VXLAN_PORT_RANGE, By(read_source_ports), ""),
        opt("dstport", IFLA_VXLAN_PORT, By(read_port), "dst port"),
        opt("nolearning", IFLA_VXLAN_LEARNING, By(learning), ""),
        opt("learning", IFLA_VXLAN_LEARNING, By(learning), ""),
        opt("noproxy", IFLA_VXLAN_PROXY, Byte(0), ""),
        opt("proxy", IFLA_VXLAN_PROXY, Byte(1), ""),
        opt("norsc", IFLA_VXLAN_RSC, Byte(0), ""),
        opt("rsc", IFLA_VXLAN_RSC, Byte(1), ""),
        opt("nol2miss", IFLA_VXLAN_L2MISS, Byte(0), ""),
        opt("l2miss", IFLA_VXLAN_L2MISS, Byte(1), ""),
        opt("nol3miss", IFLA_VXLAN_L3MISS, Byte(0), ""),
        opt("l3miss", IFLA_VXLAN_L3MISS, Byte(1), ""),
        opt("udpcsum", IFLA_VXLAN_UDP_CSUM, Byte(1), ""),
        opt("noudpcsum", IFLA_VXLAN_UDP_CSUM, Byte(0), ""),
        opt("udp6zerocsumtx", IFLA_VXLAN_UDP_ZERO_CSUM6_TX, Byte(1), ""),
        opt("noudp6zerocsumtx", IFLA_VXLAN_UDP_ZERO_CSUM6_TX, Byte(0), ""),
        opt("udp6zerocsumrx", IFLA_VXLAN_UDP_ZERO_CSUM6_RX, Byte(1), ""),
        opt("noudp6zerocsumrx", IFLA_VXLAN_UDP_ZERO_CSUM6_RX, Byte(0), ""),
        opt("remcsumtx", IFLA_VXLAN_REMCSUM_TX, Byte(1), ""),
        opt("noremcsumtx", IFLA_VXLAN_REMCSUM_TX, Byte(0), ""),
        opt("remcsumrx", IFLA_VXLAN_REMCSUM_RX, Byte(1), ""),
        opt("noremcsumrx", IFLA_VXLAN_REMCSUM_RX, Byte(0), ""),
        whole("localbypass", IFLA_VXLAN_LOCALBYPASS, Byte(1), ""),
        whole("nolocalbypass", IFLA_VXLAN_LOCALBYPASS, Byte(0), ""),
        opt("external", IFLA_VXLAN_COLLECT_METADATA, By(external), ""),
        opt("noexternal", IFLA_VXLAN_COLLECT_METADATA, Byte(0), ""),
        opt("gbp", IFLA_VXLAN_GBP, Nothing, ""),
        opt("gpe", IFLA_VXLAN_GPE, Nothing, ""),
        whole("vnifilter", IFLA_VXLAN_VNIFILTER, By(vnifilter), ""),
        whole("novnifilter", IFLA_VXLAN_VNIFILTER, Byte(0), ""),
        whole("reserved_bits", IFLA_VXLAN_RESERVED_BITS, By(read_reserved), "reserved_bits"),
    ]
};

type Read<'s> = Reading<'s, Vxlan>;

fn read_id(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("id", word)?;
    let id = words::u32(word).filter(|id| *id < 1 << 24).ok_or_else(|| option.wrong(word))?;
    reading.state.id = Some(id);
    Ok(())
}

/// An address of the family that others were of, if any; `any` and its like are none.
fn address(reading: &Read<'_>, option: &Opt<Vxlan>, word: &[u8]) -> Result<IpAddr, Fail> {
    let state = &reading.state;
    let family = match state.local.or(state.group).or(state.remote) {
        None => words::Family::Any,
        Some(IpAddr::V4(_)) => words::Family::Inet,
        Some(IpAddr::V6(_)) => words::Family::Inet6,
    };
    if [b"any".as_slice(), b"default", b"all"].contains(&word) {
        return Err(option.wrong(word));
    }
    words::address_of(word, family)
}

fn read_group(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("group", word)?;
    let address = address(reading, option, word)?;
    if !address.is_multicast() {
        return Err(option.wrong(word));
    }
    reading.state.group = Some(address);
    Ok(())
}

fn read_remote(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("remote", word)?;
    let address = address(reading, option, word)?;
    if address.is_multicast() {
        return Err(option.wrong(word));
    }
    reading.state.remote = Some(address);
    Ok(())
}

fn read_local(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("local", word)?;
    let address = address(reading, option, word)?;
    if address.is_multicast() {
        return Err(option.wrong(word));
    }
    reading.state.local = Some(address);
    Ok(())
}

fn read_dev(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("dev", word)?;
    let index = reading.session.index(word).map_err(|fail| Fail::new(MISUSE, fail.text))?;
    reading.data.u32(option.attribute, index);
    Ok(())
}

fn read_ttl(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("ttl", word)?;
    match word {
        b"inherit" => reading.data.attribute(IFLA_VXLAN_TTL_INHERIT, &[]),
        b"auto" => reading.data.u8(option.attribute, 0),
        _ => {
            let number = words::u32(word).ok_or_else(|| option.wrong(word))?;
            let ttl = u8::try_from(number).map_err(|_| Fail::wrong(word, "TTL must be <= 255"))?;
            reading.data.u8(option.attribute, ttl)
        }
    };
    Ok(())
}

fn read_tos(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("tos", word)?;
    let tos = if word == b"inherit" { Some(1) } else { ds_field(reading.session, word) };
    reading.data.u8(option.attribute, tos.ok_or_else(|| option.wrong(word))?);
    Ok(())
}

fn read_df(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("df", word)?;
    let df = DF.iter().zip(0..).find(|(name, _)| name.as_bytes() == word);
    reading.data.u8(option.attribute, df.ok_or_else(|| option.wrong(word))?.1);
    Ok(())
}

fn read_label(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("flowlabel", word)?;
    let label = words::u32(word).filter(|label| *label < 1 << 20).ok_or_else(|| option.wrong(word))?;
    reading.data.attribute(option.attribute, &label.to_be_bytes());
    Ok(())
}

fn read_ageing(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    number_or(reading, option, "ageing", b"none", words.value()?)
}

fn read_limit(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    number_or(reading, option, "maxaddress", b"unlimited", words.value()?)
}

/// A number, or a word for 0.
fn number_or(
    reading: &mut Read<'_>,
    option: &Opt<Vxlan>,
    name: &'static str,
    zero: &[u8],
    word: &[u8],
) -> Result<(), Fail> {
    reading.once(name, word)?;
    let number = if word == zero { Some(0) } else { words::u32(word) };
    reading.data.u32(option.attribute, number.ok_or_else(|| option.wrong(word))?);
    Ok(())
}

fn read_source_ports(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let port = |word: &[u8], why: &str| -> Result<u16, Fail> {
        words::number(word).and_then(|n| n.try_into().ok()).ok_or_else(|| Fail::wrong(word, why))
    };
    let word = words.value()?;
    reading.once("srcport", word)?;
    let low = port(word, "min port")?;
    let high = port(words.value()?, "max port")?;
    reading.data.attribute(option.attribute, &[low.to_be_bytes(), high.to_be_bytes()].concat());
    Ok(())
}

fn read_port(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once("dstport", word)?;
    let port = words::number(word).and_then(|n| n.try_into().ok());
    reading.state.port = Some(port.ok_or_else(|| option.wrong(word))?);
    Ok(())
}

fn read_reserved(reading: &mut Read<'_>, option: &Opt<Vxlan>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.once_as("reserved_bits", word, word)?;
    let bits = words::u64_wrapping(word).ok_or_else(|| option.wrong(word))?;
    reading.data.attribute(option.attribute, &bits.to_be_bytes());
    Ok(())
}

fn learning(reading: &mut Read<'_>, option: &Opt<Vxlan>, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.once_as("learning", reading.typed, reading.typed)?;
    reading.state.learning = Some(option.word == "learning");
    Ok(())
}

fn vnifilter(reading: &mut Read<'_>, option: &Opt<Vxlan>, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.once_as("vnifilter", reading.typed, reading.typed)?;
    reading.state.filtered = true;
    reading.data.u8(option.attribute, 1);
    Ok(())
}

fn external(reading: &mut Read<'_>, option: &Opt<Vxlan>, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.once_as("external", reading.typed, reading.typed)?;
    reading.state.external = true;
    reading.data.u8(option.attribute, 1);
    Ok(())
}

fn finish(reading: &mut Read<'_>) -> Result<(), Fail> {
    let Vxlan { id, group, remote, local, learning, external, filtered, mut port } = reading.state;
    if group.is_some() && remote.is_some() {
        return Err(reading.refuse("both group and remote cannot be specified"));
    }
    if external && id.is_some() {
        return Err(reading.refuse("both 'external' and vni cannot be specified"));
    }
    if filtered && !external {
        return Err(reading.refuse("vnifilter is valid only when 'external' is set"));
    }
    if reading.is_new() && !external && id.is_none() {
        return Err(reading.refuse("missing virtual network identifier"));
    }
    if group.is_some() && !reading.has("dev") {
        return Err(reading.refuse("'group' requires 'dev' to be specified"));
    }
    if port.is_none() && reading.has("gpe") {
        // The port that IANA assigned to this way of encapsulation.
        port = Some(4790);
    }
    if port.is_none() && reading.is_new() {
        warn(bytes![
            reading.kind,
            ": destination port not specified\nWill use Linux kernel default (non-standard value)\nUse 'dstport \
             4789' to get the IANA assigned value\nUse 'dstport 0' to get default and quiet this message"
        ]);
    }
    let learning = learning.or(reading.is_new().then_some(!external));
    let data = &mut reading.data;
    if let Some(id) = id {
        data.u32(IFLA_VXLAN_ID, id);
    }
    match local {
        Some(IpAddr::V4(local)) => data.attribute(IFLA_VXLAN_LOCAL, &local.octets()),
        Some(IpAddr::V6(local)) => data.attribute(IFLA_VXLAN_LOCAL6, &local.octets()),
        None => data,
    };
    match group.or(remote) {
        Some(IpAddr::V4(group)) => data.attribute(IFLA_VXLAN_GROUP, &group.octets()),
        Some(IpAddr::V6(group)) => data.attribute(IFLA_VXLAN_GROUP6, &group.octets()),
        None => data,
    };
    if let Some(learning) = learning {
        data.u8(IFLA_VXLAN_LEARNING, learning.into());
    }
    if let Some(port) = port.filter(|port| *port != 0) {
        data.attribute(IFLA_VXLAN_PORT, &port.to_be_bytes());
    }
    Ok(())
}
