//! `gre`, `gretap`, `erspan`, and the same over IPv6 (RFC 2784, RFC 2890, draft-foschiano-erspan).

use nslab::wire::consts::kinds::*;

use super::encap;
use super::options::{self, EXTERNAL, FWMARK, FWMARK6, IPV6};
use super::{CSUM, GRE_NUMBERS, KEY, Read, SEQ, Tunnel, TunnelOpt, existing, put_address, show};
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::link::kinds::fields::{Field, all};
use crate::applet::ip::link::kinds::reading::{Options, Takes, opt, whole};
use crate::applet::ip::words::{self, Words};

type Done = Result<(), Fail>;

pub(in super::super) static GRE: Options<Tunnel> = Options {
    tables: &[SIDES, PACKETS, encap::OPTIONS, EXTERNAL, FWMARK],
    stranger: "",
    once: false,
    begin: existing::gre,
    finish: finish_gre,
    usage: include_str!("gre.txt"),
};

pub(in super::super) static ERSPAN: Options<Tunnel> = Options {
    tables: &[SIDES, PACKETS, encap::OPTIONS, EXTERNAL, FWMARK, MIRROR],
    stranger: "",
    once: false,
    begin: existing::gre,
    finish: finish_gre,
    usage: include_str!("erspan.txt"),
};

pub(in super::super) static IP6GRE: Options<Tunnel> = Options {
    tables: &[SIDES, PACKETS6, IPV6, encap::OPTIONS, EXTERNAL, FWMARK6, MIRROR],
    stranger: "",
    once: false,
    begin: existing::ip6gre,
    finish: finish_ip6gre,
    usage: include_str!("ip6gre.txt"),
};

/// Which of the two directions: as a number in place of an attribute.
const IN: u16 = 1;
const OUT: u16 = 2;
const BOTH: u16 = IN | OUT;

static SIDES: &[TunnelOpt] = {
    use Takes::By;
    &[
        opt("key", BOTH, By(read_key), ""),
        opt("nokey", BOTH, By(no_key), ""),
        opt("ikey", IN, By(read_key), ""),
        opt("noikey", IN, By(no_key), ""),
        opt("okey", OUT, By(read_key), ""),
        opt("nookey", OUT, By(no_key), ""),
        opt("seq", BOTH, By(|reading, option, _| flag(reading, option, SEQ, true)), ""),
        opt("noseq", BOTH, By(|reading, option, _| flag(reading, option, SEQ, false)), ""),
        opt("iseq", IN, By(|reading, option, _| flag(reading, option, SEQ, true)), ""),
        opt("noiseq", IN, By(|reading, option, _| flag(reading, option, SEQ, false)), ""),
        opt("oseq", OUT, By(|reading, option, _| flag(reading, option, SEQ, true)), ""),
        opt("nooseq", OUT, By(|reading, option, _| flag(reading, option, SEQ, false)), ""),
        opt("csum", BOTH, By(|reading, option, _| flag(reading, option, CSUM, true)), ""),
        opt("nocsum", BOTH, By(|reading, option, _| flag(reading, option, CSUM, false)), ""),
        opt("icsum", IN, By(|reading, option, _| flag(reading, option, CSUM, true)), ""),
        opt("noicsum", IN, By(|reading, option, _| flag(reading, option, CSUM, false)), ""),
        opt("ocsum", OUT, By(|reading, option, _| flag(reading, option, CSUM, true)), ""),
        opt("noocsum", OUT, By(|reading, option, _| flag(reading, option, CSUM, false)), ""),
    ]
};

