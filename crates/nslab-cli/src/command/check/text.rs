//! What a check has found, for people: a picture, what differs, and the sum.

use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal;

use nslab::lab::{Checked, Knocked, Probed};
use nslab::probe::matrix::{Outcome, Reason};

use super::super::Ui;
use super::{grid, segments};
use crate::output::count;

/// As many of those that do not reach each other are named.
const LONGEST_LIST: usize = 50;

/// So many that all fail alike are told of as one.
const ALIKE: usize = 3;

/// Where there is no terminal, lines are this long.
const WIDTH: usize = 120;

/// How there is room to show it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) width: usize,
    /// Lines of a terminal.
    pub(super) height: Option<usize>,
}

impl Look {
    /// That of standard output; the variable `COLUMNS` may say otherwise.
    pub(super) fn of_output() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok().filter(|size| terminal && size.ws_col > 0);
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
        let width = columns.or(size.map(|size| size.ws_col.into())).unwrap_or(WIDTH);
        Self { width, height: size.map(|size| size.ws_row.into()).filter(|rows| *rows > 0) }
    }
}

pub(super) fn text(checked: &Checked, look: &Look, ui: Ui) -> String {
    let mut text = String::new();
    if !ui.quiet {
        text.push_str(&grid::grid(checked, look.width).unwrap_or_else(|| segments::summary(checked)));
    }
    let lines = differing(checked);
    for line in lines.iter().take(LONGEST_LIST) {
        text.push_str(&format!("{line}\n"));
    }
    if lines.len() > LONGEST_LIST {
        text.push_str(&format!("and {} more like these\n", lines.len() - LONGEST_LIST));
    }
    text.push_str(&format!("{}\n", sum(checked)));
    text
}

pub(super) fn name(checked: &Checked, at: usize) -> &str {
    checked.members.get(at).map_or("?", |member| member.name.as_str())
}

fn at(address: Option<impl ToString>) -> String {
    address.map(|address| format!(" at {}", address.to_string())).unwrap_or_default()
}

pub(super) fn pair_line(checked: &Checked, pair: &Probed) -> String {
    let (from, to, at) = (name(checked, pair.from), name(checked, pair.to), at(pair.address));
    match pair.outcome {
        Outcome::Reached { .. } if pair.expected => format!("{from} reaches {to}{at}"),
        Outcome::Reached { .. } => format!("{from} reaches {to}{at}, which it must not"),
        Outcome::NotReached(reason) => format!("{from} does not reach {to}{at}: {reason}"),
    }
}

pub(super) fn port_line(checked: &Checked, port: &Knocked) -> String {
    let (from, to, at) = (name(checked, port.from), name(checked, port.to), at(port.address));
    let service = port.service;
    match (port.reached(), port.expected) {
        (true, true) => format!("{from} reaches {to}:{service}{at}"),
        (true, false) => format!("{from} reaches {to}:{service}{at}, which it must not"),
        (false, _) => format!("{from} does not reach {to}:{service}{at}: {}", port.knock),
    }
}

/// A line for each thing that is not as expected. Of a node that nobody reaches, or that reaches nobody, one is enough.
fn differing(checked: &Checked) -> Vec<String> {
    let lost = |pair: &&Probed| !pair.reached() && pair.expected;
    let mut of_target: BTreeMap<(usize, Option<String>), Vec<&Probed>> = BTreeMap::new();
    let mut of_asker: BTreeMap<usize, Vec<&Probed>> = BTreeMap::new();
    for pair in &checked.pairs {
        of_target.entry((pair.to, pair.address.map(|address| address.to_string()))).or_default().push(pair);
        of_asker.entry(pair.from).or_default().push(pair);
    }
    let all_lost = |pairs: &Vec<&Probed>| pairs.len() >= ALIKE && pairs.iter().all(lost);
    of_target.retain(|_, pairs| all_lost(pairs));
    of_asker.retain(|_, pairs| all_lost(pairs));
    let mut lines = Vec::new();
    for ((to, address), pairs) in &of_target {
        lines.push(format!("nobody reaches {}{}: {}", name(checked, *to), at(address.as_ref()), reason(pairs)));
    }
    for (from, pairs) in &of_asker {
        lines.push(format!("{} reaches nobody: {}", name(checked, *from), reason(pairs)));
    }
    let is_told = |pair: &Probed| {
        let target = (pair.to, pair.address.map(|address| address.to_string()));
        of_asker.contains_key(&pair.from) || of_target.contains_key(&target)
    };
    let others = checked.pairs.iter().filter(|pair| !pair.good() && !is_told(pair));
    lines.extend(others.map(|pair| pair_line(checked, pair)));
    let ports = checked.ports.iter().filter(|port| !port.good());
    lines.extend(ports.map(|port| port_line(checked, port)));
    lines
}

/// What most of some failures have for a reason.
fn reason(pairs: &[&Probed]) -> String {
    let mut reasons: HashMap<Reason, usize> = HashMap::new();
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for pair in pairs {
        if let Outcome::NotReached(reason) = pair.outcome {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    for (reason, times) in reasons {
        *words.entry(reason.what()).or_default() += times;
    }
    words.into_iter().max_by_key(|(_, times)| *times).map(|(words, _)| words).unwrap_or_default()
}

/// The last line.
fn sum(checked: &Checked) -> String {
    let (pairs, ports) = (&checked.pairs, &checked.ports);
    let bad = pairs.iter().filter(|pair| !pair.good()).count() + ports.iter().filter(|port| !port.good()).count();
    let simple = pairs.iter().all(|pair| pair.expected) && ports.iter().all(|port| port.expected);
    let reached = pairs.iter().all(Probed::reached) && ports.iter().all(Knocked::reached);
    let what = match (pairs.len(), ports.len()) {
        (0, 0) => return "there is nobody to reach".into(),
        (pairs, 0) => count(pairs, "address pair"),
        (0, ports) => count(ports, "port"),
        (pairs, ports) => format!("{}, {}", count(pairs, "address pair"), count(ports, "port")),
    };
    let mut sum = match bad {
        0 if reached => format!("all reached: {what}"),
        0 => format!("as expected: {what}"),
        bad if simple => format!("not reached: {bad} of {what}"),
        bad => format!("not as expected: {bad} of {what}"),
    };
    let measured = pairs.iter().filter_map(|pair| match pair.outcome {
        Outcome::Reached { measured, .. } => measured,
        Outcome::NotReached(_) => None,
    });
    let (sent, lost) =
        measured.fold((0_u64, 0_u64), |(sent, lost), one| (sent + u64::from(one.sent), lost + u64::from(one.lost())));
    if sent > 0 {
        sum.push_str(&format!("; lost: {lost} of {sent} requests"));
    }
    sum
}
