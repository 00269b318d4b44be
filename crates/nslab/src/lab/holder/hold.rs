//! The life of a holder, from inside.
//!
//! Who has started it is at the other end of its standard input, and is told and asked in lines:
//!
//! | Holder | Starter | |
//! | --- | --- | --- |
//! | `unshared` | | it has namespaces of its own |
//! | | `mapped` | they have ids of users |
//! | `held PID PROCESSES` | | all is there; whether the holder is process 1 of a process namespace |
//! | | `go` | what it was started for is done |
//! | `failed ERRNO WHAT` | | in place of what is due |
//!
//! Where the starter goes before `go`, the holder goes too.

use std::io::{Read, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, WaitOptions};
use rustix::thread::set_name;

use crate::error::{Error, Result};
use crate::namespace::{enter, machine};
use crate::netlink::Connection;
use crate::ops::link::LinkConfig;
use crate::wire::consts::IFF_UP;

/// The index of lo, in every network namespace.
const LOOPBACK: u32 = 1;

/// Holds a lab until it is ended, or told to end (SIGTERM). The stream is the standard input that a
/// [`Program`](super::Program) was started with; the process must be one of its own, with a single thread, that has
/// opened nothing yet.
///
/// # Errors
/// Where it cannot begin; who has started it was told then.
pub fn hold(starter: BorrowedFd<'_>) -> Result<()> {
    crate::sys::process::close_inherited().map_err(|errno| Error::os("closing what was inherited", errno))?;
    crate::sys::process::heed_signals();
    // In a session of its own, no terminal's end is its own.
    let _ = rustix::process::setsid();
    let _ = set_name(c"nslab-hold");
    rustix::process::umask(rustix::fs::Mode::WGRP | rustix::fs::Mode::WOTH);
    let starter = starter.try_clone_to_owned().map_err(|error| Error::os("taking over the starter's socket", error))?;
    let starter = UnixStream::from(starter);
    begin(&starter).inspect_err(|error| {
        let _ = (&starter).write_all(format!("failed {} {error}\n", error.errno().unwrap_or_default()).as_bytes());
    })
}

fn begin(starter: &UnixStream) -> Result<()> {
    machine::become_owner()?;
    tell(starter, "unshared")?;
    expect(starter, "mapped")?;
    machine::furnish()?;
    let mut up = LinkConfig::default();
    up.set_flag(IFF_UP, true);
    Connection::open()?.request(up.change_link(LOOPBACK), || "bringing up lo".into())?;
    let own = rustix::process::getpid().as_raw_nonzero();
    let Some(first) = first_process(starter)? else { return Ok(()) };
    match first {
        // It is the holder, and this one has nothing to do any more.
        Some(first) => tell(starter, &format!("held {first} 1")),
        None => {
            tell(starter, &format!("held {own} 0"))?;
            stay(starter)
        }
    }
}

/// Makes the first process of a process namespace, and gives its id; none where there is no /proc to be had for one. In
/// that process, returns nothing when its life is over.
#[allow(clippy::option_option, reason = "three ways, none of which is worth a type")]
fn first_process(starter: &UnixStream) -> Result<Option<Option<Pid>>> {
    let failed = |error: std::io::Error| Error::os("making a pipe", error);
    let (mut said, mut say) = std::io::pipe().map_err(failed)?;
    if enter::children_into_new_processes().is_err() {
        return Ok(Some(None));
    }
    let Ok(first) = crate::sys::process::fork() else { return Ok(Some(None)) };
    let Some(pid) = first else {
        drop(said);
        if machine::mount_proc().is_ok() && say.write_all(b"1").is_ok() {
            drop(say);
            stay(starter)?;
        }
        return Ok(None);
    };
    drop(say);
    if said.read(&mut [0]).is_ok_and(|count| count == 1) {
        return Ok(Some(Some(pid)));
    }
    let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
    Ok(Some(None))
}

/// All that a holder does once it holds.
fn stay(starter: &UnixStream) -> Result<()> {
    let signals = crate::sys::signal::signalfd(&[libc::SIGCHLD, libc::SIGTERM])
        .map_err(|errno| Error::os("waiting for signals", errno))?;
    let mut starter = Some(starter);
    loop {
        crate::sys::memory::give_back_clean_pages();
        let mut polled = vec![PollFd::new(&signals, PollFlags::IN)];
        polled.extend(starter.map(|starter| PollFd::new(starter, PollFlags::IN)));
        rustix::io::retry_on_intr(|| poll(&mut polled, None))
            .map_err(|errno| Error::os("waiting for a holder's end", errno))?;
        let heard = polled.get(1).is_some_and(|polled| !polled.revents().is_empty());
        drop(polled);
        if let Some(stream) = starter.filter(|_| heard) {
            expect(stream, "go")?;
            let _ = stream.shutdown(std::net::Shutdown::Both);
            starter = None;
        }
        while let Some(came) = crate::sys::signal::next(&signals) {
            if came.number == libc::SIGTERM {
                return Ok(());
            }
        }
        while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
    }
}

fn tell(mut stream: &UnixStream, line: &str) -> Result<()> {
    stream
        .write_all(format!("{line}\n").as_bytes())
        .map_err(|error| Error::os("speaking to who has started this", error))
}

fn expect(mut stream: &UnixStream, line: &str) -> Result<()> {
    let mut heard = vec![0; line.len() + 1];
    let read = stream.read_exact(&mut heard);
    let failed = |error| Error::os("hearing from who has started this", error);
    read.map_err(failed)?;
    if heard.strip_suffix(b"\n") == Some(line.as_bytes()) {
        Ok(())
    } else {
        Err(failed(std::io::ErrorKind::InvalidData.into()))
    }
}
