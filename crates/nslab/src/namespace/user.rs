//! User namespaces (user_namespaces(7)).

use crate::error::{Error, Result};

use super::enter;

/// Moves this process, which must have a single thread, into a new user namespace.
///
/// # Errors
/// What the kernel says. The process has no id in there before [`be_root`].
pub(crate) fn enter_new() -> Result<()> {
    enter::into_new_user()
}

/// Makes this process root of its user namespace, which is to have no ids yet: outside, it stays the user that it was.
///
/// # Errors
/// [`ErrorKind::Permission`](crate::ErrorKind::Permission) where something keeps the process from it.
pub(crate) fn be_root(uid: u32, gid: u32) -> Result<()> {
    let write = |file: &str, text: String| {
        let path = format!("/proc/self/{file}");
        std::fs::write(&path, text).map_err(|error| Error::os(format_args!("writing {path}"), error))
    };
    // Without a privilege outside, groups can be mapped only by who cannot give any up.
    write("setgroups", "deny".into())?;
    write("uid_map", format!("0 {uid} 1"))?;
    write("gid_map", format!("0 {gid} 1"))
}
