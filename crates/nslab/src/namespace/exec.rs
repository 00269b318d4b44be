//! Turning this process into one that lives in a namespace, as `ip netns exec` does before it starts a
//! program (ip-netns(8)).

use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use super::{Identity, Names, Namespace, enter};
use crate::error::{Error, ErrorKind, Result};

/// What was not as wished, though the process is in the namespace: files of /etc/netns/NAME that could
/// not be put in place.
pub type Warnings = Vec<Error>;

/// Moves this process, which must have a single thread, into the namespace of a name for good:
/// its network, a mount namespace of its own with all mounts made slaves, a /sys that shows the
/// namespace's devices, and each file of /etc/netns/NAME bound over its namesake in /etc.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is no such name. After any other
/// error the process may be half-way in, and should end.
pub fn become_named(names: &Names, name: &OsStr) -> Result<Warnings> {
    become_one(&names.open(name)?, name, true)
}

/// The same for a namespace that is open already. `name` is what the new /sys is mounted from, and what
/// /etc/netns is searched for. Where the kernel lets a user mount no /sys, as in containers that hide parts of theirs, the
/// old one stays.
///
/// # Errors
/// As [`become_named`].
pub fn become_namespace(namespace: &Namespace, name: &OsStr) -> Result<Warnings> {
    become_one(namespace, name, false)
}

fn become_one(namespace: &Namespace, name: &OsStr, strict: bool) -> Result<Warnings> {
    enter::switch(namespace.as_fd()).map_err(|error| {
        let errno = rustix::io::Errno::from_raw_os_error(error.errno().unwrap_or(libc::EIO));
        Error::os(format_args!("setting the network namespace \"{}\" failed", name.display()), errno)
    })?;
    own_mounts()?;
    match mount_sys(name) {
        Err(error) if strict || error.errno() != Some(libc::EPERM) => return Err(error),
        _ => {}
    }
    Ok(bind_etc(name))
}

/// Moves this process, which must have a single thread, into a mount namespace of its own, whose mounts nobody else
/// sees.
pub(crate) fn own_mounts() -> Result<()> {
    crate::sys::unshare_mounts().map_err(|errno| Error::os("unshare failed", errno))?;
    // Nothing is mounted before this holds: it would show in the machine's own mounts.
    rustix::mount::mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
        .map_err(|errno| Error::os("\"mount --make-rslave /\" failed", errno))
}

/// Starts a program inside, as [`become_named`] would be followed by it, and leaves this process where
/// it is. The program is started by a thread that is already inside.
///
/// # Errors
/// As [`become_named`]; the inner error is that of the start itself (`ENOENT`: no such program).
pub fn spawn_named(
    names: &Names,
    name: &OsStr,
    command: &mut std::process::Command,
) -> Result<(std::io::Result<std::process::Child>, Warnings)> {
    let namespace = names.open(name)?;
    enter::on_own_thread(|| {
        let warnings = become_one(&namespace, name, true)?;
        Ok((command.spawn(), warnings))
    })
}

/// The old /sys shows the devices of the namespace that it was mounted from.
pub(crate) fn mount_sys(name: &OsStr) -> Result<()> {
    let mut flags = MountFlags::empty();
    if rustix::mount::unmount("/sys", UnmountFlags::DETACH).is_err() {
        // It stays beneath ours, and a read-only one may only be covered by a read-only one.
        let read_only = rustix::fs::statvfs("/sys").is_ok_and(|s| s.f_flag.contains(StatVfsMountFlags::RDONLY));
        flags.set(MountFlags::RDONLY, read_only);
    }
    rustix::mount::mount(name, "/sys", "sysfs", flags, None).map_err(|errno| Error::os("mount of /sys failed", errno))
}

fn bind_etc(name: &OsStr) -> Warnings {
    let from = Path::new("/etc/netns").join(name);
    let Ok(entries) = std::fs::read_dir(from) else {
        return Vec::new();
    };
    let bind = |entry: std::fs::DirEntry| {
        let (from, to) = (entry.path(), Path::new("/etc").join(entry.file_name()));
        rustix::mount::mount_bind(&from, &to)
            .map_err(|errno| Error::os(format_args!("Bind {} -> {} failed", from.display(), to.display()), errno))
    };
    entries.filter_map(|entry| bind(entry.ok()?).err()).collect()
}

/// What `nslab exec` makes of a process before it becomes the program: one that lives in a node, with the
/// node's network, devices, host name and hosts file. For a process with a single thread.
///
/// # Errors
/// [`ErrorKind::NotFound`] where the name is gone or stands for another namespace.
pub(crate) fn become_node(names: &Names, name: &str, identity: Identity, host: &str, hosts: &Path) -> Result<()> {
    let gone = || Error::new(ErrorKind::NotFound, format!("node {name} was taken away by hand"));
    let namespace = names.open(OsStr::new(name))?;
    if namespace.file_id()? != (identity.dev, identity.ino) {
        return Err(gone());
    }
    become_namespace(&namespace, OsStr::new(name))?;
    // A cookie is seen only from inside.
    if identity.cookie.is_some() && super::cookie_here()? != identity.cookie {
        return Err(gone());
    }
    become_host(host, hosts).map(drop)
}

/// Gives this process, which must have a single thread and have gone through [`become_namespace`], a host
/// name of its own (uts_namespaces(7)) and a hosts file of its own (hosts(5)).
///
/// # Errors
/// Where the host name cannot be set. A machine without /etc/hosts, or a hosts file that is not there, is a
/// warning: names are then not found.
pub fn become_host(name: &str, hosts: &Path) -> Result<Warnings> {
    crate::sys::unshare_host_name().map_err(|errno| Error::os("making a namespace for the host name", errno))?;
    rustix::system::sethostname(name.as_bytes()).map_err(|errno| Error::os("setting the host name", errno))?;
    // A hosts file that somebody has put there for the namespace is in place already.
    if Path::new("/etc/netns").join(name).join("hosts").exists() {
        return Ok(Warnings::new());
    }
    let bound = rustix::mount::mount_bind(hosts, "/etc/hosts");
    let warning = |errno| Error::os(format_args!("putting {} in the place of /etc/hosts", hosts.display()), errno);
    Ok(bound.map_err(warning).err().into_iter().collect())
}
