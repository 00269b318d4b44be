//! Pictures of what is there: of labs, of networks made by hand, of everything.

use libtest_mimic::Trial;

use crate::lab::{HELLO, succeed};
use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("graph::the_walk_by_hand", walk).with_ignored_flag(tools::reference().is_none()),
        trial("graph::a_lab_is_drawn_as_its_file", as_the_file),
        trial("graph::what_is_changed_by_hand_is_drawn", by_hand),
        trial("graph::namespaces_of_processes", processes),
        trial("graph::names_that_only_others_see", mounted_elsewhere),
        trial("graph::what_cannot_be_looked_at_is_told", missing),
        trial("graph::namespaces_that_come_and_go", come_and_go),
        trial("graph::strange_names", strange_names),
    ]
}

/// A script that sees no processes but its own.
pub(crate) fn alone(script: &str) -> String {
    format!(
        "cat >/run/alone.sh <<'ALONE'\n{script}\nALONE\nunshare --pid --fork --kill-child --mount-proc sh -e /run/alone.sh\n"
    )
}

/// Steps 2 and 3 of the walk, as people type them.
pub(crate) const WALK: &str = "ip netns add ns1; ip netns add ns2
ip link add ns1-veth0 type veth peer name ns2-veth0
ip link set ns1-veth0 netns ns1; ip link set ns2-veth0 netns ns2
ip netns exec ns1 ip address add 192.0.2.1/24 dev ns1-veth0
ip netns exec ns2 ip address add 192.0.2.2/24 dev ns2-veth0
ip netns exec ns1 ip link set ns1-veth0 up
ip netns exec ns2 ip link set ns2-veth0 up
";

/// The pictures of a walk with iproute2 and of the lab are the same, but for what is told of each.
fn walk() {
    let script = format!(
        "cd /run; {WALK} nslab graph --machine -o walk.svg; ip netns del ns1; ip netns del ns2
         {HELLO} nslab -q up hello.yaml; nslab graph helloworld -o lab.svg; nslab graph --machine -o machine.svg
         drawn() {{ tr '\\n' ' ' <$1 | sed 's/<title>[^<]*<.title>//g'; }}
         drawn walk.svg >a; drawn lab.svg >b; drawn machine.svg >c; cmp a b >&2; cmp a c >&2
         grep -o '<text[^<]*' walk.svg | sed 's/.*>//'"
    );
    let out = sandbox::succeed(&[tools::reference().unwrap(), tools::ours()], &alone(&script));
    assert_eq!(out, "ns1-veth0\n192.0.2.1/24\nns1\nns2-veth0\n192.0.2.2/24\nns2\n192.0.2.0/24\n");
}

/// Examples whose interfaces every kernel has.
const EXAMPLES: &[&str] =
    &["helloworld", "office", "two-subnets", "ipv6-only", "static-routes", "triangle", "fat-tree"];

fn as_the_file() {
    for name in EXAMPLES {
        let file = tools::repository(&format!("examples/{name}.yaml"));
        let file = file.display();
        succeed(&format!(
            "cd /run; nslab -q graph {file} -o file.svg; nslab -q up {file}
             # The kernel has a carrier a moment later.
             until nslab graph {file} -o lab.svg && cmp -s file.svg lab.svg; do
                 ! nslab graph {file} --format json | grep -q 'no carrier' || continue
                 nslab graph {file} -o lab.svg; diff file.svg lab.svg >&2; break
             done"
        ));
    }
}

fn by_hand() {
    let out = succeed(&format!(
        "{HELLO} cd /run; nslab -q up hello.yaml; nslab graph hello.yaml -o before.svg; grep -c ' off' before.svg || true
         ip -n ns1 link set ns1-veth0 down; ip -n ns2 link set ns2-veth0 mtu 1400
         ip -n ns2 link add br7 type bridge; ip -n ns2 addr add 10.7.0.1/24 dev br7
         ip -n ns1 route add 10.9.0.0/16 dev lo; ip -n ns2 route add default via 192.0.2.1
         nslab graph helloworld -o after.svg; grep -c ' off' after.svg; grep -o '<text[^<]*' after.svg | sed 's/.*>//'"
    ));
    let expected = "0\n2\nns1-veth0\n192.0.2.1/24\ndown\nns1\nns2-veth0\n192.0.2.2/24\nmtu 1400\nno carrier\nns2\n\
                    br7 bridge down\n  10.7.0.1/24\ndefault via 192.0.2.1\n192.0.2.0/24\n";
    assert_eq!(out, expected);
}

