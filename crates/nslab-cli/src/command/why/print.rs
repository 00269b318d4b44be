//! The answer, for people and for programs.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use nslab::Result;
use nslab::why::{Cause, Finding, Hop, UDP};
use serde::Serialize;

use super::{Answer, Question, Ui, command, only_large};
use crate::output;

const BOLD: Style = Style::new().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const COMMAND: Style = AnsiColor::Cyan.on_default();
/// Where the text behind a label starts.
const INDENT: usize = 10;

/// What is said where the walk finds nothing and nobody answers.
const NOTHING: &str = "nothing wrong was found, yet there is no answer";

/// What is about to be done.
pub(super) fn mending(finding: &Finding) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n", finding.text);
    for remedy in &finding.mend {
        let _ = writeln!(text, "  mending {COMMAND}{}{COMMAND:#}", command(remedy));
    }
    if finding.mend.is_empty() {
        text.push_str("  nslab cannot mend that\n");
    }
    text
}

pub(super) fn text(question: &Question, answers: &[Answer], ui: Ui) -> String {
    let mut text = String::new();
    for answer in answers {
        headline(&mut text, question, answer);
        if ui.quiet {
            continue;
        }
        match answer.finding() {
            Some(finding) => wrong(&mut text, answer, finding, ui),
            None => ways(&mut text, answer),
        }
        for unsure in &answer.walked.unsure {
            line(&mut text, "unsure", unsure);
        }
        probe(&mut text, answer);
    }
    text
}

fn headline(text: &mut String, question: &Question, answer: &Answer) {
    let whom = whom(question, answer);
    let from = &question.from;
    let _ = match answer.finding() {
        Some(finding) if only_large(finding.cause) && answered(answer) => {
            writeln!(text, "{BAD}{from} reaches {whom} with small packets only{BAD:#}: {}", finding.text)
        }
        Some(finding) if answered(answer) => {
            writeln!(text, "{BAD}{from} reaches {whom}, and something is wrong{BAD:#}: {}", finding.text)
        }
        Some(finding) => writeln!(text, "{BAD}{from} does not reach {whom}{BAD:#}: {}", finding.text),
        None if answered(answer) => writeln!(text, "{GOOD}{from} reaches {whom}{GOOD:#}"),
        None => {
            writeln!(text, "{BAD}{from} does not reach {whom}{BAD:#}: nothing wrong was found, yet there is no answer")
        }
    };
}

/// `h2 (10.0.2.2)`, `h2 (10.0.2.2) at TCP port 80`.
fn whom(question: &Question, answer: &Answer) -> String {
    let address = answer.goal.to.to_string();
    let mut whom = question.to.clone();
    if whom != address && !answer.goal.to.is_unspecified() {
        let _ = write!(whom, " ({address})");
    }
    if let Some((protocol, port)) = question.service {
        let _ = write!(whom, " at {} port {port}", if protocol == UDP { "UDP" } else { "TCP" });
    }
    whom
}

fn answered(answer: &Answer) -> bool {
    answer.probe.as_ref().is_some_and(|probe| probe.answered.is_some())
}

fn wrong(text: &mut String, answer: &Answer, finding: &Finding, ui: Ui) {
    // The way is told as far as it goes: what leads to the fault.
    let (there, back) = (&answer.walked.there, &answer.walked.back);
    if !there.is_empty() && (!finding.back || ui.verbose) {
        hops(text, "so far", there);
    }
    if finding.back {
        if !ui.verbose {
            line(text, "there", "the way there is fine; the answer does not come back");
        }
        hops(text, "back", back);
    }
    lines(text, "seen", finding.seen.iter().map(String::as_str));
    let commands: Vec<String> =
        finding.mend.iter().map(|remedy| format!("{COMMAND}{}{COMMAND:#}", command(remedy))).collect();
    lines(text, "mend", commands.iter().map(String::as_str));
    if let Some(hint) = &finding.hint {
        line(text, if finding.mend.is_empty() { "mend" } else { "or" }, hint.strip_prefix("or ").unwrap_or(hint));
    }
}

fn ways(text: &mut String, answer: &Answer) {
    hops(text, "there", &answer.walked.there);
    hops(text, "back", &answer.walked.back);
}

