//! Labs: up and down as a whole, whatever stands in the way.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::sync::mpsc::channel;

use nslab::lab::{self, State, Store, Up};
use nslab::probe::matrix::{Outcome, Settings};
use nslab::topology::plan::Plan;
use nslab::topology::{apply, spec};
use nslab::types::LabName;
use nslab::{Error, ErrorKind, Result};
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::names::mounts;
use crate::{Needs, Test};

pub(crate) const TESTS: &[Test] = &[
    ("lab::up_and_down", Needs::Nothing, up_and_down),
    ("lab::a_file_name_that_is_not_utf8", Needs::Nothing, odd_file),
    ("lab::more_nodes_than_descriptors", Needs::Nothing, few_descriptors),
    ("lab::one_that_is_not_published_leaves_nothing", Needs::Nothing, unpublished),
    ("lab::plans_that_cannot_be_built", Needs::Nothing, bad_plans),
    ("lab::cut_off_half_way", Needs::Nothing, cut_off),
    ("lab::the_second_waits_and_is_told", Needs::Nothing, waits),
    ("lab::many_at_once", Needs::Nothing, at_once),
    ("lab::a_lock_that_cannot_be_had", Needs::Nothing, no_lock),
    ("lab::damaged_records", Needs::Nothing, records),
    ("lab::no_space_for_the_record", Needs::Nothing, full_store),
    ("lab::no_space_for_the_names", Needs::Nothing, full_names),
];

const RECORD: &str = "/run/nslab/t/record.json";

/// A lab named `t` of so many cables.
fn plan(cables: usize) -> Plan {
    let mut text = String::from("name: t\nlinks:\n");
    (0..cables).for_each(|n| text.push_str(&format!("  - a{n} 10.0.{n}.1/24 -- b{n} 10.0.{n}.2/24\n")));
    Plan::new(&spec::parse(&text, Path::new("t.yaml")).unwrap())
}

fn name() -> LabName {
    "t".parse().unwrap()
}

fn up(plan: &Plan) -> Result<Up> {
    lab::up(&Store::default(), Path::new("/t.yaml"), plan, false, || panic!("nobody has the lock"))
}

fn down() -> Result<lab::Down> {
    lab::down(&Store::default(), &name(), || panic!("nobody has the lock"))
}

fn read() -> Result<lab::Record> {
    Store::default().read(&name())
}

/// What a lab could leave behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    run: Vec<String>,
    names: Vec<String>,
    labs: Vec<String>,
    mounts: BTreeMap<String, usize>,
    pub(crate) links: String,
    descriptors: usize,
}

pub(crate) fn seen() -> Seen {
    let list = |folder: &str| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut all: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    };
    let mut mounts = mounts();
    mounts.remove("/run/netns");
    let mut run = list("/run");
    run.retain(|name| name != "netns");
    Seen {
        run,
        names: list("/run/netns"),
        labs: list("/run/nslab"),
        mounts,
        links: fs::read_to_string("/proc/thread-self/net/dev")
            .unwrap()
            .lines()
            .map(|l| l.split(':').next().unwrap())
            .collect(),
        descriptors: list("/proc/self/fd").len(),
    }
}

