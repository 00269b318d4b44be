//! Commands killed: at random moments, and at each system call that changes something. The next one puts
//! right what is left.

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("kill::up_at_250_random_moments", || kill(250, "nslab -q up /run/t.yaml", ":"))
            .with_ignored_flag(tools::find("bash").is_none()),
        trial("kill::down_at_100_random_moments", || kill(100, "nslab -q down t", "nslab -q up /run/t.yaml"))
            .with_ignored_flag(tools::find("bash").is_none()),
        trial("kill::a_change_at_150_random_moments", || {
            kill(150, "nslab -q up /run/u.yaml", "nslab -q up /run/t.yaml");
        })
        .with_ignored_flag(tools::find("bash").is_none()),
        trial("kill::a_change_at_each_change", || at_each_change("nslab -q up /run/u.yaml", "nslab -q up /run/t.yaml"))
            .with_ignored_flag(tools::find("strace").is_none()),
        trial("kill::up_at_each_change", || at_each_change("nslab -q up /run/t.yaml", ":"))
            .with_ignored_flag(tools::find("strace").is_none()),
        trial("kill::up_with_an_uplink_at_each_change", || uplink_at_each_change("nslab -q up /run/t.yaml", ":"))
            .with_ignored_flag(tools::find("strace").is_none() || tools::find("nft").is_none()),
        trial("kill::down_with_an_uplink_at_each_change", || {
            uplink_at_each_change("nslab -q down t", "nslab -q up /run/t.yaml");
        })
        .with_ignored_flag(tools::find("strace").is_none() || tools::find("nft").is_none()),
        trial("kill::an_uplink_that_is_changed_at_each_change", || {
            uplink_at_each_change("nslab -q up /run/v.yaml", "nslab -q up /run/t.yaml");
        })
        .with_ignored_flag(tools::find("strace").is_none() || tools::find("nft").is_none()),
        trial("kill::down_at_each_change", || at_each_change("nslab -q down t", "nslab -q up /run/t.yaml"))
            .with_ignored_flag(tools::find("strace").is_none()),
    ]
}

/// `RUNS` times: `BEFORE`, then `COMMAND` killed: every second time after a time between nothing and a little
/// more than it takes, else a while after its record says that it changes what others see. Then, in turn, `up` must make the lab whole or `down` must leave nothing; and what others have
/// (a namespace, a link, a file among the names) must be as it was.
const SCRIPT: &str = r#"
set -e
mkfifo /run/never; exec 9<>/run/never
pause() { read -t "$1" -u 9 || true; }
{ echo name: t; echo links:; for i in {1..50}; do echo "- a$i 192.0.2.1/24 -- b$i 192.0.2.2/24"; done; } >/run/t.yaml
# What t.yaml may be changed to: a node goes, others come, a cable leads elsewhere, addresses are others.
sed 's/-- b1 192.0.2.2.24/-- c1 192.0.2.7\/24/; s/a2 192.0.2.1/a2 192.0.2.9/' /run/t.yaml >/run/u.yaml
{ echo "- a1 198.51.100.1/30 -- c2 198.51.100.2/30"; echo "segments: { lan: { prefix: 10.0.0.0/24, members: [ a1, c3 ] } }"; echo "nodes: { a1: { interfaces: { br9: bridge } } }"; } >>/run/u.yaml
ip netns add other; ip link add mine0 type veth peer name mine1; echo mine >/run/netns/file
seen() { ls -A /run/netns; grep -c . /proc/self/mountinfo; ip link; ip -n other link; cat /run/netns/file; }
seen >/run/before

BEFORE; start=${EPOCHREALTIME/./}; COMMAND; span=$((${EPOCHREALTIME/./} - start)); nslab -q down t 2>/dev/null || true

early=0 late=0 between=0
for ((n = 1; n <= RUNS; n++)); do
    BEFORE
    COMMAND >/dev/null 2>&1 & pid=$!
    if ((n / 2 % 2)); then
        printf -v moment '0.%06d' $(((RANDOM * 32768 + RANDOM) % (span + span / 8)))
        pause $moment
    else
        state=
        until [[ $state = *'"publishing"'* || $state = *'"changing"'* || $state = *'"leaving"'* ]]; do
            read -r state </run/nslab/t/record.json || kill -0 $pid || break
        done 2>/dev/null
        for ((turn = RANDOM % 200; turn > 0; turn--)); do :; done
    fi
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null && late=$((late + 1))
    state=$(grep -o '"state":"[a-z]*"' /run/nslab/t/record.json 2>/dev/null || true)
    case $state in
        '') early=$((early + 1));;
        *publishing* | *changing* | *leaving*) between=$((between + 1));;
    esac
    if ((n % 2)); then
        nslab -q up /run/t.yaml; nslab diff /run/t.yaml
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
    assert!(!out.contains("in-between 0"), "{out}");
    eprintln!("{command}: {}", out.trim_end());
}

