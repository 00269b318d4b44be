//! Cases of `ip link`, but for the options of the single kinds: what `show` shows of each set of links in each
//! mode and with each filter, each setting with good and bad values, and errors in every position.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare, compare_help};
use crate::trial;

/// Links to look at. None of them sends packets by itself, so that counters stay.
static SETUPS: &[(&str, &str)] = &[
    ("loopback", "ip link set lo up"),
    (
        "cable",
        "ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
ip link set v1 up",
    ),
    (
        "bridge",
        "ip link add b0 address 02:00:00:00:00:09 type bridge
ip link add v0 address 02:00:00:00:00:01 master b0 type veth peer name v1 address 02:00:00:00:00:02
ip link add v2 address 02:00:00:00:00:03 type veth peer name v3 address 02:00:00:00:00:04 master b0
ip link set v2 up",
    ),
    (
        "settings",
        "ip link add v0 address 02:00:00:00:00:01 mtu 1400 txqueuelen 5 numtxqueues 3 numrxqueues 2 group 5 \
alias 'a text' type veth peer name v1 address 02:00:00:00:00:02
ip link set v0 promisc on allmulticast on arp off multicast off addrgenmode none gso_max_size 50000 \
gso_max_segs 100 gro_max_size 40000 gso_ipv4_max_size 30000 gro_ipv4_max_size 20000
ip link set v1 mode dormant trailers off dynamic on addrgenmode random qlen 0 group 4294967 alias 'quo\"te\\'
ip link property add dev v0 altname other altname a-name-that-is-longer-than-fifteen
ip link property add dev v1 altname v9",
    ),
    (
        "namespaces",
        "ip netns add b0
unshare -n sleep 60 >/dev/null 2>&1 & moved $!
trap \"kill $!\" EXIT
ip link add v0 address 02:00:00:00:00:01 type veth peer netns b0 name v1 address 02:00:00:00:00:02
ip link add v3 address 02:00:00:00:00:03 type veth peer name v4 address 02:00:00:00:00:04
ip link set v4 netns $! >/dev/null",
    ),
    (
        "macvlan",
        "ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
ip link add v2 link v0 address 02:00:00:00:00:03 type macvlan mode bridge
ip link set v2 protodown on
ip link set v2 protodown_reason 3 on
ip netns add x
ip link add v3 link v0 address 02:00:00:00:00:04 netns x type macvlan mode private
ip -n x link set v3 name v0
ip -n x link",
    ),
    (
        "groups",
        "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
for n in 1 2 3; do ip link add v$n address 02:00:00:00:00:0$n group $n type ifb; done
ip link set group 2 up
ip link set v3 group 5",
    ),
];

static MODES: &[&str] = &[
    "",
    "-o",
    "-br",
    "-j",
    "-j -p",
    "-d",
    "-d -j",
    "-d -j -p",
    "-d -o",
    "-s",
    "-s -s",
    "-s -s -j",
    "-s -s -j -p",
    "-d -s -o",
    "-h -s",
    "-h -iec -s -s",
    "-N",
    "-N -d -j",
    "-c",
    "-c -d -s",
    "-4",
    "-6 -d",
    "-0",
    "-br -j",
    "-br -j -p",
    "-br -c",
    "-br -o -s",
];

static FILTERS: &[&str] = &[
    "",
    "up",
    "down",
    "v0",
    "dev v1",
    "v2 up",
    "group default",
    "group 5",
    "master b0",
    "nomaster",
    "v0 nomaster",
    "type veth",
    "type bridge",
    "type bridge_slave",
    "type ifb up",
    "novf",
    "master b0 type veth",
];

