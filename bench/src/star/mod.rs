//! N hosts on one switch: by `nslab up`, by an expert with iproute2, and by mininet where it is installed.
//!
//! nslab's switch and mininet's are taken away again, which is timed too.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::programs::{self, Ip};
use crate::steps::{Steps, Verify};
use crate::table::{Row, Table, print_json};

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) hosts: u32,
    pub(crate) runs: u32,
    /// Without mininet, which takes longest.
    pub(crate) quick: bool,
    pub(crate) json: bool,
    pub(crate) nslab: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { hosts: 100, runs: 5, quick: false, json: false, nslab: None }
    }
}

enum Way {
    Nslab(PathBuf),
    Batch(Ip),
    Mininet,
}

/// Measures all ways and prints two tables: building, and building and taking away.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    let mut ways = vec![Way::Nslab(nslab)];
    ways.extend(programs::ips()?.into_iter().map(Way::Batch));
    if !options.quick {
        if mininet_is_there() {
            ways.push(Way::Mininet);
        } else {
            eprintln!("bench: without mininet, which is not installed (Debian: mininet bridge-utils)");
        }
    }
    let row = |way: &Way| Row { kind: way.kind(), title: way.title(), times: Vec::new() };
    let mut building: Vec<Row> = ways.iter().map(row).collect();
    let mut together: Vec<Row> = ways.iter().map(row).collect();
    for round in 1..=options.runs {
        eprint!("round {round} of {}:", options.runs);
        for ((way, building), together) in ways.iter().zip(&mut building).zip(&mut together) {
            let times: Vec<Duration> = way.measure(options.hosts)?;
            let first = times.first().ok_or_else(|| Failure::new("no time was told"))?;
            eprint!(" {} {:.3}", building.kind, first.as_secs_f64());
            building.times.push(*first);
            if times.len() > 1 {
                together.times.push(times.iter().sum());
            }
        }
        eprintln!(" s");
    }
    together.retain(|row| !row.times.is_empty());
    let building = Table::new("hosts on a switch", options.hosts, building, &["batch", "mininet"])?;
    let together = Table::new("hosts on a switch, made and taken away", options.hosts, together, &["mininet"])?;
    if options.json {
        return print_json(&[building, together]);
    }
    building.print()?;
    println!();
    together.print()
}

pub(crate) fn mininet_is_there() -> bool {
    let mut python = std::process::Command::new("/usr/bin/python3");
    python.args(["-c", "import mininet.net"]).stderr(std::process::Stdio::null());
    python.status().is_ok_and(|status| status.success()) && Path::new("/usr/bin/mnexec").exists()
}

impl Way {
    fn kind(&self) -> &'static str {
        match self {
            Self::Nslab(_) => "nslab",
            Self::Batch(_) => "batch",
            Self::Mininet => "mininet",
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Nslab(_) => "nslab up".into(),
            Self::Batch(ip) => format!("batch by ip {}, {}", ip.origin, ip.version),
            Self::Mininet => "mininet".into(),
        }
    }

    /// The time to build and, where that is done too, to take away.
    fn measure(&self, hosts: u32) -> Result<Vec<Duration>> {
        // The lab gives addresses in order, and so does the script.
        let last = IpAddr::V4(Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + hosts));
        let verify = Some(Verify { namespaces: hosts as usize + 1, reaches: vec![("h1".into(), last)] });
        let steps = match self {
            Self::Nslab(nslab) => {
                let lab = format!(
                    "name: star\nsegments: {{ lan: {{ prefix: 10.0.0.0/16, members: [ \"h[1-{hosts}]\" ] }} }}\n"
                );
                let nslab = nslab.as_os_str();
                Steps::default()
                    .file("/run/star.yaml", lab)
                    .step([nslab, "up".as_ref(), "/run/star.yaml".as_ref()], verify)?
                    .step([nslab, "down".as_ref(), "star".as_ref()], Some(Verify { namespaces: 0, reaches: vec![] }))?
            }
            Self::Batch(ip) => {
                let words = ["sh", "-c", include_str!("batch.sh"), "sh"].map(Into::into).into_iter();
                let words = words.chain([hosts.to_string().into()]).chain(ip.words.iter().cloned());
                Steps::default().step(words, verify)?
            }
            Self::Mininet => {
                Steps::default().telling(["/usr/bin/python3", "-c", include_str!("mininet.py"), &hosts.to_string()])?
            }
        };
        let done = steps.run()?;
        Ok(done.into_iter().flat_map(|done| done.seconds).map(Duration::from_secs_f64).collect())
    }
}
