//! Whose a process is, and whose a holder is that one has not.

use std::os::unix::fs::MetadataExt;

use crate::namespace::processes;
use crate::types::LabName;

/// The user that a process belongs to, if that is one and the same in each respect (real, effective and saved).
pub(super) fn owner(pid: i32) -> Option<u32> {
    same(pid, "Uid:")
}

/// The group that a process belongs to, in the same way.
pub(super) fn group(pid: i32) -> Option<u32> {
    same(pid, "Gid:")
}

fn same(pid: i32, what: &str) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(what))?;
    let mut ids = line.split_ascii_whitespace().map(str::parse);
    let first = ids.next()?.ok()?;
    ids.all(|id| id == Ok(first)).then_some(first)
}

/// A process that looks like another user's holder of a lab of this name, and that user's id. Anybody can look like one,
/// so this is for messages.
#[must_use]
pub fn seen(name: &LabName) -> Option<(i32, u32)> {
    let own = rustix::process::geteuid().as_raw();
    processes::all().ok()?.into_iter().find_map(|pid| {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let expected = [b"nslab", b"hold".as_slice(), name.as_str().as_bytes(), b""];
        let uid = std::fs::metadata(format!("/proc/{pid}")).ok()?.uid();
        (words.split(|byte| *byte == 0).eq(expected) && uid != own).then_some((pid, uid))
    })
}

/// A user's name (passwd(5)); none where it is not in /etc/passwd.
#[must_use]
pub fn user_name(uid: u32) -> Option<String> {
    name_in(&std::fs::read_to_string("/etc/passwd").ok()?, uid)
}

pub(super) fn name_in(passwd: &str, uid: u32) -> Option<String> {
    let number = uid.to_string();
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(&number)).then(|| name.to_owned())
    })
}
