//! `ip netns exec`, in one namespace or in all.
//!
//! The program takes the place of this process, so that its status and its signals are the program's
//! own. Where more is to come (in a batch, or with `-all`) it is a child instead.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use nslab::namespace::{NETNS_DIR, Names, spawn_named};
use nslab::types::strerror;

use super::{because, name_of};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::{Session, enter, not_entered, warn_all};
use crate::applet::ip::words::Words;

pub(super) fn run(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    if session.options.all {
        let program = Program::of(words)?;
        return everywhere(session, &program);
    }
    let name = name_of(&mut words)?;
    let program = Program::of(words)?;
    if session.in_batch {
        session.print.flush();
        let status = program.run_in(name).map_err(|fail| Fail::new(FAILED, fail.text))?;
        // The program has said itself what was wrong.
        return if status.success() { Ok(()) } else { Err(Fail::silent(FAILED)) };
    }
    enter(name.as_bytes())?;
    session.print.flush();
    Err(program.replace_this())
}

fn everywhere(session: &mut Session, program: &Program<'_>) -> Result<(), Fail> {
    let list =
        Names::default().list().map_err(|error| because(&format!("Failed to open directory {NETNS_DIR}: "), &error))?;
    for name in list {
        session.print.text(bytes!["\nnetns: ", name.as_bytes(), "\n"]);
        session.print.flush();
        // Whatever becomes of it in one namespace, the others have their turn.
        if let Err(fail) = program.run_in(&name) {
            session.tell(&fail);
        }
    }
    Ok(())
}

/// A program and its arguments, as typed.
struct Program<'a> {
    name: &'a OsStr,
    arguments: Vec<&'a OsStr>,
}

impl<'a> Program<'a> {
    fn of(mut words: Words<'a>) -> Result<Self, Fail> {
        let name = words.take().ok_or_else(|| Fail::new(FAILED, "No command specified"))?;
        let arguments = words.all().iter().map(|word| OsStr::from_bytes(word)).collect();
        Ok(Self { name: OsStr::from_bytes(name), arguments })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.name);
        command.args(&self.arguments);
        command
    }

    /// Runs it as a child in a namespace, and waits for its end.
    fn run_in(&self, netns: &OsStr) -> Result<ExitStatus, Fail> {
        let spawn = |mut command: Command| {
            let (child, warnings) = spawn_named(&Names::default(), netns, &mut command)
                .map_err(|error| not_entered(netns.as_bytes(), &error))?;
            warn_all(&warnings);
            Ok::<_, Fail>(child)
        };
        let mut child = spawn(self.command())?;
        if let Err(error) = &child
            && let Some(script) = self.as_script(error)
        {
            child = spawn(script)?;
        }
        let mut child = child.map_err(|error| self.failed(&error))?;
        child.wait().map_err(|error| self.failed(&error))
    }

    /// Makes this process the program; returns only if that failed.
    fn replace_this(&self) -> Fail {
        let mut error = self.command().exec();
        if let Some(mut script) = self.as_script(&error) {
            error = script.exec();
        }
        self.failed(&error)
    }

    /// A file that is no program is a script for the shell, as for execvp(3); not every C library's does it.
    fn as_script(&self, error: &std::io::Error) -> Option<Command> {
        if error.raw_os_error() != Some(rustix::io::Errno::NOEXEC.raw_os_error()) {
            return None;
        }
        let mut command = Command::new("/bin/sh");
        command.arg(find(self.name)?).args(&self.arguments);
        Some(command)
    }

    fn failed(&self, error: &std::io::Error) -> Fail {
        let why = error.raw_os_error().map_or_else(|| error.to_string(), |errno| strerror(errno).into_owned());
        Fail::new(FAILED, bytes!["exec of \"", self.name.as_bytes(), "\" failed: ", why])
    }
}

/// The file of a program, as the shell would find it.
fn find(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Some(name.into());
    }
    let path: OsString = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let executable = |path: &Path| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file() && executable(path))
}
