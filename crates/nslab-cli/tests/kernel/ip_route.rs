//! Cases of `ip route`, each run with the reference and with ours: setup × mode × filter, every word with
//! no value, bad ones and two, and hand-written ones. `REF` is the reference's `ip`, for what ours has not.

mod cases;

use libtest_mimic::Trial;

use crate::differential::{Mask, compare};
use crate::{tools, trial};
use cases::CASES;

/// Two cables between `v0`/`v1` and `w0`/`w1`, addresses of both families, and no link-local ones or
/// multicast routes, which would come in the order they please.
const LINKS: &str = "echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
ip link add w0 address 02:00:00:00:00:03 type veth peer name w1 address 02:00:00:00:00:04
for l in lo v0 v1 w0 w1; do ip link set $l up; done; running v0 v1 w0 w1
ip address add 10.0.0.1/24 dev v0; ip address add 10.0.1.1/24 dev v1
ip address add 2001:db8::1/64 dev v0 nodad; ip address add 2001:db8:1::1/64 dev v1 nodad
$REF -6 route flush table local type multicast
for a in 2001:db8::1 2001:db8:1::1; do until $REF -6 route show table local | grep -q \"local $a dev\"; do :; done; done
gone() { for link; do until $REF route show table all | grep -q \"$link.*linkdown\"; do :; done; done; }
";

/// Name, and what is set up behind [`LINKS`].
static SETUPS: &[(&str, &str)] = &[
    ("plain", ""),
    (
        "kinds",
        "ip route add unreachable 10.10/16; ip route add prohibit 10.11/16 metric 5; ip route add blackhole default
ip route add throw 10.12/16 table 9; ip route add local 10.13/16 dev lo; ip route add broadcast 10.14.0.1 dev v0
ip route add multicast 224/4 dev v0; ip route add anycast 10.15.0.1 dev v0; ip route add nat 10.16/16 via 10.0.0.5
ip -6 route add unreachable 2001:db8:10::/48; ip -6 route add prohibit 2001:db8:11::/48 metric 5
ip -6 route add blackhole default; ip -6 route add throw 2001:db8:12::/48 table 9
ip -6 route add local 2001:db8:13::1 dev lo; ip -6 route add anycast 2001:db8:14::1 dev v0
ip -6 route add multicast ff05::/16 dev v0 table local",
    ),
    (
        "gateways",
        "ip route add default via 10.0.0.5; ip route add 10.20/16 via 10.0.0.6 dev v0 src 10.0.0.1 metric 7 proto static
ip route add 10.21/16 via 10.77.0.5 dev v0 onlink; ip route add 10.22/16 via inet6 2001:db8::6 dev v0
ip route add 10.23/16 dev v0 scope host proto 200; ip route add 10.24/16 tos 0x10 via 10.0.1.7 table 9 realms 3/4
ip route add 10.25/16 via 10.0.1.8 table 1000 realm 5; ip route add 10.26.1.1 dev v1 metric 4294967295
ip -6 route add default via 2001:db8::5 metric 5 pref high; ip -6 route add 2001:db8:20::/48 via 2001:db8::6 proto zebra
ip -6 route add 2001:db8:21::/48 from 2001:db8:5::/48 via 2001:db8::7 dev v0 table 9
ip -6 route add 2001:db8:22::7 dev v1 src 2001:db8:1::1 pref low; ip -6 route add ::10.0.0.1 via ::ffff:10.0.0.1 dev v0 onlink",
    ),
    (
        "metrics",
        "ip route add 10.30/16 dev v0 mtu 1400 window 1000 rtt 10 rttvar 11ms ssthresh 5 cwnd 6 advmss 900 reordering 4
ip route add 10.31/16 dev v0 mtu lock 1400 rtt lock 1.5s rttvar lock 2 cwnd lock 6 advmss lock 900 hoplimit lock 7
ip route add 10.32/16 dev v0 hoplimit 64 initcwnd 10 initrwnd 11 features ecn rto_min 5ms quickack 1 fastopen_no_cookie 1
ip route add 10.33/16 dev v0 congctl cubic; ip route add 10.34/16 dev v0 congctl lock reno ssthresh lock 3 window lock 9
ip route add 10.35/16 dev v0 rtt 123456s rto_min 1234567ms rttvar 9999999; ip route add 10.36/16 dev v0 rtt lock 0 mtu 0
ip -6 route add 2001:db8:30::/48 dev v0 mtu 1400 rtt 10 advmss 900 hoplimit 64 features tcp_usec_ts expires 5000
ip -6 route add 2001:db8:31::/48 dev v0 mtu lock 1400 congctl lock cubic rto_min 3 quickack 0 initcwnd 4",
    ),
    (
        "multipath",
        "ip route add default nexthop via 10.0.0.5 nexthop via 10.0.1.5 dev v1 weight 3
ip route add 10.40/16 mtu 1000 src 10.0.0.1 nexthop via 10.0.0.5 realms 4/5 nexthop via inet6 fe80::5 dev v1 onlink weight 256
ip route add 10.41/16 nexthop dev v0 nexthop dev v1 nexthop dev w0; ip link set w1 down; gone w0
ip -6 route add 2001:db8:40::/48 nexthop via 2001:db8::5 weight 2 nexthop via 2001:db8:1::5
ip -6 route append 2001:db8:40::/48 via 2001:db8::6; ip -6 route add 2001:db8:41::/48 metric 7 proto static nexthop via 2001:db8::5 dev v0 nexthop dev v1",
    ),
    (
        "linkdown",
        "ip route add default via 10.0.0.5; ip route add 10.50/16 dev w0; ip -6 route add 2001:db8:50::/48 dev w0
ip route add 10.51/16 nexthop via 10.0.0.5 nexthop via 10.0.1.5; ip link set v1 down; gone v0",
    ),
    (
        "objects",
        "$REF nexthop add id 5 via 10.0.0.7 dev v0; $REF nexthop add id 6 via 10.0.1.7 dev v1 proto static
$REF nexthop add id 7 group 5/6,2; $REF nexthop add id 8 via 2001:db8::7 dev v0 onlink; $REF nexthop add id 9 blackhole
ip route add 10.60/16 nhid 5; ip route add 10.61/16 nhid 7 metric 5; ip route add 10.62/16 nhid 9; ip route add 10.63/16 nhid 5
ip -6 route add 2001:db8:60::/48 nhid 8",
    ),
    (
        "encapsulations",
        "$REF route add 10.70/16 encap ip id 5 dst 10.0.0.6 ttl 7 tos 4 dev v0
$REF route add 10.71/16 encap ip6 id 5 dst 2001:db8::6 src 2001:db8::1 hoplimit 7 dev v0
$REF route add 10.72/16 nexthop encap ip id 6 dst 10.0.0.7 dev v0 nexthop via 10.0.1.5
$REF -6 route add 2001:db8:70::/48 encap seg6 mode encap segs 2001:db8::9,2001:db8::8 dev v0
$REF -6 route add 2001:db8:71::/48 encap seg6 mode inline segs 2001:db8::9 dev v0",
    ),
];

static MODES: &[&str] = &[
    "",
    "-o",
    "-d",
    "-s",
    "-s -s -d",
    "-j",
    "-j -p",
    "-j -d",
    "-j -p -d -s",
    "-N",
    "-N -d",
    "-N -j",
    "-c",
    "-c -d",
    "-h -br",
    "-o -d",
];

/// What is shown of each setup in each mode.
static SELECTORS: &[&str] = &[
    "",
    "table all",
    "table local",
    "table 9",
    "dev v0",
    "table all dev v0 proto kernel",
    "scope link",
    "type unicast",
    "default",
];

/// Of one setup each, in all modes: the other filters.
static FILTERS: &[(&str, &str, &[&str])] = &[
    (
        "prefixes",
        "gateways",
        &[
            "root 10/8",
            "match 10.20.1.1",
            "exact 10.20/16",
            "10.20/16",
            "10.20.0.1/16",
            "to root 10.20/15",
            "any",
            "all",
            "root default",
            "match default",
            "root 10/8 match 10.20.1.1",
            "from 10/8",
            "from match 10/8",
            "10.26.1.1",
            "::/0",
            "table all 2001:db8:20::/48",
            "table all root 2001:db8::/32",
            "table all from root 2001:db8:5::/48",
            "table all ::10.0.0.1",
        ],
    ),
    (
        "values",
        "gateways",
        &[
            "via 10.0.0.5",
            "via 10.0/16",
            "via inet6 2001:db8::6",
            "via inet 10.0.0.5",
            "src 10.0.0.1",
            "src 10/8",
            "via default",
            "src any",
            "tos 0x10 table 9",
            "dsfield 10 table 9",
            "realms 3/ table 9",
            "realms /4 table 9",
            "realms 3/4 table 9",
            "realm 4 table 9",
            "realm 5 table 1000",
            "metric 7",
            "priority 0",
            "preference 4294967295",
            "proto static",
            "proto 200",
            "proto all",
            "scope host",
            "scope global",
            "scope all",
            "mark 0",
            "mark 5",
            "iif v0",
            "oif v1",
            "table 1000",
            "table 0",
            "table main",
            "table default",
            "table cache",
            "cached",
            "cloned",
        ],
    ),
    (
        "kinds",
        "kinds",
        &[
            "type local table local",
            "type blackhole",
            "type 8",
            "type throw table 9",
            "type anycast table all",
            "type 0",
            "type unr",
            "table all type mu",
        ],
    ),
    (
        "nexthops",
        "multipath",
        &["dev v1", "via 10.0.0.5", "oif w0", "table all dev v0", "match 10.40.1.1", "metric 7", "root 10.40/15"],
    ),
];

/// Words behind `add PREFIX`, and a value that each takes.
static ADD_WORDS: &[(&str, &str)] = &[
    ("via", "10.0.0.5"),
    ("dev", "v0"),
    ("oif", "v0"),
    ("src", "10.0.0.1"),
    ("as", "10.0.0.9"),
    ("as to", "10.0.0.9"),
    ("from", "2001:db8:9::/48"),
    ("metric", "5"),
    ("priority", "5"),
    ("preference", "5"),
    ("tos", "0x10"),
    ("dsfield", "AF11"),
    ("scope", "link"),
    ("proto", "static"),
    ("protocol", "7"),
    ("table", "77"),
    ("vrf", "v0"),
    ("mtu", "1400"),
    ("mtu lock", "1400"),
    ("advmss", "900"),
    ("rtt", "5ms"),
    ("rttvar", "7s"),
    ("rto_min", "5"),
    ("reordering", "5"),
    ("window", "5"),
    ("cwnd", "5"),
    ("initcwnd", "5"),
    ("initrwnd", "5"),
    ("ssthresh", "5"),
    ("hoplimit", "64"),
    ("hoplimit lock", "64"),
    ("quickack", "1"),
    ("congctl", "cubic"),
    ("congctl lock", "reno"),
    ("features", "ecn"),
    ("fastopen_no_cookie", "1"),
    ("realms", "3/4"),
    ("realm", "7"),
    ("expires", "50"),
    ("pref", "high"),
    ("nhid", "5"),
    ("encap", "foo"),
    ("ttl-propagate", "enabled"),
    ("onlink", "via 10.0.0.5"),
    ("nexthop", "via 10.0.0.5"),
    ("nexthop via 10.0.0.5 weight", "5"),
    ("nexthop via 10.0.0.5 dev", "v0"),
    ("nexthop via 10.0.0.5 realms", "3"),
    ("nexthop via 10.0.0.5 as", "10.0.0.9"),
    ("nexthop via 10.0.0.5 encap", "foo"),
    ("nexthop via 10.0.0.5 onlink dev", "v1"),
    ("via inet", "10.0.0.5"),
    ("via inet6", "2001:db8::5"),
    ("pervasive", "via 10.0.0.5"),
];

/// Words behind `show`, and behind `flush`.
static SHOW_WORDS: &[&str] = &[
    "table",
    "vrf",
    "cached",
    "cloned",
    "tos",
    "dsfield",
    "metric",
    "priority",
    "preference",
    "scope",
    "type",
    "dev",
    "oif",
    "iif",
    "via",
    "via inet",
    "src",
    "realm",
    "realms",
    "from",
    "from root",
    "to",
    "to match",
    "root",
    "match",
    "exact",
    "proto",
    "mark",
    "nhid",
    "help",
];

/// Words behind `get ADDRESS`, and a value that each takes.
static GET_WORDS: &[(&str, &str)] = &[
    ("from", "10.0.0.1"),
    ("iif", "v0"),
    ("oif", "v0"),
    ("dev", "v1"),
    ("mark", "0x10"),
    ("uid", "7"),
    ("ipproto", "tcp"),
    ("ipproto udp sport", "53"),
    ("ipproto 6 dport", "53"),
    ("sport", "5"),
    ("dport", "5"),
    ("tos", "0x10"),
    ("dsfield", "AF11"),
    ("vrf", "v0"),
    ("as", "10.0.0.9"),
    ("flowlabel", "0x12345"),
    ("to", "10.0.0.6"),
    ("from 10.0.0.1 oif", "v0"),
    ("from 10.0.0.9 iif", "v0"),
    ("connected mark", "5"),
    ("fibmatch oif", "v0"),
];

static BAD: &[&str] = &["", "''", "xx", "-1", "5", "70000", "4294967296", "default", "1.5", "0x", "0x7 0x8"];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    let mut add = |name: String, script: String| {
        trials.push(trial(&format!("ip_route::{name}"), move || run(&script)));
    };
    for mode in MODES {
        for (name, setup) in SETUPS {
            let shows: String = ["", "-6"]
                .iter()
                .flat_map(|family| SELECTORS.iter().map(move |selector| show(mode, family, selector)))
                .collect();
            add(format!("show_{name}{}", label(mode)), format!("{setup}\n{shows}"));
        }
        for (name, setup, filters) in FILTERS {
            let setup = SETUPS.iter().find(|(of, _)| of == setup).unwrap().1;
            let shows: String =
                filters.iter().map(|filter| show(mode, "", filter) + &show(mode, "-6", filter)).collect();
            add(format!("filter_{name}{}", label(mode)), format!("{setup}\n{shows}"));
        }
        for (name, setup) in SETUPS.iter().filter(|(name, _)| *name != "encapsulations") {
            let gets = "10.0.0.5 10.0.0.1 10.0.0.255 127.0.0.1 224.0.0.1 255.255.255.255 10.20.1.1 10.30.1.1 10.40.1.1 10.60.1.1 8.8.8.8 ::1 2001:db8::1 2001:db8::5 2001:db8:20::1 2001:db8:30::1 2001:db8:40::1 2001:db8:60::1 2001:5::1 ff05::1";
            add(
                format!("get_{name}{}", label(mode)),
                format!("{setup}\nfor a in {gets}; do r ip {mode} route get $a; done"),
            );
        }
    }
    for (word, value) in ADD_WORDS {
        let tries: String = BAD.iter().map(|bad| format!("r ip route add 10.99/16 {word} {bad}\n")).collect();
        let fine = format!(
            "r ip route add 10.98/16 {word} {value}\nr ip route add 10.97/16 dev v0 {word} {value} {word} {value}
r ip route replace 10.96/16 dev v1 {word} {value}\nr ip route del 10.96/16 {word} {value}
r ip -6 route add 2001:db8:99::/48 dev v0 {word} {value}\nr ip -6 route add 2001:db8:98::/48 {word}
r ip -d route show table all\nr ip -d -6 route show table all\nr ip -j route show table all\n"
        );
        add(format!("add_{}", word.replace(' ', "_")), tries + &fine);
    }
    for word in SHOW_WORDS {
        let tries: String = BAD
            .iter()
            .flat_map(|bad| {
                ["", "-6"].map(|family| format!("r ip {family} route show {word} {bad} 2>/run/e; head -2 /run/e\n"))
            })
            .collect();
        add(format!("show_{}", word.replace(' ', "_")), tries);
    }
    for (word, value) in GET_WORDS {
        let tries: String = BAD
            .iter()
            .chain([value])
            .map(|bad| format!("r ip route get 10.0.0.5 {word} {bad}\nr ip route get 2001:db8::5 {word} {bad}\nr ip -d -j route get {word} {bad} 10.0.0.7\n"))
            .collect();
        add(format!("get_{}", word.replace(' ', "_")), tries);
    }
    for (name, script) in CASES {
        add((*name).into(), (*script).into());
    }
    trials.push(trial("ip_route::help_has_every_word", || crate::differential::compare_help(&["route help"])));
    trials
}

fn show(mode: &str, family: &str, selector: &str) -> String {
    format!("r ip {mode} {family} route show {selector}\n")
}

fn label(mode: &str) -> String {
    mode.replace(' ', "").replace('-', "_")
}

fn run(script: &str) {
    compare(&prepared(script), Mask::Nothing);
}

fn prepared(script: &str) -> String {
    format!("REF={}/ip\n{LINKS}{script}", tools::reference().unwrap().display())
}
