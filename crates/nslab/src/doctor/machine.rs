//! What files say of a machine and of this process.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

use super::facts::{Caller, Container, Facts, Helper, Helpers, Limits, NODES, SubIds};
use crate::error::{Error, Result};
use crate::lab::FILES;
use crate::lab::holder::{user_name, way_out};
use crate::namespace::descriptors;

/// The settings that are looked at.
const SETTINGS: &[&str] = &[
    "user.max_user_namespaces",
    "user.max_net_namespaces",
    "user.max_mnt_namespaces",
    "user.max_pid_namespaces",
    "kernel.unprivileged_userns_clone",
    "kernel.apparmor_restrict_unprivileged_userns",
    "kernel.pid_max",
    "kernel.threads-max",
    "fs.nr_open",
    "fs.mount-max",
    "net.ipv4.neigh.default.gc_thresh3",
    "net.ipv6.neigh.default.gc_thresh3",
];

const CAP_NET_ADMIN: u32 = 12;
const CAP_SYS_ADMIN: u32 = 21;

/// All but what is tried. `path` is where programs are looked for.
pub(super) fn read(path: &OsStr) -> Result<Facts> {
    let settings: BTreeMap<String, u64> = SETTINGS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), number(&format!("/proc/sys/{}", name.replace('.', "/")))?)))
        .collect();
    let caller = caller()?;
    Ok(Facts {
        kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
        settings,
        limits: limits(),
        subids: subids(&caller),
        helpers: helpers(path),
        caller,
        ..Facts::default()
    })
}

fn text(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn number(path: &str) -> Option<u64> {
    text(path)?.trim().parse().ok()
}

fn caller() -> Result<Caller> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| {
        Error::os("reading /proc/self/status", error).with_help("mount /proc: mount -t proc proc /proc")
    })?;
    let field = |name: &str| status.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()));
    let effective = field("CapEff").and_then(|text| u64::from_str_radix(text, 16).ok()).unwrap_or(0);
    let has = |capability: u32| effective & (1 << capability) != 0;
    let uid = rustix::process::geteuid().as_raw();
    let ids = text("/proc/self/uid_map").unwrap_or_default();
    let all = ["0", "0", "4294967295"];
    Ok(Caller {
        uid,
        name: user_name(uid),
        privileged: has(CAP_SYS_ADMIN) && has(CAP_NET_ADMIN),
        seccomp: field("Seccomp") == Some("2"),
        no_new_privs: field("NoNewPrivs") == Some("1"),
        chroot: is_chroot(&text("/proc/self/mountinfo").unwrap_or_default()),
        nested: ids.split_whitespace().ne(all),
        container: container(),
        apparmor: apparmor(),
        modules: modules(),
    })
}

/// In a changed root folder no mount is on `/`, unless that is one.
fn is_chroot(mounts: &str) -> bool {
    !mounts.is_empty() && !mounts.lines().any(|line| line.split(' ').nth(4) == Some("/"))
}

fn container() -> Option<Container> {
    if let Some(name) = text("/run/systemd/container").map(|text| text.trim().to_owned()).filter(|it| !it.is_empty()) {
        return Some(match name.as_str() {
            "docker" => Container::Docker,
            "podman" => Container::Podman,
            _ => Container::Other(name),
        });
    }
    if Path::new("/run/.containerenv").exists() {
        return Some(Container::Podman);
    }
    Path::new("/.dockerenv").exists().then_some(Container::Docker)
}

fn apparmor() -> Option<String> {
    if text("/sys/module/apparmor/parameters/enabled").is_none_or(|text| text.trim() != "Y") {
        return None;
    }
    let label = text("/proc/self/attr/apparmor/current").or_else(|| text("/proc/self/attr/current"))?;
    Some(label.trim_matches(['\0', '\n', ' ']).to_owned())
}

fn modules() -> Vec<String> {
    let text = text("/sys/kernel/security/lsm").unwrap_or_default();
    text.trim().split(',').filter(|name| !name.is_empty()).map(String::from).collect()
}

fn limits() -> Limits {
    let hard = |resource| getrlimit(resource).maximum;
    let groups = Groups::read();
    let available = text("/proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?.trim().to_owned();
        line.strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    });
    let memory = [available, groups.memory()].into_iter().flatten().min();
    Limits {
        files: hard(Resource::Nofile),
        files_needed: descriptors::needed(NODES, FILES),
        processes: hard(Resource::Nproc),
        group_processes: groups.processes(),
        memory,
        mounts: text("/proc/self/mountinfo").map_or(0, |text| u64::try_from(text.lines().count()).unwrap_or(0)),
    }
}

