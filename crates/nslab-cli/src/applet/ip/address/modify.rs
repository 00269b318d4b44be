//! `ip address add`, `change`, `replace` and `delete`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nslab::ops::address::{AddressConfig, FOREVER};
use nslab::types::Prefix;
use nslab::wire::Request;
use nslab::wire::consts::{
    IFA_ADDRESS, IFA_ANYCAST, IFA_BROADCAST, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_HOMEADDRESS,
    IFA_F_MANAGETEMPADDR, IFA_F_MCAUTOJOIN, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_OPTIMISTIC, IFA_F_PERMANENT,
    IFA_F_SECONDARY, IFA_F_STABLE_PRIVACY, IFA_F_TENTATIVE, IFA_LOCAL,
};

use super::filter::bad_protocol;
use super::usage::usage;
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words, matches};

/// Who may set a flag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setter {
    Anyone,
    /// Anyone, of an IPv6 address.
    Inet6,
    /// The kernel alone.
    Kernel,
}

static FLAGS: &[(&str, u32, Setter)] = &[
    ("secondary", IFA_F_SECONDARY, Setter::Kernel),
    ("temporary", IFA_F_SECONDARY, Setter::Kernel),
    ("nodad", IFA_F_NODAD, Setter::Inet6),
    ("optimistic", IFA_F_OPTIMISTIC, Setter::Inet6),
    ("dadfailed", IFA_F_DADFAILED, Setter::Kernel),
    ("home", IFA_F_HOMEADDRESS, Setter::Inet6),
    ("deprecated", IFA_F_DEPRECATED, Setter::Kernel),
    ("tentative", IFA_F_TENTATIVE, Setter::Kernel),
    ("permanent", IFA_F_PERMANENT, Setter::Kernel),
    ("mngtmpaddr", IFA_F_MANAGETEMPADDR, Setter::Inet6),
    ("noprefixroute", IFA_F_NOPREFIXROUTE, Setter::Anyone),
    ("autojoin", IFA_F_MCAUTOJOIN, Setter::Anyone),
    ("stable-privacy", IFA_F_STABLE_PRIVACY, Setter::Kernel),
];

pub(super) fn add(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    run(session, words, AddressConfig::add)
}

pub(super) fn change(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    run(session, words, AddressConfig::change)
}

pub(super) fn replace(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    run(session, words, AddressConfig::replace)
}

fn run(session: &mut Session, words: Words<'_>, request: fn(&AddressConfig) -> Request) -> Result<(), Fail> {
    ask(session, words, false, request)
}

pub(super) fn delete(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    ask(session, words, true, AddressConfig::delete)
}

fn ask(
    session: &mut Session,
    words: Words<'_>,
    delete: bool,
    request: fn(&AddressConfig) -> Request,
) -> Result<(), Fail> {
    let settings = Settings::parse(session, words)?;
    let empty = settings.empty.clone();
    let mut request = request(&settings.config(session, delete)?);
    // What the kernel makes of addresses without bytes is for the kernel to say.
    for kind in empty {
        request.attribute(kind, &[]);
    }
    session.talk(request)
}

/// An address as it was given.
#[derive(Clone, Copy)]
enum Given {
    Prefix(Prefix),
    /// `default`, of a known family: zeros, of no length.
    Zeros(IpAddr),
    /// `any`, `all`: no bytes.
    Empty,
}

impl Given {
    fn counts(self) -> bool {
        !matches!(self, Self::Empty)
    }
}

#[derive(Clone, Copy)]
enum Broadcast {
    Address(Option<IpAddr>),
    /// `+` and `-`: the prefix with a host part of ones or of zeros.
    Ones,
    Zeros,
}

impl Broadcast {
    fn counts(self) -> bool {
        !matches!(self, Self::Address(None))
    }
}

/// What the words ask for.
#[derive(Default)]
struct Settings<'a> {
    family: Family,
    /// The word, and what it means.
    local: Option<(&'a [u8], Given)>,
    peer: Option<Given>,
    dev: Option<&'a [u8]>,
    broadcast: Option<Broadcast>,
    anycast: Option<Option<IpAddr>>,
    label: Option<&'a [u8]>,
    scope: Option<u8>,
    metric: Option<u32>,
    protocol: Option<u8>,
    valid: Option<u32>,
    preferred: Option<u32>,
    flags: u32,
    /// The attributes that are to have no bytes.
    empty: Vec<u16>,
}

