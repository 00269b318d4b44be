//! What is refused, where it is told to be, and what is told to do.

use super::{help, problems};

#[rustfmt::skip]
const WRONG: &[(&str, &[&str])] = &[
    // The whole file.
    ("", &["1:1 the file is empty"]),
    (" \n\n", &["1:1 the file is empty"]),
    ("# nothing\n", &["1:1 the file describes nothing"]),
    ("---\n", &["1:1 the file describes nothing"]),
    ("- a\n", &["1:1 a lab file is a mapping; here is a list"]),
    ("foo\n", &["1:1 a lab file is a mapping; here is the text \"foo\""]),
    ("name: x\nlinks: []\n", &["1:1 the lab has no nodes"]),
    ("segments: { lan: {} }\n", &["1:1 the lab has no nodes"]),
    ("nodes: { a: }\n---\nnodes: { b: }\n", &["3:1 a second document starts here"]),
    ("nodes: { a: \n", &["1:8 not valid YAML: unclosed bracket '{'"]),
    ("nodes:\n\ta:\n", &["2:2 not valid YAML: tabs disallowed within this context (block indentation)"]),
    ("nodes: { a: *x }", &["1:13 this alias has no anchor"]),
    ("nodes: { a: !x { } }", &["1:16 this tag is not known here"]),
    ("x: &x { q: 1 }\ny:\n  <<: *x\n", &["3:3 merge keys (`<<`) are not allowed"]),
    ("\u{feff}näme: x\nnodes: { a: }", &["1:1 a lab file has no key \"näme\""]),
    // Keys.
    ("nods: {}\nprefix: a b\nnodes: { a: }\n", &[
        "1:1 a lab file has no key \"nods\"",
        "2:9 prefix \"a b\" contains ' '; `/`, `:`, spaces and control characters are not allowed"]),
    ("name: a\nname: b\nnodes:\n  a:\n  b:\n  a:\n", &[
        "2:1 key \"name\" is there twice; line 1 has it already",
        "6:3 key \"a\" is there twice; line 4 has it already"]),
    ("name: [a]\nnodes: [a]\nlinks: {a: b}", &[
        "1:7 `name` is one word of text; here is a list",
        "2:8 `nodes` is a mapping of names; here is a list",
        "3:8 `links` is a list; here is a mapping"]),
    ("name:\nnodes: { a: }", &["1:5 `name` is one word of text; here is nothing"]),
    ("name: .x\nnodes: { a: }", &["1:7 lab name \".x\" starts with '.'; names of hidden files are not allowed"]),
    ("name: ${X}\nnodes: { a: }", &["1:7 the variable \"X\" is not set"]),
    ("links: |\n  foo\n", &["2:3 `links` is a list; here is the text \"foo\\n\""]),
    // Nodes.
    ("nodes:\n  h[3-1]:\n  a/b:\n  ? [x]\n  : {}\n", &[
        "2:3 range \"h[3-1]\": 3 is greater than 1",
        "3:3 node name \"a/b\" contains '/', which cannot be in a file's name",
        "4:5 a key is one word of text; here is a list"]),
    ("nodes:\n  a: 1\n  b: { run: [], foo: 1 }\n", &[
        "2:6 a node is a mapping; here is the text \"1\"",
        "3:17 a node has no key \"foo\""]),
    ("nodes:\n  a: { forward: yes, sysctl: { kernel.x: 1, net..x: 1, net.x: [] }, addresses: { lo: [ 10.0.0.1 ], eth0: 10.0.0.1/24 } }\n  b: { use: edge, sysctl: 1, addresses: [] }\n", &[
        "2:17 `forward` is \"yes\"",
        "2:32 setting \"kernel.x\" is not the network's, so all nodes would share it",
        "2:45 \"net..x\" is no setting's name",
        "2:63 a setting is one word of text; here is a list",
        "2:88 address \"10.0.0.1\" has no prefix length",
        "2:100 node \"a\" has no interface \"eth0\"",
        "3:13 there is no profile \"edge\"",
        "3:27 `sysctl` is a mapping; here is the text \"1\"",
        "3:41 `addresses` of a node is a mapping; here is a list"]),
    ("routing: yes\nnodes:\n  a: { routes: [ default via 10.2.0.1, default via 10.1.0.2, 10.9.0.0/16 dev x, '2001:db8::/32 via ::1', 10.0.0.1/8 dev lo, [] ] }\n  b: { routes: {} }\nlinks: [ a 10.1.0.1/24 -- b ]\n", &[
        "1:10 `routing` is \"yes\"",
        "3:18 gateway 10.2.0.1 is on no link of node \"a\"",
        "3:62 node \"a\" has no interface \"x\"",
        "3:81 gateway ::1 is on no link of node \"a\"",
        "3:106 destination \"10.0.0.1/8\" has bits set behind its length",
        "3:125 a route is one word of text; here is a list",
        "4:16 `routes` is a list; here is a mapping"]),
    ("profiles: { p: { use: q }, q: 1 }\nnodes: { a: { addresses: { lo: 224.0.0.1/32 } } }\n", &[
        "1:23 a profile does not use another",
        "1:31 a profile is a mapping; here is the text \"1\"",
        "2:32 \"224.0.0.1/32\" is no address that an interface can have"]),
    ("profiles: { p: { addresses: { lo: 224.0.0.1/32, eth0: 10.0.0.1/24, eth1: 10.0.1.1/24 } } }\nnodes: { a: { use: p } }\nlinks: [ a -- b 10.0.2.2/24 ]\n", &[
        "1:35 \"224.0.0.1/32\" is no address that an interface can have",
        "1:68 node \"a\" has no interface \"eth1\"",
        "3:17 the ends of this link are in different segments: \"10.0.0.1/24\" is in 10.0.0.0/24, \"10.0.2.2/24\" is in 10.0.2.0/24"]),
    // Segments.
    ("segments:\n  lan: 1\n  wan: { prefix: 10.0.0.1/24, members: x, stp: true }\n  a/b: {}\n", &[
        "2:8 a segment is a mapping; here is the text \"1\"",
        "3:18 prefix \"10.0.0.1/24\" has bits set behind its length",
        "3:40 `members` is a list; here is the text \"x\"",
        "3:43 a segment has no key \"stp\"",
        "4:3 node name \"a/b\" contains '/', which cannot be in a file's name"]),
    ("segments:\n  lan:\n    prefix: 10.0.0.0/29\n    members: [ 'h[1-2] .3', h3 .9, h4 10.1.0.4/29, h5 .x, 'h6 ::1', h7 10.0.0.2, h8 .2, [x], '' ]\n", &[
        "4:24 an address behind a range of nodes",
        "4:32 this host part is in no prefix of the segment",
        "4:39 \"10.1.0.4/29\" is in 10.1.0.0/29, and the segment is 10.0.0.0/29",
        "4:55 \".x\" is no address and no host part of one",
        "4:63 this host part is in no prefix of the segment",
        "4:85 address 10.0.0.2 is on this segment twice; line 4 has it already",
        "4:89 a member is one word of text; here is a list",
        "4:94 a member without a node"]),
    ("segments:\n  lan: { members: [ h1 .3, h2:lo ] }\n  h1: { prefix: 192.0.2.0/30, members: [ a, b, c ] }\n", &[
        "2:24 this host part needs the segment's prefix, and it has none",
        "2:31 interface name \"lo\" is the loopback interface, which every node has and which is no end of a link",
        "3:3 \"h1\" is a node and a segment",
        "3:17 prefix \"192.0.2.0/30\" has no address left for \"c\""]),
    // Links: the short form.
    ("links:\n  - r1--r2\n  - -- r1\n  - r1 --\n  - r1 -- r2 -- r3\n  -\n  - []\n", &[
        "2:5 the link \"r1--r2\" has no ` -- ` between two ends",
        "3:5 the link \"-- r1\" has nothing before its ` -- `",
        "4:8 the link \"r1 --\" has nothing behind its ` -- `",
        "5:14 a second ` -- `: a link has two ends",
        "6:4 a link is a text or a mapping; here is nothing",
        "7:5 a link is a text or a mapping; here is a list"]),
    ("links:\n  - 'r1 { delay: 1ms } -- r2'\n", &["2:9 braces in front of the link's ` -- `: they stand behind it"]),
    ("links:\n  - \"r1:sixteen-bytes-xx -- r2:lo 1.1.1.1/33\"\n  - 'ä/b 1.1.1.1 -- c:all'\n  - h[1-2]: -- a\n  - r1: -- a\n", &[
        "2:9 interface name \"sixteen-bytes-xx\" is 16 bytes long; at most 15 are allowed",
        "2:32 interface name \"lo\" is the loopback interface, which every node has and which is no end of a link",
        "2:35 \"1.1.1.1/33\": an IPv4 prefix length is 0 to 32, not \"33\"",
        "3:6 node name \"ä/b\" contains '/', which cannot be in a file's name",
        "3:10 address \"1.1.1.1\" has no prefix length",
        "3:23 interface name \"all\" is one that the kernel keeps for itself",
        "4:5 `: ` behind \"h[1-2]\" makes a mapping of this link",
        "5:5 `: ` behind \"r1\" makes a mapping of this link"]),
    ("links:\n  - h[1-2] -- a:\n", &["2:5 `: ` behind \"h[1-2] -- a\" makes a mapping of this link"]),
    ("links: [ 'r1: -- a x' ]", &[
        "1:14 interface name \"\" is empty; 1 to 15 bytes are allowed",
        "1:20 \"x\" is not an IPv4 or IPv6 address"]),
    ("links:\n  - r1 --\n    r2 1.1.1.1/99\n  - \"r1 -- \\u0041 1.1.1.1/99\"\n", &[
        "2:5 \"1.1.1.1/99\": an IPv4 prefix length is 0 to 32, not \"99\"",
        "4:5 \"1.1.1.1/99\": an IPv4 prefix length is 0 to 32, not \"99\""]),
    // Impairments.
    ("links:\n  - r1 -- r2 { delay: 20, loss: 101%, rte: 1mbit }\n  - \"r1 -- r2 { jitter: 1ms, reorder: 1%, limit: 10 }\"\n  - r1 -- r2 {delay:20ms}\n  - r1 -- r2 { delay: 1ms, jitter: 2ms }\n  - r1 -- r2 { delay: 3s, jitter: 3s, limit: 0 }\n  - r1 -- r2 {}\n", &[
        "2:23 a time of \"20\" has no unit",
        "2:33 a share of \"101%\" is more than 100%",
        "2:39 `impair` has no key \"rte\"",
        "3:25 `jitter` without a `delay`",
        "3:39 `reorder` without a `delay`",
        "3:50 `limit` without a `delay` or a `rate`",
        "4:15 `impair` has no key \"delay:20ms\"",
        "5:36 a `jitter` of 2ms is more than the `delay` of 1ms",
        "6:46 `limit` is \"0\"",
        "7:14 `impair` says nothing"]),
    ("links:\n  - ä -- ö { a: { rate: 0bit }, c: { } } # far\n  - r1 -- r2 { delay: 1ms\n", &[
        "2:25 a rate of \"0bit\" lets nothing pass",
        "2:33 `impair` of a link by its sides has no key \"c\"",
        "3:14 these braces have no end on their line"]),
    ("links:\n  - ä -- ö { a: { rate: 0bit }, c: { } } # far\n  - \"r1 -- r2 { delay: -1ms \\u007d\"\n  - r1 -- r2 { loss: 1%, loss: 2% }\n", &[
        "2:25 a rate of \"0bit\" lets nothing pass",
        "2:33 `impair` of a link by its sides has no key \"c\"",
        "3:5 a time of \"-1ms\" is negative",
        "4:26 key \"loss\" is there twice; line 4 has it already"]),
    ("links:\n  - { a: { node: a, impair: { loss: 1% } }, b: { node: b }, impair: { a: { loss: 2% } } }\n  - { a: { node: a }, b: { node: b }, impair: 20ms }\nsegments:\n  s:\n    impair: { dealy: 1ms }\n    members:\n      - a { loss: x }\n", &[
        "2:29 this end is impaired here and by the link's own `impair`",
        "3:47 `impair` is a mapping; here is the text \"20ms\"",
        "6:15 `impair` has no key \"dealy\"",
        "8:19 a share of \"x\" does not begin with a number"]),
    ("nodes: { a: , b: }\nexpect: [ a -> b, a > b, 'a -> b:0', a -> c, x !> b, a, {}, 'a -> b:80/ip', 'a -> b:[1-2', 'a:1 -> b' ]\n", &[
        "2:19 \"a > b\" is no expectation",
        "2:34 \"0\" is no port: a port is a number from 1 to 65535",
        "2:43 the lab has no node \"c\"",
        "2:46 the lab has no node \"x\"",
        "2:54 \"a\" is no expectation",
        "2:57 an expectation is one word of text; here is a mapping",
        "2:69 \"ip\" is no protocol with ports: tcp or udp",
        "2:85 range \"[1-2\": `[` without `]`",
        "2:93 node name \"a:1\" contains ':'; `:`, spaces and control characters are not allowed"]),
    // Links: patterns.
    ("pools: { p: 10.0.0.0/30, q: 10.0.0.1/24, r: { }, s: [ 10.2.0.0/32 ] }\nlinks:\n  - { chain: 'c[1-2]', pool: no }\n  - { chain: 'r[1-4]', pool: p }\n  - { star: [ a, b ] }\n  - { star: [ a ], hub: a }\n  - { mesh: [ m, m ] }\n  - { chain: 'c[1-2]', hub: x }\n  - { ring: 'x[1-3]', mesh: 'y[1-3]' }\n  - { ring: 'x[1-3]', a: { node: x } }\n", &[
        "1:29 prefix \"10.0.0.1/24\" has bits set behind its length",
        "1:45 `prefix` is one word of text; here is a mapping",
        "1:55 \"10.2.0.0/32\" has no room for the two ends of a link",
        "3:30 there is no pool \"no\"",
        "4:14 pool \"p\" has no addresses left for r3 -- r4",
        "5:13 a star without a `hub`",
        "6:13 node \"a\" is linked with itself",
        "7:18 node \"m\" is there twice",
        "8:29 `hub` is for a star",
        "9:29 a second pattern in one entry",
        "10:5 a pattern of links has no end `a`"]),
    // Links: the long form.
    ("links:\n  - { a: { node: r1 }, b: { node: r2 }, kind: vlan }\n  - { ring: r1, pool: x }\n  - { a: { node: r1 } }\n  - { a: { ifname: x }, b: { nod: y } }\n  - { a: , b: r2 }\n", &[
        "2:47 a link cannot be \"vlan\"",
        "3:13 a ring of 1 node",
        "4:5 the link has no end `b`",
        "5:10 this end of the link has no `node`",
        "5:30 an end of a link has no key \"nod\"",
        "6:8 an end of a link is a mapping; here is nothing",
        "6:15 an end of a link is a mapping; here is the text \"r2\""]),
    ("links:\n  - a: { node: a, mac: '01:00:00:00:00:00', mtu: 67 }\n    b: { node: b, mac: 00:00:00:00:00:00, mtu: 65536, addresses: x }\n", &[
        "2:24 MAC address \"01:00:00:00:00:00\" is a group address, which no interface can have",
        "2:50 `mtu` is \"67\"",
        "3:24 MAC address \"00:00:00:00:00:00\" is all zeros, which no interface can have",
        "3:48 `mtu` is \"65536\"",
        "3:66 `addresses` is a list; here is the text \"x\""]),
    ("links:\n  - a: { node: a, mac: '02:00:00:00:00:01', mtu: 1279, addresses: [ '2001:db8::1/64' ] }\n    b: { node: b, mac: '02:00:00:00:00:01', mtu: 1_500, addresses: [ 10.0.0.1, [] ] }\n  - { a: { node: c, mac: x }, b: { node: d } }", &[
        "2:50 an MTU of 1279 is too small for IPv6, of which this interface has an address",
        "3:24 MAC address \"02:00:00:00:00:01\" is on both ends of this link",
        "3:50 `mtu` is \"1_500\"",
        "3:70 address \"10.0.0.1\" has no prefix length",
        "3:80 an address is one word of text; here is a list",
        "4:26 MAC address \"x\" is not six pairs of hexadecimal digits with colons"]),
    ("nodes: { a: }\nuplink: { nat: true }", &["2:9 an uplink without a node"]),
    ("nodes: { a: }\nuplink: { node: b, nat: no, prefix: [ 10.0.0.0/32, 10.0.0.1/24, 10.1.0.0/30 ], ifname: lo }", &[
        "2:17 the lab has no node \"b\"",
        "2:25 `nat` is \"no\"",
        "2:39 \"10.0.0.0/32\" has no room for the two ends of an uplink",
        "2:52 prefix \"10.0.0.1/24\" has bits set behind its length",
        "2:65 prefix \"10.1.0.0/30\" is the uplink's second of its family",
        "2:88 interface name \"lo\" is the loopback interface, which every node has and which is no end of a link"]),
    ("segments: { lan: { members: [ a:uplink 10.0.0.1/8 ] } }\nuplink: { node: a, prefix: 10.1.0.0/30 }", &[
        "2:17 interface \"a:uplink\" is there already, by a link or segment",
        "2:28 prefix \"10.1.0.0/30\" overlaps 10.0.0.0/8, a network of the lab's own"]),
    ("segments: { lan: { members: [ a ] } }\nuplink: { node: lan }", &["2:17 the lab has no node \"lan\""]),
    // Between words.
    ("links: [ a:x -- b,\n  a:x -- c,\n  d:y -- d:y ]", &[
        "2:5 interface \"a:x\" is there twice; line 1 has it already",
        "3:12 interface \"d:y\" is there twice; line 3 has it already"]),
    ("links:\n  - a 10.0.0.0/24 -- b 10.0.0.255/24\n  - a 127.0.0.1/8 -- b ::1/128\n  - a 224.0.0.1/4 -- b 0.0.0.0/8 255.255.255.255/32 ff02::1/64\n  - a ::/64 -- b\n", &[
        "2:7 \"10.0.0.0/24\" is the address of the network 10.0.0.0/24 itself, which no interface on a link can have",
        "2:24 \"10.0.0.255/24\" is the broadcast address of 10.0.0.0/24, which no interface on a link can have",
        "3:7 \"127.0.0.1/8\" is a loopback address, which no interface on a link can have",
        "3:24 \"::1/128\" is a loopback address, which no interface on a link can have",
        "4:7 \"224.0.0.1/4\" is a multicast address, which no interface on a link can have",
        "4:24 \"0.0.0.0/8\" is the unspecified address, which no interface on a link can have",
        "4:34 \"255.255.255.255/32\" is the limited broadcast address, which no interface on a link can have",
        "4:53 \"ff02::1/64\" is a multicast address, which no interface on a link can have",
        "5:7 \"::/64\" is the unspecified address, which no interface on a link can have"]),
    ("links:\n  - a 10.0.0.1/24 -- b 10.0.0.1/24\n  - c 10.0.0.1/24 10.0.0.1/16 -- d\n", &[
        "2:24 address 10.0.0.1 is on this link twice; line 2 has it already",
        "3:19 address 10.0.0.1 is on this link twice; line 3 has it already"]),
    ("links:\n  - a 10.0.0.1/24 -- b 10.0.1.1/24\n  - c 10.0.0.1/24 -- d 10.0.0.201/30\n  - a 10.0.0.1/32 -- b 10.0.0.2/32\n  - e 10.0.0.1/24 2001:db8::1/64 -- f 10.0.0.2/24 2001:db8:1::1/64\n", &[
        "2:24 the ends of this link are in different segments: \"10.0.0.1/24\" is in 10.0.0.0/24, \"10.0.1.1/24\" is in 10.0.1.0/24",
        "3:24 the ends of this link are in different segments: \"10.0.0.1/24\" is in 10.0.0.0/24, \"10.0.0.201/30\" is in 10.0.0.200/30",
        "4:24 the ends of this link are in different segments: \"10.0.0.1/32\" is in 10.0.0.1/32, \"10.0.0.2/32\" is in 10.0.0.2/32",
        "5:51 the ends of this link are in different segments: \"2001:db8::1/64\" is in 2001:db8::/64, \"2001:db8:1::1/64\" is in 2001:db8:1::/64"]),
];

