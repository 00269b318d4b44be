//! Cases of `ip nexthop`, each run with the reference and with ours.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare, compare_help};
use crate::trial;

/// Ways to ask for the same.
const MODES: &[&str] = &[
    "",
    "-o",
    "-br",
    "-j",
    "-j -p",
    "-d",
    "-d -j -p",
    "-s",
    "-s -s",
    "-s -d -j -p",
    "-s -s -j -p",
    "-o -s",
    "-N",
    "-N -d -j",
    "-c=always",
    "-r",
    "-4",
    "-6",
    "-0",
    "-B",
    "-M",
];

/// Links, and addresses on them. `u` runs a command whose help, which is in other words, may come.
const LINKS: &str = "u() { echo \"+ $*\"; \"$@\" >/run/u 2>&1; s=$?; if grep -q ^Usage: /run/u; then echo usage; else cat /run/u; fi; echo \"= $s\"; }
ip link set lo up
ip link add v0 index 50 address 02:00:00:00:00:01 type veth peer name v1 index 51 address 02:00:00:00:00:02
ip link add br0 index 52 address 02:00:00:00:00:03 type bridge; ip link set v1 master br0
ip link set v0 up; ip link set v1 up; ip link set br0 up; running v0 v1
ip addr add 10.0.0.1/24 dev v0; ip -6 addr add 2001:db8::1/64 dev v0 nodad
";

/// Some of each kind.
const SOME: &str = "some() { ip -b - <<'END'
nexthop add id 1 via 10.0.0.2 dev v0
nexthop add id 2 via 10.0.0.3 dev v0 proto bgp
nexthop add id 3 via 2001:db8::2 dev v0 proto 99
nexthop add id 4 blackhole
nexthop add id 5 dev v1
nexthop add id 6 group 1/2,300
nexthop add id 8 group 1/2 type resilient buckets 4 idle_timer 60
nexthop add id 9 via 10.0.0.9 fdb
nexthop add id 10 group 9 fdb
END
}
some
";

/// Name of the setup, and nexthops that it adds.
static SETUPS: &[(&str, &[&str])] = &[
    ("none", &[]),
    (
        "gateways",
        &[
            "id 1 via 10.0.0.2 dev v0",
            "id 2 via 10.0.0.3 dev v0 onlink proto static",
            "id 3 via 2001:db8::2 dev v0 protocol 99",
            "id 4 via 10.9.0.2 dev v0 onlink",
            "id 5 via inet6 fe80::5 dev v0",
            "id 4294967295 via 10.0.0.9 dev v0",
            "via 10.0.0.10 dev v0",
        ],
    ),
    (
        "without_gateway",
        &["id 4 blackhole", "-6 id 5 blackhole proto 200", "id 6 dev v0", "-6 id 7 dev v0", "id 8 dev lo"],
    ),
    (
        "groups",
        &[
            "id 1 via 10.0.0.2 dev v0",
            "id 2 via 2001:db8::2 dev v0",
            "id 10 group 1/2",
            "id 11 group 1,5/2,11 proto zebra",
            "id 12 group 1,256",
            "id 13 group 1,257/2,65535",
            "id 14 group 2/1 hw_stats on",
            "id 15 group 1 type mpath",
        ],
    ),
    (
        "resilient",
        &[
            "id 1 via 10.0.0.2 dev v0",
            "id 2 via 10.0.0.3 dev v0",
            "id 10 group 1/2 type resilient buckets 4",
            "id 11 group 1,3/2 type resilient buckets 8 idle_timer 60 unbalanced_timer 300 proto bird",
            "id 12 group 1 type resilient idle_timer 1234567 buckets 1 hw_stats on",
            "id 13 group 2 type resilient buckets 2 unbalanced_timer 2000000 idle_timer 0",
        ],
    ),
    (
        "fdb",
        &[
            "id 1 via 10.0.0.2 fdb",
            "id 2 via 10.0.0.3 fdb proto static",
            "id 3 via 2001:db8::3 fdb",
            "id 10 group 1/2 fdb",
            "id 11 group 3 fdb proto 4",
            "id 12 group 1/2 type resilient buckets 2 fdb",
        ],
    ),
];

