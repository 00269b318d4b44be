//! Names in /run/netns.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;

use nslab::ErrorKind;
use nslab::namespace::{Identity, NETNS_DIR, Names, Namespace, Placeholder, Withdrawn};
use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};

use crate::{Needs, Test};

pub(crate) const TESTS: &[Test] = &[
    ("names::added_listed_opened_deleted", Needs::Nothing, life),
    ("names::ours_and_iproute2s_are_the_same", Needs::Reference, both_ways),
    ("names::two_adds_of_one_name_at_once", Needs::Nothing, one_wins),
    ("names::many_adds_at_once_on_a_fresh_run", Needs::Nothing, many_at_once),
    ("names::many_adds_at_once_beside_iproute2s", Needs::Reference, many_beside_iproute2),
    ("names::mounts_are_shared_with_the_machine", Needs::Nothing, shared),
    ("names::names_that_are_no_file_names", Needs::Nothing, bad_names),
    ("names::a_busy_namespace_outlives_its_name", Needs::Nothing, busy),
    ("names::a_failed_add_leaves_no_file", Needs::UserNamespace, failed_add),
    ("names::things_that_are_no_namespaces", Needs::Nothing, strays),
    ("names::published_and_withdrawn", Needs::Nothing, published),
    ("names::only_ours_is_withdrawn", Needs::Nothing, withdrawn),
];

fn os(name: &str) -> &OsStr {
    OsStr::new(name)
}

fn names() -> Names {
    Names::default()
}

fn sorted() -> Vec<OsString> {
    let mut all = names().list().unwrap();
    all.sort();
    all
}

/// How often something is mounted on each path.
pub(crate) fn mounts() -> BTreeMap<String, usize> {
    let mut mounts = BTreeMap::new();
    for line in fs::read_to_string("/proc/self/mountinfo").unwrap().lines() {
        *mounts.entry(line.split(' ').nth(4).unwrap().to_owned()).or_default() += 1;
    }
    mounts
}

/// What the names directory adds to the mounts: itself, and each name, once.
fn assert_mounted_once(before: &BTreeMap<String, usize>, expected: &[String]) {
    let mut wanted = before.clone();
    // The machine's own may be beneath this /run, out of sight.
    *wanted.entry(NETNS_DIR.into()).or_default() += 1;
    wanted.extend(expected.iter().map(|name| (format!("{NETNS_DIR}/{name}"), 1)));
    assert_eq!(mounts(), wanted);
}

