//! Namespaces: made, entered, told apart, and what is left of them.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nslab::namespace::{Names, Namespace, Placeholder};
use nslab::netlink::{Connection, KernelSocket, Transport};
use nslab::ops::link::{DumpFilter, Kind, LinkConfig, Netns};
use nslab::topology::{apply, plan::Plan, spec};
use nslab::wire::Messages;
use nslab::wire::consts::{IFF_UP, RTM_DELLINK, RTMGRP_LINK};
use nslab::{Error, ErrorKind, ops};

use crate::{Needs, Test};

pub(crate) const TESTS: &[Test] = &[
    ("namespace::new_ones_are_empty_and_differ", Needs::Nothing, anonymous),
    ("namespace::dropped_is_gone", Needs::Nothing, dropped),
    ("namespace::work_is_inside_and_no_thread_stays_there", Needs::Nothing, enter),
    ("namespace::what_starts_inside_is_inside", Needs::Nothing, children),
    ("namespace::entering_something_else_is_refused", Needs::Nothing, not_a_namespace),
    ("namespace::the_limit_is_explained", Needs::UserNamespace, limit),
    ("namespace::every_descriptor_is_closed_on_exec", Needs::Nothing, close_on_exec),
];

fn here() -> PathBuf {
    fs::read_link("/proc/thread-self/ns/net").unwrap()
}

/// The network namespaces that the threads of this process are in.
fn of_all_threads() -> BTreeSet<PathBuf> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // A thread that is just ending has none any more.
    tasks.filter_map(|task| fs::read_link(task.unwrap().path().join("ns/net")).ok()).collect()
}

/// No thread but those that are about to end is in another namespace. One that was waited for takes the
/// kernel a moment more; one that was left behind stays for good.
fn assert_all_threads_here() {
    for _ in 0..100_000 {
        if of_all_threads() == BTreeSet::from([here()]) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("a thread is in the wrong namespace: {:?}", of_all_threads());
}

fn anonymous() {
    let (a, b) = (Namespace::anonymous().unwrap(), Namespace::anonymous().unwrap());
    let (own, first) = (Namespace::current().unwrap().identity().unwrap(), a.identity().unwrap());
    assert!(first != b.identity().unwrap() && first != own && first == a.identity().unwrap());
    assert_eq!(format!("net:[{}]", own.ino), here().to_str().unwrap());
    // Nothing in it but a loopback interface, which is down.
    let mut links = Vec::new();
    let mut connection = Connection::open_in(&a).unwrap();
    let look = |link: &ops::link::Link<'_>| {
        links.push((link.index(), link.name().to_vec(), link.has(IFF_UP)));
        Ok(())
    };
    ops::link::dump(&mut connection, DumpFilter::default(), look).unwrap();
    assert_eq!(links, [(1, b"lo".to_vec(), false)]);
    assert!(!Path::new("/run/netns").exists());
    assert_all_threads_here();
}

/// With the last descriptor, the kernel takes the namespace and its end of a cable.
fn dropped() {
    let mut events = KernelSocket::subscribe(RTMGRP_LINK).unwrap();
    let namespace = Namespace::anonymous().unwrap();
    let peer = LinkConfig { netns: Some(Netns::Fd(namespace.as_fd())), ..LinkConfig::default() };
    let kind = Some(Kind::Veth { peer: Box::new(peer) });
    let cable = LinkConfig { name: Some(b"near"), kind, ..LinkConfig::default() };
    Connection::open().unwrap().request(cable.create(), || "laying a cable".into()).unwrap();
    let mut connection = Connection::open_in(&namespace).unwrap();
    drop(namespace);
    // The connection holds it too.
    let mut count = 0;
    let more = |_: &ops::link::Link<'_>| {
        count += 1;
        Ok(())
    };
    ops::link::dump(&mut connection, DumpFilter::default(), more).unwrap();
    assert_eq!(count, 2);
    drop(connection);
    let mut buffer = Vec::new();
    while !Messages::new(&buffer).flatten().any(|message| message.header.kind == RTM_DELLINK) {
        events.receive(&mut buffer).unwrap();
    }
}

