//! `ip link add`, `set` and `delete`.

use std::os::fd::AsFd;

use nslab::ops::link::{self, Kind, LinkConfig, Netns, Select};

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
    let mut peer = None;
    if !words.is_empty() {
        let known = KINDS.iter().find(|(word, _)| word.as_bytes() == kind);
        let Some((_, parse)) = known else {
            let first = words.peek().unwrap_or_default();
            if NOT_YET.contains(&kind) {
                return Err(Fail::not_yet(&bytes!["ip link add … type ", kind, " ", first]));
            }
            return Err(Fail::new(
                FAILED,
                bytes!["Garbage instead of arguments \"", first, " ...\". Try \"ip link help\"."],
            ));
        };
        peer = parse(session, words)?;
    }
    let kind = match &peer {
        Some(peer) => Kind::Veth { peer: Box::new(config(peer)) },
        None => plain(kind),
    };
    let request = LinkConfig { kind: Some(kind), ..config(&settings) }.create();
    session.talk(request)
}

pub(super) fn set(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    if !words.is_empty() {
        return Err(Fail::not_yet("ip link set … type … OPTIONS".as_bytes()));
    }
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
    let request = LinkConfig { name, kind: settings.kind.map(plain), ..config(&settings) }.change_link(index);
    session.talk(request)
}

pub(super) fn delete(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let settings = Settings::parse(session, &mut words)?;
    let Some(dev) = settings.dev else {
        return Err(no_device_given());
    };
    let index = session.index(dev)?;
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
        netns: settings.netns.as_ref().map(|namespace| Netns::Fd(namespace.as_fd())),
        kind: None,
    }
}

fn plain(kind: &[u8]) -> Kind<'_> {
    // A kind that is not UTF-8 is none that a kernel has.
    Kind::Plain(std::str::from_utf8(kind).unwrap_or("?"))
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
