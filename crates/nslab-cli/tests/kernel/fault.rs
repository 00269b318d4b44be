//! System calls that fail, one after the other: what a command says then, and what it leaves.

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let at_each_call = |name: &str, before: &'static str, command: &'static str, failed: &'static str| {
        trial(&format!("fault::{name}"), move || each(before, command, failed))
            .with_ignored_flag(tools::find("strace").is_none() || tools::find("bash").is_none())
    };
    vec![
        // Nothing of it is left.
        at_each_call(
            "up_at_each_call",
            ":",
            "nslab -q up /run/t.yaml",
            "[ ! -e /run/nslab ] && seen | diff /run/before -",
        ),
        // The lab is as it was; or it is told what is not, for the fault hits each thread's Nth call.
        at_each_call(
            "a_change_at_each_call",
            "nslab -q up /run/t.yaml",
            "nslab -q up /run/u.yaml",
            "{ ! grep -q 'could not be put back' /run/said || nslab -q up /run/t.yaml; } && nslab diff /run/t.yaml && nslab -q down t",
        ),
        // It can be given again.
        at_each_call("down_at_each_call", "nslab -q up /run/t.yaml", "nslab -q down t", "nslab -q down t"),
    ]
}

/// `BEFORE`, then `COMMAND` with the Nth system call of a name refused, for each of those that a lab is made with and
/// every N that there is. Where the command fails it says so, and `FAILED` holds; where it does its work all the same,
/// all of that is done. In the end nothing is left.
const EACH: &str = r#"
set -e
cat >/run/t.yaml <<END
name: t
nodes: { r: { forward: true, sysctl: { net.ipv4.ip_default_ttl: 77 }, interfaces: { mv: { kind: macvlan, link: eth1 } } } }
segments: { lan: { prefix: 10.0.0.0/24, members: [ a, r ] } }
links: [ "r 10.9.0.1/30 -- far 10.9.0.2/30 { rate: 10mbit }" ]
routing: auto
END
sed 's/rate: 10mbit/rate: 20mbit/; s/_ttl: 77/_ttl: 78/; s/a, r/a, b, r/; s/10.9.0.2/10.9.0.2\/30 10.9.1.1/' /run/t.yaml >/run/u.yaml
ip netns add other; ip link add mine0 type veth peer name mine1; echo mine >/run/netns/file
seen() { ls -A /run/netns; grep -c . /proc/self/mountinfo; ip link; ip -n other link; cat /run/netns/file; }
seen >/run/before
bad() { echo "$call $n: $*"; cat /run/said; exit 1; }
total=0 borne=0
for fault in sendto:ENOMEM recvfrom:ENOBUFS unshare:ENOSPC setns:EPERM socket:EMFILE mount:ENOMEM clone3:EAGAIN \
    mkdir:ENOSPC openat:EMFILE write:ENOSPC rename:EIO fsopen:ENOMEM fsmount:ENOMEM flock:ENOLCK; do
    call=${fault%:*}
    for ((n = 1; ; n++)); do
        BEFORE
        status=0
        strace -f -qq -o /run/trace -e trace=$call -e inject=$call:error=${fault#*:}:when=$n COMMAND >/run/said 2>&1 || status=$?
        if grep -q panicked /run/said; then bad panicked; fi
        # Refused before the program began: not its doing.
        if ! grep -q INJECTED /run/trace; then n=0; fi
        if [ $status = 0 ]; then
            [ $n = 0 ] || borne=$((borne + 1))
            if [ -e /run/nslab/t/record.json ]; then nslab diff ${DONE:-/run/t.yaml} >>/run/said || bad not whole; nslab -q down t; fi
        elif [ $status != 127 ]; then
            # The fault may hit the message as well.
            [ $call = write ] || grep -q 'nslab: ' /run/said || bad said nothing
            { FAILED; } >>/run/said 2>&1 || bad left something
        fi
        if [ -e /run/nslab ]; then nslab -q down t; fi
        seen | diff /run/before - || bad others
        [ ! -e /run/nslab ] || bad the record
        [ $n != 0 ] || break
        total=$((total + 1))
    done
done
echo calls $total borne $borne
"#;

fn each(before: &str, command: &str, failed: &str) {
    let done = if command.contains("u.yaml") { "DONE=/run/u.yaml" } else { "DONE=/run/t.yaml" };
    let script = EACH.replace("BEFORE", before).replace("COMMAND", command).replace("FAILED", failed);
    let script = format!("{done}\n{script}");
    let output = sandbox::command(&[tools::ours()], "bash", &["-c", &script]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    let calls = out.trim().strip_prefix("calls ").and_then(|rest| rest.split(' ').next());
    assert!(calls.unwrap_or_else(|| panic!("{out}")).parse::<u32>().unwrap() > 30, "{out}");
    eprintln!("{command}: {}", out.trim_end());
}
