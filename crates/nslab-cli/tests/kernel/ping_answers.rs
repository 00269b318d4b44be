//! `ping` and answers of all sorts, from [`answerer`](crate::answerer).
//!
//! - [`SAME`]: shown and counted as iputils does;
//! - [`hostile`]: what is forged, cut short or broken does not count;
//! - [`WIRE`]: what the options make of the packets is the same on the wire.

use libtest_mimic::Trial;

use crate::differential::{Mask, NETWORK_IS_THERE, compare_in_network};
use crate::{answerer, sandbox, tools, trial};

/// a (10.0.0.1, fd00::1) - (10.0.0.254, fd00::fe) h, which has all of 10.9.0.0/16 and fd09::/64 and leaves
/// answering to the answerer.
const NETWORK: &str = r#"
ip -batch - <<X
link set lo up
netns add a
netns add h
X
ip -n a -batch - <<X
link add v0 type veth peer name v1 netns h
address add 10.0.0.1/24 dev v0
address add fd00::1/64 dev v0 nodad
link set lo up
link set v0 up
X
ip -n h -batch - <<X
address add 10.0.0.254/24 dev v1
address add fd00::fe/64 dev v1 nodad
link set lo up
link set v1 up
route add local 10.9.0.0/16 dev lo
route add local fd09::/64 dev lo
X
ip -n a -batch - <<X
route add 10.9.0.0/16 via 10.0.0.254
route add fd09::/64 via fd00::fe
X
ip netns exec h sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all; echo 1 > /proc/sys/net/ipv6/icmp/echo_ignore_all'
"#;

const SAME: &[(&str, &str)] = &[
    ("sound", "r ping -c 2 -i .05 10.9.0.1; r ping -c 2 -i .05 fd09::1"),
    ("wrong_data_byte", "r ping -c 1 10.9.0.2; r ping -c 1 fd09::2"),
    ("wrong_data_byte_of_many", "r ping -c 1 -s 200 10.9.0.2; r ping -c 1 -p 00ff -s 70 fd09::2"),
    ("duplicates", "r ping -c 3 -i .05 10.9.0.3; r ping -c 3 -i .05 fd09::3"),
    ("duplicates_flood", "r ping -f -c 3 -i .05 10.9.0.3; r ping -q -c 3 -i .05 fd09::3"),
    ("truncated", "r ping -c 1 10.9.0.4; r ping -c 1 -a fd09::4"),
    ("another_address", "r ping -c 1 10.9.0.7; r ping -c 1 fd09::7; r ping -C -W .3 -c 1 10.9.0.7"),
    ("another_identifier", "r ping -c 1 -W .3 10.9.10.1; r ping -c 1 -W .3 fd09::a:1"),
    ("nobody", "r ping -c 2 -i .05 -W .2 -O 10.9.99.1; r ping -c 2 -i .05 -W .2 -O fd09::63:1"),
    ("quench", "r ping -c 1 10.9.24.0"),
    ("redirects", "for n in 0 1 2 3 4; do r ping -c 1 10.9.23.$n; done; r ping -q -c 1 10.9.23.1"),
    ("unreachable", "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do r ping -c 1 10.9.20.$n; done"),
    ("unreachable_unknown", "r ping -c 1 -W .3 10.9.20.16"),
    ("exceeded", "r ping -c 1 10.9.21.0; r ping -c 1 -W .3 10.9.21.1; r ping -c 1 10.9.21.2"),
    ("parameter", "r ping -c 1 10.9.22.0; r ping -c 1 10.9.22.20"),
    ("unreachable_6", "for n in 0 1 2 3 4 5 6 7; do r ping -c 1 fd09::14:$n; done"),
    ("exceeded_6", "for n in 0 1 2; do r ping -c 1 fd09::15:$n; done"),
    ("parameter_6", "for n in 0 1 2 3; do r ping -c 1 fd09::16:$n; done"),
    ("too_big_6", "r ping -c 1 fd09::19:0; r ping -c 1 fd09::19:1"),
    ("refused_many", "r ping -c 4 -i .02 10.9.20.1; r ping -c 4 -i .02 fd09::14:3; r ping -D -c 2 -i .05 10.9.20.1"),
    ("refused_flood", "r ping -f -c 1 10.9.20.1; r ping -f -c 4 fd09::14:3; r ping -f -q -c 1 10.9.21.0"),
    ("refused_until_the_deadline", "r ping -w 1 10.9.20.0; r ping -w 1 -c 3 fd09::14:0"),
];

/// Options that change packets, each asked once of each family.
const WIRE: &[&str] = &[
    "",
    "-s 0",
    "-s 15",
    "-s 16",
    "-s 17",
    "-s 100",
    "-p ff",
    "-p 0123456789abcdef",
    "-p 1",
    "-p '' -s 30",
    "-p ab -s 10",
    "-t 1",
    "-t 255",
    "-Q 0x20",
    "-Q 255",
    "-Q 3",
    "-M do",
    "-M dont",
    "-M want",
    "-M probe",
    "-e 7",
    "-e 255 -l 3 -c 3",
    "-m 5",
    "-r",
    "-U",
    "-C",
    "-B",
    "-I v0",
    "-S 2000",
    "-d",
    "-L",
    "-A -c 3",
    "-F 0x12345",
    "-c 3 -l 3",
    "-D",
    "-b",
];

