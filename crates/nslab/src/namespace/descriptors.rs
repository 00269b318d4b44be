//! Room for the descriptors that many namespaces are held and spoken to by.

use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Namespace;
use crate::error::{Error, Result};

/// What a process has open beside those.
const OTHERS: u64 = 64;

/// What the limit was before it was raised here.
static BEFORE: OnceLock<Rlimit> = OnceLock::new();

/// The limit of open files that programs are started with: this process's own, without what it was raised by.
pub(crate) fn usual_limit() -> Rlimit {
    BEFORE.get().copied().unwrap_or_else(|| getrlimit(Resource::Nofile))
}

/// How many descriptors it takes to have so many open for each of so many nodes.
pub(crate) fn needed(nodes: u64, each: u64) -> u64 {
    nodes.saturating_mul(each).saturating_add(OTHERS)
}

/// Makes sure that this process may have so many descriptors open for each of so many nodes, and makes its
/// table of descriptors large enough for them.
///
/// Call it before starting threads: while there are any, the kernel waits for a grace period of RCU (some
/// 10 ms) each time it makes the table larger, and it doubles it from 64 on (`expand_fdtable()` in fs/file.c).
///
/// # Errors
/// Where the limit is lower and may not be raised.
pub(crate) fn make_room(nodes: usize, each: u64) -> Result<()> {
    let needed = needed(u64::try_from(nodes).unwrap_or(u64::MAX), each);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let raised = Rlimit { current: Some(needed), maximum: limit.maximum.map(|maximum| maximum.max(needed)) };
        BEFORE.get_or_init(|| limit);
        setrlimit(Resource::Nofile, raised).map_err(|errno| {
            let now = limit.maximum.unwrap_or_default();
            Error::os(format_args!("a lab of {nodes} nodes takes {needed} open files, and the limit is {now}"), errno)
                .with_help(help(needed))
        })?;
    }
    // A descriptor with the highest number makes the table large enough, and that is how large it stays.
    if let (Ok(last), Ok(any)) = (i32::try_from(needed - 1), Namespace::current()) {
        let _ = rustix::io::fcntl_dupfd_cloexec(&any, last);
    }
    Ok(())
}

/// No process may have more open than `fs.nr_open`, whatever its own limit.
fn help(needed: u64) -> String {
    let most = std::fs::read_to_string("/proc/sys/fs/nr_open").ok().and_then(|text| text.trim().parse().ok());
    if most.is_some_and(|most: u64| most < needed) {
        return format!("raise it with: sysctl -w fs.nr_open={needed} and ulimit -n {needed}");
    }
    format!("raise it with: ulimit -n {needed}")
}
