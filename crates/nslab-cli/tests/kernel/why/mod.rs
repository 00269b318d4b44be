//! `nslab why`: labs that work are broken in one way each; the cause is named, and what is said to mend it does.

mod cases;
mod random;

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

/// A lab that is broken in one way.
pub(super) struct Case {
    name: &'static str,
    /// One of [`cases::LABS`].
    lab: &'static str,
    /// Who is asked about, as words of `nslab why`.
    asks: &'static str,
    breaks: &'static str,
    /// The cause, and where it is: `node` or `node:ifname`.
    cause: &'static str,
    at: &'static str,
    /// Whether what is said to mend it can be told without a lab's record.
    alone: Alone,
}

/// What is known without the lab's record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alone {
    /// The same, and what mends it.
    Mends,
    /// The same, but not what mends it.
    Named,
    /// Something else, for the record is what tells.
    Other,
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("why::a_healthy_lab_is_shown_and_nothing_found", healthy),
        trial("why::words_that_name_nothing", words),
        trial("why::a_service", service),
        trial("why::a_namespace_that_is_gone", gone),
        trial("why::sizes", sizes),
        trial("why::addresses_that_are_translated", translated).with_ignored_flag(!has_program("nft")),
        trial("why::what_cannot_be_judged_is_told", unjudged).with_ignored_flag(!has_program("nft")),
    ];
    let (nft, sysctl) = (has_program("nft"), has_program("sysctl"));
    for case in cases::CASES {
        let lacks = (case.breaks.contains("nft ") && !nft) || (case.breaks.contains("sysctl ") && !sysctl);
        trials.push(trial(&format!("why::commands::{}", case.name), || commands(case, true)).with_ignored_flag(lacks));
        trials.push(trial(&format!("why::fix::{}", case.name), || fix(case)).with_ignored_flag(lacks));
        if case.alone != Alone::Other {
            trials
                .push(trial(&format!("why::alone::{}", case.name), || commands(case, false)).with_ignored_flag(lacks));
        }
    }
    trials.extend(random::trials());
    trials
}

fn has_program(name: &str) -> bool {
    let found = std::process::Command::new("sh").args(["-c", &format!("command -v {name}")]).output();
    let there = found.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: cases of why, for want of {name}");
    }
    there
}

fn lab(name: &str) -> &'static str {
    cases::LABS.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("no lab {name}")).1
}

/// Asks whether it is reached, again where nothing is wrong and there was no answer: the machine's table of
/// neighbours may be full of those of other tests for a moment.
pub(super) const REACHED: &str = "
reached() {
    for try in 1 2 3 4 5; do
        ! nslab why \"$@\" >/run/last || return 0
        grep -qe 'nothing wrong was found' -e 'finding.: null' /run/last || break
    done
    cat /run/last; return 1
}
";

/// Makes the lab in a folder of its own.
fn prepared(case: &Case, record: bool) -> String {
    let forget = if record { "" } else { "rm -r /run/nslab\n" };
    format!(
        "{REACHED}mkdir /run/work; cd /run/work\ncat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\n{forget}\
         reached {asks} || {{ echo 'not healthy before'; exit 1; }}\n{breaks}\n",
        lab(case.lab),
        asks = case.asks,
        breaks = case.breaks,
    )
}

/// The cause is named, and the commands, typed as they are shown, mend it.
fn commands(case: &Case, record: bool) {
    let mends = record || case.alone == Alone::Mends;
    let mending = if mends {
        format!(
            "sed -n '/\"mend\": \\[/,/\\]/s/^ *\"\\(.*\\)\",\\{{0,1\\}}$/\\1/p' /run/said >/run/mend\n\
             [ -s /run/mend ] || {{ echo 'nothing to mend it with'; exit 1; }}\n\
             cat /run/mend; sh -e /run/mend\n\
             reached {0} || {{ echo 'not mended'; exit 1; }}\n",
            case.asks
        )
    } else {
        String::new()
    };
    let script = format!(
        "{}nslab why --json {} >/run/said && {{ echo 'nothing found'; exit 1; }}\ncat /run/said\n{mending}",
        prepared(case, record),
        case.asks
    );
    let printed = sandbox::succeed(&[tools::ours()], &script);
    check(case, &printed);
}

