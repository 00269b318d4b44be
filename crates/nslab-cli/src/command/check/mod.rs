//! `nslab check`.

mod grid;
mod report;
mod segments;
mod text;
mod watch;

use std::time::Duration;

use nslab::Result;
use nslab::lab::{self, Asked, Checked, Store};
use nslab::probe::Signals;
use nslab::probe::matrix::Settings;
use nslab::topology::spec;

use super::{Ui, Verdict, which};
use crate::output::{answer, json};

/// Show who reaches whom in a lab, by ping
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  nslab check helloworld\n  nslab check --from 'h[1-3]' --to web helloworld\n  \
    nslab check --expect 'h1 -> web:80' --expect 'h1 !> web:22'\n\n\
    Every node asks for every address of every other, all at once, and for the ports that `expect` names.\n\n\
    Exit status 1 where somebody does not reach somebody, or reaches whom `expect` forbids.")]
pub(super) struct Args {
    /// The lab by name or by file; by default that of ./nslab.yaml, or the only one that is up
    #[arg(conflicts_with = "machine")]
    lab: Option<String>,
    #[command(flatten)]
    prefixed: which::Prefixed,
    /// All network namespaces that have names on this machine, whoever made them
    #[arg(long, conflicts_with = "prefix")]
    machine: bool,
    /// Only these nodes ask: a name or a range; may be given again
    #[arg(long, value_name = "NODES")]
    from: Vec<String>,
    /// Only these nodes are asked
    #[arg(long, value_name = "NODES")]
    to: Vec<String>,
    /// Check this in place of all, as a line of the lab's `expect`; may be given again
    #[arg(long, value_name = "RULE")]
    expect: Vec<String>,
    /// Send this many further requests to whoever is reached, 100 ms apart, and tell loss and round trips
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: Option<u32>,
    /// Give up on an answer after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, value_parser = seconds)]
    deadline: f64,
    /// Check again and again, and tell what changes
    #[arg(long)]
    watch: bool,
    /// With --watch: from the end of a check to the next, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds, requires = "watch")]
    interval: f64,
    /// As JSON: {lab, good, pairs: [{from, to, address, reached, expected, rtt_ms, reason}], ports: [...]}
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number")?;
    if (0.01..=3600.0).contains(&value) { Ok(value) } else { Err("not between 0.01 and 3600".into()) }
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let names = |words: &[String]| -> Result<Vec<String>> {
        let named = |word: &String| match spec::nodes(word) {
            Ok(nodes) => Ok(nodes.iter().map(ToString::to_string).collect()),
            // Who made a namespace by hand may have named it as no node can be.
            Err(_) if args.machine => Ok(vec![word.clone()]),
            Err(error) => Err(error),
        };
        Ok(words.iter().map(named).collect::<Result<Vec<Vec<String>>>>()?.concat())
    };
    let expect = spec::expectations(args.expect.iter().map(String::as_str))?;
    let asked =
        Asked { from: names(&args.from)?, to: names(&args.to)?, expect: (!args.expect.is_empty()).then_some(expect) };
    let deadline = Duration::from_secs_f64(args.deadline);
    let settings = Settings { deadline, count: args.count.unwrap_or(0), ..Settings::default() };
    // Whoever is interrupted takes away first what it made in the nodes.
    let signals = Signals::watch()?;
    let once = || -> Result<Option<(Option<String>, Checked)>> {
        let store = Store::default();
        if args.machine {
            return Ok(lab::check_machine(&store, &asked, &settings, Some(&signals))?.map(|checked| (None, checked)));
        }
        let record = which::record(&store, args.lab.as_deref(), &args.prefixed)?;
        let checked = lab::check(&store, &record, &asked, &settings, Some(&signals))?;
        Ok(checked.map(|checked| (Some(record.plan.lab.to_string()), checked)))
    };
    if args.watch {
        return watch::run(once, &signals, Duration::from_secs_f64(args.interval), args.json, ui);
    }
    let Some((lab, checked)) = once()? else { return Ok(Verdict::No) };
    if args.json {
        json(&report::report(lab, &checked))?;
        return Ok(verdict(&checked));
    }
    answer(&text::text(&checked, &text::Look::of_output(), ui))?;
    let missed = checked.pairs.iter().find(|pair| pair.expected && !pair.reached());
    if let (Some(lab), Some(pair)) = (lab, missed) {
        let (from, to) = (text::name(&checked, pair.from), text::name(&checked, pair.to));
        ui.remark(&format!("what is wrong is told by nslab why, for example: nslab why {lab}/{from} {to}"));
    }
    Ok(verdict(&checked))
}

fn verdict(checked: &Checked) -> Verdict {
    if checked.good() { Verdict::Good } else { Verdict::No }
}

/// A time in milliseconds, to the microsecond, which is more than the clock is good for.
fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
