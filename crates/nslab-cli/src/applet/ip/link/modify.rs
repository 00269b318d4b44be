//! `ip link add`, `replace`, `set` and `delete`.

use nslab::ops::link::{self, Data, Kind, LinkConfig, Select};
use nslab::wire::Request;

use super::keywords::{Settings, no_device_given};
use super::kinds::{self, Asked};
use crate::applet::ip::fail::{FAILED, Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) fn add(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    create(session, words, |config| config.create())
}

pub(super) fn replace(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    create(session, words, |config| config.create_or_replace())
}

fn create(
    session: &mut Session,
    mut words: Words<'_>,
    request: impl FnOnce(&LinkConfig<'_>) -> Request,
) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    if let Some(dev) = settings.dev
        && settings.config.name != Some(dev)
    {
        return Err(Fail::new(MISUSE, "both \"name\" and \"dev\" cannot be used when creating devices."));
    }
    let link = parent(session, &settings)?;
    let Some(kind) = settings.kind else {
        return Err(Fail::new(FAILED, "Not enough information: \"type\" argument is required"));
    };
    let asked = options(session, kind, None, words)?;
    let kind = Some(kind_of(kind, asked.as_ref()));
    session.talk(request(&LinkConfig { kind, link, ..settings.config() }))
}

pub(super) fn set(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    if settings.config.index.is_some() && !settings.moves() {
        return Err(Fail::new(
            MISUSE,
            "index can be used only when creating devices or when moving device to another netns.",
        ));
    }
    // A name alone is taken for the link's own.
    let dev = match (settings.dev.or(settings.config.name), settings.config.group) {
        (Some(dev), _) => dev,
        (None, Some(_)) => return session.talk(settings.config().change_group()),
        (None, None) => return Err(no_device_given()),
    };
    let index = session.index(dev)?;
    if let Some(address) = &settings.address {
        check_length(session, index, address)?;
    }
    let asked = match settings.kind {
        Some(kind) => options(session, kind, Some(index), words)?,
        None => None,
    };
    let kind = settings.kind.map(|kind| kind_of(kind, asked.as_ref()));
    let name = settings.config.name.filter(|name| *name != dev);
    session.talk(LinkConfig { name, kind, ..settings.config() }.change_link(index))
}

pub(super) fn delete(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    let which = match (settings.dev.or(settings.config.name), settings.config.group) {
        (Some(dev), _) => Select::Index(session.index(dev)?),
        (None, Some(group)) => Select::Group(group),
        (None, None) => return Err(no_device_given()),
    };
    if let Some(kind) = settings.kind {
        // They must be right, and mean nothing.
        let index = if let Select::Index(index) = which { index } else { 0 };
        options(session, kind, Some(index), words)?;
    }
    session.talk(which.delete())
}

/// The index of the link beneath a new one, in the namespace that it is said to be in.
fn parent(session: &mut Session, settings: &Settings<'_>) -> Result<Option<u32>, Fail> {
    let Some(name) = settings.link else { return Ok(None) };
    let Some(netnsid) = settings.config.link_netnsid else { return session.index(name).map(Some) };
    link::index_elsewhere(session.connection()?, netnsid, name).map(Some).map_err(|error| {
        let (why, what) = (Fail::kernel(&error), Fail::no_device(name));
        Fail::new(FAILED, bytes![why.text, "\n", what.text])
    })
}

/// Reads the words behind `type KIND`, if there are any. `existing` is the index of a link to be changed.
fn options<'a>(
    session: &mut Session,
    kind: &[u8],
    existing: Option<u32>,
    words: Words<'a>,
) -> Result<Option<Asked<'a>>, Fail> {
    if words.is_empty() {
        return Ok(None);
    }
    let mut asked = kinds::read(session, kind, existing, words)?;
    if let Asked::Peer(_, peer) = &mut asked {
        if existing.is_none() {
            peer.config.link = parent(session, peer)?;
        } else {
            // The other end is one that is there.
            let dev = peer.dev.or(peer.config.name).ok_or_else(no_device_given)?;
            peer.config.index = Some(session.index(dev)?);
            peer.config.name = peer.config.name.filter(|name| *name != dev);
        }
    }
    Ok(Some(asked))
}

/// A kind, and what was asked of it.
fn kind_of<'a>(kind: &'a [u8], asked: Option<&'a Asked<'a>>) -> Kind<'a> {
    match asked {
        // A kind that is not UTF-8 is none that a kernel has.
        None => Kind::Plain(std::str::from_utf8(kind).unwrap_or("?")),
        Some(Asked::Own(options)) => Kind::Other { name: kind, data: Data::Own(options) },
        Some(Asked::Slave(options)) => Kind::Other { name: kind, data: Data::Slave(options) },
        Some(Asked::Peer(own, peer)) => Kind::Pair { name: kind, own, peer: Box::new(peer.config()) },
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