#[test]
fn each_mistake_is_told_with_its_place() {
    let wrong: Vec<_> = WRONG.iter().filter(|(text, expected)| problems(text) != *expected).collect();
    let shown = |(text, expected): &&(&str, &[&str])| {
        format!("{text}\nfound: {:#?}\nexpected: {expected:#?}\n", problems(text))
    };
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.iter().map(shown).collect::<String>());
}

#[test]
fn words_of_values_have_near_misses_too() {
    for (text, near) in [
        ("nodes: { a: { forward: ture } }", "true"),
        ("nodes: { a: { forward: yes } }", "true"),
        ("nodes: { a: { forward: off } }", "false"),
        ("nodes: { a: { routes: [ blackhoel 10.0.0.0/8 ] } }", "blackhole"),
        ("nodes: { a: { routes: [ defualt via 10.0.0.1 ] } }", "default"),
        ("nodes: { a: { routes: [ default vai 10.0.0.1 ] } }", "via"),
        ("nodes: { a: { routes: [ default nexthop via 10.0.0.1 wieght 2 ] } }", "weight"),
        ("nodes: { a: { addresses: { eht0: 10.0.0.1/24 } } }\nlinks: [ a -- b ]", "eth0"),
        ("nodes: { a: { interfaces: { b: { kind: bond, mode: active-backpu } } } }", "active-backup"),
        ("nodes: { a: { interfaces: { b: { kind: bridge, stp: True } } } }", "true"),
        ("nodes: { a: { interfaces: { b: { kind: bridge, ports: eht0 } } } }\nlinks: [ a -- b ]", "eth0"),
        ("nodes: { a: { interfaces: { b: bridgee } } }", "bridge"),
        ("links: [ { kind: vxlna, id: 1, a: { node: a }, b: { node: b } } ]", "vxlan"),
        ("routing: atuo\nlinks: [ a -- b ]", "auto"),
    ] {
        let help = help(text);
        assert!(help.starts_with(&format!("did you mean `{near}`? ")), "{text}: {help}");
    }
}

