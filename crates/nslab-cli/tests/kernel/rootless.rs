//! Labs without root: what holds them, who may join, what is left when somebody is killed, and what cannot be reached
//! from inside.
//!
//! The scripts are root's, in a sandbox in which all that still runs in the end is ended. `as USER COMMAND…` is one of two
//! users with no privileges.

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let missing = |program: &str| tools::find(program).is_none();
    vec![
        trial("rootless::a_holder_is_small_and_stays", holder),
        trial("rootless::its_end_is_the_end_of_the_lab", its_end),
        trial("rootless::statuses_and_signals_pass", statuses),
        trial("rootless::a_terminal_is_the_shells_inside", terminal)
            .with_ignored_flag(missing("python3") || missing("bash")),
        trial("rootless::only_root_and_the_same_user_join", who_joins),
        trial("rootless::root_lists_whatever_users_say", whatever_users_say),
        trial("rootless::root_inside_is_the_user_outside", reach),
        trial("rootless::records_that_are_not_safe", unsafe_records),
        trial("rootless::records_that_are_not_true", untrue_records),
        trial("rootless::twenty_at_once", storm),
        trial("rootless::where_records_are", places),
        trial("rootless::without_a_proc_of_its_own", no_proc),
        trial("rootless::ids_that_are_lent", lent).with_ignored_flag(missing("newuidmap")),
        trial("rootless::where_the_kernel_allows_none", not_allowed),
        trial("rootless::holders_killed_at_60_random_moments", || killed("holder", 60))
            .with_ignored_flag(missing("bash")),
        trial("rootless::commands_killed_at_60_random_moments", || killed("command", 60))
            .with_ignored_flag(missing("bash")),
    ]
}

/// Users 54321 (`a`) and 54322 (`b`), each with a folder for what runs, and their ways in.
const USERS: &str = r#"
cd /run; mkdir bin user; nslab=$(readlink -f "$(command -v nslab)")
: >bin/nslab; mount --bind "$nslab" bin/nslab; PATH=/run/bin:$PATH
ln -s nslab bin/ip; ln -s nslab bin/ping; mount -t tmpfs -o mode=1777 tmpfs /tmp
for uid in 54321 54322; do mkdir -m 700 user/$uid; chown $uid:$uid user/$uid; mkdir -m 755 $uid; chown $uid:$uid $uid; done
as() {
    case $1 in a) uid=54321 ;; b) uid=54322 ;; esac; shift
    (cd /run/$uid && exec setpriv --reuid $uid --regid $uid --clear-groups --bounding-set -all --inh-caps=-all --no-new-privs \
        env HOME=/run/$uid XDG_RUNTIME_DIR=/run/user/$uid "$@")
}
holder() { sed 's/.*"pid":\([0-9]*\),.*/\1/' /run/user/${2:-54321}/nslab/labs/$1/holder.json; }
# The processes of a user that have not ended.
living() { for pid in $(pgrep -u $1); do case $(cut -d' ' -f3 /proc/$pid/stat 2>/dev/null) in Z | X | '') ;; *) echo $pid ;; esac; done; }
until_gone() { tail -f /dev/null --pid=$1 -s 0.01; }
cat >t.yaml <<'END'
name: t
links: [ n1 192.0.2.1/24 -- n2 192.0.2.2/24 ]
END
"#;

fn run(shell: &str, script: &str) -> std::process::Output {
    let script = format!(
        "cat >/run/script <<'SCRIPT'\n{USERS}\n{script}\nSCRIPT
         exec unshare --pid --fork --kill-child --mount-proc sh -c 'timeout 200 {shell} -e /run/script; exit $?'"
    );
    sandbox::run(&[tools::ours()], &script)
}

fn succeed_in(shell: &str, script: &str) -> String {
    let output = run(shell, script);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n--- script\n{script}\n--- out\n{out}--- err\n{err}", output.status);
    out.into_owned()
}

fn succeed(script: &str) -> String {
    succeed_in("sh", script)
}

