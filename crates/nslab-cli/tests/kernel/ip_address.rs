//! Cases of `ip address`, each run with the reference and with ours.
//!
//! - [`SETUPS`] × [`MODES`], [`MORE_MODES`], [`DETAILED`]: the filters in every mode of printing;
//! - [`FLUSHED`]: flush with each filter, in each mode, and what is left;
//! - [`KEYWORDS`]: each word of `add` with its value missing, empty, wrong, right, and given twice;
//! - [`CASES`]: the rest, by hand.
//!
//! Links stay down or without carrier, so that no address changes of itself.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare};
use crate::trial;

/// A cable from `v0` to `v1`, and a bridge.
const LINKS: &str = "ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
ip link add br0 address 02:00:00:00:00:09 type bridge
";

/// Name, and script behind [`LINKS`].
static SETUPS: &[(&str, &str)] = &[
    ("nothing", ""),
    (
        "plain",
        "ip link set lo up
ip a a 10.0.0.1/24 dev v0
ip a a 10.0.0.2/24 dev v0
ip a a 10.0.0.3/25 dev v0 brd + scope link
ip a a 2001:db8::1/64 dev v1 nodad
",
    ),
    (
        "rich",
        "ip link set v0 up
ip a a 10.0.0.1 peer 10.9.0.1/24 dev v0 proto 8
ip a a 10.0.1.1/24 dev br0 label br0:x metric 7 brd 10.0.1.255
ip a a 10.0.2.1/24 dev br0 valid_lft 5000 preferred_lft 4000
ip a a 10.0.2.2/24 dev br0 valid_lft 5000 preferred_lft 0 noprefixroute
ip a a 2001:db8:1::1/64 dev br0 valid_lft 5000 preferred_lft 5000
ip a a 2001:db8:2::1/64 dev br0 mngtmpaddr home noprefixroute
ip a a 2001:db8:3::1 peer 2001:db8:3::2/128 dev br0 nodad metric 99
ip a a 224.5.6.7/32 dev br0 autojoin
",
    ),
    (
        "port",
        "ip link set lo up
ip link set v1 master br0
ip link set br0 up
ip a a 10.0.0.1/24 dev v0
ip a a 10.0.1.1/24 dev v1 scope host proto 250
ip a a 10.0.2.1/24 dev br0 scope 200
ip a a 2001:db8::1/64 dev br0 nodad
",
    ),
];

/// Options with which every filter is tried.
static MODES: &[&str] = &["", "-o", "-br", "-j", "-4", "-6", "-0", "-o -j"];

/// Options with which every fourth filter is tried.
static MORE_MODES: &[&str] = &[
    "-j -p", "-N", "-c", "-r", "-br -j", "-4 -j", "-6 -br", "-0 -o", "-0 -j", "-4 -o", "-br -c", "-o -c", "-h", "-t",
    "-6 -j", "-s", "-s -s", "-s -j", "-s -br", "-s -6", "-s -o", "-0 -s", "-h -s",
];

/// The same.
static DETAILED: &[&str] = &["-d", "-d -j", "-d -4", "-d -6", "-d -s", "-d -br", "-d -o", "-d -0", "-d -N"];

static FILTERS: &[&str] = &[
    "",
    "v0",
    "dev br0",
    "lo up",
    "up",
    "down",
    "up down",
    "to 10.0.0.0/16",
    "to 10.0.0.1",
    "to 10.0.0.1/24",
    "dev v0 to 10.0.0.2",
    "to any",
    "to default",
    "to 0/0",
    "to ::/0",
    "to 2001:db8::/32 up",
    "to 10/8 up",
    "scope link",
    "scope global",
    "scope host",
    "scope 200",
    "scope all",
    "scope link scope global",
    "label v*",
    "label br0:x",
    "label nothing",
    "label ?0",
    "label [lv]*",
    "dynamic",
    "permanent",
    "tentative",
    "deprecated",
    "dadfailed",
    "temporary",
    "primary",
    "secondary",
    "home",
    "nodad",
    "optimistic",
    "mngtmpaddr",
    "noprefixroute",
    "autojoin",
    "stable-privacy",
    "-dynamic",
    "-permanent",
    "-tentative",
    "-deprecated",
    "-dadfailed",
    "-temporary",
    "-primary",
    "-secondary",
    "-home",
    "-nodad",
    "-mngtmpaddr",
    "-noprefixroute",
    "-autojoin",
    "secondary -dynamic",
    "type veth",
    "type bridge",
    "type bridge_slave",
    "type nokind",
    "type bridge dev v0",
    "master br0",
    "master br0 dev v1",
    "master br0 dev v0",
    "nomaster",
    "nomaster dev v1",
    "group default",
    "group 0",
    "group 7",
    "proto 8",
    "proto 250",
    "proto 0",
    "dev v0 up scope global",
    "dev br0 dynamic label br0",
];

