//! `nslab graph`.

mod json;
mod png;

use std::io::Write;
use std::path::{Path, PathBuf};

use nslab::lab::Store;
use nslab::picture::layout::{Measure, layout};
use nslab::picture::{Scene, dot, mermaid, svg, terminal};
use nslab::{Error, Result};

use super::{Ui, Verdict, sight, which};
use crate::output::answer;

/// Draw a lab, or every namespace of the machine
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab graph helloworld -o helloworld.svg\n\n\
    What is drawn is what is really there; of a file whose lab is not up, what the file says.")]
pub(super) struct Args {
    /// The lab, or its file; by default that of ./nslab.yaml, or the only one
    #[arg(conflicts_with = "machine")]
    lab: Option<String>,
    /// Every namespace of the machine, whoever made it
    #[arg(long)]
    machine: bool,
    /// Write to a file; its ending gives the format
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The format, where no file's ending gives it
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    prefixed: which::Prefixed,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Boxes and lines, or a list of nodes where these do not fit
    Text,
    /// SVG, light and dark
    Svg,
    /// PNG, light; only where this was built with the feature `png`
    Png,
    /// The language of Graphviz
    Dot,
    /// The language of Mermaid
    Mermaid,
    /// JSON: {name, nodes: [{name, role, interfaces, routes, …}], wires: [{kind, ends, networks}], notes}
    Json,
}

impl Format {
    fn of_file(path: &Path) -> Result<Self> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("txt") => Ok(Self::Text),
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            Some("dot" | "gv") => Ok(Self::Dot),
            Some("mmd" | "mermaid") => Ok(Self::Mermaid),
            Some("json") => Ok(Self::Json),
            _ => Err(Error::invalid(format!("{:?} has no ending that is a format", path.display().to_string()))
                .with_help("there are .svg, .png, .dot, .mmd, .json, .txt; or say --format")),
        }
    }
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let format = match (args.format, &args.output) {
        (Some(format), _) => format,
        (None, Some(path)) => Format::of_file(path)?,
        (None, None) => Format::Text,
    };
    if format == Format::Png && args.output.is_none() {
        return Err(Error::invalid("a PNG goes to a file").with_help("nslab graph -o FILE.png"));
    }
    let store = Store::default();
    let network = match args.machine {
        true => sight::machine(&store)?,
        false => sight::lab(&store, args.lab.as_deref(), &args.prefixed, ui)?,
    };
    sight::tell_missing(&network, ui);
    let text = match format {
        Format::Png => {
            let bytes = png::png(&svg::svg(&layout(&Scene::of(&network), &Measure::PIXELS)))?;
            args.output.as_ref().map_or(Ok(()), |path| write_file(path, &bytes))?;
            return Ok(Verdict::Good);
        }
        Format::Svg => svg::svg(&layout(&Scene::of(&network), &Measure::PIXELS)),
        Format::Text => terminal::text(&Scene::of(&network), columns()),
        Format::Dot => dot::text(&Scene::of(&network)),
        Format::Mermaid => mermaid::text(&Scene::of(&network)),
        Format::Json => json::text(&network)?,
    };
    match &args.output {
        Some(path) => write_file(path, text.as_bytes())?,
        None => answer(&text)?,
    }
    Ok(Verdict::Good)
}

/// Writes a file whole: what was there before stays where it cannot be.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || std::fs::File::create(path).and_then(|mut file| file.write_all(bytes));
    write().map_err(|error| Error::os(format_args!("writing {}", path.display()), error))
}

/// How wide the terminal is; without one, as wide as a page may be.
fn columns() -> usize {
    const PAGE: usize = 120;
    rustix::termios::tcgetwinsize(std::io::stdout()).map_or(PAGE, |size| usize::from(size.ws_col).max(40))
}
