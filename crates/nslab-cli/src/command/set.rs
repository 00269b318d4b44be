//! `nslab set`.

use nslab::lab::{self, Setting, Store};
use nslab::topology::plan::{Cable, Plan, Port};
use nslab::topology::spec::{Impair, impairment};
use nslab::types::{IfName, NodeName};
use nslab::{Error, ErrorKind, Result};

use super::{Ui, Verdict, which};
use crate::output::{answer, count};

/// Set a link of a running lab down or up, or impair it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  nslab set ns1:ns1-veth0 down\n  nslab set helloworld/ns1--ns2 delay 20ms loss 1%\n\n\
    nslab diff shows it as a difference; nslab up undoes it, nslab up --keep keeps it."
)]
pub(super) struct Args {
    /// One end of a link, as NODE:IFNAME, or both of the link between two nodes, as NODE--NODE; with LAB/ in front, of
    /// that lab
    link: String,
    /// down, up, clear (no impairments), or impairments as in the lab file
    #[arg(required = true, value_name = "down|up|clear|IMPAIRMENTS")]
    words: Vec<String>,
    /// The other end too
    #[arg(long)]
    both: bool,
    /// The lab, where several are up; by default that of ./nslab.yaml
    #[arg(long)]
    lab: Option<String>,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let setting = match words.as_slice() {
        ["down"] => Setting::Down,
        ["up"] => Setting::Up,
        ["clear"] => Setting::Impair(Impair::default()),
        [word] if !word.contains([' ', '\t', ':']) => {
            return Err(Error::invalid(format!(
                "\"{word}\" is neither down, up nor clear, nor an impairment with its value"
            ))
            .with_help("impairments are written as in the file, for example: delay 20ms loss 1%"));
        }
        words => Setting::Impair(impairment(&words.join(" "))?),
    };
    let store = Store::default();
    let (lab, link) = match args.link.split_once('/') {
        Some((lab, link)) if args.lab.is_none() => (Some(lab), link),
        _ => (args.lab.as_deref(), args.link.as_str()),
    };
    let record = which::record(&store, lab, &args.prefixed).map_err(|error| {
        // Of the words of other commands one is the lab.
        let help = error.help().filter(|_| lab.is_none() && error.kind() == ErrorKind::Invalid);
        let help = help.filter(|_| error.file_problems().is_none()).map(|help| format!("{help}; say it as LAB/{link}"));
        help.map_or_else(|| error.clone(), |help| error.clone().with_help(help))
    })?;
    let plan = &record.plan;
    let ends = ends(plan, link, args.both)?;
    let lab = &plan.lab;
    let waiting = || ui.remark(&format!("waiting for another command on lab {lab}"));
    let found = lab::set(&store, lab, &ends, setting, waiting)?;
    if ui.verbose {
        found.changes.iter().try_for_each(|change| answer(&format!("{}\n", change.command(&plan.prefix))))?;
    }
    if !ui.quiet {
        answer(&format!("lab {lab}: {}\n", count(found.changes.len(), "change")))?;
    }
    Ok(Verdict::Good)
}

/// The ends that a word stands for.
fn ends(plan: &Plan, word: &str, both: bool) -> Result<Vec<(NodeName, IfName)>> {
    let end = |port: &Port| Some((plan.nodes.get(port.node)?.name.clone(), port.ifname.clone()));
    let of_cable = |cable: &Cable| Some([end(&cable.a)?, end(&cable.b)?]);
    if let Some((node, ifname)) = word.split_once(':') {
        let one: (NodeName, IfName) = (node.parse()?, ifname.parse()?);
        let cable = plan.cables.iter().filter_map(of_cable).find(|ends| both && ends.contains(&one));
        return Ok(cable.map_or_else(|| vec![one], Vec::from));
    }
    // A node's name may have dashes of its own.
    let known = |name: &str| plan.nodes.iter().position(|node| node.name.as_str() == name);
    let splits = word
        .match_indices("--")
        .filter_map(|(at, dashes)| Some((word.get(..at)?.trim_end(), word.get(at + dashes.len()..)?.trim_start())));
    let splits: Vec<(&str, &str)> = splits.collect();
    let pair = splits.iter().find_map(|(a, b)| Some((known(a)?, known(b)?)));
    let Some((a, b)) = pair else {
        let unknown = splits.first().map(|(a, b)| if known(a).is_none() { a } else { b });
        return Err(match unknown {
            Some(name) => Error::new(ErrorKind::NotFound, format!("lab \"{}\" has no node \"{name}\"", plan.lab)),
            None => Error::invalid(format!("\"{word}\" is no link")),
        }
        .with_help("write it as NODE:IFNAME for one end, or as NODE--NODE for both"));
    };
    let between = |cable: &&Cable| {
        let nodes = (cable.a.node, cable.b.node);
        nodes == (a, b) || nodes == (b, a)
    };
    let cables: Vec<&Cable> = plan.cables.iter().filter(between).collect();
    match cables.as_slice() {
        [cable] => Ok(of_cable(cable).map(Vec::from).unwrap_or_default()),
        [] => Err(Error::invalid(format!("lab \"{}\" has no link between the two nodes of {word}", plan.lab))
            .with_help("a member of a segment has a link to the segment: NODE--SEGMENT")),
        several => {
            let names: Vec<String> = several.iter().map(|cable| plan.port_name(&cable.a)).collect();
            Err(Error::invalid(format!("{} are between the two nodes of {word}", count(several.len(), "link")))
                .with_help(format!("say which by an end, with --both for the other too: {}", names.join(", "))))
        }
    }
}
