//! `nslab cidr`: addresses taken apart, and judged.

use super::{Ui, Verdict};

/// Take addresses apart: network, hosts, and who shares a segment
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, _ui: Ui) -> nslab::Result<Verdict> {
    Ok(Verdict::Good)
}
