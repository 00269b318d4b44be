//! Labs with the same node names side by side.

use libtest_mimic::Trial;

use crate::lab::{HELLO, SEEN, fail, succeed};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("prefix::changes_are_told_in_commands_that_work", changes),
        trial("prefix::two_labs_of_one_file", two_of_one_file),
        trial("prefix::of_the_file", of_the_file),
        trial("prefix::names_that_are_taken", taken),
        trial("prefix::one_that_gives_no_names", no_names),
        trial("prefix::which_lab", which),
    ]
}

/// A segment too: its switch is a namespace.
const FILE: &str = "cat >/run/t.yaml <<END
segments: { lan: { prefix: 192.0.2.0/24, members: [ ns1, ns2 ] } }
END
";

fn two_of_one_file() {
    let out = succeed(&format!(
        "{SEEN}{FILE}nslab -q up /run/t.yaml; nslab -q down t; touch /run/before /run/after; seen >/run/before
         nslab up --prefix a- /run/t.yaml; nslab up --prefix b- /run/t.yaml
         nslab up --prefix b- /run/t.yaml
         ip netns list | sort | tr '\\n' ' '; echo
         nslab check --prefix a- /run/t.yaml | tail -n 1; nslab check b-t | tail -n 1
         nslab exec a-t/ns1 sh -c 'hostname; echo $NSLAB_LAB $NSLAB_NODE; grep ns2 /etc/hosts'
         nslab exec b-t/ns1 ip -o -4 address show eth0 | grep -o 'inet [^ ]*'
         nslab exec ns1 true 2>&1 || echo status $?
         [ \"$(ip -n a-ns1 -o link show eth0)\" != \"$(ip -n b-ns1 -o link show eth0)\" ]
         nslab down --prefix a- /run/t.yaml
         ip netns list | sort | tr '\\n' ' '; echo; nslab check b-t | tail -n 1
         nslab exec ns1 hostname
         nslab down --prefix b- t
         seen >/run/after; cmp /run/before /run/after"
    ));
    let expected = "\
lab a-t is up: 2 nodes, 1 segment
lab b-t is up: 2 nodes, 1 segment
lab b-t is up already; nothing to do: 2 nodes, 1 segment
a-lan a-ns1 a-ns2 b-lan b-ns1 b-ns2 
all reached: 2 address pairs
all reached: 2 address pairs
ns1
a-t ns1
192.0.2.2 ns2
inet 192.0.2.1/24
nslab: several labs have a node ns1: say which
  help: for example b-t/ns1
status 2
lab a-t is down: 2 nodes, 1 segment removed
b-lan b-ns1 b-ns2 
all reached: 2 address pairs
ns1
lab b-t is down: 2 nodes, 1 segment removed
";
    assert_eq!(out, expected);
}

fn of_the_file() {
    let out = succeed(&format!(
        "{FILE}echo 'prefix: lab1-' >>/run/t.yaml
         nslab up --dry-run /run/t.yaml | grep -v '^ '
         nslab up /run/t.yaml; nslab up --prefix '' /run/t.yaml 2>&1 || echo status $?
         ip netns list | sort | tr '\\n' ' '; echo
         nslab ls --json | grep -A 1 name; nslab down /run/t.yaml
         nslab up --prefix '' /run/t.yaml; ip netns list | sort | tr '\\n' ' '; echo; nslab down t
         nslab up --prefix c- /run/t.yaml; ip netns list | sort | tr '\\n' ' '; echo; nslab down c-t"
    ));
    let (first, rest) = out.split_once("lab t is up: ").unwrap();
    assert_eq!(
        first,
        "namespace lab1-ns1\nnamespace lab1-ns2\nswitch lab1-lan\ncable lan:ns1 -- ns1:eth0\ncable lan:ns2 -- ns2:eth0\n"
    );
    assert!(rest.contains("lab \"t\" is up with the prefix \"lab1-\"") && rest.contains("status 3"), "{rest}");
    let lines: Vec<&str> = rest.lines().filter(|line| !line.contains("is ")).collect();
    let expected = [
        "  help: nslab down t takes the lab away; then nslab up makes it anew",
        "status 3",
        "lab1-lan lab1-ns1 lab1-ns2 ",
        "    \"name\": \"t\",",
        "    \"prefix\": \"lab1-\",",
        "lan ns1 ns2 ",
        "c-lan c-ns1 c-ns2 ",
    ];
    assert_eq!(lines[lines.len() - expected.len()..], expected);
}

/// What `up --dry-run` tells of a running lab can be done by hand.
fn changes() {
    let out = succeed(&format!(
        "{FILE}nslab -q up --prefix a- /run/t.yaml
         mkdir /run/x; sed 's,192.0.2.0,10.1.0.0,; s,ns2 ],ns2:in ],' /run/t.yaml >/run/x/t.yaml; cd /run/x
         nslab up --prefix a- --dry-run t.yaml >commands; cut -d ' ' -f 1-5 commands
         sh -e commands; ip -n a-ns1 link set eth0 up; ip -n a-ns2 link set in up; ip -n a-lan link set ns2 up
         nslab diff --prefix a- t.yaml && echo same; nslab -q up --prefix a- t.yaml
         nslab -v set --lab a-t ns1:eth0 down"
    ));
    let expected = "\
ip -n a-lan link delete
ip -n a-lan link add
ip -n a-ns1 address add
ip -n a-ns2 address add
ip -n a-ns1 address delete
same
ip -n a-ns1 link set eth0 down
lab a-t: 1 change
";
    assert_eq!(out, expected);
}

fn taken() {
    let err = fail(&format!("{HELLO}ip netns add a-ns2; nslab up --prefix a- /run/hello.yaml"), 3);
    assert!(err.contains("a-ns2: already the name of a network namespace"), "{err}");
    assert!(err.contains("--prefix"), "{err}");
    // The names without it are free to all.
    succeed(&format!("{HELLO}ip netns add ns2; nslab -q up --prefix a- /run/hello.yaml; ip netns exec a-ns2 true"));
}

fn no_names() {
    let err = fail(&format!("{HELLO}nslab up --prefix a/ /run/hello.yaml"), 2);
    assert!(err.contains("prefix \"a/\" contains '/'"), "{err}");
    let err = fail(&format!("{HELLO}nslab up --prefix $(printf %0192d 0) /run/hello.yaml"), 2);
    assert!(err.contains("192 bytes long; at most 191"), "{err}");
    let err = fail(&format!("{HELLO}nslab up --prefix $(printf %060d 0) /run/hello.yaml"), 2);
    assert!(err.contains("is 70 bytes long; at most 64") && err.contains("take a shorter one"), "{err}");
    let err = fail(&format!("{HELLO}echo 'prefix: a b' >>/run/hello.yaml; nslab up /run/hello.yaml"), 2);
    assert!(err.contains("hello.yaml:4:9") && err.contains("prefix \"a b\" contains ' '"), "{err}");
    // As long as one may be, with as long a node's name: as long as a file's name may be.
    succeed(
        "echo \"prefix: $(printf %0191d 0)\" >/run/t.yaml; echo \"nodes: { n$(printf %063d 0): }\" >>/run/t.yaml
         nslab -q up /run/t.yaml; nslab exec n$(printf %063d 0) true; nslab -q down t; [ -z \"$(ip netns list)\" ]",
    );
}

fn which() {
    // A prefix is for a lab that is named, not for any that happens to be up.
    let err = fail(&format!("{HELLO}cd /run; nslab -q up hello.yaml; nslab check --prefix a-"), 2);
    assert!(err.contains("a prefix for which lab?"), "{err}");
    let err = fail(&format!("{HELLO}cd /run; nslab -q up hello.yaml; nslab check --prefix a- hello.yaml"), 3);
    assert!(err.contains("no lab named \"a-helloworld\" is up"), "{err}");
    fail("nslab down --all --prefix a-", 2);
    succeed(&format!(
        "{HELLO}cd /run; mv hello.yaml nslab.yaml; nslab -q up --prefix a-; nslab -q check --prefix a-
         nslab -q down --prefix a-; [ -z \"$(ip netns list)\" ]"
    ));
}
