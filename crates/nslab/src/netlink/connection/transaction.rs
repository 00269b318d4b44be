//! Requests that are done together or not at all, as the packet filter takes them (nfnetlink).

use super::{ACKNOWLEDGEMENT, Connection, answers, index, malformed, refused};
use crate::error::{Error, Result};
use crate::netlink::Transport;
use crate::wire::consts::nft::{NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES, NFPROTO_UNSPEC};
use crate::wire::consts::{NLM_F_ACK, NLMSG_ERROR};
use crate::wire::{Acknowledgement, Messages, Request};

impl<T: Transport> Connection<T> {
    /// Sends requests between `NFNL_MSG_BATCH_BEGIN` and `NFNL_MSG_BATCH_END`, and waits until the kernel has done
    /// them all, or none. `operation` names the request at an index, counted from 0.
    ///
    /// # Errors
    /// The refusal of the first refused request; nothing has changed then.
    pub fn transaction(&mut self, requests: Vec<Request>, operation: impl Fn(usize) -> String) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        let count = u32::try_from(requests.len()).unwrap_or(u32::MAX);
        // The numbers of one batch follow one another.
        if self.sequence > u32::MAX - count.saturating_add(2) {
            self.sequence = 0;
        }
        let start = self.sequence + 1;
        let name = |at: u32| operation(index(at.saturating_sub(1)));
        let mut datagram = mark(NFNL_MSG_BATCH_BEGIN).finish(self.next_sequence(), 0);
        let mut left = requests.len();
        for request in requests {
            if request.is_too_long() {
                return Err(Error::os(operation(0), rustix::io::Errno::MSGSIZE));
            }
            left -= 1;
            // Older kernels acknowledge neither mark, so it is the last request's that is waited for.
            datagram.extend(request.finish(self.next_sequence(), if left == 0 { NLM_F_ACK } else { 0 }));
        }
        datagram.extend(mark(NFNL_MSG_BATCH_END).finish(self.next_sequence(), 0));
        self.transport.send(&datagram).map_err(|errno| Error::os(name(0), errno))?;
        self.transacted(start, count, datagram.len() + ACKNOWLEDGEMENT, &name)
    }

    fn transacted(&mut self, start: u32, count: u32, most: usize, operation: &dyn Fn(u32) -> String) -> Result<()> {
        let port = self.transport.port();
        let mut done = Ok(());
        loop {
            let received = self.transport.receive_at_most(&mut self.buffer, most);
            received.map_err(|errno| Error::os(operation(0), errno))?;
            if self.buffer.is_empty() {
                return Err(malformed(&|| operation(0)));
            }
            for message in Messages::new(&self.buffer) {
                let message = message.map_err(|_| malformed(&|| operation(0)))?;
                let at = message.header.sequence.wrapping_sub(start);
                let ours = at <= count && answers(&message.header, message.header.sequence, port);
                if !ours || message.header.kind != NLMSG_ERROR {
                    continue;
                }
                let name = || operation(at);
                let answer = Acknowledgement::of_error(&message).map_err(|_| malformed(&name))?;
                done = done.and_then(|()| refused(&answer, &name));
                // An error of the beginning is one of the whole, and may be all there is.
                if at == count || (at == 0 && done.is_err()) {
                    return done;
                }
            }
        }
    }
}

/// One of the two marks: `struct nfgenmsg`, its last field in network byte order.
fn mark(kind: u16) -> Request {
    let [high, low] = NFNL_SUBSYS_NFTABLES.to_be_bytes();
    Request::new(kind, 0, &[NFPROTO_UNSPEC, 0, high, low])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::fake::{FakeKernel, acknowledge};

    fn requests() -> Vec<Request> {
        [1, 2, 3].map(|kind| Request::new(0xa00 | kind, 0, &[1, 0, 0, 0])).into()
    }

    fn named(at: usize) -> String {
        format!("step {at}")
    }

    /// A kernel that refuses messages of some kinds, and acknowledges where it is asked to.
    fn kernel(refused: &'static [u16]) -> Connection<impl Transport> {
        Connection::new(FakeKernel::new(move |message| {
            let errno = if refused.contains(&message.header.kind) { libc::EINVAL } else { 0 };
            let asked = message.header.flags & NLM_F_ACK != 0;
            if errno != 0 || asked { vec![Ok(acknowledge(message, errno, None))] } else { Vec::new() }
        }))
    }

    #[test]
    fn done_when_the_last_is_acknowledged() {
        assert!(kernel(&[]).transaction(requests(), named).is_ok());
        assert!(kernel(&[]).transaction(Vec::new(), named).is_ok());
    }

    #[test]
    fn the_first_refusal_is_told() {
        for (refused, expected) in [
            (&[0xa01][..], "step 0: Invalid argument"),
            (&[0xa02, 0xa03], "step 1: Invalid argument"),
            (&[0xa03], "step 2: Invalid argument"),
            (&[NFNL_MSG_BATCH_BEGIN], "step 0: Invalid argument"),
        ] {
            let mut connection = kernel(refused);
            assert_eq!(connection.transaction(requests(), named).unwrap_err().to_string(), expected);
            // What was left unread does not spoil the next.
            assert!(connection.transaction(requests(), named).is_err());
        }
    }

    #[test]
    fn a_kernel_that_says_nothing_is_no_success() {
        let mut silent = Connection::new(FakeKernel::new(|_| Vec::new()));
        assert!(silent.transaction(requests(), named).is_err());
    }
}
