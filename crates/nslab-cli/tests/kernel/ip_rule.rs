//! Cases of `ip rule`, each run with the reference and with ours.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare, compare_help};
use crate::trial;

/// Ways to ask for the same.
const MODES: &[&str] = &[
    "", "-o", "-br", "-j", "-j -p", "-d", "-d -j", "-s", "-s -s", "-N", "-N -d -j", "-c", "-4", "-6", "-6 -d -j",
    "-6 -N",
];

/// Name of the setup, and rules that it adds.
static SETUPS: &[(&str, &[&str])] = &[
    ("default", &[]),
    (
        "prefixes",
        &[
            "from 10.0.0.0/8 table 100",
            "from 10.1.0.0/16 to 10.2.0.0/16 table 200",
            "to 1.2.3.4 table 5",
            "from 0/0 table 6",
            "from 10.1 to 10/8 pref 9",
            "to 1.2.3.4/255.255.0.0 pref 10",
            "not from 1.1.1.1 pref 11",
        ],
    ),
    (
        "packets",
        &[
            "tos 0x10 fwmark 1 iif lo oif eth9 pref 50 table 200",
            "not fwmark 0x10/0xff",
            "fwmark 0/0xff pref 6",
            "uidrange 1000-2000 table local",
            "uidrange 0-0 table 7",
            "iif nope pref 87 goto 32766",
            "tos 4 pref 31 table 5",
            "dsfield 0x1c pref 32 table 5",
            "tun_id 7 pref 82",
            "dev lo table 8",
        ],
    ),
    (
        "ports",
        &[
            "ipproto tcp sport 80 dport 100-200 lookup default",
            "ipproto 17 dport 53/0xff table 5",
            "ipproto icmp table 5",
            "ipproto 200 table 5",
            "ipproto 255 table 5",
            "ipproto ipv6-icmp table 5",
            "sport 53/0xff pref 22",
            "sport 53 pref 22",
            "sport 0/1 pref 22",
            "sport 1-9 pref 23",
            "dport 5-5 pref 24",
        ],
    ),
    (
        "actions",
        &[
            "blackhole pref 70",
            "unreachable from 1.2.3.4 pref 71",
            "prohibit to 1.2.3.4 pref 72",
            "type blackhole pref 73",
            "goto 32766 pref 74",
            "goto 99 pref 75",
            "nop pref 76",
            "unicast pref 5",
            "throw pref 27",
            "255 pref 28",
            "xresolve pref 29",
            "multicast pref 30",
            "nat 1.2.3.4 realms 5 pref 24",
            "blackhole table 5 pref 16",
            "goto 32766 table 5 pref 15",
        ],
    ),
    (
        "tables",
        &[
            "suppress_prefixlength 0 table main pref 77",
            "suppress_ifgroup default table main pref 78",
            "suppress_ifgroup 5 table 300 pref 78",
            "realms 5/6 table main pref 79",
            "realms 6 table main pref 79",
            "realms 1/255 table 253 pref 79",
            "protocol static table main pref 80",
            "protocol 99 table 4294967295 pref 80",
            "protocol kernel table 255 pref 80",
            "suppress_ifgroup 7 suppress_prefixlength 3 realms 1/2 protocol 77 table 9 pref 81",
            "blackhole suppress_prefixlength 4 realms 5 pref 82",
            "table 0 pref 91",
            "l3mdev pref 83",
            "l3mdev blackhole pref 84",
            "l3mdev goto 32766 protocol 5 pref 85",
        ],
    ),
    (
        "dscp",
        &[
            "dscp CS1 table 5 pref 85",
            "dscp 10/0x3f table 5 pref 85",
            "dscp 0 pref 86",
            "dscp 9 pref 86",
            "dscp 0/3 pref 86",
            "dscp 3/3 pref 86",
            "dscp 10/0xa pref 86",
        ],
    ),
    (
        "inet6",
        &[
            "-6 from 2001:db8::/32 table 5",
            "-6 to 2001:db8::1 table 5",
            "-6 from default to ::/0 pref 6",
            "-6 flowlabel 5 table 5 pref 85",
            "-6 flowlabel 5/0xff table 5 pref 85",
            "-6 flowlabel 0 pref 86",
            "-6 tos 0xb8 table 5",
            "-6 dscp EF table 5",
            "-6 not from 2001:db8::/32 fwmark 0x10/0xff iif lo blackhole",
        ],
    ),
];