fn up_and_down() {
    let (before, plan, store) = (seen(), plan(3), Store::default());
    assert!(store.labs().unwrap().is_empty());
    assert_eq!((read().unwrap_err().kind(), down().unwrap_err().kind()), (ErrorKind::NotFound, ErrorKind::NotFound));
    assert_eq!(seen(), before, "asking leaves no trace");

    assert_eq!(up(&plan).unwrap(), Up::Made);
    let record = read().unwrap();
    assert_eq!((record.state, &record.plan, record.file.as_path()), (State::Up, &plan, Path::new("/t.yaml")));
    store.check_whole(&record).unwrap();
    let mut names = store.names().list().unwrap();
    names.sort();
    assert_eq!(names, ["a0", "a1", "a2", "b0", "b1", "b2"]);
    for node in &record.nodes {
        let namespace = store.names().open(OsStr::new(node.name.as_str())).unwrap();
        assert_eq!(namespace.identity().unwrap(), node.netns);
    }
    assert_eq!(store.labs().unwrap().len(), 1);
    assert_eq!(seen().descriptors, before.descriptors);

    assert_eq!(up(&plan).unwrap(), Up::Running(lab::Changes::default()));
    assert_eq!(read().unwrap(), record);
    // Changed to fewer nodes, and back.
    for plan in [&self::plan(2), &plan] {
        assert!(matches!(up(plan).unwrap(), Up::Running(found) if !found.changes.is_empty()));
        assert_eq!(read().unwrap().plan, *plan);
    }
    let record = read().unwrap();
    assert_eq!(seen().descriptors, before.descriptors);
    // A node that somebody took away.
    store.names().delete(OsStr::new("a1")).unwrap();
    assert_eq!(store.check_whole(&record).unwrap_err().kind(), ErrorKind::NotFound);
    // And one whose name is another's now.
    store.names().delete(OsStr::new("b1")).unwrap();
    store.names().add(OsStr::new("b1")).unwrap();
    let found = down().unwrap();
    let of = |nodes: &[nslab::types::NodeName]| nodes.iter().map(|node| node.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!((found.removed, of(&found.absent), of(&found.not_ours)), (4, vec!["a1".into()], vec!["b1".into()]));
    assert!(found.finished);
    store.names().delete(OsStr::new("b1")).unwrap();
    assert_eq!(seen(), before);

    // A name that is taken: nothing is made.
    store.names().add(OsStr::new("b2")).unwrap();
    let taken = seen();
    assert_eq!(up(&plan).unwrap_err().kind(), ErrorKind::Exists);
    assert_eq!(seen(), taken);
}

fn odd_file() {
    let file = Path::new(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"/\xff.yaml"));
    assert_eq!(lab::up(&Store::default(), file, &plan(1), false, || {}).unwrap(), Up::Made);
    assert_eq!(read().unwrap().file, Path::new("/\u{fffd}.yaml"));
    assert_eq!(down().unwrap().removed, 2);
}

/// The limit that a shell sets is raised as far as the work needs.
fn few_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let low = || {
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).unwrap();
    };
    low();
    assert_eq!(up(&plan(40)).unwrap(), Up::Made);
    low();
    let (asked, settings) = (lab::Asked::default(), Settings::default());
    let checked = lab::check(&Store::default(), &read().unwrap(), &asked, &settings, None).unwrap();
    let probed = checked.unwrap().pairs;
    assert!(
        probed.len() >= 80 && probed.iter().any(|one| matches!(one.outcome, Outcome::Reached { .. })),
        "{probed:?}"
    );
    low();
    assert_eq!(down().unwrap().removed, 80);
}

fn unpublished() {
    let before = seen();
    let built = apply::build(&plan(20)).unwrap();
    assert_eq!(built.nodes.len(), 40);
    // One for each, the socket.
    assert_eq!(seen().descriptors, before.descriptors + 40);
    drop(built);
    assert_eq!(seen(), before);
}

/// A plan is made from a description; one that somebody made by hand may be anything.
fn bad_plans() {
    let before = seen();
    let change = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan(3);
        change(&mut plan);
        let error = up(&plan).unwrap_err();
        assert_eq!(seen(), before, "{error}");
        error
    };
    assert_eq!(change(&|plan| plan.cables[2].b.node = 99).kind(), ErrorKind::Invalid);
    assert_eq!(change(&|plan| plan.cables[0].a.node = usize::MAX).kind(), ErrorKind::Invalid);
    assert_eq!(change(&|plan| plan.nodes.clear()).kind(), ErrorKind::Invalid);
    // Two of one name: the second cannot be published.
    let error = change(&|plan| plan.nodes[4] = plan.nodes[1].clone());
    assert_eq!((error.kind(), error.to_string().contains("publishing node")), (ErrorKind::Exists, true), "{error}");
    // An index twice, and one that is none; an address that is none of a host.
    let error = change(&|plan| plan.cables[1] = plan.cables[0].clone());
    assert!(error.to_string().starts_with("laying cable a0:eth0 -- b0:eth0: "), "{error}");
    change(&|plan| plan.cables[2].b.index = u32::MAX);
    change(&|plan| plan.cables[1].a.mtu = Some(u32::MAX));
    let error = change(&|plan| plan.cables[2].a.addresses = vec!["ff02::1/64".parse().unwrap()]);
    assert!(error.to_string().starts_with("adding address ff02::1/64 to a2:eth0: "), "{error}");
    assert_eq!(up(&plan(3)).unwrap(), Up::Made);
}