/// Filters of which one mode tells all.
static RARE_FILTERS: &[&str] = &[
    "other",
    "a-name-that-is-longer-than-fifteen",
    "a-name-that-is-longer-than-fiftee",
    "v0 type bridge",
    "v0 master b0",
    "v0 group 1",
    "type ''",
    "type nokind",
    "type _slave",
    "type veth_slave",
    "vrf b0",
    "vrf nope",
    "master nope",
    "group nope",
    "group 4294967295",
    "group 4294967296",
    "label x",
    "label 'v*'",
    "label v0 dev v0",
    "scope link",
    "scope nope",
    "permanent",
    "-permanent",
    "dynamic",
    "home",
    "proto 3",
    "proto x",
    "to 192.0.2.1",
    "to x",
    "up down",
    "v0 v1",
    "v0 dev v0",
    "dev",
    "group",
    "master",
    "vrf",
    "type",
    "label",
    "to",
    "nope",
    "''",
    "novf novf",
    "-up",
];

/// The keywords of a link's settings.
static SETTINGS: &[&str] = &[
    "up",
    "down",
    "name",
    "index",
    "link",
    "address",
    "broadcast",
    "brd",
    "txqueuelen",
    "qlen",
    "mtu",
    "netns",
    "multicast",
    "allmulticast",
    "promisc",
    "trailers",
    "arp",
    "carrier",
    "master",
    "vrf",
    "nomaster",
    "dynamic",
    "alias",
    "group",
    "mode",
    "state",
    "numtxqueues",
    "numrxqueues",
    "addrgenmode",
    "link-netnsid",
    "link-netns",
    "protodown",
    "protodown_reason",
    "gso_max_size",
    "gso_max_segs",
    "gro_max_size",
    "gso_ipv4_max_size",
    "gro_ipv4_max_size",
    "parentdev",
];

/// Values that are right for some setting and wrong for the others. No number stands behind `netns`: it would
/// be a process outside of the sandbox.
static VALUES: &[&str] = &[
    "on",
    "off",
    "nope",
    "ON",
    "''",
    "v1",
    "b0",
    "x",
    "2:3:4:5:6:7",
    "1:2",
    "default",
    "dormant",
    "Up",
    "lowerlayerdown",
    "none",
    "stable_secret",
];
static NUMBERS: &[&str] = &[
    "0",
    "2",
    "-1",
    "0x10",
    "010",
    "5x",
    "1500",
    "65535",
    "65536",
    "524281",
    "4294967295",
    "4294967296",
    "99999999999",
];

/// A setting with every value, on a link that is there and on new ones.
fn setting(word: &str) -> String {
    let mut script = String::from(
        "ip netns add x
ip link add b0 address 02:00:00:00:00:09 type bridge
ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
again() { for n in on off nope ON 2 -1 0x10 010 5x 1500 65535 65536 524281 4294967295 4294967296 99999999999 \
default dormant Up lowerlayerdown none stable_secret x; do ip link set $n name v0 2>/dev/null; done; }
",
    );
    let numbers = NUMBERS.iter().filter(|_| word != "netns");
    // What is not a namespace but where they are, the library does not open.
    let values = VALUES.iter().filter(|value| word != "link-netns" || **value != "''");
    for (at, value) in [""].iter().chain(values).chain(numbers).enumerate() {
        script.push_str(&format!(
            "r ip link set v0 {word} {value}\nagain\nr ip link show v0\n\
             r ip link add i{at} address 02:00:00:00:01:{at:02x} {word} {value} type ifb\nr ip link show i{at}\n"
        ));
    }
    if word != "netns" {
        script.push_str(&format!(
            "r ip link set v0 {word} 2 {word} 3\nagain\nr ip link add d0 {word} on {word} off type ifb\n\
             r ip link add d1 {word} 2 {word} 3 type ifb\n"
        ));
    }
    script.push_str("r ip -d link show v0; r ip netns");
    script
}

