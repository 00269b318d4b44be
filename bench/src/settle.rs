//! Waiting until the kernel has taken dropped namespaces apart, so that no way pays for what another left.
//!
//! The kernel does that in the background, in the order in which namespaces were dropped. So a witness is
//! dropped last: a namespace with one end of a cable whose other end stays here. When our end goes, the
//! kernel is through with all that was dropped before.

use std::os::fd::AsFd;

use nslab::namespace::Namespace;
use nslab::netlink::{Connection, KernelSocket, Transport};
use nslab::ops::link::{Kind, LinkConfig, Netns};
use nslab::wire::Messages;
use nslab::wire::consts::{RTM_DELLINK, RTMGRP_LINK};

use crate::failure::{Failure, Result};

/// Returns when all namespaces that were dropped before are gone.
///
/// The witness of the first time goes in the midst of that work. The kernel begins with that of the second
/// only when it is through with all that was before, its memory given back as well.
pub(crate) fn wait() -> Result<()> {
    witness()?;
    witness()
}

fn witness() -> Result<()> {
    let (ours, witness) = (Namespace::anonymous()?, Namespace::anonymous()?);
    let mut events = ours.enter(|| KernelSocket::subscribe(RTMGRP_LINK))??;
    let far = LinkConfig { netns: Some(Netns::Fd(witness.as_fd())), ..LinkConfig::default() };
    let near = LinkConfig { kind: Some(Kind::Veth { peer: Box::new(far) }), ..LinkConfig::default() };
    Connection::open_in(&ours)?.request(near.create(), || "making a witness".into())?;
    drop(witness);
    let mut buffer = Vec::new();
    loop {
        events.receive(&mut buffer).map_err(|errno| Failure::new(format!("waiting for the kernel: {errno}")))?;
        if Messages::new(&buffer).flatten().any(|message| message.header.kind == RTM_DELLINK) {
            return Ok(());
        }
    }
}