/// What is given for each word, in `add`, `show`, `flush` and `del`.
static WORDS: &[(&str, &[&str])] = &[
    ("from", &["", "x", "1.2.3.4/33", "1.2.3.4/x", "::1", "1.2.3.4", "10/8", "all", "any", "default", "0/0"]),
    ("to", &["", "x", "::1/129", "1.2.3.4", "all", "10.0.0.0/8"]),
    ("tos", &["", "x", "256", "0x1c", "1", "0x10", "10", "010", "16", "lowdelay", "0x10/3", "-1"]),
    ("dsfield", &["AF11", "x", "CS1", "4", "''"]),
    ("dscp", &["", "x", "64", "63", "0x3f", "10/x", "10/64", "10/0x3f", "CS1/0x38", "0", "256", "a", "EF", "-1", "/"]),
    ("fwmark", &["", "x", "1/x", "-1", "4294967296", "1/", "/1", "0xff/0xff", "5/5/5", "0", "0/0", "1"]),
    ("iif", &["", "lo", "''", "123456789012345", "1234567890123456", "a/b", "'a b'", "nope"]),
    ("dev", &["lo", "1234567890123456"]),
    ("oif", &["", "lo", "'a b'", "nope"]),
    (
        "uidrange",
        &[
            "",
            "x",
            "1",
            "1-",
            "1-x",
            "5-1",
            "1-2x",
            "-1-2",
            "1-4294967295",
            "1-4294967296",
            "0-0",
            "0x1-2",
            "+1-+2",
            "' 1- 2'",
            "4294967296-4294967297",
            "99999999999999999999-1",
            "1000-2000",
        ],
    ),
    ("ipproto", &["", "x", "256", "0", "-1", "tcp", "TCP", "ipv6-icmp", "300", "0x6", "010", "ip", "'6 '"]),
    (
        "sport",
        &[
            "",
            "x",
            "0",
            "1",
            "1-",
            "-1",
            "5-1",
            "1-65536",
            "65536",
            "80/x",
            "80/0xff",
            "80/0xffff",
            "80/0",
            "80/65536",
            "1-2/3",
            "0x50",
            "http",
            "/",
            "-",
            "80-90",
        ],
    ),
    ("dport", &["x", "1-x", "53", "53-53", "53/0xff"]),
    ("priority", &["", "x", "-1", "4294967295", "4294967296", "0x7", "07", "08", "0"]),
    ("table", &["", "x", "0", "4294967295", "4294967296", "-1", "main", "300", "all", "''", "unspec", "local"]),
    ("lookup", &["x", "5"]),
    ("goto", &["", "x", "0", "4294967295", "4294967296", "-1", "5 table 5", "5 blackhole", "5 nop"]),
    ("suppress_prefixlength", &["", "x", "33", "-1", "0", "4294967295", "2147483647"]),
    ("suppress_ifgroup", &["", "x", "5", "default", "4294967295", "2147483648", "-1"]),
    (
        "realms",
        &[
            "",
            "x",
            "1/x",
            "1/",
            "/1",
            "65536",
            "1/65536",
            "1/256",
            "256/1",
            "1/2/3",
            "1/255",
            "0x10",
            "-1",
            "unknown",
            "4294967296",
        ],
    ),
    ("protocol", &["", "x", "256", "boot", "5", "0x5", "static", "-1", "kernel"]),
    ("nat", &["", "x", "::1", "1.1.1.1", "any", "default", "1"]),
    ("tun_id", &["", "x", "-1", "18446744073709551615", "18446744073709551616", "7", "0"]),
    ("flowlabel", &["", "x", "1048576", "0x5/x", "1/1048576", "-1", "4294967296", "5"]),
    ("l3mdev", &["", "table 5", "goto 5", "blackhole", "l3mdev"]),
    ("type", &["", "x", "unicast", "blackhole", "broadcast", "256", "5", "u", "b"]),
    ("not", &["", "not", "from 1.1.1.1"]),
    ("no", &["", "from 1.1.1.1"]),
    ("unr", &["", "table 5"]),
    ("p", &["5"]),
    ("t", &["5"]),
    ("s", &["1.2.3.4"]),
    ("d", &["1.2.3.4"]),
    ("f", &["1.2.3.4"]),
    ("o", &["5"]),
    ("pro", &["4"]),
    ("sup_pl", &["4"]),
    ("sup_group", &["4"]),
    ("lo", &["4"]),
    ("m", &["1.1.1.1"]),
    ("foo", &["", "bar"]),
];

