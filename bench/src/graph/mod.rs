//! How long it takes to read labs of some size, to draw them, and to save them.

use std::path::PathBuf;
use std::time::Instant;

use nslab::lab::{Store, machine};
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::growth::labs::{Lab, SHAPES};
use crate::programs;
use crate::steps::{Done, Steps};
use crate::table::{Machine, median, print_json};
use crate::words::READ_MACHINE;

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) nodes: u32,
    pub(crate) runs: u32,
    pub(crate) json: bool,
    pub(crate) nslab: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { nodes: 1_000, runs: 3, json: false, nslab: None }
    }
}

#[derive(Serialize)]
struct Measured {
    shape: &'static str,
    nodes: u32,
    /// Medians, in seconds.
    read: f64,
    svg: f64,
    list: f64,
    save: f64,
}

#[derive(Serialize)]
struct Drawn {
    bench: &'static str,
    runs: u32,
    machine: Machine,
    labs: Vec<Measured>,
}

/// Measures each shape and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    let mut labs = Vec::new();
    for (shape, make) in SHAPES {
        let lab = make(options.nodes);
        let mut runs = Vec::new();
        for _ in 0..options.runs {
            eprintln!("{shape} of {} nodes", lab.nodes);
            runs.push(measure(&lab, &nslab)?);
        }
        labs.push(measured(shape, &lab, &runs)?);
    }
    let drawn = Drawn { bench: "graph", runs: options.runs, machine: Machine::this(), labs };
    if options.json {
        print_json(&drawn)?;
    } else {
        drawn.print();
    }
    Ok(())
}

fn measure(lab: &Lab, nslab: &std::path::Path) -> Result<Vec<Done>> {
    let nslab = nslab.as_os_str();
    let own = std::env::current_exe().map_err(Failure::of("finding this program"))?;
    let verb = |words: &[&'static str]| {
        let all = words.iter().map(|word| (*word).into());
        std::iter::once(nslab.to_owned()).chain(all).collect::<Vec<std::ffi::OsString>>()
    };
    Steps::default()
        .file("/run/drawn.yaml", lab.text.as_str())
        .step(verb(&["-q", "up", "/run/drawn.yaml"]), Some(lab.verify.clone()))?
        .telling([own.as_os_str(), READ_MACHINE.as_ref()])?
        .step(verb(&["-q", "graph", "grown", "-o", "/run/drawn.svg"]), None)?
        .step(verb(&["-q", "graph", "grown", "--format", "text"]), None)?
        .step(verb(&["-q", "save", "grown", "-o", "/run/saved.yaml"]), None)?
        .run()
}

/// Inside the sandbox: reads every namespace, and prints how long that took.
pub(crate) fn read_machine() -> Result<()> {
    let start = Instant::now();
    let found = machine(&Store::default())?;
    let time = start.elapsed();
    if found.places.is_empty() {
        return Err(Failure::new("there is no namespace"));
    }
    println!("{}", time.as_secs_f64());
    Ok(())
}

fn measured(shape: &'static str, lab: &Lab, runs: &[Vec<Done>]) -> Result<Measured> {
    let time = |step: usize| {
        let times: Vec<_> = runs.iter().filter_map(|run| run.get(step)).map(Done::total).collect();
        median(&times).ok_or_else(|| Failure::new("nothing was measured"))
    };
    Ok(Measured { shape, nodes: lab.nodes, read: time(1)?, svg: time(2)?, list: time(3)?, save: time(4)? })
}

impl Drawn {
    fn print(&self) {
        println!("graph, medians of {} runs; {}", self.runs, self.machine);
        println!();
        println!("{:9} {:>6}  {:>9}  {:>9}  {:>9}  {:>9}", "shape", "nodes", "read", "svg", "text", "save");
        for lab in &self.labs {
            let Measured { shape, nodes, read, svg, list, save } = lab;
            println!("{shape:9} {nodes:>6}  {read:>7.3} s  {svg:>7.3} s  {list:>7.3} s  {save:>7.3} s");
        }
    }
}
