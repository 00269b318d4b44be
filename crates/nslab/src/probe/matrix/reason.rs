//! Why somebody is not reached, in words.

use std::fmt;
use std::net::IpAddr;

use crate::probe::Family;
use crate::probe::packet::{v4, v6};
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
                let known = match Family::of(from) {
                    Family::V4 => words_v4(kind, code),
                    Family::V6 => words_v6(kind, code),
                };
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

fn words_v4(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (v4::UNREACHABLE, 0 | 6) => "network unreachable",
        (v4::UNREACHABLE, 1 | 7) => "host unreachable",
        (v4::UNREACHABLE, 2) => "protocol unreachable",
        (v4::UNREACHABLE, 3) => "port unreachable",
        (v4::UNREACHABLE, 4) => "packet too big",
        (v4::UNREACHABLE, 9 | 10 | 13) => "administratively prohibited",
        (v4::TIME_EXCEEDED, 0) => "time to live exceeded (a routing loop?)",
        _ => return None,
    })
}

fn words_v6(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (v6::UNREACHABLE, 0) => "no route",
        (v6::UNREACHABLE, 1 | 5) => "administratively prohibited",
        (v6::UNREACHABLE, 3) => "address unreachable",
        (v6::UNREACHABLE, 4) => "port unreachable",
        (v6::UNREACHABLE, 6) => "rejected by a route",
        (v6::TOO_BIG, _) => "packet too big",
        (v6::TIME_EXCEEDED, 0) => "hop limit exceeded (a routing loop?)",
        _ => return None,
    })
}
