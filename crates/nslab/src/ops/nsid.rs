//! Namespace ids: small numbers that one namespace knows others by (`RTM_GETNSID`, ip-netns(8)).

use std::os::fd::{AsFd, AsRawFd};

use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::{Connection, Transport};
use crate::wire::consts::{NETNSA_FD, NETNSA_NSID, RTM_GETNSID, RTM_NEWNSID};
use crate::wire::{Request, Table};

/// The id by which the connection's namespace knows another; `None` where it has none.
///
/// # Errors
/// What the kernel answers; `EINVAL` where the file is no network namespace.
pub fn get<T: Transport>(connection: &mut Connection<T>, namespace: &Namespace) -> Result<Option<u32>> {
    // struct rtgenmsg, padded.
    let mut request = Request::new(RTM_GETNSID, 0, &[0; 4]);
    request.u32(NETNSA_FD, namespace.as_fd().as_raw_fd().cast_unsigned());
    connection.get(
        request,
        || "asking for a namespace's id".into(),
        |message| {
            let attributes = message.body.get(4..).unwrap_or_default();
            let table = Table::<{ NETNSA_NSID as usize + 1 }>::parse(attributes)
                .map_err(|error| super::malformed("a namespace id", error))?;
            let id = table.get(NETNSA_NSID).and_then(|a| a.i32()).unwrap_or(-1);
            Ok(u32::try_from(id).ok())
        },
    )
}

/// The request that gives a namespace an id; the kernel chooses where there is no number.
#[must_use]
pub fn set(namespace: &Namespace, id: Option<u32>) -> Request {
    let mut request = Request::new(RTM_NEWNSID, 0, &[0; 4]);
    request.u32(NETNSA_FD, namespace.as_fd().as_raw_fd().cast_unsigned());
    request.u32(NETNSA_NSID, id.unwrap_or(u32::MAX));
    request
}
