//! `nslab check`: ports, the machine's namespaces, what is asked, what is shown, and that nothing is left.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::lab::{fail, succeed};
use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let (python, nft) = (tools::find("python3").is_none(), tools::find("nft").is_none());
    let rule = "nft 'add table ip t; add chain ip t c; add rule ip t c numgen inc mod 4 == 3 drop'";
    let counting = !nft && sandbox::run(&[], rule).status.success();
    if python || !counting {
        eprintln!("skipped: checks of ports, or with a packet filter, for want of python3, nft or its numgen");
    }
    vec![
        trial("check::ports_of_both_protocols_and_families", ports).with_ignored_flag(python),
        trial("check::ports_behind_a_packet_filter", filtered).with_ignored_flag(python || nft),
        trial("check::who_asks_whom", who_asks_whom),
        trial("check::namespaces_that_others_made", machine),
        trial("check::loss_is_measured", loss).with_ignored_flag(!counting),
        trial("check::neighbours_are_left_as_they_were", neighbours),
        trial("check::interrupted_it_leaves_nothing", interrupted).with_ignored_flag(python),
        trial("check::leftovers_are_taken_away", leftovers),
        trial("check::pictures_of_all_sizes", pictures),
        trial("check::watch_tells_changes_and_ends", watch).with_ignored_flag(tools::find("bash").is_none()),
        trial("check::watch_draws_on_a_terminal", drawn).with_ignored_flag(python),
    ]
}

/// A server of TCP on ports 80 and 81, of UDP on 53, which answers, and on 54, which does not, for both families; of UDP
/// on 55 for one address alone.
const SERVER: &str = "cat >/run/server.py <<END
import select, socket
def bound(family, kind, address, port):
    s = socket.socket(family, kind)
    s.bind((address, port))
    return s
tcp = [bound(socket.AF_INET6, socket.SOCK_STREAM, '::', port) for port in (80, 81)]
for s in tcp: s.listen(64)
echo = bound(socket.AF_INET6, socket.SOCK_DGRAM, '::', 53)
mute = [bound(socket.AF_INET6, socket.SOCK_DGRAM, '::', 54), bound(socket.AF_INET, socket.SOCK_DGRAM, '10.0.0.3', 55)]
print('ready', flush=True)
while True:
    for s in select.select(tcp + [echo] + mute, [], [])[0]:
        if s in tcp: s.accept()[0].close()
        else:
            data, peer = s.recvfrom(100)
            if s is echo: s.sendto(data, peer)
END
";

/// A lab with that server; `expect` is what it expects.
fn served(expect: &str) -> String {
    format!(
        "{SERVER}cat >/run/t.yaml <<END
nodes:
  web: {{ run: [ {{ name: s, command: [ python3, /run/server.py ], ready: {{ log: ready }}, timeout: 60s }} ] }}
segments: {{ lan: {{ prefix: [ 10.0.0.0/24, 2001:db8::/64 ], members: [ h1, h2, web ] }} }}
expect: [ {expect} ]
END
nslab -q up /run/t.yaml\n"
    )
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    lines.sort();
    lines
}

fn ports() {
    let good = "'h[1-2] -> web:[80,81]', 'h1 -> web:53/udp', 'h1 -> web:54/udp', 'h1 -> web:55/udp', 'h1 !> web:82', \
                'h1 !> web:82/udp', 'web !> h1:80'";
    let out = succeed(&format!("{}nslab check -q t; nslab check --json t; nslab -q down t", served(good)));
    let (text, json) = out.split_once('\n').unwrap();
    assert_eq!(text, "as expected: 12 address pairs, 10 ports");
    let json: Value = serde_json::from_str(json).unwrap();
    let ports = json["ports"].as_array().unwrap();
    assert!(ports.iter().all(|port| port["reached"] == port["expected"]), "{ports:?}");
    let closed = ports.iter().find(|port| port["port"] == 82 && port["protocol"] == "udp").unwrap();
    assert_eq!(closed["reason"], "refused, as where nothing listens");

    let wrong = "'h1 -> web:82', 'h2 -> web:82/udp', 'h2 !> web:80', 'h2 !> web:53/udp', 'h2 !> web:54/udp'";
    let out = succeed(&format!(
        "{}nslab check -q t || [ $? = 1 ]; ip -n web link set eth0 down
         nslab check -q --deadline 0.5 --expect 'h1 -> web:80' --expect 'h1 -> web:53/udp' t || [ $? = 1 ]; nslab -q down t",
        served(wrong)
    ));
    let expected = "\
h1 does not reach web:82 at 10.0.0.3: refused, as where nothing listens
h2 reaches web:53/udp at 10.0.0.3, which it must not
h2 reaches web:54/udp at 10.0.0.3, which it must not
h2 reaches web:80 at 10.0.0.3, which it must not
h2 does not reach web:82/udp at 10.0.0.3: refused, as where nothing listens
not as expected: 5 of 12 address pairs, 5 ports
h1 does not reach web:53/udp at 10.0.0.3: no answer
h1 does not reach web:80 at 10.0.0.3: no answer
not reached: 2 of 2 ports
";
    assert_eq!(sorted(&out), sorted(expected), "{out}");
}

