//! Starting a process in its node.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Resource, Signal};

use super::super::handle::Handle;
use super::super::message::Job;
use crate::error::{Error, ErrorKind, Result};
use crate::lab::Store;
use crate::namespace;
use crate::types::LabName;

/// The folder that a process is started in.
pub(super) fn folder(job: &Job, folder: &Path) -> PathBuf {
    job.process.cwd.as_ref().map_or_else(|| folder.into(), |cwd| folder.join(cwd))
}

/// Starts it: in the network, the host name, the /sys and the hosts file of its node, in a session of its
/// own, with its output into a pipe, and with nothing else of ours.
pub(super) fn start(store: &Store, lab: &LabName, job: &Job, folder: &Path, output: &OwnedFd) -> Result<Handle> {
    let Some((program, words)) = job.process.command.split_first() else {
        return Err(Error::invalid("has no command"));
    };
    if !folder.is_dir() {
        return Err(Error::new(ErrorKind::NotFound, format!("there is no folder {} to start it in", folder.display())));
    }
    let failed = |error| Error::os("making a pipe", error);
    let (mut said, mut say) = std::io::pipe().map_err(failed)?;
    let own = || output.try_clone().map(Stdio::from).map_err(failed);
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).stdin(Stdio::null()).stdout(own()?).stderr(own()?);
    command.envs(&job.env).envs(&job.process.env);
    command.env("NSLAB_LAB", lab.as_str()).env("NSLAB_NODE", job.node.as_str());
    let (names, hosts) = (store.names().clone(), store.hosts_file(lab));
    let (node, netns_name) = (job.node.clone(), job.netns_name.clone());
    let (netns, parent) = (job.netns, rustix::process::getpid());
    let limit = namespace::descriptors::usual_limit();
    crate::sys::process::before_exec(&mut command, move || {
        crate::sys::process::unblock_signals();
        rustix::process::setsid()?;
        // It must not outlive who reads its output; a parent that went before this line sends nothing.
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() != Some(parent) {
            return Err(std::io::ErrorKind::Other.into());
        }
        namespace::become_node(&names, &netns_name, netns, node.as_str(), &hosts).map_err(|error| {
            let _ = say.write_all(error.to_string().as_bytes());
            std::io::Error::from_raw_os_error(error.errno().unwrap_or(libc::EIO))
        })?;
        // Last, for what is open until here counts.
        Ok(rustix::process::setrlimit(Resource::Nofile, limit)?)
    });
    let spawned = command.spawn();
    // Its closure holds the pipe open.
    drop(command);
    let child = spawned.map_err(|error| {
        let mut why = String::new();
        let _ = said.read_to_string(&mut why);
        match why.as_str() {
            "" => Error::os(format_args!("running \"{program}\""), error),
            why => Error::new(ErrorKind::Kernel, why),
        }
    })?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    Handle::of(pid).ok_or_else(|| Error::new(ErrorKind::Kernel, "/proc is not mounted"))
}

/// A pipe for output: the end to read from does not block.
pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let failed = |error: std::io::Error| Error::os("making a pipe", error);
    let (read, write) = std::io::pipe().map_err(failed)?;
    rustix::io::ioctl_fionbio(read.as_fd(), true).map_err(|errno| failed(errno.into()))?;
    Ok((read.into(), write.into()))
}
