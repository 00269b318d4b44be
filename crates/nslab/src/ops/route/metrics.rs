//! A route's metrics: what it says about the path (`RTAX_…`).

use crate::wire::consts::{RTA_METRICS, RTAX_CC_ALGO, RTAX_LOCK, RTAX_SLOTS};
use crate::wire::{Attribute, Malformed, Request, Table};

/// Metrics for a new route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    values: Vec<(u16, u32)>,
    congestion: Option<Vec<u8>>,
    locked: u32,
}

impl Metrics {
    /// Sets a metric (`RTAX_…`), in the kernel's units: bytes, hops, packets, and milliseconds times 8 for
    /// the round-trip time and times 4 for its variance. What is set last counts.
    pub fn set(&mut self, metric: u16, value: u32) {
        self.values.push((metric, value));
    }

    /// Sets the name of the congestion control algorithm.
    pub fn set_congestion(&mut self, name: &[u8]) {
        self.congestion = Some(name.into());
    }

    /// Forbids the kernel to change a metric as it learns.
    pub fn lock(&mut self, metric: u16) {
        self.locked |= bit(metric);
    }

    pub(super) fn put(&self, request: &mut Request) {
        if self.values.is_empty() && self.congestion.is_none() && self.locked == 0 {
            return;
        }
        request.nest(RTA_METRICS, |nest| {
            for (metric, value) in &self.values {
                nest.u32(*metric, *value);
            }
            if let Some(name) = &self.congestion {
                nest.attribute(RTAX_CC_ALGO, name);
            }
            if self.locked != 0 {
                nest.u32(RTAX_LOCK, self.locked);
            }
        });
    }
}

/// The metrics of a route as the kernel describes them.
#[derive(Debug, Clone)]
pub struct MetricsReply<'a> {
    table: Table<'a, RTAX_SLOTS>,
}

impl<'a> MetricsReply<'a> {
    pub(super) fn parse(attribute: Attribute<'a>) -> Result<Self, Malformed> {
        Ok(Self { table: Table::parse(attribute.payload)? })
    }

    /// A metric's value, in the kernel's units; see [`Metrics::set`].
    #[must_use]
    pub fn value(&self, metric: u16) -> Option<u32> {
        self.table.get(metric)?.u32()
    }

    /// The name of the congestion control algorithm.
    #[must_use]
    pub fn congestion(&self) -> Option<&'a [u8]> {
        self.table.get(RTAX_CC_ALGO).map(|attribute| attribute.string())
    }

    /// Whether the kernel may not change it.
    #[must_use]
    pub fn is_locked(&self, metric: u16) -> bool {
        self.value(RTAX_LOCK).is_some_and(|locked| locked & bit(metric) != 0)
    }
}

fn bit(metric: u16) -> u32 {
    1_u32.checked_shl(metric.into()).unwrap_or(0)
}
