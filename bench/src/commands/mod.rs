//! Single commands of `ip`, whole processes: a short one, long listings, a long batch.
//!
//! All programs work on one network, in one sandbox, and take turns at each command.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::words::MEASURE_COMMANDS;
use crate::{programs, sandbox};

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// How often a short command is measured.
    pub(crate) runs: u32,
    /// How often a long one is.
    pub(crate) long_runs: u32,
    pub(crate) links: u32,
    pub(crate) routes: u32,
    /// How many routes a batch adds.
    pub(crate) batch: u32,
    pub(crate) nslab: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { runs: 500, long_runs: 9, links: 2_000, routes: 100_000, batch: 10_000, nslab: None }
    }
}

impl Options {
    fn words(&self, nslab: &Path) -> Vec<OsString> {
        let numbers = [
            ("--runs", self.runs),
            ("--long-runs", self.long_runs),
            ("--links", self.links),
            ("--routes", self.routes),
            ("--batch", self.batch),
        ];
        let mut words: Vec<OsString> = vec![MEASURE_COMMANDS.into()];
        words.extend(numbers.iter().flat_map(|(name, number)| [(*name).into(), number.to_string().into()]));
        words.extend(["--nslab".into(), nslab.into()]);
        words
    }
}

/// Measures all in a sandbox and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    print!("{}", sandbox::again(options.words(&nslab))?);
    Ok(())
}

struct Program {
    title: String,
    words: Vec<OsString>,
}

/// What is measured: the words of the command, how often, and what puts the network back after each.
struct Measured<'a> {
    words: &'a [&'a str],
    runs: u32,
    after: Option<&'a [&'a str]>,
}

/// Inside the sandbox.
pub(crate) fn measure(options: &Options) -> Result<()> {
    let nslab = options.nslab.clone().ok_or_else(|| Failure::new("which nslab was not told"))?;
    let mut programs = vec![Program { title: "nslab".into(), words: vec![nslab.into(), "ip".into()] }];
    for ip in programs::ips()? {
        programs.push(Program { title: format!("ip {}, {}", ip.origin, ip.version), words: ip.words });
    }
    let ours = |words: &[&str]| programs.first().map_or(Ok(Duration::ZERO), |program| time(program, words));
    ours(&["link", "add", "v0", "type", "veth", "peer", "name", "v1"])?;
    for link in ["lo", "v0", "v1"] {
        ours(&["link", "set", link, "up"])?;
    }
    ours(&["address", "add", "10.0.0.1/24", "dev", "v0"])?;
    let short = |words| Measured { words, runs: options.runs, after: None };
    let long = |words| Measured { words, runs: options.long_runs, after: None };
    for words in [&["link", "show"][..], &["address", "show"], &["route", "get", "10.0.0.2"]] {
        table(&programs, &short(words))?;
    }
    file("/run/links", (0..options.links / 2).map(|n| format!("link add a{n} type veth peer name b{n}")))?;
    ours(&["-batch", "/run/links"])?;
    println!("{} links more:", options.links / 2 * 2);
    for words in [&["link", "show"][..], &["address", "show"]] {
        table(&programs, &long(words))?;
    }
    let route = |verb: &str, of: u32, n: u32| {
        let [_, a, b, c] = n.to_be_bytes();
        format!("route {verb} {of}.{a}.{b}.{c} via 10.0.0.2")
    };
    file("/run/add", (0..options.batch).map(|n| route("add", 11, n)))?;
    file("/run/del", (0..options.batch).map(|n| route("del", 11, n)))?;
    println!("{} routes:", options.batch);
    let after = Some(&["-batch", "/run/del"][..]);
    table(&programs, &Measured { words: &["-batch", "/run/add"], runs: options.long_runs, after })?;
    file("/run/routes", (0..options.routes).map(|n| route("add", 12, n)))?;
    ours(&["-batch", "/run/routes"])?;
    println!("{} routes:", options.routes);
    table(&programs, &long(&["route", "show"]))
}

fn file(path: &str, lines: impl Iterator<Item = String>) -> Result<()> {
    let text = lines.fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    });
    std::fs::write(path, text).map_err(Failure::of(path))
}

/// Runs a command from its start to its end.
fn time(program: &Program, words: &[&str]) -> Result<Duration> {
    let (first, rest) = program.words.split_first().ok_or_else(|| Failure::new("no program"))?;
    let mut command = Command::new(first);
    command.args(rest).args(words).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().map_err(Failure::of("starting it"))?;
    let time = start.elapsed();
    if status.success() { Ok(time) } else { Err(Failure::new(format!("{} {words:?}: {status}", program.title))) }
}

/// Measures a command with each program in turn and prints the times.
fn table(programs: &[Program], measured: &Measured<'_>) -> Result<()> {
    let mut times: Vec<Vec<f64>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..measured.runs {
        for (program, times) in programs.iter().zip(&mut times) {
            times.push(time(program, measured.words)?.as_secs_f64() * 1e3);
            if let Some(after) = measured.after {
                time(program, after)?;
            }
        }
    }
    println!("{}, {} runs each", measured.words.join(" "), measured.runs);
    let mut base = None;
    for (program, times) in programs.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let (Some(fastest), Some(median)) = (times.first(), times.get(times.len() / 2)) else { continue };
        let ratio = median / *base.get_or_insert(*median);
        println!("  {:40} median {median:>8.2} ms  fastest {fastest:>8.2} ms  ratio {ratio:.2}", program.title);
    }
    Ok(())
}