/// A word of a new nexthop, and what stands around each of its values (`{}`).
static WORDS: &[(&str, &str, &[&str])] = &[
    ("nothing", "{}", &["", "id 7", "help", "h", "foo", "to 5", "scope link", "nhid 3", "master v0", "groups"]),
    (
        "id",
        "id {} via 10.0.0.4 dev v0",
        &["0", "1", "7", "-1", "x", "0x7", "010", "4294967295", "4294967296", "7 id 11", ""],
    ),
    (
        "via",
        "id 7 via {} dev v0",
        &[
            "",
            "x",
            "10.0.0.4",
            "10.0.0.4/24",
            "10.4",
            "inet 10.0.0.4",
            "inet6 2001:db8::4",
            "inet6 10.0.0.4",
            "inet 2001:db8::4",
            "inet",
            "bridge 10.0.0.1",
            "link 02:00:00:00:00:01",
            "link zz",
            "link 10.0.0.1",
            "mpls zz",
            "ipx 1",
            "default",
            "any",
            "all",
            "inet default",
            "inet any",
            "10.0.0.4 via 10.0.0.5",
            "10.0.0.4 via 2001:db8::5",
            "10.0.0.4 via inet6 2001:db8::5",
            "10.9.0.4",
            "10.9.0.4 onlink",
            "::",
            "fe80::1",
            "2001:db8::7",
            "inet6 default",
            "10.0.0.1",
        ],
    ),
    ("via_after_dev", "dev v0 via {} id 7", &["10.0.0.4", "2001:db8::5", "default", "any", "inet6 2001:db8::5"]),
    ("via_alone", "id 7 via {}", &["10.0.0.4", "2001:db8::4", "inet", "default"]),
    (
        "dev",
        "id 7 dev {}",
        &[
            "",
            "v0",
            "v0:1",
            "nope",
            "averyverylonginterfacename",
            "v0 dev v1",
            "lo",
            "if50",
            "if51x",
            "if999",
            "if0",
            "if",
            "ifx",
            "br0",
            "a/b",
        ],
    ),
    ("onlink", "id 7 via 10.8.0.4 dev v0 {}", &["onlink", "onlink onlink", "o", "on", "pervasive"]),
    (
        "protocol",
        "id 7 via 10.0.0.4 dev v0 {}",
        &[
            "proto",
            "proto zz",
            "proto 300",
            "proto 0",
            "protocol bgp",
            "p bgp",
            "prot 186",
            "proto static proto boot",
            "proto kernel",
            "proto -1",
        ],
    ),
    (
        "blackhole",
        "id 7 {}",
        &[
            "blackhole",
            "black",
            "blackhole dev v0",
            "blackhole via 10.0.0.4",
            "blackhole via ::1",
            "blackhole fdb",
            "blackhole blackhole",
            "-6 blackhole",
            "blackhole onlink",
        ],
    ),
    (
        "group",
        "id 7 group {}",
        &[
            "",
            "x",
            "1",
            "1/",
            "/1",
            "1//2",
            "1,",
            "1,x",
            "1,0",
            "1,1",
            "1,256",
            "1,257",
            "1,65535",
            "1,65536",
            "1,65537",
            "1,-1",
            "1,1,1",
            "0",
            "99",
            "1/1",
            "0x1/02",
            "1,0x10",
            "1x",
            "1/x",
            "1,5/x",
            "1,5/2,x",
            "1,5/2,0",
            "1/2/x",
            "1,x/2",
            "1,2,3/2",
            "1/2,",
            "''",
            "6",
            "1/4",
            "4",
            "1 group 2",
            "1 via 10.0.0.4",
            "1 dev v0",
            "1 blackhole",
            "1 onlink",
            "1 proto bgp",
            "1 fdb",
            "9 fdb",
            "9",
            "1/9",
            "8",
            "3/1",
        ],
    ),
    (
        "type",
        "id 7 {}",
        &[
            "group 1 type",
            "group 1 type x",
            "group 1 type mpath",
            "group 1 type resilient",
            "group 1 type res",
            "type resilient group 1",
            "type resilient",
            "type mpath",
            "type resilient buckets 4 group 1/2",
            "group 1 type mpath type resilient buckets 4",
            "group 1 type resilient buckets 4 type mpath",
            "group 1 buckets 4",
            "group 1 type mpath buckets 4",
        ],
    ),
    (
        "buckets",
        "id 7 group 1/2 type resilient {}",
        &[
            "buckets",
            "buckets x",
            "buckets 0",
            "buckets 1",
            "buckets 65535",
            "buckets 65536",
            "buckets -1",
            "bucket 5",
            "buckets 4 buckets 5",
            "buckets 4 proto bgp",
            "buckets 4 hw_stats on",
            "fdb buckets 4",
            "buckets 4 fdb",
            "buckets 0x10",
        ],
    ),
    (
        "timers",
        "id 7 group 1/2 type resilient buckets 4 {}",
        &[
            "idle_timer",
            "idle_timer x",
            "idle_timer 0",
            "idle_timer 5",
            "idle_timer 1.5",
            "idle_timer 42949671",
            "idle_timer 42949672",
            "idle_timer 4294967295",
            "idle_timer 4294967296",
            "idle_timer -1",
            "unbalanced_timer",
            "unbalanced_timer x",
            "unbalanced_timer 0",
            "unbalanced_timer 50",
            "unbalanced_timer 42949671",
            "unbalanced_timer 42949672",
            "idle_timer 1 unbalanced_timer 2",
            "unbalanced_timer 2 idle_timer 1",
            "idle_timer 1 idle_timer 2",
            "idle_timer 100000",
            "idle_timer 999999",
            "idle_timer 1000000",
            "type resilient idle_timer 5",
        ],
    ),
    (
        "hw_stats",
        "id 7 {}",
        &[
            "group 1 hw_stats",
            "group 1 hw_stats x",
            "group 1 hw_stats on",
            "group 1 hw_stats off",
            "group 1 hw_stats 1",
            "hw on group 1",
            "via 10.0.0.4 dev v0 hw_stats on",
            "hw_stats on group 1 hw_stats off",
        ],
    ),
    ("fdb", "id 7 {}", &["fdb", "via 10.0.0.4 fdb", "via 10.0.0.4 dev v0 fdb", "fdb via 2001:db8::4", "fdb fdb", "fd"]),
    ("encap", "id 7 {}", &["encap", "encap x", "encap mpls", "encap ip", "enc ip"]),
];

