//! Why somebody is not reached, in words.

use std::fmt;
use std::net::IpAddr;

use crate::probe::Family;
use crate::probe::packet;
use crate::types::strerror;

/// Why a target is not reached, as far as anybody said.
///
/// The text is for people:
///
/// ```
/// use nslab::probe::matrix::Reason;
/// assert_eq!(Reason::Send { errno: 101 }.to_string(), "cannot send: Network is unreachable");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing came back at all.
    NoAnswer,
    /// The machine does not have the address family.
    NoFamily,
    /// The target has no address that could be asked.
    NoAddress,
    /// The source's own kernel refuses to send: no route (`ENETUNREACH`), a route that forbids it
    /// (`EACCES`, `EHOSTUNREACH`, `EINVAL`), an interface that is down.
    Send {
        /// What sendto(2) said (errno(3)).
        errno: i32,
    },
    /// The source's own kernel says that it cannot be reached: a connection to it fails (connect(2)).
    Failed {
        /// The error number (errno(3)).
        errno: i32,
    },
    /// ICMP said so. From one of the source's own addresses it is its own kernel speaking, for instance
    /// after ARP went unanswered.
    Notice {
        /// Who said so.
        from: IpAddr,
        /// ICMP or ICMPv6 type, depending on the family of `from`.
        kind: u8,
        /// Its code.
        code: u8,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoAnswer => f.write_str("no answer"),
            Self::NoFamily => f.write_str("this machine lacks the address family"),
            Self::NoAddress => f.write_str("it has no address"),
            Self::Send { errno } => write!(f, "cannot send: {}", strerror(errno)),
            Self::Failed { errno } => f.write_str(&strerror(errno)),
            Self::Notice { from, kind, code } => {
                let known = packet::words(Family::of(from), kind, code);
                match known {
                    Some(words) => write!(f, "{words}, says {from}"),
                    None => write!(f, "ICMP type {kind} code {code} from {from}"),
                }
            }
        }
    }
}

impl Reason {
    /// The same without who said so.
    #[must_use]
    pub fn what(&self) -> String {
        let text = self.to_string();
        match (self, text.split_once(", says ")) {
            (Self::Notice { .. }, Some((what, _))) => what.into(),
            _ => text,
        }
    }
}