/// What flush is about.
static FLUSHED: &[&str] = &[
    "dev br0",
    "br0",
    "to 10.0.0.0/8",
    "to ::/0",
    "to 10.0.2.1 dev br0",
    "scope link",
    "scope global dev br0",
    "label br0:*",
    "label v0",
    "secondary",
    "primary dev br0",
    "dynamic",
    "permanent dev br0",
    "-dynamic dev v0",
    "deprecated",
    "up",
    "down dev v0",
    "up dev br0",
    "type bridge",
    "master br0",
    "group 9",
    "proto 8",
    "nomaster dev br0",
    "tentative",
    "to 99.0.0.0/8",
];

static FLUSH_MODES: &[&str] =
    &["", "-s", "-s -s", "-4 -s -s", "-6 -s", "-0", "-o -s -s", "-j -s -s", "-br -s -s", "-l 1 -s", "-l 3 -s -s"];

/// Words of `add` that take a value, and two good values for them.
static KEYWORDS: &[(&str, &str, &str)] = &[
    ("peer", "10.2.0.9", "10.2.0.8/30"),
    ("remote", "10.2.0.9/24", "10.2.0.8/30"),
    ("broadcast", "+", "10.2.0.8"),
    ("brd", "-", "10.2.0.8"),
    ("br", "10.2.0.255", "+"),
    ("anycast", "10.2.0.9", "10.2.0.8"),
    ("label", "br0:1", "other"),
    ("scope", "link", "0x10"),
    ("metric", "100", "0x10"),
    ("priority", "100", "0"),
    ("preference", "100", "4294967295"),
    ("valid_lft", "forever", "4294967295"),
    ("preferred_lft", "5000", "0"),
    ("proto", "7", "kernel_ra"),
    ("dev", "v1", "v0"),
    ("local", "10.2.0.2/24", "10.2.0.3"),
];

/// Flags of `add`, most of which only the kernel or only IPv6 may have.
static FLAGS: &[&str] = &[
    "home",
    "mngtmpaddr",
    "nodad",
    "optimistic",
    "noprefixroute",
    "autojoin",
    "secondary",
    "temporary",
    "tentative",
    "deprecated",
    "dadfailed",
    "permanent",
    "stable-privacy",
    "dynamic",
    "primary",
    "-nodad",
];

