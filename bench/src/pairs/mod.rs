//! N pairs of namespaces, each joined by a cable, made in several ways.
//!
//! Each measurement is from a program's start to its end, in a sandbox of its own. The ways take turns, so
//! that whatever else the machine does hits all of them. After each, outside of what is measured, the
//! network is looked at, taken away, and the kernel waited for.

pub(crate) mod bare;
mod job;
mod pair;
mod way;

pub(crate) use job::{Job, measure};
pub(crate) use pair::Pair;
pub(crate) use way::lab;

use std::path::PathBuf;
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::table::{Row, Table, print_json};
use crate::{programs, sandbox};
use way::{Kind, Way};

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) pairs: u32,
    /// How often each way is measured.
    pub(crate) runs: u32,
    /// Without the walk, which takes longer than all others together.
    pub(crate) quick: bool,
    pub(crate) json: bool,
    pub(crate) nslab: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { pairs: 300, runs: 5, quick: false, json: false, nslab: None }
    }
}

/// Measures all ways and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    let mut ways = Way::all(&programs::ips()?);
    ways.retain(|way| way.kind() != Kind::Walk || !options.quick);
    let mut rows: Vec<Row> =
        ways.iter().map(|way| Row { kind: way.kind().name(), title: way.title(), times: Vec::new() }).collect();
    for round in 1..=options.runs {
        eprint!("round {round} of {}:", options.runs);
        for (way, row) in ways.iter().zip(&mut rows) {
            let time = sandbox::again(Job { way: way.clone(), pairs: options.pairs, nslab: nslab.clone() }.words())?;
            let nanoseconds = time.trim().parse().map_err(|_| Failure::new(format!("no time was told: {time:?}")))?;
            let time = Duration::from_nanos(nanoseconds);
            eprint!(" {} {:.3}", row.kind, time.as_secs_f64());
            row.times.push(time);
        }
        eprintln!(" s");
    }
    let table = Table::new("pairs", options.pairs, rows, &Kind::OTHERS.map(Kind::name))?;
    if options.json { print_json(&table) } else { table.print() }
}
