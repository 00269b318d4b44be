//! A holder's way out: what its network sends to others, a program of the machine's passes on with the user's rights.
//!
//! The program is pasta(1) or slirp4netns(1), whichever is installed and works. It is outside, so the holder's end is not
//! its end. So it has a companion: a small process that started it, and ends it when the holder has ended. If the companion
//! is killed, the kernel ends the program with it. Which process the companion is, is on record beside the holder's.

mod companion;
mod program;

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::process::{Signal, pidfd_send_signal};
use serde::{Deserialize, Serialize};

pub use self::companion::accompany;
pub(crate) use self::program::find;
use self::program::{Kind, is_connected};
use super::{Holder, Locked, Program};
use crate::error::{Error, ErrorKind, Result};
use crate::lab::process::{Handle, handle};
use crate::namespace::settings::Settings;

/// On record, in the directory of the holder's.
const FILE: &str = "way-out.json";

/// No record is longer.
const LONGEST: u64 = 4096;

/// How long what ends with the holder may take to do so.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a companion is told.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    kind: Kind,
    program: PathBuf,
    holder: Handle,
}

/// How a way out is made.
#[derive(Debug, Clone)]
pub struct WayOut {
    /// What is started as the companion: it calls [`accompany`] when it is given these words and then the name of what is
    /// held.
    pub companion: Program,
    /// The folders in which the programs are looked for, as PATH has them.
    pub path: std::ffi::OsString,
}

impl WayOut {
    /// Makes sure that a holder has a way out: makes one where there is none, or where it has ended.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where neither program is installed, or none of those works here; then nothing is left.
    pub fn ensure(&self, locked: &Locked, holder: &Holder) -> Result<()> {
        let (dir, path) = locked.dir();
        if locked.companion().is_alive() {
            return Ok(());
        }
        check_tun()?;
        let mut failed: Vec<String> = Vec::new();
        let programs = [Kind::Pasta, Kind::Slirp4netns].map(|kind| (kind, find(kind.name(), &self.path)));
        for (kind, program) in programs {
            let Some((program, _)) = program else { continue };
            let shown = program.display().to_string();
            match self.start(locked, Task { kind, program, holder: holder.record.process }) {
                Ok((companion, mut stream)) => {
                    write(dir, &companion)
                        .map_err(|error| Error::os(format_args!("writing {}", path.join(FILE).display()), error))?;
                    locked.companion().0.replace(companion.open());
                    return stream.write_all(b"go\n").map_err(|error| Error::os("speaking to the way out", error));
                }
                Err(error) => failed.push(format!("{shown}: {error}")),
            }
        }
        if failed.is_empty() {
            let message = "without root, an uplink takes pasta or slirp4netns, and neither is installed";
            let help = "install one: apt-get install passt, or slirp4netns (Fedora: dnf install passt)";
            return Err(Error::new(ErrorKind::Unsupported, message).with_help(help));
        }
        let message = format!("the uplink cannot be made without root: {}", failed.join("; "));
        let help = "look whether the machine itself has a default route (nslab ip route); nslab doctor tells what else it takes";
        Err(Error::new(ErrorKind::Unsupported, message).with_help(help))
    }

    /// Starts a companion, and gives it when the way out is there.
    fn start(&self, locked: &Locked, task: Task) -> Result<(Handle, UnixStream)> {
        let failed = |error| Error::os("speaking to the way out", error);
        let (mut ours, theirs) = UnixStream::pair().map_err(failed)?;
        let Program { program, words } = &self.companion;
        let (own, words) = words.split_first().map_or((None, [].as_slice()), |(own, words)| (Some(own), words));
        let mut command = Command::new(program);
        command.args(words).arg(locked.name().as_str()).current_dir("/").env_clear();
        if let Some(own) = own {
            command.arg0(own);
        }
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child =
            command.spawn().map_err(|error| Error::os(format_args!("starting {}", program.display()), error))?;
        // It holds the other end of the stream, and would be waited for.
        drop(command);
        let answer = i32::try_from(child.id()).ok().and_then(Handle::of).ok_or_else(|| ended("it ended at once"));
        let answer = answer.and_then(|companion| {
            let text =
                serde_json::to_string(&task).map_err(|error| Error::invalid(format!("writing JSON: {error}")))?;
            ours.write_all(format!("{text}\n").as_bytes()).map_err(failed)?;
            let mut line = String::new();
            BufReader::new(&ours).read_line(&mut line).map_err(failed)?;
            match line.trim_end() {
                "ready" => Ok(companion),
                "" => Err(ended("its companion ended")),
                said => Err(ended(said)),
            }
        });
        if answer.is_err() {
            let _ = child.kill();
            let _ = child.wait();
        }
        answer.map(|companion| (companion, ours))
    }