/// The folders of this process's control groups (cgroups(7)): version 2, and those of version 1 by controller.
struct Groups {
    pids: Vec<PathBuf>,
    memory: Vec<PathBuf>,
}

impl Groups {
    fn read() -> Self {
        let text = text("/proc/self/cgroup").unwrap_or_default();
        let (mut pids, mut memory) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
            let of = |name: &str| controllers.split(',').any(|controller| controller == name);
            if controllers.is_empty() {
                let all = upwards("/sys/fs/cgroup", path);
                pids.extend(all.iter().cloned());
                memory.extend(all);
            } else if of("pids") {
                pids.extend(upwards("/sys/fs/cgroup/pids", path));
            } else if of("memory") {
                memory.extend(upwards("/sys/fs/cgroup/memory", path));
            }
        }
        Self { pids, memory }
    }

    /// The limit of processes with the least left, and how many there are.
    fn processes(&self) -> Option<(u64, u64)> {
        let of = |folder: &PathBuf| Some((file(folder, "pids.max")?, file(folder, "pids.current")?));
        self.pids.iter().filter_map(of).min_by_key(|(limit, used)| limit.saturating_sub(*used))
    }

    /// The bytes of memory that are left where they are fewest.
    fn memory(&self) -> Option<u64> {
        let of = |folder: &PathBuf| {
            let v2 = || Some(file(folder, "memory.max")?.saturating_sub(file(folder, "memory.current")?));
            let v1 = || {
                let limit = file(folder, "memory.limit_in_bytes")?;
                Some(limit.saturating_sub(file(folder, "memory.usage_in_bytes")?))
            };
            v2().or_else(v1)
        };
        self.memory.iter().filter_map(of).min()
    }
}

/// Without a limit it is the word `max`.
fn file(folder: &Path, name: &str) -> Option<u64> {
    text(folder.join(name))?.trim().parse().ok()
}

fn upwards(root: &str, path: &str) -> Vec<PathBuf> {
    let whole = Path::new(root).join(path.trim_start_matches('/'));
    whole.ancestors().take_while(|folder| folder.starts_with(root)).map(Path::to_path_buf).collect()
}

fn subids(caller: &Caller) -> SubIds {
    let count = |path: &str| subids_in(&text(path).unwrap_or_default(), caller.uid, caller.name.as_deref());
    SubIds { uids: count("/etc/subuid"), gids: count("/etc/subgid") }
}

/// How many ids the lines of subuid(5) give a user.
fn subids_in(lines: &str, uid: u32, name: Option<&str>) -> u64 {
    let uid = uid.to_string();
    let of = |line: &str| {
        let mut fields = line.trim().split(':');
        let user = fields.next().filter(|user| *user == uid || Some(*user) == name);
        user.and_then(|_| fields.nth(1)?.parse::<u64>().ok())
    };
    lines.lines().filter_map(of).fold(0, u64::saturating_add)
}

fn helpers(path: &OsStr) -> Helpers {
    let find = |name: &str| way_out::find(name, path).map(|(path, privileged)| Helper { path, privileged });
    Helpers {
        newuidmap: find("newuidmap"),
        newgidmap: find("newgidmap"),
        pasta: find("pasta"),
        slirp4netns: find("slirp4netns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_user_are_added_up() {
        let lines = "root:100000:65536\n# no\nyou:165536:65536\n1000:300000:10\nyou:x:y\nyours:1:1\n";
        assert_eq!(subids_in(lines, 1000, Some("you")), 65546);
        assert_eq!((subids_in(lines, 1000, None), subids_in(lines, 5, Some("nobody"))), (10, 0));
    }

    #[test]
    fn a_changed_root_is_known_by_its_mounts() {
        assert!(!is_chroot("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:5 / /proc rw - proc proc rw\n"));
        assert!(is_chroot("23 22 0:5 / /proc rw - proc proc rw\n") && !is_chroot(""));
    }

    #[test]
    fn groups_are_looked_at_up_to_the_root() {
        let names: Vec<String> = upwards("/sys/fs/cgroup", "/a/b").iter().map(|it| it.display().to_string()).collect();
        assert_eq!(names, ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"]);
        // Seen from a namespace of its own, a group may be beside it.
        assert!(upwards("/sys/fs/cgroup", "/../x").iter().all(|it| it.starts_with("/sys/fs/cgroup")));
    }
}
