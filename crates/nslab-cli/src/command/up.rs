//! `nslab up`.

use std::path::{Path, PathBuf};

use nslab::Result;
use nslab::lab::{self, Store, Up};
use nslab::topology::plan::Plan;

use super::{Ui, Verdict, which};
use crate::output::{Bar, answer, count};

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
    if args.dry_run {
        answer(&plan.to_string())?;
        return Ok(Verdict::Good);
    }
    let file = std::path::absolute(&args.file).unwrap_or_else(|_| Path::new(&args.file).into());
    let waiting = || ui.remark(&format!("waiting for another command on lab {}", plan.lab));
    let bar = Bar::start(!ui.quiet);
    let done = lab::up(&Store::default().with_progress(bar.progress()), &file, &plan, waiting);
    drop(bar);
    let what = match done? {
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
