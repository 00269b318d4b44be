//! `nslab up`.

use std::path::{Path, PathBuf};

use nslab::Result;
use nslab::lab::{self, Store, Up};
use nslab::topology::plan::Plan;
use nslab::topology::spec::Lab;

use super::{Ui, Verdict, which};
use crate::output::{answer, count};

/// Make the lab that a file describes
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab up examples/helloworld.yaml\n\n\
    All of the lab is made, or nothing. With root, its nodes are named network namespaces\n\
    that `ip netns` lists. nslab down takes it away again.\n\n\
    With --prefix one file makes several labs side by side:\n  \
    nslab up --prefix a- FILE; nslab up --prefix b- FILE")]
pub(super) struct Args {
    /// The lab file
    #[arg(default_value = which::FILE)]
    file: PathBuf,
    /// Print the plan and make nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let lab = which::read_file(&args.file, &args.prefixed)?;
    let plan = Plan::new(&lab);
    if let Some(remark) = unlinked(&lab) {
        ui.remark(&remark);
    }
    if args.dry_run {
        answer(&plan.to_string())?;
        return Ok(Verdict::Good);
    }
    let file = std::path::absolute(&args.file).unwrap_or_else(|_| Path::new(&args.file).into());
    let waiting = || ui.remark(&format!("waiting for another command on lab {}", plan.lab));
    let what = match lab::up(&Store::default(), &file, &plan, waiting)? {
        Up::Made => {
            lab::tight(&plan).iter().for_each(|remark| ui.remark(remark));
            "is up"
        }
        _ => "is up already; nothing to do",
    };
    if let Some(uplink) = Store::default().read(&plan.lab).ok().and_then(|record| record.uplink) {
        lab::uplink::obstacles(&uplink)?.iter().for_each(|obstacle| ui.remark(obstacle));
    }
    if ui.verbose {
        answer(&plan.to_string())?;
    }
    if !ui.quiet {
        answer(&format!("lab {} {what}: {}\n", plan.lab, size(&plan)))?;
    }
    Ok(Verdict::Good)
}

/// What to say of nodes that nobody reaches.
fn unlinked(lab: &Lab) -> Option<String> {
    // Nobody reads more names.
    const MOST: usize = 5;
    let nodes = lab.unlinked();
    let mut names: Vec<String> = nodes.iter().take(MOST).map(ToString::to_string).collect();
    match nodes.len().checked_sub(MOST) {
        _ if nodes.is_empty() => return None,
        Some(more @ 1..) => names.push(format!("and {more} more")),
        _ => {}
    }
    let (they, have) = if nodes.len() == 1 { ("it", "has") } else { ("they", "have") };
    Some(format!("no link leads to {}: {they} {have} no interface but lo", names.join(", ")))
}

/// `4 nodes, 1 segment, 2 links`; what there is none of goes without saying, but for nodes.
fn size(plan: &Plan) -> String {
    let (nodes, segments, links) = plan.counts();
    let mut parts = vec![count(nodes, "node")];
    parts.extend(
        [(segments, "segment"), (links, "link")].map(|(n, what)| (n > 0).then(|| count(n, what))).into_iter().flatten(),
    );
    parts.extend(plan.uplink.is_some().then(|| count(1, "uplink")));
    parts.join(", ")
}
