//! Requests and their answers.
//!
//! Contract: when a method returns, every answer to its request has been read, or the connection has
//! moved on to a sequence number that no late answer carries; so one failed request never spoils the next.

mod transaction;

use rustix::io::Errno;

use super::socket::{KernelSocket, Transport};
use crate::error::{Error, ErrorKind, Result};
use crate::wire::consts::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_ECHO, NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN,
};
use crate::wire::{Acknowledgement, Header, Message, Messages, Request};

/// A dump that others changed while it ran is asked for again this often.
const DUMP_TRIES: usize = 20;

/// The default receive buffer holds some 256 acknowledgements, so one is asked for on every message of
/// a batch only up to this many at a time.
const BATCH: u32 = 128;

/// Nor does a batch go on past this many bytes: the send buffer holds some 200 kB, and each refusal
/// carries its request back.
const BATCH_BYTES: usize = 32 * 1024;

/// More than the words of an acknowledgement ever take.
const ACKNOWLEDGEMENT: usize = 1024;

/// What the kernel is to answer to a request; an error it answers always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Acknowledgement,
    Message,
    MessageAndAcknowledgement,
}

/// What became of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dumped {
    /// Something changed while the kernel was at it: what was seen may be inconsistent.
    pub interrupted: bool,
}

/// A connection to the routing tables, links and addresses of one network namespace, or to its packet filter.
#[derive(Debug)]
pub struct Connection<T = KernelSocket> {
    transport: T,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Connection<KernelSocket> {
    /// Connects to the namespace of the calling thread.
    ///
    /// # Errors
    /// See [`KernelSocket::open`].
    pub fn open() -> Result<Self> {
        Ok(Self::new(KernelSocket::open()?))
    }

    /// Connects to the packet filter of the calling thread's namespace.
    ///
    /// # Errors
    /// See [`KernelSocket::netfilter`].
    pub fn netfilter() -> Result<Self> {
        Ok(Self::new(KernelSocket::netfilter()?))
    }

    /// Connects to generic netlink in the calling thread's namespace.
    ///
    /// # Errors
    /// See [`KernelSocket::generic`].
    pub fn generic() -> Result<Self> {
        Ok(Self::new(KernelSocket::generic()?))
    }

    /// Connects to a namespace.
    ///
    /// # Errors
    /// Where it cannot be entered; see [`Namespace::enter`](crate::namespace::Namespace::enter).
    pub fn open_in(namespace: &crate::namespace::Namespace) -> Result<Self> {
        namespace.enter(Self::open)?
    }
}

impl<T> Connection<T> {
    /// What the connection speaks through.
    pub fn transport(&self) -> &T {
        &self.transport
    }
}

impl<T: Transport> Connection<T> {
    /// Speaks through a transport.
    pub fn new(transport: T) -> Self {
        Self { transport, sequence: 0, buffer: Vec::new() }
    }

    /// Sends a request and waits until the kernel has done it. `operation` says what it is for, and is
    /// called only for an error's message.
    ///
    /// # Errors
    /// What the kernel answers, with its extended acknowledgement.
    pub fn request(&mut self, request: Request, operation: impl Fn() -> String) -> Result<()> {
        self.exchange(request, Answer::Acknowledgement, &operation, &mut |_| Ok(()))
    }

