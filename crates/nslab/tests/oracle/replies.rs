//! What the other implementation builds, we read.

use std::net::IpAddr;

use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, CacheInfo};
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, LinkMode, Prop, State};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nslab::ops::address::Address;
use nslab::ops::link::{Link, OperState};
use nslab::wire::{Message, Messages};
use proptest::option;
use proptest::prelude::*;

use crate::{config, encode, mac, name};

fn only(bytes: &[u8]) -> Message<'_> {
    let mut messages = Messages::new(bytes);
    let message = messages.next().unwrap().unwrap();
    assert_eq!(messages.next(), None);
    message
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn links(
        (index, hw_type, flags) in any::<(u32, u16, u32)>(),
        (name, qdisc, kind, alias) in (name(), option::of(name()), option::of(name()), option::of(name())),
        (mac, broadcast, permanent) in (option::of(mac()), option::of(mac()), option::of(mac())),
        [mtu, master, link, group, txqlen] in any::<[Option<u32>; 5]>(),
        (state, mode, down, netnsid) in any::<(Option<u8>, Option<u8>, Option<u8>, Option<i32>)>(),
        altnames in prop::collection::vec(name(), 0..4),
    ) {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.link_layer_type = hw_type.into();
        // It knows some of the types only.
        let hw_type = u16::from(message.header.link_layer_type);
        message.header.flags = LinkFlags::from_bits_retain(flags);
        let kind_info = kind.as_deref().map(|kind| vec![LinkInfo::Kind(InfoKind::Other(kind.into()))]);
        let props = altnames.iter().map(|name| Prop::AltIfName(name.clone())).collect::<Vec<_>>();
        message.attributes = [
            Some(LinkAttribute::IfName(name.clone())),
            qdisc.clone().map(LinkAttribute::Qdisc),
            alias.clone().map(LinkAttribute::IfAlias),
            kind_info.map(LinkAttribute::LinkInfo),
            mac.clone().map(LinkAttribute::Address),
            broadcast.clone().map(LinkAttribute::Broadcast),
            permanent.clone().map(LinkAttribute::PermAddress),
            mtu.map(LinkAttribute::Mtu),
            master.map(LinkAttribute::Controller),
            link.map(LinkAttribute::Link),
            group.map(LinkAttribute::Group),
            txqlen.map(LinkAttribute::TxQueueLen),
            state.map(|state| LinkAttribute::OperState(State::from(state))),
            mode.map(|mode| LinkAttribute::Mode(LinkMode::from(mode))),
            down.map(LinkAttribute::ProtoDown),
            netnsid.map(LinkAttribute::LinkNetNsId),
            (!props.is_empty()).then_some(LinkAttribute::PropList(props)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let bytes = encode(RouteNetlinkMessage::NewLink(message));
        let message = only(&bytes);
        let read = Link::parse(&message).unwrap();
        prop_assert_eq!((read.index(), read.hw_type().0, read.flags(), read.family()), (index, hw_type, flags, 0));
        prop_assert_eq!(read.name(), name.as_bytes());
        let text = |read: Option<&[u8]>| read.map(|bytes| String::from_utf8(bytes.into()).unwrap());
        prop_assert_eq!([text(read.qdisc()), text(read.alias()), text(read.kind())], [qdisc, alias, kind]);
        let owned = |bytes: Option<&[u8]>| bytes.map(Vec::from);
        let macs = [owned(read.address()), owned(read.broadcast()), owned(read.permanent_address())];
        prop_assert_eq!(macs, [mac, broadcast, permanent]);
        let numbers = [read.mtu(), read.master(), read.link(), read.group(), read.txqlen()];
        prop_assert_eq!(numbers, [mtu, master, link, group, txqlen]);
        prop_assert_eq!((read.oper_state(), read.link_mode()), (state.map(OperState), mode));
        prop_assert_eq!((read.proto_down(), read.link_netnsid()), (down.is_some_and(|on| on != 0), netnsid));
        let read: Vec<&[u8]> = read.altnames().collect();
        prop_assert_eq!(read, altnames.iter().map(String::as_bytes).collect::<Vec<_>>());
    }

    #[test]
    fn addresses(
        (local, peer, length, index) in any::<(IpAddr, Option<IpAddr>, u8, u32)>(),
        (header_flags, flags, scope) in any::<(u8, Option<u32>, u8)>(),
        (label, broadcast) in (option::of(name()), option::of(any::<std::net::Ipv4Addr>())),
        (metric, protocol, lifetimes) in any::<(Option<u32>, Option<u8>, Option<(u32, u32)>)>(),
    ) {
        let length = length % if local.is_ipv6() { 129 } else { 33 };
        let peer = peer.filter(|peer| peer.is_ipv6() == local.is_ipv6());
        let broadcast = broadcast.filter(|_| local.is_ipv4());
        let mut message = AddressMessage::default();
        message.header.family = if local.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
        message.header.prefix_len = length;
        message.header.flags = AddressHeaderFlags::from_bits_retain(header_flags);
        message.header.scope = scope.into();
        message.header.index = index;
        let mut cache = CacheInfo::default();
        (cache.ifa_preferred, cache.ifa_valid) = lifetimes.unwrap_or_default();
        // IPv6 has an IFA_LOCAL only where there is a peer.
        let lone = local.is_ipv6() && peer.is_none();
        message.attributes = [
            Some(AddressAttribute::Address(peer.unwrap_or(local))),
            (!lone).then_some(AddressAttribute::Local(local)),
            label.clone().map(AddressAttribute::Label),
            broadcast.map(AddressAttribute::Broadcast),
            flags.map(|flags| AddressAttribute::Flags(AddressFlags::from_bits_retain(flags))),
            metric.map(AddressAttribute::RoutePriority),
            protocol.map(|protocol| AddressAttribute::Protocol(protocol.into())),
            lifetimes.map(|_| AddressAttribute::CacheInfo(cache)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let bytes = encode(RouteNetlinkMessage::NewAddress(message));
        let message = only(&bytes);
        let read = Address::parse(&message).unwrap();
        prop_assert_eq!(read.family(), if local.is_ipv6() { 10 } else { 2 });
        prop_assert_eq!((read.prefix_len(), read.scope(), read.index()), (length, scope, index));
        prop_assert_eq!(read.flags(), flags.unwrap_or(header_flags.into()));
        prop_assert_eq!((read.local(), read.peer()), (Some(local), peer.filter(|peer| *peer != local)));
        let prefix = read.prefix().unwrap();
        prop_assert_eq!((prefix.address(), prefix.len()), (local, length));
        prop_assert_eq!(read.label().map(Vec::from), label.map(String::into_bytes));
        prop_assert_eq!(read.broadcast(), broadcast.map(IpAddr::from));
        prop_assert_eq!((read.metric(), read.protocol(), read.lifetimes()), (metric, protocol, lifetimes));
    }
}