#[test]
fn help_says_what_to_do() {
    #[rustfmt::skip]
    let table = [
        ("nods: {}", "did you mean `nodes`? allowed here: `name`, `prefix`, `include`, `nodes`, `segments`, `profiles`, `pools`, `links`, `routing`, `expect`, `uplink`"),
        ("nodes: { router: }\nuplink: { node: ruoter }", "did you mean `router`?"),
        ("links: [ { a: { nod: x }, b: { node: y } } ]", "did you mean `node`? allowed here: `node`, `ifname`, `addresses`, `mac`, `mtu`, `impair`"),
        ("links: [ a--b ]", "there is a space on each side of ` -- `"),
        ("links: [ ab ]", "write it as `r1:eth0 192.0.2.1/24 -- r2:eth0 192.0.2.2/24`"),
        ("links: [ a 10.0.0.2/24 -- b 10.0.1.1/24 ]", "give both ends addresses of one network, as 10.0.0.1/24 here"),
        ("links: [ a 10.0.0.1/31 -- b 10.0.1.1/31 ]", "give both ends addresses of one network, as 10.0.0.0/31 here"),
        ("links: [ a fd00::1/64 -- b fd01::1/64 ]", "give both ends addresses of one network, as fd00::2/64 here"),
        ("links: [ a 10.0.0.1/32 -- b 10.0.1.1/32 ]", "a /32 has no room for another host; give both a shorter prefix length"),
        ("links: [ a 10.0.0.0/30 -- b ]", "for hosts there are 10.0.0.1 to 10.0.0.2"),
        ("links: [ a 2001:db8::1 -- b ]", "say how much of it is the network part, as 2001:db8::1/64"),
        ("nodes: { h[1-3]: }", "between brackets or braces, a text with `[`, `]`, `{`, `}` or `,` in it needs quotation marks"),
    ];
    for (text, expected) in table {
        assert_eq!(help(text), expected, "{text}");
    }
}
