//! Random words, given to the reference and to ours alike: the same exit status and the same messages,
//! no panic, no hang.
//!
//! `NSLAB_RANDOM` is how many argument vectors are tried (300 by default), `NSLAB_RANDOM_SEED` where they
//! begin. Several share a sandbox, in which each may change what the next one finds. Objects that are
//! complete must answer alike; of the others, differences are counted and told.

use std::collections::BTreeMap;

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

/// How many vectors share a sandbox.
const SHARED: usize = 20;

/// An object, whether it must answer as the reference does, its verbs, and words that belong to it.
struct Object {
    name: &'static str,
    must: bool,
    verbs: &'static [&'static str],
    words: &'static [&'static str],
}

static OBJECTS: &[Object] = &[
    Object {
        name: "netns",
        must: true,
        verbs: &[
            "list", "show", "list-id", "help", "add", "set", "delete", "identify", "pids", "exec", "attach", "l", "s",
            "a", "d", "e", "p", "i",
        ],
        words: &["x", "y", "z", "nsid", "target-nsid", "auto", "nowhere", "/", ".."],
    },
    Object {
        name: "rule",
        must: true,
        verbs: &["add", "delete", "del", "flush", "show", "list", "lst", "help", "a", "d", "f", "s", "l"],
        words: &[
            "from",
            "to",
            "tos",
            "dsfield",
            "dscp",
            "fwmark",
            "iif",
            "oif",
            "dev",
            "l3mdev",
            "uidrange",
            "ipproto",
            "sport",
            "dport",
            "priority",
            "pref",
            "order",
            "preference",
            "not",
            "table",
            "lookup",
            "goto",
            "nop",
            "suppress_prefixlength",
            "suppress_ifgroup",
            "sup_pl",
            "sup_group",
            "realms",
            "protocol",
            "type",
            "blackhole",
            "unreachable",
            "prohibit",
            "nat",
            "map-to",
            "tun_id",
            "flowlabel",
            "all",
            "any",
            "default",
            "main",
            "local",
            "static",
            "kernel",
            "tcp",
            "udp",
            "CS1",
            "AF11",
            "1-9",
            "80/0xff",
            "5/6",
            "u",
            "p",
            "t",
            "s",
            "d",
            "f",
            "o",
        ],
    },
    Object {
        name: "link",
        must: false,
        verbs: &["add", "delete", "set", "show", "list", "property", "help", "a", "d", "s", "l"],
        words: &[
            "dev",
            "name",
            "address",
            "mtu",
            "txqueuelen",
            "up",
            "down",
            "arp",
            "on",
            "off",
            "multicast",
            "promisc",
            "group",
            "master",
            "nomaster",
            "netns",
            "index",
            "alias",
            "type",
            "veth",
            "bridge",
            "ifb",
            "vlan",
            "peer",
            "link",
            "id",
            "default",
            "02:00:00:00:00:07",
            "altname",
            "addrgenmode",
            "eui64",
            "none",
        ],
    },
    Object {
        name: "address",
        must: false,
        verbs: &["add", "change", "replace", "delete", "show", "list", "flush", "help", "a", "d", "s", "l"],
        words: &[
            "dev",
            "local",
            "peer",
            "broadcast",
            "brd",
            "label",
            "scope",
            "valid_lft",
            "preferred_lft",
            "forever",
            "nodad",
            "up",
            "to",
            "dynamic",
            "permanent",
            "tentative",
            "deprecated",
            "metric",
            "proto",
            "host",
            "global",
            "link",
            "all",
        ],
    },
    Object {
        name: "route",
        must: false,
        verbs: &[
            "add", "change", "replace", "append", "delete", "flush", "get", "show", "list", "help", "a", "d", "s", "l",
        ],
        words: &[
            "dev",
            "via",
            "table",
            "main",
            "all",
            "proto",
            "static",
            "kernel",
            "scope",
            "link",
            "src",
            "metric",
            "mtu",
            "lock",
            "onlink",
            "nexthop",
            "weight",
            "default",
            "blackhole",
            "unreachable",
            "root",
            "match",
            "exact",
            "type",
            "tos",
            "from",
            "iif",
            "oif",
            "mark",
            "cache",
            "to",
        ],
    },
    Object {
        name: "neighbour",
        must: false,
        verbs: &["add", "change", "replace", "delete", "flush", "show", "get", "help", "a", "d", "s"],
        words: &[
            "dev",
            "lladdr",
            "nud",
            "permanent",
            "reachable",
            "stale",
            "noarp",
            "proxy",
            "router",
            "extern_learn",
            "to",
            "unused",
            "all",
            "02:00:00:00:00:07",
            "protocol",
            "static",
        ],
    },
];

/// Words of no object, or of all.
static VALUES: &[&str] = &[
    "lo",
    "v0",
    "v1",
    "x",
    "nope",
    "0",
    "1",
    "2",
    "7",
    "255",
    "256",
    "32766",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "-1",
    "0x10",
    "010",
    "08",
    "1x",
    "",
    " ",
    "10.0.0.1",
    "10.0.0.0/8",
    "10.0.0.1/33",
    "1.2.3.4/24",
    "2001:db8::1",
    "2001:db8::/32",
    "::1/129",
    "0/0",
    "::",
    "a/b",
    "a-name-longer-than-it-may-be",
    "ü",
    "\u{fffd}",
    "\n",
    "%s",
    "help",
    "-4",
    "--",
    "-j",
    "99999999999999999999",
    "all",
    "default",
    "/",
    "-",
];

