//! What commands ask of a lab's supervisor, and how it comes to be.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::Mode;
use rustix::process::{Pid, Resource, Signal, pidfd_send_signal, prlimit};

use super::end;
use super::handle::{self, Handle};
use super::message::{Job, Reply, Request};
use super::state::{self, Doing, Processes, SOCKET, Status};
use crate::error::{Error, ErrorKind, Result};
use crate::lab::Store;
use crate::namespace::{Identity, descriptors};
use crate::topology::spec::{ProcessId, Ready};
use crate::types::LabName;

/// How the supervisor of a lab with processes is started: a program that calls [`supervise`](super::supervise)
/// when it is given these words and then the lab's name.
#[derive(Debug, Clone)]
pub struct Supervisor {
    /// The program.
    pub program: PathBuf,
    /// Its name for itself, and its first arguments.
    pub words: Vec<OsString>,
}

/// How often it is made sure that a supervisor that has not answered yet can.
const LOOK: Duration = Duration::from_millis(500);

/// How long the supervisor may take to go when all that it looks after is gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts processes, and waits until all are ready. Without processes, does nothing.
///
/// `folder` is where they are started.
///
/// # Errors
/// Where one cannot be started or does not get ready in time: with the last lines of its output. Then none of
/// them runs.
pub fn start(store: &Store, lab: &LabName, folder: &Path, jobs: Vec<Job>) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let dir = store.dir.join(lab.as_str());
    let connection = match connect(&dir)? {
        Some(connection) => connection,
        None => spawn(store, lab, &dir)?,
    };
    ask(&dir, connection, &Request::Start { jobs, folder: folder.into() })
}

/// Ends processes, with all in their process groups, and forgets them.
///
/// # Errors
/// Where the supervisor does not answer.
pub fn stop(store: &Store, lab: &LabName, ids: &[ProcessId]) -> Result<()> {
    let dir = store.dir.join(lab.as_str());
    match connect(&dir)? {
        Some(connection) if !ids.is_empty() => ask(&dir, connection, &Request::Stop(ids.to_vec())),
        _ => Ok(()),
    }
}

/// What [`reconcile`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Those that were ended: not wanted any more, or wanted otherwise.
    pub stopped: Vec<ProcessId>,
    /// Those that were started: new, changed, or found to have failed.
    pub started: Vec<ProcessId>,
}

/// Makes the processes of a lab those that are wanted; what runs and is as wanted is left alone.
///
/// # Errors
/// As of [`start`]; what ran before is then started again.
pub fn reconcile(store: &Store, lab: &LabName, folder: &Path, wanted: Vec<Job>) -> Result<Reconciled> {
    let dir = store.dir.join(lab.as_str());
    let known = state::read(&dir)?;
    let supervised = known.as_ref().is_some_and(|known| known.supervisor.is_alive());
    let known = known.map(|known| known.processes).unwrap_or_default();
    if !supervised && !known.is_empty() {
        // Nobody reads what they print, or knows when they end; what they have started is in their sessions.
        // Another process that has the id now leads a session of its own.
        let is_it = |handle: &Handle| Handle::of(handle.pid).is_none_or(|now| now == *handle);
        let handles = known.iter().filter_map(|status| status.handle).filter(is_it);
        let sessions: Vec<i32> = handles.map(|handle| handle.pid).collect();
        let namespaces: Vec<Identity> = known.iter().map(|status| status.job.netns).collect();
        end::kill_sessions(&namespaces, &sessions)?;
    }
    if wanted.is_empty() && !known.is_empty() {
        let ids: Vec<ProcessId> = known.iter().map(|status| status.id.clone()).collect();
        stop(store, lab, &ids)?;
        dismiss(&dir)();
        state::remove(&dir)?;
        return Ok(Reconciled { stopped: ids, started: Vec::new() });
    }
    let again: Vec<ProcessId> = to_start(&known, supervised, &wanted).into_iter().map(Job::id).collect();
    let kept = |job: &Job| !again.contains(&job.id());
    let changed = known.iter().filter(|status| !kept(&status.job) || !wanted.contains(&status.job));
    let (stopped, before): (Vec<ProcessId>, Vec<Job>) =
        changed.map(|status| (status.id.clone(), status.job.clone())).unzip();
    let jobs: Vec<Job> = wanted.into_iter().filter(|job| !kept(job)).collect();
    let started = jobs.iter().map(Job::id).collect();
    stop(store, lab, &stopped)?;
    start(store, lab, folder, jobs).inspect_err(|_| {
        let _ = start(store, lab, folder, before);
    })?;
    Ok(Reconciled { stopped, started })
}

