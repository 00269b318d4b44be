//! `nslab up`.

use std::path::{Path, PathBuf};

use nslab::lab::holder::Ids;
use nslab::lab::{self, Changes, Up};
use nslab::topology::plan::Plan;
use nslab::topology::spec::Lab;
use nslab::{ErrorKind, Result};

use super::{Ui, Verdict, diff, rootless, supervise, which};
use crate::output::{Bar, answer, count};

/// Make the lab that a file describes, or change the one that is up into it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab up examples/helloworld.yaml\n\n\
    All of the lab is made, or nothing. With root, its nodes are named network namespaces \
    that `ip netns` lists. nslab down takes it away again.\n\n\
    With --prefix one file makes several labs side by side:\n  \
    nslab up --prefix a- FILE; nslab up --prefix b- FILE")]
pub(super) struct Args {
    /// The lab file
    #[arg(default_value = which::FILE)]
    file: PathBuf,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep what `nslab set` did
    #[arg(long)]
    keep: bool,
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
        rootless::reach_if_up(&supervise::store(), &plan.lab)?;
        return dry_run(&plan, ui);
    }
    let making = rootless::make(&plan, ui)?;
    let file = std::path::absolute(&args.file).unwrap_or_else(|_| Path::new(&args.file).into());
    let waiting = || ui.remark(&format!("waiting for another command on lab {}", plan.lab));
    let bar = Bar::start(!ui.quiet);
    let done = lab::up(&supervise::store().with_progress(bar.progress()), &file, &plan, args.keep, waiting);
    drop(bar);
    let done = done?;
    if let Some(making) = making {
        if making.ids == Ids::One && plan.nodes.iter().any(|node| !node.run.is_empty()) {
            ui.remark("inside, there is no user but root: processes that change to another user fail");
        }
        making.complete()?;
    }
    let (steps, what) = match done {
        Up::Running(found) => {
            diff::tell_foreign(&found, ui);
            let what = match (found.changes.len(), found.processes.started.len()) {
                (0, 0) => format!("is up already; nothing to do: {}", size(&plan)),
                (0, n) => format!("is up already; started again: {}: {}", count(n, "process"), size(&plan)),
                (n, _) => format!("is up: {}", count(n, "change")),
            };
            (steps(&found, &plan), what)
        }
        _ => {
            lab::tight(&plan).iter().for_each(|remark| ui.remark(remark));
            (plan.to_string(), format!("is up: {}", size(&plan)))
        }
    };
    if let Some(uplink) = supervise::store().read(&plan.lab).ok().and_then(|record| record.uplink) {
        lab::uplink::obstacles(&uplink)?.iter().for_each(|obstacle| ui.remark(obstacle));
    }
    if ui.verbose {
        answer(&steps)?;
    }
    if !ui.quiet {
        answer(&format!("lab {} {what}\n", plan.lab))?;
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

/// The plan of a lab that is not up; the changes to one that is.
fn dry_run(plan: &Plan, ui: Ui) -> Result<Verdict> {
    let store = supervise::store();
    match store.read(&plan.lab) {
        Err(error) if error.kind() == ErrorKind::NotFound => answer(&plan.to_string())?,
        Ok(record) if record.is_whole()? => {
            let found = lab::compare(&store, plan)?;
            diff::tell_foreign(&found, ui);
            answer(&steps(&found, plan))?;
        }
        record => {
            record?;
            answer(&plan.to_string())?;
        }
    }
    Ok(Verdict::Good)
}

/// One a line.
fn steps(found: &Changes, plan: &Plan) -> String {
    found.changes.iter().map(|change| format!("{}\n", change.command(&plan.prefix))).collect()
}

/// `4 nodes, 1 segment, 2 links`; what there is none of goes without saying, but for nodes.
fn size(plan: &Plan) -> String {
    let (nodes, segments, links) = plan.counts();
    let mut parts = vec![count(nodes, "node")];
    parts.extend(
        [(segments, "segment"), (links, "link")].map(|(n, what)| (n > 0).then(|| count(n, what))).into_iter().flatten(),
    );
    let processes: usize = plan.nodes.iter().map(|node| node.run.len()).sum();
    parts.extend((processes > 0).then(|| count(processes, "process")));
    parts.extend(plan.uplink.is_some().then(|| count(1, "uplink")));
    parts.join(", ")
}