fn ip(words: &[&str]) -> String {
    let output = Command::new("ip").args(words).output().unwrap();
    assert!(output.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn identity(name: &str) -> Identity {
    names().open(os(name)).unwrap().identity().unwrap()
}

fn life() {
    let before = mounts();
    assert!(names().list().unwrap().is_empty(), "a directory that is missing has no names");
    assert_eq!(names().open(os("a")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(names().delete(os("a")).unwrap_err().kind(), ErrorKind::NotFound);
    names().add(os("a")).unwrap();
    names().add(os("b")).unwrap();
    assert_eq!(sorted(), ["a", "b"]);
    assert_mounted_once(&before, &["a".into(), "b".into()]);

    let (a, b, here) = (identity("a"), identity("b"), Namespace::current().unwrap().identity().unwrap());
    assert!(a != b && a != here && a.cookie.is_some());
    assert!(names().is_same(os("a"), a).unwrap() && !names().is_same(os("b"), a).unwrap());
    assert!(!names().is_same(os("nope"), a).unwrap());
    // The cookie tells, even where the kernel has used the inode's number again.
    assert!(!names().is_same(os("a"), Identity { cookie: Some(u64::MAX), ..a }).unwrap());
    assert!(names().is_same(os("a"), Identity { cookie: None, ..a }).unwrap());

    assert_eq!(names().add(os("a")).unwrap_err().kind(), ErrorKind::Exists);
    assert!(names().is_same(os("a"), a).unwrap(), "a name that is taken stays what it was");
    names().delete(os("a")).unwrap();
    assert_eq!(sorted(), ["b"]);
    names().add(os("a")).unwrap();
    assert!(!names().is_same(os("a"), a).unwrap());
    names().delete(os("a")).unwrap();
    names().delete(os("b")).unwrap();
    assert!(names().list().unwrap().is_empty());
    assert_mounted_once(&before, &[]);
}

fn both_ways() {
    let before = mounts();
    names().add(os("ours")).unwrap();
    ip(&["netns", "add", "theirs"]);
    names().add(os("more-of-ours")).unwrap();
    assert_mounted_once(&before, &["ours".into(), "theirs".into(), "more-of-ours".into()]);
    // The same names, in the same order.
    let listed = names().list().unwrap();
    let listed: Vec<&str> = listed.iter().map(|name| name.to_str().unwrap()).collect();
    assert_eq!(ip(&["netns", "list"]).lines().collect::<Vec<_>>(), listed);
    assert_eq!(listed.len(), 3);
    // Each enters the other's.
    for name in ["ours", "theirs"] {
        let link = ip(&["netns", "exec", name, "readlink", "/proc/self/ns/net"]);
        let own = names().open(os(name)).unwrap().enter(|| fs::read_link("/proc/thread-self/ns/net")).unwrap().unwrap();
        assert_eq!(link.trim(), own.to_str().unwrap());
        assert_eq!(link.trim(), format!("net:[{}]", identity(name).ino));
    }
    assert_eq!(names().add(os("theirs")).unwrap_err().kind(), ErrorKind::Exists);
    assert!(!Command::new("ip").args(["netns", "add", "ours"]).output().unwrap().status.success());
    // Each takes the other's away.
    ip(&["netns", "delete", "ours"]);
    names().delete(os("theirs")).unwrap();
    assert_eq!((ip(&["netns", "list"]).as_str(), names().list().unwrap().len()), ("more-of-ours\n", 1));
    names().delete(os("more-of-ours")).unwrap();
    assert_mounted_once(&before, &[]);
}

fn one_wins() {
    for round in 0..40 {
        let barrier = Barrier::new(4);
        let add = || {
            barrier.wait();
            names().add(os("x"))
        };
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(add)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let kinds: Vec<_> = results.iter().filter_map(|result| Some(result.as_ref().err()?.kind())).collect();
        assert_eq!(kinds, [ErrorKind::Exists; 3], "round {round}");
        // What won works, and is mounted once.
        names().open(os("x")).unwrap().enter(|| ()).unwrap();
        assert_eq!(mounts()["/run/netns/x"], 1);
        names().delete(os("x")).unwrap();
    }
    assert!(names().list().unwrap().is_empty());
}

fn many_at_once() {
    let before = mounts();
    let all: Vec<String> = (0..32).map(|n| format!("n{n}")).collect();
    std::thread::scope(|scope| {
        all.iter().for_each(|name| drop(scope.spawn(move || names().add(os(name)).unwrap())));
    });
    assert_mounted_once(&before, &all);
    assert_eq!(names().list().unwrap().len(), 32);
}

fn many_beside_iproute2() {
    let before = mounts();
    let all: Vec<String> = (0..24).map(|n| format!("n{n}")).collect();
    std::thread::scope(|scope| {
        for (at, name) in all.iter().enumerate() {
            scope.spawn(move || match at % 2 {
                0 => names().add(os(name)).unwrap(),
                _ => drop(ip(&["netns", "add", name])),
            });
        }
    });
    assert_mounted_once(&before, &all);
    let mut all: Vec<OsString> = all.into_iter().map(OsString::from).collect();
    all.sort();
    assert_eq!(sorted(), all);
}

/// As on a machine with systemd: what is mounted on /run shows in other mount namespaces.
fn shared() {
    mount_change("/", MountPropagationFlags::SHARED | MountPropagationFlags::REC).unwrap();
    let mut elsewhere = Command::new("unshare")
        .args([
            "--mount",
            "--propagation",
            "unchanged",
            "sh",
            "-c",
            "echo; read go; cut -d' ' -f5 /proc/self/mountinfo",
        ])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = std::io::BufReader::new(elsewhere.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut String::new()).unwrap();
    let before = mounts();
    names().add(os("a")).unwrap();
    names().add(os("b")).unwrap();
    assert_mounted_once(&before, &["a".into(), "b".into()]);
    std::io::Write::write_all(&mut elsewhere.stdin.take().unwrap(), b"go\n").unwrap();
    let seen = std::io::read_to_string(output).unwrap();
    for name in ["a", "b"] {
        assert_eq!(seen.lines().filter(|path| path.strip_prefix("/run/netns/") == Some(name)).count(), 1, "{seen}");
    }
    elsewhere.wait().unwrap();
    names().delete(os("a")).unwrap();
    names().delete(os("b")).unwrap();
    assert_mounted_once(&before, &[]);
}

fn bad_names() {
    let (before, long) = (mounts(), "x".repeat(256));
    for name in ["", ".", "..", "/", "a/b", "/etc", "../x", "a\0b", "\0", long.as_str()] {
        let kinds = [
            names().path(os(name)).err(),
            names().add(os(name)).err(),
            names().open(os(name)).err(),
            names().delete(os(name)).err(),
        ];
        for (at, error) in kinds.into_iter().enumerate() {
            assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Invalid), "{name:?}, {at}");
        }
    }
    assert!(!Path::new(NETNS_DIR).exists() && mounts() == before, "nothing was touched");

    let odd: &[&[u8]] = &[b"-x", b"a b", b"a\nb", b"...", b"\xff\xfe", b"*", &[b'x'; 255]];
    for name in odd {
        names().add(OsStr::from_bytes(name)).unwrap();
    }
    let mut expected: Vec<OsString> = odd.iter().map(|name| OsStr::from_bytes(name).to_owned()).collect();
    expected.sort();
    assert_eq!(sorted(), expected);
    odd.iter().for_each(|name| names().delete(OsStr::from_bytes(name)).unwrap());
    assert!(names().list().unwrap().is_empty());
}

fn busy() {
    names().add(os("x")).unwrap();
    let (namespace, before) = (names().open(os("x")).unwrap(), identity("x"));
    let mut process =
        namespace.enter(|| Command::new("cat").stdin(std::process::Stdio::piped()).spawn()).unwrap().unwrap();
    names().delete(os("x")).unwrap();
    assert!(names().list().unwrap().is_empty());
    // It lives by what holds it: a descriptor, and a process.
    assert_eq!(namespace.identity().unwrap(), before);
    drop(namespace);
    let path = format!("/proc/{}/ns/net", process.id());
    assert_eq!(Namespace::open(Path::new(&path)).unwrap().identity().unwrap(), before);
    drop(process.stdin.take());
    process.wait().unwrap();
}

fn failed_add() {
    names().add(os("first")).unwrap();
    let before = mounts();
    fs::write("/proc/sys/user/max_net_namespaces", "2").unwrap();
    let error = names().add(os("second")).unwrap_err();
    assert_eq!(error.errno(), Some(libc_enospc()), "{error}");
    assert_eq!((sorted(), mounts()), (vec!["first".into()], before));
    fs::write("/proc/sys/user/max_net_namespaces", "100").unwrap();
    names().add(os("second")).unwrap();
}

fn libc_enospc() -> i32 {
    rustix::io::Errno::NOSPC.raw_os_error()
}

fn strays() {
    names().add(os("real")).unwrap();
    let path = |name: &str| Path::new(NETNS_DIR).join(name);
    fs::write(path("file"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", path("dangling")).unwrap();
    std::os::unix::fs::symlink("real", path("alias")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), 0o600.into()).unwrap();
    let real = identity("real");
    // A pipe has no writer: who waited for one would wait for ever.
    for name in ["file", "pipe"] {
        assert!(!names().is_same(os(name), real).unwrap(), "{name}");
        let error = names().open(os(name)).unwrap().enter(|| panic!("not here")).unwrap_err();
        assert_eq!(error.errno(), Some(22), "{name}: {error}");
    }
    assert_eq!(names().open(os("dangling")).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(names().is_same(os("alias"), real).unwrap());
    for name in ["file", "dangling", "alias", "pipe"] {
        assert_eq!(names().add(os(name)).unwrap_err().kind(), ErrorKind::Exists, "{name}");
        names().delete(os(name)).unwrap();
    }
    // Not what the link led to.
    assert_eq!((sorted(), identity("real")), (vec!["real".into()], real));
}

fn published() {
    let before = mounts();
    let namespace = Namespace::anonymous().unwrap();
    let own = namespace.identity().unwrap();
    let placeholder = Placeholder::create(&names()).unwrap();
    assert!(names().list().unwrap().is_empty(), "the file has no name yet");
    placeholder.publish(os("a"), &namespace).unwrap();
    placeholder.publish(os("b"), &namespace).unwrap();
    assert!(names().is_same(os("a"), own).unwrap());
    assert_eq!(placeholder.publish(os("a"), &namespace).unwrap_err().kind(), ErrorKind::Exists);
    assert_eq!(placeholder.publish(os("../a"), &namespace).unwrap_err().kind(), ErrorKind::Invalid);
    assert_mounted_once(&before, &["a".into(), "b".into()]);

    placeholder.publish(os("c"), &namespace).unwrap();
    let withdraw = |name| names().withdraw(os(name), own, placeholder.identity()).unwrap();
    assert_eq!(withdraw("a"), Withdrawn::Removed);
    assert_eq!(withdraw("a"), Withdrawn::Absent);
    // A publication that was cut off before the mount, and a name that somebody mounted once more.
    rustix::mount::unmount("/run/netns/b", rustix::mount::UnmountFlags::DETACH).unwrap();
    assert_eq!(withdraw("b"), Withdrawn::Removed);
    mount_bind("/run/netns/c", "/run/netns/c").unwrap();
    assert_eq!((withdraw("c"), mounts().get("/run/netns/c")), (Withdrawn::Removed, None));
    assert!(names().list().unwrap().is_empty());
}

fn withdrawn() {
    let (namespace, other) = (Namespace::anonymous().unwrap(), Namespace::anonymous().unwrap());
    let own = namespace.identity().unwrap();
    let placeholder = Placeholder::create(&names()).unwrap();
    let withdraw = |name| names().withdraw(os(name), own, placeholder.identity()).unwrap();
    // Others' namespaces, files and links, by us and not; and one that is ours by inode, but not by cookie.
    names().add(os("theirs")).unwrap();
    placeholder.publish(os("another"), &other).unwrap();
    fs::write("/run/netns/file", "theirs").unwrap();
    placeholder.publish(os("real"), &namespace).unwrap();
    std::os::unix::fs::symlink("real", "/run/netns/alias").unwrap();
    let before = (sorted(), mounts());
    for name in ["theirs", "another", "file", "alias"] {
        assert_eq!(withdraw(name), Withdrawn::NotOurs, "{name}");
    }
    let later = Identity { cookie: own.cookie.map(|cookie| cookie + 1), ..own };
    assert_eq!(names().withdraw(os("real"), later, placeholder.identity()).unwrap(), Withdrawn::NotOurs);
    assert_eq!((sorted(), mounts()), before);
    // One that others put over ours is left, and ours beneath it.
    mount_bind("/run/netns/theirs", "/run/netns/real").unwrap();
    assert_eq!(withdraw("real"), Withdrawn::NotOurs);
    assert_eq!(mounts()["/run/netns/real"], 2);
}
