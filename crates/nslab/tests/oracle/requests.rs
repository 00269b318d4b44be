//! What we build is decoded to what we meant.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};

use netlink_packet_core::Parseable;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, CacheInfo};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkExtentMask, LinkFlags, LinkInfo,
    LinkMessage, LinkProtocolDownReason, Prop,
};
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nslab::namespace::Namespace;
use nslab::netlink::{Connection, Transport};
use nslab::ops::address::{self, AddressConfig};
use nslab::ops::link::{self, Detail, DumpFilter, Kind, LinkConfig, Netns, OperState, Select};
use nslab::ops::nsid;
use nslab::types::Prefix;
use nslab::wire::consts::{
    IFA_F_NODAD, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, RTM_DELADDR,
    RTM_DELLINK, RTM_DELLINKPROP, RTM_GETADDR, RTM_GETLINK, RTM_GETNSID, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWLINKPROP,
};
use nslab::wire::{Messages, Request};
use proptest::option;
use proptest::prelude::*;
use rustix::io::Errno;

use crate::{config, decode, mac, name, sorted};

const CREATE: u16 = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;

/// Decodes a request, and looks at its header.
fn read(request: Request, kind: u16, flags: u16) -> RouteNetlinkMessage {
    let bytes = request.finish(77, 0);
    let (header, message) = decode(&bytes);
    assert_eq!((header.message_type, header.flags, header.sequence_number, header.port_number), (kind, flags, 77, 0));
    assert_eq!(usize::try_from(header.length).unwrap(), bytes.len());
    message
}

fn link_of(message: RouteNetlinkMessage) -> LinkMessage {
    match message {
        RouteNetlinkMessage::NewLink(link)
        | RouteNetlinkMessage::GetLink(link)
        | RouteNetlinkMessage::DelLink(link) => link,
        other => panic!("{other:?}"),
    }
}

/// The settings of a link, owning what they point to.
#[derive(Debug, Clone)]
struct Settings {
    texts: [Option<String>; 3],
    macs: [Option<Vec<u8>>; 2],
    index: Option<u32>,
    numbers: [Option<u32>; 15],
    bytes: [Option<u8>; 3],
    switches: [Option<bool>; 3],
    flags: (u32, u32),
    reason: Option<(u32, u32)>,
}

fn settings() -> impl Strategy<Value = Settings> {
    (
        [option::of(name()), option::of(name()), option::of(name())],
        [option::of(mac()), option::of(mac())],
        option::of(1..=i32::MAX as u32),
        any::<[Option<u32>; 15]>(),
        any::<[Option<u8>; 3]>(),
        any::<[Option<bool>; 3]>(),
        // Without IFF_UP, which has a field of its own.
        (any::<u32>(), any::<u32>()).prop_map(|(flags, change)| (flags & !1, change & !1)),
        any::<Option<(u32, u32)>>(),
    )
        .prop_map(|(texts, macs, index, numbers, bytes, switches, flags, reason)| Settings {
            texts,
            macs,
            index,
            numbers,
            bytes,
            switches,
            flags,
            reason,
        })
}

impl Settings {
    fn config<'a>(&'a self, kind: Option<Kind<'a>>) -> LinkConfig<'a> {
        let [name, alias, parent_dev] = self.texts.each_ref().map(|text| text.as_deref().map(str::as_bytes));
        let [mtu, txqlen, queues, tx_queues, rx_queues, master, pid, link, link_netnsid, group, ..] = self.numbers;
        let [.., gso_max_size, gso_max_segs, gro_max_size, gso_ipv4_max_size, gro_ipv4_max_size] = self.numbers;
        let ([link_mode, state, addr_gen_mode], [up, carrier, proto_down]) = (self.bytes, self.switches);
        LinkConfig {
            name,
            index: self.index,
            address: self.macs[0].as_deref(),
            broadcast: self.macs[1].as_deref(),
            mtu,
            txqlen,
            up,
            flags: self.flags.0,
            change: self.flags.1,
            queues,
            tx_queues,
            rx_queues,
            master,
            netns: pid.map(Netns::Pid),
            link,
            link_netnsid,
            alias,
            group,
            link_mode,
            oper_state: state.map(OperState),
            carrier,
            proto_down,
            proto_down_reason: self.reason,
            addr_gen_mode,
            promote_secondaries: None,
            gso_max_size,
            gso_max_segs,
            gro_max_size,
            gso_ipv4_max_size,
            gro_ipv4_max_size,
            parent_dev,
            kind,
        }
    }