fn enter() {
    let (before, namespace) = (here(), Namespace::anonymous().unwrap());
    let inside = format!("net:[{}]", namespace.identity().unwrap().ino);
    assert_eq!(namespace.enter(here).unwrap().to_str().unwrap(), inside);
    assert_all_threads_here();

    // Work that fails.
    let failed: Result<(), Error> = namespace.enter(|| Err(Error::invalid("no"))).unwrap();
    assert_eq!(failed.unwrap_err().to_string(), "no");
    assert_all_threads_here();

    // Work that panics: the caller gets its panic, and no thread is left.
    std::panic::set_hook(Box::new(|_| {}));
    let panic = catch_unwind(AssertUnwindSafe(|| namespace.enter(|| panic!("{}", here().display())))).unwrap_err();
    drop(std::panic::take_hook());
    assert_eq!(panic.downcast_ref::<String>(), Some(&inside));
    assert_all_threads_here();

    // Many at once, one within the other.
    let other = Namespace::anonymous().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let nested = namespace.enter(|| (here(), other.enter(here).unwrap(), here())).unwrap();
                assert!(nested.0 == nested.2 && nested.1 != nested.0 && nested.0.to_str() == Some(&inside));
                assert_eq!(here(), before);
            });
        }
    });
    assert_all_threads_here();
    assert_eq!(here(), before);
}

fn children() {
    let namespace = Namespace::anonymous().unwrap();
    let inside = namespace.enter(here).unwrap();
    let output = namespace.enter(|| Command::new("readlink").arg("/proc/self/ns/net").output()).unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), inside.to_str().unwrap());
    // One that was started outside is outside.
    let output = Command::new("readlink").arg("/proc/self/ns/net").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), here().to_str().unwrap());
    // A socket belongs to the namespace that it was opened in, and works from everywhere.
    let mut connection = Connection::open_in(&namespace).unwrap();
    let bridge = LinkConfig { name: Some(b"inside"), kind: Some(Kind::Plain("bridge")), ..LinkConfig::default() };
    connection.request(bridge.create(), || "making a bridge".into()).unwrap();
    assert!(ops::link::index_of(&mut connection, b"inside").is_ok());
    let error = ops::link::index_of(&mut Connection::open().unwrap(), b"inside").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

fn not_a_namespace() {
    for path in ["/proc/self/ns/mnt", "/proc/self/ns/user", "/proc/self/status", "/dev/null", "/"] {
        let error = Namespace::open(Path::new(path)).unwrap().enter(|| panic!("entered")).unwrap_err();
        assert_eq!(error.errno(), Some(rustix::io::Errno::INVAL.raw_os_error()), "{path}: {error}");
    }
    assert_eq!(Namespace::open(Path::new("/nowhere")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_all_threads_here();
}

fn limit() {
    fs::write("/proc/sys/user/max_net_namespaces", "1").unwrap();
    let error = Namespace::anonymous().unwrap_err();
    assert_eq!(error.errno(), Some(rustix::io::Errno::NOSPC.raw_os_error()));
    assert!(error.help().unwrap().contains("max_net_namespaces"), "{error:?}");
    assert_all_threads_here();
}

/// Everything that the library opens and keeps, open at once.
fn close_on_exec() {
    let list = || {
        let fds = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap());
        fds.map(|entry| (entry.file_name(), fs::read_link(entry.path()).ok())).collect::<BTreeSet<_>>()
    };
    let before = list();
    let lab = spec::parse("links: [ a 10.0.0.1/24 -- b 10.0.0.2/24 ]", Path::new("t.yaml")).unwrap();
    let built = apply::build(&Plan::new(&lab)).unwrap();
    let kept = (
        Namespace::current().unwrap(),
        Namespace::anonymous().unwrap(),
        Placeholder::create(&Names::default()).unwrap(),
        built.nodes[0].namespace().unwrap().enter(Connection::open).unwrap().unwrap(),
        KernelSocket::subscribe(RTMGRP_LINK).unwrap(),
    );
    let opened: Vec<_> =
        list().difference(&before).filter_map(|(fd, file)| Some((fd.clone(), file.clone()?))).collect();
    // A socket for each of the two nodes, and what is kept.
    assert!(opened.len() >= 7, "{opened:?}");
    for (fd, file) in &opened {
        let info = fs::read_to_string(Path::new("/proc/self/fdinfo").join(fd)).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).map(str::trim);
        let flags = flags.map_or(0o2_000_000, |flags| u32::from_str_radix(flags, 8).unwrap());
        assert!(flags & 0o2_000_000 != 0, "{fd:?} {file:?} is open across exec");
    }
    // And so a child has none of them.
    let output = Command::new("ls").arg("/proc/self/fd").stdin(Stdio::null()).output().unwrap();
    let listed = String::from_utf8_lossy(&output.stdout).lines().count();
    assert!(listed <= before.len() + 1, "{listed} descriptors in a child, {} before", before.len());
    drop((built, kept));
    let names = |list: BTreeSet<(std::ffi::OsString, Option<PathBuf>)>| -> Vec<_> {
        list.into_iter().map(|(fd, _)| fd).collect()
    };
    assert_eq!(names(list()), names(before), "all is closed again");
}
