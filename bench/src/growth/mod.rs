//! How the cost of a lab grows with its size: time and memory a node, to make it, to find it unchanged, to
//! change one address in it, and to take it away.

pub(crate) mod labs;

use std::path::PathBuf;

use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::programs;
use crate::steps::{Done, Steps, Verify};
use crate::table::{Machine, median, print_json};
use labs::{Lab, SHAPES};

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) sizes: Vec<u32>,
    pub(crate) runs: u32,
    pub(crate) json: bool,
    pub(crate) nslab: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { sizes: vec![100, 1_000, 10_000], runs: 3, json: false, nslab: None }
    }
}

#[derive(Serialize)]
struct Measured {
    shape: &'static str,
    nodes: u32,
    /// Medians, in seconds.
    up: f64,
    again: f64,
    changed: f64,
    down: f64,
    /// The most that `nslab up` had of its own, in kB.
    memory: u64,
}

#[derive(Serialize)]
struct Growth {
    bench: &'static str,
    runs: u32,
    machine: Machine,
    labs: Vec<Measured>,
}

/// Measures each shape in each size and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    let mut labs = Vec::new();
    for (shape, make) in SHAPES {
        for size in &options.sizes {
            let lab = make(*size);
            let mut runs = Vec::new();
            for _ in 0..options.runs {
                eprintln!("{shape} of {} nodes", lab.nodes);
                runs.push(measure(&lab, &nslab)?);
            }
            labs.push(measured(shape, &lab, &runs)?);
        }
    }
    let growth = Growth { bench: "growth", runs: options.runs, machine: Machine::this(), labs };
    if options.json {
        print_json(&growth)?;
    } else {
        growth.print();
    }
    Ok(())
}

fn measure(lab: &Lab, nslab: &std::path::Path) -> Result<Vec<Done>> {
    let nslab = nslab.as_os_str();
    let up = |file: &'static str| [nslab, "-q".as_ref(), "up".as_ref(), file.as_ref()];
    let (file, changed) = ("/run/grown.yaml", "/run/changed.yaml");
    Steps::default()
        .file(file, lab.text.as_str())
        .file(changed, lab.changed.as_str())
        .step(up(file), Some(lab.verify.clone()))?
        .step(up(file), None)?
        .step(up(changed), None)?
        .step(
            [nslab, "-q".as_ref(), "down".as_ref(), "grown".as_ref()],
            Some(Verify { namespaces: 0, reaches: Vec::new() }),
        )?
        .run()
}

fn measured(shape: &'static str, lab: &Lab, runs: &[Vec<Done>]) -> Result<Measured> {
    let none = || Failure::new("nothing was measured");
    let time = |step: usize| {
        let times: Vec<_> = runs.iter().filter_map(|run| run.get(step)).map(Done::total).collect();
        median(&times).ok_or_else(none)
    };
    let memory = runs.iter().filter_map(|run| run.first()).map(|done| done.memory).max().ok_or_else(none)?;
    let (up, again, changed, down) = (time(0)?, time(1)?, time(2)?, time(3)?);
    Ok(Measured { shape, nodes: lab.nodes, up, again, changed, down, memory })
}

impl Growth {
    fn print(&self) {
        let Self { runs, machine, labs, .. } = self;
        println!("growth, medians of {runs} runs; {machine}");
        println!();
        println!(
            "{:9} {:>6}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}",
            "shape", "nodes", "up", "a node", "unchanged", "changed", "down", "memory", "a node"
        );
        for lab in labs {
            let nodes = f64::from(lab.nodes);
            println!(
                "{:9} {:>6}  {:>7.3} s  {:>6.3} ms  {:>7.3} s  {:>7.3} s  {:>7.3} s  {:>6.1} MB  {:>6.1} kB",
                lab.shape,
                lab.nodes,
                lab.up,
                lab.up * 1e3 / nodes,
                lab.again,
                lab.changed,
                lab.down,
                lab.memory as f64 / 1e3,
                lab.memory as f64 / nodes
            );
        }
    }
}
