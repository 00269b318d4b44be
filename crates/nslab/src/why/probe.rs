//! Whether there is an answer, asked for real.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::gather::Machine;
use super::walk::{Goal, TCP};
use crate::error::Result;
use crate::probe::matrix::{self, Outcome, Settings, Sockets, Source};
use crate::types::strerror;

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What was done: `ping`, or `TCP connection`.
    pub how: &'static str,
    /// How long the answer took; none where there was none.
    pub answered: Option<Duration>,
    /// Why there was none, as far as anybody said.
    pub reason: Option<String>,
}

/// Asks: a connection to a port of TCP, and ICMP echo for all else. It waits no longer than `deadline`.
///
/// # Errors
/// Where the namespace cannot be entered or has no sockets.
pub fn probe(machine: &Machine, goal: &Goal, deadline: Duration) -> Result<Probe> {
    let namespace = machine.namespace(goal.from)?;
    if let Some((TCP, port)) = goal.service {
        let target = SocketAddr::new(goal.to, port);
        let start = Instant::now();
        let connected = namespace.enter(|| TcpStream::connect_timeout(&target, deadline))?;
        let (answered, reason) = match connected {
            Ok(_) => (Some(start.elapsed()), None),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => (None, None),
            Err(error) => (
                None,
                Some(error.raw_os_error().map_or_else(|| error.to_string(), |errno| strerror(errno).into_owned())),
            ),
        };
        return Ok(Probe { how: "TCP connection", answered, reason });
    }
    let sockets = namespace.enter(Sockets::open)??;
    let source = Source { sockets, targets: vec![goal.to] };
    let settings = Settings { deadline, ..Settings::default() };
    let outcome = matrix::run(&[source], &settings)?.into_iter().flatten().next();
    let (answered, reason) = match outcome {
        Some(Outcome::Reached { round_trip, .. }) => (Some(round_trip), None),
        Some(Outcome::NotReached(matrix::Reason::NoAnswer)) | None => (None, None),
        Some(Outcome::NotReached(reason)) => (None, Some(reason.to_string())),
    };
    Ok(Probe { how: "ping", answered, reason })
}
