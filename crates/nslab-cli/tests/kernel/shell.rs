//! `nslab shell`: the walk in it, who joins it, what it leaves.

use std::path::Path;
use std::process::Output;

use libtest_mimic::Trial;

use crate::differential::{Mask, same, with_prelude};
use crate::walk::{COMES_AND_GOES, THE_WALK};
use crate::{sandbox, tools, trial};

/// Root as the kernel sees it, without anything that root has but its files. An ordinary user may be kept from those of
/// the reference.
const DROP: &str = "setpriv --bounding-set=-all,+setfcap --inh-caps=-all --no-new-privs";

/// An ordinary user, where there is one to become.
fn user() -> &'static str {
    if rustix::process::geteuid().is_root() {
        "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs"
    } else {
        DROP
    }
}

pub(crate) fn trials() -> Vec<Trial> {
    let able = able();
    let trials = vec![
        trial("shell::as_the_program_ends", statuses),
        trial("shell::several_terminals_in_one", several),
        trial("shell::a_lab_in_it", a_lab),
        trial("shell::nothing_shows_outside", nothing_outside),
        trial("shell::without_a_name_it_leaves_nothing", leaves_nothing),
        trial("shell::killed_it_leaves_nothing", killed),
        trial("shell::its_end_is_that_of_all_in_it", ended),
        trial("shell::the_prompt_says_where_one_is", prompt),
        trial("shell::sudo_in_it", sudo),
        trial("shell::no_sandbox_in_a_sandbox", nested),
        trial("shell::from_a_node_of_a_lab", from_a_node),
        trial("shell::where_there_are_no_user_namespaces", refused),
    ];
    trials.into_iter().map(|trial| trial.with_ignored_flag(!able)).collect()
}

pub(crate) fn compared() -> Vec<Trial> {
    let able = able();
    let script = format!("{COMES_AND_GOES}{THE_WALK}");
    let case = |name: &str, who: &'static str, machine_tools: bool| {
        let script = with_prelude(&script);
        let test = move || {
            let expected = || sandbox::run(&[tools::reference().unwrap()], &format!("ip link set lo up\n{script}"));
            let (option, path) = match machine_tools {
                true => ("--machine-tools", vec![tools::reference().unwrap()]),
                false => ("", Vec::new()),
            };
            same(&script, expected, || shell(&path, who, option, &script), Mask::Hardware);
        };
        trial(name, test).with_ignored_flag(!able)
    };
    vec![
        case("shell::the_walk_with_nslab", user(), false),
        case("shell::the_walk_with_the_machines_programs", DROP, true),
        case("shell::the_walk_as_root", "", false),
    ]
}

fn able() -> bool {
    let output = sandbox::run(&[], &format!("{} unshare --map-root-user --net --pid --fork --mount-proc true", user()));
    if !output.status.success() {
        eprintln!("skipped: shell::*, for this machine gives users no namespaces for processes");
    }
    output.status.success()
}