    /// Sends a request that is answered by one message, and hands that to `take`.
    ///
    /// # Errors
    /// What the kernel answers, or what `take` returns.
    pub fn get<R>(
        &mut self,
        request: Request,
        operation: impl Fn() -> String,
        take: impl FnMut(&Message<'_>) -> Result<R>,
    ) -> Result<R> {
        self.one(request, Answer::Message, operation, take)
    }

    /// Sends a request for a change, waits until the kernel has done it, and hands what it tells of it
    /// (`NLM_F_ECHO`) to `take`.
    ///
    /// # Errors
    /// What the kernel answers, or what `take` returns.
    pub fn echo<R>(
        &mut self,
        request: Request,
        operation: impl Fn() -> String,
        take: impl FnMut(&Message<'_>) -> Result<R>,
    ) -> Result<R> {
        self.one(request.with_flags(NLM_F_ECHO), Answer::MessageAndAcknowledgement, operation, take)
    }

    fn one<R>(
        &mut self,
        request: Request,
        answer: Answer,
        operation: impl Fn() -> String,
        mut take: impl FnMut(&Message<'_>) -> Result<R>,
    ) -> Result<R> {
        let mut found = None;
        self.exchange(request, answer, &operation, &mut |message| {
            found = Some(take(message)?);
            Ok(())
        })?;
        found.ok_or_else(|| Error::new(ErrorKind::Reply, format!("{}: the kernel sent no answer", operation())))
    }

    fn exchange(
        &mut self,
        request: Request,
        answer: Answer,
        operation: &dyn Fn() -> String,
        take: &mut dyn FnMut(&Message<'_>) -> Result<()>,
    ) -> Result<()> {
        let most = request.len() + ACKNOWLEDGEMENT;
        let flags = if answer == Answer::Message { 0 } else { NLM_F_ACK };
        let (sequence, port) = self.send(request, flags, operation)?;
        let mut taken = Ok(());
        loop {
            if answer == Answer::Acknowledgement {
                // It carries at most the request, and words.
                self.transport
                    .receive_at_most(&mut self.buffer, most)
                    .map_err(|errno| Error::os(operation(), errno))?;
            } else {
                self.receive(operation)?;
            }
            for message in Messages::new(&self.buffer) {
                let message = message.map_err(|_| malformed(operation))?;
                if !answers(&message.header, sequence, port) {
                    continue;
                }
                match message.header.kind {
                    NLMSG_NOOP => {}
                    NLMSG_ERROR => {
                        refused(&Acknowledgement::of_error(&message).map_err(|_| malformed(operation))?, operation)?;
                        return taken;
                    }
                    NLMSG_DONE => {
                        refused(&Acknowledgement::of_done(&message), operation)?;
                        return taken;
                    }
                    NLMSG_OVERRUN => return Err(Error::os(operation(), Errno::NOBUFS)),
                    _ => {
                        taken = taken.and_then(|()| take(&message));
                        if answer == Answer::Message {
                            return taken;
                        }
                    }
                }
            }
        }
    }

    /// Asks for a dump and hands each message to `take` as it comes. The first error of `take` is
    /// returned once the dump has been read to its end.
    ///
    /// # Errors
    /// What the kernel answers, or what `take` returns.
    pub fn dump_each(
        &mut self,
        request: Request,
        operation: impl Fn() -> String,
        mut take: impl FnMut(&Message<'_>) -> Result<()>,
    ) -> Result<Dumped> {
        let operation = &operation;
        let (sequence, port) = self.send(request, NLM_F_DUMP, operation)?;
        let (mut interrupted, mut taken) = (false, Ok(()));
        loop {
            self.receive(operation)?;
            for message in Messages::new(&self.buffer) {
                let message = message.map_err(|_| malformed(operation))?;
                if !answers(&message.header, sequence, port) {
                    continue;
                }
                interrupted |= message.header.flags & NLM_F_DUMP_INTR != 0;
                let end = match message.header.kind {
                    NLMSG_NOOP => continue,
                    NLMSG_OVERRUN => return Err(Error::os(operation(), Errno::NOBUFS)),
                    NLMSG_ERROR => Acknowledgement::of_error(&message).map_err(|_| malformed(operation))?,
                    NLMSG_DONE => Acknowledgement::of_done(&message),
                    _ => {
                        if taken.is_ok() {
                            taken = take(&message);
                        }
                        continue;
                    }
                };
                refused(&end, operation)?;
                return taken.map(|()| Dumped { interrupted });
            }
        }
    }

    /// Asks for a dump, again where it was interrupted, and returns the bytes of all its messages, to be
    /// read with [`Messages`].
    ///
    /// # Errors
    /// What the kernel answers; [`ErrorKind::Busy`] where the tables never stood still.
    pub fn dump(&mut self, request: &Request, operation: impl Fn() -> String) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        let mut lost = None;
        for _ in 0..DUMP_TRIES {
            all.clear();
            let dumped = self.dump_each(request.clone(), &operation, |message| {
                message.append_to(&mut all);
                Ok(())
            });
            match dumped {
                Ok(Dumped { interrupted: false }) => return Ok(all),
                Ok(_) => lost = None,
                Err(error) if matches!(error.errno(), Some(libc::ENOBUFS | libc::EBUSY)) => lost = Some(error),
                Err(error) => return Err(error),
            }
        }
        let never = || {
            Error::new(ErrorKind::Busy, format!("{}: it changed each of {DUMP_TRIES} times it was read", operation()))
        };
        Err(lost.unwrap_or_else(never))
    }

    /// Sends many requests, and waits until the kernel has done them all. They are done in order, and
    /// those after a refused one are tried too. `operation` names the request at an index.
    ///
    /// # Errors
    /// The refusal of the first refused request, and its index.
    pub fn batch(
        &mut self,
        requests: impl IntoIterator<Item = Request>,
        operation: impl Fn(usize) -> String,
    ) -> Result<(), (usize, Error)> {
        let mut requests = requests.into_iter().peekable();
        let (mut done, mut first) = (0, None);
        let mut datagram = Vec::new();
        while let Some(next) = requests.peek() {
            if next.is_too_long() {
                first = first.or_else(|| Some((done, Error::os(operation(done), Errno::MSGSIZE))));
                requests.next();
                done += 1;
                continue;
            }
            datagram.clear();
            // The numbers of one batch follow one another.
            if self.sequence > u32::MAX - BATCH {
                self.sequence = 0;
            }
            let start = self.sequence + 1;
            let mut count = 0;
            let mut last = false;
            while !last && let Some(request) = requests.next() {
                count += 1;
                let full = count == BATCH || datagram.len() + request.len() > BATCH_BYTES;
                last = full || requests.peek().is_none_or(Request::is_too_long);
                datagram.extend(request.finish(self.next_sequence(), if last { NLM_F_ACK } else { 0 }));
            }
            let name = |at: u32| operation(done + index(at));
            let answered = self.send_batch(&datagram, start, count, &name);
            if let Err((at, error)) = answered
                && first.is_none()
            {
                first = Some((done + index(at), error));
            }
            done += index(count);
        }
        first.map_or(Ok(()), Err)
    }

    /// One datagram of requests whose last asks for an acknowledgement; an error comes unasked.
    fn send_batch(
        &mut self,
        datagram: &[u8],
        start: u32,
        count: u32,
        operation: &dyn Fn(u32) -> String,
    ) -> Result<(), (u32, Error)> {
        let port = self.transport.port();
        // Each answer carries at most its request, and words.
        let most = datagram.len() + ACKNOWLEDGEMENT;
        let whole = || operation(0);
        self.transport.send(datagram).map_err(|errno| (0, Error::os(whole(), errno)))?;
        let mut first = None;
        loop {
            let received = self.transport.receive_at_most(&mut self.buffer, most);
            received.map_err(|errno| (0, Error::os(whole(), errno)))?;
            if self.buffer.is_empty() {
                return Err((0, malformed(&whole)));
            }
            for message in Messages::new(&self.buffer) {
                let message = message.map_err(|_| (0, malformed(&whole)))?;
                let at = message.header.sequence.wrapping_sub(start);
                let ours = at < count && answers(&message.header, message.header.sequence, port);
                if !ours || message.header.kind != NLMSG_ERROR {
                    continue;
                }
                let name = || operation(at);
                let answer = Acknowledgement::of_error(&message).map_err(|_| (at, malformed(&name)))?;
                if let Err(error) = refused(&answer, &name)
                    && first.is_none()
                {
                    first = Some((at, error));
                }
                if at + 1 == count {
                    return first.map_or(Ok(()), Err);
                }
            }
        }
    }

    /// Sends one request, and gives the number and the port that its answers will carry.
    fn send(&mut self, request: Request, flags: u16, operation: &dyn Fn() -> String) -> Result<(u32, u32)> {
        if request.is_too_long() {
            return Err(Error::os(operation(), Errno::MSGSIZE));
        }
        let sequence = self.next_sequence();
        let bytes = request.finish(sequence, flags);
        self.transport.send(&bytes).map_err(|errno| Error::os(operation(), errno))?;
        Ok((sequence, self.transport.port()))
    }

    fn receive(&mut self, operation: &dyn Fn() -> String) -> Result<()> {
        self.transport.receive(&mut self.buffer).map_err(|errno| Error::os(operation(), errno))?;
        // The kernel sends no empty datagrams; one that was cut down to nothing must not be waited past.
        if self.buffer.is_empty() { Err(malformed(operation)) } else { Ok(()) }
    }

    fn next_sequence(&mut self) -> u32 {
        // 0 is what the kernel's own notifications carry.
        self.sequence = self.sequence.checked_add(1).unwrap_or(1);
        self.sequence
    }
}

/// Whether a message answers a request. Notifications of what others do carry the numbers of their
/// requests, but not our port.
fn answers(header: &Header, sequence: u32, port: u32) -> bool {
    header.sequence == sequence && (port == 0 || header.port == port)
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn refused(answer: &Acknowledgement<'_>, operation: &dyn Fn() -> String) -> Result<()> {
    if answer.errno == 0 {
        return Ok(());
    }
    let text = answer.text.map(|text| String::from_utf8_lossy(text).into_owned());
    Err(Error::kernel(operation(), answer.errno, text).with_offset(answer.offset))
}

fn malformed(operation: &dyn Fn() -> String) -> Error {
    Error::new(ErrorKind::Reply, format!("{}: the kernel's answer is malformed", operation()))
}

#[cfg(test)]
mod tests;
