//! Which lab, which node: from what was typed, what is here, and what is up.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use nslab::lab::{Node, Record, State, Store};
use nslab::topology::spec::{self, Lab};
use nslab::types::{LabName, NamePrefix};
use nslab::{Error, ErrorKind, Result};

use super::rootless;

/// The lab file that is meant where none is named.
pub(super) const FILE: &str = "nslab.yaml";

/// What goes in front of names.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Prefixed {
    /// Put this in front of the lab's name, and in place of the file's `prefix`
    #[arg(long)]
    pub(super) prefix: Option<NamePrefix>,
}

impl Prefixed {
    fn get(&self) -> Option<&NamePrefix> {
        self.prefix.as_ref()
    }
}

/// Reads a lab file that was named. One that is not there is a wrong word, not the machine's refusal.
pub(super) fn read_file(path: &Path, prefixed: &Prefixed) -> Result<Lab> {
    spec::read(path, &variable, prefixed.get()).map_err(|error| match error.kind() {
        ErrorKind::NotFound => error.with_kind(ErrorKind::Invalid),
        _ => error,
    })
}

/// Whether a word names a file and no lab.
pub(super) fn is_file(word: &str) -> bool {
    word.contains('/') || [".yaml", ".yml", ".json"].iter().any(|ending| word.ends_with(ending))
}

/// A variable of the environment; one that is not UTF-8 is none.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The lab that a word stands for: its name, or its file.
pub(super) fn lab_named(word: &str, prefixed: &Prefixed) -> Result<LabName> {
    if is_file(word) {
        return Ok(read_file(Path::new(word), prefixed)?.name);
    }
    let name: LabName = word.parse()?;
    prefixed.get().map_or(Ok(name.clone()), |prefix| prefix.lab_name(&name))
}

/// The lab that is meant where none is named: that of the file here, if there is one.
pub(super) fn lab_here(prefixed: &Prefixed) -> Result<Option<LabName>> {
    match spec::read(Path::new(FILE), &variable, prefixed.get()) {
        Ok(lab) => Ok(Some(lab.name)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names of the labs that are up, for messages.
pub(super) fn names_of_labs(store: &Store) -> Result<String> {
    let mut names: Vec<String> = rootless::held()?.iter().map(|(name, _)| name.display().to_string()).collect();
    names.extend(store.labs()?.iter().map(|(name, _)| name.display().to_string()));
    if names.is_empty() {
        return Ok("no lab is up".into());
    }
    Ok(format!("labs that are up: {}", names.join(", ")))
}

/// The record of the lab that a word stands for; without one, of the lab here, or of the only one. Joins the lab where it
/// is held without root.
pub(super) fn record(store: &Store, word: Option<&str>, prefixed: &Prefixed) -> Result<Record> {
    let lab = match word {
        Some(word) => Some(lab_named(word, prefixed)?),
        None => lab_here(prefixed)?,
    };
    if lab.is_none() && prefixed.get().is_some() {
        let message = format!("a prefix for which lab? None is named, and there is no {FILE} here");
        return Err(Error::invalid(message).with_help(names_of_labs(store)?));
    }
    rootless::reach(store, lab.as_ref())?;
    if let Some(lab) = lab {
        return store.read(&lab).map_err(|error| match names_of_labs(store) {
            Ok(names) if error.kind() == ErrorKind::NotFound => error.with_help(names),
            _ => error,
        });
    }
    let mut labs = store.labs()?;
    match (labs.pop(), labs.is_empty()) {
        (Some((_, record)), true) => record,
        (Some(_), false) => Err(Error::invalid("several labs are up: say which").with_help(names_of_labs(store)?)),
        (None, _) => Err(Error::new(ErrorKind::NotFound, "no lab is up").with_help("nslab up FILE makes one")),
    }
}

/// A node of a lab, as its record has it.
pub(super) struct Found {
    pub(super) lab: LabName,
    pub(super) node: Node,
    /// The variables that its programs have.
    pub(super) env: BTreeMap<String, String>,
}

/// A node of a lab that is up, as `NODE` or `LAB/NODE`. Joins the lab where it is held without root.
pub(super) fn node(store: &Store, word: &str) -> Result<Found> {
    let (lab, name) = match word.split_once('/') {
        Some((lab, name)) => (Some(lab), name),
        None => (None, word),
    };
    rootless::reach_node(store, lab, name)?;
    let mut found = Vec::new();
    let mut broken: Vec<(OsString, Error)> = Vec::new();
    for (lab_name, record) in store.labs()? {
        if lab.is_some_and(|lab| lab_name.to_str() != Some(lab)) {
            continue;
        }
        match record {
            Ok(record) => {
                let whole = if record.state == State::Up { Ok(()) } else { Err(store.not_whole(&record)) };
                found.extend(of_record(record, name).map(|node| (node, whole)));
            }
            Err(error) => broken.push((lab_name, error)),
        }
    }
    match (found.pop(), found.is_empty(), broken.pop()) {
        (Some((node, whole)), true, _) => whole.map(|()| node),
        (Some((Found { lab, .. }, _)), false, _) => {
            Err(Error::invalid(format!("several labs have a node {name}: say which"))
                .with_help(format!("for example {lab}/{name}")))
        }
        (None, _, Some((_, error))) => Err(error),
        (None, _, None) => Err(no_node(store, lab, name)?),
    }
}

/// A node that is not there; where a lab was named, that is perhaps not there either.
fn no_node(store: &Store, lab: Option<&str>, name: &str) -> Result<Error> {
    let (message, help) = match lab.and_then(|lab| lab.parse::<LabName>().ok()).map(|lab| store.read(&lab)) {
        Some(Ok(record)) => {
            let nodes: Vec<&str> = record.nodes.iter().take(20).map(|node| node.name.as_str()).collect();
            let more = if record.nodes.len() > nodes.len() { ", …" } else { "" };
            let help = format!("its nodes: {}{more}", nodes.join(", "));
            (format!("lab \"{}\" has no node \"{name}\"", record.plan.lab), help)
        }
        Some(Err(error)) => (error.to_string(), names_of_labs(store)?),
        None => (format!("no node named \"{name}\" in any lab"), names_of_labs(store)?),
    };
    Ok(Error::new(ErrorKind::NotFound, message).with_help(help))
}

fn of_record(record: Record, name: &str) -> Option<Found> {
    let node = record.nodes.into_iter().find(|node| node.name.as_str() == name)?;
    let plan = record.plan.nodes.into_iter().find(|plan| plan.name == node.name)?;
    Some(Found { lab: record.plan.lab, node, env: plan.env })
}
