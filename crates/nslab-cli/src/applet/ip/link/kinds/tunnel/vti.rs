//! `vti` and `vti6`: what IPsec protects by a mark, as a link.

use nslab::wire::consts::kinds::*;

use super::options::{self, FWMARK};
use super::{Read, Tunnel, TunnelOpt, existing, put_address, show};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::link::kinds::fields::{Field, all};
use crate::applet::ip::link::kinds::reading::{Options, Takes, opt};
use crate::applet::ip::words::Words;

pub(in super::super) static VTI: Options<Tunnel> = Options {
    tables: &[KEYS, ENDS, FWMARK],
    stranger: "",
    once: false,
    begin: existing::vti,
    finish,
    usage: include_str!("vti.txt"),
};

pub(in super::super) static VTI6: Options<Tunnel> = Options {
    tables: &[KEYS, ENDS6, FWMARK],
    stranger: "",
    once: false,
    begin: existing::vti,
    finish,
    usage: include_str!("vti.txt"),
};

static KEYS: &[TunnelOpt] = {
    use Takes::By;
    &[
        opt("key", 0, By(|reading, option, words| read_keys(reading, option, words, [true, true])), ""),
        opt("ikey", 0, By(|reading, option, words| read_keys(reading, option, words, [true, false])), ""),
        opt("okey", 0, By(|reading, option, words| read_keys(reading, option, words, [false, true])), ""),
    ]
};

static ENDS: &[TunnelOpt] = {
    use Takes::By;
    &[
        opt("remote", 0, By(options::read_remote4), ""),
        opt("local", 0, By(options::read_local4), ""),
        opt("dev", 0, By(options::read_dev), ""),
    ]
};

static ENDS6: &[TunnelOpt] = {
    use Takes::By;
    &[
        opt("remote", 0, By(options::read_remote6), ""),
        opt("local", 0, By(options::read_local6), ""),
        opt("dev", 0, By(options::read_dev), ""),
    ]
};

fn read_keys(reading: &mut Read<'_>, option: &TunnelOpt, words: &mut Words<'_>, which: [bool; 2]) -> Result<(), Fail> {
    let key = options::key(option.word, words.value()?)?;
    for (place, _) in reading.state.keys.iter_mut().zip(which).filter(|(_, wanted)| *wanted) {
        *place = key;
    }
    Ok(())
}

fn finish(reading: &mut Read<'_>) -> Result<(), Fail> {
    let Tunnel { keys: [ikey, okey], local, remote, fwmark, link, .. } = reading.state;
    let data = &mut reading.data;
    data.attribute(IFLA_VTI_IKEY, &ikey).attribute(IFLA_VTI_OKEY, &okey);
    put_address(data, IFLA_VTI_LOCAL, local);
    put_address(data, IFLA_VTI_REMOTE, remote);
    data.u32(IFLA_VTI_FWMARK, fwmark);
    if link != 0 {
        data.u32(IFLA_VTI_LINK, link);
    }
    Ok(())
}

pub(in super::super) static FIELDS: &[Field] = &[all(show::vti)];
