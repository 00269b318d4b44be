//! Which nexthops or buckets a command is about.

use nslab::ops::nexthop::{BucketFilter, DumpFilter, Nexthop};

use super::{device, id, usage};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::route::parse;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, matches, u32};

/// What is wanted of nexthops besides: statistics, and those of the hardware.
pub(super) fn op_flags(session: &Session) -> u32 {
    [0, 1].get(session.options.statistics as usize).copied().unwrap_or(3)
}

/// What `list` and `flush` are about.
#[derive(Debug)]
pub(super) enum Which {
    /// One, by its id. What follows that does not count.
    One(u32),
    All(Filter),
}

/// A part that is not given lets all pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filter {
    pub(super) of_kernel: DumpFilter,
    protocol: u32,
}

impl Filter {
    pub(super) fn new(session: &Session) -> Self {
        let of_kernel =
            DumpFilter { family: session.family.own_number(), op_flags: op_flags(session), ..DumpFilter::default() };
        Self { of_kernel, protocol: 0 }
    }

    /// What the kernel does not see to.
    pub(super) fn passes(&self, hop: &Nexthop<'_>) -> bool {
        self.protocol == 0 || self.protocol == u32::from(hop.protocol())
    }
}

impl Which {
    /// Reads the words behind the verb.
    pub(super) fn parse(session: &mut Session, mut words: Words<'_>) -> Result<Self, Fail> {
        let mut filter = Filter::new(session);
        let asked = &mut filter.of_kernel;
        while let Some(word) = words.take() {
            match word {
                b"id" => return Ok(Self::One(id(words.value()?)?)),
                _ if link(session, word, &mut words, &mut asked.output, &mut asked.master)? => {}
                _ if matches(word, "groups") => asked.groups = true,
                _ if matches(word, "help") => return Err(usage()),
                _ if matches(word, "protocol") => {
                    let value = words.value()?;
                    filter.protocol = u32(value).ok_or_else(|| Fail::wrong(value, "invalid protocol value"))?;
                }
                _ if matches(word, "fdb") => asked.fdb = true,
                _ => return Err(Fail::wrong(word, "")),
            }
        }
        Ok(Self::All(filter))
    }
}

/// Reads the words behind `bucket list`.
pub(super) fn buckets(session: &mut Session, mut words: Words<'_>) -> Result<BucketFilter, Fail> {
    let mut filter = BucketFilter { family: session.family.own_number(), ..BucketFilter::default() };
    // 0 is none.
    let some = |id: u32| Some(id).filter(|id| *id != 0);
    while let Some(word) = words.take() {
        match word {
            b"id" => filter.group = some(id(words.value()?)?),
            b"nhid" => filter.nexthop = some(id(words.value()?)?),
            _ if link(session, word, &mut words, &mut filter.output, &mut filter.master)? => {}
            _ if matches(word, "help") => return Err(usage()),
            _ => return Err(Fail::wrong(word, "")),
        }
    }
    Ok(filter)
}

/// `dev`, `master` or `vrf`, if the word is one of them.
fn link(
    session: &mut Session,
    word: &[u8],
    words: &mut Words<'_>,
    output: &mut Option<u32>,
    master: &mut Option<u32>,
) -> Result<bool, Fail> {
    if matches(word, "dev") {
        *output = Some(device(session, words.value()?)?);
    } else if matches(word, "master") {
        *master = Some(device(session, words.value()?)?);
    } else if matches(word, "vrf") {
        *master = Some(parse::vrf(session, words.value()?)?.0);
    } else {
        return Ok(false);
    }
    Ok(true)
}
