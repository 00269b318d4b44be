//! Packets as lines on standard output.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nslab::capture::{Direction, Packet, Sink, dissect};
use nslab::{Error, Result};

/// A line a packet: seconds since the first, interface, direction, what it is.
pub(super) struct View {
    out: File,
    /// Padded to one width.
    names: Vec<String>,
    first: Option<Duration>,
    text: String,
}

/// As much is written at once.
const BUFFER: usize = 1 << 16;

impl View {
    pub(super) fn new(names: &[String]) -> Result<Self> {
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let names = names.iter().map(|name| format!("{name:<width$}")).collect();
        Ok(Self { out: super::stdout()?, names, first: None, text: String::new() })
    }
}

impl Sink for View {
    fn packet(&mut self, packet: &Packet<'_>) -> Result<ControlFlow<()>> {
        let since = packet.time.saturating_sub(*self.first.get_or_insert(packet.time)).as_secs_f64();
        let name = self.names.get(packet.interface).map_or("?", String::as_str);
        let direction = match packet.direction {
            Direction::In => "in ",
            Direction::Out => "out",
        };
        let line = dissect::line(packet.link_type, packet.data, packet.original_len);
        let _ = writeln!(self.text, "{since:10.6} {name} {direction} {line}");
        if self.text.len() >= BUFFER {
            self.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.out.write_all(self.text.as_bytes());
        self.text.clear();
        written.map_err(|error| Error::os("writing to standard output", error))
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.out.as_fd())
    }
}
