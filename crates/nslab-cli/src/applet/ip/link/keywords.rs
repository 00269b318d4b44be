//! The settings of a link as words: the same for a new link, an existing one, and a veth's other end.

use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

use nslab::namespace::{Names, Namespace};
use nslab::ops::link::{LinkConfig, Netns, OperState};
use nslab::ops::nsid;
use nslab::wire::consts::{IFF_ALLMULTI, IFF_DYNAMIC, IFF_MULTICAST, IFF_NOARP, IFF_NOTRAILERS, IFF_PROMISC};

pub(super) use super::values::hardware_address;
use super::{usage, values};
use crate::applet::ip::address::filter;
use crate::applet::ip::fail::{Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, check_if_name, matches};

/// What the words say of one link.
#[derive(Debug, Default)]
pub(super) struct Settings<'a> {
    pub(super) dev: Option<&'a [u8]>,
    /// All that is borrowed from the words or a number.
    pub(super) config: LinkConfig<'a>,
    pub(super) address: Option<Vec<u8>>,
    broadcast: Option<Vec<u8>>,
    netns: Option<Namespace>,
    link_netns: Option<&'a [u8]>,
    /// The link beneath: the name, for only a new link has one.
    pub(super) link: Option<&'a [u8]>,
    /// The word behind `type`, which ends the settings.
    pub(super) kind: Option<&'a [u8]>,
}

/// How a word is compared with a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Only the whole word counts.
    Whole,
    /// Any beginning of it does.
    Prefix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Up,
    Down,
    Name,
    Index,
    Link,
    Address,
    Broadcast,
    TxQueueLen,
    Mtu,
    Netns,
    /// A flag of the link, set by `on`.
    Flag(u32),
    /// A flag that says what is not: set by `off`.
    Contrary(u32),
    Carrier,
    Master,
    Vrf,
    NoMaster,
    Type,
    Alias,
    Group,
    Mode,
    State,
    TxQueues,
    RxQueues,
    AddrGenMode,
    LinkNetnsId,
    LinkNetns,
    ProtoDown,
    ProtoDownReason,
    GsoMaxSize,
    GsoMaxSegs,
    GroMaxSize,
    GsoIpv4MaxSize,
    GroIpv4MaxSize,
    ParentDev,
    Help,
    NotYet,
}

/// In the order in which `ip` tries them: `ip link set a` is `address`.
static KEYWORDS: &[(&str, Spelling, Key)] = {
    use Key::*;
    use Spelling::*;
    &[
        ("up", Whole, Up),
        ("down", Whole, Down),
        ("name", Whole, Name),
        ("index", Whole, Index),
        ("link", Prefix, Link),
        ("address", Prefix, Address),
        ("broadcast", Prefix, Broadcast),
        ("brd", Whole, Broadcast),
        ("txqueuelen", Prefix, TxQueueLen),
        ("qlen", Whole, TxQueueLen),
        ("txqlen", Prefix, TxQueueLen),
        ("mtu", Whole, Mtu),
        ("xdpgeneric", Whole, NotYet),
        ("xdpdrv", Whole, NotYet),
        ("xdpoffload", Whole, NotYet),
        ("xdp", Whole, NotYet),
        ("netns", Whole, Netns),
        ("multicast", Whole, Flag(IFF_MULTICAST)),
        ("allmulticast", Whole, Flag(IFF_ALLMULTI)),
        ("promisc", Whole, Flag(IFF_PROMISC)),
        ("trailers", Whole, Contrary(IFF_NOTRAILERS)),
        ("arp", Whole, Contrary(IFF_NOARP)),
        ("carrier", Whole, Carrier),
        ("vf", Whole, NotYet),
        ("master", Prefix, Master),
        ("vrf", Whole, Vrf),
        ("nomaster", Prefix, NoMaster),
        ("dynamic", Prefix, Flag(IFF_DYNAMIC)),
        ("type", Prefix, Type),
        ("alias", Prefix, Alias),
        ("group", Whole, Group),
        ("mode", Whole, Mode),
        ("state", Whole, State),
        ("numtxqueues", Prefix, TxQueues),
        ("numrxqueues", Prefix, RxQueues),
        ("addrgenmode", Prefix, AddrGenMode),
        ("link-netns", Prefix, LinkNetns),
        ("link-netnsid", Prefix, LinkNetnsId),
        ("protodown", Whole, ProtoDown),
        ("protodown_reason", Whole, ProtoDownReason),
        ("gso_max_size", Whole, GsoMaxSize),
        ("gso_max_segs", Whole, GsoMaxSegs),
        ("gro_max_size", Whole, GroMaxSize),
        ("gso_ipv4_max_size", Whole, GsoIpv4MaxSize),
        ("gro_ipv4_max_size", Whole, GroIpv4MaxSize),
        ("parentdev", Whole, ParentDev),
        ("help", Prefix, Help),
    ]
};

