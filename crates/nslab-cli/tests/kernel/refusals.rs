//! What is refused: bad files, taken names, missing privilege, limits. Each with a clear word, and nothing made.

use libtest_mimic::Trial;

use crate::lab::{HELLO, SEEN, fail, succeed};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("refusals::bad_files", bad_files),
        trial("refusals::files_that_cannot_be_read", unreadable_files),
        trial("refusals::names_that_are_taken", names_taken),
        trial("refusals::a_limit_in_the_middle_of_a_build", limit),
        trial("refusals::more_neighbours_than_the_kernel_keeps", neighbours),
        trial("refusals::without_privilege", without_privilege),
        trial("refusals::records_that_are_not_ours", records),
        trial("refusals::a_full_disk_and_a_closed_pipe", full_and_closed),
    ]
}

fn bad_files() {
    // Each: the file, and what must be said of it.
    let cases: &[(&str, &[&str])] = &[
        ("links: []\nnodez: {}", &["t.yaml:2:1", "nodez", "nodes"]),
        ("nodes: { a: , a: }", &["t.yaml:1:", "a"]),
        ("nodes: 5", &["t.yaml:1:8"]),
        ("links:\n  - a 10.0.0.1/24 -- b 10.0.0.1/24", &["t.yaml:2:", "10.0.0.1"]),
        ("links:\n  - a 10.0.0.1/24 -- b 10.0.1.2/24", &["t.yaml:2:", "10.0.0.0/24", "10.0.1.0/24"]),
        ("links:\n  - a:sixteen-bytes-xx -- b", &["t.yaml:2:", "sixteen-bytes-xx", "15"]),
        ("nodes:\n  a/b: {}", &["t.yaml:2:3", "a/b"]),
        ("", &["t.yaml", "empty"]),
        ("# nothing\n", &["t.yaml"]),
        ("links: [", &["t.yaml:"]),
    ];
    for (text, words) in cases {
        let script = format!(
            "{SEEN}printf '%s\\n' '{text}' >/run/t.yaml; touch /run/before
             seen >/run/before; nslab up /run/t.yaml; status=$?; seen | diff /run/before - >&2; exit $status"
        );
        let err = fail(&script, 2);
        for word in *words {
            assert!(err.contains(word), "{text:?}: no {word:?} in\n{err}");
        }
        assert!(!err.lines().any(|line| line.starts_with("> ")), "something was made: {err}");
    }
}

fn unreadable_files() {
    let err = fail("truncate -s 100M /run/t.yaml; nslab up /run/t.yaml; s=$?; ls -A /run >&2; exit $s", 2);
    assert!(err.contains("t.yaml") && err.contains("16 MiB") && err.ends_with("t.yaml\n"), "{err}");
    let err = fail("nslab up /run/nope.yaml", 2);
    assert!(err.contains("nope.yaml"), "{err}");
    fail("nslab up /run", 2);
    fail("mkfifo /run/t.yaml; nslab up /run/t.yaml", 2);
    fail("nslab up /dev/zero", 2);
    fail("cd /run; nslab up", 2);
}

fn names_taken() {
    let err = fail(&format!("{HELLO}ip netns add ns2; nslab up /run/hello.yaml"), 3);
    assert!(err.contains("ns2: already the name of a network namespace"), "{err}");
    let out =
        succeed(&format!("{HELLO}ip netns add ns2; nslab up /run/hello.yaml 2>/dev/null || ip netns list; ls /run"));
    assert_eq!(out, "ns2\nhello.yaml\nnetns\n");
    // Not only namespaces take a name.
    let err = fail(&format!("{HELLO}mkdir -p /run/netns; ln -s nowhere /run/netns/ns1; nslab up /run/hello.yaml"), 3);
    assert!(err.contains("ns1"), "{err}");
}

