//! The options that tunnels share.

use std::net::IpAddr;

use super::{
    ALLOW_LOCAL_REMOTE, FLOWLABEL_MASK, IGN_ENCAP_LIMIT, RCV_DSCP_COPY, Read, TCLASS_MASK, TunnelOpt,
    USE_ORIG_FLOWLABEL, USE_ORIG_FWMARK, USE_ORIG_TCLASS,
};
use crate::applet::ip::fail::{FAILED, Fail, MISUSE, bytes};
use crate::applet::ip::link::kinds::reading::{Takes, ds_field, whole};
use crate::applet::ip::words::{self, Family, Words};

type Done = Result<(), Fail>;

pub(super) static EXTERNAL: &[TunnelOpt] = &[whole("external", 0, Takes::By(external), "")];
pub(super) static FWMARK: &[TunnelOpt] = &[whole("fwmark", 0, Takes::By(read_fwmark), "invalid fwmark\n")];
pub(super) static FWMARK6: &[TunnelOpt] = &[whole("fwmark", 0, Takes::By(read_fwmark6), "invalid fwmark\n")];

/// Of IPv6, where whole words count.
pub(super) static IPV6: &[TunnelOpt] = {
    use Takes::By;
    &[
        whole("flowlabel", 0, By(read_flowlabel), "invalid Flowlabel"),
        whole("fl", 0, By(read_flowlabel), "invalid Flowlabel"),
        whole("dscp", 0, By(read_dscp), "not inherit"),
        whole("allow-localremote", 0, By(allow_localremote), ""),
        whole("noallow-localremote", 0, By(noallow_localremote), ""),
        whole("encaplimit", 0, By(read_encap_limit), "invalid ELIM"),
    ]
};

fn external(reading: &mut Read<'_>, _: &TunnelOpt, _: &mut Words<'_>) -> Done {
    reading.state.external = true;
    Ok(())
}

fn address(words: &mut Words<'_>, family: Family) -> Result<Option<IpAddr>, Fail> {
    match words.value()? {
        b"any" | b"default" | b"all" => Ok(None),
        word => words::address_of(word, family).map(Some).map(|found| found.filter(|found| !found.is_unspecified())),
    }
}

pub(super) fn read_local4(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    reading.state.local = address(words, Family::Inet)?;
    Ok(())
}

pub(super) fn read_remote4(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    reading.state.remote = address(words, Family::Inet)?;
    Ok(())
}

pub(super) fn read_local6(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    reading.state.local = address(words, Family::Inet6)?;
    Ok(())
}

pub(super) fn read_remote6(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    reading.state.remote = address(words, Family::Inet6)?;
    Ok(())
}

pub(super) fn read_dev(reading: &mut Read<'_>, _: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.link = reading.session.index(word).map_err(|fail| Fail::new(MISUSE, fail.text))?;
    Ok(())
}

fn byte(option: &TunnelOpt, word: &[u8]) -> Result<u8, Fail> {
    words::number(word).and_then(|number| number.try_into().ok()).ok_or_else(|| option.wrong(word))
}

/// Of IPv6, the hop limit.
pub(super) fn read_ttl(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.ttl = if word == b"inherit" { 0 } else { byte(option, word)? };
    Ok(())
}

pub(super) fn read_tos(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let tos = if word == b"inherit" { Some(1) } else { ds_field(reading.session, word) };
    reading.state.tos = tos.ok_or_else(|| option.wrong(word))?;
    Ok(())
}

pub(super) fn read_tclass(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.flow &= !TCLASS_MASK;
    if word == b"inherit" {
        reading.state.ip6_flags |= USE_ORIG_TCLASS;
    } else {
        let class = words::hexadecimal(word).and_then(|class| u8::try_from(class).ok());
        reading.state.flow |= u32::from(class.ok_or_else(|| option.wrong(word))?) << 20;
        reading.state.ip6_flags &= !USE_ORIG_TCLASS;
    }
    Ok(())
}

fn read_flowlabel(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.flow &= !FLOWLABEL_MASK;
    if word == b"inherit" {
        reading.state.ip6_flags |= USE_ORIG_FLOWLABEL;
    } else {
        let label = words::hexadecimal(word).filter(|label| *label <= FLOWLABEL_MASK);
        reading.state.flow |= label.ok_or_else(|| option.wrong(word))?;
        reading.state.ip6_flags &= !USE_ORIG_FLOWLABEL;
    }
    Ok(())
}

fn read_dscp(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    match words.value()? {
        b"inherit" => reading.state.ip6_flags |= RCV_DSCP_COPY,
        word => return Err(option.wrong(word)),
    }
    Ok(())
}

fn allow_localremote(reading: &mut Read<'_>, _: &TunnelOpt, _: &mut Words<'_>) -> Done {
    reading.state.ip6_flags |= ALLOW_LOCAL_REMOTE;
    Ok(())
}

fn noallow_localremote(reading: &mut Read<'_>, _: &TunnelOpt, _: &mut Words<'_>) -> Done {
    reading.state.ip6_flags &= !ALLOW_LOCAL_REMOTE;
    Ok(())
}

fn read_encap_limit(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    if word == b"none" {
        reading.state.ip6_flags |= IGN_ENCAP_LIMIT;
    } else {
        reading.state.encap_limit = byte(option, word)?;
        reading.state.ip6_flags &= !IGN_ENCAP_LIMIT;
    }
    Ok(())
}

fn read_fwmark(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    reading.state.fwmark = words::u32(word).ok_or_else(|| option.wrong(word))?;
    Ok(())
}

fn read_fwmark6(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    if word == b"inherit" {
        reading.state.ip6_flags |= USE_ORIG_FWMARK;
        reading.state.fwmark = 0;
    } else {
        reading.state.fwmark = words::u32(word).ok_or_else(|| option.wrong(word))?;
        reading.state.ip6_flags &= !USE_ORIG_FWMARK;
    }
    Ok(())
}

/// A key: four numbers with dots, or one number; as it goes over the wire.
pub(super) fn key(name: &str, word: &[u8]) -> Result<[u8; 4], Fail> {
    if word.contains(&b'.') {
        return match words::address(word) {
            Some(IpAddr::V4(key)) => Ok(key.octets()),
            _ => {
                let text = bytes!["Error: an IP address is expected rather than \"", word, "\""];
                Err(Fail::new(FAILED, text).ending_batch())
            }
        };
    }
    words::u32(word).map(u32::to_be_bytes).ok_or_else(|| {
        let text = bytes!["invalid value for \"", name, "\": \"", word, "\"; it should be an unsigned integer"];
        Fail::new(MISUSE, text)
    })
}