/// What a user has: a program, a home, a folder for what runs. `$AS` in a script is who runs it; `until_so` waits until
/// something is so.
fn setup(who: &str) -> String {
    format!(
        "AS='{who}'; mkdir -p /run/bin && cp '{}' /run/bin/nslab && mkdir -m 700 /run/home /run/user || exit 9
         chown \"$($AS id -u):$($AS id -g)\" /run/home /run/user
         export AS HOME=/run/home XDG_RUNTIME_DIR=/run/user PATH=$PATH:/run/bin SHELL=/bin/sh; cd /run/home
         until_so() {{ n=0; until eval \"$1\"; do n=$((n+1)); [ $n -lt 1000000 ] || exit 8; done; }}\n",
        tools::NSLAB
    )
}

/// Runs a script in a shell of its own.
fn shell(path: &[&Path], who: &str, options: &str, script: &str) -> Output {
    let start = format!("{}exec $AS nslab shell {options} -- sh -c \"$SCRIPT\"", setup(who));
    sandbox::command(path, "sh", &["-c", &start]).env("SCRIPT", script).output().unwrap()
}

/// Runs a script beside shells.
fn beside(script: &str) -> String {
    sandbox::succeed(&[], &format!("{}{script}", setup(user())))
}

fn statuses() {
    let out = beside(
        "for command in 'exit 7' 'kill -TERM $$' 'exit 0'; do
             s=0; $AS nslab shell -- sh -c \"$command\" 2>/dev/null || s=$?; echo $s
         done
         s=0; PATH=/run/bin:/usr/bin:/bin $AS nslab shell -- no-such-program 2>&1 || s=$?; echo $s
         s=0; echo 'exit 5' | $AS nslab -q shell || s=$?; echo $s
         s=0; $AS nslab shell ../x 2>/dev/null || s=$?; echo $s",
    );
    let lines: Vec<&str> = out.lines().collect();
    let said = "nslab: running \"no-such-program\" in the sandbox: No such file or directory";
    assert_eq!(lines, ["7", "143", "0", said, "127", "5", "2"]);
}

/// Who joins sees what the first has made, and its processes; and the other way round.
fn several() {
    let out = beside(
        "mkfifo here go; chmod 666 here go
         $AS nslab shell play -- sh -c 'ip netns add one; echo >here; read x <go; ip netns list' >first &
         read x <here
         $AS nslab shell play -- sh -c 'ip netns add two; ip netns list; cat /proc/[0-9]*/cmdline | tr \"\\0\" \"\\n\" | grep -c \"read x <[g]o\"'
         $AS nslab shell play -- nslab ip -n one link show lo | grep -c lo:
         $AS nslab ls | grep '^play' || true
         echo >go; wait; cat first
         $AS nslab shell play -- ip netns list
         $AS nslab shell --down play
         find /run/user",
    );
    let expected = "two\none\n1\n1\nplay         sandbox  2      0         0      \n";
    let rest = "two\none\ntwo\none\nsandbox play is down\n/run/user\n";
    assert_eq!(squeezed(&out), squeezed(&format!("{expected}{rest}")));
}

fn squeezed(text: &str) -> String {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

/// All commands work in it as for root on a machine.
fn a_lab() {
    let lab = tools::repository("examples/helloworld.yaml");
    let text = std::fs::read_to_string(lab).unwrap();
    let out = beside(&format!(
        "cat >helloworld.yaml <<'END'\n{text}\nEND
         $AS nslab shell -- sh -ec 'nslab up helloworld.yaml; nslab check | tail -1; ip netns list
             nslab exec ns1 ping -q -c 1 192.0.2.2 | grep received; nslab down helloworld; ls /run/netns'"
    ));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 6, "{out}");
    assert_eq!(lines[..4], ["lab helloworld is up: 2 nodes, 1 link", "all reached: 2 address pairs", "ns2", "ns1",]);
    assert!(lines[4].starts_with("1 packets transmitted, 1 received"), "{out}");
    assert_eq!(lines[5], "lab helloworld is down: 2 nodes removed");
}

fn nothing_outside() {
    let out = beside(
        "look() { nslab ip link; nslab ip netns; ls /run /run/netns || true; cat /proc/self/mountinfo; } 2>&1
         look >before
         $AS nslab shell play -- sh -c 'ip netns add one; ip link add v0 type veth peer name v1
             mount -t tmpfs tmpfs /mnt; touch /mnt/x; ip link show v0 | grep -c v0'
         look >after; cmp before after && wc -l <after
         $AS nslab shell --down play",
    );
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines[0], lines[2]), ("1", "sandbox play is down"), "{out}");
    assert!(lines[1].trim().parse::<u32>().unwrap() > 5);
}

/// A process that goes on in the background goes with it; also where it is none of a process namespace's, for want of a
/// /proc that shows that.
fn leaves_nothing() {
    for setup in ["", "mount -t tmpfs tmpfs /proc/irq"] {
        leave_with(setup);
    }
}

fn leave_with(setup: &str) {
    let out = beside(&format!(
        "{setup}
         mark=98761$$
         $AS nslab shell -- sh -c \"sleep $mark & ip netns add one; setsid sleep $mark & exit 4\" || echo $?
         cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c \"[s]leep $mark\" || true
         find /run/user; ls /run/netns 2>/dev/null || true
         $AS nslab shell play -- sh -c \"setsid sleep $mark & exit 3\" || echo $?; $AS nslab shell --down play
         cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c \"[s]leep $mark\" || true
         find /run/user"
    ));
    assert_eq!(out, "4\n0\n/run/user\n3\nsandbox play is down\n0\n/run/user\n", "{setup}");
}