/// One line a hop: from where to where, through which switches, by which route.
fn hops(text: &mut String, label: &str, hops: &[Hop]) {
    let way = |hop: &Hop| {
        let mut stations = vec![hop.from.clone()];
        stations.extend(hop.through.iter().cloned());
        stations.push(hop.to.clone());
        stations.join(" -> ")
    };
    let ways: Vec<String> = hops.iter().map(way).collect();
    let width = ways.iter().map(|way| way.chars().count()).max().unwrap_or(0);
    let shown: Vec<String> =
        ways.iter().zip(hops).map(|(way, hop)| format!("{way:<width$}  {}", hop.route).trim_end().to_owned()).collect();
    lines(text, label, shown.iter().map(String::as_str));
}

fn probe(text: &mut String, answer: &Answer) {
    let Some(probe) = &answer.probe else { return };
    let said = match (&probe.answered, &probe.reason) {
        (Some(time), _) => format!("{}: answered after {:.3} ms", probe.how, time.as_secs_f64() * 1e3),
        (None, Some(reason)) => format!("{}: {reason}", probe.how),
        (None, None) => format!("{}: no answer", probe.how),
    };
    line(text, "asked", &said);
}

fn line(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "  {label:<0$}{value}", INDENT - 2);
}

fn lines<'l>(text: &mut String, label: &str, values: impl Iterator<Item = &'l str>) {
    for (at, value) in values.enumerate() {
        line(text, if at == 0 { label } else { "" }, value);
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    from: &'a str,
    to: &'a str,
    reached: bool,
    targets: Vec<Target<'a>>,
    applied: &'a [String],
}

#[derive(Serialize)]
struct Target<'a> {
    address: Option<String>,
    source: Option<String>,
    reached: bool,
    there: Vec<JsonHop<'a>>,
    back: Vec<JsonHop<'a>>,
    finding: Option<JsonFinding<'a>>,
    unsure: &'a [String],
    probe: Option<JsonProbe<'a>>,
}

#[derive(Serialize)]
struct JsonHop<'a> {
    from: &'a str,
    to: &'a str,
    through: &'a [String],
    route: &'a str,
    next: String,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    cause: &'static str,
    node: &'a str,
    interface: Option<&'a str>,
    back: bool,
    text: &'a str,
    seen: &'a [String],
    mend: Vec<String>,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonProbe<'a> {
    how: &'static str,
    answered: bool,
    rtt_ms: Option<f64>,
    reason: Option<&'a str>,
}

pub(super) fn json(question: &Question, answers: &[Answer], applied: &[String], reached: bool) -> Result<()> {
    let targets = answers.iter().map(|answer| target(question, answer)).collect();
    output::json(&Whole { from: &question.from, to: &question.to, reached, targets, applied })
}

fn target<'a>(question: &'a Question, answer: &'a Answer) -> Target<'a> {
    let walked = &answer.walked;
    let known = |finding: &'a Finding| JsonFinding {
        cause: finding.cause.name(),
        node: &finding.space,
        interface: finding.link.as_deref(),
        back: finding.back,
        text: &finding.text,
        seen: &finding.seen,
        mend: finding.mend.iter().map(command).collect(),
        hint: finding.hint.as_deref(),
    };
    let unknown = || JsonFinding {
        cause: Cause::Unknown.name(),
        node: &question.from,
        interface: None,
        back: false,
        text: NOTHING,
        seen: &[],
        mend: Vec::new(),
        hint: None,
    };
    let finding = answer.finding().map(known).or_else(|| (!answered(answer)).then(unknown));
    let probe = answer.probe.as_ref().map(|probe| JsonProbe {
        how: probe.how,
        answered: probe.answered.is_some(),
        rtt_ms: probe.answered.map(|time| time.as_secs_f64() * 1e3),
        reason: probe.reason.as_deref(),
    });
    Target {
        address: Some(answer.goal.to.to_string()).filter(|_| !answer.goal.to.is_unspecified()),
        source: walked.source.map(|source| source.to_string()),
        reached: answer.reached(),
        there: walked.there.iter().map(hop).collect(),
        back: walked.back.iter().map(hop).collect(),
        finding,
        unsure: &walked.unsure,
        probe,
    }
}

fn hop(hop: &Hop) -> JsonHop<'_> {
    JsonHop { from: &hop.from, to: &hop.to, through: &hop.through, route: &hop.route, next: hop.next.to_string() }
}
