//! Fresh network and mount namespaces with an empty /run for each measurement: whatever is done there is
//! gone when its process ends, and nothing of it touches the machine's own network.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};

/// A program in a sandbox of its own. Without root, in a user namespace where the user is root.
fn command(program: OsString) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", "mount -t tmpfs tmpfs /run && exec \"$@\"", "sandbox"]);
    command.arg(program).env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// Runs a program in a sandbox, and gives what it printed.
pub(crate) fn run(words: impl IntoIterator<Item = OsString>) -> Result<String> {
    let mut words = words.into_iter();
    let program = words.next().ok_or_else(|| Failure::new("no program"))?;
    let shown = program.display().to_string();
    let output = command(program).args(words).output().map_err(Failure::of("unshare(1)"))?;
    if !output.status.success() {
        return Err(Failure::new(format!("{shown} in a sandbox: {}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs this program in a sandbox.
pub(crate) fn again(words: impl IntoIterator<Item = OsString>) -> Result<String> {
    let own = std::env::current_exe().map_err(Failure::of("finding this program"))?;
    run([own.into_os_string()].into_iter().chain(words))
}