/// Name of the case, and its script behind [`LINKS`].
static CASES: &[(&str, &str)] = &[
    (
        "peer_and_prefix_lengths",
        "r ip a a 10.1.0.1/24 dev v0 peer 10.1.0.9; r ip a a 10.1.1.1 peer 10.1.2.9/24 dev v0; r ip a a 10.1.1.1/24 peer 10.1.3.9/25 dev v0; r ip a a peer 10.1.4.9/25 10.2.1.1/24 dev v0; r ip a a peer 10.1.5.9 10.3.1.1/24 dev v0; r ip a a 10.1.6.1 peer 10.1.6.1 dev v0; r ip a s v0; r ip -br -j a s v0",
    ),
    (
        "peer_of_another_family",
        "r ip a a 10.1.6.1 peer ::1 dev v0; r ip a a 2001:db8::1 peer 10.0.0.1 dev v0; r ip -6 a a 2001:db8::1 peer 10.0.0.1 dev v0; r ip a a peer 10.1.6.1 dev v0; r ip a a peer ::1 dev v0",
    ),
    (
        "words_for_none",
        "for w in default any all; do for o in '' -4 -6; do r ip $o a a $w dev br0; r ip $o a a 10.1.1.1/24 peer $w dev br0; r ip $o a a $w peer 10.1.1.1/24 dev br0; r ip $o a a 10.2.1.1 brd $w dev br0; r ip $o a a 2001:db8::1 peer $w dev br0; r ip $o a d $w dev br0; r ip $o a d 10.1.1.1/24 peer $w dev br0; r ip $o a a 2001:db8::/64 anycast $w dev br0; r ip $o a a brd $w dev br0; ip a s br0; done; done",
    ),
    (
        "no_address",
        "r ip a a dev v0; r ip -4 a a dev v0; r ip -6 a a dev v0; r ip a d dev v0; r ip -4 a d dev v0; r ip -6 a d dev v0; r ip a a; r ip a d; r ip a change; r ip a replace",
    ),
    (
        "broadcast",
        "r ip a a 10.4.0.1/24 brd + dev v0; r ip a a 10.4.1.1/24 brd - dev v0; r ip a a 10.4.2.1/24 brd 10.4.2.7 dev v0; r ip a a 10.4.3.1/32 brd + dev v0; r ip a a 10.4.4.1/31 brd + dev v0; r ip a a 10.4.5.1/30 brd + dev v0; r ip a a 10.4.7.1 peer 10.4.8.1/24 brd + dev v0; r ip a a 10.4.12.1/0 brd + dev v0; r ip a a 10.4.9.1/24 broadcas + dev v0; r ip a a 10.4.10.1/24 b + dev v0; r ip a a brd + 10.4.11.1/24 dev v0; r ip a s v0; r ip -j a s v0",
    ),
    (
        "broadcast_wrong",
        "r ip a a 2001:db8::1/64 brd + dev v0; r ip a a 2001:db8::1/64 brd 2001:db8::2 dev v0; r ip a a 10.4.6.1/24 brd ::1 dev v0; r ip a a brd + dev v0; r ip a a brd 10.1.1.1 dev v0; r ip a a 10.4.11.1/24 brd 1.2.3.4/24 dev v0; r ip a a 10.4.13.1/24 brd + brd - dev v0",
    ),
    (
        "labels",
        "r ip a a 10.6.0.1/24 label v0:1 dev v0; r ip a a 10.6.1.1/24 label foo dev v0; r ip a a 10.6.3.1/24 label '' dev v0; r ip a a 2001:db8:6::1/64 label v0:1 nodad dev v0; r ip a a 10.6.6.1/24 label v0:123456789012 dev v0; r ip a a 10.6.7.1/24 label v0:1234567890123 dev v0; r ip a s v0; r ip -j a s v0; r ip -br a s label v0:1; r ip -br a s label ''",
    ),
    (
        "lifetimes",
        "for l in 100 0 forever foreve x -1 4294967295 4294967296 0x10; do r ip a a 10.8.1.1/24 valid_lft $l dev v0; r ip a a 10.8.2.1/24 preferred_lft $l dev v0; r ip a a 10.8.3.1/24 valid_lft $l preferred_lft 100 dev v0; r ip a a 10.8.4.1/24 preferred_lft $l valid_lft 50 dev v0; done; r ip a s v0; r ip -j a s v0",
    ),
    (
        "lifetimes_of_ipv6",
        "r ip a a 2001:db8::1/64 valid_lft 5000 preferred_lft 4000 nodad dev v0; r ip a a 2001:db8::2/64 preferred_lft 0 nodad dev v0; r ip a a 2001:db8::3/64 valid_lft 0 dev v0; r ip a s v0; r ip a change 2001:db8::1/64 dev v0; r ip a change 2001:db8::2/64 valid_lft 5000 preferred_lft 5000 dev v0; r ip a s v0; r ip -j -p a s v0",
    ),
    (
        "change",
        "r ip a change 10.1.1.1/24 dev v0; r ip a chg 10.1.1.1/24 dev v0 valid_lft 5000 preferred_lft 4000; r ip a s v0; r ip a c 10.1.1.1/24 dev v0 noprefixroute; r ip a change 10.1.1.1/25 dev v0; r ip a change 2001:db8::1/64 dev v0 nodad; r ip a change 2001:db8::1/64 dev v0 valid_lft 5000 preferred_lft 5000; r ip a s v0; r ip a ch 10.1.1.1/24 metric 5 dev v0; r ip a s v0",
    ),
    (
        "replace",
        "r ip a replace 10.1.1.2/24 dev v0; r ip a repl 10.1.1.2/24 dev v0 valid_lft 60 preferred_lft 20; r ip a r 10.1.1.1/24 metric 5 dev v0 label v0:3; r ip a replace 2001:db8::2/64 dev v0; r ip a replace 2001:db8::2/64 dev v0 nodad home; r ip a s v0; r ip a replace 10.1.1.2/24 dev nope; r ip a replace",
    ),
    (
        "delete",
        "ip a a 10.1.1.1/24 dev v0; ip a a 10.1.1.2/24 dev v0; r ip a del 10.1.1.1/25 dev v0; r ip a del 10.1.1.0/24 dev v0; r ip a del 10.1.1.1/24 label foo dev v0; r ip a del 10.1.1.1/24; r ip a del 10.1.1.1/24 dev v1; r ip a del 10.1.1.1/24 dev nope; r ip a del 10.1.1.1/24 dev v0; r ip -br a s v0; r ip a d 10.1.1.1/24 dev v0; r ip a del 2001:db8::1/64 dev v0; r ip a del",
    ),
    (
        "delete_any_prefix_length",
        "ip a a 10.1.1.1/24 dev v0; r ip a del 10.1.1.1 dev v0; r ip a del 10.1.1.1 dev v0; ip a a 10.1.1.1/32 dev v0; r ip a del 10.1.1.1/32 dev v0; r ip a del 10.1 dev v0; r ip a del 010.1.1.1 dev v0; ip a a 2001:db8::1/64 dev v0; r ip a del 2001:db8::1 dev v0; r ip a del 2001:db8::1/64 mngtmpaddr dev v0; ip a a 10.1.1.1 peer 10.1.2.1/24 dev v0; r ip a del 10.1.1.1 peer 10.1.2.1/24 dev v0; ip a a 10.1.1.1/24 label v0:1 dev v0; r ip a del 10.1.1.1 label v0:1 dev v0; r ip a s v0",
    ),
    (
        "delete_with_other_words",
        "ip a a 10.5.5.5/24 dev v0; r ip a d 10.5.5.5/24 nodad dev v0; ip a a 10.5.5.5/24 dev v0; r ip a d 10.5.5.5 nodad valid_lft 0 dev v0; r ip a d 10.5.5.5/24 valid_lft 0 dev v0; r ip a d 10.5.5.5/24 brd + dev v0; r ip a d 10.5.5.5/24 scope link metric 9 dev v0; r ip a s v0",
    ),
    (
        "order_of_complaints",
        "r ip a a 10.5.5.5/24 valid_lft 0; r ip a a 10.5.5.5/24 valid_lft 0 autojoin nodad dev nope; r ip a a 10.5.5.5/24 autojoin nodad dev v0 valid_lft 0; r ip a a 10.5.5.5/24 autojoin nodad dev v0; r ip a a 2001:db8:22::1/64 autojoin nodad dev v0 valid_lft 0 brd +; r ip a a 10.5.5.6/24 secondary home; r ip a a 10.5.5.7/33 nodad dev v0; r ip a a nodad 10.5.5.7/33 dev v0",
    ),
    (
        "flags_before_the_address",
        "r ip a a nodad 10.6.0.1/24 dev v0; r ip a a nodad 2001:db8:6::1/64 dev v0; r ip a a noprefixroute 10.6.1.1/24 dev v0; r ip -6 a a nodad 2001:db8:6::2/64 dev v0; r ip a s v0",
    ),
    (
        "autojoin",
        "r ip a a 224.1.1.1/32 autojoin dev v0; r ip a a ff02::55/64 autojoin nodad dev v0; r ip a a ff02::56/64 dev v0; r ip a a 224.1.1.2/24 dev v0; r ip a s v0",
    ),
    (
        "scopes",
        "for s in global link host site nowhere 0 100 255 256 -1 0x10 foo ''; do r ip a a 10.1.$((i=i+1)).1/24 scope $s dev v0; r ip a a 2001:db8:$i::1/64 scope $s nodad dev v0; done; r ip a s v0; r ip -N a s v0; r ip -j a s v0",
    ),
    (
        "show_wrong_words",
        "r ip a s to; r ip a s to xx; r ip a s to 10.0.0.0/33; r ip -6 a s to 10/8; r ip -4 a s to ::/0; r ip a s to 10/8 to ::/0; r ip a s scope; r ip a s scope foo; r ip a s scope 300; r ip a s scope ''; r ip a s label; r ip a s group; r ip a s group nope; r ip a s group -1; r ip a s group ''; r ip a s master; r ip a s master nope; r ip a s vrf; r ip a s vrf nope; r ip a s vrf br0; r ip a s type; r ip a s proto; r ip a s proto 256; r ip a s proto -1; r ip a s proto kernel_lo; r ip a s proto ''",
    ),
    (
        "show_wrong_devices",
        "r ip a s dev; r ip a s dev nope; r ip a s dev lo dev v0; r ip a s lo v0; r ip a s ''; r ip a s 'a b'; r ip a s averyveryverylongname; r ip a s dev a/b; r ip a s nope up; r ip a s up nope dev; r ip a s to 10/8 nope; r ip a s -foo; r ip a s -up; r ip -j a s nope; r ip -br a s nope",
    ),
    (
        "show_link_family_takes_no_prefix",
        "r ip -0 a s to 10/8; r ip -0 a s to xx; r ip -0 a s to any; r ip -0 a a 1.2.3.4 dev v0; r ip -0 a a ::1 dev v0; r ip -0 a flush to 1.2.3.4; r ip -0 a flush v0; r ip -0 a flush",
    ),
    (
        "show_words_again",
        "r ip -br a s type veth type bridge; ip link set v1 master br0; r ip -br a s master br0 nomaster; r ip -br a s nomaster master br0; r ip -br a s proto 9 proto 8; r ip -br a s label v0 label lo; r ip -br a s group 1 group 0; r ip a s type ''",
    ),
    (
        "label_patterns",
        "ip a a 10.0.0.1/24 dev v0 label v0:1; ip a a 10.0.1.1/24 dev v0; ip a a 2001:db8::1/64 nodad dev v1; for p in 'v[0]' 'v[!0]' 'v[^0]' '\\v0' '' '[v0' 'v[[:digit:]]' 'V0' 'v[0-9]*' '[l' 'v0:?' '*:*' '*' '**0' 'v0\\:1' 'v[]0]'; do r ip -br a s label \"$p\"; done",
    ),
    (
        "brief_with_metric_and_peer",
        "ip a a 10.0.0.1/24 metric 5 dev v0; ip a a 10.0.1.1 peer 10.0.2.1/24 metric 6 dev v0; ip a a 2001:db8::1/64 metric 7 nodad dev v0; r ip -br a s v0; r ip -br -j a s v0; r ip -br -j -p a s v0; r ip -br -o a s v0; r ip -br -4 a; r ip -br -6 a; r ip -br -s a; r ip -br -d a",
    ),
    (
        "protocols_have_names",
        "for p in 0 1 2 3 4 255 kernel_lo kernel_ra kernel_ll unspec 256 static; do r ip a a 10.1.$((i=i+1)).1/24 proto $p dev v0; done; r ip a s v0; r ip -j a s v0; r ip -N a s v0; r ip -N -j a s v0",
    ),
    (
        "resolved",
        "ip link set lo up; ip a a 127.0.0.1 peer 10.0.0.1/24 dev v0; r ip -r a; r ip -r -o a; r ip -r -br a; r ip -r -j a",
    ),
    (
        "elsewhere",
        "ip netns add x; ip link set v0 netns x; r ip -n x a a 10.0.0.1/24 dev v0; r ip -n x a s v0; r ip -n x -br a; r ip -n x -j a; r ip -n x -s a flush dev v0; r ip -br a s v1; r ip a a 10.0.0.1/24 dev v0; r ip -o a s v1; r ip -j -br a s v1",
    ),
    (
        "one_line_and_json",
        "ip link set lo up; ip a a 10.0.0.1/24 dev v0; r ip -o -j a; r ip -o -j a s v0; r ip -o -j a s up; r ip -o -j -p a; r ip -o -j a s nomaster; r ip -o -j -4 a; r ip -o -j a s label v0; r ip -o -j -br a",
    ),
    (
        "flush_wrong_words",
        "r ip a flush; r ip -s a flush; r ip a f; r ip a flush nope; r ip a flush dev nope; r ip a flush dev; r ip a flush xx yy; r ip a flush proto x; r ip a flush scope; r ip a flush vrf br0; r ip a flush to xx; r ip -4 a flush to ::1; r ip a flush dev br0 dev v0",
    ),
    (
        "flush_secondaries_go_along",
        "for v in 0 1; do echo $v >/proc/sys/net/ipv4/conf/br0/promote_secondaries; for i in 1 2 3; do ip a a 10.0.1.$i/24 dev br0; done; r ip -s a flush dev br0; r ip -br a s br0; for i in 1 2 3; do ip a a 10.0.1.$i/24 dev br0; done; r ip -s a flush primary dev br0; r ip -br a s br0; r ip -s a flush secondary dev br0; r ip -br a s br0; r ip -s -s a flush br0; done",
    ),
    (
        "flush_of_many",
        "for i in $(seq 200); do echo \"a a 10.1.$i.1/24 dev v0\"; done | ip -b -; ip -o a s v0 | wc -l; r ip -s a flush dev v0; r ip a s v0; for i in $(seq 150); do echo \"a a 10.1.1.$i/24 dev v0\"; done | ip -b -; r ip -l 1 -s a flush v0; r ip -br a s v0",
    ),
    (
        "no_permission",
        "ip a a 10.0.0.1/24 dev v0; p() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; p ip a a 10.0.0.2/24 dev v0; p ip a d 10.0.0.1/24 dev v0; p ip a flush dev v0; p ip -s -s a flush dev v0; p ip a change 10.0.0.1/24 dev v0; p ip -br a s v0; p ip a flush dev v1",
    ),
    (
        "batch_goes_on_or_ends",
        "b() { printf \"$1\\na s v1\\n\" >/run/b; r ip -br -force -b /run/b; }; ip a a 10.9.9.9/24 dev v0; for c in 'a a 10.0.0.1/24' 'a a xx dev v0' 'a a 2001:db8::1 brd + dev v0' 'a a 10.1.1.1/24 brd xx dev v0' 'a a 10.1.1.1/24 valid_lft 0 dev v0' 'a a 10.1.1.1/24 valid_lft 1 dev v0' 'a a 10.1.1.1/24 autojoin dev v0' 'a a 10.3.0.1/24 dev nope' 'a d 10.3.0.1/24 dev v0' 'a s nope' 'a flush' 'a flush nope' 'a s scope x' 'a foo' 'a a 10.1.1.1/24 scope x dev v0' 'a a 10.1.1.1/24 10.1.1.2 dev v0' 'a s to xx' 'a s master nope' 'a a peer 10.1.1.1 dev v0'; do b \"$c\"; done; printf 'a flush v0\\na s v0\\n' >/run/b; r ip -l 1 -force -b /run/b",
    ),
    (
        "batch_of_many_modes",
        "printf 'a a 10.0.0.1/24 dev v0\\n\\n# no\\na s v0\\na s v1\\na flush v0\\na s v0\\n' >/run/b; for o in '' -j '-j -p' -o -br '-br -j' '-s -s' -4; do r ip $o -b /run/b; done",
    ),
    (
        "words_abbreviated",
        "r ip a a 10.0.0.1/24 dev v0; r ip ad ad 10.0.0.2/24 dev v0; r ip addr add 10.0.0.3/24 dev v0; r ip addre del 10.0.0.3/24 dev v0; r ip a s v0; r ip a l v0; r ip a ls v0; r ip a lst v0; r ip a li v0; r ip a sh v0; r ip a fl v0; r ip a x; r ip a ''; r ip a showx; r ip a S; r ip address sho v0",
    ),
    (
        "addresses_of_many_kinds",
        "for a in 0.0.0.0/8 0.0.0.0 255.255.255.255 224.0.0.1/4 127.1/8 169.254.1.1/16 10.0.0.0/24 10.0.0.255/24 10.0.0.1/31 1/8 0x10.1/16 010.0.0.1/24 ::/128 ::1/128 fe80::1/64 fec0::1/64 ff02::1/128 ::ffff:10.0.0.1/96 2001:db8::/64 fd00::1/127 2001:DB8::AbC/64; do r ip a a $a dev v0; done; r ip a s v0 | sed 's/ tentative//'; r ip -j a s v0 | sed 's/\"tentative\":true,//g'",
    ),
    (
        "prefixes_that_are_none",
        "for a in 1.2.3.4/33 xx 300.1 1.2.3.4/ 1.2.3.4/24/2 1.2.3.4/255.0.255.0 ::1/129 : '' 1.2.3.4.5 1.2.3.4/-1 1.2.3.4/x ::g :::: 1::2::3 ::1/255.0.0.0 1.2.3.4/0x18 1.2.3.4/255.255.0.0 1.2.3.4/0 ::/0 /24 1..2; do r ip a a \"$a\" dev v0; r ip a s to \"$a\"; r ip a d \"$a\" dev v0; done",
    ),
    (
        "devices_that_are_none",
        "for d in nope '' a/b 'a b' . averyveryverylongname 1 -1 lo: V0; do r ip a a 10.0.0.1/24 dev \"$d\"; r ip a d 10.0.0.1/24 dev \"$d\"; r ip a flush dev \"$d\"; r ip a s master \"$d\"; done",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut add = |name: String, script: String| {
        let script = format!("{LINKS}{script}");
        trials.push(trial(&format!("ip_address::{name}"), move || compare(&script, Mask::Nothing)));
    };
    for (setup, script) in SETUPS {
        // A bridge that is up has timers that run, and sends now and then.
        let steady = |mode: &&&str| *setup != "port" || !(mode.contains("-s") || mode.contains("-d"));
        let rare = MORE_MODES.iter().chain(DETAILED).filter(steady).enumerate();
        let rare = rare.map(|(at, mode)| (mode, at % 4, 4));
        for (mode, first, step) in MODES.iter().map(|mode| (mode, 0, 1)).chain(rare) {
            let filters = FILTERS.iter().skip(first).step_by(step);
            let shows: String = filters.map(|filter| format!("set -f; r ip {mode} a s {filter}\n")).collect();
            add(format!("show_{setup}_{}", called(mode)), format!("{script}{shows}"));
        }
    }
    for filter in FLUSHED {
        let (_, rich) = SETUPS[2];
        let rounds: String = FLUSH_MODES
            .iter()
            .map(|mode| format!("{{ {rich}}} 2>/dev/null\nr ip {mode} a flush {filter}\nip -o a\n"))
            .collect();
        add(format!("flush_{}", called(filter)), format!("set -f\n{rounds}"));
    }
    for (word, one, other) in KEYWORDS {
        let mut script = String::new();
        for (at, value) in ["", "''", "xx", one, other, "-1", "4294967296", "::1"].into_iter().enumerate() {
            script += &format!("r ip a a 10.2.{at}.1/24 dev br0 {word} {value}\n");
            script += &format!("r ip a a 2001:db8:{at}::1/64 nodad dev br0 {word} {value}\n");
        }
        script += &format!("r ip a a 10.3.0.1/24 dev br0 {word} {one} {word} {other}\nr ip a s dev br0\n");
        script +=
            &format!("r ip a change 10.2.3.1/24 dev br0 {word} {other}\nr ip a d 10.2.3.1/24 dev br0 {word} {one}\n");
        script += "r ip a; r ip -j a";
        add(format!("add_{word}"), script);
    }
    for flag in FLAGS {
        let script = format!(
            "for v in 'add 10.9.0.1/24' 'add 2001:db8::1/64' 'change 10.9.0.1/24' 'replace 2001:db8::1/64 home' \
             'add 224.1.1.1/32' 'add ff02::99/128' 'del 10.9.0.1/24' 'del 2001:db8::1/64'; do \
             r ip a $v {flag} dev br0; r ip a s br0; done; r ip -6 a a {flag} 2001:db8:1::1/64 dev br0; r ip -j a s br0"
        );
        add(format!("flag_{flag}"), script);
    }
    for (name, script) in CASES {
        add((*name).into(), (*script).into());
    }
    trials.push(trial("ip_address::help_has_every_word", || {
        crate::differential::compare_help(&["a help", "a add help", "a s help"])
    }));
    trials
}

/// A name for a trial, from options or words.
fn called(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    if words.is_empty() { "plain".into() } else { words.join("_") }
}
