//! Who reaches whom as a picture: rows ask, columns are asked.

use std::collections::{BTreeSet, HashMap};

use nslab::lab::{Checked, Probed};
use nslab::probe::matrix::Outcome;

use super::ms;
use super::text::name;
use crate::output::table_of;

/// Of more than so many, times are no help.
const MOST_TIMES: usize = 20;

/// More than so many are told by segment.
const MOST: usize = 64;

/// Columns stand in groups of so many.
const GROUP: usize = 10;

/// Names of rows longer than this are cut.
const LONGEST_NAME: usize = 20;

struct Grid<'c> {
    checked: &'c Checked,
    rows: Vec<usize>,
    columns: Vec<usize>,
    cells: HashMap<(usize, usize), Vec<&'c Probed>>,
}

/// The picture, if there is one that fits.
pub(super) fn grid(checked: &Checked, width: usize) -> Option<String> {
    let mut cells: HashMap<(usize, usize), Vec<&Probed>> = HashMap::new();
    let (mut rows, mut columns) = (BTreeSet::new(), BTreeSet::new());
    for pair in &checked.pairs {
        rows.insert(pair.from);
        columns.insert(pair.to);
    }
    if rows.len().max(columns.len()) > MOST {
        return None;
    }
    for pair in &checked.pairs {
        cells.entry((pair.from, pair.to)).or_default().push(pair);
    }
    let (rows, columns) = (rows.into_iter().collect(), columns.into_iter().collect());
    let grid = Grid { checked, rows, columns, cells };
    if grid.rows.is_empty() {
        return Some(String::new());
    }
    let fits = |text: &String| text.lines().all(|line| line.chars().count() <= width);
    let small = grid.rows.len().max(grid.columns.len()) <= MOST_TIMES;
    let times = || small.then(|| grid.times(" ms")).filter(fits);
    let bare = || small.then(|| grid.times("") + "round trips in ms\n").filter(fits);
    times().or_else(bare).or_else(|| Some(grid.signs(width)).filter(fits))
}

impl Grid<'_> {
    /// A cell has the shortest round trip where every address is reached.
    fn times(&self, unit: &str) -> String {
        let cell = |from: usize, to: usize| {
            let between = self.cells.get(&(from, to)).map(Vec::as_slice).unwrap_or_default();
            let mut times = Vec::new();
            let (mut sent, mut lost) = (0, 0);
            for pair in between {
                if let Outcome::Reached { round_trip, measured } = pair.outcome {
                    let time = measured.filter(|measured| measured.received > 0).map(|measured| measured.average());
                    times.push(time.unwrap_or(round_trip));
                    sent += measured.map_or(0, |measured| measured.sent);
                    lost += measured.map_or(0, |measured| measured.lost());
                }
            }
            let loss = if lost > 0 { format!(" -{}%", (100 * lost).div_ceil(sent.max(1))) } else { String::new() };
            match times.len() {
                _ if from == to => ".".into(),
                0 if between.is_empty() => String::new(),
                0 => "no".into(),
                n if n < between.len() => format!("{n} of {}", between.len()),
                _ => format!("{:.3}{unit}{loss}", ms(times.iter().min().copied().unwrap_or_default())),
            }
        };
        let head = self.columns.iter().map(|to| name(self.checked, *to).to_owned());
        let head = std::iter::once(String::from("from \\ to")).chain(head).collect();
        let row = |from: &usize| {
            let cells = self.columns.iter().map(|to| cell(*from, *to));
            std::iter::once(name(self.checked, *from).to_owned()).chain(cells).collect()
        };
        table_of(std::iter::once(head).chain(self.rows.iter().map(row)))
    }

    /// A sign for each pair, with what the signs mean below. Nodes have numbers, which stand above the columns.
    fn signs(&self, width: usize) -> String {
        let shown = |at: &usize| {
            let name = name(self.checked, *at);
            match name.char_indices().nth(LONGEST_NAME) {
                Some((cut, _)) => format!("{}…", name.get(..cut).unwrap_or_default()),
                None => name.to_owned(),
            }
        };
        let all: BTreeSet<usize> = self.rows.iter().chain(&self.columns).copied().collect();
        let numbers: HashMap<usize, usize> = all.into_iter().zip(1..).collect();
        let number = |at: &usize| numbers.get(at).copied().unwrap_or_default();
        let labels: Vec<String> = self.rows.iter().map(|row| format!("{:>3} {}", number(row), shown(row))).collect();
        let indent = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(9) + 2;
        let spaced = |signs: &mut dyn Iterator<Item = char>| {
            let mut line = String::new();
            for (at, sign) in signs.enumerate() {
                if at > 0 && at % GROUP == 0 {
                    line.push(' ');
                }
                line.push(sign);
            }
            line
        };
        let digit = |number: usize| char::from_digit((number % 10) as u32, 10).unwrap_or('?');
        // The tens stand above each 10, 20, …, and above the first column.
        let tens = |(at, number): (usize, usize)| {
            if number >= 10 && (number % 10 == 0 || at == 0) { digit(number / 10) } else { ' ' }
        };
        let mut text = String::new();
        let head = spaced(&mut self.columns.iter().map(number).enumerate().map(tens));
        if !head.trim().is_empty() {
            text.push_str(format!("{:indent$}{head}", "").trim_end());
            text.push('\n');
        }
        let head = spaced(&mut self.columns.iter().map(|to| digit(number(to))));
        text.push_str(&format!("{:indent$}{head}\n", "from \\ to"));
        let mut used = BTreeSet::new();
        for (row, label) in self.rows.iter().zip(&labels) {
            let mut signs = self.columns.iter().map(|to| {
                let sign = self.sign(*row, *to);
                used.insert(sign);
                sign
            });
            let line = spaced(&mut signs);
            text.push_str(format!("{label:indent$}{line}").trim_end());
            text.push('\n');
        }
        let unnamed = self.columns.iter().filter(|to| !self.rows.contains(to));
        // In as many lines as that takes.
        let mut line = String::from("to:");
        for to in unnamed {
            let name = format!(" {} {}", number(to), shown(to));
            if line.chars().count() + name.chars().count() >= width {
                text.push_str(&format!("{line}\n"));
                line = String::from("   ");
            }
            line.push_str(&name);
        }
        if line != "to:" {
            text.push_str(&format!("{line}\n"));
        }
        let meanings: Vec<&str> =
            MEANINGS.iter().filter(|(sign, _)| used.contains(sign)).map(|(_, meaning)| *meaning).collect();
        text.push_str(&format!("{}\n", meanings.join("   ")));
        text
    }

    fn sign(&self, from: usize, to: usize) -> char {
        let between = self.cells.get(&(from, to)).map(Vec::as_slice).unwrap_or_default();
        let reached = between.iter().filter(|pair| pair.reached()).count();
        let good = between.iter().all(|pair| pair.good());
        let lossy = |pair: &&Probed| {
            let Outcome::Reached { measured, .. } = pair.outcome else { return false };
            measured.is_some_and(|measured| measured.lost() > 0)
        };
        match reached {
            _ if from == to => '\\',
            _ if between.is_empty() => ' ',
            0 if good => '-',
            0 => 'X',
            n if n < between.len() => '/',
            _ if !good => '!',
            _ if between.iter().any(lossy) => '%',
            _ => '.',
        }
    }
}

const MEANINGS: [(char, &str); 6] = [
    ('.', ". reached"),
    ('%', "% reached, with loss"),
    ('/', "/ not at all of its addresses"),
    ('X', "X not reached"),
    ('-', "- not reached, as expected"),
    ('!', "! reached, but must not be"),
];
