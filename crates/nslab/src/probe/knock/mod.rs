//! Whether ports are open: many askers, ports and addresses, all at once.
//!
//! Contract: what is asked is asked by sockets in the askers' own namespaces, opened on a thread that ends with it;
//! else one thread, the caller's, which sleeps in poll(2) while there is nothing to do.
//!
//! A port of TCP is open if a connection comes to be; it is closed again at once, without data. A port of UDP gets a
//! datagram of one line, and is open if it answers or takes that. Silence alone would not tell that from a filter on
//! the way. But the other end is at hand: a raw socket in the target's namespace hears what comes in, behind the packet
//! filter, and the kernel there tells whether a socket is bound to the port.

mod bound;
mod call;
mod heard;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use self::bound::Bound;
use self::call::Calling;
use self::heard::Ear;
use super::matrix::Reason;
use super::run::poll_until;
use super::{Signal, Signals};
use crate::error::Result;
use crate::namespace::{Namespace, descriptors};
use crate::types::{Protocol, Service};

/// One who asks, and for which port at which address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Which of the namespaces asks, counted from 0.
    pub from: usize,
    /// Which of them has the address.
    pub to: usize,
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub service: Service,
}

/// What is behind a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knock {
    /// Somebody listens.
    Open,
    /// The machine is reached and says, or shows, that nobody does; or a packet filter says so in its name.
    Closed,
    /// The port is not reached.
    NotReached(Reason),
}

impl fmt::Display for Knock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Closed => f.write_str("refused, as where nothing listens"),
            Self::NotReached(reason) => reason.fmt(f),
        }
    }
}

/// As many sockets are open at once.
const AT_ONCE: usize = 4096;

/// Asks, and says in the order of the calls what came of each; at most `deadline` after it began. More than 4,096 calls
/// are done one part after the other, each with that deadline. `None`: a signal said to stop.
///
/// # Errors
/// Where a namespace cannot be entered; [`ErrorKind::Permission`](crate::ErrorKind::Permission) without CAP_NET_RAW in
/// the namespace that is asked for a port of UDP. A port that is not reached is no error.
pub fn run(
    namespaces: &[&Namespace],
    calls: &[Call],
    deadline: Duration,
    signals: Option<&Signals>,
) -> Result<Option<Vec<Knock>>> {
    let mut knocks = Vec::with_capacity(calls.len());
    for part in calls.chunks(AT_ONCE) {
        match Knocking::open(namespaces, part)?.run(deadline, signals)? {
            Some(told) => knocks.extend(told),
            None => return Ok(None),
        }
    }
    Ok(Some(knocks))
}

struct Knocking<'n> {
    namespaces: &'n [&'n Namespace],
    calls: Vec<Calling>,
    /// The token of the first call; each has the next.
    secret: u64,
    /// By the number of the namespace that is listened in.
    ears: BTreeMap<usize, Ear>,
}

/// What is opened in one namespace: the sockets of calls, by their numbers.
type Opened = (Vec<(usize, Calling)>, Option<Ear>);

impl<'n> Knocking<'n> {
    fn open(namespaces: &'n [&'n Namespace], calls: &[Call]) -> Result<Self> {
        // Each namespace and two ears in it are open too.
        descriptors::make_room(calls.len() + 3 * namespaces.len(), 1)?;
        let secret = super::secret();
        let mut places: BTreeMap<usize, (Vec<usize>, bool)> = BTreeMap::new();
        for (number, call) in calls.iter().enumerate() {
            places.entry(call.from).or_default().0.push(number);
            if call.service.protocol == Protocol::Udp {
                places.entry(call.to).or_default().1 = true;
            }
        }
        let places: Vec<(usize, (Vec<usize>, bool))> = places.into_iter().collect();
        let inside: Vec<&Namespace> = places.iter().filter_map(|(place, _)| namespaces.get(*place).copied()).collect();
        let opened: Vec<Opened> = Namespace::enter_each(&inside, |at| {
            let Some((_, (numbers, listens))) = places.get(at) else { return Ok(Opened::default()) };
            let mut opened = Vec::new();
            for number in numbers {
                if let Some(call) = calls.get(*number) {
                    opened.push((*number, Calling::open(*call, secret.wrapping_add(*number as u64))?));
                }
            }
            Ok((opened, if *listens { Some(Ear::open()?) } else { None }))
        })?;
        let (mut all, mut ears) = (Vec::new(), BTreeMap::new());
        for ((place, _), (opened, ear)) in places.into_iter().zip(opened) {
            all.extend(opened);
            ears.extend(ear.map(|ear| (place, ear)));
        }
        all.sort_by_key(|(number, _)| *number);
        Ok(Self { namespaces, calls: all.into_iter().map(|(_, call)| call).collect(), secret, ears })
    }

    fn run(mut self, deadline: Duration, signals: Option<&Signals>) -> Result<Option<Vec<Knock>>> {
        let end = Instant::now().checked_add(deadline);
        loop {
            let now = Instant::now();
            self.calls.iter_mut().for_each(|call| call.ask(now));
            self.listen()?;
            let open = || self.calls.iter().filter(|call| call.knock.is_none());
            if open().next().is_none() || end.is_some_and(|end| Instant::now() >= end) {
                let told = |call: &Calling| call.knock.unwrap_or(Knock::NotReached(Reason::NoAnswer));
                return Ok(Some(self.calls.iter().map(told).collect()));
            }
            let until = open().filter_map(|call| call.due).chain(end).min();
            let mut fds: Vec<PollFd<'_>> = open().filter_map(Calling::poll).collect();
            fds.extend(self.ears.values().flat_map(Ear::poll));
            fds.extend(signals.map(|signals| PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)));
            poll_until(&mut fds, until)?;
            if signals.and_then(Signals::next) == Some(Signal::Stop) {
                return Ok(None);
            }
            self.calls.iter_mut().for_each(Calling::look);
        }
    }

    /// What has come in at the other ends; of what is neither answered nor refused, whether somebody took it.
    fn listen(&mut self) -> Result<()> {
        let mut asked: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, ear) in &mut self.ears {
            for token in ear.heard()? {
                let Ok(number) = usize::try_from(token.wrapping_sub(self.secret)) else { continue };
                let call = self.calls.get_mut(number).filter(|call| call.is_for(*place));
                let Some(call) = call.filter(|call| call.knock.is_none()) else { continue };
                // What the other end had to say is there by now, if it says anything at all.
                call.look();
                if call.knock.is_none() {
                    asked.entry(*place).or_default().push(number);
                }
            }
        }
        let places: Vec<(usize, Vec<usize>)> = asked.into_iter().collect();
        let inside: Vec<&Namespace> =
            places.iter().filter_map(|(place, _)| self.namespaces.get(*place).copied()).collect();
        let bound = Namespace::enter_each(&inside, |_| Bound::read())?;
        for ((_, numbers), bound) in places.into_iter().zip(bound) {
            for number in numbers {
                if let Some(call) = self.calls.get_mut(number) {
                    let taken = bound.takes(call.address(), call.port());
                    call.knock = Some(if taken { Knock::Open } else { Knock::Closed });
                }
            }
        }
        Ok(())
    }
}
