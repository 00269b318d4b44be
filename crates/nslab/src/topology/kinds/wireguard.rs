//! `wireguard`: an encrypted tunnel over UDP (wg(8)). Its settings are not told to the kernel with the link, but by a
//! protocol of their own (`linux/wireguard.h`), so they are no options of the table.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Facts;
use crate::types::{Key, Prefix};

pub(super) static FACTS: Facts = Facts {
    name: "wireguard",
    config: "CONFIG_WIREGUARD",
    module: "wireguard",
    link: None,
    has_ports: false,
    has_mac: false,
    options: &[],
    defaults: &[],
};

/// The port of the first tunnel of a node where the file says none.
pub const WIREGUARD_PORT: u16 = 51820;

/// The settings of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wireguard {
    /// Its own key, a secret.
    pub private_key: Key,
    /// The UDP port that it listens on; where there is none, the kernel chooses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_port: Option<u16>,
    /// Those that it speaks with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Peer>,
}

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// By what it is known.
    pub key: PeerKey,
    /// Where packets for it are sent: an address and a UDP port. Without, where it was last heard from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<(IpAddr, u16)>,
    /// The networks that are its, and no other peer's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_ips: Vec<Prefix>,
    /// A secret that both ends have beside their keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preshared_key: Option<Key>,
    /// After how many seconds without a packet an empty one is sent: 1 to 65535.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<u16>,
}

/// A peer's public key, or the private one that it belongs to, where the lab has both ends: the kernel knows how the
/// one follows from the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerKey {
    /// The public key.
    Public(Key),
    /// The private key of the other end.
    Private(Key),
}

/// In the words of `wg`, without secrets.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("peer")?;
        if let PeerKey::Public(key) = &self.key {
            write!(f, " {key}")?;
        }
        match self.endpoint {
            Some((IpAddr::V4(address), port)) => write!(f, " endpoint {address}:{port}")?,
            Some((IpAddr::V6(address), port)) => write!(f, " endpoint [{address}]:{port}")?,
            None => {}
        }
        let all: Vec<String> = self.allowed_ips.iter().map(ToString::to_string).collect();
        if !all.is_empty() {
            write!(f, " allowed-ips {}", all.join(","))?;
        }
        self.keepalive.map_or(Ok(()), |seconds| write!(f, " persistent-keepalive {seconds}"))
    }
}