fn holder() {
    let out = succeed(
        "as a nslab up /run/t.yaml; pid=$(holder t)
         # The last that it does is to read what it is told; then it waits.
         until [ $(cut -d' ' -f3 /proc/$pid/stat) = S ]; do :; done
         tr '\\0' ' ' </proc/$pid/cmdline; echo; ls -l /proc/$pid/fd | grep -c ' [12] -> /dev/null'
         [ $(cut -d' ' -f6 /proc/$pid/stat) != $(cut -d' ' -f6 /proc/$$/stat) ]; readlink /proc/$pid/cwd
         tr '\\0' ' ' </proc/$pid/environ; kb=$(sed -n 's/VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status)
         [ $kb -lt LIMIT ] || echo $kb kB
         # It reaps what is left to it, and heeds no signal but its end.
         as a nslab exec n1 sh -c '(true &)'; kill -HUP $pid; kill -INT $pid; kill -USR1 $pid; [ -d /proc/$pid ]
         until [ -z \"$(as a nslab exec n1 ps -A -o stat= | grep Z)\" ]; do :; done
         as a nslab ls; kill $pid; until_gone $pid; as a nslab ls 2>&1; as a nslab down t; find /run/user -name nslab
         [ -z \"$(living 54321)\" ]"
            // A build that is not optimized is larger, and its parts lie further from each other.
            .replace("LIMIT", if cfg!(debug_assertions) { "6144" } else { "3072" })
            .as_str(),
    );
    let expected = "\
lab t is up: 2 nodes, 1 link\nnslab hold t \n2\n/
LAB  STATE  NODES  SEGMENTS  LINKS  FILE\nt    up     2      0         1      /run/t.yaml
LAB  STATE  NODES  SEGMENTS  LINKS  FILE\nt    gone   0      0         0
lab t is gone: the process that held it has ended; nslab down t takes it off the list
lab t is down: 0 nodes removed\n";
    assert_eq!(out, expected);
}

/// Whatever runs inside, and whoever works on it: all of it goes, and the next command clears the record.
fn its_end() {
    let out = succeed(
        "cat >p.yaml <<'END'
name: t
nodes: { a: { run: [ { name: p, command: 'setsid sleep 1000 & echo on; wait', ready: { log: on } } ] } }
END
         grep -c . /proc/self/mountinfo >before; mkfifo fifo; chmod 666 fifo
         end() { pid=$(holder t); kill -9 $pid; until_gone $pid; }
         as a nslab -q up /run/p.yaml
         as a nslab exec a sh -c 'trap \"\" HUP TERM; echo >/run/fifo; sleep 1000' & line=$(cat fifo)
         end; wait $! || echo status $?
         [ -z \"$(living 54321)\" ]; grep -c . /proc/self/mountinfo | diff before -; find user/54321 -type f
         as a nslab exec t/a true || echo status $?; as a nslab status t || echo status $?
         as a nslab up /run/p.yaml; as a nslab down t; find user -name nslab; [ -z \"$(living 54321)\" ]",
    );
    let expected = "\
status 3\nuser/54321/nslab/labs/t/holder.json\nstatus 3\nstatus 3
lab t is up: 1 node, 1 process\nlab t is down: 1 node removed, 2 processes ended\n";
    assert_eq!(out, expected);
}

fn statuses() {
    let out = succeed(
        "mkfifo fifo; chmod 666 fifo; as a nslab -q up /run/t.yaml
         as a nslab exec n1 sh -c 'exit 7' || echo $?; as a nslab exec n1 sh -c 'kill -9 $$' || echo $?
         as a nslab exec n1 /no/such 2>/dev/null || echo $?; echo through | as a nslab exec n1 cat
         as a sh -c 'cd /run/54321; mkdir -p d; cd d; X=y nslab exec n1 sh -c \"pwd; echo \\$X \\$NSLAB_NODE\"'
         for signal in TERM HUP USR1; do
             setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs env XDG_RUNTIME_DIR=/run/user/54321 \\
                 nslab exec n1 sh -c \"sleep 1000 & trap 'echo $signal; kill \\$!; exit 9' $signal; echo >/run/fifo; wait\" &
             line=$(cat fifo); kill -$signal $!; wait $! || echo $?
         done
         setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs env XDG_RUNTIME_DIR=/run/user/54321 \\
             nslab exec n1 sh -c 'echo >/run/fifo; exec sleep 1000' & line=$(cat fifo); kill -9 $!; wait $! || echo $?
         pid=$(holder t); until [ \"$(living 54321)\" = $pid ]; do :; done; as a nslab down t",
    );
    let expected =
        "7\n137\n127\nthrough\n/run/54321/d\ny n1\nTERM\n9\nHUP\n9\nUSR1\n9\n137\nlab t is down: 2 nodes removed\n";
    assert_eq!(out, expected);
}

/// Keys of the terminal, stops and the foreground: of a shell inside, and of a program that a shell outside looks after.
const TERMINAL: &str = r#"
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp('bash', ['bash', '--norc', '--noprofile', '--noediting', '-i'])
seen = b''
def wait(text):
    global seen
    end = time.time() + 60
    while text not in seen:
        if not select.select([fd], [], [], max(0, end - time.time()))[0]:
            sys.exit('no %r in %r' % (text, seen))
        seen += os.read(fd, 4096)
    seen = seen[seen.index(text) + len(text):]
def say(line, text):
    os.write(fd, line); wait(text)
say(b"PS1='o''ut> '\n", b'out> ')
say(b"SHELL=/bin/bash nslab sh n1\n", b'# ')
say(b"bind 'set enable-bracketed-paste off' 2>/dev/null; PS1='i''n> '; PROMPT_COMMAND=\n", b'in> ')
say(b"sh -c 'echo g''o; exec sleep 1000'\n", b'go\r\n'); say(b'\x03', b'in> ')
say(b"sh -c 'echo g''o; exec sleep 1000'\n", b'go\r\n'); say(b'\x1a', b'Stopped'); wait(b'in> ')
say(b"kill %1; wait; echo e''nded\n", b'ended\r\n'); wait(b'in> ')
say(b"exit 7\n", b'out> '); say(b"echo s''t$?\n", b'st7\r\n'); wait(b'out> ')
say(b"nslab exec n1 sh -c 'echo g''o; exec sleep 1000'\n", b'go\r\n'); say(b'\x1a', b'Stopped'); wait(b'out> ')
say(b"nslab exec n1 ps -A -o stat= | grep -c T\n", b'1\r\n'); wait(b'out> ')
say(b"fg\n", b'sleep 1000'); wait(b'\n')
while b' S' not in b''.join(b' ' + open('/proc/%s/stat' % p, 'rb').read().rsplit(b')')[-1].split()[0] for p in os.listdir('/proc') if p.isdigit() and open('/proc/%s/comm' % p).read() == 'sleep\n'): pass
say(b'\x03', b'out> '); say(b"echo s''t$?\n", b'st130\r\n'); wait(b'out> ')
say(b"nslab exec n1 cat\n", b'cat\r\n'); say(b'hello\n', b'hello\r\nhello\r\n'); say(b'\x04', b'out> ')
os.write(fd, b'exit\n'); os.waitpid(pid, 0); print('all')
"#;

fn terminal() {
    let script = format!(
        "cat >term.py <<'END'{TERMINAL}END
         as a nslab -q up /run/t.yaml; as a python3 /run/term.py; as a nslab down t"
    );
    assert_eq!(succeed(&script), "all\nlab t is down: 2 nodes removed\n");
}

fn who_joins() {
    let out = succeed(
        "as a nslab -q up /run/t.yaml; as b nslab exec t/n1 true || echo status $?; as b nslab status t || echo status $?
         as b nslab down t || echo status $?; as b nslab ls; as b nslab up /run/t.yaml; as b nslab exec n1 id -u
         echo 'nodes: { r: }' >r.yaml; nslab -q up r.yaml; as a nslab exec r true || echo status $?
         as a nslab ls; nslab ls; nslab ls --json | grep -E 'name|user' | tr -d ' \\n'; echo
         nslab status t || echo status $?; as b nslab down t
         # As root, it is the user's from the first step on.
         nslab exec t/n1 sh -c 'cat /proc/self/uid_map; touch /etc/of-root 2>/dev/null || echo refused; touch /run/54321/f'
         nslab exec t/n1 true 2>&1
         stat -c %u /run/54321/f; nslab check -q t; nslab down t r; nslab ls; find user -name nslab; living 54321",
    );
    let expected = "\
status 3\nstatus 3\nstatus 3
lab t is up: 2 nodes, 1 link\n0\nstatus 3
LAB  USER   STATE  NODES  SEGMENTS  LINKS  FILE
t    (you)  up     2      0         1      /run/t.yaml
r    root   up     1      0         0      /run/r.yaml
LAB  USER   STATE  NODES  SEGMENTS  LINKS  FILE
r    (you)  up     1      0         0      /run/r.yaml
t    54321  up     2      0         1      /run/t.yaml
t    54322  up     2      0         1      /run/t.yaml
\"name\":\"r\",\"name\":\"t\",\"user\":\"54321\",\"name\":\"t\",\"user\":\"54322\",\nstatus 2
lab t is down: 2 nodes removed
         0      54321          1\nrefused\nthis lab is user 54321's: going on as that user\n54321\nall reached: 2 address pairs
lab t is down: 2 nodes removed\nlab r is down: 1 node removed\n";
    assert_eq!(out, expected);
    let output = run("sh", "as a nslab -q up /run/t.yaml; as b nslab exec t/n1 true");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("lab \"t\" is user 54321's") && err.contains("only 54321 and root may join it"), "{err}");
}

/// What another user's lab says does nothing to root's terminal, and one that says nothing is not waited for.
fn whatever_users_say() {
    let out = succeed(
        r#"f=$(printf '/run/\033[31mx\nr  (you).yaml'); cp t.yaml "$f"; as a nslab -q up "$f"; nslab ls
        as a nslab exec t/n1 sh -c 'cd /run/nslab/t && rm record.json && mkfifo record.json'
        as b nslab -q up /run/t.yaml; nslab ls"#,
    );
    let expected = "\
LAB  USER   STATE  NODES  SEGMENTS  LINKS  FILE
t    54321  up     2      0         1      /run/\u{241b}[31mx\u{2424}r  (you).yaml
LAB  USER   STATE  NODES  SEGMENTS  LINKS  FILE
t    54322  up     2      0         1      /run/t.yaml\n";
    assert_eq!(out, expected);
}

/// What root inside tries on the machine, on other labs and on other users.
const REACH: &str = r#"
echo secret >of-root; chmod 600 of-root; mkdir -m 700 closed; echo outside >54321/mine; chown 54321 54321/mine
nslab -q up /run/r.yaml; as b nslab -q up /run/t.yaml; sed s/t$/u/ t.yaml >u.yaml; as a nslab -q up /run/u.yaml
: >try; as a nslab -q up /run/t.yaml
sysctls() { cat /proc/sys/kernel/hostname /proc/sys/kernel/core_pattern /proc/sys/net/ipv4/ip_forward /proc/sys/vm/swappiness; }
cat >>try <<'END'
no() { if eval "$1" >/dev/null 2>&1; then echo "could: $1"; fi; }
no 'echo x >/run/of-root'; no 'cat /run/of-root'; no 'ls /run/closed'; no 'touch /etc/x'; no 'chown 0 /etc/passwd'
no 'chmod 777 /run/of-root'; no 'rm -f /run/of-root && [ ! -e /run/of-root ]'; no 'chown 1 /run/54321/mine'; no 'mknod /run/54321/sda b 8 0'
no 'echo x >/proc/sys/kernel/core_pattern'; no 'echo 1 >/proc/sys/vm/swappiness'; no 'echo b >/proc/sysrq-trigger'
no 'dmesg -C'; no 'date -s 2000-01-01'; no 'nsenter -t 1 -n true && [ $(nsenter -t 1 -n ip link | grep -c mine0) = 1 ]'
no 'ip link | grep mine0'; no 'ip netns list | grep r'; no 'ls /run/nslab | grep -v t'; no 'ls /run/user/54322/*'
no 'grep sleep /proc/OUTSIDE/comm && kill -0 OUTSIDE'; no 'grep hold /proc/OTHER/comm'; no 'setpriv --reuid 54322 --clear-groups true'
no 'mount -o remount,rw /proc/sys'; no 'losetup /dev/loop0 /run/54321/mine'; no 'nslab exec u/n1 true'
# Inside is its own.
hostname other; ip link add own0 type veth peer name own1; echo 1 >/proc/sys/net/ipv4/ip_forward; mount -t tmpfs x /mnt
echo inside >/run/54321/mine; umount /run || true
END
ip link add mine0 type veth peer name mine1; ip link delete mine0; ip link add mine0 type veth peer name mine1
ip -br link >links; sleep 1000 & outside=$!; other=$(holder t 54322)
sed "s/OUTSIDE/$outside/; s/OTHER/$other/" try >filled; cat filled >try
sysctls >before; ip -br link >>before; grep -c . /proc/self/mountinfo >>before; ip netns list >>before
as a nslab exec t/n1 sh /run/try
# The same from the lab's own machine, where no node is in the way.
pid=$(holder t); as a nsenter -t $pid -U -m -n -p --preserve-credentials sh /run/try
sysctls >after; ip -br link >>after; grep -c . /proc/self/mountinfo >>after; ip netns list >>after; diff before after
cat of-root 54321/mine; kill -0 $outside; kill $outside
as a nslab exec u/n1 sh -c 'ip link | grep -c own0; ls -A /run/nslab; ps -A | grep -c hold'
as a nslab check -q u; as b nslab check -q t; nslab check -q r
"#;

fn reach() {
    let out = succeed(&format!("echo 'nodes: {{ r: }}' >r.yaml\n{REACH}"));
    let expected = "secret\ninside\n0\nu\n1\nall reached: 2 address pairs\nall reached: 2 address pairs\nthere is nobody to reach\n";
    assert_eq!(out, expected);
}

/// Folders that others could write to, and what is no folder or no file.
fn unsafe_records() {
    for (bad, word) in [
        ("ln -s /tmp user/54321/nslab", "symbolic link"),
        ("mkdir user/54321/nslab; chown 54322 user/54321/nslab; chmod 755 user/54321/nslab", "belongs to user 54322"),
        ("mkdir -m 777 user/54321/nslab; chown 54321 user/54321/nslab; chmod 777 user/54321/nslab", "open to others"),
        ("as a mkdir -m 700 user/54321/nslab; as a ln -s /tmp /run/user/54321/nslab/labs", "symbolic link"),
        (
            "as a mkdir -p -m 700 /run/user/54321/nslab/labs; as a chmod 700 /run/user/54321/nslab; as a ln -s /run /run/user/54321/nslab/labs/t",
            "symbolic link",
        ),
        ("as a touch /run/user/54321/nslab", "no folder"),
        ("chmod 777 user/54321", "open to others"),
        ("chown 54322 user/54321; chmod 755 user/54321", "belongs to user 54322"),
        ("rmdir user/54321; ln -s /tmp user/54321", "symbolic link"),
    ] {
        let bad = bad.replace("as a mkdir -m 700 user", "as a mkdir -m 700 /run/user");
        let script = format!(
            "{bad}; as a nslab up /run/t.yaml 2>err && echo up; as a nslab down t 2>>err && echo down; cat err; living 54321; ls /tmp | grep nslab-5432 || true"
        );
        let out = succeed(&script.replace("&& echo", "&& exit 1; true; : echo"));
        assert!(out.contains(word) && out.contains("nslab keeps no records there"), "{bad}: {out}");
        assert!(!out.contains("nslab-5432") && !out.lines().any(|line| line.parse::<u32>().is_ok()), "{bad}: {out}");
    }
}

/// Records that are another's, too long, of another start of the machine, or of a process that is another now.
fn untrue_records() {
    let record = "/run/user/54321/nslab/labs/t/holder.json";
    let tamper = |edit: &str, then: &str| {
        format!("as a nslab -q up /run/t.yaml; pid=$(holder t); file={record}; cp $file old; {edit}\n{then}")
    };
    for (edit, word) in [
        ("echo >$file", "not a record"),
        ("echo '{}' >$file", "not a record"),
        ("head -c 9999 /dev/zero >$file", "too long"),
        ("rm $file; mkfifo $file; chown 54321 $file", "no file"),
        ("rm $file; ln -s /etc/passwd $file", "symbolic link"),
        ("chmod 644 $file; chown 54322 $file", "belongs to user 54322"),
        ("sed -i 's/\"version\":1/\"version\":9/' $file", "version 9"),
        ("sed -i 's/\"name\":\"t\"/\"name\":\"..\"/' $file", "is about \"..\""),
        ("sed -i 's/{/{\"more\":1,/' $file", "unknown field"),
    ] {
        let then = "for verb in 'exec t/n1 true' 'down t' 'up /run/t.yaml' ls; do as a nslab $verb 2>&1 && exit 1; done; [ -d /proc/$pid ]";
        let script = tamper(&edit.replace("sed -i", "sed -i.bak"), then).replace("&& exit 1", "|| echo refused");
        let out = succeed(&format!("{script}; : {}", ""));
        assert_eq!(out.matches("refused").count(), 4, "{edit}: {out}");
        assert!(out.contains(word), "{edit}: {out}");
    }
    // Another start of the machine, another process of that id (as if it were used again), and one in other namespaces.
    for edit in [
        "sed -i 's/\"boot_id\":\"[^\"]*/\"boot_id\":\"other/' $file",
        "sed -i 's/\"start\":/\"start\":1/' $file",
        "sed -i 's/\"user\":\\[\\([0-9]*\\),/\"user\":[\\1,1/' $file",
        "as a sleep 1000 & other=$!; sed -i \"s/\\\"pid\\\":$pid/\\\"pid\\\":$other/\" $file",
    ] {
        let then = "chown 54321 $file; as a nslab exec t/n1 true 2>&1 || echo refused; as a nslab ls 2>&1 | grep -o 'is gone'; as a nslab down t
                    [ -d /proc/$pid ]; [ -z \"${other:-}\" ] || kill -0 $other; [ ! -e $file ]";
        let out = succeed(&tamper(edit, then));
        let gone = "lab \"t\" is gone";
        assert!(
            out.contains(gone) && out.contains("refused\nis gone\nlab t is down: 0 nodes removed\n"),
            "{edit}: {out}"
        );
    }
    // Root kills and joins nobody's process because of what a user has written.
    let out = succeed(&tamper(
        "sleep 1000 & victim=$!; start=$(cut -d' ' -f22 /proc/$victim/stat); ids() { stat -L -c %i /proc/$1/ns/$2; }
         sed -i \"s/\\\"pid\\\":[0-9]*,\\\"start\\\":[0-9]*/\\\"pid\\\":$victim,\\\"start\\\":$start/; s/\\\"complete\\\":true/\\\"complete\\\":false/\" $file
         for ns in user mnt net; do sed -i \"s/\\(\\\"$ns\\\":.[0-9]*,\\)[0-9]*/\\1$(ids $victim $ns)/\" $file; done; chown 54321 $file",
        "nslab exec t/n1 true 2>/dev/null || echo status $?; nslab down t 2>/dev/null || echo status $?; kill -0 $victim && echo lives",
    ));
    assert!(out.starts_with("status 3\n") && out.ends_with("lives\n"), "{out}");
}

fn storm() {
    let out = succeed(
        "for i in $(seq 20); do
             (printf 'name: l%s\\nlinks: [ n1 10.0.0.%s/16 -- n2 10.0.1.%s/16 ]\\n' $i $i $i >/run/l$i.yaml
              for round in 1 2 3; do
                  as a nslab -q up /run/l$i.yaml
                  [ \"$(as a nslab exec l$i/n1 nslab ip -o -4 address show eth0 | grep -o 'inet [^ ]*')\" = \"inet 10.0.0.$i/16\" ]
                  [ \"$(as a nslab exec l$i/n1 ls -A /run/nslab)\" = l$i ]
                  as a nslab check -q l$i >/dev/null; as a nslab -q down l$i
              done; echo good) &
         done; wait; as a nslab ls; find user -name nslab; living 54321
         for i in 1 2 3; do as a nslab -q up /run/l$i.yaml; done; as a nslab down --all; as a nslab ls
         # One lab, by many at once.
         for i in 1 2 3 4; do as a nslab up /run/t.yaml 2>/dev/null & done; wait
         for i in 1 2 3 4; do as a nslab down t 2>/dev/null & done; wait; find user -name nslab; living 54321",
    );
    assert_eq!(out.matches("good\n").count(), 20, "{out}");
    let rest = out.replace("good\n", "");
    let count = |line: &str| rest.lines().filter(|l| *l == line).count();
    assert_eq!((count("lab l1 is down: 2 nodes removed"), count("lab l3 is down: 2 nodes removed")), (1, 1), "{out}");
    assert_eq!(count("lab t is up: 2 nodes, 1 link"), 1, "{out}");
    assert_eq!(count("lab t is up already; nothing to do: 2 nodes, 1 link"), 3, "{out}");
    assert_eq!((count("lab t is down: 2 nodes removed"), rest.lines().count()), (1, 8), "{out}");
}

/// With the variable, with the usual folder, with neither; and a lab that was made in another place is found.
fn places() {
    let out = succeed(
        "as a nslab -q up /run/t.yaml; find user -name t; as a env -u XDG_RUNTIME_DIR nslab down t
         as a env -u XDG_RUNTIME_DIR nslab -q up /run/t.yaml; find user -name t; as a env XDG_RUNTIME_DIR=/none nslab down t
         mkdir -m 700 elsewhere; chown 54321 elsewhere
         as a env XDG_RUNTIME_DIR=/run/elsewhere nslab -q up /run/t.yaml; find elsewhere -name t; as a env XDG_RUNTIME_DIR=/run/elsewhere nslab down t
         rmdir user/54321; as a nslab -q up /run/t.yaml; stat -c '%a %u' /tmp/nslab-54321 /tmp/nslab-54321/labs/t
         as a nslab down t; ls -d /tmp/nslab-54321 2>/dev/null || echo gone
         mkdir /tmp/nslab-54321; as a nslab up /run/t.yaml 2>&1 || echo status $?; rmdir /tmp/nslab-54321",
    );
    let expected = "\
user/54321/nslab/labs/t\nlab t is down: 2 nodes removed
user/54321/nslab/labs/t\nlab t is down: 2 nodes removed
elsewhere/nslab/labs/t\nlab t is down: 2 nodes removed
700 54321\n700 54321\nlab t is down: 2 nodes removed\ngone
nslab: /tmp/nslab-54321 belongs to user 0, not to user 54321: nslab keeps no records there\nstatus 2\n";
    assert_eq!(out, expected);
}

/// Where the machine hides a part of /proc or of /sys, as containers do, the kernel lets no user mount another.
fn no_proc() {
    let out = succeed(
        "mount --bind /dev/null /proc/version; mount -t tmpfs none /sys/kernel
         cat >p.yaml <<'END'
name: t
nodes: { a: { run: [ { name: p, command: 'echo on; exec sleep 1000', ready: { log: on } } ] } }
links: [ a 192.0.2.1/24 -- b 192.0.2.2/24 ]
END
         as a nslab -q up /run/p.yaml; as a nslab check -q t; as a nslab logs a; as a nslab exec a sh -c 'exit 7' || echo $?
         grep -c '\"processes\":false' user/54321/nslab/labs/t/holder.json; as a nslab down t; living 54321; find user -name nslab",
    );
    let expected = "all reached: 2 address pairs\non\n7\n1\nlab t is down: 2 nodes removed, 1 process ended\n";
    assert_eq!(out, expected);
}

/// With newuidmap there are other users inside.
fn lent() {
    let out = succeed(
        "cp /etc/passwd passwd; echo lent:x:54321:54321::/run/54321:/bin/sh >>passwd; mount --bind passwd /etc/passwd
         echo lent:300000:65536 >subid; mount --bind subid /etc/subuid; mount --bind subid /etc/subgid
         user() { (cd 54321; setpriv --reuid 54321 --regid 54321 --clear-groups env XDG_RUNTIME_DIR=/run/user/54321 \"$@\"); }
         user nslab -q up /run/t.yaml
         user nslab exec n1 sh -c 'touch f; chown 33:33 f; setpriv --reuid 33 --regid 33 --clear-groups id -u; cat /proc/self/uid_map'
         stat -c '%u %g' 54321/f; user nslab down t",
    );
    let expected = "33\n         0      54321          1\n         1     300000      65536\n300032 300032\nlab t is down: 2 nodes removed\n";
    assert_eq!(out, expected);
}

/// A limit of user namespaces can be set for those below one.
fn not_allowed() {
    let out = succeed(
        "cat >inner <<'END'
echo 0 >/proc/sys/user/max_user_namespaces; chown 0:0 user
setpriv --bounding-set -all --inh-caps=-all env XDG_RUNTIME_DIR=/run/user nslab up /run/t.yaml 2>&1 || echo status $?
ls -A /run/user; pgrep -a -f 'nslab hold' || true
END
         rm -r user; mkdir -m 700 user; unshare --user --map-root-user sh -e inner",
    );
    let expected = "\
nslab: without root, a lab needs namespaces of its own: making a user namespace: No space left on device
  help: the limit is reached; raise it, as root of the machine: sysctl -w user.max_user_namespaces=10000
status 3\n";
    assert_eq!(out, expected);
}

/// `RUNS` times a command, and SIGKILL after a random time: for what holds the lab, or for the command itself. Of what was
/// held nothing is left but a record, which the next command clears; a command that was killed leaves a whole lab or none.
const KILLED: &str = r#"
run_as() { cd /run/54321; exec setpriv --reuid 54321 --regid 54321 --clear-groups --bounding-set -all --inh-caps=-all \
    --no-new-privs env HOME=/run/54321 XDG_RUNTIME_DIR=/run/user/54321 "$@"; }
mkfifo never; exec 9<>never
pause() { read -t "$1" -u 9 || true; }
{ echo name: t; echo "nodes: { a1: { run: [ { name: p, command: [ sleep, '1000' ] } ] } }"; echo links:
  for i in {1..20}; do echo "- a$i 192.0.2.1/24 -- b$i 192.0.2.2/24"; done; } >t.yaml
sed 's/-- b1 192.0.2.2.24/-- c1 192.0.2.7\/24/; s/a2 192.0.2.1/a2 192.0.2.9/' t.yaml >u.yaml
record=/run/user/54321/nslab/labs/t/holder.json
seen() { grep -c . /proc/self/mountinfo; ip -br link; ls -A /run; find /run/user -name nslab; ls -d /tmp/nslab-5432* 2>/dev/null || true; }
seen >bin/seen
fail() { echo "run $n, $verb: $*"; find /run/user; ps -u 54321 -o pid,stat,args; exit 1; }
hit=0 gone=0
for ((n = 1; n <= RUNS; n++)); do
    case $((n % 3)) in
        0) verb='up /run/t.yaml' ;;
        1) verb='up /run/u.yaml'; as a nslab -q up /run/t.yaml 2>/dev/null ;;
        2) verb='down t'; as a nslab -q up /run/t.yaml 2>/dev/null ;;
    esac
    start=${EPOCHREALTIME/./}
    run_as nslab -q $verb >/dev/null 2>&1 & pid=$!
    printf -v moment '0.%06d' $(((RANDOM * 32768 + RANDOM) % ${span:-50000}))
    if [ WHO = holder ]; then
        until [ -s $record ] || ! kill -0 $pid 2>/dev/null; do :; done
        victim=$(holder t 2>/dev/null) || victim=
        [ -z "$victim" ] || { pause $moment; kill -9 $victim 2>/dev/null && hit=$((hit + 1)); }
    else
        pause $moment; kill -9 $pid 2>/dev/null && hit=$((hit + 1))
    fi
    wait $pid && span=$((${EPOCHREALTIME/./} - start)) || true
    if [ WHO = holder ]; then
        [ -z "$victim" ] || until_gone $victim
        # One that was ended before it was found is as none.
        [ "$(holder t 2>/dev/null)" = "$victim" ] || victim=
        [ -z "$victim" ] || [ -z "$(living 54321)" ] || fail "processes are left: $(living 54321)"
        left=$(find /run/user -type f ! -name holder.json ! -name holder.json.new)
        [ -z "$left" ] || fail "files are left: $left"
        [ ! -e $record ] || gone=$((gone + 1))
    fi
    if ((n % 2)); then
        as a nslab -q up /run/t.yaml 2>/dev/null || fail "the next up"
        as a nslab -q diff /run/t.yaml || fail "the next up leaves a difference"
        as a nslab exec a1 nslab ping -q -c 1 -W 2 192.0.2.2 >/dev/null || fail "the next up does not work"
        [ $(as a nslab exec a1 pgrep -c -fx 'sleep 1000') = 1 ] || fail "the next up has no process"
        as a nslab -q down t || fail "the down after it"
    else
        as a nslab -q down t 2>/dev/null || [ $? = 3 ] || fail "the next down"
    fi
    # A holder whose starter was killed ends by itself, a moment later.
    for ((turn = 0; turn < 500; turn++)); do [ "$(living 54321)" ] || break; pause 0.02; done
    [ -z "$(living 54321)" ] || fail "in the end processes are left: $(living 54321)"
    seen | diff bin/seen - || fail "in the end something is left"
done
echo runs $((n - 1)) hit $hit with-a-record $gone
"#;

fn killed(who: &str, runs: usize) {
    let out = succeed_in("bash", &KILLED.replace("RUNS", &runs.to_string()).replace("WHO", who));
    assert!(out.starts_with(&format!("runs {runs} ")), "{out}");
    let hit: usize = out.split_ascii_whitespace().nth(3).unwrap().parse().unwrap();
    assert!(hit > runs / 4, "{out}");
    eprintln!("{who}: {}", out.trim_end());
}
