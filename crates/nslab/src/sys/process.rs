//! What a process does to itself before it becomes another program, and before it stays for long.

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::io::Result;
use rustix::process::Pid;

/// Has `work` done in the new process of a command, before it becomes the program.
///
/// The calling process must have a single thread when the command is started: then its copy may allocate
/// and do all else that it could itself.
pub(crate) fn before_exec(command: &mut Command, work: impl FnMut() -> std::io::Result<()> + Send + Sync + 'static) {
    // SAFETY: what makes this unsafe is a lock that another thread holds at the moment of the fork; there is
    // no other thread, by the contract above.
    unsafe { command.pre_exec(work) };
}

/// Makes a second process of this one, which must have a single thread (fork(2)). Gives its id to the first, and
/// nothing to itself.
pub(crate) fn fork() -> Result<Option<Pid>> {
    // SAFETY: there is no other thread, by the contract above, so no lock is held that nobody would release.
    match unsafe { libc::fork() } {
        -1 => Err(super::last_errno()),
        pid => Ok(Pid::from_raw(pid)),
    }
}

/// Ends this process by a signal, as a program that it stands for was ended, and without a core file of its own.
/// Returns only where the signal does not end it.
pub(crate) fn die_of(signal: i32) {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    // SAFETY: the default action runs no code of ours.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    unblock_signals();
    send(rustix::process::getpid(), signal);
}

/// Sends a signal of any number to a process (kill(2)). One that is gone, or not the caller's, gets none.
pub(crate) fn send(pid: Pid, signal: i32) {
    // SAFETY: a signal to a process by its id touches no memory of ours.
    unsafe { libc::kill(pid.as_raw_nonzero().get(), signal) };
}

/// Blocks no signal any more in the calling thread: a program inherits what is blocked where it is started.
pub(crate) fn unblock_signals() {
    // SAFETY: a signal set is plain data; sigemptyset makes it a valid one before it is used.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live set.
    unsafe { libc::sigemptyset(&raw mut set) };
    // SAFETY: as above; no old mask is asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) };
}

/// A child that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) pid: i32,
    /// Whether a signal ended it.
    pub(crate) signalled: bool,
    /// That signal, or the status that it ended with.
    pub(crate) status: i32,
}

/// A child that has ended, which is left to be waited for: its id stays its own until then. None where none has.
pub(crate) fn ended_child() -> Result<Option<Ended>> {
    // SAFETY: the struct is plain data that the kernel fills in.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the pointer is to a live struct.
    if unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, flags) } != 0 {
        return Err(super::last_errno());
    }
    // SAFETY: what waitid(2) fills in has these fields; where it had nothing to fill in, they are zero.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    let signalled = info.si_code != libc::CLD_EXITED;
    Ok((pid != 0).then_some(Ended { pid, signalled, status }))
}

/// Closes every descriptor but the first three (close_range(2), Linux 5.9).
///
/// For the very start of a process, before it has opened anything of its own.
pub(crate) fn close_inherited() -> Result<()> {
    // SAFETY: by the contract above, no descriptor from 3 on has an owner in this process.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    if result == 0 { Ok(()) } else { Err(super::last_errno()) }
}

/// Has every signal that is ignored do again what it does by default, but for SIGPIPE, which Rust ignores
/// and sets back in the programs that it starts.
pub(crate) fn heed_signals() {
    for signal in (1..=64).filter(|signal| *signal != libc::SIGPIPE) {
        // SAFETY: the struct is plain data that the kernel fills in.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: no new action is given, and the pointer is to a live struct.
        let read = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
        if read == 0 && action.sa_sigaction == libc::SIG_IGN {
            // SAFETY: the default action runs no code of ours.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}