/// Records the lab as if its command had been killed.
fn set_state(state: &str) {
    let text = fs::read_to_string(RECORD).unwrap();
    fs::write(RECORD, text.replace("\"state\":\"up\"", &format!("\"state\":\"{state}\""))).unwrap();
}

fn cut_off() {
    let (before, plan, store) = (seen(), plan(2), Store::default());
    for state in ["publishing", "leaving"] {
        up(&plan).unwrap();
        let first = read().unwrap();
        set_state(state);
        store.names().delete(OsStr::new("b1")).unwrap();
        assert_eq!(store.check_whole(&read().unwrap()).unwrap_err().kind(), ErrorKind::Busy);
        // The next `up` makes it anew, all of it.
        assert_eq!(up(&plan).unwrap(), Up::Made);
        assert!(read().unwrap().nodes.iter().zip(&first.nodes).all(|(now, then)| now.netns != then.netns));
        store.check_whole(&read().unwrap()).unwrap();
        // The next `down` takes it away.
        set_state(state);
        assert_eq!(down().unwrap().removed, 4);
        assert_eq!(seen(), before);
    }
    // Killed before there was a record.
    fs::create_dir_all("/run/nslab/t").unwrap();
    fs::write("/run/nslab/t/record.json.new", "{\"version\":").unwrap();
    assert!(store.labs().unwrap().is_empty());
    assert_eq!(down().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(seen(), before);
    // The next `up` does not leave that behind either, though it fails.
    fs::create_dir_all("/run/nslab/t").unwrap();
    fs::write("/run/nslab/t/record.json.new", "{\"version\":").unwrap();
    store.names().add(OsStr::new("b1")).unwrap();
    assert_eq!(up(&plan).unwrap_err().kind(), ErrorKind::Exists);
    store.names().delete(OsStr::new("b1")).unwrap();
    assert_eq!(seen(), before);
}

fn lock() -> File {
    fs::create_dir_all("/run/nslab/t").unwrap();
    let lock = File::open("/run/nslab/t").unwrap();
    rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    lock
}

/// Waits until somebody waits for a lock on this file.
fn wait_for_waiter(lock: &File) {
    let ino = lock.metadata().unwrap().ino();
    let waits = |line: &str| line.contains("->") && line.contains(&format!(":{ino} "));
    while !fs::read_to_string("/proc/locks").unwrap().lines().any(waits) {
        std::thread::yield_now();
    }
}

fn waits() {
    let (before, plan) = (seen(), plan(1));
    // For `up`: the lab's directory goes and comes again while it waits, which is no news.
    let first = lock();
    let (tell, told) = channel();
    let waiting = {
        let plan = plan.clone();
        std::thread::spawn(move || {
            lab::up(&Store::default(), Path::new("/t.yaml"), &plan, false, || tell.send(()).unwrap())
        })
    };
    told.recv().unwrap();
    wait_for_waiter(&first);
    assert!(read().is_err() && Store::default().names().list().unwrap().is_empty(), "it did not wait");
    fs::remove_dir("/run/nslab/t").unwrap();
    let second = lock();
    drop(first);
    wait_for_waiter(&second);
    drop(second);
    assert_eq!(waiting.join().unwrap().unwrap(), Up::Made);
    assert_eq!(told.iter().count(), 0, "it is told once");

    // For `down`.
    let held = lock();
    let (tell, told) = channel();
    let waiting = std::thread::spawn(move || lab::down(&Store::default(), &name(), || tell.send(()).unwrap()));
    told.recv().unwrap();
    assert_eq!(read().unwrap().state, State::Up);
    drop(held);
    assert_eq!(waiting.join().unwrap().unwrap().removed, 2);
    assert_eq!(seen(), before);
}

fn at_once() {
    let before = seen();
    let plans = [plan(4), plan(3)];
    for round in 0..5 {
        // The same lab, four times.
        let run = |plan: &Plan| lab::up(&Store::default(), Path::new("/t.yaml"), plan, false, || {});
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| run(&plans[0]).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|up| **up == Up::Made).count(), 1, "{round}: {results:?}");
        // Down, twice: one does it, and the other finds nothing or waited for it.
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..2).map(|_| scope.spawn(|| lab::down(&Store::default(), &name(), || {}))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|down| down.is_ok()).count(), 1, "{round}: {results:?}");
        assert!(results.iter().flat_map(|down| down.as_ref().err()).all(|error| error.kind() == ErrorKind::NotFound));
        // Two labs that share names: one wins, and nothing is left of the other.
        let mut other = plans[1].clone();
        other.lab = "other".parse().unwrap();
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = [&plans[0], &other].map(|plan| scope.spawn(move || run(plan))).into_iter().collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let labs = Store::default().labs().unwrap();
        assert!(labs.len() <= 1 && results.iter().filter(|up| up.is_ok()).count() == labs.len(), "{results:?}");
        assert!(results.iter().flat_map(|up| up.as_ref().err()).all(|error| error.kind() == ErrorKind::Exists));
        for (name, record) in labs {
            Store::default().check_whole(&record.unwrap()).unwrap();
            lab::down(&Store::default(), &name.to_str().unwrap().parse().unwrap(), || {}).unwrap();
        }
        assert_eq!(seen(), before);
    }
}

