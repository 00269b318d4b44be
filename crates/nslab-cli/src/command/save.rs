//! `nslab save`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nslab::lab::{self, Record, Store};
use nslab::topology::observe::machine::{Machine, fresh_settings};
use nslab::topology::observe::network::{Network, Role};
use nslab::topology::save::{Wish, text};
use nslab::types::LabName;
use nslab::{Error, ErrorKind, Result};

use super::graph::write_file;
use super::{Ui, Verdict, sight, which};
use crate::output::answer;

/// Write a lab file from what is really there
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  nslab save ns1 ns2 -o pair.yaml\n  nslab save --machine -o all.yaml\n\n\
    nslab up on the file gives the same network elsewhere. What a lab file cannot say is said in its comments.")]
pub(super) struct Args {
    /// A lab that is up, or its file; or namespaces by their names (ip netns); by default the lab of ./nslab.yaml, or the only one
    #[arg(value_name = "LAB|NAMESPACE", conflicts_with = "machine")]
    words: Vec<String>,
    /// Every namespace of the machine, whoever made it
    #[arg(long)]
    machine: bool,
    /// Write to a file; without it, to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With the hardware addresses that are not those which names give
    #[arg(long)]
    macs: bool,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let record = match args.words.as_slice() {
        _ if args.machine => None,
        [] => Some(which::record(&store, None, &args.prefixed)?),
        [word] => of_lab(&store, word, &args.prefixed)?,
        _ => None,
    };
    let fresh = fresh_settings()?;
    let seen = match &record {
        Some(record) => of_record(&store, record, &fresh)?,
        None => of_machine(&store, args, &fresh)?,
    };
    let Seen { network, remarks, uplink, name } = seen;
    sight::tell_missing(&network, ui);
    if network.nodes.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "there is no namespace to save"));
    }
    let text = text(&network, &Wish { name, macs: args.macs, fresh, uplink, remarks })?;
    match &args.output {
        Some(path) => write_file(path, text.as_bytes())?,
        None => answer(&text)?,
    }
    Ok(Verdict::Good)
}

/// What is saved.
struct Seen {
    network: Network,
    remarks: Vec<String>,
    uplink: Option<String>,
    name: LabName,
}

/// The record of a lab, if a word stands for one.
fn of_lab(store: &Store, word: &str, prefixed: &which::Prefixed) -> Result<Option<Record>> {
    let is_namespace = || store.names().open(word.as_ref()).is_ok();
    match which::record(store, Some(word), prefixed) {
        Ok(record) => Ok(Some(record)),
        Err(error) if error.kind() == ErrorKind::NotFound && is_namespace() => Ok(None),
        // What is no name of a lab may be one of a namespace.
        Err(error) if error.kind() == ErrorKind::Invalid && !which::is_file(word) && is_namespace() => Ok(None),
        Err(error) => Err(error),
    }
}

fn of_record(store: &Store, record: &Record, fresh: &BTreeMap<String, String>) -> Result<Seen> {
    let plan = &record.plan;
    let mut machine = lab::members(store, record)?;
    machine.read_all_settings(fresh)?;
    let mut network = machine.lab_network(&plan.lab);
    let mut remarks = Vec::new();
    let uplink = plan.uplink.as_ref().and_then(|uplink| {
        let node = &plan.nodes.get(uplink.node)?.name;
        let prefixes: Vec<String> = uplink.prefixes.iter().map(|prefix| format!("\"{prefix}\"")).collect();
        let prefix = if prefixes.is_empty() { String::new() } else { format!(", prefix: [ {} ]", prefixes.join(", ")) };
        Some((
            node.to_string(),
            format!("{{ node: \"{node}\", ifname: \"{}\", nat: {}{prefix} }}", uplink.ifname, uplink.nat),
        ))
    });
    // `up` makes what belongs to it.
    if let (Some((node, _)), Some(planned)) = (&uplink, &plan.uplink) {
        network.retain(|node| node.role != Role::Machine);
        for of in network.nodes.iter_mut().filter(|of| of.name == *node) {
            of.seen.links.retain(|link| link.name != planned.ifname.as_str());
            let by_it = |hop: &nslab::topology::spec::Hop| hop.dev.as_ref() == Some(&planned.ifname);
            of.seen.routes.retain(|route| !route.way.hops.iter().any(by_it));
        }
    }
    let said = plan.nodes.iter().any(|node| !node.run.is_empty() || !node.env.is_empty());
    if said || !plan.expect.is_empty() {
        remarks.push("processes, variables and expectations of the lab: they are no part of the network".into());
    }
    Ok(Seen { network, remarks, uplink: uplink.map(|(_, words)| words), name: plan.lab.clone() })
}

fn of_machine(store: &Store, args: &Args, fresh: &BTreeMap<String, String>) -> Result<Seen> {
    for word in &args.words {
        store.names().open(word.as_ref())?;
    }
    let mut machine = lab::machine(store)?;
    let wanted = |machine: &Machine, at: usize| {
        machine.places.get(at).is_some_and(|place| {
            args.machine || args.words.iter().any(|word| place.names.iter().any(|name| name.to_str() == Some(word)))
        })
    };
    let chosen: Vec<bool> = (0..machine.places.len()).map(|at| wanted(&machine, at)).collect();
    machine.read_all_settings(fresh)?;
    let mut network = machine.network("machine");
    if !args.machine {
        let mut chosen = chosen.iter();
        network.retain(|_| chosen.next().copied().unwrap_or(false));
        network.notes.clear();
    }
    network.split_bridges();
    let left = network.reduce_machine();
    let mut remarks = Vec::new();
    if left > 0 {
        let plural = if left == 1 { "interface" } else { "interfaces" };
        remarks.push(format!("{left} {plural} of the machine's own namespace that lead to none of these"));
    }
    if network.nodes.iter().any(|node| node.role == Role::Machine) {
        remarks
            .push("settings and packet filters of the machine's own namespace, for which node machine stands".into());
    }
    network.sort();
    let stem = args.output.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str());
    let name = stem.and_then(|stem| stem.parse().ok());
    let name = name.map_or_else(|| "saved".parse(), Ok)?;
    Ok(Seen { network, remarks, uplink: None, name })
}