static PACKETS: &[TunnelOpt] = {
    use Takes::By;
    &[
        opt("nopmtudisc", 0, By(|reading, _, _| discovery(reading, false)), ""),
        opt("pmtudisc", 0, By(|reading, _, _| discovery(reading, true)), ""),
        opt("remote", 0, By(options::read_remote4), ""),
        opt("local", 0, By(options::read_local4), ""),
        opt("dev", 0, By(options::read_dev), ""),
        opt("ttl", 0, By(options::read_ttl), "invalid TTL\n"),
        opt("hoplimit", 0, By(options::read_ttl), "invalid TTL\n"),
        opt("hlim", 0, By(options::read_ttl), "invalid TTL\n"),
        opt("tos", 0, By(options::read_tos), "bad TOS value"),
        opt("tclass", 0, By(options::read_tos), "bad TOS value"),
        opt("dsfield", 0, By(options::read_tos), "bad TOS value"),
        whole("ignore-df", 0, By(|reading, _, _| ignore_df(reading, true)), ""),
        whole("noignore-df", 0, By(|reading, _, _| ignore_df(reading, false)), ""),
    ]
};

static PACKETS6: &[TunnelOpt] = {
    use Takes::By;
    &[
        opt("remote", 0, By(options::read_remote6), ""),
        opt("local", 0, By(options::read_local6), ""),
        opt("dev", 0, By(options::read_dev), ""),
        opt("ttl", 0, By(options::read_ttl), "invalid HLIM\n"),
        opt("hoplimit", 0, By(options::read_ttl), "invalid HLIM\n"),
        opt("hlim", 0, By(options::read_ttl), "invalid HLIM\n"),
        opt("tos", 0, By(options::read_tclass), "invalid TClass"),
        opt("tclass", 0, By(options::read_tclass), "invalid TClass"),
        opt("dsfield", 0, By(options::read_tclass), "invalid TClass"),
    ]
};

/// Of erspan: what is mirrored.
static MIRROR: &[TunnelOpt] = {
    use Takes::By;
    &[
        whole("erspan_ver", 0, By(read_version), ""),
        whole("erspan", 0, By(read_index), ""),
        whole("erspan_dir", 0, By(read_direction), "Invalid erspan direction."),
        whole("erspan_hwid", 0, By(read_hwid), "invalid erspan hwid\n"),
    ]
};

fn sides(option: &TunnelOpt) -> impl Iterator<Item = usize> + use<> {
    let which = option.attribute;
    [IN, OUT].into_iter().enumerate().filter(move |(_, side)| which & side != 0).map(|(at, _)| at)
}

fn read_key(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let key = options::key(option.word, words.value()?)?;
    set_key(reading, option, key, true)
}

fn no_key(reading: &mut Read<'_>, option: &TunnelOpt, _: &mut Words<'_>) -> Done {
    set_key(reading, option, [0; 4], false)
}

fn set_key(reading: &mut Read<'_>, option: &TunnelOpt, key: [u8; 4], on: bool) -> Done {
    for side in sides(option) {
        if let Some(place) = reading.state.keys.get_mut(side) {
            *place = key;
        }
    }
    flag(reading, option, KEY, on)
}

fn flag(reading: &mut Read<'_>, option: &TunnelOpt, flag: u16, on: bool) -> Done {
    for side in sides(option) {
        if let Some(flags) = reading.state.flags.get_mut(side) {
            *flags = if on { *flags | flag } else { *flags & !flag };
        }
    }
    Ok(())
}

fn discovery(reading: &mut Read<'_>, on: bool) -> Done {
    reading.state.path_mtu_discovery = on;
    Ok(())
}

fn ignore_df(reading: &mut Read<'_>, on: bool) -> Done {
    reading.state.ignore_df = Some(on);
    Ok(())
}

fn read_version(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let version: Option<u8> = words::number(word).and_then(|version| version.try_into().ok());
    let version = version.ok_or_else(|| Fail::wrong(word, "invalid erspan version\n"))?;
    if version > 2 {
        return Err(Fail::wrong(word, "erspan version must be 0/1/2\n"));
    }
    reading.state.erspan_version = version;
    Ok(())
}

fn read_index(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let index = words::u32(word).ok_or_else(|| Fail::wrong(word, "invalid erspan index\n"))?;
    if !(1..1 << 20).contains(&index) {
        return Err(Fail::wrong(word, "erspan index must be > 0 and <= 20-bit\n"));
    }
    reading.state.erspan_index = index;
    Ok(())
}

