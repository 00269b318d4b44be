//! One measurement, inside a sandbox.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use nslab::namespace::Names;
use nslab::probe::matrix::{self, Outcome, Settings, Sockets, Source};
use rustix::mount::UnmountFlags;

use super::pair::{End, Pair};
use super::way::Way;
use crate::failure::{Failure, Result};
use crate::programs::Ip;
use crate::settle;
use crate::words::{MEASURE_PAIRS, missing, number};

/// What to measure.
#[derive(Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) way: Way,
    pub(crate) pairs: u32,
    pub(crate) nslab: PathBuf,
}

impl Job {
    /// It as words for this program in the sandbox.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let way = match &self.way {
            Way::Bare { threads } => format!("bare{threads}"),
            way => way.kind().name().into(),
        };
        let mut words: Vec<OsString> = vec![MEASURE_PAIRS.into(), way.into(), self.pairs.to_string().into()];
        words.push(self.nslab.clone().into());
        if let Way::Batch(ip) | Way::Walk(ip) = &self.way {
            words.extend(ip.words.iter().cloned());
        }
        words
    }

    /// What [`words`](Self::words) says, without the first of them.
    pub(crate) fn from_words(mut words: impl Iterator<Item = OsString>) -> Result<Self> {
        let way = words.next().ok_or_else(|| missing(MEASURE_PAIRS))?;
        let pairs = number(MEASURE_PAIRS, words.next())?;
        let nslab = words.next().ok_or_else(|| missing(MEASURE_PAIRS))?.into();
        let ip = Ip { words: words.collect(), version: String::new(), origin: "" };
        let way = match way.to_str() {
            Some("nslab") => Way::Nslab,
            Some("bare1") => Way::Bare { threads: 1 },
            Some("bare2") => Way::Bare { threads: 2 },
            Some("batch") => Way::Batch(ip),
            Some("walk") => Way::Walk(ip),
            _ => return Err(Failure::new(format!("no way is called {way:?}"))),
        };
        Ok(Self { way, pairs, nslab })
    }
}

/// Does the job and prints how many nanoseconds it took.
pub(crate) fn measure(job: &Job) -> Result<()> {
    let mut command = job.way.command(job.pairs, &job.nslab)?;
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().map_err(Failure::of("starting it"))?;
    let time = start.elapsed();
    if !status.success() {
        return Err(Failure::new(format!("{}: {status}", job.way.kind().name())));
    }
    verify(job)?;
    let failed = |errno| Failure::new(format!("unmounting the sandbox's /run: {errno}"));
    rustix::mount::unmount("/run", UnmountFlags::DETACH).map_err(failed)?;
    settle::wait()?;
    println!("{}", time.as_nanos());
    Ok(())
}

/// Makes sure that all namespaces are there, and that the first and the last pair talk.
fn verify(job: &Job) -> Result<()> {
    let name = job.way.kind().name();
    let made = Names::default().list()?.len();
    if made != job.pairs as usize * 2 {
        return Err(Failure::new(format!("{name} made {made} namespaces, not {}", job.pairs * 2)));
    }
    let mut sources = Vec::new();
    for Pair { a, b } in [1, job.pairs].map(Pair::new) {
        sources.push(source(&a, &b)?);
        sources.push(source(&b, &a)?);
    }
    let outcomes = matrix::run(&sources, &Settings::default())?;
    if outcomes.iter().flatten().all(|outcome| matches!(outcome, Outcome::Reached { .. })) {
        return Ok(());
    }
    Err(Failure::new(format!("{name} made pairs that do not talk: {outcomes:?}")))
}

fn source(from: &End, to: &End) -> Result<Source> {
    let sockets = Names::default().open(OsStr::new(&from.namespace))?.enter(Sockets::open)??;
    Ok(Source { sockets, targets: vec![IpAddr::V4(to.address)] })
}
