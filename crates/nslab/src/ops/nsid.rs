//! Namespace ids: small numbers that one namespace knows others by (`RTM_GETNSID`, ip-netns(8)).

use std::os::fd::{AsFd, AsRawFd};

use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::consts::{
    NETNSA_CURRENT_NSID, NETNSA_FD, NETNSA_NSID, NETNSA_TABLE, NETNSA_TARGET_NSID, RTM_GETNSID, RTM_NEWNSID,
};
use crate::wire::{Message, Request, Table};

/// `struct rtgenmsg`, padded.
const HEADER: [u8; 4] = [0; 4];

/// An id, as one namespace has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NsId {
    /// The id in the namespace that was asked about; `None` where that has none for it.
    pub id: Option<u32>,
    /// The id of the same namespace here: of any use only where another namespace was asked about.
    pub current: Option<u32>,
}

/// The id by which the connection's namespace knows another; `None` where it has none.
///
/// # Errors
/// What the kernel answers; `EINVAL` where the file is no network namespace.
pub fn get<T: Transport>(connection: &mut Connection<T>, namespace: &Namespace) -> Result<Option<u32>> {
    let mut request = Request::new(RTM_GETNSID, 0, &HEADER);
    request.u32(NETNSA_FD, namespace.as_fd().as_raw_fd().cast_unsigned());
    connection.get(request, || "asking for a namespace's id".into(), |message| read(message).map(|found| found.id))
}

/// Looks an id up: whether there is such, and which id the namespace behind it has in another one, whose
/// own id is `target`.
///
/// # Errors
/// What the kernel answers: it refuses an id that stands for nothing.
pub fn look_up<T: Transport>(connection: &mut Connection<T>, id: u32, target: Option<u32>) -> Result<NsId> {
    let mut request = Request::new(RTM_GETNSID, 0, &HEADER);
    request.u32(NETNSA_NSID, id);
    if let Some(target) = target {
        request.u32(NETNSA_TARGET_NSID, target);
    }
    connection.get(request, || format!("looking up namespace id {id}"), read)
}

/// Hands every id that is in use to `take`: those of the connection's namespace, or of the one with the
/// id `target`.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn list<T: Transport>(
    connection: &mut Connection<T>,
    target: Option<u32>,
    mut take: impl FnMut(NsId) -> Result<()>,
) -> Result<Dumped> {
    let mut request = Request::new(RTM_GETNSID, 0, &HEADER);
    if let Some(target) = target {
        request.u32(NETNSA_TARGET_NSID, target);
    }
    connection.dump_each(request, || "listing namespace ids".into(), |message| take(read(message)?))
}

/// The request that gives a namespace an id; the kernel chooses where there is no number.
#[must_use]
pub fn set(namespace: &Namespace, id: Option<u32>) -> Request {
    let mut request = Request::new(RTM_NEWNSID, 0, &HEADER);
    request.u32(NETNSA_FD, namespace.as_fd().as_raw_fd().cast_unsigned());
    request.u32(NETNSA_NSID, id.unwrap_or(u32::MAX));
    request
}

fn read(message: &Message<'_>) -> Result<NsId> {
    let attributes = message.body.get(HEADER.len()..).unwrap_or_default();
    let table = Table::<NETNSA_TABLE>::parse(attributes).map_err(|error| super::malformed("a namespace id", error))?;
    // -1 stands for none.
    let number = |kind| table.get(kind).and_then(|a| a.i32()).and_then(|id| u32::try_from(id).ok());
    Ok(NsId { id: number(NETNSA_NSID), current: number(NETNSA_CURRENT_NSID) })
}
