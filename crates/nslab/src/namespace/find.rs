//! Every network namespace that can be seen: by the names of iproute2, by what is mounted elsewhere (container
//! engines do that), also where only some processes see it (labs without root), and by the processes in them.
//!
//! Contract: nothing is changed. What cannot be looked at is told in [`Everywhere::notes`], and the rest is found.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags};

use super::{Names, Namespace, processes};
use crate::error::{ErrorKind, Result};

/// What was found.
#[derive(Debug, Default)]
pub struct Everywhere {
    /// The namespaces, each once: that of the caller first, then by name, then by process.
    pub namespaces: Vec<Whereabouts>,
    /// What could not be looked at, one thing each.
    pub notes: Vec<String>,
}

/// A namespace, and where it was found.
#[derive(Debug)]
pub struct Whereabouts {
    /// The namespace, held open.
    pub namespace: Namespace,
    /// Whether it is the one that the caller is in.
    pub own: bool,
    /// Its names among those of iproute2, by name.
    pub names: Vec<OsString>,
    /// Where else it is mounted.
    pub mounts: Vec<PathBuf>,
    /// The processes in it, by id; not those of the caller's own namespace.
    pub processes: Vec<Process>,
}

/// A process, as far as it tells where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its short name (`/proc/PID/comm`).
    pub name: String,
    /// What those who made its namespace call it: the id of its container, or the name of its host in mininet.
    pub belongs: Option<String>,
}

/// More processes than this of one namespace are not asked for their names.
const NAMED: usize = 64;

impl Names {
    /// Finds all namespaces that the caller may look at.
    ///
    /// # Errors
    /// Where /proc or the names cannot be read.
    pub fn everywhere(&self) -> Result<Everywhere> {
        let mut found = Finder::default();
        let own = Namespace::current()?;
        let (device, _) = own.file_id()?;
        found.add(own, |place| place.own = true)?;
        let mut names = self.list()?;
        names.sort();
        for name in names {
            let shown = || format!("{}/{}", self.dir().display(), name.display().to_string().escape_debug());
            match self.open(&name) {
                Ok(namespace) if namespace.file_id()?.0 == device => {
                    found.add(namespace, |place| place.names.push(name.clone()))?;
                }
                Ok(_) => found.notes.push(format!("{} is a stray file: no namespace", shown())),
                // It went between the list and this.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => found.notes.push(format!("{} cannot be opened: {error}", shown())),
            }
        }
        found.mounts(Path::new("/proc/thread-self"), Path::new("/"), Some(self.dir()), device);
        for pid in found.processes()? {
            let process = PathBuf::from(format!("/proc/{pid}"));
            found.mounts(&process, &process.join("root"), None, device);
        }
        Ok(Everywhere { namespaces: found.namespaces, notes: found.notes })
    }
}

#[derive(Default)]
struct Finder {
    namespaces: Vec<Whereabouts>,
    places: HashMap<(u64, u64), usize>,
    notes: Vec<String>,
}

impl Finder {
    fn add(&mut self, namespace: Namespace, note: impl FnOnce(&mut Whereabouts)) -> Result<()> {
        let id = namespace.file_id()?;
        let at = *self.places.entry(id).or_insert(self.namespaces.len());
        if at == self.namespaces.len() {
            let (names, mounts, processes) = (Vec::new(), Vec::new(), Vec::new());
            self.namespaces.push(Whereabouts { namespace, own: false, names, mounts, processes });
        }
        self.namespaces.get_mut(at).map(note);
        Ok(())
    }

