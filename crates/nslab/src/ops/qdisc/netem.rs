//! `netem`: packets delayed, lost, doubled, shuffled and damaged (tc-netem(8), `struct tc_netem_qopt`).

use super::{bytes, ticks, words};
use crate::types::{Delay, Impair, Percent, Rate};
use crate::wire::Request;
use crate::wire::Table;
use crate::wire::consts::{
    TCA_NETEM_CORR, TCA_NETEM_CORRUPT, TCA_NETEM_ECN, TCA_NETEM_JITTER64, TCA_NETEM_LATENCY64, TCA_NETEM_LOSS,
    TCA_NETEM_RATE, TCA_NETEM_RATE64, TCA_NETEM_REORDER, TCA_NETEM_SLOT, TCA_NETEM_TABLE, TCA_OPTIONS,
};

/// Something that happens to some packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Event {
    /// To how many.
    pub share: Percent,
    /// How much a packet's fate depends on that of the one before.
    pub correlation: Percent,
}

/// Everything that is set of a `netem`, but for tables of distributions, which the kernel does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Netem {
    /// How long packets are held back, in nanoseconds.
    pub delay: u64,
    /// By how much that varies, in nanoseconds; the kernel takes 2^31 - 1 for more.
    pub jitter: u64,
    /// How much a packet's delay depends on that of the one before.
    pub delay_correlation: Percent,
    /// How many packets wait at most.
    pub limit: u32,
    /// Packets that are lost.
    pub loss: Event,
    /// Whether those that would be lost are marked instead where they can be (ECN).
    pub ecn: bool,
    /// Packets that are sent twice.
    pub duplicate: Event,
    /// Packets that are not held back.
    pub reorder: Event,
    /// How many packets go by until one may be reordered; 0 without reordering.
    pub gap: u32,
    /// Packets with a bit turned over.
    pub corrupt: Event,
    /// How much passes, in bytes a second; 0 for all.
    pub rate: u64,
    /// Bytes to count for each packet beside its own, for the rate.
    pub packet_overhead: i32,
    /// The size of a link layer's cells in bytes, for the rate; 0 without cells.
    pub cell_size: u32,
    /// Bytes to count for each cell beside its own.
    pub cell_overhead: i32,
}

impl Netem {
    pub(super) fn of(impair: &Impair) -> Self {
        let share = |share: Option<Percent>| Event { share: share.unwrap_or_default(), ..Event::default() };
        let time = |time: Option<Delay>| time.unwrap_or_default().nanoseconds();
        Self {
            delay: time(impair.delay),
            jitter: time(impair.jitter),
            limit: impair.limit.unwrap_or_else(|| impair.default_limit()),
            loss: share(impair.loss),
            duplicate: share(impair.duplicate),
            reorder: share(impair.reorder),
            gap: u32::from(impair.reorder.is_some_and(|share| share.scaled() > 0)),
            corrupt: share(impair.corrupt),
            rate: impair.rate.map_or(0, Rate::bytes),
            ..Self::default()
        }
    }

    pub(super) fn impair(&self) -> Option<Impair> {
        let share = |event: Event| Some(event.share);
        let impair = Impair {
            delay: Some(Delay::from_nanoseconds(self.delay)?),
            jitter: Some(Delay::from_nanoseconds(self.jitter)?),
            loss: share(self.loss),
            duplicate: share(self.duplicate),
            reorder: share(self.reorder),
            corrupt: share(self.corrupt),
            rate: if self.rate == 0 { None } else { Some(Rate::from_bytes(self.rate)?) },
            limit: Some(self.limit),
        };
        // Whatever it cannot say is missing in what would be made of it.
        impair.normal().filter(|normal| Self::of(normal) == *self)
    }

    /// Adds `TCA_OPTIONS`. All is said, also what is zero: a change leaves alone what is not.
    pub(super) fn write(&self, request: &mut Request) {
        let options = [
            ticks(self.delay),
            self.limit,
            self.loss.share.scaled(),
            self.gap,
            self.duplicate.share.scaled(),
            ticks(self.jitter),
        ];
        let pair = |event: Event| bytes(&[event.share.scaled(), event.correlation.scaled()]);
        let rate = u32::try_from(self.rate).unwrap_or(u32::MAX);
        request.nest_after(TCA_OPTIONS, &bytes(&options), |options| {
            let correlations = [self.delay_correlation, self.loss.correlation, self.duplicate.correlation];
            options.attribute(TCA_NETEM_CORR, &bytes(&correlations.map(Percent::scaled)));
            options.attribute(TCA_NETEM_REORDER, &pair(self.reorder));
            options.attribute(TCA_NETEM_CORRUPT, &pair(self.corrupt));
            if u64::from(rate) != self.rate {
                options.u64(TCA_NETEM_RATE64, self.rate);
            }
            let (overhead, cell) = (self.packet_overhead.cast_unsigned(), self.cell_overhead.cast_unsigned());
            options.attribute(TCA_NETEM_RATE, &bytes(&[rate, overhead, self.cell_size, cell]));
            options.u32(TCA_NETEM_ECN, u32::from(self.ecn));
            // The 64-bit ones are exact, and count in place of those above since Linux 4.15.
            options.u64(TCA_NETEM_LATENCY64, self.delay).u64(TCA_NETEM_JITTER64, self.jitter);
        });
    }

    /// Reads the payload of `TCA_OPTIONS`; none where it is malformed, or has a model of loss or of slots.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        const QOPT: usize = 24;
        let [delay, limit, loss, gap, duplicate, jitter] = words(payload)?;
        let table = Table::<TCA_NETEM_TABLE>::parse(payload.get(QOPT..)?).ok()?;
        if table.get(TCA_NETEM_LOSS).is_some() || table.get(TCA_NETEM_SLOT).is_some() {
            return None;
        }
        let numbers = |kind| table.get(kind).map(|attribute| attribute.payload);
        let [delay_correlation, loss_correlation, duplicate_correlation] =
            words(numbers(TCA_NETEM_CORR).unwrap_or(&[0; 12]))?;
        let event = |share, correlation| Event {
            share: Percent::from_scaled(share),
            correlation: Percent::from_scaled(correlation),
        };
        let pair = |kind| {
            let [share, correlation] = words(numbers(kind).unwrap_or(&[0; 8]))?;
            Some(event(share, correlation))
        };
        let [rate, packet_overhead, cell_size, cell_overhead] = words(numbers(TCA_NETEM_RATE).unwrap_or(&[0; 16]))?;
        let long =
            |kind, ticks: u32| table.get(kind).and_then(|attribute| attribute.u64()).unwrap_or(u64::from(ticks) << 6);
        Some(Self {
            delay: long(TCA_NETEM_LATENCY64, delay),
            jitter: long(TCA_NETEM_JITTER64, jitter),
            delay_correlation: Percent::from_scaled(delay_correlation),
            limit,
            loss: event(loss, loss_correlation),
            ecn: table.get(TCA_NETEM_ECN).and_then(|attribute| attribute.u32()).is_some_and(|ecn| ecn != 0),
            duplicate: event(duplicate, duplicate_correlation),
            reorder: pair(TCA_NETEM_REORDER)?,
            gap,
            corrupt: pair(TCA_NETEM_CORRUPT)?,
            rate: table.get(TCA_NETEM_RATE64).and_then(|attribute| attribute.u64()).unwrap_or(u64::from(rate)),
            packet_overhead: packet_overhead.cast_signed(),
            cell_size,
            cell_overhead: cell_overhead.cast_signed(),
        })
    }
}
