//! N pairs of namespaces by `nslab up`: as root, and as a user with no privileges, where a holder has them.
//!
//! Both take turns, and both go through the same script, in a process namespace of its own: whatever fails, the holder
//! ends with that.

use std::path::PathBuf;
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::pairs::{self, Pair};
use crate::programs;
use crate::steps::Steps;
use crate::table::{Row, Table, print_json};

/// Measures both and prints the table.
pub(crate) fn run(options: &pairs::Options) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Err(Failure::new("only root can be measured both as root and as another user"));
    }
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    let row = |kind, title: &str| Row { kind, title: title.into(), times: Vec::new() };
    let mut rows = [("0", row("nslab", "nslab up as root")), (USER, row("user", "nslab up without root"))];
    for round in 1..=options.runs {
        eprint!("round {round} of {}:", options.runs);
        for (user, row) in &mut rows {
            let time = measure(&nslab, user, options.pairs)?;
            eprint!(" {} {:.3}", row.kind, time.as_secs_f64());
            row.times.push(time);
        }
        eprintln!(" s");
    }
    let table = Table::new("pairs", options.pairs, rows.map(|(_, row)| row).into(), &["user"])?;
    if options.json { print_json(&table) } else { table.print() }
}

/// A user that has nothing on any machine.
const USER: &str = "54320";

fn measure(nslab: &std::path::Path, user: &str, number: u32) -> Result<Duration> {
    let Pair { a, b } = Pair::new(number);
    let mut words: Vec<std::ffi::OsString> = Vec::new();
    words.extend(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"].map(Into::into));
    words.extend(["sh", "-c", include_str!("up.sh"), "sh"].map(Into::into));
    words.push(PathBuf::from(nslab).into());
    words.extend([user.into(), number.to_string().into(), a.namespace.into(), b.namespace.into()]);
    let done = Steps::default().file("/run/pairs.yaml", pairs::lab(number)).telling(words)?.run()?;
    done.first().map(|done| done.total()).ok_or_else(|| Failure::new("no time was told"))
}