fn check(case: &Case, printed: &str) {
    let (node, interface) = case.at.split_once(':').map_or((case.at, None), |(node, link)| (node, Some(link)));
    let said = |key: &str| {
        let line = printed.lines().find(|line| line.trim_start().starts_with(&format!("\"{key}\": ")));
        line.map(|line| line.split_once(": ").unwrap().1.trim_end_matches(',').trim_matches('"').to_owned())
    };
    assert_eq!(said("cause").as_deref(), Some(case.cause), "{printed}");
    assert_eq!(said("node").as_deref(), Some(node), "{printed}");
    if let Some(interface) = interface {
        assert_eq!(said("interface").as_deref(), Some(interface), "{printed}");
    }
}

/// `--fix` shows it, and does it.
fn fix(case: &Case) {
    let script = format!(
        "{0}nslab why --fix {1} || reached {1} || {{ echo 'not mended'; exit 1; }}\nreached {1}\n",
        prepared(case, true),
        case.asks
    );
    let printed = sandbox::succeed(&[tools::ours()], &script);
    assert!(printed.contains("  mending nslab "), "{printed}");
}

fn healthy() {
    for (name, text) in cases::LABS {
        let asks = cases::CASES.iter().filter(|case| case.lab == *name).map(|case| case.asks);
        let mut asks: Vec<&str> = asks.collect();
        asks.sort_unstable();
        asks.dedup();
        let mut script = format!("cd /run; cat >lab.yaml <<'END'\n{text}END\nnslab -q up lab.yaml\n");
        for words in asks {
            script.push_str(&format!("nslab why {words}\n"));
        }
        let printed = sandbox::succeed(&[tools::ours()], &script);
        assert!(printed.contains(" reaches ") && !printed.contains("unsure"), "{printed}");
    }
}

fn words() {
    let script = format!(
        "cd /run; cat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\n
for words in 'h9 h2' 'h1 h9' 'h1 lab/h9' 'h1 h2:0' 'h1 h2:80/sctp' 'h1 h2:x' 'h1 h2:99999' '--size 1 h1 h2' 'h1'; do
    status=0; nslab why $words 2>&1 || status=$?
    case $words in *h9*) expected=3;; *) expected=2;; esac
    [ $status = $expected ] || {{ echo \"$words: $status\"; exit 1; }}
done
nslab why lab/h1 lab/h2 >/dev/null; nslab why h1 10.0.2.2 >/dev/null; nslab why h1 '2001:db8:2::2' >/dev/null
nslab ip netns add plain; nslab why h1 10.0.1.77 && exit 1; nslab why plain 10.0.1.1 && exit 1; nslab why h1 plain || echo done
",
        lab("routed")
    );
    let printed = sandbox::succeed(&[tools::ours()], &script);
    for expected in [
        "\"h9\" is neither a node of a lab, nor a namespace that has a name",
        "names: ",
        "lab \"lab\" has no node \"h9\"",
        "\"x\" is no port",
        "no protocol \"sctp\" here",
        "nobody on the segment of h1:eth0 has the address 10.0.1.77",
        "plain has no interface but lo",
        "plain has no address",
    ] {
        assert!(printed.contains(expected), "no {expected:?} in\n{printed}");
    }
}

/// A port where nobody waits, one where somebody waits at another address, and one that is right.
fn service() {
    let script = format!(
        "cd /run; cat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\n
nslab why h1 h2:80 && exit 1
nslab why h1 h2:53/udp && exit 1
cat >serve.py <<'END'
import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == 'udp' else socket.SOCK_STREAM
s = socket.socket(socket.AF_INET, kind)
s.bind((sys.argv[2], int(sys.argv[3])))
kind == socket.SOCK_DGRAM or s.listen()
print('ready', flush=True)
sys.stdin.read()
END
serve() {{ mkfifo in$2$3 out$2$3; nslab exec h2 python3 serve.py $1 $2 $3 <in$2$3 >out$2$3 & exec 5<>in$2$3; read line <out$2$3; }}
serve tcp 127.0.0.1 8080
nslab why h1 10.0.2.2:8080 && exit 1
serve tcp 0.0.0.0 80
nslab why h1 10.0.2.2:80
serve udp 10.0.2.2 53
nslab why h1 10.0.2.2:53/udp
nslab why h1 10.0.2.2:81 && exit 1
nslab ip netns exec r1 nft 'add table inet f; add chain inet f c {{ type filter hook forward priority 0; }}; add rule inet f c tcp dport 80 reject' || exit 0
nslab why h1 10.0.2.2 >/dev/null
nslab why h1 10.0.2.2:80 && exit 1
nslab why h1 10.0.2.2:53/udp >/dev/null
nslab why --fix h1 10.0.2.2:80
",
        lab("routed")
    );
    let printed = sandbox::succeed(&[tools::ours()], &format!("{script}\nkill $(jobs -p) 2>/dev/null || true"));
    for expected in [
        "nobody waits at TCP port 80 of h2",
        "nobody waits at UDP port 53 of h2",
        "whoever waits at TCP port 8080 of h2 does so at 127.0.0.1 only",
        "h1 reaches 10.0.2.2 at TCP port 80\n",
        "asked   TCP connection: answered after",
        "h1 reaches 10.0.2.2 at UDP port 53\n",
        "TCP sockets wait there at port 80, 8080",
    ] {
        assert!(printed.contains(expected), "no {expected:?} in\n{printed}");
    }
}

