//! The kinds of links, one file a kind: what `-details` shows of each.

use nslab::ops::link::Link;

use crate::applet::ip::session::Session;

/// Prints what there is only for a link's own kind (`IFLA_INFO_DATA`), into the object `info_data`, which the
/// caller has begun.
pub(super) fn print_details(_session: &mut Session, _link: &Link<'_>) {}

/// Prints what there is only for a port of a kind of master (`IFLA_INFO_SLAVE_DATA`), into the object
/// `info_slave_data`, which the caller has begun.
pub(super) fn print_slave_details(_session: &mut Session, _link: &Link<'_>) {}
