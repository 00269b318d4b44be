//! Uplinks without root, by pasta and slirp4netns: what they reach, when they end, what is said where there are none.
//!
//! The machine of these tests is their sandbox: a network with a default route to another, in which somebody answers.

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

const PROGRAMS: [&str; 2] = ["pasta", "slirp4netns"];

pub(crate) fn trials() -> Vec<Trial> {
    let able = able();
    let mut trials = Vec::new();
    for program in PROGRAMS {
        let there = tools::find(program).is_some();
        if !there {
            eprintln!("skipped: way_out::*_by_{program}, for want of {program}");
        }
        let case = |what: &str, test: fn(&str)| {
            trial(&format!("way_out::{what}_by_{program}"), move || test(program)).with_ignored_flag(!there || !able)
        };
        trials.extend([
            case("a_lab_reaches_what_the_machine_reaches", reaches),
            case("it_ends_with_the_lab", ends),
            case("it_comes_and_goes_with_the_uplink", comes_and_goes),
            case("a_sandbox_has_one", sandboxes),
        ]);
    }
    let plain = [
        trial("way_out::no_program_for_it", no_program),
        trial("way_out::a_program_that_fails", failing),
        trial("way_out::no_device_for_it", no_device),
    ];
    trials.extend(plain.into_iter().map(|trial| trial.with_ignored_flag(!able)));
    trials
}

/// Only root makes a device that another user may open, and becomes that user.
fn able() -> bool {
    let able = rustix::process::geteuid().is_root()
        && sandbox::run(
            &[],
            "mknod /run/tun c 10 200 && exec 3<>/run/tun && setpriv --reuid 65534 unshare --map-root-user true",
        )
        .status
        .success();
    if !able {
        eprintln!("skipped: way_out::*, for it takes root, /dev/net/tun and user namespaces");
    }
    able
}