fn read_direction(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.erspan_direction = match word {
        _ if words::matches(word, "ingress") => 0,
        _ if words::matches(word, "egress") => 1,
        _ => return Err(option.wrong(word)),
    };
    Ok(())
}

fn read_hwid(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let hwid = words::number(word).and_then(|hwid| hwid.try_into().ok());
    reading.state.erspan_hwid = hwid.ok_or_else(|| option.wrong(word))?;
    Ok(())
}

/// What both have, but for the encapsulation; nothing more where it comes with each packet.
fn put_sides(reading: &mut Read<'_>) -> bool {
    let Tunnel { external, keys: [ikey, okey], flags: [iflags, oflags], local, remote, .. } = reading.state;
    let data = &mut reading.data;
    if external {
        data.attribute(IFLA_GRE_COLLECT_METADATA, &[]);
        return false;
    }
    data.attribute(IFLA_GRE_IKEY, &ikey)
        .attribute(IFLA_GRE_OKEY, &okey)
        .u16(IFLA_GRE_IFLAGS, iflags.to_be())
        .u16(IFLA_GRE_OFLAGS, oflags.to_be());
    put_address(data, IFLA_GRE_LOCAL, local);
    put_address(data, IFLA_GRE_REMOTE, remote);
    if reading.state.link != 0 {
        data.u32(IFLA_GRE_LINK, reading.state.link);
    }
    data.u8(IFLA_GRE_TTL, reading.state.ttl).u32(IFLA_GRE_FWMARK, reading.state.fwmark);
    true
}

fn put_mirror(reading: &mut Read<'_>) {
    let Tunnel { erspan_version, erspan_index, erspan_direction, erspan_hwid, .. } = reading.state;
    let data = &mut reading.data;
    data.u8(IFLA_GRE_ERSPAN_VER, erspan_version);
    match erspan_version {
        1 if erspan_index != 0 => data.u32(IFLA_GRE_ERSPAN_INDEX, erspan_index),
        2 => data.u8(IFLA_GRE_ERSPAN_DIR, erspan_direction).u16(IFLA_GRE_ERSPAN_HWID, erspan_hwid),
        _ => data,
    };
}

fn finish_gre(reading: &mut Read<'_>) -> Done {
    let Tunnel { local, remote, .. } = reading.state;
    if remote.is_some_and(|remote| remote.is_multicast()) && local.is_none() {
        return Err(Fail::new(FAILED, "A broadcast tunnel requires a source address."));
    }
    if !put_sides(reading) {
        return Ok(());
    }
    let data = &mut reading.data;
    data.u8(IFLA_GRE_PMTUDISC, reading.state.path_mtu_discovery.into()).u8(IFLA_GRE_TOS, reading.state.tos);
    if let Some(ignore) = reading.state.ignore_df {
        data.u8(IFLA_GRE_IGNORE_DF, ignore.into());
    }
    reading.state.encap.put(data, &GRE_NUMBERS);
    if reading.kind == "erspan" {
        put_mirror(reading);
    }
    Ok(())
}

fn finish_ip6gre(reading: &mut Read<'_>) -> Done {
    if !put_sides(reading) {
        return Ok(());
    }
    reading
        .data
        .u8(IFLA_GRE_ENCAP_LIMIT, reading.state.encap_limit)
        .u32(IFLA_GRE_FLOWINFO, reading.state.flow.to_be())
        .u32(IFLA_GRE_FLAGS, reading.state.ip6_flags);
    reading.state.encap.put(&mut reading.data, &GRE_NUMBERS);
    put_mirror(reading);
    Ok(())
}

pub(in super::super) static GRE_FIELDS: &[Field] = &[all(show::gre)];
pub(in super::super) static IP6GRE_FIELDS: &[Field] = &[all(show::ip6gre)];