impl<'a> Settings<'a> {
    fn parse(session: &mut Session, mut words: Words<'a>) -> Result<Self, Fail> {
        let mut settings = Self { family: session.family, ..Self::default() };
        while let Some(word) = words.take() {
            settings.take(session, word, &mut words)?;
        }
        Ok(settings)
    }

    fn take(&mut self, session: &mut Session, word: &'a [u8], words: &mut Words<'a>) -> Result<(), Fail> {
        match word {
            b"peer" | b"remote" => {
                let value = words.value()?;
                once(self.peer.is_some_and(Given::counts), "peer", value)?;
                self.peer = Some(self.given(value, IFA_ADDRESS)?);
            }
            _ if word == b"brd" || matches(word, "broadcast") => {
                let value = words.value()?;
                once(self.broadcast.is_some_and(Broadcast::counts), "broadcast", value)?;
                self.broadcast = Some(match value {
                    b"+" => Broadcast::Ones,
                    b"-" => Broadcast::Zeros,
                    _ => Broadcast::Address(self.host(value, IFA_BROADCAST)?),
                });
            }
            b"anycast" => {
                let value = words.value()?;
                once(self.anycast.flatten().is_some(), "anycast", value)?;
                self.anycast = Some(self.host(value, IFA_ANYCAST)?);
            }
            b"scope" => {
                let name = words.value()?;
                let number = session.names.number(Name::Scope, name).and_then(|n| u8::try_from(n).ok());
                self.scope = Some(number.ok_or_else(|| Fail::wrong(name, "invalid scope value."))?);
            }
            b"dev" => self.dev = Some(words.value()?),
            b"label" => self.label = Some(words.value()?),
            b"metric" | b"priority" | b"preference" => {
                let value = words.value()?;
                let number = words::u32(value);
                self.metric = Some(number.ok_or_else(|| Fail::wrong(value, "\"metric\" value is invalid\n"))?);
            }
            b"valid_lft" => {
                once(self.valid.is_some(), "valid_lft", word)?;
                self.valid = Some(lifetime(words.value()?, "valid_lft value")?);
            }
            b"preferred_lft" => {
                once(self.preferred.is_some(), "preferred_lft", word)?;
                self.preferred = Some(lifetime(words.value()?, "preferred_lft value")?);
            }
            b"proto" => {
                let name = words.value()?;
                let number = session.names.number(Name::AddressProtocol, name).and_then(|n| n.try_into().ok());
                self.protocol = Some(number.ok_or_else(|| bad_protocol(name))?);
            }
            _ => {
                if let Some((name, flag, setter)) = FLAGS.iter().find(|(name, ..)| name.as_bytes() == word) {
                    self.flag(session, name, *flag, *setter);
                    return Ok(());
                }
                let text = if word == b"local" { words.value()? } else { word };
                if word != b"local" && matches(word, "help") {
                    return Err(usage());
                }
                // What has no bytes does not count as given.
                if self.local.is_some_and(|(_, given)| given.counts()) {
                    return Err(Fail::duplicate_or_garbage("local", text));
                }
                self.local = Some((text, self.given(text, IFA_LOCAL)?));
            }
        }
        Ok(())
    }

    /// Reads a prefix, or a word for none; of the family known so far, which it settles.
    fn given(&mut self, word: &[u8], attribute: u16) -> Result<Given, Fail> {
        let Some(prefix) = words::prefix_or_none(word, self.family)? else {
            return Ok(self.none(word, attribute).map_or(Given::Empty, Given::Zeros));
        };
        if self.family == Family::Any {
            self.family = Family::of(prefix.address());
        }
        Ok(Given::Prefix(prefix))
    }

    fn host(&mut self, word: &[u8], attribute: u16) -> Result<Option<IpAddr>, Fail> {
        if matches!(word, b"default" | b"any" | b"all") {
            return Ok(self.none(word, attribute));
        }
        if self.family == Family::Link {
            return words::link_address(word).map(|_| None);
        }
        let host = words::host(word, self.family)?;
        if self.family == Family::Any {
            self.family = Family::of(host);
        }
        Ok(Some(host))
    }

    /// A word for none: zeros, or an attribute without bytes.
    fn none(&mut self, word: &[u8], attribute: u16) -> Option<IpAddr> {
        let zeros = if word == b"default" { zeros(self.family) } else { None };
        if zeros.is_none() {
            self.empty.push(attribute);
        }
        zeros
    }

