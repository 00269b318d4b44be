//! The processes of labs: started, looked after, ended; and what is left when others die.

use libtest_mimic::Trial;

use crate::lab::{SEEN, fail, succeed};
use crate::{tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let bash = tools::find("bash").is_none();
    vec![
        trial("processes::run_as_exec_does", as_exec),
        trial("processes::order_and_readiness", readiness).with_ignored_flag(tools::find("python3").is_none() || bash),
        trial("processes::one_that_does_not_get_ready_leaves_nothing", not_ready),
        trial("processes::restarts_end_at_the_limit", restarts),
        trial("processes::down_ends_all_inside_and_none_outside", down_ends),
        trial("processes::down_from_inside_is_refused", from_inside),
        trial("processes::supervisor_killed", supervisor_killed),
        trial("processes::what_others_wait_for_is_there_or_told", prerequisites),
        trial("processes::limits_are_those_of_who_calls", limits),
        trial("processes::a_supervisor_with_nothing_to_do_gives_memory_back", memory),
        trial("processes::up_killed_at_random_moments", up_killed).with_ignored_flag(bash),
    ]
}

/// The process ids of the supervisor and of the first process.
const PIDS: &str = "supervisor() {
    set -- $(sed 's/.*supervisor\":{\"pid\":\\([0-9]*\\).*/\\1/' /run/nslab/t/processes.json)
    if command -v outside >/dev/null; then outside $1; else echo $1; fi
}\n";

fn as_exec() {
    let look = "hostname; echo $X $NSLAB_LAB $NSLAB_NODE $PWD; cat /etc/hosts; ls /sys/class/net; \
                grep -E \"^Sig(Blk|Ign)\" /proc/self/status | grep -o \".......$\"";
    let out = succeed(&format!(
        "cat >/run/t.yaml <<'END'
nodes: {{ a: {{ env: {{ X: n }}, run: [ {{ name: p, env: {{ X: p }}, ready: {{ exit: true }}, command: '{look}' }} ] }} }}
links: [ a 10.0.0.1/24 -- b 10.0.0.2/24 ]
END
cd /run; nslab up t.yaml; nslab logs a/p >/run/by-lab
X=p nslab exec a env X=p sh -c '{look}' </dev/null 2>&1 | cat >/run/by-exec; diff /run/by-exec /run/by-lab && echo same
nslab ls --json | grep -c '\"exited 0\"'; nslab up t.yaml; nslab down t; test ! -e /run/nslab
         exec 7</dev/null
         echo 'nodes: {{ a: {{ run: [ {{ name: p, ready: {{ exit: true }}, command: [ ls, /proc/self/fd ] }} ] }} }}' >t.yaml
         nslab -q up t.yaml; nslab logs a | tr '\n' ' '; nslab -q down t"
    ));
    let expected = "\
lab t is up: 2 nodes, 1 link, 1 process\nsame\n1
lab t is up already; nothing to do: 2 nodes, 1 link, 1 process
lab t is down: 2 nodes removed\n0 1 2 3 ";
    assert_eq!(out, expected);
}

fn readiness() {
    let example = tools::repository("examples/client-proxy-server.yaml");
    let example = example.display();
    let out = succeed(&format!(
        "nslab -q up {example}; nslab logs client/fetch; nslab down {example}
         cat >/run/t.yaml <<'END'
nodes:
  a:
    run:
      - {{ name: last, command: 'echo last >>/run/order; sleep 100', after: [ log, file ] }}
      - {{ name: log, command: 'echo log >>/run/order; printf hal; printf lo; sleep 100', ready: {{ log: hallo }} }}
      - {{ name: file, command: 'touch /run/there; sleep 100', ready: {{ file: there }}, cwd: /run, after: b/udp }}
  b:
    run: [ {{ name: udp, ready: {{ udp: 53 }},
             command: [ python3, -c, 'import socket; s = socket.socket(2, 2); s.bind((\"\", 53)); s.recv(1)' ] }} ]
END
         nslab -q up /run/t.yaml; cat /run/order; nslab down t"
    ));
    let (example, rest) = out.split_once("removed, 2 processes ended\n").unwrap_or_else(|| panic!("{out}"));
    assert!(example.starts_with("hello from the server\n"), "{out}");
    assert!(rest.starts_with("log\nlast\nlab t is down: 2 nodes removed, ") && !rest.contains("killed"), "{out}");
}

