use ipnet::IpNet;
use proptest::prelude::*;

use super::*;

fn cidr(text: &str) -> Cidr {
    Cidr::of(parse(text).unwrap())
}

#[test]
fn the_edges_of_every_length() {
    #[rustfmt::skip]
    let table = [
        // what, network part, host part, network, netmask, first, last, count, broadcast, role
        ("192.0.2.1/24", "192.0.2", "1", "192.0.2.0/24", "255.255.255.0", "192.0.2.1", "192.0.2.254", "254", "192.0.2.255", Role::Host),
        ("198.51.100.5/30", "198.51.100.4", "1", "198.51.100.4/30", "255.255.255.252", "198.51.100.5", "198.51.100.6", "2", "198.51.100.7", Role::Host),
        ("10.20.30.40/12", "10.16", "4.30.40", "10.16.0.0/12", "255.240.0.0", "10.16.0.1", "10.31.255.254", "1048574", "10.31.255.255", Role::Host),
        ("0.0.0.0/0", "", "0.0.0.0", "0.0.0.0/0", "0.0.0.0", "0.0.0.1", "255.255.255.254", "4294967294", "255.255.255.255", Role::Network),
        ("10.0.0.0/31", "10.0.0.0", "0", "10.0.0.0/31", "255.255.255.254", "10.0.0.0", "10.0.0.1", "2", "", Role::Host),
        ("10.0.0.1/31", "10.0.0.0", "1", "10.0.0.0/31", "255.255.255.254", "10.0.0.0", "10.0.0.1", "2", "", Role::Host),
        ("10.0.0.1/32", "10.0.0.1", "", "10.0.0.1/32", "255.255.255.255", "10.0.0.1", "10.0.0.1", "1", "", Role::Host),
        ("255.255.255.255/24", "255.255.255", "255", "255.255.255.0/24", "255.255.255.0", "255.255.255.1", "255.255.255.254", "254", "255.255.255.255", Role::Broadcast),
        ("10.0.0.0/8", "10", "0.0.0", "10.0.0.0/8", "255.0.0.0", "10.0.0.1", "10.255.255.254", "16777214", "10.255.255.255", Role::Network),
        ("2001:db8::1/64", "2001:0db8:0000:0000", "0000:0000:0000:0001", "2001:db8::/64", "ffff:ffff:ffff:ffff::", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", "18446744073709551616", "", Role::Host),
        ("2001:db8:8000::1/33", "2001:0db8:8000", "0000:0000:0000:0000:0000:0001", "2001:db8:8000::/33", "ffff:ffff:8000::", "2001:db8:8000::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "39614081257132168796771975168", "", Role::Host),
        ("::/0", "", "0000:0000:0000:0000:0000:0000:0000:0000", "::/0", "::", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "340282366920938463463374607431768211456", "", Role::RouterAnycast),
        ("2001:db8::/127", "2001:0db8:0000:0000:0000:0000:0000:0000", "0000", "2001:db8::/127", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "2001:db8::", "2001:db8::1", "2", "", Role::Host),
        ("2001:db8::/126", "2001:0db8:0000:0000:0000:0000:0000:0000", "0000", "2001:db8::/126", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc", "2001:db8::", "2001:db8::3", "4", "", Role::RouterAnycast),
        ("fe80::1/128", "fe80:0000:0000:0000:0000:0000:0000:0001", "", "fe80::1/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::1", "fe80::1", "1", "", Role::Host),
    ];
    for (text, network_part, host_part, network, netmask, first, last, count, broadcast, role) in table {
        let it = cidr(text);
        assert_eq!(it.network_part(), network_part, "{text}");
        assert_eq!(it.host_part(), host_part, "{text}");
        assert_eq!(it.network().to_string(), network, "{text}");
        assert_eq!(it.netmask().to_string(), netmask, "{text}");
        assert_eq!(it.first_host().to_string(), first, "{text}");
        assert_eq!(it.last_host().to_string(), last, "{text}");
        assert_eq!(it.hosts().to_string(), count, "{text}");
        assert_eq!(it.broadcast().map(|it| it.to_string()).unwrap_or_default(), broadcast, "{text}");
        assert_eq!(it.role(), role, "{text}");
    }
}

#[test]
fn the_boundary_is_drawn_where_it_is() {
    #[rustfmt::skip]
    let table = [
        ("192.0.2.1/24", "11000000.00000000.00000010", "00000001"),
        ("198.51.100.5/30", "11000110.00110011.01100100.000001", "01"),
        ("255.0.0.1/0", "", "11111111.00000000.00000000.00000001"),
        ("255.0.0.1/32", "11111111.00000000.00000000.00000001", ""),
        ("10.0.0.1/9", "00001010.0", "0000000.00000000.00000001"),
        ("2001:db8::1/64", "2001:0db8:0000:0000", "0000:0000:0000:0001"),
        ("2001:db8::1/60", "2001:0db8:0000:000", "0:0000:0000:0000:0001"),
        ("2001:db8:8000::1/33", "2001:0db8:[1", "000]000:0000:0000:0000:0000:0001"),
        ("::f/127", "0000:0000:0000:0000:0000:0000:0000:000[111", "1]"),
        ("::/0", "", "0000:0000:0000:0000:0000:0000:0000:0000"),
        ("::1/128", "0000:0000:0000:0000:0000:0000:0000:0001", ""),
    ];
    for (text, network, host) in table {
        assert_eq!(cidr(text).split(), (network.into(), host.into()), "{text}");
    }
}

#[test]
fn words_that_are_no_address_are_refused_with_a_reason() {
    #[rustfmt::skip]
    let table = [
        ("", "\"\": an empty word is not an address"),
        ("x", "\"x\" is not an IPv4 or IPv6 address"),
        ("/24", "\"/24\": \"\" is not an IPv4 or IPv6 address"),
        (" 192.0.2.1", "\" 192.0.2.1\": contains ' ', which no address does"),
        ("192.0.2.1/24\n", "\"192.0.2.1/24\\n\": contains '\\n', which no address does"),
        ("192.0.2.1/33", "\"192.0.2.1/33\": an IPv4 prefix length is 0 to 32, not \"33\""),
        ("192.0.2.1/", "\"192.0.2.1/\": an IPv4 prefix length is 0 to 32, not \"\""),
        ("192.0.2.1/+8", "\"192.0.2.1/+8\": an IPv4 prefix length is 0 to 32, not \"+8\""),
        ("192.0.2.1/8/8", "\"192.0.2.1/8/8\": an IPv4 prefix length is 0 to 32, not \"8/8\""),
        ("::1/129", "\"::1/129\": an IPv6 prefix length is 0 to 128, not \"129\""),
        ("::1/256", "\"::1/256\": an IPv6 prefix length is 0 to 128, not \"256\""),
        ("::1/ffff::", "\"::1/ffff::\": an IPv6 prefix length is 0 to 128, not \"ffff::\""),
        ("fe80::1%eth0/64", "\"fe80::1%eth0/64\": the zone \"eth0\" means something on one host only"),
        ("192.0.2.1/255.0.255.0", "\"192.0.2.1/255.0.255.0\": the mask \"255.0.255.0\" has ones behind zeros; a netmask is ones, then zeros"),
        ("192.0.2.1/0.0.0.255", "\"192.0.2.1/0.0.0.255\": the mask \"0.0.0.255\" has ones behind zeros; a netmask is ones, then zeros"),
        ("192.0.2.1/255.255.256.0", "\"192.0.2.1/255.255.256.0\": \"255.255.256.0\" is not a netmask"),
        ("010.0.0.1", "\"010.0.0.1\" is not an IPv4 or IPv6 address"),
    ];
    for (word, message) in table {
        assert_eq!(parse(word).unwrap_err().to_string(), message, "{word:?}");
    }
    assert!(parse(&"9".repeat(100_000)).unwrap_err().to_string().len() < 300);
    let help = |word| parse(word).unwrap_err().help().unwrap_or_default().to_owned();
    assert_eq!(help("192.0.2.1/0.0.0.255"), "that is a wildcard mask; the netmask is 255.255.255.0");
    assert_eq!(help("1.2.3.256"), "each of the four octets is 0 to 255");
    assert_eq!(help("010.0.0.1"), "leave out the leading zeros: some programs take them for octal numbers");
}

#[test]
fn masks_are_lengths() {
    for len in 0..=32 {
        let mask = cidr(&format!("10.0.0.1/{len}")).netmask();
        assert_eq!(parse(&format!("10.0.0.1/{mask}")).unwrap().len(), len);
    }
    assert_eq!(parse("::ffff:192.0.2.1/120").unwrap().to_string(), "::ffff:192.0.2.1/120");
}

#[test]
fn a_group_is_closed() {
    let all = |words: &[&str]| words.iter().map(|word| parse(word).unwrap()).collect::<Vec<_>>();
    // 1 and 2 share, 2 and 3 share, 1 and 3 do not.
    assert_eq!(segments(&all(&["10.0.0.1/24", "10.0.0.2/16", "10.0.1.1/16"])), [vec![0, 1], vec![2]]);
    assert_eq!(segments(&all(&["10.0.0.1/24", "10.0.0.2/16"])), [[0, 1]]);
    assert_eq!(segments(&all(&["10.0.0.1/24", "::1/64", "10.0.0.1/24"])), [vec![0, 2], vec![1]]);
    assert!(segments(&[]).is_empty());
}

fn prefixes() -> impl Strategy<Value = Prefix> {
    let v4 = (any::<u32>(), 0..=32_u8).prop_map(|(bits, len)| (IpAddr::from(Ipv4Addr::from_bits(bits)), len));
    let v6 = (any::<u128>(), 0..=128_u8).prop_map(|(bits, len)| (IpAddr::from(Ipv6Addr::from_bits(bits)), len));
    prop_oneof![v4, v6].prop_map(|(address, len)| Prefix::new(address, len).unwrap())
}

fn close_prefixes() -> impl Strategy<Value = Prefix> {
    (0..64_u32, 24..=32_u8)
        .prop_map(|(low, len)| Prefix::new(Ipv4Addr::from_bits(0x0a00_0000 | low).into(), len).unwrap())
}

proptest! {
    #[test]
    fn agrees_with_ipnet(prefix in prefixes()) {
        let it = Cidr::of(prefix);
        let net: IpNet = prefix.to_string().parse().unwrap();
        prop_assert_eq!(it.network().to_ipnet(), net.trunc());
        prop_assert_eq!(it.netmask(), net.netmask());
        prop_assert_eq!(it.host_bits(), net.max_prefix_len() - net.prefix_len());
        match net {
            IpNet::V4(net) => {
                prop_assert_eq!(it.first_host(), IpAddr::from(net.hosts().next().unwrap()));
                let all = 1_u128 << it.host_bits();
                prop_assert_eq!(it.hosts().get().unwrap(), if all > 2 { all - 2 } else { all });
                prop_assert_eq!(it.broadcast(), (net.prefix_len() < 31).then(|| net.broadcast().into()));
            }
            IpNet::V6(net) => {
                prop_assert_eq!(it.first_host(), IpAddr::from(net.hosts().next().unwrap()));
                prop_assert_eq!(it.last_host(), IpAddr::from(net.broadcast()));
            }
        }
    }

    #[test]
    fn the_parts_make_the_whole(prefix in prefixes()) {
        let (network, host) = Cidr::of(prefix).split();
        let digits: String = (network + &host).replace(['.', ':'], "");
        if let IpAddr::V4(address) = prefix.address() {
            prop_assert_eq!(digits, format!("{:032b}", address.to_bits()));
        } else if !digits.contains('[') && let IpAddr::V6(address) = prefix.address() {
            prop_assert_eq!(digits, format!("{:032x}", address.to_bits()));
        }
    }

    #[test]
    fn reading_never_panics(word in "\\PC*", near in "[0-9a-f:./%]{0,50}") {
        let _ = parse(&word);
        let _ = parse(&near);
    }

    #[test]
    fn groups_share_and_cover(all in proptest::collection::vec(close_prefixes(), 0..12)) {
        let groups = segments(&all);
        let mut seen: Vec<usize> = groups.concat();
        for group in &groups {
            for a in group {
                for b in group {
                    prop_assert_eq!(Sharing::of(all[*a], all[*b]), Sharing::Both);
                }
            }
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..all.len()).collect::<Vec<_>>());
        let everyone = all.iter().all(|a| all.iter().all(|b| Sharing::of(*a, *b) == Sharing::Both));
        prop_assert_eq!(groups.len() <= 1, everyone);
    }
}