fn processes() {
    let script = "cd /run; mkfifo end; unshare --net sh -c 'echo $$ >pid; read -r word <end' &
         until [ -s pid ]; do :; done; pid=$(cat pid)
         ip link add v0 type veth peer name v1; ip link set v1 netns $pid
         nslab graph --machine --format json >out.json
         grep -o '\"ends\": \\[' out.json; grep -A2 '\"ends\": \\[' out.json | grep -c \"(machine):v0\\\"\\|sh-$pid:v1\\\"\"
         grep -o \"process $pid (sh)\" out.json | sed \"s/$pid/PID/\"; echo go >end; wait";
    assert_eq!(succeed(&alone(script)), "\"ends\": [\n2\nprocess PID (sh)\n");
}

/// Names in a mount namespace of somebody's, as a lab without root has them.
fn mounted_elsewhere() {
    let script = "cd /run; mkfifo end; mkdir elsewhere
         unshare --mount sh -c 'mount --bind elsewhere netns 2>/dev/null || { mkdir -p netns; mount --bind elsewhere netns; }
             ip netns add inner; ip -n inner link add v0 type veth peer name v1; echo >ready; read -r word <end' &
         until [ -e ready ]; do :; done; ip netns list
         nslab graph --machine --format json | grep '\"name\": \"[iv]\\|mounted'; echo go >end; wait";
    let expected = "      \"name\": \"inner\",\n        \"mounted at /run/netns/inner\"\n          \"name\": \"v1\",\n          \"name\": \"v0\",\n";
    assert_eq!(succeed(&alone(script)), expected);
}

fn missing() {
    let script = "cd /run; ip netns add a; ip netns add b; ip -n a link add v0 type veth peer name v1 netns b
         touch netns/stray; mkdir d; mount --bind /proc/self/ns/uts netns/stray
         touch netns/plain; exec 7<netns/b; umount -l netns/b
         nslab graph --machine --format json 2>notes | grep -o '\"name\": \"[av].*\"'; cat notes
         nslab graph --machine -o x.svg 2>/dev/null; grep -c 'out of sight' x.svg";
    let out = succeed(&alone(script));
    let expected = "\"name\": \"a\"\n\"name\": \"v0\"\n\
        /run/netns/b is a stray file: no namespace\n/run/netns/plain is a stray file: no namespace\n\
        namespace \"stray\" is left out: entering a network namespace: Invalid argument\n1\n";
    assert_eq!(out, expected);
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let script = "cd /run; ip netns add a; cp $(command -v nslab) n; chmod 755 n
         setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs ./n graph --machine --format json 2>&1 >/dev/null | grep ' left out'";
    let out = succeed(&alone(script));
    assert!(out.contains("namespace \"a\" is left out: entering a network namespace: "), "{out}");
}

fn come_and_go() {
    let script = "cd /run; ip netns add stays; ip -n stays link add v0 type veth peer name v1
         (until [ -e end ]; do ip netns add x; ip -n x link add w type veth peer name w netns stays; ip netns del x; done) &
         for round in $(seq 30); do
             nslab -q graph --machine --format json >out.json
             grep -q '\"name\": \"stays\"' out.json; grep -q '\"stays:v1\"' out.json
         done
         touch end; wait; echo whole";
    assert_eq!(succeed(&alone(script)), "whole\n");
}

fn strange_names() {
    let script = "cd /run; name=$(printf 'a \"b\\n<c>&\\342\\200\\256\\033[31m'); ip netns add \"$name\"
         ip -n \"$name\" link add '<v&\"0>' type veth peer name \"$(printf 'v\\342\\200\\2561')\"
         for format in svg json; do nslab graph --machine --format $format >out; LC_ALL=C grep -c \"$(printf '\\033\\|\\342\\200\\256')\" out || true; done
         nslab graph --machine --format svg | grep -o '<text[^<]*' | sed 's/.*>//' | sort";
    let expected =
        "0\n0\n&lt;v&amp;&quot;0&gt;\na &quot;b\\u{a}&lt;c&gt;&amp;\\u{202e}\\u{1b}[31m\ndown\ndown\nv\\u{202e}1\n";
    assert_eq!(succeed(&alone(script)), expected);
}