fn limit() {
    let script = "unshare --user --map-root-user --net --mount sh -c '
        mount -t tmpfs none /run; echo 5 >/proc/sys/user/max_net_namespaces
        { echo links:; for i in 1 2 3 4 5 6 7 8; do echo \"- a$i 10.0.$i.1/24 -- b$i 10.0.$i.2/24\"; done; } >/run/t.yaml
        nslab up /run/t.yaml; echo status $?; ip netns list; ls -A /run
        echo 17 >/proc/sys/user/max_net_namespaces; ip netns add x; ip netns add y
        nslab up /run/t.yaml; echo status $?; ip netns delete x; ip netns delete y
        echo 50 >/proc/sys/user/max_net_namespaces; nslab up /run/t.yaml' 2>&1";
    let out = succeed(script);
    let early = "nslab: the lab takes 16 network namespaces, and this machine allows 5\n  help: raise the limit, as root \
                 of the machine: sysctl -w user.max_net_namespaces=32\nstatus 3\nt.yaml\n";
    let rest = out.strip_prefix(early).unwrap_or_else(|| panic!("{out}"));
    // What others have made shows only when it is too much.
    assert!(rest.starts_with("nslab: making node ") && rest.contains("max_net_namespaces"), "{out}");
    assert!(rest.contains("status 3\nlab t is up: 16 nodes, 8 links\n"), "{out}");
}

/// This sandbox is not the machine's first namespace, so the kernel's default is taken.
fn neighbours() {
    let out = succeed(
        "{ echo links:; for i in $(seq 0 512); do n=$((i * 2)); p=10.$((n / 256)).$((n % 256))
           echo \"- a:e$i $p.0/31 -- b:e$i $p.1/31\"; done; } >/run/t.yaml
         nslab up /run/t.yaml 2>&1; nslab up /run/t.yaml 2>&1; nslab -q down t; nslab -q up /run/t.yaml 2>&1",
    );
    let expected = "\
the lab makes 1026 IPv4 neighbours or more, and the machine keeps 1024 for all namespaces; packets to others are lost
  help: raise the limit, as root of the machine: sysctl -w net.ipv4.neigh.default.gc_thresh3=2048
lab t is up: 2 nodes, 513 links
lab t is up already; nothing to do: 2 nodes, 513 links
";
    assert_eq!(out, expected);
}

fn without_privilege() {
    let drop = "setpriv --inh-caps=-all --bounding-set=-all --";
    let refused = |err: &str| err.contains("Operation not permitted") || err.contains("Permission denied");
    assert!(refused(&fail(&format!("{HELLO}{drop} nslab up /run/hello.yaml"), 3)));
    let out = succeed(&format!(
        "{HELLO}{drop} nslab up /run/hello.yaml 2>/dev/null || ls -A /run /run/netns 2>/dev/null || true"
    ));
    assert!(out.lines().all(|line| ["/run:", "hello.yaml", "netns", "", "/run/netns:"].contains(&line)), "{out}");
    let err = fail(&format!("{HELLO}nslab -q up /run/hello.yaml; {drop} nslab down helloworld"), 3);
    assert_eq!(err, "nslab: lab \"helloworld\" is root's\n  help: run it as root\n");
    // And it can still be taken away by who may.
    let out = succeed(&format!(
        "{HELLO}nslab -q up /run/hello.yaml; {drop} nslab down helloworld 2>/dev/null || nslab down helloworld; ls /run"
    ));
    assert_eq!(out, "lab helloworld is down: 2 nodes removed\nhello.yaml\nnetns\n");
}

fn records() {
    let tamper = |edit: &str| {
        format!("{HELLO}nslab -q up /run/hello.yaml; cd /run/nslab/helloworld; {edit}; nslab down helloworld")
    };
    let err = fail(&tamper("sed -i 's/\"version\":2/\"version\":99/' record.json"), 3);
    assert!(err.contains("version 99"), "{err}");
    for edit in [
        "echo >record.json",
        "echo '{}' >record.json",
        "echo '[1' >record.json",
        "head -c 100 record.json >r; mv r record.json",
    ] {
        let err = fail(&tamper(edit), 3);
        assert!(err.contains("not a record"), "{edit}: {err}");
    }
    let err = fail(&tamper("sed -i 's/\"lab\":\"helloworld\"/\"lab\":\"other\"/' record.json"), 3);
    assert!(err.contains("other"), "{err}");
    // A name in a record that leads elsewhere is no name.
    let err = fail(&tamper("sed -i 's/\"name\":\"ns1\"/\"name\":\"..\\/x\"/' record.json"), 3);
    assert!(err.contains("not a record"), "{err}");
}

fn full_and_closed() {
    // The record does not fit: nothing is published.
    let out = succeed(&format!(
        "{HELLO}mkdir /run/nslab; mount -t tmpfs -o size=4k,nr_inodes=4 none /run/nslab; head -c 4096 /dev/zero >/run/nslab/full
         nslab up /run/hello.yaml 2>&1 || echo status $?; ip netns list; ls -A /run/nslab; umount /run/nslab
         nslab up /run/hello.yaml"
    ));
    assert!(out.contains("No space left on device") && out.contains("status 3\nfull\n"), "{out}");
    assert!(out.ends_with("lab helloworld is up: 2 nodes, 1 link\n"), "{out}");
    // An answer that cannot be written is an error; one that nobody wants to read is none.
    let err = fail(&format!("{HELLO}nslab up --dry-run /run/hello.yaml >/dev/full"), 3);
    assert!(err.contains("No space left on device"), "{err}");
    let err =
        succeed(&format!("{HELLO}(nslab up --dry-run /run/hello.yaml; ip link; nslab cidr 10.0.0.1/8) 2>&1 | true"));
    assert_eq!(err, "");
    let out = succeed("(ip link; echo $? >&2) 2>/run/err | true; cat /run/err; (nslab --help; true) | true");
    assert!(!out.contains("panic"), "{out}");
}