fn not_ready() {
    let with = |process: &str| {
        fail(
            &format!(
                "{SEEN}[ $(id -u) != 0 ] || ip netns add other; seen >/run/before; touch /run/after /run/t.yaml; seen >/run/before
                 cat >/run/t.yaml <<'END'
nodes: {{ a: {{ run: [ {{ name: other, command: [ sleep, 1000.5PID ] }}, {{ name: p, {process} }} ] }} }}
END
                 nslab up /run/t.yaml; status=$?; seen >/run/after; diff /run/before /run/after >&2
                 pgrep -fx 'sleep 1000.5PID' >&2; exit $status"
            )
            .replace("PID", &std::process::id().to_string()),
            3,
        )
    };
    let err = with("command: 'echo one; echo two; sleep 1000.5PID', ready: { tcp: 80 }, timeout: 50ms");
    let expected = "nslab: process a/p is not ready after 50 ms: nobody listens on TCP port 80; the last that it printed:\n  one\n  two\n";
    assert_eq!(err, expected);
    let err = with("command: 'echo bad; exit 7', ready: { exit: true }");
    assert_eq!(
        err,
        "nslab: process a/p has ended with status 7 before it was ready; the last that it printed:\n  bad\n"
    );
    let err = with("command: [ /no/such/program ]");
    assert!(err.contains("process a/p cannot be started: running \"/no/such/program\": No such file"), "{err}");
}

fn restarts() {
    let out = succeed(
        "mkfifo /run/fifo
         cat >/run/t.yaml <<'END'
nodes: { a: { run: [ { name: p, command: 'echo run; exit 3', ready: { exit: true }, restart: on-failure, limit: 2 } ] } }
END
         nslab up /run/t.yaml 2>&1 || echo status $?
         sed -i 's/exit 3/[ -e second ] || { touch second; exit 3; }/' /run/t.yaml
         nslab up /run/t.yaml; nslab logs a; nslab ls --json | grep -E 'state|restarts' | tr -d ' \\n'; echo; nslab down t",
    );
    let expected = "\
nslab: process a/p has ended with status 3 before it was ready; the last that it printed:\n  run\n  run\n  run\nstatus 3
lab t is up: 1 node, 1 process\nrun\nrun
\"state\":\"up\",\"state\":\"exited0\",\"restarts\":1\nlab t is down: 1 node removed\n";
    assert_eq!(out, expected);
}

fn down_ends() {
    let out = succeed(&format!(
        "{SEEN}ip netns add other; touch /run/before /run/after /run/t.yaml /run/up; mkfifo /run/fifo
         ip netns exec other sleep 1000.7 & outside=$!
         sleep 1000.7 & machine=$!
         seen >/run/before
         cat >/run/t.yaml <<'END'
nodes:
  a: {{ run: [ {{ name: deaf, command: 'trap \"\" TERM; sleep 1000.7 & echo deaf; wait', ready: {{ log: deaf }} }},
             {{ name: daemon, command: 'setsid sh -c \"sleep 1000.7 & sleep 1000.7 &\"', ready: {{ exit: true }} }} ] }}
END
         nslab -q up /run/t.yaml
         nslab exec a sh -c 'echo >/run/fifo; exec sleep 1000.7' & read line </run/fifo
         ip netns exec a sh -c 'echo >/run/fifo; exec sleep 1000.7' & read line </run/fifo
         nslab down t
         kill -0 $outside; kill -0 $machine; echo others live
         seen >/run/after; diff /run/before /run/after; kill $outside $machine
         nslab -q up /run/t.yaml; nslab down t; ps -A -o stat=,args= | grep -c '^Z.*1000' || true"
    ));
    let expected = "\
lab t is down: 1 node removed, 6 processes ended (2 killed)\nothers live
lab t is down: 1 node removed, 4 processes ended (2 killed)\n0\n";
    assert_eq!(out, expected);
}

fn from_inside() {
    let out = succeed(
        "echo 'nodes: { a: }' >/run/t.yaml; nslab -q up /run/t.yaml
         nslab exec a nslab down t 2>&1 || echo status $?
         nslab exec a true; nslab down t",
    );
    assert!(out.contains("runs inside the lab") && out.contains("status 3\nlab t is down: 1 node removed\n"), "{out}");
}

fn supervisor_killed() {
    let out = succeed(&format!(
        "{PIDS}echo 'nodes: {{ a: {{ run: [ {{ name: p, command: \"sleep 1000 & echo on; wait\", ready: {{ log: on }} }} ] }} }}' >/run/t.yaml
         nslab -q up /run/t.yaml; end() {{ pid=$(supervisor); kill -9 $pid; tail -f /dev/null --pid=$pid -s 0.01; }}
         end; nslab ls 2>&1 | tail -1; nslab ls --json | grep -c lost
         nslab up /run/t.yaml; nslab ls --json | grep -c '\"ready\"'; end; nslab down t | cut -d, -f1
         test ! -e /run/nslab; nslab -q up /run/t.yaml; nslab down t"
    ));
    let expected = "\
lab t: who looks after its processes is gone: nslab up starts them again\n1
lab t is up already; started again: 1 process: 1 node, 1 process\n1
lab t is down: 1 node removed\nlab t is down: 1 node removed, 2 processes ended\n";
    assert_eq!(out, expected);
}