    fn flag(&mut self, session: &mut Session, name: &str, flag: u32, setter: Setter) {
        let why = match setter {
            Setter::Kernel => "is not mutable from userspace",
            Setter::Inet6 if self.family != Family::Inet6 => "can be set only for IPv6 addresses",
            _ => {
                self.flags |= flag;
                return;
            }
        };
        session.tell(&Fail::new(0, format!("Warning: {name} option {why}")));
    }

    /// Checks what was asked for, and makes it a request.
    fn config(self, session: &mut Session, delete: bool) -> Result<AddressConfig, Fail> {
        let Some(dev) = self.dev else {
            return Err(Fail::new(FAILED, "Not enough information: \"dev\" argument is required."));
        };
        let mut config = AddressConfig { family: self.family.number(), ..AddressConfig::default() };
        match self.local {
            Some((word, Given::Prefix(local))) => {
                config = AddressConfig::new(0, local);
                config.any_prefix = delete && self.peer.is_none() && !local.is_ipv6() && !word.contains(&b'/');
                if config.any_prefix {
                    session.tell(&Fail::new(0, wildcard_warning(word)));
                }
            }
            Some((_, Given::Zeros(zeros))) => config.local = Some(zeros),
            Some((_, Given::Empty)) | None => {}
        }
        match self.peer {
            Some(Given::Prefix(peer)) => {
                config.peer = Some(peer.address());
                config.prefix_len = peer.len();
            }
            Some(Given::Zeros(zeros)) => config.peer = Some(zeros),
            Some(Given::Empty) | None => {}
        }
        config.broadcast = match self.broadcast {
            Some(Broadcast::Address(address)) => address,
            Some(to) if self.family == Family::Inet => broadcast(&config, matches!(to, Broadcast::Ones)),
            Some(_) => return Err(Fail::new(FAILED, "Broadcast can be set only for IPv4 addresses")),
            None => None,
        };
        config.anycast = self.anycast.flatten();
        config.label = self.label.map(<[u8]>::to_vec);
        config.metric = self.metric;
        config.protocol = self.protocol;
        config.scope = match self.scope {
            Some(scope) => scope,
            None if delete => 0,
            None => config.scope,
        };
        config.flags = self.flags;
        config.index = session.index(dev)?;
        if self.valid.is_some() || self.preferred.is_some() {
            let (preferred, valid) = (self.preferred.unwrap_or(FOREVER), self.valid.unwrap_or(FOREVER));
            if valid == 0 {
                return Err(Fail::new(FAILED, "valid_lft is zero"));
            }
            if valid < preferred {
                return Err(Fail::new(FAILED, "preferred_lft is greater than valid_lft"));
            }
            config.lifetimes = Some((preferred, valid));
        }
        if self.flags & IFA_F_MCAUTOJOIN != 0 && !config.local.is_some_and(|local| local.is_multicast()) {
            return Err(Fail::new(FAILED, "autojoin needs multicast address"));
        }
        Ok(config)
    }
}

fn once(given: bool, key: &str, value: &[u8]) -> Result<(), Fail> {
    if given { Err(Fail::duplicate(key, value)) } else { Ok(()) }
}

fn lifetime(word: &[u8], why: &str) -> Result<u32, Fail> {
    if word == b"forever" {
        return Ok(FOREVER);
    }
    words::u32(word).ok_or_else(|| Fail::wrong(word, why))
}

/// An address of zeros.
fn zeros(family: Family) -> Option<IpAddr> {
    match family {
        Family::Inet => Some(Ipv4Addr::UNSPECIFIED.into()),
        Family::Inet6 => Some(Ipv6Addr::UNSPECIFIED.into()),
        _ => None,
    }
}

/// The prefix with a host part of ones or zeros; none where there are fewer than four addresses.
fn broadcast(config: &AddressConfig, ones: bool) -> Option<IpAddr> {
    let IpAddr::V4(address) = config.peer.or(config.local)? else {
        return None;
    };
    if config.prefix_len > 30 {
        return None;
    }
    let host = u32::MAX >> config.prefix_len;
    let bits = if ones { address.to_bits() | host } else { address.to_bits() & !host };
    Some(Ipv4Addr::from_bits(bits).into())
}

/// `ip`'s words about a deletion that leaves the prefix length open.
fn wildcard_warning(word: &[u8]) -> Vec<u8> {
    bytes![
        "Warning: Executing wildcard deletion to stay compatible with old scripts.\n",
        "         Explicitly specify the prefix length (",
        word,
        "/32) to avoid this warning.\n",
        "         This special behaviour is likely to disappear in further releases,\n",
        "         fix your scripts!"
    ]
}