/// `BEFORE`, then `COMMAND` killed as one of its threads is about to make its Nth system call of a name, for each of
/// those that change something and every N that there is. After each, what the next command makes of it.
const EACH: &str = r#"
set -e
{ echo name: t; echo links:; echo "- a1 192.0.2.1/24 -- b1 192.0.2.2/24"; } >/run/t.yaml
# What t.yaml may be changed to: a node goes, others come, a cable leads elsewhere, addresses are others.
sed 's/-- b1 192.0.2.2.24/-- c1 192.0.2.7\/24/; s/a2 192.0.2.1/a2 192.0.2.9/' /run/t.yaml >/run/u.yaml
{ echo "- a1 198.51.100.1/30 -- c2 198.51.100.2/30"; echo "segments: { lan: { prefix: 10.0.0.0/24, members: [ a1, c3 ] } }"; echo "nodes: { a1: { interfaces: { br9: bridge } } }"; } >>/run/u.yaml
ip netns add other; ip link add mine0 type veth peer name mine1; echo mine >/run/netns/file
seen() { ls -A /run/netns; grep -c . /proc/self/mountinfo; ip link; ip -n other link; cat /run/netns/file; }
seen >/run/before
calls=mkdir,mkdirat,open,openat,unlink,unlinkat,rmdir,rename,renameat,renameat2,link,linkat,mount,umount2
calls=$calls,write,sendto,sendmsg,unshare,setns,flock,ftruncate,clone3
killed() {
    BEFORE
    status=0
    strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n COMMAND >/dev/null 2>&1 || status=$?
}
clean() {
    nslab -q down t 2>/run/error || [ ! -e /run/nslab ] || { echo "$call $n, $1:"; cat /run/error; exit 1; }
    seen | diff /run/before - || { echo "$call $n, $1"; exit 1; }
    [ ! -e /run/nslab ]
}
total=0
# strace counts each call by itself.
for call in ${calls//,/ }; do
    for ((n = 1; ; n++)); do
        killed
        nslab -q up /run/t.yaml || { echo "$call $n, up"; exit 1; }
        nslab diff /run/t.yaml || { echo "$call $n, diff"; exit 1; }
        ip netns exec a1 ping -q -c 1 -W 2 192.0.2.2 >/dev/null
        clean up
        [ $status = 137 ] || break
        total=$((total + 1))
        killed
        clean down
    done
done
echo calls $total status $status
"#;

fn at_each_change(command: &str, before: &str) {
    run_each(command, before, EACH);
}

/// The same for a lab with an uplink, on a machine with a way out: what others see of it must be gone too.
fn uplink_at_each_change(command: &str, before: &str) {
    let script = EACH
        .replace("} >/run/t.yaml", "echo 'uplink: { node: b1 }'; } >/run/t.yaml")
        .replace("peer name mine1;", &format!("peer name mine1; {MACHINE};"))
        .replace(
            "ip netns add other;",
            "sed 's/node: b1/node: a1, prefix: 198.51.100.0\\/30/' /run/t.yaml >/run/v.yaml; ip netns add other;",
        )
        .replace("192.0.2.2 >/dev/null\n", &format!("192.0.2.2 >/dev/null\n{WORKS}\n"))
        .replace("cat /run/netns/file; }", "cat /run/netns/file; nft list ruleset; cat $setting; ip route; }");
    assert_eq!(script.matches("'uplink").count() + script.matches("$setting").count(), 2);
    run_each(command, before, &script);
}

/// The uplink is that of t.yaml, and whole, and nothing of another is there.
const WORKS: &str = "ip netns exec b1 ping -q -c 1 -W 2 203.0.113.2 >/dev/null; nft list table inet nslab-t >/dev/null
ip netns exec b1 nft list table inet nslab >/dev/null; [ -z \"$(ip netns exec a1 nft list tables)\" ]
[ $(ip -o link show type veth | grep -c nsl-) = 1 ]";

const MACHINE: &str =
    "ip link set mine0 up; ip address add 203.0.113.2/24 dev mine0; ip route add default via 203.0.113.1
setting=/proc/sys/net/ipv4/conf/mine0/forwarding; nft add table inet theirs";

fn run_each(command: &str, before: &str, script: &str) {
    let script = script.replace("COMMAND", command).replace("BEFORE", before);
    let output = sandbox::command(&[tools::ours()], "bash", &["-c", &script]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    // In the end it was not killed, for there were no more calls; and it made some ten at the least.
    let calls = out.trim_end().strip_suffix("status 0").and_then(|out| out.trim().strip_prefix("calls "));
    assert!(calls.unwrap_or_else(|| panic!("{out}")).parse::<u32>().unwrap() > 10, "{out}");
    eprintln!("{command}: {}", out.trim_end());
}