/// What is dropped without a word on its way in is not reached, though a socket is there; what is refused is closed.
fn filtered() {
    let script = format!(
        "{}ip netns exec web nft -f - <<END
table inet t {{ chain c {{ type filter hook input priority 0;
  udp dport 53 drop; tcp dport 80 drop; tcp dport 81 reject with tcp reset; udp dport 54 reject
  }}
}}
END
nslab check -q --deadline 1 t; nslab -q down t",
        served("'h1 !> web:53/udp', 'h1 !> web:80', 'h1 !> web:81', 'h1 !> web:54/udp', 'h1 -> web:55/udp'")
    );
    assert_eq!(succeed(&script), "as expected: 12 address pairs, 5 ports\n");
}

/// Nodes on a switch, h3 with its link down.
const THREE: &str = "cat >/run/t.yaml <<END
segments: { lan: { prefix: 10.0.0.0/24, members: [ 'h[1-3]' ] } }
END
nslab -q up /run/t.yaml; ip -n h3 link set eth0 down\n";

fn who_asks_whom() {
    let out = succeed(&format!(
        "{THREE}nslab check -q --from 'h[1-2]' --to h1 --to h2 t
         nslab check --from h1 --to h2 t | sed 's/[0-9.]* ms/TIME/'
         nslab check -q --expect 'h1 -> h2' --expect 'h[1-2] !> h3' --deadline 1 t; nslab check -q --from h3 --to h3 t"
    ));
    let expected = "\
all reached: 2 address pairs
from \\ to  h2
h1         TIME
all reached: 1 address pair
as expected: 3 address pairs
there is nobody to reach
";
    assert_eq!(out, expected);
    // Nobody answers to ARP: the kernel gives up after three seconds, and says so.
    let script = format!("{THREE}nslab check -q --deadline 60 --expect 'h1 -> h3:80' --expect 'h2 -> h3:80/udp' t");
    let told = String::from_utf8(sandbox::run(&[tools::ours()], &script).stdout).unwrap();
    let of = |from: &str, service: &str| format!("{from} does not reach h3:{service} at 10.0.0.3: No route to host\n");
    assert_eq!(told, of("h1", "80") + &of("h2", "80/udp") + "not reached: 2 of 2 ports\n");
    for (words, status, said) in [
        ("--from h4", 3, "nslab: lab \"t\" has no node \"h4\"\n  help: there is: h1, h2, h3\n"),
        ("--expect 'h1 -> lan'", 3, "nslab: lab \"t\" has no node \"lan\"\n  help: there is: h1, h2, h3\n"),
        ("--expect h1", 2, "nslab: \"h1\" is no expectation\n"),
        ("--to 'h[1'", 2, "nslab: range \"h[1\": `[` without `]`\n"),
    ] {
        let err = fail(&format!("{THREE}nslab check {words} t"), status);
        assert!(err.starts_with(said), "{words}: {err}");
    }
    fail(&format!("{THREE}nslab check --machine t"), 2);
    // One of whom all is lost is told of once.
    let lines = succeed(&format!("{}nslab check -q t || [ $? = 1 ]", THREE.replace("1-3", "1-5")));
    assert_eq!(
        lines,
        "nobody reaches h3 at 10.0.0.3: host unreachable\nh3 reaches nobody: cannot send: Network is unreachable\n\
         not reached: 8 of 20 address pairs\n"
    );
}

