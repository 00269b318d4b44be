use proptest::prelude::*;

use super::*;

/// Bytes in hexadecimal, with blanks anywhere.
fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

const MACS: &str = "020000000002 020000000001";

fn told(text: &str) -> String {
    let bytes = hex(text);
    line(LinkType::Ethernet, &bytes, bytes.len() as u32)
}

/// Packets, and how they are told.
const KNOWN: &[(&str, &str)] = &[
    ("0806 0001080006040001 020000000001 0a000001 000000000000 0a000002", "ARP who-has 10.0.0.2 tell 10.0.0.1"),
    ("0806 0001080006040002 020000000001 0a000001 020000000002 0a000002", "ARP 10.0.0.1 is-at 02:00:00:00:00:01"),
    (
        "8100 2005 0806 0001080006040001 020000000001 0a000001 000000000000 0a000001",
        "vlan 5 ARP announcement 10.0.0.1 is-at 02:00:00:00:00:01",
    ),
    (
        "0800 45000054 00004000 40010000 0a000001 0a000002 08000000 00070001",
        "IP 10.0.0.1 > 10.0.0.2 ICMP echo request, id 7, seq 1, 64 bytes",
    ),
    (
        "0800 4500003c 00004000 40060000 0a000001 0a000002 03e80050 00000005 00000000 a002 faf0 0000 0000",
        "IP 10.0.0.1:1000 > 10.0.0.2:80 TCP SYN seq 5 win 64240 len 0",
    ),
    (
        "0800 46000038 00004000 40060000 0a000001 0a000002 01010101 03e80050 00000005 00000009 5018 0001 0000 0000",
        "IP 10.0.0.1:1000 > 10.0.0.2:80 TCP PSH ACK seq 5 ack 9 win 1 len 12",
    ),
    ("0800 45000020 00070001 40110000 0a000001 0a000002", "IP 10.0.0.1 > 10.0.0.2 UDP fragment at 8, id 7, 12 bytes"),
    (
        "0800 45000020 00072000 40110000 0a000001 0a000002 03e80051 000c0000 00000000",
        "IP 10.0.0.1:1000 > 10.0.0.2:81 UDP len 4, fragmented, id 7",
    ),
    (
        "0800 45000038 00000000 40010000 0a000009 0a000001 03010000 00000000 45000020 00000000 40110000 0a000001 0a000002 03e80051",
        "IP 10.0.0.9 > 10.0.0.1 ICMP unreachable: host (about IP 10.0.0.1:1000 > 10.0.0.2:81 UDP…)",
    ),
    (
        "86dd 60000000 0020 3aff fe800000000000000000000000000001 ff0200000000000000000001ff000002 87000000 00000000 fd000000000000000000000000000002 0101020000000001",
        "IP6 fe80::1 > ff02::1:ff00:2 ICMP6 who-has fd00::2",
    ),
    (
        "86dd 60000000 0020 3aff fd000000000000000000000000000002 fe800000000000000000000000000001 88000000 60000000 fd000000000000000000000000000002 0201020000000002",
        "IP6 fd00::2 > fe80::1 ICMP6 fd00::2 is-at 02:00:00:00:00:02",
    ),
    (
        "86dd 60000000 0014 00ff fd000000000000000000000000000002 fd000000000000000000000000000001 1100000000000000 03e80051 000c0000 00000000",
        "IP6 [fd00::2]:1000 > [fd00::1]:81 UDP len 4",
    ),
    (
        "0800 45000039 00000000 40110000 0a000001 0a000002 03e80035 00250000 00070100 00010000 00000000 0765786d1b706c65 036f7267 00 0001 0001",
        "IP 10.0.0.1:1000 > 10.0.0.2:53 UDP len 29 DNS query A exm\\027ple.org",
    ),
    (
        "0800 45000056 00000000 40110000 0a000001 0a000002 03e812b5 00420000 08000000 00002a00 020000000002 020000000001 0800 45000024 00000000 40110000 0a010001 0a010002 03e80051 00100000 0000000000000000",
        "IP 10.0.0.1:1000 > 10.0.0.2:4789 UDP VXLAN 42 | IP 10.1.0.1:1000 > 10.1.0.2:81 UDP len 8",
    ),
    ("88cc 0207", "02:00:00:00:00:01 > 02:00:00:00:00:02 LLDP, 2 bytes"),
    ("1234 00", "02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x1234, 1 bytes"),
];

#[test]
fn packets_are_told() {
    for (packet, expected) in KNOWN {
        assert_eq!(told(&format!("{MACS} {packet}")), *expected);
    }
}

#[test]
fn what_is_cut_short_is_told_as_far_as_it_is_there() {
    let bytes = hex(&format!("{MACS} {}", KNOWN[4].0));
    assert_eq!(
        line(LinkType::Ethernet, &bytes[..38], 74),
        "IP 10.0.0.1:1000 > 10.0.0.2:80 TCP [cut short: 38 of 74 bytes]"
    );
    assert_eq!(line(LinkType::Ethernet, &bytes[..20], 74), "IP [cut short: 20 of 74 bytes]");
    assert_eq!(line(LinkType::Ethernet, &[], 0), "[cut short: 0 of 0 bytes]");
}

fn is_printable(text: &str) -> bool {
    text.chars().all(|c| !c.is_control()) && !text.is_empty()
}

proptest! {
    /// Whatever the bytes are: a line that does nothing to a terminal.
    #[test]
    fn anything_may_be_told(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for link in [LinkType::Ethernet, LinkType::Ip, LinkType::Cooked] {
            prop_assert!(is_printable(&line(link, &bytes, 1500)));
        }
    }

    /// The same of packets that are right but for some bytes, cut anywhere.
    #[test]
    fn nearly_right_ones_too(which in 0..KNOWN.len(), cut in 0_usize..120, at in 12_usize..120, byte in any::<u8>()) {
        let mut bytes = hex(&format!("{MACS} {}", KNOWN[which].0));
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(cut);
        prop_assert!(is_printable(&line(LinkType::Ethernet, &bytes, 1500)));
    }
}
