//! `nslab check --watch`: again and again, and what changes.

use std::collections::{BTreeMap, VecDeque};
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nslab::lab::Checked;
use nslab::probe::{Signal, Signals};
use nslab::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::{Ui, Verdict};
use super::text::{Look, name, pair_line, port_line, text};
use super::{report, verdict};

/// Changes that stay in view.
const SHOWN: usize = 10;

/// What can change: whether something is reached, and how that is told.
type State = BTreeMap<String, (bool, String)>;

/// Checks by `once` until a signal comes, or the reader has gone; the verdict is that of the last check.
pub(super) fn run(
    once: impl Fn() -> Result<Option<(Option<String>, Checked)>>,
    signals: &Signals,
    interval: Duration,
    as_json: bool,
    ui: Ui,
) -> Result<Verdict> {
    let drawing = !as_json && can_draw();
    let begin = Instant::now();
    let mut before: Option<State> = None;
    let mut changes: VecDeque<String> = VecDeque::new();
    let mut last = Verdict::Good;
    while let Some((lab, checked)) = once()? {
        last = verdict(&checked);
        let now = state(&checked);
        let changed = before.as_ref().map(|before| changed(before, &now));
        let said = match &changed {
            _ if drawing => {
                let seconds = begin.elapsed().as_secs();
                let timed = changed.iter().flatten().map(|line| format!("{seconds:>5} s  {line}"));
                changes.extend(timed);
                changes.drain(..changes.len().saturating_sub(SHOWN));
                drawn(&checked, &changes, ui)
            }
            Some(changed) if changed.is_empty() => String::new(),
            _ if as_json => line(&report::report(lab, &checked))?,
            Some(changed) => changed.iter().map(|line| format!("{line}\n")).collect(),
            None => text(&checked, &Look::of_output(), ui),
        };
        if !say(&said)? || !wait(signals, interval)? {
            return Ok(last);
        }
        before = Some(now);
    }
    Ok(last)
}

fn can_draw() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The whole screen anew, no longer than it is.
fn drawn(checked: &Checked, changes: &VecDeque<String>, ui: Ui) -> String {
    let look = Look::of_output();
    let mut lines: Vec<String> = text(checked, &look, ui).lines().map(String::from).collect();
    let room = look.height.map_or(usize::MAX, |height| height.saturating_sub(changes.len() + 2));
    if lines.len() > room {
        // The last line has the sum.
        let sum = lines.pop();
        lines.truncate(room.saturating_sub(2));
        lines.push("…".into());
        lines.extend(sum);
    }
    lines.extend(changes.iter().cloned());
    format!("\x1b[H\x1b[J{}\n", lines.join("\n"))
}

fn line(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string(value).map_err(|error| Error::invalid(format!("writing JSON: {error}")))?;
    Ok(text + "\n")
}

fn state(checked: &Checked) -> State {
    let pair = |pair| (pair_line(checked, pair), pair);
    let pairs = checked.pairs.iter().map(pair).map(|(line, pair)| {
        let address = pair.address.map(|address| address.to_string()).unwrap_or_default();
        let key = format!("{} {} {address}", name(checked, pair.from), name(checked, pair.to));
        (key, (pair.reached(), line))
    });
    let ports = checked.ports.iter().map(|port| {
        let key = format!("{} {}:{}", name(checked, port.from), name(checked, port.to), port.service);
        (key, (port.reached(), port_line(checked, port)))
    });
    pairs.chain(ports).collect()
}

/// What is reached and was not, or the other way round; and what was not asked before.
fn changed(before: &State, now: &State) -> Vec<String> {
    let is_other =
        |(key, (reached, _)): &(&String, &(bool, String))| before.get(*key).is_none_or(|(was, _)| was != reached);
    let came = now.iter().filter(is_other).map(|(_, (_, line))| line.clone());
    let gone = before.keys().filter(|key| !now.contains_key(*key)).map(|key| format!("asked no more: {key}"));
    came.chain(gone).collect()
}

/// Writes at once. Whether there is still a reader.
fn say(text: &str) -> Result<bool> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::os("writing to standard output", error)),
    }
}

/// Waits for the next check. Whether there is to be one: no signal came, and the reader has not gone.
fn wait(signals: &Signals, interval: Duration) -> Result<bool> {
    let end = Instant::now() + interval;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(true);
        }
        let out = std::io::stdout();
        // Nothing is waited for of standard output; that its reader has gone is told unasked.
        let mut fds = [
            PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(out.as_fd(), PollFlags::empty()),
        ];
        let timeout = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        rustix::io::retry_on_intr(|| poll(&mut fds, Some(&timeout)))
            .map_err(|errno| Error::os("waiting for the next check", errno))?;
        let [_, reader] = &fds;
        if reader.revents().contains(PollFlags::ERR) || signals.next() == Some(Signal::Stop) {
            return Ok(false);
        }
    }
}