impl<'a> Settings<'a> {
    /// Reads words up to their end or to what stands behind `type KIND`.
    pub(super) fn parse(session: &mut Session, words: &mut Words<'a>) -> Result<Self, Fail> {
        let mut settings = Self::default();
        while let Some(word) = words.take() {
            let found = KEYWORDS.iter().find(|(keyword, spelling, _)| match spelling {
                Spelling::Whole => word == keyword.as_bytes(),
                Spelling::Prefix => matches(word, keyword),
            });
            match found {
                Some((keyword, _, Key::NotYet)) => return Err(Fail::not_yet(&bytes!["ip link … ", keyword])),
                Some((_, _, Key::Type)) => {
                    settings.kind = Some(words.value()?);
                    break;
                }
                Some((keyword, _, key)) => settings.take(session, keyword, *key, words)?,
                None => duplicate_or_garbage_dev(&mut settings.dev, word, words)?,
            }
        }
        if let Some(name) = settings.link_netns {
            settings.config.link_netnsid = Some(known_id(session, name, words)?);
        }
        if settings.config.name.is_none() {
            settings.config.name = settings.dev;
        }
        Ok(settings)
    }

    /// The settings as the library takes them.
    pub(super) fn config(&'a self) -> LinkConfig<'a> {
        LinkConfig {
            address: self.address.as_deref(),
            broadcast: self.broadcast.as_deref(),
            netns: self.netns.as_ref().map(|namespace| Netns::Fd(namespace.as_fd())),
            ..self.config.clone()
        }
    }

    /// Whether the link is to be in another namespace.
    pub(super) fn moves(&self) -> bool {
        self.netns.is_some()
    }

    fn take(&mut self, session: &mut Session, keyword: &str, key: Key, words: &mut Words<'a>) -> Result<(), Fail> {
        let config = &mut self.config;
        match key {
            Key::Up => config.up = Some(true),
            Key::Down => config.up = Some(false),
            Key::Name => {
                let word = once("name", &config.name, words)?;
                check_if_name(word, "name")?;
                config.name = Some(word);
            }
            Key::Index => {
                let word = once("index", &config.index, words)?;
                config.index = Some(values::index(word)?);
            }
            Key::Link => self.link = Some(words.value()?),
            Key::Address => self.address = Some(hardware_address(words.value()?)?),
            Key::Broadcast => self.broadcast = Some(hardware_address(words.value()?)?),
            Key::TxQueueLen => {
                let word = once("txqueuelen", &config.txqlen, words)?;
                config.txqlen = Some(values::signed("txqueuelen", word)?);
            }
            Key::Mtu => config.mtu = Some(values::signed("mtu", once("mtu", &config.mtu, words)?)?),
            Key::Netns => self.netns = Some(values::place(once("netns", &self.netns, words)?)?),
            Key::Flag(flag) => {
                let on = values::on_off(keyword, words.value()?)?;
                config.set_flag(flag, on);
            }
            Key::Contrary(flag) => {
                let on = values::on_off(keyword, words.value()?)?;
                config.set_flag(flag, !on);
            }
            Key::Carrier => config.carrier = Some(values::one_of_on_off(keyword, words.value()?)?),
            Key::Master => {
                let word = words.value()?;
                let index = session.index(word).map_err(|_| Fail::wrong(word, "Device does not exist\n"))?;
                config.master = Some(index);
            }
            Key::Vrf => config.master = Some(session.vrf(words.value()?)?),
            Key::NoMaster => config.master = Some(0),
            Key::Alias => config.alias = Some(values::alias(words.value()?)?),
            Key::Group => {
                let word = once("group", &config.group, words)?;
                config.group = Some(filter::group(session, word)?);
            }
            Key::Mode => config.link_mode = Some(values::link_mode(words.value()?)?),
            Key::State => {
                let word = words.value()?;
                let state = OperState::named(word).ok_or_else(|| Fail::wrong(word, "Invalid operstate\n"))?;
                config.oper_state = Some(state);
            }
            Key::TxQueues => {
                let word = once("numtxqueues", &config.tx_queues, words)?;
                config.tx_queues = Some(values::signed("numtxqueues", word)?);
            }
            Key::RxQueues => {
                let word = once("numrxqueues", &config.rx_queues, words)?;
                config.rx_queues = Some(values::signed("numrxqueues", word)?);
            }
            Key::AddrGenMode => config.addr_gen_mode = Some(values::addr_gen_mode(words.value()?)?),
            Key::LinkNetnsId => {
                let word = self.link_netns_once(words)?;
                self.config.link_netnsid = Some(values::signed("link-netnsid", word)?);
            }
            Key::LinkNetns => self.link_netns = Some(self.link_netns_once(words)?),
            Key::ProtoDown => config.proto_down = Some(values::one_of_on_off(keyword, words.value()?)?),
            Key::ProtoDownReason => config.proto_down_reason = Some(values::proto_down_reason(session, words)?),
            Key::GsoMaxSize => config.gso_max_size = Some(values::unsigned(keyword, words.value()?)?),
            Key::GsoMaxSegs => config.gso_max_segs = Some(values::segments(words.value()?)?),
            Key::GroMaxSize => config.gro_max_size = Some(values::unsigned(keyword, words.value()?)?),
            Key::GsoIpv4MaxSize => config.gso_ipv4_max_size = Some(values::unsigned(keyword, words.value()?)?),
            Key::GroIpv4MaxSize => config.gro_ipv4_max_size = Some(values::unsigned(keyword, words.value()?)?),
            Key::ParentDev => config.parent_dev = Some(words.value()?),
            Key::Help => return Err(usage::usage()),
            Key::Type | Key::NotYet => {}
        }
        Ok(())
    }

    fn link_netns_once(&self, words: &mut Words<'a>) -> Result<&'a [u8], Fail> {
        let first = self.config.link_netnsid.map(|_| ()).or(self.link_netns.map(|_| ()));
        once("link-netns/link-netnsid", &first, words)
    }
}

/// The value of a keyword that may stand only once.
fn once<'a, T>(key: &str, before: &Option<T>, words: &mut Words<'a>) -> Result<&'a [u8], Fail> {
    let word = words.value()?;
    if before.is_some() { Err(Fail::duplicate(key, word)) } else { Ok(word) }
}

