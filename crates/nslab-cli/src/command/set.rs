//! `nslab set`.

use nslab::lab::{self, Store};
use nslab::types::{IfName, NodeName};
use nslab::{Error, Result};

use super::{Ui, Verdict, which};
use crate::output::{answer, count};

/// Set a link of a running lab down, or up again
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab set ns1:ns1-veth0 down\n\n\
    nslab diff shows it as a difference; nslab up undoes it, nslab up --keep keeps it.")]
pub(super) struct Args {
    /// One end of a link, as NODE:IFNAME
    link: String,
    /// What it is to be
    state: State,
    /// The other end too
    #[arg(long)]
    both: bool,
    /// The lab, where several are up; by default that of ./nslab.yaml
    #[arg(long)]
    lab: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum State {
    Down,
    Up,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let record = which::record(&store, args.lab.as_deref(), &which::Prefixed::default())?;
    let plan = &record.plan;
    let (node, ifname) = args.link.split_once(':').ok_or_else(|| {
        Error::invalid(format!("\"{}\" is no end of a link", args.link)).with_help("write it as NODE:IFNAME")
    })?;
    let (node, ifname): (NodeName, IfName) = (node.parse()?, ifname.parse()?);
    let mut links = vec![(node, ifname)];
    if args.both {
        let end =
            |port: &nslab::topology::plan::Port| Some((plan.nodes.get(port.node)?.name.clone(), port.ifname.clone()));
        let ends = plan.cables.iter().filter_map(|cable| Some([end(&cable.a)?, end(&cable.b)?]));
        let cable = ends.into_iter().find(|ends| links.iter().any(|link| ends.contains(link)));
        links = cable.map_or(links, Vec::from);
    }
    let lab = &plan.lab;
    let waiting = || ui.remark(&format!("waiting for another command on lab {lab}"));
    let found = lab::set(&store, lab, &links, args.state == State::Down, waiting)?;
    if ui.verbose {
        found.changes.iter().try_for_each(|change| answer(&format!("{change}\n")))?;
    }
    if !ui.quiet {
        answer(&format!("lab {lab}: {}\n", count(found.changes.len(), "change")))?;
    }
    Ok(Verdict::Good)
}
