//! `ip neigh add`, `change`, `replace` and `delete`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nslab::ops::neighbour::NeighbourConfig;
use nslab::wire::Request;
use nslab::wire::consts::{AF_PACKET, NTF_EXT_LEARNED, NTF_EXT_MANAGED, NTF_PROXY, NTF_ROUTER, NTF_USE, NUD_PERMANENT};

use super::state;
use super::usage::usage;
use crate::applet::ip::fail::{Fail, MISUSE};
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words, matches};

pub(super) fn add(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    run(session, words, NeighbourConfig::add)
}

pub(super) fn change(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    run(session, words, NeighbourConfig::change)
}

pub(super) fn replace(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    run(session, words, NeighbourConfig::replace)
}

pub(super) fn delete(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    run(session, words, NeighbourConfig::delete)
}

fn run(session: &mut Session, mut words: Words<'_>, request: fn(&NeighbourConfig) -> Request) -> Result<(), Fail> {
    let mut destination = Destination::new(session.family);
    let (mut dev, mut hardware, mut state, mut protocol) = (None, None, None, None);
    let (mut flags, mut more_flags) = (0, 0);
    while let Some(word) = words.take() {
        match word {
            _ if matches(word, "lladdr") => {
                let value = words.value()?;
                if hardware.is_some() {
                    return Err(Fail::duplicate("lladdr", value));
                }
                hardware = Some(value);
            }
            b"nud" => {
                let value = words.value()?;
                state = Some(state::parse(value).ok_or_else(|| Fail::wrong(value, "nud state is bad"))?);
            }
            _ if matches(word, "proxy") => destination.proxy(words.value()?)?,
            b"router" => flags |= NTF_ROUTER,
            b"use" => flags |= NTF_USE,
            b"managed" => {
                more_flags |= NTF_EXT_MANAGED;
                // Its state is for the kernel to find out.
                state = state.filter(|state| *state != NUD_PERMANENT).or(Some(0));
            }
            _ if matches(word, "extern_learn") => flags |= NTF_EXT_LEARNED,
            b"dev" => dev = Some(words.value()?),
            _ if matches(word, "protocol") => {
                let name = words.value()?;
                let number = session.names.number(Name::Protocol, name).and_then(|n| u8::try_from(n).ok());
                let number = number.ok_or_else(|| Fail::wrong(name, "\"protocol\" value is invalid\n"))?;
                protocol = Some(number);
            }
            _ => {
                // That `help` takes a word behind it, as `to` does, is as in `ip`.
                let mut text = if word == b"to" { words.value()? } else { word };
                if matches(text, "help") {
                    text = words.value()?;
                }
                destination.take(text)?;
            }
        }
    }
    let proxy = destination.is_proxy;
    let Some(mut config) = destination.config().filter(|_| dev.is_some() || proxy) else {
        return Err(Fail::new(MISUSE, "Device and destination are required arguments."));
    };
    config.flags |= flags;
    config.more_flags = more_flags;
    config.state = state.unwrap_or(NUD_PERMANENT);
    config.protocol = protocol;
    if let Some(word) = hardware.filter(|word| *word != b"null") {
        config.hardware = Some(words::hardware_address(word)?);
    }
    if let Some(dev) = dev {
        config.index = session.index(dev)?;
    }
    session.talk(request(&config)).map_err(Fail::ending_batch)
}

/// The address that a command is about, and whether it is a proxy's.
pub(super) struct Destination {
    family: Family,
    given: Option<Option<NeighbourConfig>>,
    pub(super) is_proxy: bool,
}

impl Destination {
    pub(super) fn new(family: Family) -> Self {
        Self { family, given: None, is_proxy: false }
    }

    /// Takes the address of a proxy.
    pub(super) fn proxy(&mut self, word: &[u8]) -> Result<(), Fail> {
        if matches(word, "help") {
            return Err(usage());
        }
        if self.given.is_some() {
            return Err(Fail::duplicate("address", word));
        }
        self.given = Some(self.parse(word)?);
        self.is_proxy = true;
        Ok(())
    }

    /// Takes an address.
    pub(super) fn take(&mut self, word: &[u8]) -> Result<(), Fail> {
        if self.given.is_some() {
            return Err(Fail::duplicate_or_garbage("to", word));
        }
        self.given = Some(self.parse(word)?);
        Ok(())
    }

    fn parse(&self, word: &[u8]) -> Result<Option<NeighbourConfig>, Fail> {
        if self.family == Family::Link {
            let none = matches!(word, b"default" | b"any" | b"all");
            let hardware = if none { Vec::new() } else { words::link_address(word)? };
            let config = NeighbourConfig::new(0, IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            return Ok(Some(NeighbourConfig { family: AF_PACKET, destination: hardware, ..config }));
        }
        let address = match (word, self.family) {
            (b"default", Family::Inet) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            (b"default", Family::Inet6) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            (b"any" | b"all", Family::Inet | Family::Inet6) => {
                let config = NeighbourConfig::new(0, IpAddr::V4(Ipv4Addr::UNSPECIFIED));
                let family = self.family.number();
                return Ok(Some(NeighbourConfig { family, destination: Vec::new(), ..config }));
            }
            (b"default" | b"any" | b"all", _) => return Ok(None),
            _ => words::host(word, self.family)?,
        };
        Ok(Some(NeighbourConfig::new(0, address)))
    }

    /// What was given, on no link yet.
    pub(super) fn config(&self) -> Option<NeighbourConfig> {
        let flags = if self.is_proxy { NTF_PROXY } else { 0 };
        self.given.clone().flatten().map(|config| NeighbourConfig { flags, ..config })
    }
}
