//! Cases of `ip route`, each run with the reference and with ours: setup × mode × filter, every word with
//! no value, bad ones and two, and hand-written ones. `REF` is the reference's `ip`, for what ours has not.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare};
use crate::{tools, trial};

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

/// Name of the case, and its script behind [`LINKS`].
static CASES: &[(&str, &str)] = &[
    (
        "verbs",
        "for v in a ad add ap append c ch chg change r re rep p pr pre prepend d de del delete t te test f fl flush g ge get xx '' ADD; do r ip route $v 2>/run/e; head -1 /run/e; done",
    ),
    (
        "verbs_that_show",
        "for v in l li list ls lst s sh sho show; do r ip route $v; done; r ip ro; r ip r; r ip rou show",
    ),
    (
        "family_words",
        "r ip -f inet route; r ip -f inet6 route; r ip -0 route; r ip -0 route show table all; r ip -f link route add 10.9/16 dev v0; r ip -6 route add 10.9/16 dev v0; r ip -4 route add 2001:db8:9::/48 dev v0; r ip -0 route add default dev v0; r ip -0 route get 10.0.0.5",
    ),
    (
        "add_of_nothing",
        "for c in add 'add dev v0' 'add table 5' 'add to' 'add unicast' 'add default default' 'add 10.1/16 10.2/16' 'add xx' \"add ''\" 'add 10.1/33' 'add 10.1.1.1/16' 'add any dev v0' 'add all dev v0' 'add 256' 'add 9 10.1/16' 'add blackhole blackhole'; do eval r ip route $c 2>/run/e; head -1 /run/e; done; r ip route",
    ),
    (
        "add_twice",
        "r ip route add 10.9/16 dev v0; r ip route add 10.9/16 dev v0; r ip route add 10.9/16 dev v1; r ip route add 10.9/16 dev v1 metric 5; r ip -6 route add 2001:db8:9::/48 dev v0; r ip -6 route add 2001:db8:9::/48 dev v0; r ip -6 route add 2001:db8:9::/48 dev v1; r ip route; r ip -6 route",
    ),
    (
        "add_default_of_each_family",
        "r ip route add default dev v0; r ip -6 route add default dev v0; r ip route add default via 2001:db8::5; r ip route add default via inet6 2001:db8::6 dev v0; r ip route add all via 10.0.0.5 metric 7; r ip route add default; r ip route show default; r ip -6 route show default",
    ),
    (
        "change_replace_append_prepend",
        "r ip route change 10.9/16 via 10.0.0.5; r ip route replace 10.9/16 via 10.0.0.5; r ip route change 10.9/16 via 10.0.0.6; r ip route chg 10.9/16 via 10.0.0.7; r ip route append 10.9/16 via 10.0.0.8; r ip route prepend 10.9/16 via 10.0.0.9; r ip route prepend 10.9/16 via 10.0.0.9; r ip route test 10.9/16 via 10.0.0.7; r ip route test 10.10/16 via 10.0.0.7; r ip route show 10.9/16; r ip route del 10.9/16; r ip route show 10.9/16",
    ),
    (
        "change_replace_append_prepend_6",
        "p=2001:db8:9::/48; r ip route change $p via 2001:db8::5; r ip route replace $p via 2001:db8::5; r ip route change $p via 2001:db8::6; r ip route append $p via 2001:db8::8; r ip route prepend $p via 2001:db8::9; r ip route test $p via 2001:db8::7; r ip -6 route show $p; r ip route del $p; r ip -6 route show $p",
    ),
    (
        "delete",
        "ip route add 10.9/16 via 10.0.0.5 metric 5; ip route add 10.9/16 via 10.0.0.6 metric 6 proto static; ip route add blackhole 10.10/16; ip route add local 10.11/16 dev lo; ip route add 10.12/16 dev v0 table 9; r ip route del 10.9/16 via 10.0.0.7; r ip route del 10.9/16 metric 7; r ip route del 10.9/16 metric 6; r ip route del 10.9/16 proto static; r ip route del 10.9/16 dev v1; r ip route del 10.9/16 dev v0; r ip route del 10.9/16; r ip route del 10.10/16; r ip route del blackhole 10.10/16; r ip route del 10.11/16; r ip route del local 10.11/16; r ip route del 10.12/16; r ip route del 10.12/16 table 9; r ip route del 10.12/16 table 10; r ip route del default; r ip route show table all",
    ),
    (
        "delete_multipath",
        "ip route add 10.9/16 nexthop via 10.0.0.5 nexthop via 10.0.1.5; ip -6 route add 2001:db8:9::/48 nexthop via 2001:db8::5 nexthop via 2001:db8:1::5; r ip route del 10.9/16 nexthop via 10.0.0.5 nexthop via 10.0.1.6; r ip route del 10.9/16 nexthop via 10.0.0.5 nexthop via 10.0.1.5; r ip route; r ip -6 route del 2001:db8:9::/48 via 2001:db8::5; r ip -6 route; r ip -6 route del 2001:db8:9::/48; r ip -6 route",
    ),
    (
        "delete_6",
        "ip -6 route add 2001:db8:9::/48 via 2001:db8::5 metric 5; ip -6 route add 2001:db8:9::/48 dev v1 metric 6; ip -6 route add default dev v0; r ip -6 route del 2001:db8:9::/48 metric 7; r ip -6 route del 2001:db8:9::/48 metric 6; r ip -6 route del 2001:db8:9::/48 dev v1; r ip -6 route del 2001:db8:9::/48; r ip -6 route del default; r ip -6 route del ::/0; r ip -6 route",
    ),
    (
        "tables_by_name",
        "mount -t tmpfs none /etc/iproute2; printf '100 blue\\n0x65 green\\n' >/etc/iproute2/rt_tables; printf '7 seven\\n' >/etc/iproute2/rt_realms; printf '77 mine\\n' >/etc/iproute2/rt_protos; printf '42 near\\n' >/etc/iproute2/rt_scopes; printf '0x20 slow\\n' >/etc/iproute2/rt_dsfield; r ip route add 10.9/16 dev v0 table blue proto mine realms seven/7 tos slow; r ip route add 10.10/16 dev v0 table green scope near; r ip route show table all; r ip -N route show table all; r ip -j -d route show table blue; r ip route show table 101; r ip route show table blue proto mine; r ip route show table blue realm seven; r ip route show table blue tos slow; r ip route show table red; r ip route del 10.9/16 table blue",
    ),
    (
        "dsfield_is_hexadecimal",
        "for t in 10 0x10 20 4 04 fc 100 ff 1 AF11 default 0; do r ip route add 10.9/16 dev v0 tos $t; r ip route show 10.9/16; r ip route del 10.9/16 tos $t; done",
    ),
    (
        "times",
        "for t in 1 8 36 5ms 5.4ms .5s 1s 1.5s 1000ms 999ms 1001ms 5sec 5secs 5msec 5msecs 5MS 0x10 07 -1 1e3 5us 5m inf '5 ms' 99999999999 1000000s; do r ip route replace 10.9/16 dev v0 rtt \"$t\" rttvar \"$t\" rto_min \"$t\"; r ip route show 10.9/16; r ip -j route show 10.9/16; ip route del 10.9/16 >/dev/null 2>&1; done",
    ),
    (
        "numbers",
        "for n in 010 0x10 ' 7' +7 4294967295 0; do r ip route replace 10.9/16 dev v0 metric \"$n\" mtu \"$n\" window \"$n\"; r ip route show 10.9/16; done",
    ),
    (
        "realms",
        "for n in 3 3/4 3/ /4 / 0/4 4/0 65535/65535 65536 70000 5/70000 70000/5 cosmos cosmos/4 4/cosmos; do r ip route replace 10.9/16 dev v0 realms $n; r ip route show 10.9/16; r ip -j route show realms $n; done",
    ),
    (
        "empty_addresses",
        "r ip route add 10.9/16 via any; r ip route add 10.9/16 via default; r ip route add 10.9/16 dev v0 src default; r ip route add 10.10/16 dev v0 src any; r ip -6 route add 2001:db8:9::/48 via any; r ip -6 route add 2001:db8:9::/48 via default dev v0; r ip route; r ip -6 route",
    ),
    (
        "short_addresses",
        "r ip route add 10.9/16 via 10.0.5 dev v0 onlink; r ip route add 11 dev v0; r ip route add 12/8 dev v0; r ip route add 10.9.9/255.255.255.0 dev v0; r ip route add 10.0x10/16 dev v0; r ip route add 10.9.8/255.0.255.0 dev v0; r ip route",
    ),
    (
        "abbreviations_of_add",
        "for w in a b c d e f g i j k l m n o p q r s t u v w x y z ad an as ca co cw de di ds ex fa fe fr ho in init initc initr la lo ma me mt mu ne nh on pe pr pre pref prefe pri pro re rea reo ro rt rttv rto sc sr ss ta to tt un vi vr we wi br brd bl mul any prohib unr uni loc na thr xres; do r ip route add 10.60/16 $w xx; done",
    ),
    (
        "abbreviations_before_a_prefix",
        "for w in a b an any br brd bl black mu multi pr proh un uni unr lo loc na th thr x xr u; do r ip route add $w 10.60/33; done",
    ),
    (
        "abbreviations_of_show",
        "for w in a b c d e f g h i j k l m n o p q r s t u v w x y z ma me ex re ro pr pre pri prio pref ca cl co ta to ty fr ii oi de vi vr sr sc tos ds mark; do r ip route show $w xx; done",
    ),
    (
        "abbreviations_of_get",
        "for w in a b c d e f g i j k l m n o p q r s t u v w x y z fi fl fr fib co con no not ip ii ipp oi ui sp dp de ma vr ds to tos as; do r ip route get 10.0.0.5 $w xx; done; r ip route get 10.0.0.5 f 10.0.0.1; r ip route get 10.0.0.5 c; r ip route get n 10.0.0.5",
    ),
    (
        "abbreviations_of_nexthop",
        "for w in a b c d e f g i j k l m n o p q r s t u v w x y z re as we vi de on onl en oif pervasive; do r ip route add 10.60/16 nexthop $w xx; done",
    ),
    (
        "nexthop_ends",
        "r ip route add 10.9/16 nexthop; r ip route add 10.9/16 nexthop nexthop; r ip route add 10.9/16 nexthop via 10.0.0.5 nexthop; r ip route add 10.9/16 nexthop via 10.0.0.5 metric 5; r ip route add 10.9/16 nexthop dev nope; r ip route add 10.9/16 nexthop via 10.0.0.5 dev v0 dev v1; r ip route add 10.9/16 dev v0 nexthop via 10.0.0.5; r ip route add 10.9/16 via 10.0.0.5 nexthop via 10.0.1.5; r ip route add 10.9/16 nhid 5 nexthop via 10.0.1.5; r ip route add 10.9/16 nexthop via ::1; r ip route",
    ),
    (
        "weights",
        "for w in 1 2 256 257 0 -1 x 0x10 010; do r ip route replace 10.9/16 nexthop via 10.0.0.5 weight $w nexthop via 10.0.1.5; r ip route show 10.9/16; done",
    ),
    (
        "devices_that_are_not",
        "for c in 'add 10.9/16' 'del 10.9/16' 'show' 'flush' 'get 10.0.0.5'; do for d in nope \"''\" a/b sixteen-bytes-xx 999; do eval r ip route $c dev $d; done; done; r ip route show iif nope; r ip route get 10.0.0.5 iif nope; r ip route get 10.0.0.5 oif nope",
    ),
    (
        "altnames",
        "$REF link property add dev v0 altname other; r ip route add 10.9/16 dev other; r ip route show dev other; r ip route get 10.0.0.5 oif other; r ip route add 10.10/16 nexthop dev other nexthop dev v1; r ip route",
    ),
    (
        "flush",
        "fill() { for i in 1 2 3; do ip route add 10.9.$i/24 via 10.0.0.5 proto static; ip route add 10.10.$i/24 dev v0 table 9; ip -6 route add 2001:db8:9$i::/48 via 2001:db8::5; ip -6 route add 2001:db8:8$i::/48 via 2001:db8::5 table 9; done; }; for o in '' -s '-s -s' '-s -s -d' '-s -s -j' '-s -s -o' '-6 -s -s' '-4 -s' '-0 -s'; do for f in 'proto static' 'table 9' 'root 10.9/16' '10.9.2/24' 'dev v1' 'table all dev v0' 'scope link' 'type blackhole' 'table 10' 'via 10.0.0.5' 'exact default' 'xx' 'table xx' 'dev nope'; do fill 2>/dev/null; r ip $o route flush $f; done; r ip route show table all; r ip -6 route show table all; done",
    ),
    (
        "flush_of_nothing",
        "r ip route flush; r ip -s route flush; r ip -6 route flush; r ip route flush table; r ip route flush cache dev; r ip route flush help",
    ),
    (
        "flush_cache",
        "for o in '' -s '-s -s' -4 '-4 -s' '-6 -s' '-0 -s' '-j -s'; do for f in cache cached 'table cache' 'cached dev v0' 'cache table 9'; do r ip $o route flush $f; done; done",
    ),
    (
        "flush_all",
        "ip route add default via 10.0.0.5; ip -6 route add default via 2001:db8::5; r ip -s -s route flush table main; r ip route; r ip -6 -s -s route flush table main; r ip -6 route; r ip -s route flush table local; r ip -s -6 route flush table local; r ip route show table all; r ip -s route flush table all; r ip -s route flush table 0",
    ),
    (
        "flush_many",
        "for i in $(seq 1 2000); do echo route add 20.0.$((i/256)).$((i%256)) dev v0; done >/run/b; r ip -b /run/b; r ip -s route flush root 20/8; r ip route",
    ),
    (
        "flush_6_many",
        "for i in $(seq 1 300); do echo route add 2001:db8:5:$i::/64 dev v0; done >/run/b; r ip -b /run/b; r ip -s -6 route flush root 2001:db8:5::/48; r ip -6 route",
    ),
    (
        "no_permission",
        "p='setpriv --bounding-set -all --inh-caps -all'; r $p ip route; r $p ip route add 10.9/16 dev v0; r $p ip route del 10.0.0.0/24; r $p ip route get 10.0.0.5; r $p ip route flush table main; r $p ip -s -s route flush table main; r $p ip -6 route add 2001:db8:9::/48 dev v0; r $p ip route show table 9",
    ),
    (
        "echo",
        "for o in '' -d -j '-j -p' '-j -d' -o -6; do r ip -echo $o route add 10.9/16 via 10.0.0.5; r ip -echo $o route replace 10.9/16 via 10.0.0.6 metric 0; r ip -echo $o route add 10.9/16 dev v0; r ip -echo $o route del 10.9/16; r ip -echo $o route del 10.9/16; done; r ip -echo -6 route add 2001:db8:9::/48 via 2001:db8::5; r ip -echo -6 route del 2001:db8:9::/48",
    ),
    (
        "get_prefixes",
        "for p in 10.0.0.0/24 10.0.0.5/32 10.0.0.5/33 default any all ::/0 2001:db8::/64 2001:db8::5/128 '' xx 10.0 10; do r ip route get $p; done; r ip -4 route get default; r ip -6 route get default; r ip -6 route get 10.0.0.5; r ip -4 route get ::1; r ip route get; r ip route get to; r ip route get oif v0; r ip route get 10.0.0.5 10.0.0.6; r ip route get 10.0.0.5 ::1",
    ),
    (
        "get_forwarded",
        "echo 1 >/proc/sys/net/ipv4/ip_forward; ip route add 10.9/16 via 10.0.1.5; for o in '' -d '-s -d' -j '-j -p -d' -o -N -c; do r ip $o route get 10.9.0.1 from 10.0.0.9 iif v0; r ip $o route get 10.0.0.7 from 10.0.0.9 iif v0; r ip $o route get 10.0.1.1 from 10.0.0.9 iif v0; r ip $o route get 10.0.0.255 from 10.0.0.9 iif v0; r ip $o route get 224.0.0.5 from 10.0.0.9 iif v0; r ip $o route get 10.9.0.1 from 10.77.0.9 iif v0; r ip $o route get 8.8.8.8 from 10.0.0.9 iif v0; r ip $o route get 10.9.0.1 iif v0; r ip $o route get 10.9.0.1 from 10.0.0.9 iif v0 mark 5 tos 4; done",
    ),
    (
        "get_connected",
        "ip route add 10.9/16 via 10.0.1.5; for o in '' -d -j '-j -p' -o; do r ip $o route get connected 10.9.0.1; r ip $o route get connected fibmatch 10.9.0.1; r ip $o route get connected 10.9.0.1 from 10.0.0.1; r ip $o route get notify 10.9.0.1; ip route flush cache; r ip $o route get connected 2001:db8::5; r ip $o route get 10.0.0.5 connected fibmatch; done",
    ),
    (
        "get_fibmatch",
        "ip route add 10.9/16 metric 5 nexthop via 10.0.0.5 nexthop via 10.0.1.5; ip route add blackhole 10.10/16; ip -6 route add 2001:db8:9::/48 mtu 1400 nexthop via 2001:db8::5 nexthop via 2001:db8:1::5; ip -6 route add blackhole 2001:db8:10::/48; for o in '' -d -j '-j -p -d' -o -s; do for a in 10.9.0.1 10.10.0.1 10.0.0.1 10.0.0.255 127.0.0.1 8.8.8.8 2001:db8:9::1 2001:db8:10::1 2001:db8::1 ::1 2001:5::1; do r ip $o route get fibmatch $a; done; done",
    ),
    (
        "get_unreachable",
        "ip route add unreachable 10.9/16; ip route add prohibit 10.10/16; ip route add blackhole 10.11/16; ip route add throw 10.12/16; ip -6 route add unreachable 2001:db8:9::/48; ip -6 route add prohibit 2001:db8:10::/48; ip -6 route add blackhole 2001:db8:11::/48; for o in '' -j -s; do for a in 10.9.0.1 10.10.0.1 10.11.0.1 10.12.0.1 8.8.8.8 2001:db8:9::1 2001:db8:10::1 2001:db8:11::1 2001:5::1; do r ip $o route get $a; done; done",
    ),
    (
        "resolve",
        "printf '10.0.0.5 gw\\n10.0.0.1 me\\n10.9.1.1 host\\n2001:db8::5 gw6\\n2001:db8:9::1 host6\\n' >/run/hosts; mount --bind /run/hosts /etc/hosts; : >/run/resolv; mount --bind /run/resolv /etc/resolv.conf; ip route add 10.9.1.1 via 10.0.0.5; ip route add 10.10/16 nexthop via 10.0.0.5 nexthop dev v1; ip -6 route add 2001:db8:9::1 via 2001:db8::5; r ip -r route; r ip -r -6 route; r ip -r -j route; r ip -r route get 10.9.1.1; r ip -r route get 10.9.1.1 from 10.0.0.1; r ip -r route get 2001:db8:9::1; r ip -r route show via 10.0.0.0/24",
    ),
    (
        "namespaces",
        "ip netns add ns1; ip link set w1 netns ns1; ip -n ns1 link set w1 up; ip -n ns1 address add 10.9.0.2/24 dev w1; r ip -n ns1 route; r ip -n ns1 route add default via 10.9.0.1; r ip -n ns1 -d route; r ip -netns ns1 -j route get 10.9.0.7; r ip -n ns1 route flush table main; r ip -n ns1 route",
    ),
    (
        "batch_stops_at_the_first",
        "printf 'route add 10.9/16 via 10.0.0.5\\nroute add 10.9/16 via 10.0.0.5\\nroute add 10.10/16 via 10.0.0.5\\n' >/run/b; r ip -b /run/b; r ip route; r ip -force -b /run/b; r ip route; r ip -b - </run/b; r ip -force -b - </run/b",
    ),
    (
        "batch_prints_in_order",
        "printf 'route add 10.9/16 via 10.0.0.5\\nroute show 10.9/16\\nroute add 10.9/16 via 10.0.0.5\\nroute get 10.9.0.1\\nroute add 10.10/16 dev v1\\nroute show dev v1\\nroute del 10.9/16\\nroute flush 10.10/16\\nroute\\n' >/run/b; for o in '' -j '-d -o' '-s -s'; do r ip $o -force -b /run/b; done",
    ),
    (
        "batch_links_change",
        "printf 'route add 10.9/16 dev w0\\nlink set w0 down\\nlink set w0 name x0\\nroute add 10.10/16 dev v0\\nlink set x0 up\\nroute add 10.11/16 dev x0\\nroute add 10.12/16 dev w0\\nroute show dev x0\\nroute\\n' >/run/b; r ip -force -b /run/b; r ip route",
    ),
    (
        "batch_6",
        "printf 'route add 2001:db8:9::/48 via 2001:db8::5\\nroute add 2001:db8:9::/48 via 2001:db8::5\\nroute add default dev v0\\nroute\\n' >/run/b; r ip -6 -force -b /run/b; r ip -6 -b /run/b",
    ),
    (
        "batch_of_10000",
        "for i in $(seq 0 9999); do echo route add 20.0.$((i/256)).$((i%256)) via 10.0.0.5; done >/run/b; r ip -b /run/b; ip route | wc -l; ip route show root 20/8 | sha1sum; r ip -force -b /run/b >/run/o 2>&1; sha1sum /run/o",
    ),
    (
        "closed_pipe",
        "for i in $(seq 0 4999); do echo route add 20.0.$((i/256)).$((i%256)) via 10.0.0.5; done >/run/b; ip -b /run/b; ip route | head -3; ip -j route | head -c 50; ip -6 route | true",
    ),
    (
        "duplicate_words",
        "r ip route add 10.9/16 dev v0 metric 5 metric 6 mtu 100 mtu 200 proto 5 proto 6 scope link scope host src 10.0.0.1 src 10.0.0.1 table 7 table 8 tos 4 tos 8; r ip -d route show table 8; r ip route show dev v0 dev v1 proto static proto kernel table 8 table main scope host scope link; r ip route show 10.9/16 10.0.0.0/24; r ip route get 10.0.0.5 oif v1 oif v0 mark 5 mark 6",
    ),
    (
        "cables_names",
        "r ip link set w0 down; r ip link set w0 name 'x y' ; r ip link set w0 name ü; r ip link set ü up; r ip route add 10.9/16 dev ü; r ip route show 10.9/16; r ip -j route show 10.9/16",
    ),
    (
        "unsupported_addresses",
        "r ip route add 10.9/16 via 10.0.0.5/24; r ip route add 10.9/16 via 10.0.0.5 via 10.0.0.6; r ip route add 10.9/16 via foo 10.0.0.5; r ip route add 10.9/16 via ::1; r ip route add 2001:db8:9::/48 via 10.0.0.5; r ip -6 route add 2001:db8:9::/48 via inet 10.0.0.5; r ip route add 10.9/16 src ::1; r ip route add 10.9/16 as ::1; r ip route add as 10.1/33; r ip route add via xx; r ip route add default src ::1 via 10.0.0.5",
    ),
    (
        "old_features",
        "for f in ecn tcp_usec_ts sack timestamp allfrag 1 xx 'ecn ecn' 'ecn tcp_usec_ts' 'lock ecn'; do r ip route replace 10.9/16 dev v0 features $f; r ip route show 10.9/16; done",
    ),
    (
        "get_in_batch_ends",
        "for c in 'add xx' 'add 10.1/16 mtu x' 'add 10.1/16 via xx' 'add 10.1/16 dev nope' 'add' 'show xx' 'show table xx' 'show table 77' 'get xx' 'get' 'get 10.0.0.5 oif nope' 'add 10.1/16 nexthop xx' 'add 10.1/16 nexthop' 'add 10.1/16 nexthop dev nope' 'show via xx' 'get 10.0.0.5 from xx' 'get 10.0.0.5 uid x' 'xx' 'flush' 'flush table 77' 'flush dev nope' 'add 10.1/16 scope xx' 'add 10.1/16 to 10.2/16' 'add 10.1/16 vrf xx' 'add 10.0.0.0/24 dev v0' 'del 10.9/16' 'get 8.8.8.8'; do printf 'route %s\\nroute show 10.0.0.0/24\\n' \"$c\" >/run/b; r ip -force -b /run/b 2>/run/e; head -1 /run/e; tail -1 /run/e; r ip -b /run/b 2>/run/e; tail -1 /run/e; done",
    ),
    (
        "batch_filters_by_itself",
        "ip route add 10.41/16 nexthop dev v1 nexthop via 10.0.0.5; ip route add blackhole 10.42/16; printf 'route show dev w0\nroute show dev v0\nroute show proto kernel\nroute show table all type unicast\nroute show table 99\nroute flush table 99\nroute show table cache\n' >/run/b; for o in '' -4 -6 -0 -s -j; do r ip $o -b /run/b; done; printf 'route flush cache\nroute flush proto boot\nroute\n' >/run/b; r ip -s -b /run/b",
    ),
    (
        "exceptions",
        "ip netns add r; ip link set v1 netns r; $REF -n r link set v1 up; $REF -n r link set lo up
$REF -n r address add 10.0.0.5/24 dev v1; $REF -n r address add 2001:db8::5/64 dev v1 nodad
$REF -n r link add x0 type veth peer name x1; $REF -n r link set x0 up mtu 1400; $REF -n r link set x1 up mtu 1400
$REF -n r address add 10.7.0.1/24 dev x0; $REF -n r address add 2001:db8:7::1/64 dev x0 nodad
$REF netns exec r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
$REF -n r neigh add 10.7.0.2 lladdr 02:00:00:00:00:99 dev x0; $REF -n r neigh add 2001:db8:7::2 lladdr 02:00:00:00:00:99 dev x0
ip route add 10.7/16 via 10.0.0.5; ip -6 route add 2001:db8:7::/48 via 2001:db8::5; running v0
until $REF -n r -6 route show table local | grep -q 'local 2001:db8::5 ' && $REF -n r -6 route | grep -q '2001:db8:7::'; do :; done
until $REF route get 10.7.0.2 | grep -q mtu; do ${REF%ip}ping -c1 -W1 -s 1450 -M do 10.7.0.2 >/dev/null 2>&1; done
until $REF route get 2001:db8:7::2 | grep -q mtu; do ${REF%ip}ping -6 -c1 -W1 -s 1450 -M do 2001:db8:7::2 >/dev/null 2>&1; done
for o in '' -s -d -j -o '-j -p -s -d'; do r ip $o route get 10.7.0.2; r ip $o route get 2001:db8:7::2; r ip $o route show cache; r ip $o -6 route show cache; r ip $o -6 route show table cache dev v0; r ip $o -6 route; r ip $o route; done
r ip -s -s -6 route flush cache; r ip -6 route show cache; r ip -s route flush cache; r ip route show cache",
    ),
];

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
