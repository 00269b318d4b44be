//! A fake kernel: one function that answers requests, so that tests can say anything a kernel could.

use std::collections::VecDeque;

use rustix::io::Errno;

use super::Transport;
use crate::wire::consts::{NLMSG_DONE, NLMSG_ERROR};
use crate::wire::{Message, Messages};

/// What the function answers to a request: datagrams, or errors of the receiving call, in order.
pub type Answers = Vec<Result<Vec<u8>, Errno>>;

/// A kernel that is one function from a request to its answers. Its function is called once for each
/// message in a datagram.
pub struct FakeKernel<F> {
    answer: F,
    pending: VecDeque<Result<Vec<u8>, Errno>>,
    port: u32,
}

impl<F> std::fmt::Debug for FakeKernel<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeKernel").field("pending", &self.pending).finish_non_exhaustive()
    }
}

impl<F: FnMut(&Message<'_>) -> Answers> FakeKernel<F> {
    /// A kernel that answers with `answer`.
    pub fn new(answer: F) -> Self {
        Self { answer, pending: VecDeque::new(), port: 0 }
    }

    /// The same for a connection that has a port.
    #[must_use]
    pub fn with_port(self, port: u32) -> Self {
        Self { port, ..self }
    }
}

impl<F: FnMut(&Message<'_>) -> Answers> Transport for FakeKernel<F> {
    fn send(&mut self, datagram: &[u8]) -> Result<(), Errno> {
        for message in Messages::new(datagram) {
            let message = message.map_err(|_| Errno::INVAL)?;
            self.pending.extend((self.answer)(&message));
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        // A real socket would wait for ever; a test must end.
        let datagram = self.pending.pop_front().unwrap_or(Err(Errno::AGAIN))?;
        buffer.clear();
        buffer.extend(datagram);
        Ok(())
    }

    fn port(&self) -> u32 {
        self.port
    }
}

/// A message as the kernel sends it.
#[must_use]
pub fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    bytes.extend(len.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The acknowledgement of a request: errno 0 for success, with the kernel's words where given.
#[must_use]
pub fn acknowledge(request: &Message<'_>, errno: i32, text: Option<&str>) -> Vec<u8> {
    let header = request.header;
    let mut body = Vec::from(errno.wrapping_neg().to_ne_bytes());
    body.extend(header.len.to_ne_bytes());
    body.extend(header.kind.to_ne_bytes());
    body.extend(header.flags.to_ne_bytes());
    body.extend(header.sequence.to_ne_bytes());
    body.extend(header.port.to_ne_bytes());
    if errno != 0 {
        body.extend(request.body);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    if let Some(text) = text {
        let len = u16::try_from(5 + text.len()).unwrap_or(u16::MAX);
        body.extend(len.to_ne_bytes());
        body.extend(1_u16.to_ne_bytes());
        body.extend(text.as_bytes());
        body.push(0);
    }
    message(NLMSG_ERROR, 0x200, header.sequence, &body)
}

/// The end of a dump.
#[must_use]
pub fn done(sequence: u32, flags: u16) -> Vec<u8> {
    message(NLMSG_DONE, flags, sequence, &0_i32.to_ne_bytes())
}