    /// The same in the other implementation's terms.
    fn expected(&self, index: u32, more: Vec<LinkAttribute>) -> LinkMessage {
        let [name, alias, parent] = self.texts.clone();
        let [address, broadcast] = self.macs.clone();
        let [mtu, txqlen, queues, tx_queues, rx_queues, master, pid, link, netnsid, group, ..] = self.numbers;
        let [.., gso, segs, gro, gso4, gro4] = self.numbers;
        let ([mode, state, generation], [up, carrier, down]) = (self.bytes, self.switches);
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.flags = LinkFlags::from_bits_retain(self.flags.0 | u32::from(up == Some(true)));
        message.header.change_mask = LinkFlags::from_bits_retain(self.flags.1 | u32::from(up.is_some()));
        let reason = |(mask, value)| vec![LinkProtocolDownReason::Mask(mask), LinkProtocolDownReason::Value(value)];
        let family = |mode: u8| vec![AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(mode.into())])];
        message.attributes = [
            name.map(LinkAttribute::IfName),
            alias.map(LinkAttribute::IfAlias),
            parent.map(LinkAttribute::ParentDevName),
            address.map(LinkAttribute::Address),
            broadcast.map(LinkAttribute::Broadcast),
            mtu.map(LinkAttribute::Mtu),
            txqlen.map(LinkAttribute::TxQueueLen),
            tx_queues.or(queues).map(LinkAttribute::NumTxQueues),
            rx_queues.or(queues).map(LinkAttribute::NumRxQueues),
            master.map(LinkAttribute::Controller),
            pid.map(LinkAttribute::NetNsPid),
            link.map(LinkAttribute::Link),
            netnsid.map(|id| LinkAttribute::LinkNetNsId(id.cast_signed())),
            group.map(LinkAttribute::Group),
            gso.map(LinkAttribute::GsoMaxSize),
            segs.map(LinkAttribute::GsoMaxSegs),
            gro.map(LinkAttribute::GroMaxSize),
            gso4.map(LinkAttribute::GsoIpv4MaxSize),
            gro4.map(LinkAttribute::GroIpv4MaxSize),
            mode.map(|mode| LinkAttribute::Mode(mode.into())),
            state.map(|state| LinkAttribute::OperState(state.into())),
            carrier.map(|on| LinkAttribute::Carrier(on.into())),
            down.map(|on| LinkAttribute::ProtoDown(on.into())),
            self.reason.map(|both| LinkAttribute::ProtoDownReason(reason(both))),
            generation.map(|mode| LinkAttribute::AfSpecUnspec(family(mode))),
        ]
        .into_iter()
        .flatten()
        .chain(more)
        .collect();
        message
    }
}

/// Puts attributes into an order of their own, those of a peer too.
fn order(message: &mut LinkMessage) {
    for attribute in &mut message.attributes {
        let LinkAttribute::LinkInfo(info) = attribute else { continue };
        for info in info {
            if let LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))) = info {
                order(peer);
            }
        }
    }
    message.attributes.sort_by_cached_key(|attribute| format!("{attribute:?}"));
}

