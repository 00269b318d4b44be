//! Benches: nslab beside other ways to do the same, in one go, on one machine.
//!
//! One folder per bench. This program also runs itself inside of sandboxes, to do there what is measured.

mod capture;
mod check;
mod commands;
mod failure;
mod graph;
mod growth;
mod pairs;
mod ping;
mod programs;
mod rootless;
mod sandbox;
mod settle;
mod star;
mod steps;
mod sys;
mod table;
mod words;

use std::process::ExitCode;

use failure::Result;
use words::Words;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match Words::parse(std::env::args_os().skip(1))? {
        Words::Help => {
            print!("{}", words::USAGE);
            Ok(())
        }
        Words::Pairs(options) => pairs::run(&options),
        Words::Commands(options) => commands::run(&options),
        Words::MeasureCommands(options) => commands::measure(&options),
        Words::MeasurePairs(way) => pairs::measure(&way),
        Words::Ping(options) => ping::run(&options),
        Words::MeasurePing(options) => ping::measure(&options),
        Words::Rootless(options) => rootless::run(&options),
        Words::Star(options) => star::run(&options),
        Words::Check(options) => check::run(&options),
        Words::Growth(options) => growth::run(&options),
        Words::Graph(options) => graph::run(&options),
        Words::ReadMachine => graph::read_machine(),
        Words::MeasureSteps(steps) => steps::measure(&steps),
        Words::Capture(options) => capture::run(&options),
        Words::MeasureCapture(options) => capture::measure(&options),
        Words::Send(load) => capture::send(&load),
        Words::BarePairs { pairs, threads } => pairs::bare::make(pairs, threads),
    }
}