/// What a batch makes of each kind of failure, with and without `-force`.
static FAILING: &[(&str, &str)] = &[
    ("garbage", "link set lo foo bar"),
    ("no_device", "link set nope up"),
    ("missing_value", "link set lo master"),
    ("bad_flag", "link set lo arp xx"),
    ("bad_switch", "link set lo protodown xx"),
    ("bad_address", "link set lo address xx"),
    ("bad_address_length", "link set lo address 1:2"),
    ("bad_number", "link set lo mtu xx"),
    ("index", "link set lo index 5"),
    ("bad_group", "link set group xx up"),
    ("no_kind", "link add foo"),
    ("unknown_kind", "link add foo type nokind"),
    ("kind_garbage", "link add foo type ifb xx"),
    ("two_names", "link add foo name bar type ifb"),
    ("no_parent", "link add link nope name bar type ifb"),
    ("delete_nothing", "link del"),
    ("delete_no_device", "link del nope"),
    ("delete_refused", "link del lo"),
    ("show_no_device", "link show nope"),
    ("show_no_master", "link show master nope"),
    ("show_garbage", "link show lo lo"),
    ("property_verb", "link property foo"),
    ("property_no_device", "link property add"),
    ("property_bad_name", "link property add dev lo altname a/b"),
    ("property_taken", "link property add dev lo altname lo"),
    ("verb", "link foo"),
    ("netns", "link set lo netns nope"),
    ("too_long_alias", "link set lo name sixteen-bytes-xx"),
];

/// A cable, a bridge and a namespace, for the cases by hand.
const LINKS: &str = "ip netns add n1
ip link add b0 address 02:00:00:00:00:09 type bridge
ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
";