    /// What a process sees mounted, outside of a folder.
    fn mounts(&mut self, process: &Path, root: &Path, but: Option<&Path>, device: u64) {
        let Ok(table) = std::fs::read(process.join("mountinfo")) else { return };
        let mut elsewhere: Vec<PathBuf> = table.split(|byte| *byte == b'\n').filter_map(mount_point).collect();
        elsewhere.retain(|path| but.is_none() || path.parent() != but);
        elsewhere.sort();
        elsewhere.dedup();
        for path in elsewhere {
            // One that was covered by another mount, or has gone, is none.
            let Some(namespace) = open_on(device, &root.join(path.strip_prefix("/").unwrap_or(&path))) else {
                continue;
            };
            let _ = self.add(namespace, |place| {
                if !place.mounts.contains(&path) && place.names.is_empty() {
                    place.mounts.push(path);
                }
            });
        }
    }

    /// Finds those of processes. One process of each mount namespace that is not the caller's is returned.
    fn processes(&mut self) -> Result<Vec<i32>> {
        let mut of_namespace: BTreeMap<(u64, u64), Vec<i32>> = BTreeMap::new();
        let mut hidden = 0;
        let own_mounts = std::fs::metadata("/proc/thread-self/ns/mnt").map(|file| id_of(&file)).ok();
        let mut of_mounts: BTreeMap<(u64, u64), i32> = BTreeMap::new();
        for pid in processes::all()? {
            match std::fs::metadata(format!("/proc/{pid}/ns/net")) {
                Ok(file) => of_namespace.entry(id_of(&file)).or_default().push(pid),
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => hidden += 1,
                // It has ended.
                Err(_) => {}
            }
            if let Ok(file) = std::fs::metadata(format!("/proc/{pid}/ns/mnt")) {
                of_mounts.entry(id_of(&file)).or_insert(pid);
            }
        }
        if hidden > 0 {
            let processes = if hidden == 1 { "1 process" } else { &format!("{hidden} processes") };
            let help = if rustix::process::geteuid().is_root() { "" } else { ": run it as root" };
            self.notes.push(format!("{processes} of others may not be looked at{help}"));
        }
        let mut of_namespace: Vec<_> = of_namespace.into_iter().collect();
        of_namespace.sort_by_key(|(_, pids)| pids.iter().min().copied());
        for (id, mut pids) in of_namespace {
            pids.sort_unstable();
            if !self.places.contains_key(&id) {
                // The first may end meanwhile.
                let open = |pid: &i32| Namespace::open(Path::new(&format!("/proc/{pid}/ns/net"))).ok();
                let same = |namespace: &Namespace| namespace.file_id().is_ok_and(|of| of == id);
                let Some(namespace) = pids.iter().filter_map(open).find(same) else { continue };
                self.add(namespace, |_| ())?;
            }
            let place = self.places.get(&id).and_then(|at| self.namespaces.get_mut(*at));
            if let Some(place) = place.filter(|place| !place.own) {
                place.processes.extend(pids.into_iter().take(NAMED).filter_map(process));
            }
        }
        Ok(of_mounts.into_iter().filter(|(id, _)| Some(*id) != own_mounts).map(|(_, pid)| pid).collect())
    }
}

/// Opens a file of a file system, and nothing else: whoever owns a mount namespace has what they like beneath the names
/// in it, also a device on which something happens when it is opened.
fn open_on(device: u64, path: &Path) -> Option<Namespace> {
    let place = rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    rustix::fs::fstat(&place).ok().filter(|stat| stat.st_dev == device)?;
    Namespace::open(&PathBuf::from(format!("/proc/thread-self/fd/{}", place.as_raw_fd()))).ok()
}

