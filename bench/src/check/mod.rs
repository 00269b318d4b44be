//! All pairs of N hosts on one switch: by `nslab check`, by one fping a node, and by mininet's pingall.
//!
//! The first check is right after `up`, when no node knows another's hardware address; the second follows it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::star::mininet_is_there;
use crate::steps::Steps;
use crate::table::{Row, Table, print_json};
use crate::{programs, star};

enum Way {
    Nslab(PathBuf),
    Fping(PathBuf),
    Pingall,
}

/// Measures all ways and prints two tables: beside the first check, and beside the second.
pub(crate) fn run(options: &star::Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    let mut ways = vec![Way::Nslab(nslab.clone())];
    if is_on_path("fping") && is_on_path("nsenter") {
        ways.push(Way::Fping(nslab));
    } else {
        eprintln!("bench: without fping, which is not installed (Debian: fping util-linux)");
    }
    if !options.quick {
        if mininet_is_there() && is_on_path("ping") {
            ways.push(Way::Pingall);
        } else {
            eprintln!("bench: without mininet, which is not installed (Debian: mininet bridge-utils iputils-ping)");
        }
    }
    let row = |way: &Way| Row { kind: way.kind(), title: way.title().into(), times: Vec::new() };
    let mut first: Vec<Row> = ways.iter().map(row).collect();
    let mut again = Row { kind: "nslab", title: "nslab check, again".into(), times: Vec::new() };
    for round in 1..=options.runs {
        eprint!("round {round} of {}:", options.runs);
        for (way, row) in ways.iter().zip(&mut first) {
            let mut times = way.measure(options.hosts)?.into_iter();
            let time = times.next().ok_or_else(|| Failure::new("no time was told"))?;
            eprint!(" {} {:.3}", row.kind, time.as_secs_f64());
            row.times.push(time);
            again.times.extend(times);
        }
        eprintln!(" s");
    }
    let others =
        first.iter().skip(1).map(|row| Row { kind: row.kind, title: row.title.clone(), times: row.times.clone() });
    let second: Vec<Row> = std::iter::once(again).chain(others).collect();
    let kinds = ["fping", "mininet"];
    let first = Table::new("hosts, all pairs", options.hosts, first, &kinds)?;
    let second = Table::new("hosts, all pairs, the second time", options.hosts, second, &kinds)?;
    if options.json {
        return print_json(&[first, second]);
    }
    first.print()?;
    println!();
    second.print()
}

fn is_on_path(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// The lab of the nslab's checks and of fping's.
fn lab(hosts: u32) -> String {
    format!("name: star\nsegments: {{ lan: {{ prefix: 10.0.0.0/16, members: [ \"h[1-{hosts}]\" ] }} }}\n")
}

impl Way {
    fn kind(&self) -> &'static str {
        match self {
            Self::Nslab(_) => "nslab",
            Self::Fping(_) => "fping",
            Self::Pingall => "mininet",
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Nslab(_) => "nslab check",
            Self::Fping(_) => "one fping a node",
            Self::Pingall => "mininet's pingall",
        }
    }

    /// The times of the checks, without the time to make the hosts.
    fn measure(&self, hosts: u32) -> Result<Vec<Duration>> {
        let up = |nslab: &Path| {
            let nslab = nslab.as_os_str();
            let words = [nslab, "-q".as_ref(), "up".as_ref(), "/run/star.yaml".as_ref()];
            Steps::default().file("/run/star.yaml", lab(hosts)).step(words, None)
        };
        let (steps, untimed) = match self {
            Self::Nslab(nslab) => {
                let check = [nslab.as_os_str(), "-q".as_ref(), "check".as_ref(), "star".as_ref()];
                (up(nslab)?.step(check, None)?.step(check, None)?, 1)
            }
            Self::Fping(nslab) => {
                let addresses = (1..=hosts).map(|host| format!("10.0.{}.{}", host / 256, host % 256));
                let words = ["sh", "-c", include_str!("fping.sh"), "sh"].map(String::from).into_iter();
                (up(nslab)?.step(words.chain([hosts.to_string()]).chain(addresses), None)?, 1)
            }
            Self::Pingall => {
                let words = ["/usr/bin/python3", "-c", include_str!("pingall.py"), &hosts.to_string()];
                (Steps::default().telling(words)?, 0)
            }
        };
        let done = steps.run()?;
        Ok(done.iter().skip(untimed).map(|done| done.total()).collect())
    }
}