/// Name, and commands behind `ip link` (with `!`: whole commands), one a line.
static BY_HAND: &[(&str, &str)] = &[
    (
        "add_incomplete",
        "add\nadd dev\nadd name\nadd name x1\nadd type\nadd x1 type\nadd link\nadd link v0\nadd link nope name x2\nadd address 02:00:00:00:00:09\nadd x1 mtu\nadd index",
    ),
    (
        "add_names",
        "add x1 x2 type ifb\nadd x1 dev x2 type ifb\nadd x1 name x2 type ifb\nadd name x1 name x2 type ifb\nadd name x1 dev x1 address 02:00:00:00:00:11 type ifb\nadd -5 address 02:00:00:00:00:12 type ifb\nadd name foo%d address 02:00:00:00:00:13 type ifb\nadd dev d address 02:00:00:00:00:14 type ifb\nshow\nadd 'a b' type ifb\nadd a/b type ifb\nadd '' type ifb\nadd . type ifb\nadd sixteen-bytes-xx type ifb\nadd b0 type ifb",
    ),
    (
        "add_auto_names",
        "add address 02:00:00:00:00:11 type ifb\nadd address 02:00:00:00:00:12 type ifb\nadd address 02:00:00:00:00:13 type bridge\nadd address 02:00:00:00:00:14 type veth peer address 02:00:00:00:00:15\nadd address 02:00:00:00:00:16 index 77 type ifb\nshow",
    ),
    (
        "add_behind_the_kind",
        "add x1 type ifb type ifb\nadd x1 type ifb foo\nadd x1 type ifb foo bar\nadd x1 type nokind\nadd x1 type nokind foo\nadd x1 type ''\nadd x1 type dummy foo\nadd x1 type veth foo\nadd x1 type veth peer type ifb\nadd x1 type veth peer name x2 type ifb foo\nadd x1 type veth peer x2 x3\nadd x1 type veth peer mtu x\nadd x1 type veth peer name\nadd x1 type veth peer up",
    ),
    (
        "add_on_a_parent",
        "add link v0 name m1 address 02:00:00:00:01:01 type macvlan\nadd m2 link v0 address 02:00:00:00:01:02 type macvlan mode bridge\nshow\nadd link nope name m3 type macvlan\nadd link '' name m3 type macvlan\nadd link v0 link v1 name m4 address 02:00:00:00:01:04 type macvlan mode private\nadd m5 type macvlan\nadd link lo name m6 address 02:00:00:00:01:06 type ifb\nadd link nope name m7 type macvlan mode foo\nadd link v1 name m8 address 02:00:00:00:01:08 netns n1 type macvlan\nadd link v1 link-netns n1 name m9 address 02:00:00:00:01:09 type macvlan\n!ip -n n1 link\nshow",
    ),
    (
        "add_with_everything",
        "add x3 address 02:00:00:00:00:33 broadcast ff:ff:ff:ff:ff:f0 mtu 1300 txqueuelen 77 alias hey group 4 up arp off promisc on master b0 numtxqueues 3 numrxqueues 2 addrgenmode none type ifb\n!ip -d link show x3\nadd x4 address 02:00:00:00:00:34 master b0 alias one type veth peer name x5 address 02:00:00:00:00:35 mtu 1200 group 5 alias two numtxqueues 4\n!ip -d link show x4\n!ip -d link show x5\nadd parentdev foo name x6 address 02:00:00:00:00:36 type ifb\n!ip -d link show x6",
    ),
    (
        "add_veth_peer_on_a_parent",
        "add x1 address 02:00:00:00:01:01 type veth peer link lo name x2 address 02:00:00:00:01:02\nshow x1\nshow x2\nadd x3 type veth peer link nope name x4\nadd x3 link nope type veth peer name x4 link nopf",
    ),
    (
        "replace",
        "replace\nreplace x8\nreplace x8 address 02:00:00:00:00:38 type ifb\nreplace x8 type ifb\nreplace x8 mtu 1000 type ifb\nreplace x8 address 02:00:00:00:00:39 type ifb\nreplace x8 type bridge\nreplace b0 type bridge ageing_time 1000\nshow x8\n!ip -d link show b0",
    ),
    (
        "change",
        "change v0 mtu 1100\nchange v0\nc v0 mtu 1101\nch v0 up\nshow v0\nchange\nchange nope mtu 5\nchange group default mtu 1200",
    ),
    (
        "set_address",
        "set v0 address 1:2\nset v0 address 1:2:3:4:5:6:7\nset v0 address 02:00:00:00:00:40 address 1:2\nset v0 broadcast 1:2\nset nope address 1:2\nset v0 address 1::2\nset v0 address 0x2:2:3:4:5:6\nset v0 address -1:2:3:4:5:6\nset v0 address 2:2:3:4:5:fff\nset v0 address ''\nset v0 address :\nset v0 address 1.2.3.4\nset v0 address 1.2.3\nset v0 address .\nset v0 address 1:2:3:4:5:6:\nset v0 address 1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21:22:23:24:25:26:27:28:29:30:31:32\nset v0 address 1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21:22:23:24:25:26:27:28:29:30:31:32:33:34:xx\nset lo address 2:2:3:4:5:6\nshow",
    ),
    (
        "set_names",
        "set v0 name v0\nset v0 name v1\nset v0 name 'a b'\nset v0 name a/b\nset v0 name sixteen-bytes-xx\nset name foo\nset name v0 up\nset v0 name w0 name w1\nset v0 name w0\nset dev w0 dev v1\nset w0 v1\nset dev\nset\nshow",
    ),
    (
        "set_up_and_down",
        "set up\nset up v0 down\nset v0 up down\nset v1 down up\nshow\nset v0 up 1\nset up up",
    ),
    (
        "set_flags",
        "set v0 arp off multicast off\nshow v0\nset v0 arp off arp on multicast on promisc on\nshow v0\nset v0 allmulticast on trailers off dynamic on\nshow v0\nset v0 promisc off allmulticast off trailers on dynamic off\nshow v0\nset v0 dyn on\nset v0 d on\nset v0 arp of\nset v0 pro on",
    ),
    (
        "set_abbreviations",
        "set v0 a 02:00:00:00:00:20\nset v0 b ff:ff:ff:ff:ff:f0\nset v0 tx 12\nset v0 al text\nset v0 ma b0\nset v0 nom\nset v0 m b0\nset v0 n\nset v0 addrg none\nset v0 link-n n1\nset v0 link- n1\nset v0 link-netnsi 0\nset v0 li v1\nset v0 t veth\nset v0 ty bridge\nset v0 mt 1400\nset v0 ar off\nset v0 gr 5\nset v0 s up\n!ip -d link show v0\nset v0 numt 3\nset v0 num 3\nadd q0 address 02:00:00:00:00:44 num 3 numr 2 typ ifb\n!ip -d link show q0",
    ),
    (
        "set_index_and_namespace",
        "set v0 index 7\nset v0 netns n1 index 99 name y8\n!ip -n n1 link\n!ip -n n1 link set y8 netns n1\n!ip -n n1 link set y8 netns /proc/self/ns/net index 98\n!ip -n n1 link set y8 netns n1 index 97\n!ip -n n1 link\nset v1 netns n1 netns n1\nset v1 netns /nope\nset v1 netns ''\nset v1 netns nope\nset b0 netns n1\nset lo netns n1\nshow",
    ),
    (
        "set_group",
        "set v0 group 5\nset b0 group 5\nset group 5 mtu 1111\nset group 5 up\nshow group 5\nset group 5 group 6\nset group\nset group foo up\nset group 5 b0 up\nset group 5 dev v0 mtu 1112\nset group 5 name foo\nset group 5 index 3\nset group 5 foo bar\nset group 99 up\nset group 5 type veth\nset group 5 master lo\nset group 5 arp off\nset group default group 7\nshow",
    ),
    (
        "set_kind",
        "set v0 type veth\nset v0 type bridge\nset v0 type nokind\nset v0 type ''\nset v0 type\nset v0 type veth peer v1 mtu 1400\nset v0 type veth peer name v1 mtu 1400\nset v0 type veth peer nope\nset v0 type veth peer\nset v0 type veth peer link nope name v1\nset v0 type nokind foo\nset v0 type ifb foo\nset nope type ifb foo\nset v0 type dummy foo\nshow",
    ),
    (
        "set_master",
        "set v0 master b0\nset v0 master b0\nset v0 master lo\nset v0 master v0\nset v0 master nope\nset v0 vrf b0\nset v0 vrf nope\nset b0 master b0\nshow\nset v0 nomaster\nset v0 nomaster\nset v0 master b0 nomaster\nset lo master b0\nshow",
    ),
    (
        "set_loopback",
        "set lo master lo\nset lo carrier off\nset lo protodown on\nset lo name foo\nset foo name lo\nset lo mode dormant\nset lo state testing\n!ip -d link show lo\nset lo state dormant\nset lo state 6\nset lo addrgenmode random\n!ip -d link show lo\nset lo alias foo\nshow lo\nset lo alias ''\nset lo txqueuelen 0\nshow lo\n!ip -0 link set lo up\n!ip -4 link set lo down\nset lo mtu 0\nset lo mtu 65536\nset lo address 00:00:00:00:00:01\nshow lo",
    ),
    (
        "set_protodown",
        "add link v0 name m0 address 02:00:00:00:00:03 type macvlan\nset m0 protodown on\nset m0 up\nshow m0\n!ip -j link show m0\nset m0 protodown_reason 3 on\nset m0 protodown off\nset m0 protodown_reason 5 on protodown_reason 0 on\n!ip -j -p link show m0\n!ip -d link show m0\nset m0 protodown_reason 3 off\nset m0 protodown_reason 31 on\nshow m0\nset m0 protodown_reason 32 on\nset m0 protodown_reason 1\nset m0 protodown_reason\nset m0 protodown_reason x on\nset m0 protodown_reason 0 off\nset m0 protodown_reason 31 off\nset m0 protodown off\nshow m0",
    ),
    (
        "delete",
        "del v0 v1\ndel v0 foo bar\ndel v0 mtu x\ndel lo\ndel\ndel dev\ndel name nope\ndel nope\ndel type ifb\ndel v0 type foo bar\ndel v0 type veth peer foo\ndel v0 mtu 5 up\nd b0\nshow\ndelete b0",
    ),
    (
        "delete_kind",
        "del b0 type ifb\nadd b1 address 02:00:00:00:00:19 type bridge\ndel b1 type bridge\ndel v0 type nokind\nshow\ndel v1 type",
    ),
    (
        "delete_group",
        "set v0 group 5\nadd i1 address 02:00:00:00:00:21 group 4 type ifb\nadd i2 address 02:00:00:00:00:22 group 4 type ifb\ndel group 99\ndel group\ndel group nope\ndel group default\ndel group 0\ndel group 4 type veth\nshow group 4\ndel v0 group 4\nset b0 group 6\ndel group 6 foo\ndel name b0 group 6\nshow",
    ),
    (
        "verbs",
        "xyz\n''\nsho\nshow\nls\nlst\nlist\nSHOW\nshowx\na\nse v0 up\nd nope\nr\nch\nproperty foo",
    ),
    (
        "property",
        "property add dev lo altname aa\nproperty add dev lo altname aa\nproperty add dev lo altname lo\nproperty add lo altname bb altname cc\nproperty add dev lo a dd\nshow aa\nshow bb\n!ip -br link show aa\n!ip -j -p link show cc\nset aa up\nproperty del dev aa altname bb\nproperty del dev lo altname nope\nproperty del dev lo\nproperty add dev lo\nproperty d dev lo altname aa\nshow aa\nshow lo",
    ),
    (
        "property_errors",
        "property add\nproperty del\nproperty add dev nope altname x\nproperty add altname x\nproperty add dev lo altname\nproperty add dev lo altname 'a b'\nproperty add dev lo altname a/b\nproperty add dev lo altname ''\nproperty add dev lo altname .\nproperty add dev lo foo bar\nproperty add lo lo\nproperty add dev lo dev lo\nproperty foo dev lo\nproperty delete dev lo altname aa\nproperty add dev lo altname a b\nproperty add dev\nproperty ''\nproperty show",
    ),
    (
        "property_long_names",
        "property add dev lo altname long-name-that-is-more-than-fifteen-bytes\nshow long-name-that-is-more-than-fifteen-bytes\nset long-name-that-is-more-than-fifteen-bytes mtu 1500\nset dev long-name-that-is-more-than-fifteen-bytex mtu 1500\nshow long-name-that-is-more-than-fifteen-bytex\nproperty del dev long-name-that-is-more-than-fifteen-bytes altname long-name-that-is-more-than-fifteen-bytes\nshow lo\n!long=$(printf 'n%.0s' $(seq 127)); ip link property add dev lo altname $long; r ip link show $long; r ip link property add dev lo altname ${long}m",
    ),
    (
        "alias_lengths",
        "!long=$(printf 'n%.0s' $(seq 255)); r ip link set v0 alias $long; r ip link show v0; r ip link set v0 alias ${long}n\nset v0 alias 'a
b\tc\"d\\e'\nshow v0\n!ip -o link show v0\n!ip -j link show v0\nset v0 alias ''\nshow v0",
    ),
    (
        "link_netns",
        "set v0 link-netns n1\nset v0 link-netns nope\nset v0 link-netns n1 link-netnsid 3\nset v0 link-netns nope foo\nadd i1 link-netns nope type veth peer foo\nadd i1 link-netns n1 address 02:00:00:00:00:21 type ifb\nset v0 link-netnsid 0\nset v0 link-netnsid 7\nset v0 link-netnsid x\n!ip -n n1 link add n1v0 address 02:00:00:00:00:31 type ifb\nadd link n1v0 link-netns n1 name m9 address 02:00:00:00:01:09 type macvlan\nadd link n1v0 link-netnsid 0 name m8 address 02:00:00:00:01:08 type macvlan\nadd link nope link-netnsid 0 name m10 type macvlan\nadd link v1 link-netnsid 7 name m11 type macvlan\nadd x address 02:00:00:00:02:01 type veth peer link n1v0 link-netnsid 0 name y address 02:00:00:00:02:02\nshow",
    ),
    ("not_there", "show nope\nshow dev nope\nset nope up\nset dev nope up\ndel nope\nset nope netns n1\nset nope master b0"),
    (
        "colors",
        "!ip -c=auto link show lo\n!ip -c=never link show lo\n!ip -c=always link\n!env COLORFGBG='15;0' ip -c link\n!env NO_COLOR=1 ip -c link\n!ip -c -j link show lo\n!ip -c -br link\n!env COLORFGBG='0;15' ip -c -d link show v0",
    ),
    (
        "other_options",
        "!ip -a link show lo\n!ip -r link show lo\n!ip -t link show lo\n!ip -iec link show lo\n!ip -h link show lo\n!ip -force link set nope up\n!ip -d -d link show lo\n!ip -j -br -s link\n!ip -6 link add z0 address 02:00:00:00:00:50 type ifb\n!ip -6 link show z0\n!ip -4 link del z0\n!ip -6 link property add dev lo altname q6\n!ip -n n1 -d link\n!ip -n n1 -j link",
    ),
    ("help_of_a_kind", "help ifb\nhelp dummy\nhelp veth\nhelp veth foo"),
];