/// The beginning of a file of a process: what a process says of itself may be as long as its memory.
fn beginning(path: String) -> Option<Vec<u8>> {
    /// No control group has a longer path, and nobody is named beyond.
    const MOST: u64 = 16 << 10;
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn id_of(file: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

/// Where a network namespace is mounted, by a line of mountinfo (proc_pid_mountinfo(5)).
fn mount_point(line: &[u8]) -> Option<PathBuf> {
    let mut words = line.split(|byte| *byte == b' ');
    let root = words.nth(3)?;
    let point = words.next()?;
    let kind = words.skip_while(|word| *word != b"-").nth(1)?;
    (kind == b"nsfs" && root.starts_with(b"net:")).then(|| PathBuf::from(OsString::from_vec(unescaped(point))))
}

/// A space is `\040` there.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 8).ok()).filter(|_| *first == b'\\') {
            Some(byte) => {
                plain.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

fn process(pid: i32) -> Option<Process> {
    let name = beginning(format!("/proc/{pid}/comm"))?;
    let name = String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned();
    let belongs = container(&beginning(format!("/proc/{pid}/cgroup")).unwrap_or_default())
        .or_else(|| mininet_host(&beginning(format!("/proc/{pid}/cmdline")).unwrap_or_default()));
    Some(Process { pid, name, belongs })
}

/// The container that a control group is of: engines put its id, of 64 hexadecimal digits, or its name into the
/// group's name.
fn container(groups: &[u8]) -> Option<String> {
    let groups = String::from_utf8_lossy(groups);
    let parts = groups.lines().filter_map(|line| line.splitn(3, ':').nth(2)).flat_map(|path| path.split('/'));
    parts.filter(|part| !part.is_empty()).find_map(|part| {
        let stem = part.strip_suffix(".scope").unwrap_or(part);
        let named = ["lxc.payload.", "machine-"].iter().find_map(|kind| stem.strip_prefix(kind));
        let id = stem.rsplit('-').next().unwrap_or(stem);
        let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        // As engines shorten it.
        named.or(if is_id { id.get(..12) } else { None }).map(str::to_owned)
    })
}

/// mininet starts the shell of a host with `mininet:NAME` for its last word.
fn mininet_host(words: &[u8]) -> Option<String> {
    let last = words.split(|byte| *byte == 0).rfind(|word| !word.is_empty())?;
    let name = OsStr::from_bytes(last.strip_prefix(b"mininet:")?);
    name.to_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_network_namespaces_are_told_from_others() {
        let point = |line: &str| mount_point(line.as_bytes());
        let line = "310 26 0:4 net:[4026532281] /run/docker/netns/a\\040b rw shared:5 - nsfs nsfs rw";
        assert_eq!(point(line), Some("/run/docker/netns/a b".into()));
        assert_eq!(point("310 26 0:4 mnt:[4026532281] /run/m rw - nsfs nsfs rw"), None);
        assert_eq!(point("310 26 0:4 net:[4026532281] /run/m rw - tmpfs none rw"), None);
        for cut in 0..line.len() {
            let _ = point(&line[..cut]);
        }
    }

    #[test]
    fn what_is_no_namespace_is_not_opened() {
        use rustix::fs::inotify;
        let own = Namespace::current().unwrap().file_id().unwrap();
        let found = open_on(own.0, Path::new("/proc/self/ns/net")).unwrap();
        assert_eq!(found.file_id().unwrap(), own);
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let opened = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&opened, &pipe, inotify::WatchFlags::OPEN).unwrap();
        let heard = || rustix::io::read(&opened, &mut [0; 64]);
        assert!(open_on(own.0, &pipe).is_none());
        assert_eq!(heard().unwrap_err(), rustix::io::Errno::AGAIN);
        Namespace::open(&pipe).unwrap();
        heard().unwrap();
    }

    #[test]
    fn containers_are_known_by_their_control_groups() {
        let id = "0123456789abcdef".repeat(4);
        for (group, expected) in [
            (format!("0::/system.slice/docker-{id}.scope\n"), Some("0123456789ab")),
            (format!("12:net:/docker/{id}\n0::/\n"), Some("0123456789ab")),
            (format!("0::/kubepods.slice/cri-containerd-{id}.scope"), Some("0123456789ab")),
            ("0::/lxc.payload.web/system.slice/ssh.service".into(), Some("web")),
            ("0::/user.slice/session-1.scope".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(container(group.as_bytes()).as_deref(), expected, "{group}");
        }
        assert_eq!(mininet_host(b"bash\0--norc\0mininet:h1\0").as_deref(), Some("h1"));
        assert_eq!(mininet_host(b"bash\0"), None);
    }
}
