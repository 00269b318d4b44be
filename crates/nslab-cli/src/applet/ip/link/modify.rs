//! `ip link add`, `set` and `delete`.

use std::os::fd::AsFd;

use nslab::ops::link::{self, Data, Kind, LinkConfig, Netns, Select};

use super::keywords::{Settings, no_device_given};
use super::kinds::{self, Asked};
use crate::applet::ip::fail::{FAILED, Fail, MISUSE};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn add(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    if let Some(dev) = settings.dev
        && settings.name != Some(dev)
    {
        return Err(Fail::new(MISUSE, "both \"name\" and \"dev\" cannot be used when creating devices."));
    }
    let Some(kind) = settings.kind else {
        return Err(Fail::new(FAILED, "Not enough information: \"type\" argument is required"));
    };
    let asked = if words.is_empty() { None } else { Some(kinds::read(session, kind, true, words)?) };
    let request = LinkConfig { kind: Some(of(kind, asked.as_ref())), ..config(&settings) }.create();
    session.talk(request)
}

pub(super) fn set(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    if settings.index.is_some() && settings.netns.is_none() {
        return Err(Fail::new(
            MISUSE,
            "index can be used only when creating devices or when moving device to another netns.",
        ));
    }
    let Some(dev) = settings.dev else {
        return Err(no_device_given());
    };
    let index = session.index(dev)?;
    for address in [&settings.address, &settings.broadcast].into_iter().flatten() {
        check_length(session, index, address)?;
    }
    let name = settings.name.filter(|name| *name != dev);
    let asked = match settings.kind {
        Some(kind) if !words.is_empty() => Some(kinds::read(session, kind, false, words)?),
        _ => None,
    };
    let mut kind = settings.kind.map(|kind| of(kind, asked.as_ref()));
    if let (Some(Kind::Veth { peer }), Some(Asked::Peer(words))) = (&mut kind, &asked) {
        // The other end is one that is there.
        let dev = words.dev.or(words.name).ok_or_else(no_device_given)?;
        peer.index = Some(session.index(dev)?);
        peer.name = peer.name.filter(|name| *name != dev);
    }
    let request = LinkConfig { name, kind, ..config(&settings) }.change_link(index);
    session.talk(request)
}

pub(super) fn delete(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    let Some(dev) = settings.dev else {
        return Err(no_device_given());
    };
    let index = session.index(dev)?;
    if let Some(kind) = settings.kind
        && !words.is_empty()
    {
        // They must be right, and mean nothing.
        kinds::read(session, kind, false, words)?;
    }
    session.talk(Select::Index(index).delete())
}

fn config<'a>(settings: &'a Settings<'_>) -> LinkConfig<'a> {
    LinkConfig {
        name: settings.name,
        index: settings.index,
        address: settings.address.as_deref(),
        broadcast: settings.broadcast.as_deref(),
        mtu: settings.mtu,
        txqlen: settings.txqlen,
        up: settings.up,
        queues: None,
        master: settings.master,
        link: settings.link,
        netns: settings.netns.as_ref().map(|namespace| Netns::Fd(namespace.as_fd())),
        kind: None,
    }
}

/// A kind, and what was asked of it.
fn of<'a>(kind: &'a [u8], asked: Option<&'a Asked<'_>>) -> Kind<'a> {
    match asked {
        // A kind that is not UTF-8 is none that a kernel has.
        None => Kind::Plain(std::str::from_utf8(kind).unwrap_or("?")),
        Some(Asked::Own(options)) => Kind::Other { name: kind, data: Data::Own(options) },
        Some(Asked::Slave(options)) => Kind::Other { name: kind, data: Data::Slave(options) },
        Some(Asked::Peer(peer)) => Kind::Veth { peer: Box::new(config(peer)) },
    }
}

/// A hardware address must have as many bytes as the link's has.
fn check_length(session: &mut Session, index: u32, address: &[u8]) -> Result<(), Fail> {
    let len = link::get(session.connection()?, Select::Index(index), |link| Ok(link.address().map(<[u8]>::len)));
    match len {
        Ok(Some(len)) if len != address.len() => {
            let text = format!("Invalid address length {} - must be {len} bytes", address.len());
            Err(Fail::new(FAILED, text))
        }
        _ => Ok(()),
    }
}