/// What must not count, N of 10.9.10.N and fd09::a:N.
const HOSTILE: std::ops::RangeInclusive<u8> = 1..=18;

pub(crate) fn trials() -> Vec<Trial> {
    let same = SAME.iter().map(|&(name, script)| {
        trial(&format!("ping_answers::{name}"), move || compare_in_network(&answered(script), Mask::Ping))
    });
    let wire = trial("ping_answers::wire", wire);
    same.chain([wire]).collect()
}

/// Tests that need no reference.
pub(crate) fn alone() -> Vec<Trial> {
    vec![trial("ping_answers::hostile", hostile), trial("ping_answers::hostile_to_check", hostile_to_check)]
}

/// A script in namespace a, while the answerer is there.
fn answered(script: &str) -> String {
    let ip = tools::reference().map_or_else(|| "nslab ip".into(), |folder| folder.join("ip").display().to_string());
    let inside = format!("r() {{ echo \"+ $*\"; \"$@\"; echo \"= $?\"; }}\n{script}").replace('\'', r"'\''");
    format!(
        "set -e\nip() {{ {ip} \"$@\"; }}\n{NETWORK}\n{}\nset +e\necho {NETWORK_IS_THERE}\nip netns exec a sh -c '{inside}'\nkill $answerer",
        answerer::start("h", &ip)
    )
}

fn wire() {
    // Once the neighbours are known, packets leave in order.
    let mut script = String::from("until ping -q -c 1 -W 1 fd09::1; do :; done >/dev/null\n");
    script.push_str("ping -q -c 1 -W .1 10.9.99.99 >/dev/null\n");
    for options in WIRE {
        for to in ["10.9.0.1", "fd09::1"] {
            let count = if options.contains("-c") { "" } else { "-c 1" };
            script.push_str(&format!("ping -q {count} -W .5 {options} {to} >/dev/null 2>&1\n"));
        }
    }
    script.push_str("sed '1,/to 10.9.99.99:/d' /run/asked");
    compare_in_network(&answered(&script), Mask::Ping);
}

/// Nothing of it counts as an answer, nothing makes it fail, and it goes on.
fn hostile() {
    let mut script = String::new();
    for n in HOSTILE {
        for to in [format!("10.9.10.{n}"), format!("fd09::a:{n:x}")] {
            script.push_str(&format!("echo '+ {to}'; ping -c 2 -i .02 -W .2 {to} 2>&1; echo \"= $?\"\n"));
        }
    }
    let output = sandbox::run(&[tools::ours()], &answered(&script));
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let part = |to: &str| out.split("+ ").find(|part| part.starts_with(&format!("{to}\n"))).unwrap().to_owned();
    for n in HOSTILE {
        for to in [format!("10.9.10.{n}"), format!("fd09::a:{n:x}")] {
            let part = part(&to);
            assert!(part.contains("\n2 packets transmitted, "), "{part}");
            // A packet that the kernel lets through with its options is an answer like any.
            if n < 17 {
                assert!(part.contains("\n2 packets transmitted, 0 received,"), "{part}");
                assert!(part.contains("100% packet loss") && part.trim_end().ends_with("= 1"), "{part}");
            }
        }
    }
    assert!(part("10.9.10.7").contains("(BAD CHECKSUM!)") && part("10.9.10.7").contains("+2 corrupted"), "{out}");
    for to in ["10.9.10.12", "10.9.10.13", "10.9.10.14", "10.9.10.16", "fd09::a:d", "fd09::a:e", "fd09::a:10"] {
        assert!(!part(to).contains("From") && !part(to).contains("errors"), "{out}");
    }
}

/// The same answers do not make a check count a target as reached either.
fn hostile_to_check() {
    let mut targets = Vec::new();
    for n in HOSTILE.filter(|n| *n < 17) {
        targets.extend([format!("10.9.10.{n}"), format!("fd09::a:{n:x}")]);
    }
    let own = std::env::current_exe().unwrap();
    let script = answered(&format!("{} asks 10.9.0.1 {}", own.display(), targets.join(" ")));
    let output = sandbox::run(&[tools::ours()], &script);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = out.lines().filter(|line| *line != NETWORK_IS_THERE).collect();
    assert_eq!(lines.len(), 1 + targets.len(), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines[0].starts_with("Reached"), "{out}");
    assert!(lines[1..].iter().all(|line| line.starts_with("NotReached")), "{out}");
}

/// Asks some addresses by the library's matrix, if this run of the program is for that.
pub(crate) fn main() -> bool {
    use nslab::probe::matrix::{self, Settings, Sockets, Source};
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [first, targets @ ..] = words.as_slice() else { return false };
    if first != "asks" {
        return false;
    }
    let source = Source {
        sockets: Sockets::open().unwrap(),
        targets: targets.iter().map(|target| target.parse().unwrap()).collect(),
    };
    let settings = Settings { deadline: std::time::Duration::from_secs(1), ..Settings::default() };
    for outcome in matrix::run(&[source], &settings).unwrap().concat() {
        println!("{outcome:?}");
    }
    true
}
