//! What `nslab up` starts for a lab with processes; nothing that people type.

use std::ffi::OsString;
use std::os::fd::AsFd;

use nslab::Result;
use nslab::lab::Store;
use nslab::lab::process::{Supervisor, supervise};
use nslab::types::LabName;

use super::Verdict;

/// Look after a lab's processes
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    lab: LabName,
}

pub(super) fn run(args: &Args) -> Result<Verdict> {
    supervise(&Store::default(), &args.lab, std::io::stdin().as_fd())?;
    Ok(Verdict::Good)
}

/// Labs, whose supervisors are this program.
pub(super) fn store() -> Store {
    let words = ["nslab", "supervise"].map(OsString::from).to_vec();
    Store::default().with_supervisor(Supervisor { program: "/proc/self/exe".into(), words })
}
