//! What is told beside the packets: interfaces that go, how many packets there were.

use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use nslab::Result;
use nslab::capture::{Gone, Packet, Sink, Statistics};

use crate::output;

/// A sink with a limit, and with remarks on standard error.
pub(super) struct Told<'a> {
    inner: &'a mut dyn Sink,
    names: &'a [String],
    most: Option<u64>,
    packets: u64,
    counted: Vec<Statistics>,
}

impl<'a> Told<'a> {
    pub(super) fn new(inner: &'a mut dyn Sink, names: &'a [String], most: Option<u64>) -> Self {
        Self { inner, names, most, packets: 0, counted: Vec::new() }
    }

    /// How many packets there were, and what was counted of each interface.
    pub(super) fn done(self) -> (u64, Vec<Statistics>) {
        (self.packets, self.counted)
    }
}

impl Sink for Told<'_> {
    fn packet(&mut self, packet: &Packet<'_>) -> Result<ControlFlow<()>> {
        let flow = self.inner.packet(packet)?;
        self.packets += 1;
        let enough = self.most.is_some_and(|most| self.packets >= most);
        Ok(if enough { ControlFlow::Break(()) } else { flow })
    }

    fn counted(&mut self, counted: &[Statistics]) {
        self.counted = counted.to_vec();
        self.inner.counted(counted);
    }

    fn gone(&mut self, interface: usize, why: Gone) {
        let name = self.names.get(interface).map_or("?", String::as_str);
        output::remark(&match why {
            Gone::Interface => format!("nslab: {name} is gone, the others are captured on"),
            Gone::Namespace => format!("nslab: {name} is gone with its namespace"),
        });
        self.inner.gone(interface, why);
    }

    fn flush(&mut self) -> Result<()> {
        self.inner.flush()
    }

    fn deadline(&self) -> Option<Instant> {
        self.inner.deadline()
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.inner.descriptor()
    }

    fn finish(&mut self) -> Result<()> {
        self.inner.finish()
    }
}
