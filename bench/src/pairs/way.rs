//! The ways to make pairs.

use std::path::Path;
use std::process::Command;

use super::pair::Pair;
use crate::failure::{Failure, Result};
use crate::programs::Ip;
use crate::words::BARE_PAIRS;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Way {
    /// `nslab up` with a lab file.
    Nslab,
    /// The system calls and nothing else.
    Bare { threads: u32 },
    /// iproute2 as experts use it.
    Batch(Ip),
    /// iproute2 as people type it.
    Walk(Ip),
}

/// What kind of way: the fastest of each is what nslab is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nslab,
    Bare,
    Batch,
    Walk,
}

impl Kind {
    pub(crate) const OTHERS: [Self; 3] = [Self::Bare, Self::Batch, Self::Walk];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nslab => "nslab",
            Self::Bare => "bare",
            Self::Batch => "batch",
            Self::Walk => "walk",
        }
    }
}

impl Way {
    /// All that this machine has, nslab first.
    pub(crate) fn all(ips: &[Ip]) -> Vec<Self> {
        let mut all = vec![Self::Nslab, Self::Bare { threads: 1 }, Self::Bare { threads: 2 }];
        all.extend(ips.iter().cloned().map(Self::Batch));
        all.extend(ips.iter().cloned().map(Self::Walk));
        all
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Nslab => Kind::Nslab,
            Self::Bare { .. } => Kind::Bare,
            Self::Batch(_) => Kind::Batch,
            Self::Walk(_) => Kind::Walk,
        }
    }

    pub(crate) fn title(&self) -> String {
        match self {
            Self::Nslab => "nslab up".into(),
            Self::Bare { threads: 1 } => "bare system calls, 1 thread".into(),
            Self::Bare { threads } => format!("bare system calls, {threads} threads"),
            Self::Batch(ip) => format!("batch by ip {}, {}", ip.origin, ip.version),
            Self::Walk(ip) => format!("walk by ip {}, {}", ip.origin, ip.version),
        }
    }

    /// The command that makes that many pairs. What it reads is put into the sandbox's /run.
    pub(crate) fn command(&self, pairs: u32, nslab: &Path) -> Result<Command> {
        Ok(match self {
            Self::Nslab => {
                let file = "/run/pairs.yaml";
                std::fs::write(file, lab(pairs)).map_err(Failure::of(file))?;
                let mut command = Command::new(nslab);
                command.args(["up", file]);
                command
            }
            Self::Bare { threads } => {
                let mut command = Command::new(std::env::current_exe().map_err(Failure::of("finding this program"))?);
                command.arg(BARE_PAIRS).arg(pairs.to_string()).arg(threads.to_string());
                command
            }
            Self::Batch(ip) => script(include_str!("batch.sh"), pairs, ip),
            Self::Walk(ip) => script(include_str!("walk.sh"), pairs, ip),
        })
    }
}

/// The lab file of that many pairs.
pub(crate) fn lab(pairs: u32) -> String {
    let links: String = (1..=pairs).map(|number| format!("  - {}\n", Pair::new(number).link())).collect();
    format!("name: pairs\nlinks:\n{links}")
}

fn script(text: &str, pairs: u32, ip: &Ip) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", text, "sh"]).arg(pairs.to_string()).args(&ip.words);
    command
}
