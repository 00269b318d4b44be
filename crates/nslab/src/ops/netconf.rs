//! How a namespace treats packets (`RTM_GETNETCONF`, ip-netconf(8)): what /proc/sys/net/ipv4/conf has too, for
//! less.

use crate::error::Result;
use crate::netlink::{Connection, Transport};
use crate::wire::consts::{
    NETCONFA_FORWARDING, NETCONFA_IFINDEX, NETCONFA_IFINDEX_ALL, NETCONFA_TABLE, RTM_GETNETCONF,
};
use crate::wire::{Message, Request, Table};

/// `struct netconfmsg`, padded.
const HEADER: usize = 4;

/// Whether the namespace passes packets of a family on; `None` where the kernel lacks the family.
///
/// # Errors
/// What the kernel answers.
pub fn forwarding<T: Transport>(connection: &mut Connection<T>, family: u8) -> Result<Option<bool>> {
    let mut request = Request::new(RTM_GETNETCONF, 0, &[family, 0, 0, 0]);
    request.u32(NETCONFA_IFINDEX, NETCONFA_IFINDEX_ALL.cast_unsigned());
    match connection.get(request, || "asking about forwarding".into(), read) {
        Ok(forwards) => Ok(forwards),
        Err(error) if matches!(error.errno(), Some(libc::EOPNOTSUPP | libc::EAFNOSUPPORT | libc::EINVAL)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(message: &Message<'_>) -> Result<Option<bool>> {
    let attributes = message.body.get(HEADER..).unwrap_or_default();
    let table = Table::<NETCONFA_TABLE>::parse(attributes).map_err(|error| super::malformed("a setting", error))?;
    Ok(table.get(NETCONFA_FORWARDING).and_then(|a| a.i32()).map(|on| on != 0))
}