/// A script of the cases by hand.
fn by_hand(lines: &str) -> String {
    // A line break inside quotes is no line's end.
    let mut script = String::from(LINKS);
    let mut open = false;
    for line in lines.split('\n') {
        let start = match (open, line.strip_prefix('!')) {
            (true, _) => line.to_owned(),
            (false, Some(whole)) if whole.starts_with("ip ") || whole.starts_with("env ") => format!("r {whole}"),
            (false, Some(whole)) => whole.to_owned(),
            (false, None) => format!("r ip link {line}"),
        };
        script.push_str(&start);
        open ^= line.matches('\'').count() % 2 == 1;
        script.push('\n');
    }
    script
}

/// `ip -s` of links that have counted: more digits than a column has, and rounding.
const COUNTED: &str = "ip link add v0 mtu 65535 address 02:00:00:00:00:01 type veth peer name v1 mtu 65535 \
address 02:00:00:00:00:02
for l in v0 v1; do echo 1 >/proc/sys/net/ipv6/conf/$l/disable_ipv6; done
ip link set v0 up; ip link set v1 up; running v0 v1
ip addr add 10.0.0.1/24 dev v0
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0
send() { head -c $1 /dev/zero | bash -c 'exec 3>/dev/udp/10.0.0.2/9; dd bs='$1' count=1 >&3 2>/dev/null'; }
for n in 957 1 53 960 1000 7996 40000 60000 899 20; do
send $n
for m in -s '-s -s' '-h -s' '-h -iec -s' '-h -s -s' '-j -h -s'; do r ip $m link show v0; r ip $m link show v1; done
done";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    let mut add = |name: String, script: String| {
        trials.push(trial(&format!("ip_link::{name}"), move || compare(&script, Mask::Nothing)));
    };
    for (setup, links) in SETUPS {
        for mode in MODES {
            let shows: String = FILTERS.iter().map(|filter| format!("r ip {mode} link show {filter}\n")).collect();
            let label: String = mode.split(' ').collect();
            add(format!("show_{setup}{label}"), format!("{links}\n{shows}"));
        }
        for mode in ["", "-j"] {
            let shows: String = RARE_FILTERS.iter().map(|filter| format!("r ip {mode} link show {filter}\n")).collect();
            add(format!("show_rare_{setup}{mode}"), format!("{links}\n{shows}"));
        }
    }
    for word in SETTINGS {
        add(format!("setting_{word}"), setting(word));
    }
    for (name, line) in FAILING {
        // Each stream by itself: the reference writes standard output later.
        let tries: String = ["", "-force"]
            .iter()
            .map(|force| format!("printf '%s\\n' '{line}' 'link show lo' >/run/batch; r ip {force} -b /run/batch\n"))
            .collect();
        add(format!("batch_{name}"), tries);
    }
    for (name, lines) in BY_HAND {
        add(format!("by_hand_{name}"), by_hand(lines));
    }
    add("counted".into(), COUNTED.into());
    trials.push(trial("ip_link::help_has_every_word", || {
        compare_help(&["link help", "link add help", "link show help", "link property help"])
    }));
    trials
}