/// The machine: `outside` is another namespace, in which 203.0.113.9 answers. `$AS` is who has the lab, and `programs`
/// says which of the machine's programs that user finds.
const SETUP: &str = "
AS='setpriv --reuid 65534 --regid 65534 --clear-groups'
mkdir -p /run/bin && cp NSLAB /run/bin/nslab && mkdir -m 700 /run/home /run/user && chown 65534:65534 /run/home /run/user
ln -s $(command -v setpriv) $(command -v sh) /run/bin
export AS HOME=/run/home XDG_RUNTIME_DIR=/run/user; cd /run/home
mknod -m 666 /run/tun c 10 200; mkdir -p /dev/net; [ -e /dev/net/tun ] || : >/dev/net/tun; mount --bind /run/tun /dev/net/tun
ip() { /run/bin/nslab ip \"$@\"; }
ip netns add outside; ip link add m0 type veth peer name o0 netns outside; ip link set lo up
ip address add 198.51.100.1/24 dev m0; ip link set m0 up
ip -n outside address add 198.51.100.2/24 dev o0; ip -n outside link set o0 up
ip -n outside address add 203.0.113.9/32 dev lo; ip -n outside link set lo up
ip route add default via 198.51.100.2
echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range
programs() { mkdir -p /run/programs; for p; do ln -s $(command -v $p) /run/programs; done; }
nslab() { PATH=/run/programs:/run/bin $AS /run/bin/nslab \"$@\"; }
asks() { nslab exec $1 /run/bin/nslab ping -q -c 1 -w 30 203.0.113.9 | grep -o '[01] received'; }
field() { sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/' /run/user/nslab/$1; }
until_so() { n=0; until eval \"$1\"; do n=$((n+1)); [ $n -lt 1000000 ] || exit 8; done; }
gone() { for p; do until_so \"[ ! -e /proc/$p ] || grep -q 'State:.*Z' /proc/$p/status\"; done; }
cat >lab.yaml <<'LAB'
name: net
links: [ gw 10.1.0.1/24 -- pc 10.1.0.2/24 ]
nodes: { gw: { forward: true }, pc: }
routing: auto
uplink: { node: gw }
LAB
";

fn run(script: &str) -> String {
    sandbox::succeed(&[], &format!("{}{script}", SETUP.replace("NSLAB", tools::NSLAB)))
}

fn reaches(program: &str) {
    let out = run(&format!(
        "programs {program}; nslab up lab.yaml; asks gw; asks pc
         # Nobody outside reaches in, and the machine has no link or table of the lab's.
         ip -n outside route add 10.1.0.0/24 via 198.51.100.1
         ip netns exec outside /run/bin/nslab ping -q -c 1 -W 1 10.1.0.2 | grep -o '[01] received' || true
         ip link show | grep -c nsl- || true
         nslab down net; find /run/user"
    ));
    let up = "lab net is up: 2 nodes, 1 link, 1 uplink\n1 received\n1 received\n";
    assert_eq!(out, format!("{up}0 received\n0\nlab net is down: 2 nodes removed\n/run/user\n"));
}

/// By `down`, and whichever of the processes is killed.
fn ends(program: &str) {
    let start = format!(
        "programs {program}; nslab -q up lab.yaml
         holder=$(field labs/net/holder.json); companion=$(field labs/net/way-out.json)
         way=$(echo $(cat /proc/$companion/task/$companion/children)); tr '\\0' ' ' </proc/$way/cmdline | grep -o '^[^ ]*'"
    );
    let program = format!("/run/programs/{program}\n");
    let out = run(&format!("{start}; nslab -q down net; gone $companion $way; find /run/user"));
    assert_eq!(out, format!("{program}/run/user\n"), "down");
    let out = run(&format!("{start}; kill -KILL $holder; gone $companion $way; nslab -q down net; find /run/user"));
    assert_eq!(out, format!("{program}/run/user\n"), "the holder killed");
    for killed in ["companion", "way"] {
        // The lab goes on without, until the next command.
        let out = run(&format!(
            "{start}; kill -KILL ${killed}; gone $companion $way; asks gw || true
             nslab up lab.yaml; asks pc; nslab -q down net; find /run/user"
        ));
        let said = "0 received\nlab net is up already; nothing to do: 2 nodes, 1 link, 1 uplink\n1 received\n";
        assert_eq!(out, format!("{program}{said}/run/user\n"), "{killed} killed");
    }
}

/// A lab that is up gets one, and one that its file has no more ends.
fn comes_and_goes(program: &str) {
    let out = run(&format!(
        "programs {program}; grep -v uplink lab.yaml >none.yaml; nslab -q up none.yaml; find /run/user -name way-out.json
         nslab -q up lab.yaml; asks pc; companion=$(field labs/net/way-out.json)
         nslab -q up none.yaml; gone $companion; find /run/user -name way-out.json; nslab down net"
    ));
    assert_eq!(out, "1 received\nlab net is down: 2 nodes removed\n");
}

fn sandboxes(program: &str) {
    let out = run(&format!(
        "programs {program}; ask='ping -q -c 1 -w 30 203.0.113.9'
         nslab shell --uplink -- $ask | grep -o '[01] received'
         nslab shell play -- $ask 2>&1 || true
         nslab shell --uplink play -- $ask | grep -o '[01] received'
         companion=$(field shells/play/way-out.json)
         nslab shell --down play; gone $companion; find /run/user
         mkdir -m 700 /run/roots; export XDG_RUNTIME_DIR=/run/roots AS=
         nslab shell --uplink -- $ask | grep -o '[01] received'"
    ));
    let unreachable = "ping: connect: Network is unreachable\n";
    assert_eq!(out, format!("1 received\n{unreachable}1 received\nsandbox play is down\n/run/user\n1 received\n"));
}

fn refused(script: &str) -> String {
    run(&format!("programs sleep; {script}; nslab up lab.yaml 2>&1 || echo $?; find /run/user; nslab ls"))
}

fn no_program() {
    let out = refused(":");
    assert_eq!(
        out,
        "nslab: without root, an uplink takes pasta or slirp4netns, and neither is installed\n  \
         help: install one: apt-get install passt, or slirp4netns (Fedora: dnf install passt)\n3\n/run/user\n"
    );
}

fn failing() {
    let out = refused(
        "printf '#!/bin/sh\\necho no; echo luck >&2; exit 1\\n' >/run/programs/pasta
         printf '#!/bin/sh\\nkill -9 $$\\n' >/run/programs/slirp4netns; chmod +x /run/programs/pasta /run/programs/slirp4netns",
    );
    let said = "nslab: the uplink cannot be made without root: /run/programs/pasta: it ended: luck; \
                /run/programs/slirp4netns: it ended\n";
    assert!(out.starts_with(said) && out.contains("help: ") && out.ends_with("\n3\n/run/user\n"), "{out}");
}

/// Where it is closed, pasta waits for ever.
fn no_device() {
    let out = refused("chmod 600 /run/tun");
    let said = "nslab: without root, an uplink takes /dev/net/tun: opening it: Permission denied\n  \
                help: as root of the machine: chmod 0666 /dev/net/tun, as udev has it\n3\n/run/user\n";
    assert_eq!(out, said);
}