/// Of those that are wanted, those that do not run as they are wanted, and those that these wait for.
fn to_start<'j>(known: &[Status], supervised: bool, wanted: &'j [Job]) -> Vec<&'j Job> {
    // A new supervisor knows of none of them, so what others wait for is started again too.
    let same = |job: &Job| supervised && known.iter().any(|status| status.job == *job && status.is_good());
    // One that was ready and has ended is started again for those that wait for it.
    let over = |job: &Job| {
        let was = !matches!(job.process.ready, None | Some(Ready::Exit));
        was && known.iter().any(|status| status.job == *job && matches!(status.doing, Doing::Exited(_)))
    };
    let mut again: Vec<&Job> = wanted.iter().filter(|job| !same(job)).collect();
    let mut at = 0;
    while let Some(job) = again.get(at).copied() {
        let needed = |other: &&Job| job.process.after.contains(&other.id()) && over(other) && !again.contains(other);
        let more: Vec<&Job> = wanted.iter().filter(needed).collect();
        again.extend(more);
        at += 1;
    }
    again
}

/// Those of the processes that are wanted which have been started as they are wanted and have come to an end since, so
/// that [`reconcile`] would start them again: each with what it is doing, none where that is not known.
///
/// # Errors
/// Where what is known of them cannot be read.
pub(in crate::lab) fn dead(store: &Store, lab: &LabName, wanted: &[Job]) -> Result<Vec<(ProcessId, Option<Doing>)>> {
    let Some(known) = state::read(&store.dir.join(lab.as_str()))? else {
        return Ok(wanted.iter().map(|job| (job.id(), None)).collect());
    };
    let supervised = known.supervisor.is_alive();
    let of = |job: &Job| known.processes.iter().find(|status| status.job == *job).map(|status| status.doing);
    let again = to_start(&known.processes, supervised, wanted);
    Ok(again.into_iter().map(|job| (job.id(), of(job))).collect())
}

/// Tells the supervisor to start nothing any more and to go when its processes have. For those who end them
/// then; to be followed by the wait for it that this gives.
pub(in crate::lab) fn dismiss(dir: &Path) -> impl FnOnce() + use<> {
    let supervisor = state::read(dir).ok().flatten().and_then(|known| known.supervisor.open());
    if let Some(pidfd) = &supervisor {
        let connection = connect(dir).ok().flatten();
        let _ = pidfd_send_signal(pidfd, Signal::USR1);
        // It closes this when it starts nothing any more: one that is just being started is not in its node yet,
        // and would not be found there.
        if let Some(mut connection) = connection {
            let _ = connection.set_read_timeout(Some(PATIENCE));
            let _ = connection.read(&mut [0]);
        }
    }
    move || {
        let Some(pidfd) = supervisor else { return };
        if !handle::wait([&pidfd], Instant::now() + PATIENCE) {
            let _ = pidfd_send_signal(&pidfd, Signal::KILL);
            handle::wait([&pidfd], Instant::now() + PATIENCE);
        }
    }
}

/// Connects to the lab's supervisor; none where there is none that lives.
fn connect(dir: &Path) -> Result<Option<UnixStream>> {
    let path = dir.join(SOCKET);
    match UnixStream::connect(&path) {
        Ok(connection) => Ok(Some(connection)),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) => {
            Ok(None)
        }
        Err(error) => Err(Error::os(format_args!("connecting to {}", path.display()), error)),
    }
}