fn assert_same(mut got: LinkMessage, mut expected: LinkMessage) -> Result<(), TestCaseError> {
    order(&mut got);
    order(&mut expected);
    prop_assert_eq!(got, expected);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn links_that_are_made(near in settings(), far in settings(), veth in any::<bool>()) {
        let (kind, info) = if veth {
            let peer = far.expected(far.index.unwrap_or(0), vec![]);
            let data = LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer)));
            (Kind::Veth { peer: Box::new(far.config(None)) }, vec![LinkInfo::Kind(InfoKind::Veth), data])
        } else {
            (Kind::Plain("bridge"), vec![LinkInfo::Kind(InfoKind::Bridge)])
        };
        let got = link_of(read(near.config(Some(kind)).create(), RTM_NEWLINK, CREATE));
        assert_same(got, near.expected(near.index.unwrap_or(0), vec![LinkAttribute::LinkInfo(info)]))?;
    }

    #[test]
    fn links_that_are_changed(settings in settings(), index in 1_u32..1000) {
        let config = settings.config(None);
        let got = link_of(read(config.change_link(index), RTM_NEWLINK, NLM_F_REQUEST));
        let moved = settings.index.map(|index| LinkAttribute::NewIfIndex(index.cast_signed()));
        assert_same(got, settings.expected(index, moved.into_iter().collect()))?;
    }

    #[test]
    fn addresses(
        (local, length, peer, any_prefix) in any::<(IpAddr, u8, Option<IpAddr>, bool)>(),
        (index, scope, flags) in (1_u32.., any::<u8>(), prop_oneof![0_u32..0x100, any::<u32>()]),
        (broadcast, anycast) in any::<(Option<Ipv4Addr>, Option<Ipv6Addr>)>(),
        label in option::of(name()),
        (metric, protocol, lifetimes) in any::<(Option<u32>, Option<u8>, Option<(u32, u32)>)>(),
        verb in 0_usize..4,
    ) {
        let length = length % if local.is_ipv6() { 129 } else { 33 };
        let config = AddressConfig {
            peer,
            any_prefix,
            broadcast: broadcast.map(IpAddr::from),
            anycast: anycast.map(IpAddr::from),
            label: label.clone().map(String::into_bytes),
            metric,
            protocol,
            lifetimes,
            scope,
            flags,
            ..AddressConfig::new(index, Prefix::new(local, length).unwrap())
        };
        let message = match verb {
            0 => read(config.add(), RTM_NEWADDR, CREATE),
            1 => read(config.change(), RTM_NEWADDR, NLM_F_REQUEST | NLM_F_REPLACE),
            2 => read(config.replace(), RTM_NEWADDR, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE),
            _ => read(config.delete(), RTM_DELADDR, NLM_F_REQUEST),
        };
        let (RouteNetlinkMessage::NewAddress(got) | RouteNetlinkMessage::DelAddress(got)) = message else {
            panic!("{message:?}")
        };
        let mut expected = AddressMessage::default();
        expected.header.family = if local.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
        expected.header.prefix_len = length;
        let narrow = u8::try_from(flags).unwrap_or(0);
        expected.header.flags = AddressHeaderFlags::from_bits_retain(narrow);
        expected.header.scope = scope.into();
        expected.header.index = index;
        prop_assert_eq!(&got.header, &expected.header);
        let cache = lifetimes.map(|(preferred, valid)| {
            let mut cache = CacheInfo::default();
            (cache.ifa_preferred, cache.ifa_valid) = (preferred, valid);
            AddressAttribute::CacheInfo(cache)
        });
        let attributes = [
            Some(AddressAttribute::Local(local)),
            (!any_prefix).then(|| AddressAttribute::Address(peer.unwrap_or(local))),
            broadcast.map(AddressAttribute::Broadcast),
            anycast.map(AddressAttribute::Anycast),
            label.map(AddressAttribute::Label),
            metric.map(AddressAttribute::RoutePriority),
            protocol.map(|protocol| AddressAttribute::Protocol(protocol.into())),
            (flags > 0xff).then(|| AddressAttribute::Flags(AddressFlags::from_bits_retain(flags))),
            cache,
        ];
        prop_assert_eq!(sorted(&got.attributes), sorted(attributes.into_iter().flatten()));
    }
}

#[test]
fn links_that_are_selected() {
    let long = "a-name-of-more-than-fifteen-bytes";
    let altname = |name: &str| LinkAttribute::PropList(vec![Prop::AltIfName(name.into())]);
    for (select, index, attributes) in [
        (Select::Index(7), 7, vec![]),
        (Select::Group(7), 0, vec![LinkAttribute::Group(7)]),
        (Select::Name(b"fifteen-bytes-x"), 0, vec![LinkAttribute::IfName("fifteen-bytes-x".into())]),
    ] {
        let got = link_of(read(select.delete(), RTM_DELLINK, NLM_F_REQUEST));
        assert_eq!((got.header.index, got.attributes), (index, attributes));
    }
    let names = ["a", long];
    let list = LinkAttribute::PropList(names.iter().map(|name| Prop::AltIfName((*name).into())).collect());
    for (request, kind, flags) in [
        (Select::Index(7).add_altnames(names.map(str::as_bytes)), RTM_NEWLINKPROP, CREATE | NLM_F_APPEND),
        (Select::Index(7).delete_altnames(names.map(str::as_bytes)), RTM_DELLINKPROP, NLM_F_REQUEST),
    ] {
        // It does not know the types of these messages, but what is in them.
        let bytes = request.finish(1, 0);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        assert_eq!((message.header.kind, message.header.flags), (kind, flags));
        let got = LinkMessage::parse(message.body).unwrap();
        assert_eq!((got.header.index, &got.attributes[..]), (7, std::slice::from_ref(&list)));
    }
    // It knows other names only in lists, and this one stands by itself (IFLA_ALT_IFNAME is 53).
    let got = link_of(read(Select::Name(long.as_bytes()).delete(), RTM_DELLINK, NLM_F_REQUEST));
    assert_ne!(got.attributes, [altname(long)]);
    let LinkAttribute::Other(other) = &got.attributes[0] else { panic!("{got:?}") };
    let mut value = vec![0; netlink_packet_core::Nla::value_len(other)];
    netlink_packet_core::Nla::emit_value(other, &mut value);
    assert_eq!((netlink_packet_core::Nla::kind(other), value), (53, [long.as_bytes(), b"\0"].concat()));
}

