//! `nslab doctor`.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anstyle::{AnsiColor, Style};
use nslab::doctor::{self, Finding, Look, Report, Section, Verdict as Found, Way};
use nslab::{Error, Result};

use super::{Ui, Verdict};
use crate::output::{answer, json};

/// Try what this machine allows, and tell what to do about what it does not
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab doctor\n\n\
    Exit status 0 where labs can be made by who asks, 1 where not. What is tried leaves nothing.")]
pub(super) struct Args {
    /// As JSON: {labs, root, user, findings: [{section, id, what, verdict, why, remedy}]}
    #[arg(long)]
    json: bool,
    /// Print the AppArmor profile that lets this program make user namespaces, and do nothing else
    #[arg(long, conflicts_with = "json")]
    apparmor: bool,
    /// Try things, in a process that is of no use afterwards
    #[arg(long, hide = true, value_name = "WAY")]
    attempt: Option<Attempt>,
}

/// What a process that this program starts is to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Attempt {
    Root,
    User,
    Proc,
}

/// This program, whatever its name.
const SELF: &str = "/proc/self/exe";
const WORDS: [&str; 3] = ["nslab", "doctor", "--attempt"];

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    if let Some(what) = args.attempt {
        attempt(what);
        return Ok(Verdict::Good);
    }
    let own = std::env::current_exe().ok();
    if args.apparmor {
        let own = own.ok_or_else(|| Error::invalid("where this program is cannot be found out: mount /proc"))?;
        answer(&doctor::profile(&own))?;
        return Ok(Verdict::Good);
    }
    let how = Look {
        program: SELF.into(),
        words: WORDS.map(OsString::from).to_vec(),
        path: std::env::var_os("PATH").unwrap_or_default(),
        own,
    };
    let report = doctor::judge(&doctor::look(&how)?);
    if args.json {
        json(&report)?;
    } else {
        answer(&text(&report, ui))?;
    }
    Ok(if report.labs { Verdict::Good } else { Verdict::No })
}

/// What the other processes do.
fn attempt(what: Attempt) {
    let mut tell = |line: &str| {
        // Who does not listen any more has ended.
        let _ = answer(&format!("{line}\n"));
    };
    let way = match what {
        Attempt::Root => Way::Root,
        Attempt::User => Way::User,
        Attempt::Proc => return doctor::attempt_proc(&mut tell),
    };
    doctor::attempt(way, &mut tell, &|| {
        let [_, words @ ..] = WORDS;
        let output = Command::new(SELF).args(words).arg("proc").stdin(Stdio::null()).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    });
}

fn style(verdict: Found) -> Style {
    match verdict {
        Found::Works => AnsiColor::Green.on_default(),
        Found::Limited => AnsiColor::Yellow.on_default(),
        Found::DoesNot => AnsiColor::Red.on_default(),
    }
}

/// By section; what works of what labs may have on one line, unless more is to be said. With `-q` only what does not
/// work, or not wholly.
fn text(report: &Report, ui: Ui) -> String {
    let mut text = String::new();
    let mut findings = report.findings.as_slice();
    while let Some(section) = findings.first().map(|finding| finding.section) {
        let end = findings.iter().position(|finding| finding.section != section).unwrap_or(findings.len());
        let (these, rest) = findings.split_at(end);
        findings = rest;
        let lines = section_of(section, these, ui);
        if !lines.is_empty() {
            text.push_str(&format!("{section}\n{lines}"));
        }
    }
    let whole = match (report.labs, report.root) {
        (true, Some(_)) => "labs can be made here, as root",
        (true, None) => "labs can be made here, without root",
        (false, _) => "labs cannot be made here",
    };
    text.push_str(whole);
    text.push('\n');
    text
}

fn section_of(section: Section, findings: &[Finding], ui: Ui) -> String {
    let works = |finding: &&Finding| finding.verdict == Found::Works;
    let mut lines = String::new();
    let together = section == Section::Features && !ui.verbose;
    if together && !ui.quiet {
        let names: Vec<&str> = findings.iter().filter(works).map(|finding| finding.what.as_str()).collect();
        if !names.is_empty() {
            lines.push_str(&line(Found::Works, &wrapped(&names)));
        }
    }
    for finding in findings.iter().filter(|finding| !(works(finding) && (together || ui.quiet))) {
        let why = finding.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        lines.push_str(&line(finding.verdict, &format!("{}{why}", finding.what)));
        if let Some(remedy) = &finding.remedy {
            lines.push_str(&format!("{:INDENT$}help: {remedy}\n", ""));
        }
    }
    lines
}

/// Where the words behind a mark begin.
const INDENT: usize = 12;

fn line(verdict: Found, words: &str) -> String {
    let style = style(verdict);
    format!("  {style}{verdict:<8}{style:#}  {words}\n")
}

/// Names behind each other, with lines that a terminal holds.
fn wrapped(names: &[&str]) -> String {
    const WIDTH: usize = 68;
    let mut lines = vec![String::new()];
    for (at, name) in names.iter().enumerate() {
        let name = if at + 1 < names.len() { format!("{name},") } else { (*name).to_owned() };
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = name,
            Some(line) if line.len() + name.len() < WIDTH => line.push_str(&format!(" {name}")),
            _ => lines.push(name),
        }
    }
    lines.join(&format!("\n{:INDENT$}", ""))
}
