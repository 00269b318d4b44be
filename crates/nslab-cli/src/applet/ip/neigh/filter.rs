//! Which neighbours `ip neigh show` and `flush` are about.

use nslab::ops::neighbour::{DumpFilter, Neighbour};
use nslab::types::Prefix;
use nslab::wire::consts::{NTF_EXT_LEARNED, NTF_PROXY, NUD_NOARP, NUD_PERMANENT};

use super::state;
use super::usage::usage;
use crate::applet::ip::fail::Fail;
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words, matches};

/// What stands for the state `none` among the bits of the others.
const NONE: u16 = 0x100;
const ALL: u16 = 0xff | NONE;

/// What is asked for; a part that is not given lets all pass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Filter<'a> {
    pub(super) dev: Option<&'a [u8]>,
    pub(super) index: Option<u32>,
    family: Family,
    to: Option<Prefix>,
    master: Option<u32>,
    proxy: bool,
    unused: bool,
    protocol: Option<u8>,
    /// The states that pass.
    states: u16,
}

impl<'a> Filter<'a> {
    /// Reads the words behind the verb.
    pub(super) fn parse(session: &mut Session, mut words: Words<'a>, flush: bool) -> Result<Self, Fail> {
        let mut filter = Self { family: session.family, ..Self::default() };
        let mut states = None;
        while let Some(word) = words.take() {
            match word {
                b"dev" => {
                    let name = words.value()?;
                    if filter.dev.is_some() {
                        return Err(Fail::duplicate("dev", name));
                    }
                    filter.dev = Some(name);
                }
                b"master" => {
                    let name = words.value()?;
                    let index = session.index(name);
                    filter.master = Some(index.map_err(|_| Fail::wrong(name, "Device does not exist\n"))?);
                }
                b"vrf" => filter.master = Some(session.vrf(words.value()?)?),
                b"nomaster" => filter.master = Some(u32::MAX),
                b"unused" => filter.unused = true,
                b"proxy" => filter.proxy = true,
                b"nud" => {
                    let word = words.value()?;
                    let state = match state::parse(word) {
                        Some(0) => NONE,
                        Some(state) => state,
                        None if word == b"all" && flush => ALL & !NUD_NOARP,
                        None if word == b"all" => ALL,
                        None => return Err(Fail::wrong(word, "nud state is bad")),
                    };
                    states = Some(states.unwrap_or(0) | state);
                }
                _ if matches(word, "protocol") => {
                    let name = words.value()?;
                    let number = session.names.number(Name::Protocol, name).and_then(|n| u8::try_from(n).ok());
                    let number = number.ok_or_else(|| Fail::wrong(name, "invalid \"protocol\"\n"))?;
                    filter.protocol = Some(number).filter(|number| *number != 0);
                }
                _ => {
                    let text = if word == b"to" { words.value()? } else { word };
                    if word != b"to" && matches(word, "help") {
                        return Err(usage());
                    }
                    filter.to = words::prefix_or_none(text, filter.family)?;
                    if let Some(to) = filter.to.filter(|_| filter.family == Family::Any) {
                        filter.family = Family::of(to.address());
                    }
                }
            }
        }
        filter.states = states.unwrap_or(ALL & !NUD_NOARP & if flush { !NUD_PERMANENT } else { !NONE });
        if let Some(name) = filter.dev {
            filter.index = Some(session.index(name)?);
        }
        Ok(filter)
    }

    /// What of it the kernel can see to.
    pub(super) fn of_kernel(&self) -> DumpFilter {
        DumpFilter { family: self.family.own_number(), index: self.index, master: self.master, proxy: self.proxy }
    }

    /// Whether a neighbour is one of those asked for.
    pub(super) fn passes(&self, seen: &Neighbour<'_>) -> bool {
        let bits = if seen.state() == 0 { NONE } else { seen.state() };
        // Proxies, and what somebody else learned, pass in any state.
        (self.states & bits != 0 || seen.flags() & (NTF_EXT_LEARNED | NTF_PROXY) != 0)
            && self.index.is_none_or(|index| index == seen.index())
            && self.protocol.is_none_or(|protocol| seen.protocol() == Some(protocol))
            && self.to.is_none_or(|to| seen.destination().is_some_and(|destination| to.contains(destination)))
            && !(self.unused && seen.cache_info().is_some_and(|info| info.references != 0))
    }
}
