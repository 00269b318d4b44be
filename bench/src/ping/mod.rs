//! Round trips as `nslab ping` and every iputils there is show them, across one cable.
//!
//! The programs take turns, in short runs, so that what else the machine does hits all alike.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};
use crate::words::MEASURE_PING;
use crate::{programs, sandbox};

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// How many requests each program sends in each of the ways.
    pub(crate) requests: u32,
    pub(crate) nslab: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { requests: 1_000, nslab: None }
    }
}

impl Options {
    fn words(&self, nslab: &Path) -> Vec<OsString> {
        let words: [OsString; 5] = [
            MEASURE_PING.into(),
            "--requests".into(),
            self.requests.to_string().into(),
            "--nslab".into(),
            nslab.into(),
        ];
        words.into()
    }
}

/// Requests in a run of one program.
const RUN: u32 = 50;
/// How they follow each other.
const WAYS: [(&str, &[&str]); 3] = [
    ("as fast as answers come (-A)", &["-A"]),
    ("every millisecond", &["-i", "0.001"]),
    ("every 10 ms", &["-i", "0.01"]),
];
const TARGETS: [(&str, &str); 2] = [("IPv4", "10.0.0.2"), ("IPv6", "fd00::2")];

/// Measures all in a sandbox and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    print!("{}", sandbox::again(options.words(&nslab))?);
    Ok(())
}

struct Program {
    title: String,
    words: Vec<OsString>,
    /// In microseconds.
    times: Vec<f64>,
}

/// Inside the sandbox.
pub(crate) fn measure(options: &Options) -> Result<()> {
    let nslab = options.nslab.clone().ok_or_else(|| Failure::new("which nslab was not told"))?;
    network(&nslab)?;
    let mut programs =
        vec![Program { title: "nslab ping".into(), words: vec![nslab.into(), "ping".into()], times: Vec::new() }];
    for ping in programs::pings()? {
        let title = format!("ping {}, {}", ping.origin, ping.version);
        programs.push(Program { title, words: ping.words, times: Vec::new() });
    }
    for (title, words) in WAYS {
        for (family, target) in TARGETS {
            println!("{family}, {title}, {} requests each", options.requests);
            programs.iter_mut().for_each(|program| program.times.clear());
            for run in 0..options.requests.div_ceil(RUN) {
                let count = RUN.min(options.requests - run * RUN);
                // Who is first has the colder caches.
                let first = usize::try_from(run).unwrap_or(0) % programs.len();
                programs.rotate_left(first);
                for program in &mut programs {
                    let times = ping(program, words, count, target)?;
                    program.times.extend(times);
                }
                programs.rotate_right(first);
            }
            table(&mut programs);
        }
    }
    Ok(())
}

fn network(nslab: &Path) -> Result<()> {
    let script = "link set lo up\nnetns add h\nlink add v0 type veth peer name v1 netns h\n\
        address add 10.0.0.1/24 dev v0\naddress add fd00::1/64 dev v0 nodad\nlink set v0 up\n";
    let inside =
        "address add 10.0.0.2/24 dev v1\naddress add fd00::2/64 dev v1 nodad\nlink set lo up\nlink set v1 up\n";
    for (words, text) in
        [(&["ip", "-batch", "/run/batch"][..], script), (&["ip", "-n", "h", "-batch", "/run/batch"], inside)]
    {
        std::fs::write("/run/batch", text).map_err(Failure::of("/run/batch"))?;
        let status = Command::new(nslab).args(words).status().map_err(Failure::of("starting nslab"))?;
        if !status.success() {
            return Err(Failure::new(format!("making the network: {status}")));
        }
    }
    // Until the neighbours are known the first answer takes as long as that.
    for (_, target) in TARGETS {
        let words = ["ping", "-q", "-c", "1", target];
        let mut command = Command::new(nslab);
        let status = command.args(words).stdout(Stdio::null()).status().map_err(Failure::of("starting nslab"))?;
        if !status.success() {
            return Err(Failure::new(format!("{target} does not answer")));
        }
    }
    Ok(())
}

/// The round trips of one run.
fn ping(program: &Program, words: &[&str], count: u32, target: &str) -> Result<Vec<f64>> {
    let (first, rest) = program.words.split_first().ok_or_else(|| Failure::new("no program"))?;
    let mut command = Command::new(first);
    command.args(rest).args(words).args(["-n", "-c", &count.to_string(), target]).stdin(Stdio::null());
    let output = command.output().map_err(Failure::of("starting it"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let time = |line: &str| line.split_once("time=")?.1.split_once(" ms")?.0.parse::<f64>().ok();
    let times: Vec<f64> = text.lines().filter_map(time).map(|ms| ms * 1e3).collect();
    if times.is_empty() { Err(Failure::new(format!("{}: no answer\n{text}", program.title))) } else { Ok(times) }
}

fn table(programs: &mut [Program]) {
    for program in programs {
        program.times.sort_by(f64::total_cmp);
        let at = |share: f64| program.times.get((program.times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
        println!(
            "  {:34} median {:>5.1} us  fastest {:>5.1} us  nine of ten within {:>5.1} us",
            program.title,
            at(0.5),
            at(0.0),
            at(0.9)
        );
    }
}
