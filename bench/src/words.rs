//! The words of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::pairs::{Job, Options};
use crate::steps::Steps;
use crate::{capture, commands, graph, growth, ping, star};

pub(crate) const USAGE: &str = "\
Usage: bench [pairs] [--pairs N] [--runs N] [--quick] [--json] [--nslab PATH]
       bench rootless [--pairs N] [--runs N] [--json] [--nslab PATH]
       bench star [--hosts N] [--runs N] [--quick] [--json] [--nslab PATH]
       bench check [--hosts N] [--runs N] [--quick] [--json] [--nslab PATH]
       bench growth [--sizes N,N,...] [--runs N] [--json] [--nslab PATH]
       bench graph [--nodes N] [--runs N] [--json] [--nslab PATH]
       bench ping [--requests N] [--nslab PATH]
       bench capture [--runs N] [--packets N] [--nslab PATH]
       bench commands [--runs N] [--long-runs N] [--links N] [--routes N] [--batch N] [--nslab PATH]

pairs   makes N pairs of network namespaces (300), each pair joined by a cable, by `nslab up` and by other ways
rootless  makes the pairs by `nslab up` as root and as a user with no privileges; takes root
star    makes N hosts (100) on one switch, by `nslab up`, by `ip -batch` and by mininet where it is installed
check   asks for all pairs of N hosts (100) on one switch, by `nslab check`, by one fping a node and by mininet's
        pingall, where they are installed
growth  makes labs of several sizes (100,1000,10000) and shapes by `nslab up`, finds them unchanged, changes an
        address, takes them away, and says how time and memory grow
graph   reads labs of N nodes (1,000) and three shapes, draws them and saves them
ping    sends N requests (1000) across a cable by `nslab ping` and by every iputils there is, in several ways, and says
        how long the answers took
capture  sends N packets (400,000) at 200,000 a second and as fast as can be, captured by `nslab capture` and by tcpdump
        where it is installed, and says how many are in the file
commands  runs single commands of `nslab ip` and of every iproute2 there is: short ones (500 times each), and with
        2,000 links, a batch of 10,000 routes, and 100,000 routes, long ones (9 times each)

The ways take turns, each as often as --runs says (5; of growth and graph, 3), and the medians are told.

  --quick       leave out the slowest way: the walk by commands, mininet
  --json        print that as JSON
  --nslab PATH  the program to measure, instead of the one beside this one
";

#[derive(Debug, PartialEq)]
pub(crate) enum Words {
    Help,
    Pairs(Options),
    Rootless(Options),
    Commands(commands::Options),
    /// Inside a sandbox: all of it.
    MeasureCommands(commands::Options),
    /// Inside a sandbox: one way, once.
    MeasurePairs(Job),
    /// What that runs for the bare system calls.
    BarePairs {
        pairs: u32,
        threads: u32,
    },
    Ping(ping::Options),
    /// Inside a sandbox: all of it.
    MeasurePing(ping::Options),
    Star(star::Options),
    Check(star::Options),
    Growth(growth::Options),
    Graph(graph::Options),
    /// Inside a sandbox: reads every namespace.
    ReadMachine,
    Capture(capture::Options),
    /// Inside a sandbox: all of it.
    MeasureCapture(capture::Options),
    /// What that runs in a namespace.
    Send(capture::Load),
    /// Inside a sandbox: what is timed there.
    MeasureSteps(Steps),
}

/// First words that this program says to itself.
pub(crate) const MEASURE_PAIRS: &str = "measure-pairs";
pub(crate) const MEASURE_COMMANDS: &str = "measure-commands";
pub(crate) const MEASURE_PING: &str = "measure-ping";
pub(crate) const MEASURE_CAPTURE: &str = "measure-capture";
pub(crate) const SEND: &str = "send";
pub(crate) const BARE_PAIRS: &str = "bare-pairs";
pub(crate) const MEASURE_STEPS: &str = "measure-steps";
pub(crate) const READ_MACHINE: &str = "read-machine";