/// Rules that are there when words are tried.
const SOME: &str = "some() { ip -b - <<'END'
rule add from 10.0.0.0/8 table 100
rule add table 5 pref 60
rule add table 5 protocol static pref 61
rule add to 10.9.0.0/16 pref 63 table 7
rule add iif lo pref 64 table 8
rule add blackhole pref 65
rule add fwmark 1 pref 66
rule add tos 0x10 pref 67
rule add dscp 10 pref 68
rule add uidrange 0-0 pref 69
rule add ipproto tcp sport 80 dport 53 pref 70
rule add not from 1.1.1.1 pref 71
rule add tun_id 7 pref 72
rule add l3mdev pref 73
END
}
some
";

/// Name of the case, and its script.
static CASES: &[(&str, &str)] = &[
    ("nothing_to_do", "r ip rule add; r ip rule del; r ip rule flush; r ip rule"),
    ("twice", "r ip rule add table 5 pref 7; r ip rule add table 5 pref 7; r ip rule del pref 7; r ip rule del pref 7"),
    (
        "priorities_count_down",
        "for i in 1 2 3; do ip rule add table $i; done; r ip rule; r ip rule del table 2; r ip rule",
    ),
    (
        "words_twice",
        "r ip rule add from 1.1.1.1 from 2.2.2.2; r ip rule add table 5 table 6; r ip rule add pref 5 pref 6; r ip rule add fwmark 1 fwmark 2; r ip rule add iif lo iif x; r ip rule",
    ),
    (
        "families_mixed",
        "r ip rule add from ::1; r ip rule add from 1.2.3.4 to ::1; r ip -6 rule add from 1.2.3.4; r ip -4 rule add from ::1; r ip -6 rule add to ::1 table 4; r ip -6 rule",
    ),
    (
        "families_without_rules",
        "for f in -0 -B -M '-f mpls' '-f link' '-f bridge'; do r ip $f rule; r ip $f rule add table 5; r ip $f rule flush; r ip $f rule del pref 5; done; r ip -0 rule add from 1.2.3.4; r ip -0 rule show all; r ip -B rule add from all; r ip -B rule show from xx",
    ),
    (
        "goto_resolves",
        "r ip rule add goto 5000 pref 4000; r ip rule; r ip rule add pref 5000 table 4; r ip rule; r ip rule del pref 5000; r ip -j rule show pref 4000",
    ),
    (
        "detached",
        "r ip rule add iif v0 oif v1 table 4; r ip rule; ip link add v0 type veth peer name v1; r ip rule; r ip -j rule; ip link del v0; r ip rule",
    ),
    (
        "flush_keeps_the_first",
        "ip rule add table 5 pref 7; r ip rule flush; r ip rule; r ip -6 rule flush; r ip -6 rule; r ip -6 rule add table 5; r ip -6 rule flush; r ip -6 rule",
    ),
    (
        "flush_modes",
        "for m in -s '-s -s' -d -j '-j -p' -o '-s -j'; do ip rule add table 5 pref 7; r ip $m rule flush; r ip rule; done",
    ),
    ("flush_of_no_rules", "r ip rule flush table 77; r ip -j rule flush table 77"),
    ("show_of_no_rules", "r ip rule show pref 99; r ip -j rule show pref 99; r ip -j -p rule show pref 99"),
    ("verbs", "for v in l li lis list ls lst s sh show a ad d de dele f fl get x '' se Add; do r ip rule $v; done"),
    ("object", "r ip ru; r ip rul; r ip rule; r ip rules; r ip ru l"),
    (
        "no_permission",
        "ip rule add table 5 pref 7; r() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; r ip rule add table 5; r ip rule del table 5; r ip rule flush; r ip -s rule flush; r ip rule",
    ),
    (
        "in_a_namespace",
        "ip netns add a; r ip -n a rule add table 5 pref 7; r ip -n a rule; r ip rule; r ip netns exec a ip rule; r ip -n a rule flush; r ip -n a rule",
    ),
    (
        "batch",
        "printf 'rule add table 5 pref 7\\nrule add table 5 pref 7\\nrule show\\nrule del pref 7\\n' >/run/b; r ip -b /run/b; r ip rule; r ip -force -b /run/b; r ip rule",
    ),
    (
        "batch_errors",
        "for l in foo 'add foo' 'add table x' 'del pref 7' 'add from x' 'add pref 1' 'add not' 'flush foo' add 'add l3mdev table 4' 'show table x' 'show from x' 'add sport x' 'add nat x' 'add realms x' 'show'; do echo \"-- $l\"; printf 'rule %s\\nlink show lo\\n' \"$l\" | r ip -force -b -; done; printf 'rule\\nlink show lo\\n' | r ip -0 -force -b -",
    ),
    (
        "batch_of_many",
        "for i in $(seq 500); do echo rule add from 10.0.$((i / 250)).$((i % 250)) table $i; done | r ip -b -; r ip rule; r ip -j rule; r ip rule flush; r ip rule",
    ),
    (
        "echo",
        "r ip -echo rule add table 5 pref 9; r ip -echo rule add table 5 pref 9; r ip -echo rule del table 5 pref 9; r ip -echo rule del pref 9; r ip -echo -d rule add table 5 pref 9; r ip -echo -6 rule add from 2001:db8::/32 table 7; r ip -echo rule flush",
    ),
    (
        "tables_named",
        "mount -t tmpfs none /etc/iproute2; printf '77 blue\\n0x4e green # x\\n# 79 red\\n' >/etc/iproute2/rt_tables; mkdir /etc/iproute2/rt_tables.d; echo '300 far' >/etc/iproute2/rt_tables.d/a.conf; echo '301 no' >/etc/iproute2/rt_tables.d/a.txt; for t in blue green red far no main; do r ip rule add table $t; done; r ip rule; r ip -N rule; r ip rule show table blue; r ip rule flush table far; r ip rule",
    ),
    (
        "names_without_files",
        "mount -t tmpfs none /etc/iproute2; r ip rule add table main tos 0x10 dscp 10 realms 1/2 protocol static suppress_ifgroup 0; r ip rule; r ip -N rule; r ip rule add protocol zebra; r ip rule add dscp AF11; r ip rule add suppress_ifgroup default table 4; r ip rule",
    ),
    (
        "realms_named",
        "mount -t tmpfs none /etc/iproute2; printf '0 cosmos\\n5 here\\n6 there\\n' >/etc/iproute2/rt_realms; r ip rule add realms here/there; r ip rule add realms here; r ip rule add realms cosmos/6; r ip rule; r ip -j rule",
    ),
    (
        "protocols_file_missing",
        "mount --bind /dev/null /etc/protocols; r ip rule add ipproto 6; r ip rule add ipproto tcp; r ip rule",
    ),
    (
        "sock_of_a_lookup",
        "ip link set lo up; ip rule add to 127.9.9.9 prohibit pref 5; r ip rule; r ip rule del to 127.9.9.9",
    ),
    (
        "deleted_by_half",
        "ip rule add from 1.1.1.1 to 2.2.2.2 fwmark 5 table 9 pref 20; r ip rule del from 1.1.1.2; r ip rule del from 1.1.1.1 fwmark 6; r ip rule del from 1.1.1.1; r ip rule",
    ),
    (
        "deleted_first_of_many",
        "for i in 3 1 2; do ip rule add table 9 pref $i; done; r ip rule del table 9; r ip rule; r ip rule del table 9 pref 3; r ip rule",
    ),
    (
        "not_is_compared",
        "ip rule add not from 1.1.1.1 table 9; r ip rule del from 1.1.1.1 table 9; r ip rule; r ip rule add from 1.1.1.1 table 9; r ip rule del not from 1.1.1.1; r ip rule",
    ),
    (
        "many",
        "for i in $(seq 40); do ip rule add from 10.0.0.$i table $i protocol $i pref $i; done; r ip rule; r ip rule flush protocol 7; r ip rule show from 10.0.0.0/27; r ip rule flush from 10.0.0.32/27; r ip rule",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    for (name, script) in CASES {
        trials.push(trial(&format!("ip_rule::{name}"), move || compare(script, Mask::Nothing)));
    }
    for (name, rules) in SETUPS {
        for mode in MODES {
            let script = setup(rules) + &format!("r ip {mode} rule");
            let name = format!("ip_rule::{name}{}", mode.replace(' ', ""));
            trials.push(trial(&name, move || compare(&script, Mask::Nothing)));
        }
        let script = setup(rules) + &deleted(rules);
        trials.push(trial(&format!("ip_rule::{name}_deleted"), move || compare(&script, Mask::Nothing)));
    }
    for (word, values) in WORDS {
        for verb in ["add", "del", "show", "flush"] {
            let script = words(verb, word, values);
            trials.push(trial(&format!("ip_rule::{verb}_{word}"), move || compare(&script, Mask::Nothing)));
        }
    }
    let help = ["rule help", "rule h", "rule add help", "rule del hel", "-6 rule help"];
    trials.push(trial("ip_rule::help", move || compare_help(&help)));
    trials
}

fn option_and_rule(rule: &str) -> (&str, &str) {
    rule.strip_prefix("-6 ").map_or(("", rule), |rule| ("-6", rule))
}

fn setup(rules: &[&str]) -> String {
    rules.iter().map(|rule| option_and_rule(rule)).map(|(six, rule)| format!("ip {six} rule add {rule}\n")).collect()
}

/// The same words delete what they added.
fn deleted(rules: &[&str]) -> String {
    let delete = |rule| {
        let (six, rule) = option_and_rule(rule);
        format!("r ip {six} rule del {rule}\n")
    };
    let all: String = rules.iter().map(|rule| delete(rule)).collect();
    all + "r ip rule; r ip -6 rule"
}

/// One verb with one word and each of its values, each after the same start.
fn words(verb: &str, word: &str, values: &[&str]) -> String {
    let mut script = SOME.to_owned();
    for value in values {
        let restore = if verb == "flush" { "ip rule flush; some\n".to_owned() } else { String::new() };
        let look = if verb == "show" { "" } else { "r ip rule\n" };
        script.push_str(&format!("{restore}r ip rule {verb} {word} {value}\n{look}"));
    }
    if matches!(verb, "add" | "show") {
        let six: String = values.iter().map(|value| format!("r ip -6 rule {verb} {word} {value}\n")).collect();
        script.push_str(&six);
    }
    script + "r ip rule; r ip -6 rule"
}
