//! A port that something listens on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::quote;
use crate::error::{Error, Result};

/// What carries the data to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Connections (tcp(7)).
    Tcp,
    /// Datagrams (udp(7)).
    Udp,
}

/// A port of TCP or UDP, from 1 to 65,535. As text TCP is what goes without saying.
///
/// ```
/// use nslab::types::{Protocol, Service};
/// let dns: Service = "53/udp".parse().unwrap();
/// assert_eq!((dns.port, dns.protocol, dns.to_string()), (53, Protocol::Udp, "53/udp".into()));
/// assert_eq!("80/tcp".parse::<Service>().unwrap().to_string(), "80");
/// assert_eq!(
///     "0".parse::<Service>().unwrap_err().to_string(),
///     "\"0\" is no port: a port is a number from 1 to 65535"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Service {
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

impl FromStr for Service {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return Err(Error::invalid(format!("{} is no protocol with ports: tcp or udp", quote(protocol)))),
        };
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(port) if digits && port > 0 => Ok(Self { port, protocol }),
            _ => Err(Error::invalid(format!("{} is no port: a port is a number from 1 to 65535", quote(number)))),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Tcp => write!(f, "{}", self.port),
            Protocol::Udp => write!(f, "{}/udp", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_strictly_and_read_back() {
        for text in ["1", "80", "65535", "53/udp", "1/udp"] {
            assert_eq!(text.parse::<Service>().unwrap().to_string(), text);
        }
        for bad in ["", "0", "65536", "+80", "-1", "http", "80/", "80/sctp", "80/TCP", "/udp", "8 0", "80/udp/x"] {
            assert!(bad.parse::<Service>().is_err(), "{bad:?}");
        }
    }
}
