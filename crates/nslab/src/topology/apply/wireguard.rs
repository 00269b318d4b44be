//! WireGuard interfaces get their keys and their peers.

use super::bad_plan;
use crate::error::Result;
use crate::namespace::{Namespace, enter};
use crate::netlink::Connection;
use crate::ops::link::{self, Kind, LinkConfig, Select};
use crate::ops::wireguard::{self, Config, PeerConfig};
use crate::topology::kinds::{LinkKind, PeerKey, Wireguard};
use crate::types::Key;

/// Makes an interface that is there what it is to be.
///
/// # Errors
/// What the kernel refuses; `what` says what it was asked for.
pub(super) fn configure(namespace: &Namespace, index: u32, settings: &Wireguard, what: &str) -> Result<()> {
    let keys: Vec<Key> = settings.peers.iter().map(|peer| public(&peer.key)).collect::<Result<_>>()?;
    let peers = settings.peers.iter().zip(keys).map(|(peer, public_key)| PeerConfig {
        public_key,
        endpoint: peer.endpoint,
        allowed_ips: &peer.allowed_ips,
        preshared_key: peer.preshared_key.as_ref(),
        keepalive: peer.keepalive,
    });
    let peers: Vec<PeerConfig<'_>> = peers.collect();
    let config = Config { private_key: &settings.private_key, listen_port: settings.listen_port, peers: &peers };
    let mut connection = namespace.enter(Connection::generic)??;
    let family = wireguard::family(&mut connection)?;
    connection.request(wireguard::set(family, index, &config), || what.to_owned())
}

/// The public key of a peer. Where the lab has its private one, the kernel derives it, in a namespace that is gone
/// when this returns.
fn public(key: &PeerKey) -> Result<Key> {
    let private = match key {
        PeerKey::Public(key) => return Ok(*key),
        PeerKey::Private(key) => key,
    };
    enter::on_own_thread(|| {
        enter::into_new()?;
        let (name, kind) = (b"x".as_slice(), LinkKind::Wireguard.kernel_name());
        let config = LinkConfig { name: Some(name), kind: Some(Kind::Plain(kind)), ..LinkConfig::default() };
        let mut connection = Connection::open()?;
        connection.request(config.create(), || "deriving a WireGuard key".into())?;
        let index = link::get(&mut connection, Select::Name(name), |link| Ok(link.index()))?;
        let mut generic = Connection::generic()?;
        let family = wireguard::family(&mut generic)?;
        let config = Config { private_key: private, listen_port: None, peers: &[] };
        generic.request(wireguard::set(family, index, &config), || "deriving a WireGuard key".into())?;
        wireguard::public_key(&mut generic, family, index)
    })
}

/// The settings of a device of the plan that is one.
pub(super) fn settings(device: &crate::topology::plan::Device) -> Result<Option<&Wireguard>> {
    match (device.kind, &device.wireguard) {
        (LinkKind::Wireguard, None) => Err(bad_plan()),
        (_, settings) => Ok(settings.as_ref()),
    }
}
