//! Commands killed at random moments: the next one puts right what is left.

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("kill::up_at_200_random_moments", || kill(200, "nslab -q up /run/t.yaml", ":"))
            .with_ignored_flag(tools::find("bash").is_none()),
        trial("kill::down_at_50_random_moments", || kill(50, "nslab -q down t", "nslab -q up /run/t.yaml"))
            .with_ignored_flag(tools::find("bash").is_none()),
    ]
}

/// `RUNS` times: `BEFORE`, then `COMMAND` killed after a time between nothing and a little more than it
/// takes. Then, in turn, `up` must make the lab whole or `down` must leave nothing; and what others have
/// (a namespace, a link, a file among the names) must be as it was.
const SCRIPT: &str = r#"
set -e
mkfifo /run/never; exec 9<>/run/never
pause() { read -t "$1" -u 9 || true; }
{ echo name: t; echo links:; for i in {1..50}; do echo "- a$i 192.0.2.1/24 -- b$i 192.0.2.2/24"; done; } >/run/t.yaml
ip netns add other; ip link add mine0 type veth peer name mine1; echo mine >/run/netns/file
seen() { ls -A /run/netns; grep -c . /proc/self/mountinfo; ip link; ip -n other link; cat /run/netns/file; }
seen >/run/before

BEFORE; start=${EPOCHREALTIME/./}; COMMAND; span=$((${EPOCHREALTIME/./} - start)); nslab -q down t 2>/dev/null || true

early=0 late=0 between=0
for ((n = 1; n <= RUNS; n++)); do
    BEFORE
    COMMAND >/dev/null 2>&1 & pid=$!
    printf -v moment '0.%06d' $(((RANDOM * 32768 + RANDOM) % (span + span / 8)))
    pause $moment
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null && late=$((late + 1))
    state=$(grep -o '"state":"[a-z]*"' /run/nslab/t/record.json 2>/dev/null || true)
    case $state in
        '') early=$((early + 1));;
        *publishing* | *leaving*) between=$((between + 1));;
    esac
    if ((n % 2)); then
        nslab -q up /run/t.yaml
        [ $(ls /run/netns | grep -c '^[ab][0-9]*$') = 100 ]
        ip netns exec a1 ping -q -c 1 -W 2 192.0.2.2 >/dev/null
        ip netns exec b50 ping -q -c 1 -W 2 192.0.2.1 >/dev/null
        nslab -q down t
    elif [ "$state" ]; then
        nslab -q down t
    else
        # Killed before anything was on record: there is no lab to take away, and nothing else of it either.
        ! nslab -q down t 2>/dev/null
    fi
    seen | diff /run/before -
    [ ! -e /run/nslab ]
done
echo runs $((n - 1)) killed-before-the-record $early in-between $between finished $late
"#;

fn kill(runs: usize, command: &str, before: &str) {
    let script = SCRIPT.replace("RUNS", &runs.to_string()).replace("COMMAND", command).replace("BEFORE", before);
    let output = sandbox::command(&[tools::ours()], "bash", &["-c", &script]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(out.starts_with(&format!("runs {runs} ")), "{out}");
    // Else the moments were not spread over the command's work, and nothing was tried.
    assert!(!out.contains("finished 0") || !out.contains("in-between 0"), "{out}");
    eprintln!("{command}: {}", out.trim_end());
}
