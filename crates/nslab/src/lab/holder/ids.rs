//! Which users there are inside: root, who is the user outside, and as many more as the machine lends.

use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Which ids of users and groups are known inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ids {
    /// Root alone. What changes to another user, or gives a file to one, fails.
    One,
    /// Root, and others from 1 on, which are lent to the user (subuid(5)).
    Range,
}

/// Gives the user namespace of a process its ids: 0 is the caller, and where the machine lends more, by newuidmap(1) and
/// newgidmap(1), the next are those.
pub(super) fn map(pid: u32) -> Result<Ids> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let (users, groups) = (lent("/etc/subuid", uid), lent("/etc/subgid", uid));
    // Each map is written once, and what is written stays.
    let users = users.filter(|_| groups.is_some()).is_some_and(|lent| ask("newuidmap", pid, uid, lent));
    let groups = users && groups.is_some_and(|lent| ask("newgidmap", pid, gid, lent));
    if !users {
        write(pid, "uid_map", &format!("0 {uid} 1"))?;
    }
    if !groups {
        // Without this, the kernel lets nobody but root map a group: to leave one may give rights (user_namespaces(7)).
        write(pid, "setgroups", "deny")?;
        write(pid, "gid_map", &format!("0 {gid} 1"))?;
    }
    Ok(if users && groups { Ids::Range } else { Ids::One })
}

fn write(pid: u32, file: &str, text: &str) -> Result<()> {
    std::fs::write(format!("/proc/{pid}/{file}"), text).map_err(|error| {
        let message =
            format_args!("without root, a lab needs namespaces of its own: writing \"{text}\" to their {file}");
        let error = Error::os(message, error);
        if error.errno() == Some(libc::EPERM) { error.with_help(super::start::FORBIDDEN) } else { error }
    })
}

/// The first of the ids that are lent to a user, and how many: from lines as `NAME:FIRST:COUNT`.
fn lent(file: &str, uid: u32) -> Option<(u32, u32)> {
    let text = std::fs::read_to_string(file).ok()?;
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    first_lent(&text, &users, uid)
}

fn first_lent(text: &str, users: &str, uid: u32) -> Option<(u32, u32)> {
    let number = uid.to_string();
    let name = super::users::name_in(users, uid);
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let owner = fields.next()?;
        let lent = (fields.next()?.trim().parse().ok()?, fields.next()?.trim().parse().ok()?);
        (owner == number || Some(owner) == name.as_deref()).then_some(lent).filter(|(_, count)| *count > 0)
    })
}

/// Whether a program of the machine's does it; it alone may.
fn ask(program: &str, pid: u32, own: u32, (first, count): (u32, u32)) -> bool {
    let words = [pid, 0, own, 1, 1, first, count].map(|number| number.to_string());
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_is_found_by_name_and_by_number() {
        let users = "root:x:0:0::/root:/bin/sh\nyou:x:1000:1000::/home/you:/bin/sh\n";
        let lent = |text| first_lent(text, users, 1000);
        assert_eq!(lent("me:100000:65536\nyou:165536:65536\n"), Some((165_536, 65_536)));
        assert_eq!(lent("1000:7:8\n"), Some((7, 8)));
        for none in ["", "me:1:2", "you", "you:1", "you:x:2", "you:1:0", "you:1:-2", "10000:1:2"] {
            assert_eq!(lent(none), None, "{none}");
        }
        assert_eq!(first_lent("you:1:2", "", 1000), None);
    }
}