/// Namespaces made by `ip`, of which one has no address that others could reach.
fn machine() {
    let out = succeed(
        "for n in a b alone; do ip netns add $n; ip -n $n link set lo up; done
         ip -n a link add v0 type veth peer name v0 netns b
         ip -n a address add 192.0.2.1/24 dev v0; ip -n b address add 192.0.2.2/24 dev v0
         ip -n a address add 2001:db8::1/64 dev v0 nodad; ip -n b address add 2001:db8::2/64 dev v0 nodad
         ip -n a link set v0 up; ip -n b link set v0 up
         nslab check -q --machine; nslab check --machine --from a --json | grep -c '\"lab\": null\\|\"address\"'
         ip netns exec b nslab ip link set v0 down
         nslab check -q --machine --from a --deadline 1 || [ $? = 1 ]
         nslab check -q --machine --from 'x y' 2>&1 || [ $? = 3 ]",
    );
    // IPv6 addresses go with the link.
    let expected = "\
all reached: 4 address pairs
3
a does not reach b at 192.0.2.2: no answer
not reached: 1 of 1 address pair
nslab: this machine has no node \"x y\"
  help: there is: a, b
";
    assert_eq!(out, expected);
    assert_eq!(succeed("nslab check --machine"), "there is nobody to reach\n");
}

/// Each fourth request that comes in is dropped.
fn loss() {
    let out = succeed(
        "cat >/run/t.yaml <<END
links: [ a 10.0.0.1/24 -- b 10.0.0.2/24 ]
END
nslab -q up /run/t.yaml
ip netns exec b nft -f - <<END
table ip t { chain c { type filter hook input priority 0
  icmp type echo-request numgen inc mod 4 == 3 drop
  }
}
END
nslab check --count 8 t; nslab check --count 8 --json t",
    );
    let (text, json) = out.split_once('{').unwrap();
    assert!(text.contains(" ms -25%\n") && text.ends_with("; lost: 2 of 16 requests\n"), "{out}");
    let json: Value = serde_json::from_str(&format!("{{{json}")).unwrap();
    let measured = &json["pairs"][0]["measured"];
    assert_eq!((&measured["sent"], &measured["received"]), (&8.into(), &6.into()), "{json}");
    assert!(measured["min_ms"].as_f64() <= measured["avg_ms"].as_f64());
    assert!(measured["avg_ms"].as_f64() <= measured["max_ms"].as_f64());
}