    /// Ends a holder's way out, where it has one, while the holder goes on.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] where it does not end.
    pub fn end(locked: &Locked) -> Result<()> {
        if let Some(companion) = locked.companion().0.borrow().as_ref() {
            let _ = pidfd_send_signal(companion, Signal::TERM);
        }
        locked.companion().forget(locked.dir().0)
    }
}

/// Has everything in the network of the calling process forward, which is to be a holder's with a way out: it is a machine
/// of its own, and an interface that is made anew with the way out forwards too.
///
/// # Errors
/// Where the setting of IPv4 cannot be made; a kernel without IPv6 has none for that.
pub fn forward() -> Result<()> {
    let mut settings = Settings::default();
    let _ = settings.set("net/ipv6/conf/all/forwarding", "1");
    settings.set("net/ipv4/ip_forward", "1").map_err(|error| Error::os("setting net.ipv4.ip_forward", error))
}

fn ended(why: &str) -> Error {
    Error::new(ErrorKind::Unsupported, why)
}

/// Where the device is closed to the user, pasta waits for ever.
fn check_tun() -> Result<()> {
    const DEVICE: &str = "/dev/net/tun";
    let opened = std::fs::OpenOptions::new().read(true).write(true).open(DEVICE);
    opened.map(drop).map_err(|error| {
        let help = match error.raw_os_error() {
            Some(libc::EACCES) => "as root of the machine: chmod 0666 /dev/net/tun, as udev has it",
            _ => "as root of the machine: modprobe tun; in a container, have it pass the device in (--device /dev/net/tun)",
        };
        Error::os(format_args!("without root, an uplink takes {DEVICE}: opening it"), error)
            .with_kind(ErrorKind::Unsupported)
            .with_help(help)
    })
}

/// The companion on record. What cannot be read is none.
fn read(dir: &OwnedFd) -> Option<Handle> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, FILE, flags, Mode::empty()).ok()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(std::fs::File::from(file), LONGEST), &mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn write(dir: &OwnedFd, companion: &Handle) -> std::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, FILE, flags, Mode::RUSR | Mode::WUSR)?;
    std::fs::File::from(file).write_all(&serde_json::to_vec(companion)?)
}

/// The companion of a way out, opened: where a command has joined a holder, it cannot be looked for any more.
#[derive(Debug)]
pub(super) struct Companion(RefCell<Option<OwnedFd>>);

impl Companion {
    /// The one on record in a directory, if that lives.
    pub(super) fn find(dir: &OwnedFd) -> Self {
        Self(RefCell::new(read(dir).and_then(Handle::open)))
    }

    fn is_alive(&self) -> bool {
        self.0.borrow().as_ref().is_some_and(|companion| !handle::wait([companion], Instant::now()))
    }

    /// Waits until the way out of a holder that has ended is gone too, and takes it off the record.
    pub(super) fn forget(&self, dir: &OwnedFd) -> Result<()> {
        if let Some(companion) = self.0.take()
            && !handle::wait([&companion], Instant::now() + PATIENCE)
        {
            // The kernel ends the program with it.
            let _ = pidfd_send_signal(&companion, Signal::KILL);
            if !handle::wait([&companion], Instant::now() + PATIENCE) {
                return Err(Error::new(ErrorKind::TimedOut, "the way out of a lab does not end"));
            }
        }
        match rustix::fs::unlinkat(dir, FILE, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(errno) => Err(Error::os("removing the record of a way out", errno)),
        }
    }
}