/// A word that selects, and its values.
static FILTERS: &[(&str, &[&str])] = &[
    ("id", &["", "0", "1", "6", "8", "99", "x", "1 foo", "1 id 2", "-1"]),
    ("i", &["1"]),
    ("dev", &["", "v0", "v1", "lo", "nope", "v0 dev v1", "v0 master br0", "v0:1"]),
    ("d", &["v0"]),
    ("master", &["", "br0", "v0", "nope"]),
    ("m", &["br0"]),
    ("vrf", &["", "v0", "nope", "default"]),
    ("v", &["x"]),
    ("groups", &["", "fdb", "dev v0", "proto 186", "groups"]),
    ("g", &[""]),
    ("group", &["1"]),
    ("fdb", &["", "groups", "dev v0"]),
    ("f", &[""]),
    ("protocol", &["", "186", "0", "4", "bgp", "256", "x", "-1", "99 dev v0"]),
    ("p", &["186"]),
    ("nhid", &["", "0", "1", "2", "99", "x", "1 dev v1", "1 id 8", "-1"]),
    ("nh", &["1"]),
    ("index", &["", "1"]),
    ("scope", &["link"]),
    ("list", &[""]),
    ("help", &[""]),
    ("h", &[""]),
    ("foo", &["", "dev v0"]),
];

