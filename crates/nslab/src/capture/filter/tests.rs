//! Programs, run here as the kernel runs them, and compared with what a filter says.

use proptest::prelude::*;

use super::*;

/// What the kernel knows of a packet beside its bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Beside {
    protocol: u16,
    kind: u8,
    tag: Option<u16>,
}

/// Runs a program: how many bytes it takes of a packet.
fn run(program: &[(u16, u8, u8, u32)], packet: &[u8], beside: Beside) -> u32 {
    let (mut a, mut x, mut memory, mut at) = (0_u32, 0_u32, [0_u32; 16], 0);
    let load = |at: u32, size: usize| -> Option<u32> {
        let bytes = packet.get(at as usize..)?.get(..size)?;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    };
    let special = |at: u32| match at.wrapping_sub(0xffff_f000) {
        0 => Some(beside.protocol.into()),
        4 => Some(beside.kind.into()),
        44 => Some(beside.tag.unwrap_or(0).into()),
        48 => Some(beside.tag.is_some().into()),
        _ => None,
    };
    for _ in 0..10_000 {
        let (code, jt, jf, k) = program[at];
        at += 1;
        let loaded = match code {
            0x20 => special(k).or_else(|| load(k, 4)),
            0x28 => load(k, 2),
            0x40 => load(x.wrapping_add(k), 4),
            0x48 => load(x.wrapping_add(k), 2),
            0x50 => load(x.wrapping_add(k), 1),
            _ => Some(a),
        };
        let Some(loaded) = loaded else { return 0 };
        a = loaded;
        let mut jump = |is: bool| at += usize::from(if is { jt } else { jf });
        match code {
            0x20 | 0x28 | 0x40 | 0x48 | 0x50 => {}
            0x00 => a = k,
            0x60 => a = memory[k as usize],
            0x01 => x = k,
            0x61 => x = memory[k as usize],
            0x02 => memory[k as usize] = a,
            0x03 => memory[k as usize] = x,
            0x04 => a = a.wrapping_add(k),
            0x0c => a = a.wrapping_add(x),
            0x54 => a &= k,
            0x64 => a <<= k,
            0x07 => x = a,
            0x05 => at += k as usize,
            0x15 => jump(a == k),
            0x25 => jump(a > k),
            0x35 => jump(a >= k),
            0x06 => return k,
            other => panic!("code {other:#x}"),
        }
    }
    panic!("it does not end");
}

fn takes(filter: &Filter, link: LinkType, packet: &[u8], beside: Beside) -> bool {
    run(&filter.compile(link, false, 1000).unwrap(), packet, beside) == 1000
}

/// The header of IPv4, with what follows.
fn v4(protocol: u8, options: usize, fragment: u16, rest: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45 + options as u8, 0, 0, 0, 0, 0];
    packet.extend(fragment.to_be_bytes());
    packet.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend(vec![0; options * 4]);
    packet.extend(rest);
    packet
}

/// That of IPv6, with extension headers: hop-by-hop, authentication, a fragment's.
fn v6(protocol: u8, extensions: bool, fragment: u16, rest: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0, 0, 0, if extensions { 0 } else { protocol }, 64];
    packet.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    if extensions {
        packet.extend([51, 1]);
        packet.extend([0; 14]);
        packet.extend([44, 4]);
        packet.extend([0; 22]);
        packet.extend([protocol, 0]);
        packet.extend(fragment.to_be_bytes());
        packet.extend([0; 4]);
    }
    packet.extend(rest);
    packet
}

fn ethernet(tags: &[u16], kind: u16, rest: &[u8]) -> Vec<u8> {
    let mut packet = vec![2; 12];
    for tag in tags {
        packet.extend([0x81, 0]);
        packet.extend(tag.to_be_bytes());
    }
    packet.extend(kind.to_be_bytes());
    packet.extend(rest);
    packet
}

fn arp() -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1];
    packet.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    packet
}

