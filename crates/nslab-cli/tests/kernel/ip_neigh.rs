//! Cases of `ip neigh`, each run with the reference and with ours.
//!
//! - [`MODES`] and [`MORE_MODES`] × [`FILTERS`]: the filters in every mode of printing, and so for `get`;
//! - [`FLUSHED`]: flush with each filter, in each mode, and what is left;
//! - [`KEYWORDS`]: each word of `add` with its value missing, empty, wrong, right, and given twice;
//! - [`CASES`]: the rest, by hand.
//!
//! The kernel lists neighbours in an order of its own each time: `n` prints what a command prints sorted by
//! line, with a line an object of JSON. Links stay down, so that nobody is asked, and most neighbours are
//! permanent: of others, all namespaces of a machine together may have only so many.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare, compare_help};
use crate::trial;

/// A cable from `v0` to `v1`, which is a bridge's port; and the helper.
const LINKS: &str = "ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
ip link add br0 address 02:00:00:00:00:09 type bridge
ip link set v1 master br0
n() { echo \"+ $*\"; o=$(\"$@\" 2>&1); s=$?; printf '%s\\n' \"$o\" | sed 's/},{/}\\n{/g; s/^\\[{/{/; s/}]$/}/' | sort; echo \"= $s\"; }
set -f
";

/// Neighbours of every kind that stays as it is.
const NEIGHBOURS: &str = "ip n a 10.0.0.2 lladdr 02:00:00:00:01:02 dev v0 nud permanent
ip n a 10.0.0.3 lladdr 02:00:00:00:01:03 dev v0 nud stale
ip n a 10.0.0.4 lladdr 02:00:00:00:01:04 dev v0 nud reachable
ip n a 10.0.0.5 lladdr 02:00:00:00:01:05 dev v0 nud noarp
ip n a 10.0.0.7 dev v0 nud none
ip n a 10.0.0.9 lladdr 02:00:00:00:01:09 dev v0 extern_learn nud reachable
ip n a 10.0.0.10 lladdr 02:00:00:00:01:0a dev v0 router
ip n a 10.0.1.2 lladdr 02:00:00:00:01:12 dev br0 protocol static
ip n a 10.0.1.3 lladdr 02:00:00:00:01:13 dev v1 protocol 200
ip n a 2001:db8::2 lladdr 02:00:00:00:02:02 dev v0 router
ip n a 2001:db8:1111:2222:3333:4444:5555:6666 lladdr 02:00:00:00:02:03 dev br0
ip n a 2001:db8::3 lladdr 02:00:00:00:02:04 dev v1 nud stale protocol bgp
ip n a proxy 10.0.0.20 dev v0
ip n a proxy 10.0.0.21 dev br0 router protocol 5
ip n a proxy 2001:db8::20 dev v1
";

/// Options with which every filter is tried.
static MODES: &[&str] = &["", "-o", "-br", "-j", "-4", "-6", "-s", "-N"];

/// Options with which every third filter is tried.
static MORE_MODES: &[&str] = &[
    "-0", "-c", "-r", "-d", "-s -s", "-s -j", "-br -j", "-s -br", "-br -c", "-N -j", "-4 -j", "-6 -br", "-d -j",
    "-s -c", "-s -4", "-h", "-t",
];

static FILTERS: &[&str] = &[
    "",
    "dev v0",
    "dev br0",
    "dev lo",
    "to 10.0.0.2",
    "10.0.0.2",
    "to 10.0.0.0/24",
    "10.0.0.2/8",
    "to any",
    "default",
    "to all",
    "to ::/0",
    "to 0/0",
    "2001:db8::2",
    "to 2001:db8::/32 dev v0",
    "10.0.0.4 10.0.0.3",
    "nud permanent",
    "nud stale",
    "nud reachable",
    "nud noarp to 10.0.0.5",
    "nud none",
    "nud 0",
    "nud failed",
    "nud all dev v0",
    "nud all to 10/8",
    "nud stale nud permanent",
    "nud perm dev br0",
    "nud 0x80",
    "nud 4",
    "nud incomplete",
    "nud delay",
    "nud probe",
    "proxy",
    "proxy dev v0",
    "proxy to 10.0.0.20",
    "proxy nud permanent",
    "proxy unused",
    "unused",
    "unused dev v0",
    "master br0",
    "master br0 dev v1",
    "master br0 dev v0",
    "nomaster",
    "nomaster dev v0",
    "vrf br0",
    "protocol static",
    "protocol 4",
    "protocol bgp",
    "proto 200",
    "p static",
    "protocol 0",
    "protocol kernel",
    "protocol static dev v0",
    "nud all nud stale to 10.0.0.2",
];

/// What is looked for, and what flush is about.
static GOT: &[&str] = &[
    "10.0.0.2 dev v0",
    "to 10.0.0.3 dev v0",
    "dev br0 10.0.1.2",
    "2001:db8::2 dev v0",
    "10.0.0.9 dev v0",
    "10.0.0.5 dev v0",
    "10.0.0.7 dev v0",
    "10.0.0.99 dev v0",
    "10.0.0.2 dev v1",
    "proxy 10.0.0.20 dev v0",
    "proxy 10.0.0.21 dev br0",
    "proxy 10.0.0.20 dev v1",
    "proxy 10.0.0.20",
    "p 2001:db8::20 dev v1",
];

static FLUSHED: &[&str] = &[
    "dev v0",
    "dev br0",
    "to 10.0.0.3",
    "10.0.0.4",
    "to 10.0.0.0/24 nud all",
    "nud permanent",
    "nud stale",
    "nud reachable",
    "nud noarp to 10.0.0.5",
    "nud none to 10.0.0.7",
    "nud all dev v0",
    "nud failed",
    "all",
    "to ::/0",
    "unused",
    "proxy",
    "proxy dev v0",
    "proxy nud none",
    "nomaster",
    "master br0",
    "protocol static",
    "protocol static nud permanent",
    "to 10.0.0.9",
    "to 10.0.0.7",
    "nud permanent nud stale dev br0",
    "to 99.0.0.0/8",
];

static FLUSH_MODES: &[&str] =
    &["", "-s", "-s -s", "-4 -s -s", "-6 -s", "-j -s -s", "-o -s -s", "-br -s -s", "-l 1 -s", "-0 -s"];

/// Words of `add` that take a value, and two good values for them.
static KEYWORDS: &[(&str, &str, &str)] = &[
    ("lladdr", "02:00:00:00:00:55", "2:3:4:5:6:7"),
    ("ll", "null", "a:B:c:D:e:F"),
    ("nud", "permanent", "stale"),
    ("protocol", "static", "7"),
    ("prot", "0x10", "kernel"),
    ("dev", "v0", "br0"),
    ("to", "10.0.0.77", "10.0.0.78"),
    ("proxy", "10.0.0.77", "10.0.0.78"),
    ("help", "10.0.0.77", "10.0.0.78"),
];

/// Words of `add` that stand alone; most that look like some are none.
static FLAGS: &[&str] = &["router", "extern_learn", "ext", "rout", "use", "us", "managed", "man", "unused", "noarp"];

/// Name of the case, and its script behind [`LINKS`] and, with `|`, [`NEIGHBOURS`].
static CASES: &[(&str, &str)] = &[
    (
        "not_enough",
        "for v in add change replace del; do n ip n $v; n ip n $v dev v0; n ip n $v 10.0.0.30; n ip n $v default dev v0; n ip n $v any dev v0; n ip n $v 10.0.0.30 dev nope; n ip n $v 10.0.0.30 dev; n ip n $v proxy; n ip n $v proxy dev v0; done",
    ),
    (
        "known_families_have_zeros",
        "for o in -4 -6; do for w in default any all; do n ip $o n a $w lladdr 2:2:2:2:2:2 dev v0; n ip $o n get $w dev v0; n ip $o n s $w; n ip $o n del $w dev v0; done; done",
    ),
    (
        "wrong_families",
        "n ip -6 n a 10.0.0.99 lladdr 2:2:2:2:2:2 dev v0; n ip -4 n a 2001:db8::1 lladdr 2:2:2:2:2:2 dev v0; n ip -0 n a 10.0.0.99 lladdr 2:2:2:2:2:2 dev v0; n ip -0 n a xx dev v0; n ip -0 n a ::1 dev v0; n ip -0 n a 1:2:3:4:5:6 dev v0; n ip -0 n get 10.0.0.4 dev v0; n ip -6 n get 10.0.0.4 dev v0; n ip -4 n get ::1 dev v0; n ip -0 n s to 10/8; n ip -6 n s to 10/8; n ip -4 n flush to ::/0",
    ),
    (
        "hardware_addresses",
        "for a in zz 1:2:3 01:02:03:04:05:06:07 1.2.3.4 1.2 none null :: ::1 '' 2-2-2-2-2-2 1:2:3:4:5:0x6 1:2:3:4:5:fff 1:2:3:4:5: : 1::3:4:5:6 a:b:c:d:e:f A:B:C:D:E:-1 ' 1:2:3:4:5:6' '1:2:3:4:5:6 ' 1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:10:11:12:13:14:15:16; do n ip n a 10.0.$((i=i+1)).1 lladdr \"$a\" dev v0; done; n ip n; n ip -br n",
    ),
    (
        "destinations",
        "for a in 10.1 0x0a.1 010.0.0.1 10.0.0.30/24 xx '' 1.2.3.4.5 224.0.0.1 255.255.255.255 127.0.0.1 0.0.0.0 ::1 :: ff02::1 fe80::1 ::ffff:1.2.3.4 2001:DB8::A; do n ip n a \"$a\" lladdr 2:2:2:2:2:2 dev v0; n ip n get \"$a\" dev v0; n ip n del \"$a\" dev v0; done",
    ),
    (
        "states_and_their_beginnings",
        "for s in permanent p pe r re reachable n no none noarp noar s stale i incomplete d delay probe pro f fa failed all any x '' 0 1 3 64 0x80 255 256 -1; do n ip n replace 10.0.0.83 nud \"$s\" lladdr 2:2:2:2:2:2 dev v0; n ip n s nud \"$s\" to 10.1.1.1; n ip n flush nud \"$s\" to 10.1.1.1; done",
    ),
    (
        "loopback_has_one",
        "n ip n a 1.2.3.4 lladdr 1:2:3:4:5:6 dev lo; n ip n s dev lo; n ip n a 1.2.3.5 lladdr 1.2.3.4 dev lo; n ip n del 0.0.0.0 dev lo; n ip n s dev lo",
    ),
    (
        "add_twice",
        "n ip n a 10.0.0.1 lladdr 2:2:2:2:2:2 dev v0; n ip n a 10.0.0.1 lladdr 2:2:2:2:2:3 dev v0; n ip n a 10.0.0.1 dev v0; n ip n; n ip n a proxy 10.0.0.1 dev v0; n ip n a proxy 10.0.0.1 dev v0; n ip n s proxy",
    ),
    (
        "change",
        "|n ip n ch 10.0.0.2 lladdr 2:2:2:2:2:2 dev v0; n ip n chg 10.0.0.99 lladdr 2:2:2:2:2:2 dev v0; n ip n c 10.0.0.2 dev v0; n ip n change 10.0.0.2 nud stale dev v0; n ip n change 10.0.0.9 nud permanent dev v0; n ip n change 10.0.0.10 dev v0 nud permanent; n ip n change 2001:db8::2 dev v0 lladdr null; n ip n change proxy 10.0.0.29 dev v0; n ip n nud; n ip n s nud all to 10.0.0.0/8; n ip n s proxy",
    ),
    (
        "replace",
        "|n ip n repl 10.0.0.98 lladdr 2:2:2:2:2:2 dev v0; n ip n replace 10.0.0.98 lladdr 2:2:2:2:2:3 dev v0 nud reachable; n ip n replace 10.0.0.98 dev v0; n ip n r 10.0.0.97 dev v0; n ip n replace 10.0.0.4 lladdr 2:2:2:2:2:9 dev v0 router; n ip n replace proxy 10.0.0.20 dev v0; n ip n replace 10.0.0.3 protocol 9 dev v0 lladdr 2:2:2:2:2:3; n ip n",
    ),
    (
        "delete",
        "|n ip n del 10.0.0.2 dev v0; n ip n d 10.0.0.3 dev v0; n ip n delete 10.0.0.99 dev v0; n ip n del proxy 10.0.0.20 dev v0; n ip n del proxy 10.0.0.20 dev v0; n ip n del 10.0.0.10; n ip n del 10.0.0.4 lladdr 2:2:2:2:2:9 dev v0; n ip n del 10.0.0.9 nud stale dev v0; n ip n del 2001:db8::2 dev v0; n ip n del 10.0.0.5 dev v0; n ip n del 10.0.0.5 dev v0; n ip n del 10.0.1.2 dev v0; n ip n del proxy 10.0.0.21; n ip n del 10.0.0.7 dev v0 router; n ip n",
    ),
    (
        "proxies_of_all_links",
        "n ip n a proxy 10.0.0.22; n ip n s proxy; n ip -br n s proxy; n ip -j n s proxy; n ip n get proxy 10.0.0.22; n ip n get proxy 10.0.0.22 dev v0; n ip n s proxy dev v0; n ip n del proxy 10.0.0.22; n ip n s proxy",
    ),
    (
        "proxies_with_other_words",
        "n ip n a proxy 10.0.0.50 lladdr 2:2:2:2:2:2 dev v0; n ip n a proxy 10.0.0.51 nud stale dev v0; n ip n a proxy 10.0.0.52 protocol 7 dev v0; n ip n a proxy 10.0.0.53 router dev v0; n ip n a proxy 10.0.0.54 extern_learn dev v0; n ip n a proxy 10.0.0.55 managed dev v0; n ip n a proxy 10.0.0.56 use dev v0; n ip n a proxy 10.0.0.57 10.0.0.58 dev v0; n ip n a 10.0.0.57 proxy 10.0.0.58 dev v0; n ip n a proxy ff02::5 dev v0; n ip n s proxy; n ip -j n s proxy; n ip -s n s proxy",
    ),
    (
        "kernel_refuses_flags",
        "n ip n a 10.0.0.60 lladdr 2:2:2:2:2:2 dev v0 use managed; n ip n a 10.0.0.61 managed nud permanent lladdr 2:2:2:2:2:2 dev v0; n ip n a 10.0.0.62 nud permanent managed lladdr 2:2:2:2:2:2 dev v0; n ip n a 10.0.0.63 extern_learn dev v0; n ip n a 10.0.0.64 extern_learn use lladdr 2:2:2:2:2:2 dev v0; n ip n s nud permanent",
    ),
    (
        "get_wrong",
        "|n ip n get; n ip n get 10.0.0.4; n ip n get dev v0; n ip n get 10.0.0.4 dev nope; n ip n get 10.0.0.4 dev; n ip n get 10.0.0.4/24 dev v0; n ip n get xx dev v0; n ip n get proxy; n ip n get 10.0.0.4 10.0.0.5 dev v0; n ip n get proxy 10.0.0.20 10.0.0.21 dev v0; n ip n get 10.0.0.4 proxy 10.0.0.20 dev v0; n ip n get 10.0.0.4 dev v0 dev br0; n ip n get default dev v0; n ip n get 10.0.0.4 foo dev v0; n ip n get 10.0.0.4 dev v0 nud stale; n ip n get to; n ip -j n get 10.0.0.99 dev v0; n ip -br n get 10.0.0.99 dev v0",
    ),
    (
        "show_wrong",
        "|n ip n s nud; n ip n s nud foo; n ip n s nud 300; n ip n s to; n ip n s to xx; n ip n s xx; n ip n s dev; n ip n s dev nope; n ip n s dev v0 dev br0; n ip n s dev ''; n ip n s vrf; n ip n s vrf nope; n ip n s vrf v0; n ip n s master; n ip n s master nope; n ip n s foo bar; n ip n s protocol; n ip n s protocol foo; n ip n s protocol 300; n ip n s router; n ip n s s; n ip n s ''; n ip -j n s foo; n ip -j n s dev nope; n ip -j n s nud foo; n ip n s dev nope foo; n ip n s foo dev nope",
    ),
    (
        "show_words_are_whole",
        "|for w in n nu pr prox p u unu nom d de m ma t v vr; do n ip n s $w; n ip n s $w v0; n ip n s $w static; done",
    ),
    (
        "add_words_may_be_short",
        "for w in p pr pro prot l lla e ex r ro m u n nu d t; do n ip n a $w 10.0.0.73 dev v0; n ip n a 10.0.0.74 $w 2:2:2:2:2:2 dev v0; n ip n a 10.0.0.75 lladdr 2:2:2:2:2:2 dev v0 $w static; done; n ip n s nud all to 10/8; n ip n s proxy",
    ),
    (
        "pretty",
        "|for a in 10.0.0.2 10.0.0.9 10.0.0.10 10.0.1.2 2001:db8::2 10.0.0.7 1.1.1.1; do for o in '-j -p' '-j -p -s' '-j -p -br' '-j -p -N'; do r ip $o n s to $a nud all; done; done; r ip -j -p n s proxy dev v0; r ip -j -p n get 10.0.0.2 dev v0; r ip -j -p n s dev lo; r ip -j n s dev lo; r ip -j n s proxy dev lo",
    ),
    (
        "resolved",
        "n ip n a 127.0.0.1 lladdr 2:2:2:2:2:2 dev v0; n ip -r n; n ip -r -j n; n ip -r -br n; n ip -r n get 127.0.0.1 dev v0",
    ),
    (
        "flush_wrong",
        "|n ip n flush; n ip -s n flush; n ip n f; n ip n flush nope; n ip n flush dev nope; n ip n flush dev; n ip n flush router; n ip n flush nud; n ip n flush nud foo; n ip n flush protocol foo; n ip n flush master nope; n ip n flush vrf br0; n ip n",
    ),
    (
        "no_permission",
        "|p() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; p ip n a 10.0.0.99 lladdr 2:2:2:2:2:2 dev v0; p ip n del 10.0.0.2 dev v0; p ip n flush dev v0; p ip -s n flush nud all; p ip -s n flush dev lo; p ip n get 10.0.0.2 dev v0; p ip n s dev br0",
    ),
    (
        "batch_goes_on_or_ends",
        "|b() { printf \"$1\\nn s dev br0 proxy\\n\" >/run/b; r ip -force -b /run/b; }; for c in 'n a xx dev v0' 'n a 10.0.0.1' 'n s nope' 'n get 10.0.0.1' 'n s dev nope' 'n get 10.0.0.123 dev v0' 'n flush' 'n a 10.0.0.1 dev nope' 'n get 10.0.0.1 dev nope' 'n a 10.0.0.99 lladdr zz dev v0' 'n del 10.0.0.99 dev v0' 'n a 10.0.0.2 lladdr 1:1:1:1:1:1 dev v0' 'n a 10.0.0.99 nud foo dev v0' 'n foo' 'n a 10.0.0.1 10.0.0.2' 'n flush dev nope' 'n flush xx' 'n s vrf nope' '-0 n s' 'n s dev v0 dev v1'; do b \"$c\"; done",
    ),
    (
        "batch_in_json",
        "|printf 'n s proxy dev v0\\nn get 10.0.0.2 dev v0\\nn s dev br0 10.0.1.2\\nn del 10.0.0.2 dev v0\\nn s 10.0.0.2\\n' >/run/b; for o in '' -j '-j -p' -br -s; do r ip $o -b /run/b; ip n r 10.0.0.2 lladdr 02:00:00:00:01:02 dev v0; done",
    ),
    (
        "names_of_the_object",
        "|for w in n ne nei neigh neighbor neighbour neighb neighbours neighx N; do r ip $w s proxy dev v0; done",
    ),
    (
        "names_of_the_verbs",
        "|for v in s sh sho show l li list ls lst showx S '' foo g ge get a ad add addx f fl h; do n ip n $v proxy 10.0.0.20; done | grep -v '^ \\|^STATE\\|^Usage\\|^$\\|^.*ip neigh [{g]\\|vrf NAME'",
    ),
    (
        "elsewhere",
        "ip netns add x; ip link add a0 address 02:00:00:00:00:03 netns x type veth peer name a1 address 02:00:00:00:00:04; r ip -n x n a 10.0.0.1 lladdr 2:2:2:2:2:2 dev a0; r ip -n x n; r ip n; r ip netns exec x ip -j n; r ip -n x -s n flush nud permanent; r ip -n x n",
    ),
    (
        "of_many",
        "for i in $(seq 2000); do echo \"n a 10.1.$((i/250)).$((i%250)) lladdr 2:2:2:2:2:2 dev v0\"; done | ip -b -; ip n | sort | md5sum; ip -j n | sed 's/},{/\\n/g' | wc -l; ip -br n | sort | md5sum; r ip -s n flush nud permanent; r ip n",
    ),
    (
        "of_links_going_away",
        "|ip link del br0; n ip n; ip link set v0 up; n ip n s dev v0 to 10/8; ip link set v0 down; n ip n s to 10/8; n ip n s proxy; ip link del v0; n ip n; n ip n s proxy",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut add = |name: String, script: String| {
        let script = format!("{LINKS}{script}");
        trials.push(trial(&format!("ip_neigh::{name}"), move || compare(&script, Mask::Nothing)));
    };
    let rare = MORE_MODES.iter().enumerate().map(|(at, mode)| (mode, at % 3, 3));
    for (mode, first, step) in MODES.iter().map(|mode| (mode, 0, 1)).chain(rare) {
        let filters = FILTERS.iter().skip(first).step_by(step);
        let shows: String = filters.map(|filter| format!("n ip {mode} n s {filter}\n")).collect();
        add(format!("show_{}", called(mode)), format!("{NEIGHBOURS}{shows}"));
        let gets: String = GOT.iter().map(|words| format!("n ip {mode} n get {words}\n")).collect();
        add(format!("get_{}", called(mode)), format!("{NEIGHBOURS}{gets}"));
    }
    for filter in FLUSHED {
        let left = "ip n s nud all to 10/8 | sort; ip n s nud all to 2001:db8::/32 | sort; ip n s proxy | sort";
        let rounds: String = FLUSH_MODES
            .iter()
            .map(|mode| format!("{{ {NEIGHBOURS}}} 2>/dev/null\nn ip {mode} n flush {filter}\n{left}\n"))
            .collect();
        add(format!("flush_{}", called(filter)), rounds);
    }
    for (word, one, other) in KEYWORDS {
        let mut script = String::new();
        for (at, value) in ["", "''", "xx", one, other, "-1", "4294967296", "::1"].into_iter().enumerate() {
            for verb in ["add", "replace", "del"] {
                script += &format!("n ip n {verb} 10.2.{at}.1 lladdr 2:3:4:5:6:7 dev v0 {word} {value}\n");
                script += &format!("n ip n {verb} dev v0 {word} {value}\n");
            }
        }
        script += &format!("n ip n a dev v0 {word} {one} {word} {other}\nn ip n s nud all to 10/8; n ip n s proxy");
        add(format!("add_{word}"), script);
    }
    for flag in FLAGS {
        let script = format!(
            "for v in add replace change del; do n ip n $v 10.0.0.1 lladdr 2:3:4:5:6:7 nud permanent {flag} dev v0; \
             n ip n $v 2001:db8::1 {flag} lladdr 2:3:4:5:6:7 nud permanent dev v0; n ip n $v proxy 10.0.0.2 dev v0 {flag}; \
             n ip n s nud permanent; n ip -j n s nud permanent; n ip n s proxy; done"
        );
        add(format!("flag_{flag}"), script);
    }
    for (name, script) in CASES {
        let script = script.strip_prefix('|').map_or_else(|| (*script).into(), |rest| format!("{NEIGHBOURS}{rest}"));
        add((*name).into(), script);
    }
    trials.push(trial("ip_neigh::help_has_every_word", || {
        compare_help(&["n help", "neighbour get help", "n s help", "n flush help"])
    }));
    trials
}

/// A name for a trial, from options or words.
fn called(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    if words.is_empty() { "plain".into() } else { words.join("_") }
}
