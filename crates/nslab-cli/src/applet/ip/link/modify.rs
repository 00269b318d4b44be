//! `ip link add`, `replace`, `set` and `delete`.

use nslab::ops::link::{self, Kind, LinkConfig, Select};
use nslab::wire::Request;

use super::keywords::{Settings, no_device_given};
use super::veth;
use crate::applet::ip::fail::{FAILED, Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

/// A kind of link: its word, and how the words behind it are read.
type ParseKind = for<'a> fn(&mut Session, Words<'a>) -> Result<Option<Settings<'a>>, Fail>;

/// One entry a kind, one file a kind.
static KINDS: &[(&str, ParseKind)] = &[("veth", veth::parse)];

/// Kinds whose options `ip` reads and this does not read yet.
static NOT_YET: &[&[u8]] = &[
    b"amt",
    b"bareudp",
    b"batadv",
    b"bond",
    b"bridge",
    b"can",
    b"dsa",
    b"erspan",
    b"geneve",
    b"gre",
    b"gretap",
    b"gtp",
    b"hsr",
    b"ip6erspan",
    b"ip6gre",
    b"ip6gretap",
    b"ip6tnl",
    b"ipip",
    b"ipoib",
    b"ipvlan",
    b"ipvtap",
    b"macsec",
    b"macvlan",
    b"macvtap",
    b"netdevsim",
    b"netkit",
    b"pfcp",
    b"rmnet",
    b"sit",
    b"team",
    b"tun",
    b"vlan",
    b"vrf",
    b"vti",
    b"vti6",
    b"vxlan",
    b"wwan",
    b"xfrm",
];

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
    let link = settings.link.map(|link| session.index(link)).transpose()?;
    let Some(kind) = settings.kind else {
        return Err(Fail::new(FAILED, "Not enough information: \"type\" argument is required"));
    };
    let peer = options(session, kind, words)?;
    let kind = Some(kind_of(kind, peer.as_ref()));
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
    let dev = match (settings.dev, settings.config.group) {
        (Some(dev), _) => dev,
        // A name alone is taken for the link's own.
        (None, Some(_)) => match settings.config.name {
            Some(name) => name,
            None => return session.talk(settings.config().change_group()),
        },
        (None, None) => return Err(no_device_given()),
    };
    let index = session.index(dev)?;
    if let Some(address) = &settings.address {
        check_length(session, index, address)?;
    }
    let peer = match settings.kind {
        Some(kind) => options(session, kind, words)?,
        None => None,
    };
    let kind = settings.kind.map(|kind| kind_of(kind, peer.as_ref()));
    let name = settings.config.name.filter(|name| *name != dev);
    session.talk(LinkConfig { name, kind, ..settings.config() }.change_link(index))
}

pub(super) fn delete(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    let which = match (settings.dev, settings.config.group) {
        (Some(dev), _) => Select::Index(session.index(dev)?),
        (None, Some(group)) => Select::Group(group),
        (None, None) => return Err(no_device_given()),
    };
    if let Some(kind) = settings.kind {
        options(session, kind, words)?;
    }
    session.talk(which.delete())
}

/// Reads the words behind `type KIND`.
fn options<'a>(session: &mut Session, kind: &[u8], words: Words<'a>) -> Result<Option<Settings<'a>>, Fail> {
    let Some(first) = words.peek() else {
        return Ok(None);
    };
    if let Some((_, parse)) = KINDS.iter().find(|(word, _)| word.as_bytes() == kind) {
        return parse(session, words);
    }
    if NOT_YET.contains(&kind) {
        return Err(Fail::not_yet(&bytes!["ip link … type ", kind, " ", first]));
    }
    Err(Fail::new(FAILED, bytes!["Garbage instead of arguments \"", first, " ...\". Try \"ip link help\"."]))
}

fn kind_of<'a>(kind: &'a [u8], peer: Option<&'a Settings<'a>>) -> Kind<'a> {
    match peer {
        Some(peer) => Kind::Veth { peer: Box::new(peer.config()) },
        // A kind that is not UTF-8 is none that a kernel has.
        None => Kind::Plain(std::str::from_utf8(kind).unwrap_or("?")),
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