fn filter(hosts: &[&str], ports: &[&str], protocols: &[&str], vlans: &[u16]) -> Filter {
    Filter {
        hosts: hosts.iter().map(|text| text.parse().unwrap()).collect(),
        ports: ports.iter().map(|text| text.parse().unwrap()).collect(),
        protocols: protocols.iter().map(|text| text.parse().unwrap()).collect(),
        vlans: vlans.to_vec(),
    }
}

/// From port 1000 to port 80.
const PORTS: [u8; 8] = [3, 232, 0, 80, 0, 0, 0, 0];

#[test]
fn headers_in_between_are_passed_over() {
    let port = filter(&[], &["80"], &[], &[]);
    let other = filter(&[], &["81"], &[], &[]);
    for tags in [&[][..], &[5], &[5, 6]] {
        for (kind, packet) in [
            (IPV4, v4(6, 0, 0, &PORTS)),
            (IPV4, v4(17, 10, 0x4000, &PORTS)),
            (IPV6, v6(17, false, 0, &PORTS)),
            (IPV6, v6(132, true, 1, &PORTS)),
        ] {
            let packet = ethernet(tags, kind, &packet);
            assert!(takes(&port, LinkType::Ethernet, &packet, Beside::default()), "{tags:?} {packet:?}");
            assert!(!takes(&other, LinkType::Ethernet, &packet, Beside::default()), "{tags:?} {packet:?}");
        }
    }
    for (protocol, packet) in [(IPV4, v4(6, 3, 0, &PORTS)), (IPV6, v6(6, true, 0, &PORTS))] {
        for link in [LinkType::Ip, LinkType::Cooked] {
            assert!(takes(&port, link, &packet, Beside { protocol, ..Beside::default() }));
        }
    }
}

#[test]
fn later_parts_and_other_protocols_have_no_ports() {
    let port = filter(&[], &["0-65535"], &[], &[]);
    for (kind, packet) in [
        (IPV4, v4(6, 0, 0x2001, &PORTS)),
        (IPV4, v4(1, 0, 0, &PORTS)),
        (IPV6, v6(6, true, 8, &PORTS)),
        (IPV6, v6(58, false, 0, &PORTS)),
        (ARP, arp()),
    ] {
        assert!(!takes(&port, LinkType::Ethernet, &ethernet(&[], kind, &packet), Beside::default()), "{packet:?}");
    }
    // What they carry is known all the same.
    let tcp = filter(&[], &[], &["tcp"], &[]);
    for (kind, packet) in [(IPV4, v4(6, 0, 0x2001, &[])), (IPV6, v6(6, true, 8, &[]))] {
        assert!(takes(&tcp, LinkType::Ethernet, &ethernet(&[], kind, &packet), Beside::default()));
    }
}

#[test]
fn hosts_are_found_in_every_family() {
    let cases: [(&[&str], bool, bool, bool); 7] = [
        (&["10.0.0.1"], true, true, false),
        (&["10.0.0.2"], true, true, false),
        (&["10.0.0.3"], false, false, false),
        (&["10.0.0.0/30"], true, true, false),
        (&["fd00::2", "192.0.2.1"], false, false, true),
        (&["fd00::/8"], false, false, true),
        (&["0.0.0.0/0", "fd00:0:1::/48"], true, true, false),
    ];
    for (hosts, in_v4, in_arp, in_v6) in cases {
        let filter = filter(hosts, &[], &[], &[]);
        let seen =
            [(IPV4, v4(6, 0, 0, &PORTS)), (ARP, arp()), (IPV6, v6(6, false, 0, &PORTS))].map(|(kind, packet)| {
                takes(&filter, LinkType::Ethernet, &ethernet(&[7], kind, &packet), Beside::default())
            });
        assert_eq!(seen, [in_v4, in_arp, in_v6], "{hosts:?}");
    }
}