fn no_lock() {
    let plan = plan(1);
    // A link that leads nowhere is neither a directory nor free to become one.
    symlink("/run/nowhere", "/run/nslab").unwrap();
    assert_eq!(up(&plan).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(down().unwrap_err().kind(), ErrorKind::NotFound);
    fs::create_dir("/run/nowhere").unwrap();
    assert_eq!(up(&plan).unwrap(), Up::Made);
    down().unwrap();
    fs::remove_file("/run/nslab").unwrap();

    fs::write("/run/nslab", "").unwrap();
    assert_eq!(up(&plan).unwrap_err().errno(), Some(Errno::NOTDIR.raw_os_error()));
    fs::remove_file("/run/nslab").unwrap();

    for lab in ["file", "link", "dangling"] {
        fs::create_dir_all("/run/nslab/dir").unwrap();
        fs::write("/run/nslab/file", "").unwrap();
        let _ = (symlink("dir", "/run/nslab/link"), symlink("nowhere", "/run/nslab/dangling"));
        let mut plan = plan.clone();
        plan.lab = lab.parse().unwrap();
        let errno = up(&plan).unwrap_err().errno();
        assert!(
            [Errno::NOTDIR, Errno::LOOP].map(|errno| Some(errno.raw_os_error())).contains(&errno),
            "{lab}: {errno:?}"
        );
    }
    assert!(Store::default().names().list().unwrap().is_empty());
}

fn records() {
    let (before, plan, store) = (seen(), plan(2), Store::default());
    up(&plan).unwrap();
    let whole = fs::read(RECORD).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let tries = Cell::new(0);
    let refused = |bytes: &[u8], what: &str| -> Error {
        tries.set(tries.get() + 1);
        fs::write(RECORD, bytes).unwrap();
        let error = read().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Reply, "{what}: {error}");
        assert!(error.to_string().contains("not a record") && error.help().is_some(), "{what}: {error}");
        error
    };
    for end in 0..whole.len() {
        refused(&whole[..end], "cut");
    }
    assert!(tries.get() > 500);
    let version = text.split_once(',').unwrap().0;
    assert!(version.starts_with("{\"version\":"), "{version}");
    let changes = [
        (version, "{\"version\":99"),
        (version, "{\"version\":-1"),
        (version, "{\"version\":1e99"),
        (version, "{\"was\":1"),
        ("\"lab\":\"t\"", "\"lab\":\"u\""),
        ("\"lab\":\"t\"", "\"lab\":\"../t\""),
        ("\"state\":\"up\"", "\"state\":\"asleep\""),
        ("\"name\":\"b1\"", "\"name\":\"../../etc/passwd\""),
        ("\"name\":\"b1\"", "\"name\":\"c1\""),
        ("\"nodes\":[{", "\"nodes\":[],\"was\":[{"),
        ("10.0.0.1/24", "10.0.0.1/99"),
        ("\"index\":2", "\"index\":-2"),
        ("\"ifname\":\"eth0\"", "\"ifname\":\"all\""),
    ];
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in {text}");
        refused(text.replacen(from, to, 1).as_bytes(), to);
    }
    let deep = "[".repeat(100_000);
    for garbage in ["", "\0", "{}", "[]", "null", "1", "\"", deep.as_str(), "\u{feff}{}"] {
        let error = refused(garbage.as_bytes(), garbage);
        // Whoever asks hears of it, and nothing is done.
        assert_eq!(up(&plan).unwrap_err().to_string(), error.to_string());
        assert_eq!(down().unwrap_err().to_string(), error.to_string());
        let labs = store.labs().unwrap();
        assert!(labs.len() == 1 && labs[0].0 == "t" && labs[0].1.is_err());
    }
    refused(&[0xff, 0xfe, 0], "not UTF-8");
    // Any one byte of it changed: read or refused, and no more.
    for at in 0..whole.len() {
        for value in [0, b'"', b'9', b'}', 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            fs::write(RECORD, bytes).unwrap();
            let _ = read();
        }
    }
    assert_eq!(store.names().list().unwrap().len(), 4);
    fs::write(RECORD, &whole).unwrap();
    fs::write("/run/nslab/stray", "").unwrap();
    assert!(store.labs().unwrap().iter().any(|(name, read)| name == "stray" && read.is_err()));
    fs::remove_file("/run/nslab/stray").unwrap();
    assert_eq!(down().unwrap().removed, 4);
    assert_eq!(seen(), before);
}