/// Starts a supervisor, which has the first connection to it waiting already: if this process goes before it
/// has asked for anything, it finds that closed, and goes too.
fn spawn(store: &Store, lab: &LabName, dir: &Path) -> Result<UnixStream> {
    let Some(Supervisor { program, words }) = &store.supervisor else {
        let message = "a lab with processes needs a supervisor, and the program has not said how to start one";
        return Err(Error::new(ErrorKind::Unsupported, message).with_help("Store::with_supervisor says that"));
    };
    let path = dir.join(SOCKET);
    let _ = std::fs::remove_file(&path);
    let failed = |error| Error::os(format_args!("making {}", path.display()), error);
    let mask = rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let listener = UnixListener::bind(&path);
    rustix::process::umask(mask);
    let listener = listener.map_err(failed)?;
    let connection = UnixStream::connect(&path).map_err(failed)?;
    let (name, words) = words.split_first().map_or((None, [].as_slice()), |(name, words)| (Some(name), words));
    let mut command = Command::new(program);
    command.args(words).arg(lab.as_str()).current_dir("/");
    if let Some(name) = name {
        command.arg0(name);
    }
    command.stdin(OwnedFd::from(listener)).stdout(Stdio::null()).stderr(Stdio::null());
    // It outlives this process; whoever ends as its child's parent is asked for nothing.
    let child = command.spawn().map_err(|error| Error::os(format_args!("starting {}", program.display()), error))?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    if let Some(pid) = Pid::from_raw(pid) {
        // What this process has room for is its own business.
        let _ = prlimit(Some(pid), Resource::Nofile, descriptors::usual_limit());
    }
    // On record before it is asked for anything, so that whoever comes next finds it.
    let supervisor = Handle::of(pid);
    let gone = || Error::new(ErrorKind::Kernel, format!("{} ended at once", program.display()));
    state::write(dir, &Processes { supervisor: supervisor.ok_or_else(gone)?, processes: Vec::new() })?;
    Ok(connection)
}

/// One that is stopped answers nobody.
fn check_running(dir: &Path) -> Result<()> {
    let Some(pid) = state::read(dir)?.map(|known| known.supervisor.pid).filter(|pid| handle::is_stopped(*pid)) else {
        return Ok(());
    };
    let message = format!("the supervisor of the lab's processes, process {pid}, is stopped and answers nobody");
    Err(Error::new(ErrorKind::Busy, message).with_help(format!("kill -CONT {pid} lets it go on")))
}

fn ask(dir: &Path, connection: UnixStream, request: &Request) -> Result<()> {
    let failed = |error| Error::os("speaking to the supervisor of the lab's processes", error);
    let mut text = serde_json::to_vec(request).map_err(|error| Error::invalid(format!("a request: {error}")))?;
    text.push(b'\n');
    (&connection).write_all(&text).map_err(failed)?;
    connection.set_read_timeout(Some(LOOK)).map_err(failed)?;
    let (mut line, mut reader) = (Vec::new(), BufReader::new(&connection));
    // What has been read by then stays when the time is over.
    while let Err(error) = reader.read_until(b'\n', &mut line) {
        match error.kind() {
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => check_running(dir)?,
            _ => return Err(failed(error)),
        }
    }
    match serde_json::from_slice(&line) {
        Ok(Reply::Done) => Ok(()),
        Ok(Reply::Failed { id, why, log }) => {
            let mut message = format!("process {id} {why}");
            if !log.is_empty() {
                message.push_str("; the last that it printed:");
                log.iter().for_each(|line| message.push_str(&format!("\n  {line}")));
            }
            Err(Error::new(ErrorKind::Kernel, message))
        }
        Err(_) => Err(Error::new(ErrorKind::Kernel, "the supervisor of the lab's processes went without an answer")),
    }
}
