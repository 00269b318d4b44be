//! What a real kernel sent, both read alike. How it was taken stands in the fixtures.

use std::net::IpAddr;

use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressAttribute;
use netlink_packet_route::link::{LinkAttribute, LinkInfo, Prop};
use nslab::ops::address::{Address, FOREVER};
use nslab::ops::link::{Link, OperState};
use nslab::wire::consts::{IFF_LOWER_UP, IFF_UP, NLMSG_DONE, NLMSG_ERROR, RTM_NEWADDR, RTM_NEWLINK};
use nslab::wire::{Acknowledgement, Message, Messages};

use crate::decode;

const LINKS: &str = include_str!("../fixtures/links.hex");
const ADDRESSES: &str = include_str!("../fixtures/addresses.hex");
const ERRORS: &str = include_str!("../fixtures/errors.hex");

/// The messages of a fixture by their titles: paragraphs of hexadecimal digits after a line with `#`.
fn messages(fixture: &str) -> Vec<(&str, Vec<u8>)> {
    let mut all = Vec::new();
    for paragraph in fixture.split("\n\n").skip(1) {
        let (title, digits) = paragraph.split_once('\n').unwrap();
        let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
        let bytes = digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect();
        all.push((title.strip_prefix("# ").unwrap(), bytes));
    }
    all
}

fn only(bytes: &[u8], kind: u16) -> Message<'_> {
    let message = Messages::new(bytes).next().unwrap().unwrap();
    assert_eq!((message.header.kind, message.header.sequence, message.header.port), (kind, 1, 2));
    message
}

fn text(bytes: Option<&[u8]>) -> &str {
    bytes.map_or("", |bytes| std::str::from_utf8(bytes).unwrap())
}

fn number(number: Option<impl ToString>) -> String {
    number.map_or("-".into(), |number| number.to_string())
}