/// A small disk in place of a folder.
fn small(folder: &str, options: &str) {
    fs::create_dir_all(folder).unwrap();
    let options = std::ffi::CString::new(options).unwrap();
    mount("tmpfs", folder, "tmpfs", MountFlags::empty(), options.as_c_str()).unwrap();
}

/// Fills a disk to the last byte.
fn fill(folder: &str) {
    let mut file = File::create(Path::new(folder).join("filler")).unwrap();
    while std::io::Write::write(&mut file, &[0; 4096]).is_ok_and(|len| len > 0) {}
}

fn full_store() {
    let plan = plan(20);
    let fits = Cell::new(0);
    let try_with = |options: &str| {
        small("/run/nslab", options);
        let before = seen();
        let made = up(&plan);
        match &made {
            // A full disk must not keep a lab from being taken away.
            Ok(_) => {
                fits.set(usize::try_from(fs::metadata(RECORD).unwrap().len()).unwrap().div_ceil(4096));
                fill("/run/nslab");
                assert_eq!(down().unwrap().removed, 40);
                fs::remove_file("/run/nslab/filler").unwrap();
            }
            Err(error) => {
                assert_eq!(error.errno(), Some(Errno::NOSPC.raw_os_error()), "{error}");
                assert_eq!(read().unwrap_err().kind(), ErrorKind::NotFound);
            }
        }
        assert_eq!(seen(), before, "{options}: {made:?}");
        unmount("/run/nslab", UnmountFlags::DETACH).unwrap();
        made.is_ok()
    };
    // Pages: none for the record; some; one record, but not the hosts file; that, but not the next record; all.
    let fitted: Vec<bool> = (1..=10).map(|pages| try_with(&format!("nr_blocks={pages}"))).collect();
    let (pages, needed) = (fits.get(), 2 * fits.get() + 1);
    assert!((2..=5).contains(&pages), "the record has {pages} pages");
    let expected: Vec<bool> = (1..=10).map(|pages| pages >= needed).collect();
    assert_eq!(fitted, expected, "the record has {pages} pages");
    // The same for files.
    let fitted: Vec<bool> = (1..=6).map(|files| try_with(&format!("nr_blocks=40,nr_inodes={files}"))).collect();
    assert_eq!(fitted, [false, false, false, false, true, true]);
}

fn full_names() {
    let plan = plan(2);
    let mut made = 0;
    for files in 1..=8 {
        small("/run/netns", &format!("nr_inodes={files}"));
        let before = seen();
        match up(&plan) {
            Ok(_) => {
                made += 1;
                assert_eq!(down().unwrap().removed, 4);
            }
            Err(error) => assert_eq!(error.errno(), Some(Errno::NOSPC.raw_os_error()), "{error}"),
        }
        assert_eq!(seen(), before, "{files}");
        unmount("/run/netns", UnmountFlags::DETACH).unwrap();
    }
    assert!((1..8).contains(&made), "{made} of 8 had space");
}
