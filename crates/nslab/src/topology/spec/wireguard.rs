//! The keys of an interface of the kind `wireguard` (wg(8)).

use std::net::IpAddr;

use super::draft::{At, word};
use super::keys::{Table, key};
use super::problems::Problems;
use super::schema::Schema;
use super::tree::{Tree, Value};
use crate::topology::kinds::{OptionValue, Peer, PeerKey, Takes, Wireguard};
use crate::types::{Key, MacAddr, Prefix, quote};

/// What the file says of one.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftWireguard {
    pub(super) private_key: Option<Key>,
    pub(super) listen_port: Option<u16>,
    pub(super) peers: Vec<Peer>,
}

impl DraftWireguard {
    /// None where there is no key, which has been reported.
    pub(super) fn made(self) -> Option<Wireguard> {
        let Self { private_key, listen_port, peers } = self;
        Some(Wireguard { private_key: private_key?, listen_port, peers })
    }
}

/// Its keys.
pub(super) const KEYS: [&str; 3] = ["private-key", "listen-port", "peers"];

pub(super) fn read(name: &str, tree: &Tree<'_>, into: &mut DraftWireguard, problems: &mut Problems<'_>) {
    match name {
        "private-key" => into.private_key = secret(tree, "`private-key`", problems),
        "listen-port" => into.listen_port = port(tree, problems),
        _ => {
            let mut one = |tree: &Tree<'_>, problems: &mut Problems<'_>| into.peers.extend(peer(tree, problems));
            match &tree.value {
                Value::Null => {}
                Value::List(list) => list.iter().for_each(|tree| one(tree, problems)),
                _ => one(tree, problems),
            }
        }
    }
}

/// A key is not shown in a message.
fn secret(tree: &Tree<'_>, what: &str, problems: &mut Problems<'_>) -> Option<Key> {
    let key: Option<At<Key>> = tree.text(what, problems).and_then(|text| word(text, &tree.span, problems));
    key.map(|key| key.value)
}

fn port(tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<u16> {
    let text = tree.text("`listen-port`", problems)?;
    let port = text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|b| b.is_ascii_digit()));
    if port.is_none() {
        problems.add(tree.span.clone(), format!("`listen-port` is {}", quote(text)), "it is a number, 1 to 65535");
    }
    port
}

#[derive(Default)]
struct DraftPeer {
    public_key: Option<Key>,
    endpoint: Option<(IpAddr, u16)>,
    allowed_ips: Vec<Prefix>,
    preshared_key: Option<Key>,
    keepalive: Option<u16>,
}

/// What a peer is in the file.
pub(super) const PEER_SCHEMA: &Schema = &Schema::Keys("peer", &PEER, &[&["public-key"]]);

static PEER: Table<DraftPeer> = Table {
    place: "a peer",
    keys: &[
        key("public-key", public_key, &Schema::Text, "its public key, in base64"),
        key("endpoint", endpoint, &Schema::Text, "where its packets go: an address and a UDP port"),
        key("allowed-ips", allowed_ips, &Schema::OneOrMore(&Schema::Text), "the networks that are its"),
        key("preshared-key", preshared_key, &Schema::Text, "a secret that both ends have beside their keys"),
        key("keepalive", keepalive, &Schema::Form("[0-9]+s"), "how long without a packet until an empty one is sent"),
    ],
    later: &[],
};

fn public_key(tree: &Tree<'_>, peer: &mut DraftPeer, problems: &mut Problems<'_>) {
    peer.public_key = secret(tree, "`public-key`", problems);
}

fn preshared_key(tree: &Tree<'_>, peer: &mut DraftPeer, problems: &mut Problems<'_>) {
    peer.preshared_key = secret(tree, "`preshared-key`", problems);
}