#[test]
fn a_vlan_is_that_of_the_outermost_tag() {
    let vlan = filter(&[], &[], &[], &[5, 9]);
    let of = |tags: &[u16], tag: Option<u16>| {
        takes(
            &vlan,
            LinkType::Ethernet,
            &ethernet(tags, IPV4, &v4(6, 0, 0, &PORTS)),
            Beside { tag, ..Beside::default() },
        )
    };
    assert!(of(&[5], None) && of(&[0xe005, 6], None) && of(&[], Some(0x2009)) && of(&[6], Some(5)));
    assert!(!of(&[], None) && !of(&[6, 5], None) && !of(&[5], Some(6)));
}

#[test]
fn what_an_interface_sends_may_be_left_out() {
    let packet = ethernet(&[], IPV4, &v4(6, 0, 0, &PORTS));
    let program = Filter::default().compile(LinkType::Ethernet, true, 1000).unwrap();
    assert_eq!(run(&program, &packet, Beside { kind: 4, ..Beside::default() }), 0);
    assert_eq!(run(&program, &packet, Beside { kind: 0, ..Beside::default() }), 1000);
}

#[test]
fn lists_go_together() {
    let both = filter(&["10.0.0.1"], &["80", "90-99"], &["tcp", "arp"], &[]);
    let of = |kind, packet: &[u8]| takes(&both, LinkType::Ethernet, &ethernet(&[], kind, packet), Beside::default());
    assert!(of(IPV4, &v4(6, 0, 0, &PORTS)) && !of(IPV4, &v4(17, 0, 0, &PORTS)));
    assert!(!of(ARP, &arp()) && !of(IPV6, &v6(6, false, 0, &PORTS)));
    assert_eq!(both.to_string(), "(tcp or arp) and host 10.0.0.1 and (port 80 or portrange 90-99)");
    let text = filter(&["fd00::/8"], &[], &["99", "0x1234"], &[3]).to_string();
    assert_eq!(text, "vlan 3 and (proto 99 or ether proto 0x1234) and net fd00::/8");
}

#[test]
fn too_many_are_refused() {
    let hosts = (0..2000_u32).map(|n| Prefix::new(std::net::Ipv6Addr::from_bits(n.into()).into(), 128).unwrap());
    let error = Filter { hosts: hosts.collect(), ..Filter::default() }.compile(LinkType::Ethernet, false, 1);
    assert!(error.unwrap_err().to_string().contains("the kernel no more than 4096"));
}

#[test]
fn words_are_read_strictly() {
    for text in ["", "-1", "70000", "2-1", "1-", "1-2-3", "http"] {
        assert!(text.parse::<Ports>().is_err(), "{text}");
    }
    for text in ["", "256", "0x", "0x10000", "tcpp", "TCP"] {
        assert!(text.parse::<Protocol>().is_err(), "{text}");
    }
}

proptest! {
    /// Whatever a packet is, the program ends, and no load is taken for something that it is not.
    #[test]
    fn anything_may_pass(packet in proptest::collection::vec(any::<u8>(), 0..120), tag in any::<Option<u16>>()) {
        let all = filter(&["10.0.0.0/8", "fd00::/7"], &["1-1000"], &["tcp", "arp"], &[1]);
        let beside = Beside { protocol: IPV6, kind: 0, tag };
        for link in [LinkType::Ethernet, LinkType::Ip, LinkType::Cooked] {
            takes(&all, link, &packet, beside);
        }
    }

    /// Of a packet that is cut short nothing is wanted that the whole one is not.
    #[test]
    fn a_part_is_not_taken_for_more(cut in 0_usize..120) {
        for filter in [filter(&["10.0.0.9"], &[], &[], &[]), filter(&[], &["81"], &[], &[])] {
            for packet in [ethernet(&[5], IPV4, &v4(6, 2, 0, &PORTS)), ethernet(&[], IPV6, &v6(6, true, 0, &PORTS))] {
                let part = packet.get(..cut).unwrap_or(&packet);
                prop_assert!(!takes(&filter, LinkType::Ethernet, part, Beside::default()));
            }
        }
    }
}
