//! The settings of WireGuard interfaces, by generic netlink (`linux/wireguard.h`).

use std::net::IpAddr;

use crate::error::{Error, ErrorKind, Result};
use crate::netlink::{Connection, Transport};
use crate::types::{Key, Prefix};
use crate::wire::consts::wireguard::{
    CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_SIZE, CTRL_CMD_GETFAMILY, GENL_ID_CTRL, WG_CMD_GET_DEVICE,
    WG_CMD_SET_DEVICE, WG_GENL_VERSION, WGALLOWEDIP_A_CIDR_MASK, WGALLOWEDIP_A_FAMILY, WGALLOWEDIP_A_IPADDR,
    WGDEVICE_A_FLAGS, WGDEVICE_A_IFINDEX, WGDEVICE_A_LISTEN_PORT, WGDEVICE_A_PEERS, WGDEVICE_A_PRIVATE_KEY,
    WGDEVICE_A_PUBLIC_KEY, WGDEVICE_F_REPLACE_PEERS, WGDEVICE_SIZE, WGPEER_A_ALLOWEDIPS, WGPEER_A_ENDPOINT,
    WGPEER_A_FLAGS, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, WGPEER_A_PRESHARED_KEY, WGPEER_A_PUBLIC_KEY,
    WGPEER_F_REPLACE_ALLOWEDIPS,
};
use crate::wire::consts::{AF_INET, AF_INET6, NLA_F_NESTED};
use crate::wire::{Malformed, Request, Table};

/// What an interface is to be; its peers are these and no others.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a> {
    /// Its private key.
    pub private_key: &'a Key,
    /// The UDP port that it listens on; the kernel's choice where there is none.
    pub listen_port: Option<u16>,
    /// Its peers.
    pub peers: &'a [PeerConfig<'a>],
}

/// A peer.
#[derive(Debug, Clone, Copy)]
pub struct PeerConfig<'a> {
    /// Its public key.
    pub public_key: Key,
    /// Where its packets go.
    pub endpoint: Option<(IpAddr, u16)>,
    /// The networks that are its.
    pub allowed_ips: &'a [Prefix],
    /// A secret beside the keys.
    pub preshared_key: Option<&'a Key>,
    /// Seconds between empty packets that keep a way open.
    pub keepalive: Option<u16>,
}

/// The family's number, which the kernel gives it when it is loaded.
///
/// # Errors
/// [`ErrorKind::NotFound`] where the kernel has no WireGuard.
pub fn family<T: Transport>(connection: &mut Connection<T>) -> Result<u16> {
    let mut request = Request::new(GENL_ID_CTRL, 0, &header(CTRL_CMD_GETFAMILY));
    request.string(CTRL_ATTR_FAMILY_NAME, b"wireguard");
    connection.get(
        request,
        || "looking for WireGuard".into(),
        |message| {
            let table: Table<'_, CTRL_ATTR_SIZE> = attributes(message.body)?;
            let id = table.get(CTRL_ATTR_FAMILY_ID).and_then(|id| id.u16());
            id.ok_or_else(|| Error::new(ErrorKind::Reply, "a family of generic netlink without a number"))
        },
    )
}

/// The request that makes an interface what it is to be.
#[must_use]
pub fn set(family: u16, index: u32, config: &Config<'_>) -> Request {
    let mut request = Request::new(family, 0, &header(WG_CMD_SET_DEVICE));
    request.u32(WGDEVICE_A_IFINDEX, index).attribute(WGDEVICE_A_PRIVATE_KEY, config.private_key.bytes());
    request.u32(WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
    if let Some(port) = config.listen_port {
        request.u16(WGDEVICE_A_LISTEN_PORT, port);
    }
    request.nest(WGDEVICE_A_PEERS | NLA_F_NESTED, |list| {
        for config in config.peers {
            list.nest(NLA_F_NESTED, |to| peer(to, config));
        }
    });
    request
}

fn peer(to: &mut Request, peer: &PeerConfig<'_>) {
    to.attribute(WGPEER_A_PUBLIC_KEY, peer.public_key.bytes()).u32(WGPEER_A_FLAGS, WGPEER_F_REPLACE_ALLOWEDIPS);
    if let Some(key) = peer.preshared_key {
        to.attribute(WGPEER_A_PRESHARED_KEY, key.bytes());
    }
    if let Some((address, port)) = peer.endpoint {
        to.attribute(WGPEER_A_ENDPOINT, &socket_address(address, port));
    }
    if let Some(seconds) = peer.keepalive {
        to.u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, seconds);
    }
    to.nest(WGPEER_A_ALLOWEDIPS | NLA_F_NESTED, |list| {
        for prefix in peer.allowed_ips {
            list.nest(NLA_F_NESTED, |to| {
                to.u16(WGALLOWEDIP_A_FAMILY, u16::from(if prefix.is_ipv6() { AF_INET6 } else { AF_INET }));
                match prefix.network().address() {
                    IpAddr::V4(address) => to.attribute(WGALLOWEDIP_A_IPADDR, &address.octets()),
                    IpAddr::V6(address) => to.attribute(WGALLOWEDIP_A_IPADDR, &address.octets()),
                };
                to.u8(WGALLOWEDIP_A_CIDR_MASK, prefix.len());
            });
        }
    });
}

/// `struct sockaddr_in` or `struct sockaddr_in6`.
fn socket_address(address: IpAddr, port: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(28);
    match address {
        IpAddr::V4(address) => {
            bytes.extend(u16::from(AF_INET).to_ne_bytes());
            bytes.extend(port.to_be_bytes());
            bytes.extend(address.octets());
            bytes.extend([0; 8]);
        }
        IpAddr::V6(address) => {
            bytes.extend(u16::from(AF_INET6).to_ne_bytes());
            bytes.extend(port.to_be_bytes());
            bytes.extend([0; 4]);
            bytes.extend(address.octets());
            bytes.extend([0; 4]);
        }
    }
    bytes
}