fn gone() {
    let script = format!(
        "cd /run; cat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\nnslab ip netns delete h2\n
nslab why h1 h2 2>&1 && exit 1
nslab why h2 h1 2>&1 && exit 1
nslab -q up lab.yaml; nslab why h1 h2
",
        lab("routed")
    );
    let printed = sandbox::succeed(&[tools::ours()], &script);
    assert!(printed.contains("node h2: its namespace h2 is not there"), "{printed}");
}

/// What a link takes, and what is asked to pass.
fn sizes() {
    let script = format!(
        "{REACHED}cd /run; cat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\n
reached --size 1500 h1 10.0.2.2
nslab why --size 1501 h1 10.0.2.2 && exit 1
nslab ip -n r1 link set eth1 mtu 1400; nslab ip -n r2 link set eth0 mtu 1400
reached h1 10.0.2.2
nslab why --size 1450 h1 10.0.2.2 && exit 1
nslab why --fix --size 1450 h1 10.0.2.2
",
        lab("routed")
    );
    let printed = sandbox::succeed(&[tools::ours()], &script);
    for expected in [
        "h1 reaches 10.0.2.2 with small packets only: h1:eth0 takes packets of at most 1500 bytes, and not of 1501",
        "r1:eth1 takes packets of at most 1400 bytes, and not of 1450",
        "mending nslab ip -n r2 link set dev eth0 mtu 1450",
    ] {
        assert!(printed.contains(expected), "no {expected:?} in\n{printed}");
    }
}

/// Behind a router that gives packets its own address, nobody needs a route back.
fn translated() {
    let script = format!(
        "{REACHED}cd /run; cat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\n
nslab ip netns exec r1 nft 'add table ip n; add chain ip n post {{ type nat hook postrouting priority 100; }}; add rule ip n post oifname \"eth1\" masquerade'
nslab ip -n r2 route delete 10.0.1.0/24
reached h1 10.0.2.2; cat last
nslab why h2 10.0.1.1 && exit 1
echo done
",
        lab("routed")
    );
    let printed = sandbox::succeed(&[tools::ours()], &script);
    assert!(printed.contains("r2:eth0 -> r1:eth1        10.0.12.0/30 dev eth0"), "{printed}");
    assert!(printed.contains("r2 has no route to 10.0.1.1") && printed.ends_with("done\n"), "{printed}");
}

/// A rule that looks at what nslab does not follow, and drops: it says so, and that nothing was found.
fn unjudged() {
    let script = format!(
        "cd /run; cat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\n
nslab ip netns exec r1 nft 'add table inet f; add chain inet f c {{ type filter hook forward priority 0; }}; add rule inet f c meta random < 4294967295 drop'
nslab why h1 10.0.2.2 && exit 1
nslab why --json h1 10.0.2.2 && exit 1
nslab why --fix h1 10.0.2.2 || echo done
",
        lab("routed")
    );
    let printed = sandbox::succeed(&[tools::ours()], &script);
    for expected in [
        "h1 does not reach 10.0.2.2: nothing wrong was found, yet there is no answer",
        "unsure  a rule of nftables chain inet f c may decide",
        "\"cause\": \"unknown\"",
    ] {
        assert!(printed.contains(expected), "no {expected:?} in\n{printed}");
    }
    assert!(printed.ends_with("done\n"), "{printed}");
}
