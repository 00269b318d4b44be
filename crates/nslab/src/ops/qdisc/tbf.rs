//! `tbf`: a bucket of tokens that fills at a rate (tc-tbf(8), `struct tc_tbf_qopt`).
//!
//! A packet takes as many tokens as it has bytes, with its Ethernet header; until they are there, it waits.

use super::{bytes, ticks, words};
use crate::types::{Impair, Rate};
use crate::wire::consts::{
    TC_LINKLAYER_ETHERNET, TCA_OPTIONS, TCA_TBF_BURST, TCA_TBF_PARMS, TCA_TBF_RATE64, TCA_TBF_TABLE,
};
use crate::wire::{Request, Table};

/// What is set of a `tbf` without a peak rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tbf {
    /// How much passes, in bytes a second.
    pub rate: u64,
    /// The most tokens that gather while nothing passes, in bytes: what may pass at once. A packet with more
    /// bytes is lost, but for one of several segments (GSO), which is taken apart. The kernel tells it to some
    /// bytes only.
    pub burst: u32,
    /// The most bytes that wait.
    pub limit: u32,
}

/// An Ethernet header and two VLAN tags.
const HEADERS: u32 = 22;

/// How late the kernel may come to a queue without the rate suffering: 4 ms.
const LATE: u64 = 250;

impl Tbf {
    /// The bucket holds a full packet and what passes in 4 ms.
    ///
    /// Tokens that do not fit are lost. Where the bucket is full, those of the time that a timer is late by would
    /// be, and the rate fall below what is asked for. So much passes at once after a pause, though, so it is no
    /// more than that.
    pub(super) fn of(rate: Rate, mtu: u32) -> Self {
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            rate: rate.bytes(),
            burst: mtu.saturating_add(HEADERS).saturating_add(number(rate.bytes() / LATE)),
            limit: number(Impair::default_backlog(rate)),
        }
    }

    pub(super) fn impair(&self, mtu: u32) -> Option<Impair> {
        let rate = Rate::from_bytes(self.rate)?;
        let own = Self::of(rate, mtu);
        // The kernel tells the burst as a time in steps of 64 ns, and one of more than 274 s it does not tell.
        let step = (self.rate >> 23).max(2);
        let told = own.time() >> 6 < u64::from(u32::MAX);
        let near = !told || u64::from(own.burst.abs_diff(self.burst)) <= step;
        (near && own.limit == self.limit).then_some(Impair { rate: Some(rate), ..Impair::default() })
    }

    /// The time in which the bucket fills, in nanoseconds.
    fn time(&self) -> u64 {
        let time = u128::from(self.burst) * 1_000_000_000 / u128::from(self.rate.max(1));
        u64::try_from(time).unwrap_or(u64::MAX)
    }

    /// Adds `TCA_OPTIONS`.
    pub(super) fn write(&self, request: &mut Request) {
        let rate = u32::try_from(self.rate).unwrap_or(u32::MAX);
        // struct tc_ratespec: with a link layer named, the kernel needs no table of times.
        let spec = u32::from_ne_bytes([0, TC_LINKLAYER_ETHERNET, 0, 0]);
        let options = [spec, 0, rate, 0, 0, 0, self.limit, ticks(self.time()), 0];
        request.nest(TCA_OPTIONS, |attributes| {
            attributes.attribute(TCA_TBF_PARMS, &bytes(&options));
            attributes.u32(TCA_TBF_BURST, self.burst);
            if u64::from(rate) != self.rate {
                attributes.u64(TCA_TBF_RATE64, self.rate);
            }
        });
    }

    /// Reads the payload of `TCA_OPTIONS`; none where it is malformed, or has a peak rate or another frame.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let table = Table::<TCA_TBF_TABLE>::parse(payload).ok()?;
        let [spec, more, rate, _, _, peak, limit, buffer, _] = words(table.get(TCA_TBF_PARMS)?.payload)?;
        let [_, link_layer, overhead @ ..] = spec.to_ne_bytes();
        let [.., mpu_0, mpu_1] = more.to_ne_bytes();
        if peak != 0 || link_layer > TC_LINKLAYER_ETHERNET || overhead != [0, 0] || [mpu_0, mpu_1] != [0, 0] {
            return None;
        }
        let rate = table.get(TCA_TBF_RATE64).and_then(|attribute| attribute.u64()).unwrap_or(u64::from(rate));
        let burst = ((u128::from(buffer) << 6) * u128::from(rate) + 500_000_000) / 1_000_000_000;
        Some(Self { rate, burst: u32::try_from(burst).unwrap_or(u32::MAX), limit })
    }
}