/// Whoever of the three processes is killed. They are found by their parents and by the record: others on this machine
/// may be called the same.
fn killed() {
    for who in ["outside", "holder", "inside"] {
        let out = beside(&format!(
            "mkfifo here; chmod 666 here
             $AS nslab shell -- sh -c 'ip netns add one; echo >here; exec sleep 98763' 2>/dev/null & outside=$!
             read x <here
             inside=$(cat /proc/$outside/task/$outside/children)
             holder=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/' /run/user/nslab/shells/*/holder.json)
             kill -KILL ${who}; wait || true
             for p in $outside $inside $holder; do until_so \"[ ! -e /proc/$p ]\"; done
             $AS nslab shell -- ip netns list
             find /run/user"
        ));
        assert_eq!(out, "/run/user\n", "{who}");
    }
}

fn ended() {
    let out = beside(
        "mkfifo here; chmod 666 here
         $AS nslab shell play -- sh -c 'echo >here; exec sleep 98764' 2>/dev/null >&2 & p=$!
         read x <here; $AS nslab shell --down play
         wait $p || echo $?
         $AS nslab shell --down play 2>&1 || echo $?
         find /run/user",
    );
    let said = "nslab: no sandbox \"play\"\n  help: there is none; nslab shell NAME makes one\n3\n";
    assert_eq!(out, format!("sandbox play is down\n137\n{said}/run/user\n"));
}

fn prompt() {
    let out = beside(
        "echo 'PS1=mine; PATH=/usr/bin:/bin' >.bashrc
         $AS nslab shell play -- bash --rcfile /run/nslab-shell/bashrc -i -c 'echo \"$PS1\"; command -v ip' 2>/dev/null
         $AS nslab shell --machine-tools play -- sh -c 'echo \"$PS1$NSLAB_SHELL\"; case $(command -v ip) in /run/*) echo ours;; esac'
         echo 'echo \"$NSLAB_SHELL\" $(command -v ping)' | $AS nslab shell play
         $AS nslab shell -- sh -c 'echo \"$PS1[$NSLAB_SHELL]\"'
         $AS nslab -q shell --down play",
    );
    assert_eq!(
        out,
        "(nslab play) mine\n/run/nslab-shell/tools/ip\n(nslab play) # play\nplay /run/nslab-shell/tools/ping\n(nslab) # []\n"
    );
}

/// People type it as they do on a machine; who asks is root already.
fn sudo() {
    let out = beside(
        "$AS nslab shell -- sh -c 'sudo ip netns add one; sudo -n A=b sh -c \"ip netns list; echo \\$A\"; sudo -u you id; echo $?'  2>&1",
    );
    assert_eq!(out, "one\nb\nsudo: nslab shell has no option -u of sudo: you are root in here\n1\n");
}

/// In there, other processes than its own are out of sight, so a record of one would be taken for that of one that has ended.
fn nested() {
    let out = beside(
        "$AS nslab shell play -- sh -c 'nslab shell play -- true 2>&1; echo $?; nslab shell --down play 2>&1; echo $?'
         $AS nslab shell play -- echo still there; $AS nslab -q shell --down play",
    );
    let said = "nslab: this is inside a sandbox of nslab shell already: play\n  help: leave it first (exit), or go on in another terminal\n2\n";
    assert_eq!(out, format!("{said}{said}still there\n"));
}

/// The same in a lab's node, from which a sandbox may be thought to have ended.
fn from_a_node() {
    let out = beside(
        "printf 'name: net\\nlinks: [ a 192.0.2.1/24 -- b 192.0.2.2/24 ]\\n' >net.yaml
         $AS nslab shell play -- ip netns add one; $AS nslab -q up net.yaml
         for name in play ''; do $AS nslab exec a nslab shell $name -- ip netns list 2>&1 || echo $?; done
         $AS nslab exec a nslab ls | grep -c play || true
         $AS nslab shell play -- ip netns list; $AS nslab -q shell --down play; $AS nslab -q down net; find /run/user",
    );
    let said = "nslab: play is held by a process that is out of sight here, as in a container\n  \
                help: give the command where it was made\n3\n";
    assert_eq!(out, format!("{said}0\none\n/run/user\n"));
}

fn refused() {
    let out = beside(
        "mkdir -m 700 /run/other; export XDG_RUNTIME_DIR=/run/other
         unshare --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; s=0
             setpriv --bounding-set=-all,+setfcap --inh-caps=-all nslab shell -- true 2>&1 || s=$?; echo $s'
         find /run/other",
    );
    assert!(out.contains("user namespace") && out.contains("help: "), "{out}");
    assert!(out.ends_with("\n3\n/run/other\n"), "{out}");
}
