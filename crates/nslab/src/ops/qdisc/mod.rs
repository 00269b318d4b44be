//! The queueing discipline at the root of a link: what becomes of packets that leave it (`RTM_NEWQDISC` and
//! family; tc(8), `linux/pkt_sched.h`).
//!
//! Two kinds are made here, `netem` and `tbf`; of others the name is read. [`Discipline::of`] chooses for an
//! [`Impair`], and [`Qdisc::impair`] is the way back: what was set is read as the same value.

mod netem;
mod tbf;

pub use netem::{Event, Netem};
pub use tbf::Tbf;

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::types::Impair;
use crate::wire::consts::{
    NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC, TC_H_ROOT, TCA_KIND,
    TCA_OPTIONS, TCA_TABLE,
};
use crate::wire::{Malformed, Message, Request, Table};

/// `struct tcmsg`.
const HEADER: usize = 20;

/// The MTU of a link for which none is said.
pub const USUAL_MTU: u32 = 1500;

/// A queueing discipline with all that is set of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discipline {
    /// Delays, loses, doubles, shuffles, damages (tc-netem(8)).
    Netem(Netem),
    /// Lets pass at a rate (tc-tbf(8)).
    Tbf(Tbf),
}

impl Discipline {
    /// The one that does what is asked for on a link with an MTU: `tbf` for a rate alone, else `netem`.
    #[must_use]
    pub fn of(impair: &Impair, mtu: u32) -> Self {
        match impair.only_rate() {
            Some(rate) => Self::Tbf(Tbf::of(rate, mtu)),
            None => Self::Netem(Netem::of(impair)),
        }
    }

    /// The kernel's name for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Netem(_) => "netem",
            Self::Tbf(_) => "tbf",
        }
    }

    /// The request that puts it at the root of a link without one, given by its index; an error if there is one.
    #[must_use]
    pub fn add(&self, link: u32) -> Request {
        self.request(link, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The request that puts it at the root of a link, whatever is there. Where that is of the same kind, it is
    /// changed and what waits in it stays.
    #[must_use]
    pub fn replace(&self, link: u32) -> Request {
        self.request(link, NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// The request that changes the one of the same kind at the root of a link; an error if there is none.
    #[must_use]
    pub fn change(&self, link: u32) -> Request {
        self.request(link, 0)
    }

    fn request(&self, link: u32, flags: u16) -> Request {
        let mut request = Request::new(RTM_NEWQDISC, flags, &header(link, TC_H_ROOT));
        request.string(TCA_KIND, self.kind().as_bytes());
        match self {
            Self::Netem(netem) => netem.write(&mut request),
            Self::Tbf(tbf) => tbf.write(&mut request),
        }
        request
    }

    /// What it does, where an [`Impair`] can say that: no dependence of a packet's fate on the one before, no
    /// size of frames other than Ethernet's, and for `tbf` the burst and the queue that [`of`](Self::of) gives.
    #[must_use]
    pub fn impair(&self, mtu: u32) -> Option<Impair> {
        match self {
            Self::Netem(netem) => netem.impair(),
            Self::Tbf(tbf) => tbf.impair(mtu),
        }
    }
}

/// The request that takes the discipline at the root of a link away; the link gets its usual one.
#[must_use]
pub fn delete(link: u32) -> Request {
    Request::new(RTM_DELQDISC, 0, &header(link, TC_H_ROOT))
}

fn header(link: u32, parent: u32) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let [_, _, _, _, i0, i1, i2, i3, _, _, _, _, p0, p1, p2, p3, ..] = &mut header;
    [*i0, *i1, *i2, *i3] = link.to_ne_bytes();
    [*p0, *p1, *p2, *p3] = parent.to_ne_bytes();
    header
}

/// Hands every queueing discipline of the namespace to `take`, link by link.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    mut take: impl FnMut(&Qdisc<'_>) -> Result<()>,
) -> Result<Dumped> {
    let request = Request::new(RTM_GETQDISC, 0, &header(0, 0));
    connection.dump_each(request, || "listing queueing disciplines".into(), |message| take(&Qdisc::parse(message)?))
}

/// A queueing discipline as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Qdisc<'a> {
    header: [u8; HEADER],
    table: Table<'a, TCA_TABLE>,
}

impl<'a> Qdisc<'a> {
    /// Reads an `RTM_NEWQDISC` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("a queueing discipline", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<HEADER>().ok_or(Malformed)?;
        Ok(Self { header: *header, table: Table::parse(attributes)? })
    }

    /// The index of its link.
    #[must_use]
    pub fn link(&self) -> u32 {
        let [_, _, _, _, i0, i1, i2, i3, ..] = self.header;
        u32::from_ne_bytes([i0, i1, i2, i3])
    }

    /// Its handle: the major number in the upper half; 0 for one that the kernel made of itself.
    #[must_use]
    pub fn handle(&self) -> u32 {
        let [_, _, _, _, _, _, _, _, h0, h1, h2, h3, ..] = self.header;
        u32::from_ne_bytes([h0, h1, h2, h3])
    }

    /// Whether it is the link's own, and not a part of another.
    #[must_use]
    pub fn is_root(&self) -> bool {
        let [.., p0, p1, p2, p3, _, _, _, _] = self.header;
        u32::from_ne_bytes([p0, p1, p2, p3]) == TC_H_ROOT
    }

    /// The name of its kind.
    #[must_use]
    pub fn kind(&self) -> &'a [u8] {
        self.table.get(TCA_KIND).map_or(&[], |kind| kind.string())
    }

    /// What is set of it; `None` for another kind than those here, and for settings that these have no field for.
    #[must_use]
    pub fn discipline(&self) -> Option<Discipline> {
        let options = self.table.get(TCA_OPTIONS)?.payload;
        match self.kind() {
            b"netem" => Netem::read(options).map(Discipline::Netem),
            b"tbf" => Tbf::read(options).map(Discipline::Tbf),
            _ => None,
        }
    }

    /// What it does to the packets that leave a link with this MTU; see [`Discipline::impair`].
    #[must_use]
    pub fn impair(&self, mtu: u32) -> Option<Impair> {
        self.discipline()?.impair(mtu)
    }
}

/// A time on the kernel's scale of packet schedulers, of 64 nanoseconds (`PSCHED_SHIFT`, `net/pkt_sched.h`).
fn ticks(nanoseconds: u64) -> u32 {
    u32::try_from(nanoseconds >> 6).unwrap_or(u32::MAX)
}

/// The numbers of a structure of four-byte fields; none where it is shorter.
fn words<const N: usize>(bytes: &[u8]) -> Option<[u32; N]> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_ne_bytes(*word)).take(N).collect::<Vec<u32>>().try_into().ok()
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

#[cfg(test)]
mod tests;
