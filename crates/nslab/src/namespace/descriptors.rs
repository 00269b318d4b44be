//! Room for the descriptors that many namespaces are held and spoken to by.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::{Error, Result};

/// What a process has open beside those.
const OTHERS: u64 = 64;

/// Makes sure that this process may have so many descriptors open for each of so many nodes.
///
/// # Errors
/// Where the limit is lower and may not be raised.
pub(crate) fn make_room(nodes: usize, each: u64) -> Result<()> {
    let needed = u64::try_from(nodes).unwrap_or(u64::MAX).saturating_mul(each).saturating_add(OTHERS);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = Rlimit { current: Some(needed), maximum: limit.maximum.map(|maximum| maximum.max(needed)) };
    setrlimit(Resource::Nofile, raised).map_err(|errno| {
        let now = limit.maximum.unwrap_or_default();
        Error::os(format_args!("a lab of {nodes} nodes takes {needed} open files, and the limit is {now}"), errno)
            .with_help(format!("raise it with: ulimit -n {needed}"))
    })
}