impl Words {
    pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let mut words = words.into_iter().peekable();
        match words.peek().and_then(|word| word.to_str()) {
            Some(MEASURE_PAIRS) => Job::from_words(words.skip(1)).map(Self::MeasurePairs),
            Some(BARE_PAIRS) => {
                words.next();
                Ok(Self::BarePairs {
                    pairs: number(BARE_PAIRS, words.next())?,
                    threads: number(BARE_PAIRS, words.next())?,
                })
            }
            Some("commands") => commands(words.skip(1)),
            Some(MEASURE_COMMANDS) => match commands(words.skip(1))? {
                Self::Commands(options) => Ok(Self::MeasureCommands(options)),
                other => Ok(other),
            },
            Some(MEASURE_STEPS) => {
                let word = words.nth(1).ok_or_else(|| missing(MEASURE_STEPS))?;
                Steps::read(&word).map(Self::MeasureSteps)
            }
            Some("ping") => pings(words.skip(1)).map(|options| options.map_or(Self::Help, Self::Ping)),
            Some(MEASURE_PING) => pings(words.skip(1)).map(|options| options.map_or(Self::Help, Self::MeasurePing)),
            Some("capture") => capture(words.skip(1)).map(Self::Capture),
            Some(MEASURE_CAPTURE) => capture(words.skip(1)).map(Self::MeasureCapture),
            Some(SEND) => {
                let load = words.nth(1).ok_or_else(|| missing(SEND))?;
                load.to_string_lossy().parse().map(Self::Send)
            }
            Some("star") => star(words.skip(1), Self::Star),
            Some("check") => star(words.skip(1), Self::Check),
            Some("growth") => growth(words.skip(1)),
            Some("graph") => graph(words.skip(1)),
            Some(READ_MACHINE) => Ok(Self::ReadMachine),
            Some("rootless") => match pairs(words.skip(1))? {
                Self::Pairs(options) if !options.quick => Ok(Self::Rootless(options)),
                Self::Pairs(_) => Err(unknown(&"--quick".into())),
                other => Ok(other),
            },
            _ => pairs(words),
        }
    }
}

fn pairs(words: impl Iterator<Item = OsString>) -> Result<Words> {
    let mut options = Options::default();
    let mut words = words.enumerate();
    while let Some((at, word)) = words.next() {
        let mut value = || words.next().map(|(_, word)| word);
        match word.to_str() {
            Some("pairs") if at == 0 => {}
            Some(name @ "--pairs") => options.pairs = number(name, value())?,
            Some(name @ "--runs") => options.runs = number(name, value())?,
            Some("--quick") => options.quick = true,
            Some("--json") => options.json = true,
            Some(name @ "--nslab") => options.nslab = Some(PathBuf::from(value().ok_or_else(|| missing(name))?)),
            Some("-h" | "--help") => return Ok(Words::Help),
            _ => return Err(unknown(&word)),
        }
    }
    Ok(Words::Pairs(options))
}

fn commands(mut words: impl Iterator<Item = OsString>) -> Result<Words> {
    let mut options = commands::Options::default();
    while let Some(word) = words.next() {
        let mut value = || words.next();
        match word.to_str() {
            Some(name @ "--runs") => options.runs = number(name, value())?,
            Some(name @ "--long-runs") => options.long_runs = number(name, value())?,
            Some(name @ "--links") => options.links = number(name, value())?,
            Some(name @ "--routes") => options.routes = number_to(1_000_000, name, value())?,
            Some(name @ "--batch") => options.batch = number_to(1_000_000, name, value())?,
            Some(name @ "--nslab") => options.nslab = Some(PathBuf::from(value().ok_or_else(|| missing(name))?)),
            Some("-h" | "--help") => return Ok(Words::Help),
            _ => return Err(unknown(&word)),
        }
    }
    Ok(Words::Commands(options))
}