fn peer(tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<Peer> {
    let mut peer = DraftPeer::default();
    let before = problems.count();
    PEER.read(tree, &mut peer, problems);
    let DraftPeer { public_key, endpoint, allowed_ips, preshared_key, keepalive } = peer;
    if public_key.is_none() && problems.count() == before {
        problems.add(tree.span.clone(), "a peer has no `public-key`", "a key that it must have: `public-key: …`");
    }
    Some(Peer { key: PeerKey::Public(public_key?), endpoint, allowed_ips, preshared_key, keepalive })
}

fn endpoint(tree: &Tree<'_>, peer: &mut DraftPeer, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`endpoint`", problems) else { return };
    peer.endpoint = place(text);
    if peer.endpoint.is_none() {
        let help = "write it as `192.0.2.1:51820` or `\"[2001:db8::1]:51820\"`";
        problems.add(tree.span.clone(), format!("`endpoint` is {}", quote(text)), help);
    }
}

/// An address and a port; an IPv6 address in brackets.
fn place(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let in_brackets = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match in_brackets {
        Some(address) => IpAddr::V6(address.parse().ok()?),
        None => IpAddr::V4(address.parse().ok()?),
    };
    Some((address, port))
}

fn allowed_ips(tree: &Tree<'_>, peer: &mut DraftPeer, problems: &mut Problems<'_>) {
    let mut one = |tree: &Tree<'_>, problems: &mut Problems<'_>| {
        let text = tree.text("a network", problems);
        let network: Option<At<Prefix>> = text.and_then(|text| word(text, &tree.span, problems));
        peer.allowed_ips.extend(network.map(|network| network.value.network()));
    };
    match &tree.value {
        Value::List(list) => list.iter().for_each(|tree| one(tree, problems)),
        _ => one(tree, problems),
    }
}

fn keepalive(tree: &Tree<'_>, peer: &mut DraftPeer, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`keepalive`", problems) else { return };
    let takes = Takes::Time(1000, 65_535_000, 1000);
    match OptionValue::read_as(takes, text) {
        Ok(OptionValue::Time(time)) => peer.keepalive = u16::try_from(time / 1000).ok(),
        Ok(_) => {}
        Err(help) => problems.add(tree.span.clone(), format!("`keepalive` is {}", quote(text)), help),
    }
}

/// The private key of an end of a link, made of the names of lab, node and interface: the same each time, and no secret.
pub(super) fn derived(words: [&str; 3]) -> Key {
    let [lab, node, ifname] = words;
    let mut bytes = Vec::with_capacity(32);
    for at in 0..8 {
        let [.., a, b, c, d] = MacAddr::derived(&[lab, node, ifname, "wireguard", &at.to_string()]).octets();
        bytes.extend([a, b, c, d]);
    }
    Key::new(bytes.try_into().unwrap_or([1; 32]))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::topology::kinds::LinkKind;
    use crate::topology::plan::Plan;
    use crate::topology::spec::parse;

    const OWN: &str = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    const OTHER: &str = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=";

    fn plan(text: &str) -> Result<Plan, String> {
        parse(text, Path::new("x.yaml")).map(|lab| Plan::new(&lab)).map_err(|error| error.to_string())
    }

    #[test]
    fn an_interface_has_keys_and_peers_and_the_plan_shows_no_secret() {
        let text = format!(
            "nodes: {{ a: {{ interfaces: {{ wg0: {{ kind: wireguard, private-key: \"{OWN}\", listen-port: 4000, addresses: 10.0.0.1/24,
               peers: [ {{ public-key: \"{OTHER}\", endpoint: 192.0.2.2:51820, allowed-ips: [ 10.0.0.2/32, \"2001:db8::/64\" ],
                          preshared-key: \"{OWN}\", keepalive: 25s }} ] }} }} }} }}"
        );
        let plan = plan(&text).unwrap();
        let settings = plan.devices[0].wireguard.as_ref().unwrap();
        assert_eq!((settings.private_key.to_string().as_str(), settings.listen_port), (OWN, Some(4000)));
        let peer = &settings.peers[0];
        assert_eq!((&peer.key, peer.keepalive), (&PeerKey::Public(OTHER.parse().unwrap()), Some(25)));
        let shown = plan.to_string();
        assert!(shown.contains(&format!("a:wg0 peer {OTHER} endpoint 192.0.2.2:51820 allowed-ips 10.0.0.2/32,2001:db8::/64 persistent-keepalive 25\n")), "{shown}");
        assert!(!shown.contains(OWN) && !format!("{plan:?}").contains(OWN));
        let read: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        assert_eq!(read, plan);
    }

    #[test]
    fn a_link_has_keys_that_are_each_others() {
        let text = "links: [ a 192.0.2.1/24 -- b 192.0.2.2/24, { kind: wireguard, a: { node: a, addresses: [ 10.0.0.1/24 ] }, b: { node: b } },
                             { kind: wireguard, a: { node: a }, b: { node: b }, port: 7 }, { kind: wireguard, a: { node: a }, b: { node: b } } ]";
        let plan = plan(text).unwrap();
        assert_eq!((plan.devices.len(), plan.counts().2), (6, 4));
        assert!(plan.devices.iter().all(|device| device.kind == LinkKind::Wireguard));
        let settings: Vec<&Wireguard> = plan.devices.iter().map(|device| device.wireguard.as_ref().unwrap()).collect();
        for pair in settings.chunks(2) {
            let [a, b] = pair else { panic!() };
            assert_ne!(a.private_key, b.private_key);
            assert_eq!(
                (&a.peers[0].key, &b.peers[0].key),
                (&PeerKey::Private(b.private_key), &PeerKey::Private(a.private_key))
            );
            assert_eq!(a.peers[0].endpoint, Some(("192.0.2.2".parse().unwrap(), b.listen_port.unwrap())));
        }
        let ports: Vec<_> = settings.iter().map(|it| it.listen_port.unwrap()).collect();
        assert_eq!(ports, [51820, 51820, 7, 7, 51821, 51821]);
        assert_eq!(plan.devices[4].ifname.as_str(), "wireguard2");
    }

    #[test]
    fn what_is_wrong_is_told_without_secrets() {
        let interface =
            |rest: &str| format!("nodes: {{ a: {{ interfaces: {{ w: {{ kind: wireguard, {rest} }} }} }} }}");
        for (text, expected) in [
            (interface("listen-port: 5"), "a wireguard has no `private-key`"),
            (interface(&format!("private-key: \"{}\"", &OWN[1..])), "this is no key"),
            (interface(&format!("private-key: \"{OWN}\", listen-port: 0")), "`listen-port` is \"0\""),
            (
                interface(&format!("private-key: \"{OWN}\", peers: {{ endpoint: 192.0.2.1:5 }}")),
                "a peer has no `public-key`",
            ),
            (
                interface(&format!(
                    "private-key: \"{OWN}\", peers: {{ public-key: \"{OTHER}\", endpoint: 192.0.2.1 }}"
                )),
                "`endpoint` is \"192.0.2.1\"",
            ),
            (
                interface(&format!("private-key: \"{OWN}\", peers: {{ public-key: \"{OTHER}\", keepalive: 100ms }}")),
                "`keepalive` is \"100ms\"",
            ),
            (interface(&format!("private-key: \"{OWN}\", ports: eth0")), "a wireguard has no key \"ports\""),
            (
                "links: [ a 10.0.0.1/24 -- b 10.0.0.2/24, { kind: wireguard, id: 7, a: { node: a }, b: { node: b } } ]"
                    .into(),
                "`id` of a wireguard",
            ),
            (
                "links: [ { kind: wireguard, a: { node: a }, b: { node: b } } ]".into(),
                "nothing that this tunnel can go over",
            ),
        ] {
            let told = plan(&text).unwrap_err();
            assert!(told.contains(expected) && !told.contains(&OWN[1..40]), "{text}: {told}");
        }
    }
}
