//! A network and a mount namespace for one test: whatever it does there is gone when its shell ends,
//! and nothing of it touches the machine's own network or /run.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

thread_local! {
    /// How the tests of this thread become another user: what their sandboxes are set up with in place of [`SETUP`].
    pub(crate) static AS_USER: Cell<Option<AsUser>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
pub(crate) struct AsUser {
    pub(crate) setup: &'static str,
    /// What a script is made into.
    pub(crate) script: fn(&str) -> String,
    /// What was printed, made into what root's would have printed.
    pub(crate) printed: fn(&str) -> String,
}

/// What is done in a sandbox before a program is started in it.
const SETUP: &str = "mount -t tmpfs tmpfs /run && exec \"$@\"";

/// How a sandbox is entered: fresh network and mount namespaces, /run empty. Without root, in a user
/// namespace where the user is root.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", AS_USER.get().map_or(SETUP, |user| user.setup), "sandbox"]);
    // Cargo's library path makes every program start with searching it.
    command.env("LC_ALL", "C").env_remove("NO_COLOR").env_remove("LD_LIBRARY_PATH").stdin(Stdio::null());
    command
}

/// Whether this machine allows sandboxes. If not, the tests that need one are skipped, and say so.
pub(crate) fn is_possible() -> bool {
    unshare().arg("true").output().is_ok_and(|output| output.status.success())
}

/// Runs a program in a sandbox of its own.
pub(crate) fn command(path: &[&Path], program: &str, args: &[&str]) -> Command {
    let mut folders: Vec<PathBuf> = path.iter().map(|folder| folder.to_path_buf()).collect();
    if let Some(inherited) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&inherited));
    }
    let mut command = unshare();
    command.env("PATH", std::env::join_paths(folders).unwrap()).arg(program);
    match AS_USER.get() {
        None => command.args(args),
        Some(user) => command.args(args.iter().map(|arg| (user.script)(arg))),
    };
    command
}

/// Runs a shell script in a sandbox of its own, with some folders first on PATH.
pub(crate) fn run(path: &[&Path], script: &str) -> Output {
    let mut output = command(path, "sh", &["-c", script]).output().unwrap();
    if let Some(user) = AS_USER.get() {
        let printed = |bytes: &mut Vec<u8>| *bytes = (user.printed)(&String::from_utf8_lossy(bytes)).into_bytes();
        printed(&mut output.stdout);
        printed(&mut output.stderr);
    }
    output
}

/// The same, for a script whose every command must succeed; gives what it printed.
pub(crate) fn succeed(path: &[&Path], script: &str) -> String {
    let output = run(path, &format!("set -e\n{script}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n--- script\n{script}\n--- out\n{out}--- err\n{err}", output.status);
    out.into_owned()
}