/// `None`: help is asked for.
fn pings(mut words: impl Iterator<Item = OsString>) -> Result<Option<ping::Options>> {
    let mut options = ping::Options::default();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some(name @ "--requests") => options.requests = number(name, words.next())?,
            Some(name @ "--nslab") => options.nslab = Some(words.next().ok_or_else(|| missing(name))?.into()),
            Some("-h" | "--help") => return Ok(None),
            _ => return Err(unknown(&word)),
        }
    }
    Ok(Some(options))
}

fn star(mut words: impl Iterator<Item = OsString>, bench: fn(star::Options) -> Words) -> Result<Words> {
    let mut options = star::Options::default();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some(name @ "--hosts") => options.hosts = number(name, words.next())?,
            Some(name @ "--runs") => options.runs = number(name, words.next())?,
            Some("--quick") => options.quick = true,
            Some("--json") => options.json = true,
            Some(name @ "--nslab") => options.nslab = Some(words.next().ok_or_else(|| missing(name))?.into()),
            Some("-h" | "--help") => return Ok(Words::Help),
            _ => return Err(unknown(&word)),
        }
    }
    Ok(bench(options))
}

fn growth(mut words: impl Iterator<Item = OsString>) -> Result<Words> {
    let mut options = growth::Options::default();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some(name @ "--sizes") => {
                let list = words.next().ok_or_else(|| missing(name))?;
                let list = list.to_string_lossy().into_owned();
                options.sizes = list.split(',').map(|size| number(name, Some(size.into()))).collect::<Result<_>>()?;
            }
            Some(name @ "--runs") => options.runs = number(name, words.next())?,
            Some("--json") => options.json = true,
            Some(name @ "--nslab") => options.nslab = Some(words.next().ok_or_else(|| missing(name))?.into()),
            Some("-h" | "--help") => return Ok(Words::Help),
            _ => return Err(unknown(&word)),
        }
    }
    Ok(Words::Growth(options))
}

fn graph(mut words: impl Iterator<Item = OsString>) -> Result<Words> {
    let mut options = graph::Options::default();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some(name @ "--nodes") => options.nodes = number(name, words.next())?,
            Some(name @ "--runs") => options.runs = number(name, words.next())?,
            Some("--json") => options.json = true,
            Some(name @ "--nslab") => options.nslab = Some(words.next().ok_or_else(|| missing(name))?.into()),
            Some("-h" | "--help") => return Ok(Words::Help),
            _ => return Err(unknown(&word)),
        }
    }
    Ok(Words::Graph(options))
}

fn capture(mut words: impl Iterator<Item = OsString>) -> Result<capture::Options> {
    let mut options = capture::Options::default();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some(name @ "--runs") => options.runs = number(name, words.next())?,
            Some(name @ "--packets") => options.packets = number_to(100_000_000, name, words.next())?,
            Some(name @ "--nslab") => options.nslab = Some(words.next().ok_or_else(|| missing(name))?.into()),
            _ => return Err(unknown(&word)),
        }
    }
    Ok(options)
}

fn unknown(word: &OsString) -> Failure {
    Failure::new(format!("unknown word {:?}\n{USAGE}", word.to_string_lossy()))
}

/// A number from 1 to 10,000; more pairs than that no machine makes in any time.
pub(crate) fn number(name: &str, word: Option<OsString>) -> Result<u32> {
    number_to(10_000, name, word)
}

fn number_to(most: u32, name: &str, word: Option<OsString>) -> Result<u32> {
    let word = word.ok_or_else(|| missing(name))?;
    let value = word.to_str().and_then(|word| word.parse().ok()).filter(|value| (1..=most).contains(value));
    value.ok_or_else(|| {
        Failure::new(format!("{name} takes a number from 1 to {most}, not {:?}", word.to_string_lossy()))
    })
}

pub(crate) fn missing(name: &str) -> Failure {
    Failure::new(format!("{name} takes a value"))
}
