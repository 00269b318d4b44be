//! Waiting until the kernel has taken dropped namespaces apart.
//!
//! The kernel does that in the background, in batches, in the order in which namespaces were dropped
//! (`cleanup_net()` in net/core/net_namespace.c), and tells nobody. So a witness is dropped after the
//! lab's: a namespace with one end of a cable whose other end stays with us. When our end goes, the
//! kernel has reached the witness, and the interfaces of all that was dropped before it are gone.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::netlink::{Connection, KernelSocket, Transport};
use crate::ops::link::{Kind, LinkConfig, Netns};
use crate::topology::apply::progress::{Progress, Told};
use crate::wire::Messages;
use crate::wire::consts::{RTM_DELLINK, RTMGRP_LINK};

/// As long as this the kernel may take; a lab of thousands of nodes has been seen to take seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// It is told that often that the kernel is still at it.
const BETWEEN: Duration = Duration::from_millis(100);

/// What [`Barrier::wait`] waits with. Make it before the namespaces are dropped.
pub(super) struct Barrier {
    /// Hears of links that go in our namespace; holds that.
    events: KernelSocket,
    /// The witness.
    witness: Namespace,
}

impl Barrier {
    /// Makes the witness.
    pub(super) fn raise() -> Result<Self> {
        let (ours, witness) = (Namespace::anonymous()?, Namespace::anonymous()?);
        let events = ours.enter(|| KernelSocket::subscribe(RTMGRP_LINK))??;
        let far = LinkConfig { queues: Some(1), netns: Some(Netns::Fd(witness.as_fd())), ..LinkConfig::default() };
        let kind = Some(Kind::Veth { peer: Box::new(far) });
        let near = LinkConfig { queues: Some(1), kind, ..LinkConfig::default() };
        Connection::open_in(&ours)?.request(near.create(), || "making a witness".into())?;
        Ok(Self { events, witness })
    }

    /// Drops the witness and waits until the kernel has got to it.
    pub(super) fn wait(mut self, progress: &Progress) -> Result<()> {
        drop(self.witness);
        let end = Instant::now() + PATIENCE;
        let mut buffer = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let step = if progress.is_wanted() { left.min(BETWEEN) } else { left };
            let timeout = Timespec { tv_sec: step.as_secs().cast_signed(), tv_nsec: step.subsec_nanos().into() };
            let ready = rustix::io::retry_on_intr(|| {
                poll(&mut [PollFd::from_borrowed_fd(self.events.as_fd(), PollFlags::IN)], Some(&timeout))
            });
            match ready.map_err(|errno| Error::os("waiting for the kernel", errno))? {
                0 if step < left => {
                    progress.tell(Told::Settling);
                    continue;
                }
                0 => return Err(Error::new(ErrorKind::TimedOut, "the kernel is still taking the lab apart")),
                _ => self.events.receive(&mut buffer).map_err(|errno| Error::os("waiting for the kernel", errno))?,
            }
            if Messages::new(&buffer).flatten().any(|message| message.header.kind == RTM_DELLINK) {
                return Ok(());
            }
        }
    }
}
