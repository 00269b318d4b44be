//! `ip neigh help`.

use crate::applet::ip::fail::{Fail, MISUSE};

/// The usage, as the failure that asking for it is.
pub(super) fn usage() -> Fail {
    Fail::new(MISUSE, include_str!("usage.txt").trim_end())
}