fn prerequisites() {
    let out = succeed(&format!(
        "{PIDS}mkfifo /run/fifo
         cat >/run/t.yaml <<'END'
nodes:
  a:
    run:
      - {{ name: once, ready: {{ exit: true }}, command: 'echo once' }}
      - {{ name: brief, ready: {{ log: on }}, command: 'echo on; read line </run/fifo' }}
      - {{ name: p, after: [ once, brief ], command: [ sleep, '1000' ] }}
END
         nslab -q up /run/t.yaml; pid=$(supervisor); kill -9 $pid; tail -f /dev/null --pid=$pid -s 0.01
         nslab up /run/t.yaml; nslab logs a/once; echo >/run/fifo
         until nslab ls --json | grep -A1 brief | grep -q 'exited 0'; do :; done
         sed -i s/1000/1001/ /run/t.yaml; nslab up /run/t.yaml; nslab logs a/brief; nslab down t"
    ));
    let expected = "\
lab t is up already; started again: 3 processes: 1 node, 3 processes\nonce\nonce
lab t is up: 1 change\non\non\non\nlab t is down: 1 node removed, 2 processes ended";
    assert!(out.starts_with(expected), "{out}");
}

/// A lab takes more descriptors than its processes are to have, and to end them more than there are.
fn limits() {
    let out = succeed(
        "echo 'nodes: { \"a[1-40]\": { run: [ { name: p, command: [ sleep, \"1000\" ] } ] },
                        b: { run: [ { name: p, ready: { exit: true }, command: ulimit -n } ] } }' >/run/t.yaml
         (ulimit -Sn 70; nslab -q up /run/t.yaml); nslab logs b; (ulimit -n 60; nslab down t); ls -A /run/netns",
    );
    assert_eq!(out, "70\nlab t is down: 41 nodes removed, 40 processes ended\n");
}

/// And works on with less: it sees its process end.
fn memory() {
    let out = succeed(&format!(
        "{PIDS}mkfifo /run/fifo
         echo 'nodes: {{ a: {{ run: [ {{ name: p, command: read line </run/fifo }} ] }} }}' >/run/t.yaml
         nslab -q up /run/t.yaml; pid=$(supervisor); kb() {{ sed -n \"s/^$1:[^0-9]*\\([0-9]*\\).*/\\1/p\" /proc/$pid/status; }}
         until [ $((2 * $(kb VmRSS))) -lt $(kb VmHWM) ]; do :; done
         echo >/run/fifo; until nslab ls --json | grep -q 'exited 0'; do :; done
         until [ $((2 * $(kb VmRSS))) -lt $(kb VmHWM) ]; do :; done; nslab down t"
    ));
    assert_eq!(out, "lab t is down: 1 node removed\n");
}

fn up_killed() {
    let output = crate::sandbox::command(&[tools::ours()], "bash", &["-c", KILLED]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
}

/// The machine's processes are looked at, so these have an argument that no other run of the test has: `up` killed at random; then `down` leaves nothing and no process, or `up` makes it whole.
const KILLED: &str = r#"
set -e
trap 'nslab -q down t 2>/dev/null || true' EXIT
mkfifo /run/never; exec 9<>/run/never
pause() { read -t "$1" -u 9 || true; }
echo 'nodes: { "a[1-3]": { run: [ { name: p, command: [ sleep, 1000.'$$' ] } ] } }' >/run/t.yaml
start=${EPOCHREALTIME/./}; nslab -q up /run/t.yaml; span=$((${EPOCHREALTIME/./} - start)); nslab -q down t
for ((n = 1; n <= 60; n++)); do
    nslab -q up /run/t.yaml >/dev/null 2>&1 & pid=$!
    printf -v moment '0.%06d' $(((RANDOM * 32768 + RANDOM) % (span + span / 4)))
    pause $moment
    kill -9 $pid 2>/dev/null || true; wait $pid 2>/dev/null || true
    if ((n % 2)); then
        nslab -q up /run/t.yaml
        [ $(pgrep -c -fx "sleep 1000.$$") = 3 ] || { echo "run $n: not three"; pgrep -a -fx "sleep 1000.$$"; exit 1; }
        nslab -q down t
    else
        nslab -q down t 2>/dev/null || true
    fi
    if pgrep -fx "sleep 1000.$$" || [ -e /run/nslab ] || [ "$(ls -A /run/netns)" ]; then
        echo "run $n: something is left"; ls -AR /run/nslab /run/netns; exit 1
    fi
done
"#;