static OPTIONS: &[&str] = &[
    "-4", "-6", "-0", "-o", "-j", "-p", "-d", "-s", "-N", "-br", "-c", "-a", "-h", "-iec", "-t", "-force", "-B", "-M",
    "-x", "-fo", "-f", "inet", "inet6", "link", "-n", "x", "-rc", "5", "-l", "--", "-", "-echo", "-c=never", "-r",
];

/// Numbers that look random and are the same each time (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }

    fn of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.below(words.len())]
    }
}

/// Words about an object.
fn vector(numbers: &mut Numbers, object: &Object) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for _ in 0..numbers.below(6).saturating_sub(2) {
        words.push(numbers.of(OPTIONS).into());
    }
    words.push(object.name.into());
    if numbers.below(20) > 0 {
        words.push(numbers.of(object.verbs).into());
    }
    for _ in 0..numbers.below(8) {
        let word = match numbers.below(20) {
            0 => garbage(numbers),
            1..=8 => numbers.of(VALUES).into(),
            _ => numbers.of(object.words).into(),
        };
        words.push(word);
    }
    words
}

fn garbage(numbers: &mut Numbers) -> String {
    (0..numbers.below(40)).map(|_| char::from(u8::try_from(3 + numbers.below(124)).unwrap())).collect()
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What a program made of a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: i32,
    out: String,
    err: String,
}

/// Runs vectors one after the other. PATH has no programs, so that `exec` finds none.
fn answers(folder: &std::path::Path, vectors: &[Vec<String>]) -> Vec<Answer> {
    let setup = "ip netns add x; ip netns set x 3; ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; \
        ip addr add 10.0.0.1/24 dev v0; ip link set v0 up; ip link set lo up";
    let mut script = format!(
        "{setup}\ntimeout=$(command -v timeout) cat=$(command -v cat) ip=$(command -v ip)\nPATH=/nowhere\ncd /run\n"
    );
    script.push_str("t() { \"$timeout\" -s KILL 20 \"$ip\" \"$@\" >/run/o 2>/run/e </dev/null; printf '\\1%s\\2' $?; $cat /run/o; printf '\\2'; $cat /run/e; }\n");
    for words in vectors {
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        script.push_str(&format!("t {}\n", words.join(" ")));
    }
    let output = sandbox::run(&[folder], &script);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers = text.split('\u{1}').skip(1).map(|answer| {
        let mut parts = answer.splitn(3, '\u{2}').map(String::from);
        let mut part = || parts.next().unwrap_or_default();
        Answer { status: part().parse().unwrap_or(-1), out: part(), err: part() }
    });
    answers.collect()
}

impl Answer {
    /// What is to be the same: our help has words of its own.
    fn told(&self) -> (i32, &str, &str) {
        let usage = self.err.find("Usage:").map_or(self.err.as_str(), |at| &self.err[..at]);
        (self.status, &self.out, usage)
    }

    fn is_not_yet(&self) -> bool {
        self.err.contains("not supported yet")
    }

    fn is_broken(&self) -> bool {
        // A panic; a signal, which is how `timeout` ends what hangs.
        self.status == 101 || self.status > 128 && self.status != 255
    }
}

pub(crate) fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}

fn random_words() {
    let mut numbers = Numbers(number("NSLAB_RANDOM_SEED", 1));
    let mut left = usize::try_from(number("NSLAB_RANDOM", 300)).unwrap();
    let (mut wrong, mut others, mut not_yet) = (Vec::new(), BTreeMap::<&str, usize>::new(), 0);
    while left > 0 {
        let count = left.min(SHARED);
        left -= count;
        // The first two as often as all others together.
        let wide = numbers.below(2) == 0;
        let object = &OBJECTS[numbers.below(if wide { OBJECTS.len() } else { 2 })];
        let vectors: Vec<_> = (0..count).map(|_| vector(&mut numbers, object)).collect();
        let (expected, got) = (answers(tools::reference().unwrap(), &vectors), answers(tools::ours(), &vectors));
        assert_eq!((expected.len(), got.len()), (count, count), "{vectors:?}");
        for (words, (expected, got)) in vectors.iter().zip(expected.iter().zip(&got)) {
            if got.is_broken() && !expected.is_broken() {
                wrong.push(format!("{words:?}: {got:?}"));
            }
            if got.is_not_yet() {
                not_yet += 1;
                break;
            }
            // With -all the reference looks at no names, and takes paths for them.
            if got.err.starts_with("Invalid netns name") {
                break;
            }
            if expected.told() != got.told() {
                let line = format!("{words:?}\n- {:?}\n+ {:?}", expected.told(), got.told());
                if object.must {
                    wrong.push(line);
                } else {
                    *others.entry(object.name).or_default() += 1;
                    if std::env::var_os("NSLAB_RANDOM_TELL").is_some() {
                        eprintln!("{line}");
                    }
                }
                // What follows in this sandbox may differ because of that.
                break;
            }
        }
    }
    eprintln!("random words: {not_yet} not yet supported, other differences: {others:?}");
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("random::words", random_words)]
}
