//! What we build is decoded to what we meant.

use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkExtentMask, LinkFlags, LinkInfo, LinkMessage, Prop,
};
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nslab::namespace::Namespace;
use nslab::netlink::{Connection, Transport};
use nslab::ops::address::{self, AddressConfig};
use nslab::ops::link::{self, DumpFilter, Kind, LinkConfig, Netns, Select};
use nslab::ops::nsid;
use nslab::types::Prefix;
use nslab::wire::Request;
use nslab::wire::consts::{
    IFA_F_NODAD, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST, RTM_DELADDR, RTM_DELLINK, RTM_GETADDR,
    RTM_GETLINK, RTM_GETNSID, RTM_NEWADDR, RTM_NEWLINK,
};
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
    name: Option<String>,
    index: Option<u32>,
    macs: (Option<Vec<u8>>, Option<Vec<u8>>),
    numbers: (Option<u32>, Option<u32>, Option<u32>, Option<u32>),
    up: Option<bool>,
    pid: Option<u32>,
}

fn settings() -> impl Strategy<Value = Settings> {
    let number = || option::of(any::<u32>());
    (
        option::of(name()),
        option::of(1..=i32::MAX as u32),
        (option::of(mac()), option::of(mac())),
        (number(), number(), number(), number()),
        option::of(any::<bool>()),
        number(),
    )
        .prop_map(|(name, index, macs, numbers, up, pid)| Settings { name, index, macs, numbers, up, pid })
}

impl Settings {
    fn config<'a>(&'a self, kind: Option<Kind<'a>>) -> LinkConfig<'a> {
        let (mtu, txqlen, queues, master) = self.numbers;
        LinkConfig {
            name: self.name.as_deref().map(str::as_bytes),
            index: self.index,
            address: self.macs.0.as_deref(),
            broadcast: self.macs.1.as_deref(),
            mtu,
            txqlen,
            up: self.up,
            queues,
            master,
            netns: self.pid.map(Netns::Pid),
            kind,
            ..LinkConfig::default()
        }
    }

    /// The same in the other implementation's terms.
    fn expected(&self, index: u32, more: Vec<LinkAttribute>) -> LinkMessage {
        let (mtu, txqlen, queues, master) = self.numbers;
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.flags = if self.up == Some(true) { LinkFlags::Up } else { LinkFlags::empty() };
        message.header.change_mask = if self.up.is_some() { LinkFlags::Up } else { LinkFlags::empty() };
        message.attributes = [
            self.name.clone().map(LinkAttribute::IfName),
            self.macs.0.clone().map(LinkAttribute::Address),
            self.macs.1.clone().map(LinkAttribute::Broadcast),
            mtu.map(LinkAttribute::Mtu),
            txqlen.map(LinkAttribute::TxQueueLen),
            queues.map(LinkAttribute::NumTxQueues),
            queues.map(LinkAttribute::NumRxQueues),
            master.map(LinkAttribute::Controller),
            self.pid.map(LinkAttribute::NetNsPid),
        ]
        .into_iter()
        .flatten()
        .chain(more)
        .collect();
        message
    }
}

fn assert_same(got: &LinkMessage, expected: &LinkMessage) -> Result<(), TestCaseError> {
    prop_assert_eq!(&got.header, &expected.header);
    prop_assert_eq!(sorted(&got.attributes), sorted(&expected.attributes));
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
        assert_same(&got, &near.expected(near.index.unwrap_or(0), vec![LinkAttribute::LinkInfo(info)]))?;
    }

    #[test]
    fn links_that_are_changed(settings in settings(), index in 1_u32..1000) {
        let got = link_of(read(settings.config(None).change_link(index), RTM_NEWLINK, NLM_F_REQUEST));
        let moved = settings.index.map(|index| LinkAttribute::NewIfIndex(index.cast_signed()));
        assert_same(&got, &settings.expected(index, moved.into_iter().collect()))?;
    }

    #[test]
    fn addresses(
        (local, length, peer) in any::<(IpAddr, u8, Option<IpAddr>)>(),
        (index, scope, flags) in (1_u32.., any::<u8>(), prop_oneof![0_u32..0x100, any::<u32>()]),
        broadcast in option::of(any::<std::net::Ipv4Addr>()),
        delete in any::<bool>(),
    ) {
        let length = length % if local.is_ipv6() { 129 } else { 33 };
        let peer = peer.filter(|peer| peer.is_ipv6() == local.is_ipv6());
        let broadcast = broadcast.filter(|_| local.is_ipv4());
        let prefix = |address| Prefix::new(address, length).unwrap();
        let broadcast_address = broadcast.map(IpAddr::from);
        let config = AddressConfig {
            peer,
            broadcast: broadcast_address,
            scope,
            flags,
            ..AddressConfig::new(index, prefix(local))
        };
        let message = if delete {
            read(config.delete(), RTM_DELADDR, NLM_F_REQUEST)
        } else {
            read(config.add(), RTM_NEWADDR, CREATE)
        };
        let (RouteNetlinkMessage::NewAddress(got) | RouteNetlinkMessage::DelAddress(got)) = message else {
            panic!("{message:?}")
        };
        let mut expected = AddressMessage::default();
        expected.header.family = if local.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
        expected.header.prefix_len = length;
        expected.header.flags = AddressHeaderFlags::from_bits_retain(flags.to_le_bytes()[0]);
        expected.header.scope = scope.into();
        expected.header.index = index;
        prop_assert_eq!(&got.header, &expected.header);
        let attributes = [
            Some(AddressAttribute::Local(local)),
            Some(AddressAttribute::Address(peer.unwrap_or(local))),
            broadcast.map(AddressAttribute::Broadcast),
            (flags > 0xff).then(|| AddressAttribute::Flags(AddressFlags::from_bits_retain(flags))),
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
        (Select::Name(b"fifteen-bytes-x"), 0, vec![LinkAttribute::IfName("fifteen-bytes-x".into())]),
    ] {
        let got = link_of(read(select.delete(), RTM_DELLINK, NLM_F_REQUEST));
        assert_eq!((got.header.index, got.attributes), (index, attributes));
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
    let dump = |filter| link_of(asked(|c| link::dump(c, filter, |_| Ok(())), RTM_GETLINK, NLM_F_DUMP));
    assert_eq!(dump(DumpFilter::default()).attributes, [LinkAttribute::ExtMask(vec![vf])]);
    let got = dump(DumpFilter { master: Some(4), kind: Some("veth"), ..DumpFilter::default() });
    let info = LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Veth)]);
    assert_eq!(sorted(got.attributes), sorted([LinkAttribute::ExtMask(vec![vf]), LinkAttribute::Controller(4), info]));

    let get = |which| link_of(asked(|c| link::get(c, which, |_| Ok(())), RTM_GETLINK, NLM_F_ACK));
    let mask = LinkAttribute::ExtMask(vec![vf, LinkExtentMask::SkipStats]);
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
    let message = asked(|c| nsid::get(c, &namespace), RTM_GETNSID, NLM_F_ACK);
    let RouteNetlinkMessage::GetNsId(NsidMessage { attributes, .. }) = message else { panic!("{message:?}") };
    assert_eq!(attributes, [NsidAttribute::Fd(namespace.as_fd().as_raw_fd().cast_unsigned())]);
}