/// 40 nodes on a switch, more neighbours than the kernel keeps, and how many entries there are that hold a word.
const FORTY: &str = "cat >/run/t.yaml <<END
segments: { lan: { prefix: [ 10.0.0.0/24, 2001:db8::/64 ], members: [ \"h[1-40]\" ] } }
END
nslab -q up /run/t.yaml
entries() { for i in $(seq 40); do ip -n h$i neigh show nud all; done | grep -c \"$1\" || true; }\n";

fn neighbours() {
    let out = succeed(&format!(
        "{FORTY}nslab -q check t; entries extern_learn
         ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:00:09 dev eth0 nud permanent extern_learn
         ip -n h1 neigh show nud permanent >/run/before
         nslab check -q --deadline 1 t || [ $? = 1 ]
         ip -n h1 neigh show nud permanent | diff - /run/before; nslab -q down t"
    ));
    // Nobody learns of what was made wrong; so the way back is wrong too.
    let expected = "\
all reached: 3120 address pairs
0
h1 does not reach h2 at 10.0.0.2: no answer
h2 does not reach h1 at 10.0.0.1: no answer
not reached: 2 of 3120 address pairs
";
    assert_eq!(out, expected);
}

/// It is stopped while it waits for an answer that does not come: then all entries are there.
fn interrupted() {
    let out = succeed(&format!(
        "{FORTY}ip -n lan link set h40 nomaster
         nslab -q check --deadline 3600 --json t & check=$!
         until [ $(entries 'extern_learn') -gt 3000 ]; do :; done
         kill -INT $check; wait $check || echo status $?; entries extern_learn; nslab -q down t"
    ));
    assert_eq!(out, "status 1\n0\n");
}

/// What one that was killed has left, the next takes away.
fn leftovers() {
    let out = succeed(&format!(
        "{FORTY}ip -n h1 neigh add 10.0.0.7 dev eth0 nud none extern_learn protocol 110; entries 'proto 110'
         nslab -q check t; entries 'proto 110'; nslab -q down t"
    ));
    assert_eq!(out, "1\nall reached: 3120 address pairs\n0\n");
}

fn pictures() {
    let lab = |n: usize, columns: usize| {
        let out = succeed(&format!(
            "cat >/run/t.yaml <<END
segments:
  lan: {{ prefix: 10.0.0.0/24, members: [ \"h[1-{n}]\" ] }}
  other: {{ prefix: 10.1.0.0/24, members: [ h1, x ] }}
END
             nslab -q up /run/t.yaml
             COLUMNS={columns} nslab check --from 'h[1-{n}]' --expect 'h[1-{n}] -> h[1-{n}]' --expect 'h2 !> x' t || [ $? = 1 ]
             nslab -q down t"
        ));
        let widest = out.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= columns.max(80), "{widest}: {out}");
        out
    };
    let small = lab(3, 80);
    assert!(small.starts_with("from \\ to  h1") && small.contains(" ms"), "{small}");
    let bare = lab(8, 80);
    assert!(bare.contains("\nround trips in ms\n") && !bare.contains("0 ms"), "{bare}");
    let signs = lab(50, 80);
    assert!(signs.contains("\n  3 h3     /") && signs.contains("/ not at all of its addresses"), "{signs}");
    let summary = lab(70, 80);
    assert!(summary.starts_with("SEGMENT    NODES  WITHIN"), "{summary}");
    assert!(summary.contains("\nlan        69     all 4692  "), "{summary}");
    // Too narrow for the picture.
    assert!(lab(40, 45).starts_with("SEGMENT"), "40 nodes do not fit into 45 columns");
}

fn watch() {
    // Into a pipe: what changes is a line, and the end is clean.
    let out = succeed(&format!(
        "bash -ec '{}ip -n h3 link set eth0 up; mkfifo /run/out
         nslab check -q --watch --interval 0.05 t >/run/out & watcher=$!
         exec 3</run/out; read line <&3; echo $line
         ip -n h3 link set eth0 down; for i in 1 2 3 4; do read line <&3; echo $line; done
         kill -INT $watcher; wait $watcher || echo status $?
         exec 3<&-; nslab check --json --watch --interval 0.05 t >/run/out & watcher=$!
         exec 3</run/out; read line <&3; [[ $line == *\\\"good\\\":false* ]]; exec 3<&-
         wait $watcher || echo status $?'",
        THREE.replace('\'', "\"")
    ));
    let (begin, end) = out.split_once("status 1\n").unwrap();
    assert_eq!(end, "status 1\n", "{out}");
    let mut lines: Vec<&str> = begin.lines().collect();
    assert_eq!(lines.remove(0), "all reached: 6 address pairs");
    lines.sort_unstable();
    let expected = [
        ("h1 does not reach h3 at 10.0.0.3: ", "h1"),
        ("h2 does not reach h3 at 10.0.0.3: ", "h2"),
        ("h3 does not reach h1 at 10.0.0.1: cannot send: Network is unreachable", "h3"),
        ("h3 does not reach h2 at 10.0.0.2: cannot send: Network is unreachable", "h3"),
    ];
    assert!(lines.iter().zip(expected).all(|(line, (beginning, _))| line.starts_with(beginning)), "{out}");
    assert_eq!(lines.len(), expected.len());
}

/// On a terminal the picture is drawn anew, with what has changed; an interrupt from the keyboard ends it.
fn drawn() {
    let out = succeed(&format!(
        "{THREE}cat >/run/t.py <<END
import os, pty, subprocess, termios, struct, fcntl
main, side = pty.openpty()
fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
begin = lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0))
words = ['nslab', 'check', '--watch', '--interval', '0.05', '--deadline', '1', 't']
watcher = subprocess.Popen(words, stdin=side, stdout=side, stderr=side, preexec_fn=begin, env=dict(os.environ, TERM='xterm'))
seen = b''
def until(text):
    global seen
    while text not in seen: seen += os.read(main, 10000)
until(b'not reached: 4 of 6')
print(seen[:6] == b'\\x1b[H\\x1b[J', b'\\x1b[H\\x1b[Jfrom' in seen, flush=True)
subprocess.run(['nslab', 'ip', '-n', 'h3', 'link', 'set', 'eth0', 'up'], check=True)
until(b' s  h1 reaches h3 at 10.0.0.3')
os.write(main, b'\\x03')
print(watcher.wait(), flush=True)
END
python3 /run/t.py; nslab -q down t"
    ));
    assert_eq!(out, "True True\n0\n");
}