static CASES: &[(&str, &str)] = &[
    (
        "verbs",
        "for v in l li s sh ls lst show list a ad r repl d de del delete g ge get f fl ap append b bu bucket foo c change prepend set test ''; do u ip nexthop \"$v\"; u ip nexthop $v id 1; done; r ip nex; r ip nexthopp; r ip nexthop lists",
    ),
    (
        "replaced",
        "r ip nexthop replace id 2 via 10.0.0.9 dev v0; r ip nexthop replace id 90 via 10.0.0.9 dev v0; r ip nexthop replace id 6 group 2; r ip nexthop replace id 1 group 2; r ip nexthop replace id 8 group 2 type resilient; r ip nexthop replace id 8 group 2 type resilient buckets 9; r ip nexthop replace id 8 group 1 type resilient idle_timer 9; r ip nexthop replace id 8 group 1; r ip nexthop replace id 4 dev v0; r ip nexthop replace id 2 blackhole; r ip nexthop replace via 10.0.0.4 dev v0; r ip nexthop; r ip nexthop bucket",
    ),
    (
        "deleted",
        "r ip nexthop del id 2; r ip nexthop del id 2; for w in '' x id 'id x' 'id 1 id 99' 'dev v0' 'id 1 foo' 'id 1 via 10.0.0.2' 'id 0' 'id 1 proto bgp' 'id 1 onlink' 'id 1 blackhole' 'id 6 group 1' 'id 1 fdb' help; do u ip nexthop del $w; done; r ip -6 nexthop del id 1; r ip -4 nexthop del id 6; r ip nexthop",
    ),
    (
        "gotten",
        "for w in '' id 'id x' 'id 0' 'id 99' foo 'id 1 foo' 'id 1 id 2' 'dev v0' help 'id 6' 'i 1' 'id 8' 'id 10'; do u ip nexthop get $w; u ip -j nexthop get $w; done; for m in -4 -6 -d '-s -s -d' '-j -p -d -s' -o -c=always -N; do for i in 1 3 4 6 8 10; do r ip $m nexthop get id $i; done; done",
    ),
    (
        "bucket_get",
        "for w in '' 'id 8' 'index 1' 'id 8 index 0' 'index 3 id 8' 'id 8 index 4' 'id 8 index x' 'id 8 index 65535' 'id 8 index 65536' 'id x' id 'id 8 index' 'id 0 index 1' help 'id 8 index 0 foo' 'id 6 index 0' 'id 1 index 0' 'id 99 index 0' 'id 8 index -1'; do u ip nexthop bucket get $w; done; for m in -j '-j -p' -d -s -o -4 -6 '-d -j -p -s'; do r ip $m nexthop bucket get id 8 index 1; done",
    ),
    (
        "bucket_verbs",
        "for v in l li ls lst list s show g get h help foo add ''; do u ip nexthop bucket \"$v\"; u ip nexthop bucket $v id 8; done",
    ),
    (
        "buckets_as_json",
        "r ip -j nexthop bucket list id 99; r ip -j nexthop bucket list id 1; r ip -j nexthop bucket list dev v1; r ip -j -p nexthop bucket list nhid 99; r ip -j nexthop list id 99; r ip -j nexthop list dev lo; r ip -j -p nexthop list master v0",
    ),
    (
        "families",
        "r ip -4 nexthop add id 20 via 2001:db8::5 dev v0; r ip -6 nexthop add id 21 via 10.0.0.5 dev v0; r ip -4 nexthop add id 22 dev v0; r ip -0 nexthop add id 23 dev v0; r ip -0 nexthop add id 24 via 10.0.0.5 dev v0; r ip -B nexthop add id 25 dev v0; r ip -4 nexthop add id 26 group 1; r ip -6 nexthop add id 27 group 1; r ip -4 nexthop add id 28 blackhole; r ip -6 nexthop add id 29 via inet 10.0.0.5 dev v0; r ip -M nexthop add id 30 dev v0; r ip -B nexthop add via 10.0.0.4 dev v0; r ip -0 nexthop add via 02:00:00:00:00:01 dev v0; r ip -0 nexthop add via zz dev v0; r ip -0 nexthop add via inet 10.0.0.1 dev v0; r ip -M nexthop add via zz; r ip -6 nexthop add id 31 via default dev v0; r ip -4 nexthop add id 32 fdb; r ip -6 nexthop add id 33 via 2001:db8::9 fdb; r ip nexthop",
    ),
    (
        "flushed",
        "for m in '' -s '-s -s' -j -4 -6 -0 -d; do r ip $m nexthop flush; r ip nexthop; ip nexthop flush; some; done; ip nexthop flush; r ip nexthop flush; r ip -j nexthop flush",
    ),
    (
        "groups_of_deleted",
        "r ip nexthop del id 1; r ip nexthop; r ip nexthop del id 2; r ip nexthop; r ip nexthop bucket; r ip nexthop del id 9; r ip nexthop",
    ),
    (
        "link_gone",
        "r ip link set v0 down; r ip nexthop; r ip nexthop bucket; r ip link set v0 up; r ip nexthop; r ip link del v0; r ip nexthop",
    ),
    (
        "carrier",
        "ip nexthop add id 11 via 10.0.0.11 dev v0; ip link set v1 down; until ip link show v0 | grep -q NO-CARRIER; do :; done; r ip nexthop show id 11; r ip -d -j nexthop; r ip nexthop",
    ),
    (
        "routes",
        "r ip route add 10.9/16 nhid 6; r ip route add 10.8/16 nhid 2 metric 5; r ip route add 10.7/16 nhid 8 proto bgp; r ip route add blackhole 10.6/16 nhid 4; r ip route add 10.6/16 nhid 4; r ip -6 route add 2001:db8:9::/48 nhid 3; r ip route add 10.5/16 nhid 3; r ip -6 route add 2001:db8:8::/48 nhid 6; r ip route add 10.4/16 nhid 9; r ip route add 10.4/16 nhid 99; r ip route add 10.4/16 nhid x; r ip route add 10.4/16 nhid; r ip route add 10.4/16 nhid 1 via 10.0.0.2; r ip route add 10.4/16 nhid 1 dev v0; for m in '' -d -j '-j -p -d' '-s -d' '-s -s -d' -o '-o -d' '-N -d' -c=always; do r ip $m route; r ip $m -6 route show 2001:db8:9::/48; done; r ip route get 10.8.1.1; r ip -d route get 10.8.1.1; r ip route show nhid 6; r ip route del 10.8/16 nhid 2; r ip route replace 10.9/16 nhid 1; r ip nexthop del id 2; r ip nexthop del id 1; r ip route; r ip nexthop flush; r ip route",
    ),
    (
        "echo",
        "r ip -echo nexthop add id 20 via 10.0.0.5 dev v0; r ip -echo nexthop add id 20 via 10.0.0.5 dev v0; r ip -d -echo nexthop replace id 20 via 10.0.0.6 dev v0; r ip -echo -j nexthop replace id 20 via 10.0.0.6 dev v0 proto bgp; r ip -echo -j -p nexthop add id 21 group 1/2; r ip -echo -s nexthop add id 22 group 1/2 type resilient buckets 2; r ip -echo nexthop del id 20; r ip -echo -j nexthop del id 21; r ip -echo nexthop del id 20; r ip -echo -s nexthop flush",
    ),
    (
        "without_rights",
        "r() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; r ip nexthop add id 20 blackhole; r ip nexthop del id 1; r ip nexthop flush; r ip nexthop flush id 1; r ip nexthop; r ip nexthop bucket",
    ),
    (
        "in_a_namespace",
        "ip netns add a; r ip -n a nexthop add id 7 blackhole; r ip -n a link set lo up; r ip -n a nexthop add id 7 blackhole; r ip -n a nexthop; r ip netns exec a ip nexthop; r ip nexthop get id 7; r ip -n a nexthop flush; r ip -n a nexthop",
    ),
    (
        "batch",
        "printf 'nexthop add id 20 blackhole\\nnexthop add id 20 blackhole\\nnexthop show\\nnexthop del id 20\\nnexthop bucket\\n' >/run/b; r ip -b /run/b; r ip nexthop; r ip -force -b /run/b; r ip nexthop",
    ),
    (
        "batch_errors",
        "for l in 'add id x' 'add foo' 'add id 19 via x' 'get' 'get id 99' 'bucket list id 99' 'bucket list id 1' 'flush id 99' 'flush foo' 'list foo' 'add id 19 dev nope' 'add id 19 group x' 'add id 19 group 1 hw_stats x' 'list vrf x' 'list dev x' foo 'bucket foo' add 'bucket get id 1 index 0' 'add id 19 group 1,0' 'add id 19 encap x' 'add via inet6 1.1.1.1' 'add via link zz' 'add dev v0 via inet6 2001:db8::3' 'del id 99' 'add proto x'; do echo \"-- $l\"; printf 'nexthop %s\\nlink show lo\\n' \"$l\" | u ip -force -b -; done",
    ),
    (
        "batch_of_many",
        "(for i in $(seq 100 1099); do echo nexthop add id $i via 10.0.0.$((i % 250 + 2)) dev v0; done; for i in $(seq 2000 2099); do echo nexthop add id $i group $((i - 1900))/$((i - 1800)),$((i % 200 + 1)); done) | r ip -b -; r ip nexthop; r ip -j nexthop; r ip -s nexthop show groups; r ip nexthop flush; r ip nexthop",
    ),
    (
        "many_buckets",
        "r ip nexthop add id 20 group 1/2,3 type resilient buckets 3000; r ip nexthop bucket list id 20; r ip -j nexthop bucket list id 20 nhid 1; r ip nexthop replace id 20 group 1 type resilient; r ip nexthop get id 20",
    ),
    (
        "protocols_named",
        "mount -t tmpfs none /etc/iproute2; printf '99 mine\\n' >/etc/iproute2/rt_protos; r ip nexthop add id 20 blackhole proto mine; r ip nexthop; r ip nexthop list proto mine; r ip -N nexthop",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    let mut add = |name: String, script: String| {
        trials.push(trial(&format!("ip_nexthop::{name}"), move || compare(&script, Mask::Nothing)));
    };
    for (name, script) in CASES {
        add((*name).into(), format!("{LINKS}{SOME}{script}"));
    }
    for (name, hops) in SETUPS {
        for mode in MODES {
            let show = format!("r ip {mode} nexthop; r ip {mode} nexthop bucket");
            add(format!("{name}{}", mode.replace(' ', "")), setup(hops) + &show);
        }
    }
    for (name, around, values) in WORDS {
        for verb in ["add", "replace", "del"] {
            add(format!("{verb}_{name}"), words(verb, around, values));
        }
    }
    for (word, values) in FILTERS {
        for verb in ["list", "flush", "bucket list"] {
            add(format!("{}_{word}", verb.replace(' ', "_")), filters(verb, word, values));
        }
    }
    let help =
        ["nexthop help", "nexthop h", "nexthop add help", "nexthop list h", "nexthop bucket help", "nexthop get"];
    trials.push(trial("ip_nexthop::help", move || compare_help(&help)));
    trials
}

/// `-6` in front stands before the object.
fn setup(hops: &[&str]) -> String {
    let command = |hop: &&str| match hop.strip_prefix("-6 ") {
        Some(hop) => format!("r ip -6 nexthop add {hop}\n"),
        None => format!("r ip nexthop add {hop}\n"),
    };
    LINKS.to_owned() + &hops.iter().map(command).collect::<String>()
}

/// One verb with one word and each of its values. The usage, where it comes, is our own: its status counts.
fn words(verb: &str, around: &str, values: &[&str]) -> String {
    let mut script = format!("{LINKS}{SOME}");
    for value in values {
        let command = around.replace("{}", value);
        let quiet = if is_help(&command) { " 2>/dev/null" } else { "" };
        script.push_str(&format!(
            "r ip nexthop {verb} {command}{quiet}\nr ip -d nexthop\nip nexthop del id 7 2>/dev/null\n"
        ));
    }
    script
}

fn filters(verb: &str, word: &str, values: &[&str]) -> String {
    let mut script = format!("{LINKS}{SOME}");
    let (quiet, flush) = (if matches!(word, "help" | "h") { " 2>/dev/null" } else { "" }, verb == "flush");
    for value in values {
        script.push_str(&format!("r ip nexthop {verb} {word} {value}{quiet}\n"));
        script.push_str(if flush { "r ip nexthop; ip nexthop flush >/dev/null; some\n" } else { "" });
    }
    let family = format!("r ip -6 nexthop {verb} {word} {}{quiet}\n", values.last().unwrap_or(&""));
    script + &family
}

fn is_help(command: &str) -> bool {
    command.split_whitespace().any(|word| word == "help")
}