fn mac(bytes: Option<&[u8]>) -> String {
    bytes.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn links_are_what_was_made() {
    let all = messages(LINKS);
    let shown: Vec<String> = all
        .iter()
        .map(|(_, bytes)| {
            let message = only(bytes, RTM_NEWLINK);
            let link = Link::parse(&message).unwrap();
            let line = format!(
                "{} {} {} {} mtu {} {} master {} {} group {} qlen {} mac {} on {} in {}",
                link.index(),
                String::from_utf8_lossy(link.name()),
                text(link.kind()),
                link.hw_type(),
                number(link.mtu()),
                text(link.qdisc()),
                number(link.master()),
                link.oper_state().unwrap(),
                number(link.group()),
                number(link.txqlen()),
                mac(link.address()),
                number(link.link()),
                number(link.link_netnsid()),
            );
            assert_eq!((link.proto_down(), link.link_mode()), (false, Some(0)));
            let up = link.oper_state() == Some(OperState::UP) || line.contains("loopback");
            assert_eq!((link.has(IFF_UP), link.has(IFF_LOWER_UP)), (up, up), "{line}");
            let names: Vec<&str> = link.altnames().map(|name| text(Some(name))).collect();
            let near = if link.index() == 2 { "the near end a-rather-long-other-name-of-v0 v0-short" } else { " " };
            assert_eq!(format!("{} {}", text(link.alias()), names.join(" ")), near);
            line
        })
        .collect();
    let expected = [
        "1 lo  loopback mtu 65536 noqueue master - UNKNOWN group 0 qlen 1000 mac 000000000000 on - in -",
        "2 v0 veth ether mtu 1400 noqueue master 3 UP group 7 qlen 100 mac 020000000001 on 2 in 0",
        "3 br0 bridge ether mtu 1400 noqueue master - UP group 0 qlen 1000 mac 020000000002 on - in -",
        "4 v\u{fffd} veth ether mtu 1500 noop master - DOWN group 0 qlen 1000 mac 020000000004 on 5 in -",
        "5 v1 veth ether mtu 1500 noop master - DOWN group 0 qlen 1000 mac 020000000003 on 4 in -",
    ];
    assert_eq!(shown, expected);
}

/// Every attribute that the other implementation knows and we have a word for.
#[test]
fn links_are_read_alike() {
    let mut compared = 0;
    for (name, bytes) in messages(LINKS) {
        let message = only(&bytes, RTM_NEWLINK);
        let link = Link::parse(&message).unwrap();
        if name == "v2" {
            // A name that is no UTF-8 is one that it cannot read.
            assert!(NetlinkMessage::<RouteNetlinkMessage>::deserialize(&bytes).is_err());
            assert_eq!(link.name(), b"v\xff");
            continue;
        }
        let (_, RouteNetlinkMessage::NewLink(other)) = decode(&bytes) else { panic!("{name}") };
        assert_eq!((link.index(), link.flags()), (other.header.index, other.header.flags.bits()));
        assert_eq!(link.hw_type().0, u16::from(other.header.link_layer_type));
        for attribute in other.attributes {
            compared += 1;
            match attribute {
                LinkAttribute::IfName(name) => assert_eq!(link.name(), name.as_bytes()),
                LinkAttribute::Mtu(mtu) => assert_eq!(link.mtu(), Some(mtu)),
                LinkAttribute::TxQueueLen(len) => assert_eq!(link.txqlen(), Some(len)),
                LinkAttribute::Group(group) => assert_eq!(link.group(), Some(group)),
                LinkAttribute::Link(index) => assert_eq!(link.link(), Some(index)),
                LinkAttribute::LinkNetNsId(id) => assert_eq!(link.link_netnsid(), Some(id)),
                LinkAttribute::Controller(index) => assert_eq!(link.master(), Some(index)),
                LinkAttribute::Qdisc(name) => assert_eq!(link.qdisc(), Some(name.as_bytes())),
                LinkAttribute::IfAlias(name) => assert_eq!(link.alias(), Some(name.as_bytes())),
                LinkAttribute::Address(mac) => assert_eq!(link.address(), Some(&mac[..])),
                LinkAttribute::Broadcast(mac) => assert_eq!(link.broadcast(), Some(&mac[..])),
                LinkAttribute::PermAddress(mac) => assert_eq!(link.permanent_address(), Some(&mac[..])),
                LinkAttribute::OperState(state) => assert_eq!(link.oper_state().map(|s| s.0), Some(state.into())),
                LinkAttribute::Mode(mode) => assert_eq!(link.link_mode(), Some(mode.into())),
                LinkAttribute::ProtoDown(on) => assert_eq!(link.proto_down(), on != 0),
                LinkAttribute::PropList(list) => {
                    let names = list.iter().map(|prop| match prop {
                        Prop::AltIfName(name) => name.as_bytes(),
                        other => panic!("{other:?}"),
                    });
                    assert!(link.altnames().eq(names));
                }
                LinkAttribute::LinkInfo(info) => {
                    let kind = info.iter().find_map(|info| match info {
                        LinkInfo::Kind(kind) => Some(kind.to_string()),
                        _ => None,
                    });
                    assert_eq!(link.kind(), kind.as_deref().map(str::as_bytes));
                }
                _ => compared -= 1,
            }
        }
    }
    assert!(compared >= 45, "{compared} attributes were compared");
}

#[test]
fn addresses_are_what_was_made() {
    for (title, bytes) in messages(ADDRESSES) {
        let message = only(&bytes, RTM_NEWADDR);
        let address = Address::parse(&message).unwrap();
        assert_eq!(address.prefix().unwrap().to_string(), title);
        let (preferred, valid) = address.lifetimes().unwrap();
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let got = (address.peer(), address.broadcast(), text(address.label()), address.scope(), address.flags());
        let expected = match title {
            "127.0.0.1/8" => (None, None, "lo", 254, 0x80),
            "192.0.2.1/24" => (None, ip("192.0.2.255"), "br0:x", 0, 0x80),
            "192.0.2.2/24" => (None, None, "br0", 0, 0x81),
            "192.0.2.9/32" => (ip("198.51.100.1"), None, "v1", 0, 0x80),
            "203.0.113.1/24" => (None, None, "v1", 0, 0),
            "203.0.113.129/25" => (None, None, "v1", 253, 0x280),
            "::1/128" => (None, None, "", 254, 0x80),
            "2001:db8::1/64" => (None, None, "", 0, 0x82),
            "2001:db8:2::1/128" => (ip("2001:db8:2::2"), None, "", 0, 0x60),
            "2001:db8:1::1/64" => (None, None, "", 0, 0x1d0),
            _ => (None, None, "", 253, 0xc0),
        };
        assert_eq!(got, expected, "{title}");
        let passing = ["203.0.113.1/24", "2001:db8:2::1/128"].contains(&title);
        assert_eq!(valid, if passing { 1000 } else { FOREVER }, "{title}");
        assert!(preferred <= valid);
        assert_eq!(address.metric(), (title == "203.0.113.1/24").then_some(100), "{title}");
        let protocol = match title {
            "203.0.113.129/25" => Some(99),
            "::1/128" => Some(1),
            _ if title.starts_with("fe80") => Some(3),
            _ => None,
        };
        assert_eq!(address.protocol(), protocol, "{title}");
    }
}

#[test]
fn addresses_are_read_alike() {
    let mut compared = 0;
    for (title, bytes) in messages(ADDRESSES) {
        let message = only(&bytes, RTM_NEWADDR);
        let address = Address::parse(&message).unwrap();
        let (_, RouteNetlinkMessage::NewAddress(other)) = decode(&bytes) else { panic!("{title}") };
        assert_eq!((address.family(), address.index()), (u8::from(other.header.family), other.header.index));
        assert_eq!((address.prefix_len(), address.scope()), (other.header.prefix_len, u8::from(other.header.scope)));
        for attribute in other.attributes {
            compared += 1;
            match attribute {
                AddressAttribute::Local(ip) => assert_eq!(address.local(), Some(ip)),
                AddressAttribute::Address(ip) => assert_eq!(address.peer().or(address.local()), Some(ip)),
                AddressAttribute::Broadcast(ip) => assert_eq!(address.broadcast(), Some(ip.into())),
                AddressAttribute::Label(label) => assert_eq!(address.label(), Some(label.as_bytes())),
                AddressAttribute::Flags(flags) => assert_eq!(address.flags(), flags.bits()),
                AddressAttribute::RoutePriority(metric) => assert_eq!(address.metric(), Some(metric)),
                AddressAttribute::Protocol(protocol) => assert_eq!(address.protocol(), Some(protocol.into())),
                AddressAttribute::CacheInfo(info) => {
                    assert_eq!(address.lifetimes(), Some((info.ifa_preferred, info.ifa_valid)));
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(compared >= 50, "{compared} attributes were compared");
}

#[test]
fn refusals() {
    let all = messages(ERRORS);
    let said: Vec<_> = all
        .iter()
        .map(|(title, bytes)| {
            let message = Messages::new(bytes).next().unwrap().unwrap();
            let answer = match message.header.kind {
                NLMSG_ERROR => Acknowledgement::of_error(&message).unwrap(),
                NLMSG_DONE => Acknowledgement::of_done(&message),
                other => panic!("{other}"),
            };
            let payload = NetlinkMessage::<RouteNetlinkMessage>::deserialize(bytes).unwrap().into_parts().1;
            let code = match payload {
                NetlinkPayload::Error(error) => error.raw_code(),
                NetlinkPayload::Done(done) => done.code,
                other => panic!("{other:?}"),
            };
            assert_eq!(answer.errno, -code, "{title}");
            (*title, answer.errno, text(answer.text), answer.offset)
        })
        .collect();
    let expected = [
        ("unknown kind", 95, "Unknown device type", None),
        ("short mtu", 34, "Attribute failed policy validation", Some(56)),
        ("success", 0, "", None),
        ("no such link", 19, "", None),
        ("bad header", 22, "ipv4: Invalid values in header for address dump request", None),
        ("failed dump", 19, "", None),
    ];
    assert_eq!(said, expected);
}

/// Cut anywhere or with any one byte changed, they are refused or read; nothing worse.
#[test]
fn damaged_messages() {
    let look = |bytes: &[u8]| {
        for message in Messages::new(bytes).flatten() {
            if let Ok(link) = Link::parse(&message) {
                let _ = (link.kind(), link.altnames().count(), link.oper_state().map(|state| state.to_string()));
                let _ = (link.hw_type().to_string(), link.mtu(), link.link_netnsid(), link.alias());
            }
            if let Ok(address) = Address::parse(&message) {
                let _ = (address.prefix(), address.peer(), address.lifetimes(), address.label(), address.flags());
            }
            let _ = Acknowledgement::of_error(&message);
            let _ = Acknowledgement::of_done(&message);
        }
    };
    for (_, bytes) in [LINKS, ADDRESSES, ERRORS].into_iter().flat_map(messages) {
        for at in 0..bytes.len() {
            assert!(Messages::new(&bytes[..at]).all(|message| message.is_err()), "cut at {at}");
            // Cut with a length that hides it.
            let mut cut = bytes[..at].to_vec();
            if at >= 4 {
                cut[..4].copy_from_slice(&u32::try_from(at).unwrap().to_ne_bytes());
            }
            look(&cut);
            for value in [0, 1, 4, 0x7f, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                look(&changed);
            }
        }
    }
}