/// The id of a named namespace. What is wrong with it is told when all words have been read: `ip` then quotes
/// the word that comes next.
fn known_id(session: &mut Session, name: &[u8], words: &Words<'_>) -> Result<u32, Fail> {
    let namespace = Names::default().open(OsStr::from_bytes(name)).ok();
    let id = namespace.and_then(|namespace| {
        if session.netns_id(&namespace).ok()?.is_none() {
            // It gets one.
            session.talk(nsid::set(&namespace, None)).ok()?;
        }
        session.netns_id(&namespace).ok()?
    });
    id.ok_or_else(|| Fail::wrong(words.peek().unwrap_or(b"(null)"), "Invalid \"link-netns\" value\n"))
}

/// A word that is no keyword is the link's name, with or without `dev` before it.
pub(super) fn duplicate_or_garbage_dev<'a>(
    dev: &mut Option<&'a [u8]>,
    word: &'a [u8],
    words: &mut Words<'a>,
) -> Result<(), Fail> {
    let name = if word == b"dev" { words.value()? } else { word };
    if dev.is_some() {
        return Err(Fail::duplicate_or_garbage("dev", name));
    }
    check_if_name(name, "dev")?;
    *dev = Some(name);
    Ok(())
}

/// A command that needs a link and was given none.
pub(super) fn no_device_given() -> Fail {
    Fail::new(MISUSE, "Not enough information: \"dev\" argument is required.")
}
