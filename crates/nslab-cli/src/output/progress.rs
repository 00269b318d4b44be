//! A line on the terminal that tells how far long work has come.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nslab::lab::{Progress, Told};

/// Seconds after which it is shown; anything that is no number: never.
const VARIABLE: &str = "NSLAB_PROGRESS";

/// Who waits less than this is not waiting.
const USUALLY: Duration = Duration::from_millis(500);

/// No eye follows more.
const BETWEEN: Duration = Duration::from_millis(100);

const CELLS: usize = 20;

/// The line, from when work begins to when it is dropped; then nothing is left of it.
pub(crate) struct Bar(Option<Arc<Mutex<Line>>>);

struct Line {
    /// When it is to be drawn next.
    next: Instant,
    drawn: bool,
}

impl Bar {
    /// Drawn only where `wanted`, and where standard error is a terminal that can take back a line.
    pub(crate) fn start(wanted: bool) -> Self {
        let able =
            wanted && std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let after = after().filter(|_| able);
        let line = |after| Arc::new(Mutex::new(Line { next: Instant::now() + after, drawn: false }));
        Self(after.map(line))
    }

    /// What is to be told of the work.
    pub(crate) fn progress(&self) -> Progress {
        let Some(line) = self.0.clone() else { return Progress::default() };
        Progress::new(move |told| {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if now >= line.next {
                *line = Line { next: now + BETWEEN, drawn: true };
                write(&format!("\r{}\x1b[K", text(told)));
            }
        })
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        let drawn = self.0.as_ref().is_some_and(|line| line.lock().unwrap_or_else(PoisonError::into_inner).drawn);
        if drawn {
            write("\r\x1b[K");
        }
    }
}

fn after() -> Option<Duration> {
    let Some(text) = std::env::var_os(VARIABLE) else { return Some(USUALLY) };
    text.to_str()?
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|after| after.as_secs() < 1 << 20)
}

/// One that cannot be written is lost.
fn write(text: &str) {
    let mut err = std::io::stderr();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// Less than 50 columns, so that it is one line on any terminal.
fn text(told: Told) -> String {
    let bar = |what: &str, done: usize, of: usize| {
        let share = |whole: usize| done.min(of).saturating_mul(whole) / of.max(1);
        let (full, percent) = (share(CELLS), share(100));
        format!("{what} [{}{}] {percent:3}%", "#".repeat(full), "-".repeat(CELLS - full))
    };
    match told {
        Told::Making(done, of) => bar("making the lab", done, of),
        Told::Leaving(done, of) => bar("removing names", done, of),
        _ => "the kernel takes the interfaces apart".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_drawn_as_such() {
        assert_eq!(text(Told::Making(0, 0)), "making the lab [--------------------]   0%");
        assert_eq!(text(Told::Making(1, 2)), "making the lab [##########----------]  50%");
        assert_eq!(text(Told::Leaving(9, 7)), "removing names [####################] 100%");
    }
}
