//! A network and a mount namespace for one test: whatever it does there is gone when its shell ends,
//! and nothing of it touches the machine's own network or /run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How a sandbox is entered: fresh network and mount namespaces, /run empty. Without root, in a user
/// namespace where the user is root.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", "mount -t tmpfs tmpfs /run && exec \"$@\"", "sandbox"]);
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
    command.env("PATH", std::env::join_paths(folders).unwrap()).arg(program).args(args);
    command
}

/// Runs a shell script in a sandbox of its own, with some folders first on PATH.
pub(crate) fn run(path: &[&Path], script: &str) -> Output {
    command(path, "sh", &["-c", script]).output().unwrap()
}

/// The same, for a script whose every command must succeed; gives what it printed.
pub(crate) fn succeed(path: &[&Path], script: &str) -> String {
    let output = run(path, &format!("set -e\n{script}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n--- script\n{script}\n--- out\n{out}--- err\n{err}", output.status);
    out.into_owned()
}