#[test]
fn namespaces_are_given_by_descriptor() {
    let namespace = Namespace::current().unwrap();
    let fd = namespace.as_fd().as_raw_fd();
    let config = LinkConfig { netns: Some(Netns::Fd(namespace.as_fd())), ..LinkConfig::default() };
    let got = link_of(read(config.change_link(3), RTM_NEWLINK, NLM_F_REQUEST));
    assert_eq!(got.attributes, [LinkAttribute::NetNsFd(fd)]);
}

#[test]
fn default_scopes() {
    let scope = |prefix: &str| AddressConfig::new(1, prefix.parse().unwrap()).scope;
    assert_eq!([scope("192.0.2.1/24"), scope("127.0.0.2/8"), scope("::1/128"), scope("fe80::1/64")], [0, 254, 0, 0]);
    let config = AddressConfig { flags: IFA_F_NODAD, ..AddressConfig::new(1, "2001:db8::1/64".parse().unwrap()) };
    let RouteNetlinkMessage::NewAddress(got) = read(config.add(), RTM_NEWADDR, CREATE) else { panic!() };
    assert_eq!(got.header.flags, AddressHeaderFlags::Nodad);
    let nothing = AddressConfig { index: 5, family: 2, ..AddressConfig::default() };
    let RouteNetlinkMessage::NewAddress(got) = read(nothing.add(), RTM_NEWADDR, CREATE) else { panic!() };
    assert_eq!((got.header.index, got.header.family, got.attributes), (5, AddressFamily::Inet, vec![]));
}

/// Keeps what is sent, and answers nothing.
#[derive(Default)]
struct Kept(Vec<u8>);

impl Transport for Kept {
    fn send(&mut self, datagram: &[u8]) -> Result<(), Errno> {
        self.0 = datagram.into();
        Ok(())
    }

    fn receive(&mut self, _: &mut Vec<u8>) -> Result<(), Errno> {
        Err(Errno::AGAIN)
    }
}

/// What a question sends.
fn asked<R>(ask: impl FnOnce(&mut Connection<Kept>) -> nslab::Result<R>, kind: u16, flags: u16) -> RouteNetlinkMessage {
    let mut connection = Connection::new(Kept::default());
    assert!(ask(&mut connection).is_err());
    let (header, message) = decode(&connection.transport().0);
    assert_eq!((header.message_type, header.flags, header.sequence_number), (kind, flags | NLM_F_REQUEST, 1));
    message
}

#[test]
fn questions() {
    let vf = LinkExtentMask::Vf;
    let mask = LinkAttribute::ExtMask(vec![vf, LinkExtentMask::SkipStats]);
    let dump = |filter| link_of(asked(|c| link::dump(c, filter, |_| Ok(())), RTM_GETLINK, NLM_F_DUMP));
    assert_eq!(dump(DumpFilter::default()).attributes, std::slice::from_ref(&mask));
    let detail = Detail { statistics: true, no_functions: false };
    let got = dump(DumpFilter { master: Some(4), kind: Some("veth"), detail });
    let info = LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Veth)]);
    assert_eq!(sorted(got.attributes), sorted([LinkAttribute::ExtMask(vec![vf]), LinkAttribute::Controller(4), info]));

    let get = |which| link_of(asked(|c| link::get(c, which, |_| Ok(())), RTM_GETLINK, 0));
    let got = get(Select::Index(9));
    assert_eq!((got.header.index, sorted(got.attributes)), (9, sorted([mask.clone()])));
    let got = get(Select::Name(b"eth0"));
    assert_eq!((got.header.index, sorted(got.attributes)), (0, sorted([LinkAttribute::IfName("eth0".into()), mask])));

    for (family, index) in [(0, None), (2, Some(3)), (10, Some(u32::MAX))] {
        let message = asked(|c| address::dump(c, family, index, |_| Ok(())), RTM_GETADDR, NLM_F_DUMP);
        let RouteNetlinkMessage::GetAddress(got) = message else { panic!("{message:?}") };
        assert_eq!((u8::from(got.header.family), got.header.index), (family, index.unwrap_or(0)));
        // Strict checking refuses a dump request with anything else in it.
        assert_eq!((got.header.prefix_len, got.header.flags.bits(), u8::from(got.header.scope)), (0, 0, 0));
        assert!(got.attributes.is_empty());
    }

    let namespace = Namespace::current().unwrap();
    let message = asked(|c| nsid::get(c, &namespace), RTM_GETNSID, 0);
    let RouteNetlinkMessage::GetNsId(NsidMessage { attributes, .. }) = message else { panic!("{message:?}") };
    assert_eq!(attributes, [NsidAttribute::Fd(namespace.as_fd().as_raw_fd().cast_unsigned())]);
}
