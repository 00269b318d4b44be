//! The settings of a link as words: the same for a new link, an existing one, and a veth's other end.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nslab::namespace::{Names, Namespace};

use crate::applet::ip::fail::{FAILED, Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words, check_if_name, matches};

/// What the words say of one link.
#[derive(Debug, Default)]
pub(super) struct Settings<'a> {
    pub(super) dev: Option<&'a [u8]>,
    pub(super) name: Option<&'a [u8]>,
    pub(super) index: Option<u32>,
    pub(super) address: Option<Vec<u8>>,
    pub(super) broadcast: Option<Vec<u8>>,
    pub(super) mtu: Option<u32>,
    pub(super) txqlen: Option<u32>,
    pub(super) up: Option<bool>,
    pub(super) netns: Option<Namespace>,
    pub(super) master: Option<u32>,
    pub(super) link: Option<u32>,
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
    Address,
    Broadcast,
    TxQueueLen,
    Mtu,
    Netns,
    Master,
    Link,
    NoMaster,
    Type,
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
        ("mtu", Whole, Mtu),
        ("xdpgeneric", Whole, NotYet),
        ("xdpdrv", Whole, NotYet),
        ("xdpoffload", Whole, NotYet),
        ("xdp", Whole, NotYet),
        ("netns", Whole, Netns),
        ("multicast", Whole, NotYet),
        ("allmulticast", Whole, NotYet),
        ("promisc", Whole, NotYet),
        ("trailers", Whole, NotYet),
        ("arp", Whole, NotYet),
        ("carrier", Whole, NotYet),
        ("vf", Whole, NotYet),
        ("master", Prefix, Master),
        ("vrf", Whole, NotYet),
        ("nomaster", Prefix, NoMaster),
        ("dynamic", Prefix, NotYet),
        ("type", Prefix, Type),
        ("alias", Prefix, NotYet),
        ("group", Whole, NotYet),
        ("mode", Whole, NotYet),
        ("state", Whole, NotYet),
        ("numtxqueues", Prefix, NotYet),
        ("numrxqueues", Prefix, NotYet),
        ("addrgenmode", Prefix, NotYet),
        ("link-netnsid", Prefix, NotYet),
        ("link-netns", Prefix, NotYet),
        ("protodown", Whole, NotYet),
        ("protodown_reason", Whole, NotYet),
        ("gso_max_size", Whole, NotYet),
        ("gso_max_segs", Whole, NotYet),
        ("gro_max_size", Whole, NotYet),
        ("gso_ipv4_max_size", Whole, NotYet),
        ("gro_ipv4_max_size", Whole, NotYet),
        ("parentdev", Whole, NotYet),
        ("help", Prefix, NotYet),
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
                Some((_, _, key)) => settings.take(session, *key, words)?,
                None => settings.device(word, words)?,
            }
        }
        if settings.name.is_none() {
            settings.name = settings.dev;
        }
        Ok(settings)
    }

    fn take(&mut self, session: &mut Session, key: Key, words: &mut Words<'a>) -> Result<(), Fail> {
        match key {
            Key::Up => self.up = Some(true),
            Key::Down => self.up = Some(false),
            Key::Name => {
                let word = words.value()?;
                if self.name.is_some() {
                    return Err(Fail::duplicate("name", word));
                }
                check_if_name(word, "name")?;
                self.name = Some(word);
            }
            Key::Index => {
                let word = words.value()?;
                if self.index.is_some() {
                    return Err(Fail::duplicate("index", word));
                }
                let index = words::i32_as_u32(word).filter(|index| (1..=i32::MAX.cast_unsigned()).contains(index));
                self.index = Some(index.ok_or_else(|| Fail::wrong(word, "Invalid \"index\" value"))?);
            }
            Key::Address => self.address = Some(hardware_address(words.value()?)?),
            Key::Broadcast => self.broadcast = Some(hardware_address(words.value()?)?),
            Key::TxQueueLen => {
                let word = words.value()?;
                if self.txqlen.is_some() {
                    return Err(Fail::duplicate("txqueuelen", word));
                }
                self.txqlen = Some(number(word, "Invalid \"txqueuelen\" value\n")?);
            }
            Key::Mtu => {
                let word = words.value()?;
                if self.mtu.is_some() {
                    return Err(Fail::duplicate("mtu", word));
                }
                self.mtu = Some(number(word, "Invalid \"mtu\" value\n")?);
            }
            Key::Netns => {
                let word = words.value()?;
                if self.netns.is_some() {
                    return Err(Fail::duplicate("netns", word));
                }
                self.netns = Some(place(word)?);
            }
            Key::Master => {
                let word = words.value()?;
                self.master = Some(session.index(word).map_err(|_| Fail::wrong(word, "Device does not exist\n"))?);
            }
            Key::Link => {
                let word = words.value()?;
                if self.link.is_some() {
                    return Err(Fail::duplicate("link", word));
                }
                self.link = Some(session.index(word)?);
            }
            Key::NoMaster => self.master = Some(0),
            Key::Type | Key::NotYet => {}
        }
        Ok(())
    }

    /// A word that is no keyword is the link's name, with or without `dev` before it.
    fn device(&mut self, word: &'a [u8], words: &mut Words<'a>) -> Result<(), Fail> {
        let name = if word == b"dev" { words.value()? } else { word };
        if self.dev.is_some() {
            return Err(Fail::duplicate_or_garbage("dev", name));
        }
        check_if_name(name, "dev")?;
        self.dev = Some(name);
        Ok(())
    }
}

fn number(word: &[u8], why: &str) -> Result<u32, Fail> {
    words::i32_as_u32(word).ok_or_else(|| Fail::wrong(word, why))
}

/// A namespace by name or path, or that of a process by its number; a name that is a number wins.
fn place(word: &[u8]) -> Result<Namespace, Fail> {
    let by_name = if word.contains(&b'/') {
        Namespace::open(Path::new(OsStr::from_bytes(word)))
    } else {
        Names::default().open(OsStr::from_bytes(word))
    };
    let of_process = || {
        let pid = words::u32(word)?;
        Namespace::open(Path::new(&format!("/proc/{pid}/ns/net"))).ok()
    };
    by_name.ok().or_else(of_process).ok_or_else(|| Fail::wrong(word, "Invalid \"netns\" value\n"))
}

/// Bytes in hexadecimal with colons; or, where there is a dot, an IP address as its bytes.
pub(super) fn hardware_address(word: &[u8]) -> Result<Vec<u8>, Fail> {
    let bad = |part: &[u8]| Fail::new(FAILED, bytes!["\"", part, "\" is invalid lladdr."]);
    if word.contains(&b'.') {
        return match words::address(word).ok_or_else(|| bad(word))? {
            IpAddr::V4(address) => Ok(address.octets().into()),
            IpAddr::V6(address) => Ok(address.octets().into()),
        };
    }
    let byte = |part: &[u8]| {
        // As scanf(3) reads `%x`: the digits count, what follows them does not.
        let text = part.strip_prefix(b"0x").unwrap_or(part);
        let len = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        u8::from_str_radix(std::str::from_utf8(text.get(..len)?).ok()?, 16).ok()
    };
    word.split(|b| *b == b':').map(|part| byte(part).ok_or_else(|| bad(part))).collect()
}

/// A command that needs a link and was given none.
pub(super) fn no_device_given() -> Fail {
    Fail::new(MISUSE, "Not enough information: \"dev\" argument is required.")
}
