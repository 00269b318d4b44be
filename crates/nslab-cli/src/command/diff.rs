//! `nslab diff`.

use std::path::Path;

use nslab::lab::{self, Changes, Store};
use nslab::topology::diff::{Change, Line};
use nslab::topology::plan::Plan;
use nslab::{Error, Result};
use serde::Serialize;

use super::{Ui, Verdict, rootless, which};
use crate::output::{answer, json};

/// Show how a lab differs from its file
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab diff examples/helloworld.yaml\n\n\
    `-` is what is there, `+` what the file says. Exit status 1 where there is a difference.")]
pub(super) struct Args {
    /// The lab file, or a lab that is up: then the file that it was made from; by default
    /// ./nslab.yaml, or where there is none the only lab that is up
    #[arg(value_name = "LAB")]
    lab: Option<String>,
    /// As JSON: a list of {node, ifname, wanted, text}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

#[derive(Debug, Serialize)]
struct Row {
    node: Option<String>,
    ifname: Option<String>,
    wanted: bool,
    text: String,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let (plan, file) = plan_of(&store, args)?;
    let found = lab::compare(&store, &plan)?;
    tell_foreign(&found, ui);
    let lines: Vec<Line> = found.changes.iter().flat_map(Change::lines).collect();
    if args.json {
        let row = |line: &Line| Row {
            node: line.node.as_ref().map(ToString::to_string),
            ifname: line.ifname.clone(),
            wanted: line.wanted,
            text: line.text.clone(),
        };
        json(&lines.iter().map(row).collect::<Vec<_>>())?;
    } else if !lines.is_empty() {
        answer(&patch(&plan, &file, &lines))?;
    }
    Ok(if lines.is_empty() { Verdict::Good } else { Verdict::No })
}

/// The plan that a word stands for: of a file, or of the file of a lab that is up.
fn plan_of(store: &Store, args: &Args) -> Result<(Plan, String)> {
    let here = || Path::new(which::FILE).exists().then_some(which::FILE);
    let word = args.lab.as_deref().or_else(here);
    if let Some(word) = word.filter(|word| which::is_file(word)) {
        let plan = Plan::new(&which::read_file(word.as_ref(), &args.prefixed)?);
        rootless::reach_if_up(store, &plan.lab)?;
        return Ok((plan, word.to_owned()));
    }
    let record = which::record(store, word, &args.prefixed)?;
    let mut lab = which::read_file(&record.file, &args.prefixed)?;
    if lab.name != record.plan.lab && args.prefixed.prefix.is_none() {
        // It may have been made with --prefix.
        lab = which::read_file(&record.file, &which::Prefixed { prefix: Some(record.plan.prefix.clone()) })?;
    }
    if lab.name != record.plan.lab {
        let message =
            format!("{} now describes lab \"{}\", not \"{}\"", record.file.display(), lab.name, record.plan.lab);
        return Err(Error::invalid(message).with_help("name the file"));
    }
    Ok((Plan::new(&lab), record.file.display().to_string()))
}

/// What nslab leaves alone.
pub(super) fn tell_foreign(found: &Changes, ui: Ui) {
    for (node, ifname) in &found.foreign {
        ui.remark(&format!("{node}:{ifname}: not made by nslab; left alone"));
    }
}

/// Lines by node and interface, in the order in which these first come.
fn patch(plan: &Plan, file: &str, lines: &[Line]) -> String {
    let place = |line: &Line| match (&line.node, &line.ifname) {
        (Some(node), Some(ifname)) => format!("{node}:{ifname}"),
        (Some(node), None) => node.to_string(),
        (None, Some(ifname)) => format!("(machine):{ifname}"),
        (None, None) => plan.lab.to_string(),
    };
    let mut groups: Vec<(String, Vec<&Line>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for line in lines {
        let at = *known.entry(place(line)).or_insert_with_key(|place| {
            groups.push((place.clone(), Vec::new()));
            groups.len() - 1
        });
        if let Some((_, of_group)) = groups.get_mut(at) {
            of_group.push(line);
        }
    }
    let mut text = format!("--- lab {}\n+++ {file}\n", plan.lab);
    for (place, lines) in groups {
        text.push_str(&format!("@@ {place} @@\n"));
        for line in lines {
            let (sign, style) = if line.wanted { ('+', GREEN) } else { ('-', RED) };
            text.push_str(&format!("{style}{sign}{}{style:#}\n", line.text));
        }
    }
    text
}

const GREEN: anstyle::Style = anstyle::AnsiColor::Green.on_default();
const RED: anstyle::Style = anstyle::AnsiColor::Red.on_default();
