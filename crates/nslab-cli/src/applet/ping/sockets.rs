//! The sockets, one for each family, opened before the destination is looked at: whoever may not have them is
//! told so first.

use std::os::fd::{AsFd, AsRawFd};

use nslab::Error;
use nslab::probe::{Family, ProbeSocket};
use nslab::types::strerror;

use super::arguments::Arguments;
use super::{Fail, complain};

/// The longest data that fits behind the headers of ICMP and IPv4.
const MOST_V4: usize = 65_507;
/// The longest data that fits behind the header of ICMPv6.
const MOST_V6: usize = 65_527;

/// Of each family that is asked for, the socket; where there is none, whether it was tried.
pub(super) struct Sockets {
    pub(super) v4: Option<ProbeSocket>,
    pub(super) v6: Option<ProbeSocket>,
    tried: [bool; 2],
}

impl Sockets {
    pub(super) fn open(arguments: &Arguments) -> Result<Self, Fail> {
        if arguments.verbose && arguments.identifier == Some(0) {
            complain("WARNING: ident 0 => forcing raw socket");
        }
        let tried = [arguments.family != Some(Family::V6), arguments.family != Some(Family::V4)];
        let [try_v4, try_v6] = tried;
        let open = |family, needed| match ProbeSocket::open(family) {
            Ok(socket) => Ok(Some(socket)),
            Err(error) if needed => Err(refused(&error, true)),
            Err(error) => {
                if arguments.verbose {
                    let Fail(_, message) = refused(&error, false);
                    complain(&message);
                }
                Ok(None)
            }
        };
        let v4 = if try_v4 { open(Family::V4, !try_v6)? } else { None };
        let v6 = if try_v6 { open(Family::V6, v4.is_none())? } else { None };
        Ok(Self { v4, v6, tried })
    }

    /// The family that is left where the machine has only one.
    pub(super) fn family(&self, arguments: &Arguments) -> Option<Family> {
        match (&self.v4, &self.v6) {
            _ if arguments.family.is_some() => arguments.family,
            (Some(_), Some(_)) => None,
            (Some(_), None) => Some(Family::V4),
            (None, _) => Some(Family::V6),
        }
    }

    /// What `-v` tells of them.
    pub(super) fn told(&self, family: Option<Family>) -> String {
        let [v4, v6] = self.tried.map(|tried| if tried { "SOCK_RAW" } else { "0" });
        let number = |socket: &Option<ProbeSocket>| socket.as_ref().map_or(-1, |socket| socket.as_fd().as_raw_fd());
        format!(
            "sock4.fd: {} (socktype: {v4}), sock6.fd: {} (socktype: {v6}), hints.ai_family: {}\n",
            number(&self.v4),
            number(&self.v6),
            family_name(family)
        )
    }
}

/// As the C headers call it.
pub(super) fn family_name(family: Option<Family>) -> &'static str {
    match family {
        None => "AF_UNSPEC",
        Some(Family::V4) => "AF_INET",
        Some(Family::V6) => "AF_INET6",
    }
}

fn refused(error: &Error, needed: bool) -> Fail {
    complain("socktype: SOCK_RAW");
    let why = error.errno().map_or_else(|| error.to_string(), |errno| strerror(errno).into());
    let advice = "\nping: => missing cap_net_raw+p capability or setuid?";
    let advice = if needed && !rustix::process::geteuid().is_root() { advice } else { "" };
    Fail::new(format!("socket: {why}{advice}"))
}

/// The data must fit a packet: of the family that is asked for, or that an address is of, else of any.
pub(super) fn allow_size(arguments: &Arguments, family: Option<Family>) -> Result<(), Fail> {
    let written = arguments.destination.to_str().and_then(|text| text.parse().ok()).map(Family::of);
    let most = if written.or(family) == Some(Family::V4) { MOST_V4 } else { MOST_V6 };
    if arguments.size > most {
        let size = arguments.size;
        return Err(Fail(1, format!("invalid -s value: '{size}': out of range: 0 <= value <= {most}")));
    }
    Ok(())
}
