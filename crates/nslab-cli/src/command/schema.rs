//! `nslab schema`.

use nslab::Result;
use nslab::topology::spec;

use super::Verdict;
use crate::output::answer;

/// Print the JSON Schema of lab files, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab schema >nslab.schema.json\n\n\
    An editor that knows YAML schemas then completes and checks a lab file that begins with\n  \
    # yaml-language-server: $schema=nslab.schema.json")]
pub(super) struct Args {}

pub(super) fn run() -> Result<Verdict> {
    answer(&spec::schema())?;
    Ok(Verdict::Good)
}