/// The public key of an interface, which the kernel derives from the private one.
///
/// # Errors
/// [`ErrorKind::Permission`] without CAP_NET_ADMIN; what else the kernel answers.
pub fn public_key<T: Transport>(connection: &mut Connection<T>, family: u16, index: u32) -> Result<Key> {
    let mut request = Request::new(family, 0, &header(WG_CMD_GET_DEVICE));
    request.u32(WGDEVICE_A_IFINDEX, index);
    let mut found = None;
    connection.dump_each(
        request,
        || "asking for a WireGuard key".into(),
        |message| {
            let table: Table<'_, WGDEVICE_SIZE> = attributes(message.body)?;
            let key = table.get(WGDEVICE_A_PUBLIC_KEY).and_then(|key| key.payload.try_into().ok()).map(Key::new);
            found = key.or(found);
            Ok(())
        },
    )?;
    found.ok_or_else(|| Error::new(ErrorKind::Reply, "a WireGuard interface without a key"))
}

/// `struct genlmsghdr`.
fn header(command: u8) -> [u8; 4] {
    [command, WG_GENL_VERSION, 0, 0]
}

fn attributes<const N: usize>(body: &[u8]) -> Result<Table<'_, N>> {
    let read = body.get(4..).ok_or(Malformed).and_then(Table::parse);
    read.map_err(|error| super::malformed("a message of WireGuard", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::fake::{FakeKernel, acknowledge, done, message};
    use crate::wire::Attributes;

    #[test]
    fn settings_stand_in_their_attributes() {
        let allowed: [Prefix; 2] = ["10.0.0.7/24".parse().unwrap(), "::/0".parse().unwrap()];
        let (own, other, shared) = (Key::new([1; 32]), Key::new([2; 32]), Key::new([3; 32]));
        let peers = [PeerConfig {
            public_key: other,
            endpoint: Some(("192.0.2.1".parse().unwrap(), 51820)),
            allowed_ips: &allowed,
            preshared_key: Some(&shared),
            keepalive: Some(25),
        }];
        let config = Config { private_key: &own, listen_port: Some(4000), peers: &peers };
        let bytes = set(30, 7, &config).finish(1, 0);
        assert_eq!(bytes[4..6], 30_u16.to_ne_bytes());
        assert_eq!(bytes[16..20], [WG_CMD_SET_DEVICE, 1, 0, 0]);
        let device: Table<'_, WGDEVICE_SIZE> = Table::parse(&bytes[20..]).unwrap();
        assert_eq!(device.get(WGDEVICE_A_IFINDEX).unwrap().u32(), Some(7));
        assert_eq!(device.get(WGDEVICE_A_PRIVATE_KEY).unwrap().payload, [1; 32]);
        assert_eq!(device.get(WGDEVICE_A_LISTEN_PORT).unwrap().u16(), Some(4000));
        let list: Vec<_> = device.get(WGDEVICE_A_PEERS).unwrap().nested().flatten().collect();
        let peer: Table<'_, 10> = Table::parse(list[0].payload).unwrap();
        assert_eq!((list.len(), peer.get(WGPEER_A_PUBLIC_KEY).unwrap().payload), (1, &[2_u8; 32][..]));
        assert_eq!(peer.get(WGPEER_A_PRESHARED_KEY).unwrap().payload, [3; 32]);
        let endpoint = peer.get(WGPEER_A_ENDPOINT).unwrap().payload;
        assert_eq!((endpoint.len(), &endpoint[2..8]), (16, &[0xca, 0x6c, 192, 0, 2, 1][..]));
        let allowed: Vec<Vec<_>> = Attributes::new(peer.get(WGPEER_A_ALLOWEDIPS).unwrap().payload)
            .flatten()
            .map(|one| one.nested().flatten().map(|it| it.payload.to_vec()).collect())
            .collect();
        assert_eq!(allowed[0], [vec![2, 0], vec![10, 0, 0, 0], vec![24]]);
        assert_eq!(allowed[1], [vec![10, 0], vec![0; 16], vec![0]]);
        assert_eq!(socket_address("2001:db8::1".parse().unwrap(), 1).len(), 28);
    }

    #[test]
    fn what_the_kernel_tells_is_read() {
        let mut kernel = Connection::new(FakeKernel::new(|request| {
            let mut body = Request::attributes_alone();
            match request.header.kind {
                GENL_ID_CTRL => body.u16(CTRL_ATTR_FAMILY_ID, 33),
                _ => body.attribute(WGDEVICE_A_PUBLIC_KEY, &[9; 32]),
            };
            let body = [vec![0; 4], body.into_attributes()].concat();
            let told = message(request.header.kind, 0, request.header.sequence, &body);
            vec![Ok(told), Ok(done(request.header.sequence, 0))]
        }));
        assert_eq!(family(&mut kernel).unwrap(), 33);
        assert_eq!(public_key(&mut kernel, 33, 2).unwrap(), Key::new([9; 32]));
        let mut without =
            Connection::new(FakeKernel::new(|request| vec![Ok(acknowledge(request, libc::ENOENT, None))]));
        assert_eq!(family(&mut without).unwrap_err().kind(), ErrorKind::NotFound);
        let mut silent = Connection::new(FakeKernel::new(|request| vec![Ok(done(request.header.sequence, 0))]));
        assert_eq!(public_key(&mut silent, 33, 2).unwrap_err().kind(), ErrorKind::Reply);
    }
}
