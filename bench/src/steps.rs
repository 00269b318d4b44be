//! Commands that are done one after the other in one sandbox, each timed from its program's start to its end.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nslab::namespace::Names;
use nslab::probe::matrix::{self, Outcome, Settings, Sockets, Source};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Result};
use crate::words::MEASURE_STEPS;
use crate::{sandbox, settle, sys};

/// What is done in the sandbox.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Steps {
    /// Put there first: path and text.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// The program and its words.
    command: Vec<String>,
    /// What must be there afterwards, looked at outside of what is timed.
    verify: Option<Verify>,
    /// Whether the program tells the times itself, in seconds, as its last line.
    tells: bool,
}

/// How many named namespaces there are, and who reaches whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verify {
    pub(crate) namespaces: usize,
    pub(crate) reaches: Vec<(String, IpAddr)>,
}

/// What became of a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Done {
    /// One time, or those that the program told.
    pub(crate) seconds: Vec<f64>,
    /// The most memory that a program of this step or one before it had, in kB.
    pub(crate) memory: u64,
}

impl Done {
    pub(crate) fn total(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.iter().sum())
    }
}

impl Steps {
    pub(crate) fn file(mut self, path: &str, text: impl Into<String>) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    pub(crate) fn step<W: Into<OsString>>(
        self,
        command: impl IntoIterator<Item = W>,
        verify: Option<Verify>,
    ) -> Result<Self> {
        self.push(command, verify, false)
    }

    /// A step whose program says how long its parts took.
    pub(crate) fn telling<W: Into<OsString>>(self, command: impl IntoIterator<Item = W>) -> Result<Self> {
        self.push(command, None, true)
    }

    fn push<W: Into<OsString>>(
        mut self,
        command: impl IntoIterator<Item = W>,
        verify: Option<Verify>,
        tells: bool,
    ) -> Result<Self> {
        let text = |word: W| {
            word.into().into_string().map_err(|word| Failure::new(format!("{} is not UTF-8", word.display())))
        };
        let command = command.into_iter().map(text).collect::<Result<_>>()?;
        self.steps.push(Step { command, verify, tells });
        Ok(self)
    }

    /// Does them in a sandbox.
    pub(crate) fn run(&self) -> Result<Vec<Done>> {
        let words = serde_json::to_vec(self).map_err(|error| Failure::new(error.to_string()))?;
        // A large lab is too long for an argument.
        let path = std::env::temp_dir().join(format!("nslab-bench-{}", std::process::id()));
        let told = std::fs::write(&path, words)
            .map_err(Failure::of(path.display()))
            .and_then(|()| sandbox::again([MEASURE_STEPS.into(), path.clone().into()]));
        let _ = std::fs::remove_file(&path);
        let told = told?;
        serde_json::from_str(&told).map_err(|error| Failure::new(format!("no times were told: {error}: {told:?}")))
    }

    /// What [`run`](Self::run) has written.
    pub(crate) fn read(path: &OsStr) -> Result<Self> {
        let text = std::fs::read(path).map_err(Failure::of(path.display()))?;
        serde_json::from_slice(&text).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Does them here, in the sandbox, and prints what became of them.
pub(crate) fn measure(steps: &Steps) -> Result<()> {
    for (path, text) in &steps.files {
        std::fs::write(path, text).map_err(Failure::of(path))?;
    }
    let mut all = Vec::new();
    for step in &steps.steps {
        all.push(do_step(step)?);
    }
    let failed = |errno| Failure::new(format!("unmounting the sandbox's /run: {errno}"));
    rustix::mount::unmount("/run", rustix::mount::UnmountFlags::DETACH).map_err(failed)?;
    settle::wait()?;
    println!("{}", serde_json::to_string(&all).map_err(|error| Failure::new(error.to_string()))?);
    Ok(())
}

fn do_step(step: &Step) -> Result<Done> {
    let (program, words) = step.command.split_first().ok_or_else(|| Failure::new("no program"))?;
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(if step.tells { Stdio::piped() } else { Stdio::null() });
    let start = Instant::now();
    let child = command.spawn().map_err(Failure::of(program))?;
    let output = child.wait_with_output().map_err(Failure::of(program))?;
    let time = start.elapsed();
    if !output.status.success() {
        return Err(Failure::new(format!("{}: {}", step.command.join(" "), output.status)));
    }
    let memory =
        sys::memory_of_children().map_err(|errno| Failure::new(format!("reading the memory used: {errno}")))?;
    if let Some(verify) = &step.verify {
        check(program, verify)?;
    }
    let seconds = if step.tells { told(&output.stdout)? } else { vec![time.as_secs_f64()] };
    Ok(Done { seconds, memory })
}

fn told(output: &[u8]) -> Result<Vec<f64>> {
    let text = String::from_utf8_lossy(output);
    let numbers = text.lines().last().unwrap_or_default().split_whitespace().map(str::parse);
    numbers.collect::<std::result::Result<_, _>>().map_err(|_| Failure::new(format!("no times were told: {text:?}")))
}

fn check(program: &str, verify: &Verify) -> Result<()> {
    let made = Names::default().list()?.len();
    if made != verify.namespaces {
        return Err(Failure::new(format!("{program} left {made} namespaces, not {}", verify.namespaces)));
    }
    let mut sources = Vec::new();
    for (from, address) in &verify.reaches {
        let sockets = Names::default().open(OsStr::new(from))?.enter(Sockets::open)??;
        sources.push(Source { sockets, targets: vec![*address] });
    }
    let outcomes = matrix::run(&sources, &Settings::default())?;
    if outcomes.iter().flatten().all(|outcome| matches!(outcome, Outcome::Reached { .. })) {
        return Ok(());
    }
    Err(Failure::new(format!("{program} made nodes that do not talk: {outcomes:?}")))
}
