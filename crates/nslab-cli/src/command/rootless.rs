//! Labs without root: which holder a command joins, and what becomes of it.
//!
//! Each of these functions is called while the process has a single thread. Where one joins, it returns in the process
//! that is inside, where all is as it is for root; the one outside waits for that and ends as it does.

use std::ffi::OsString;
use std::io::Read;
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nslab::lab::holder::{
    self, Ending, Found, Holder, Holders, Ids, Joined, Kind, Locked, Outside, Program, Started, WayOut,
};
use nslab::lab::{Record, Store};
use nslab::topology::plan::Plan;
use nslab::types::{LabName, NodeName};
use nslab::{Error, ErrorKind, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::de::DeserializeOwned;

use super::Ui;
use super::ls::Row;
use crate::output;

/// The word that has this program hold a lab; nothing that people type.
pub(super) const HOLD: &str = "hold";

/// Whether this process is inside a holder by its own doing.
static JOINED: AtomicBool = AtomicBool::new(false);

/// The word that has it go with a holder's way out.
pub(super) const ACCOMPANY: &str = "accompany";

/// What [`HOLD`] does.
pub(super) fn hold() -> Result<()> {
    holder::hold(std::io::stdin().as_fd())
}

/// What [`ACCOMPANY`] does.
pub(super) fn accompany() -> Result<()> {
    holder::accompany(std::io::stdin().as_fd())
}

pub(super) fn program() -> Program {
    Program { program: "/proc/self/exe".into(), words: vec!["nslab".into(), HOLD.into()] }
}

/// Whether the labs are those under /run/nslab: to root, and to who has joined.
pub(super) fn is_root() -> bool {
    JOINED.load(Ordering::Relaxed) || holder::is_root()
}

/// Whether this process is inside a holder by its own doing.
pub(super) fn has_joined() -> bool {
    JOINED.load(Ordering::Relaxed)
}

/// The holders of the caller's labs.
pub(super) fn own() -> Result<Holders> {
    holders(Kind::Lab)
}

/// The holders of the caller, of a kind.
pub(super) fn holders(kind: Kind) -> Result<Holders> {
    let named = std::env::var_os("XDG_RUNTIME_DIR").filter(|named| !named.is_empty()).map(PathBuf::from);
    Holders::own(kind, named.as_deref())
}

/// The caller's labs that are held, by name.
pub(super) fn held() -> Result<Vec<(OsString, Result<Found>)>> {
    if is_root() { Ok(Vec::new()) } else { own()?.list() }
}

/// Joins the lab of this name, or without a name the only one, where it is held. Where it is under /run/nslab and may be
/// worked on from here, or is nowhere, does nothing.
pub(super) fn reach(store: &Store, lab: Option<&LabName>) -> Result<()> {
    if JOINED.load(Ordering::Relaxed) {
        return Ok(());
    }
    if holder::is_root() {
        return match lab {
            Some(lab) if !is_there(store, lab) => of_users(lab)?.map_or(Ok(()), |holder| join(&holder)),
            _ => Ok(()),
        };
    }
    let Some(lab) = lab else { return reach_only(store) };
    match own()?.find(lab)? {
        Some(Found::Alive(holder)) => join(&holder),
        Some(Found::Ended) => Err(ended(lab)),
        None => refuse_others(store, lab),
    }
}

/// The same, for what may as well not be up.
pub(super) fn reach_if_up(store: &Store, lab: &LabName) -> Result<()> {
    match reach(store, Some(lab)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        reached => reached,
    }
}

fn reach_only(store: &Store) -> Result<()> {
    let (mut alive, mut names) = (Vec::new(), Vec::new());
    for (name, found) in own()?.list()? {
        if let Found::Alive(holder) = found? {
            alive.push(holder);
            names.push(name.display().to_string());
        }
    }
    let others = store.labs()?;
    match (alive.pop(), alive.is_empty(), others.first()) {
        (Some(holder), true, _) => join(&holder),
        (Some(_), false, _) => {
            let help = format!("labs that are up: {}", names.join(", "));
            Err(Error::invalid("several labs are up: say which").with_help(help))
        }
        (None, _, Some((name, _))) => Err(of_root(&name.display().to_string())),
        (None, _, None) => Ok(()),
    }
}

/// Joins the lab with a node of this name, where it is held; the lab may be named.
pub(super) fn reach_node(store: &Store, lab: Option<&str>, node: &str) -> Result<()> {
    if let Some(lab) = lab {
        // What is no name is told of by who looks for the node.
        return lab.parse().map_or(Ok(()), |lab| reach(store, Some(&lab)));
    }
    if is_root() {
        return Ok(());
    }
    let Ok(name) = node.parse::<NodeName>() else { return Ok(()) };
    let has = |record: &Record| record.nodes.iter().any(|node| node.name == name);
    let (mut holders, mut labs) = (Vec::new(), Vec::new());
    for (lab, found) in own()?.list()? {
        if let Ok(Found::Alive(holder)) = found
            && holder.store().labs()?.iter().any(|(_, record)| record.as_ref().is_ok_and(has))
        {
            holders.push(holder);
            labs.push(lab);
        }
    }
    match (holders.pop(), labs.as_slice()) {
        (Some(holder), [_]) => join(&holder),
        (Some(_), [lab, ..]) => Err(Error::invalid(format!("several labs have a node {node}: say which"))
            .with_help(format!("for example {}/{node}", lab.display()))),
        _ => {
            let others = store.labs()?;
            let of = others.iter().find(|(_, record)| record.as_ref().is_ok_and(has));
            of.map_or(Ok(()), |(lab, _)| Err(of_root(&lab.display().to_string())))
        }
    }
}

/// Whether there is a lab of this name that [`reach`] would reach.
pub(super) fn is_known(store: &Store, lab: &LabName) -> bool {
    let held =
        || if is_root() { of_users(lab).map(|it| it.is_some()) } else { own()?.find(lab).map(|it| it.is_some()) };
    is_there(store, lab) || held().unwrap_or(false)
}

fn is_there(store: &Store, lab: &LabName) -> bool {
    !matches!(store.read(lab), Err(error) if error.kind() == ErrorKind::NotFound)
}

/// A lab of another user's, for root.
fn of_users(lab: &LabName) -> Result<Option<Holder>> {
    let mut found = Vec::new();
    for holders in Holders::others(Kind::Lab) {
        // Of what is not safe root believes nothing.
        if let Ok(Some(Found::Alive(holder))) = holders.find(lab) {
            found.push(holder);
        }
    }
    match (found.pop(), found.pop()) {
        (Some(one), Some(other)) => {
            let [one, other] = [one, other].map(|holder| user(holder.uid()));
            Err(Error::invalid(format!("several users have a lab \"{lab}\": {other} and {one}, at the least"))
                .with_help("give the command as one of them"))
        }
        (holder, _) => Ok(holder),
    }
}

/// A user's name, or number.
pub(super) fn user(uid: u32) -> String {
    holder::user_name(uid).unwrap_or_else(|| uid.to_string())
}

fn ended(lab: &LabName) -> Error {
    Error::new(ErrorKind::NotFound, format!("lab \"{lab}\" is gone: the process that held it has ended"))
        .with_help("nslab up with the lab's file makes it anew; nslab down takes it off the list")
}

fn of_root(lab: &str) -> Error {
    Error::new(ErrorKind::Permission, format!("lab \"{lab}\" is root's")).with_help("run it as root")
}

/// A lab that the caller has not is perhaps another's.
fn refuse_others(store: &Store, lab: &LabName) -> Result<()> {
    if is_there(store, lab) {
        return Err(of_root(lab.as_str()));
    }
    match holder::seen(lab) {
        Some((pid, uid)) => {
            let user = user(uid);
            let message =
                format!("lab \"{lab}\" is user {user}'s (held by process {pid}), and you have none of that name");
            Err(Error::new(ErrorKind::Permission, message).with_help(format!("only {user} and root may join it")))
        }
        None => Ok(()),
    }
}

/// Joins, and returns inside.
fn join(holder: &Holder) -> Result<()> {
    if let Some(outside) = enter(holder)? {
        finish(wait(&outside), holder, None);
    }
    Ok(())
}

/// Joins. Gives what waits to the process that is outside. Root is told whose lab it is, for a user may have given it any
/// name.
fn enter(holder: &Holder) -> Result<Option<Outside>> {
    if holder::is_root() && holder.uid() != 0 {
        output::remark(&format!("this lab is user {}'s: going on as that user", user(holder.uid())));
    }
    match holder.join()? {
        Joined::Inside => {
            JOINED.store(true, Ordering::Relaxed);
            Ok(None)
        }
        Joined::Outside(outside) => Ok(Some(outside)),
    }
}

fn wait(outside: &Outside) -> Ending {
    outside.wait().unwrap_or_else(|error| {
        failed(&error);
        Ending::Exited(3)
    })
}

/// What a command ends with that is refused by the machine.
fn failed(error: &Error) -> i32 {
    output::report(error);
    3
}

/// Ends this process, which is outside, as the one inside has. The record of a holder that has ended is cleared by who has
/// it locked.
fn finish(ending: Ending, holder: &Holder, locked: Option<Locked>) -> ! {
    // The kernel ends what is inside first.
    if ending == Ending::Killed(9) && holder.ends_within(Duration::from_secs(1)) {
        let gone = Error::new(ErrorKind::Kernel, "the lab is gone: the process that held it has ended");
        output::report(&gone);
        if let Some(Err(error)) = locked.map(Locked::clear) {
            output::report(&error);
        }
        std::process::exit(3);
    }
    std::process::exit(ending.follow().into())
}

/// A lab without root that is being made or changed.
pub(super) struct Making {
    locked: Locked,
    /// Never dropped: that would end the holder, and this process, before it has said what went wrong.
    started: Option<ManuallyDrop<Started>>,
    /// Which ids of users there are inside.
    pub(super) ids: Ids,
}

impl Making {
    /// The lab is up; its holder stays.
    pub(super) fn complete(mut self) -> Result<()> {
        match self.started.take() {
            Some(mut started) => started.complete(&self.locked),
            None => Ok(()),
        }
    }
}

/// How a holder gets a way out.
pub(super) fn way_out() -> WayOut {
    let companion = Program { program: "/proc/self/exe".into(), words: vec!["nslab".into(), ACCOMPANY.into()] };
    WayOut { companion, path: std::env::var_os("PATH").unwrap_or_default() }
}

/// For `up`: joins the lab's holder, which is started where there is none, with a way out where the plan has an uplink.
/// Root needs none.
pub(super) fn make(plan: &Plan, ui: Ui) -> Result<Option<Making>> {
    if is_root() {
        return Ok(None);
    }
    let lab = &plan.lab;
    let wants_out = plan.uplink.is_some();
    let locked = own()?.lock(lab, || ui.remark(&format!("waiting for another command on lab {lab}")))?;
    if let Some(Found::Alive(holder)) = locked.find()? {
        let ids = holder.ids();
        if wants_out {
            way_out().ensure(&locked, &holder)?;
        }
        let Some(outside) = enter(&holder)? else {
            if wants_out {
                holder::forward()?;
            }
            return Ok(Some(Making { locked, started: None, ids }));
        };
        let ending = wait(&outside);
        // One that the lab has no more goes last: had the change failed, it would still be needed.
        if ending == Ending::Exited(0)
            && !wants_out
            && let Err(error) = WayOut::end(&locked)
        {
            output::report(&error);
        }
        finish(ending, &holder, Some(locked));
    }
    let started = locked.start(&program())?;
    if wants_out && let Err(error) = way_out().ensure(&locked, &started.holder) {
        started.into_holder().end().and_then(|()| locked.clear())?;
        return Err(error);
    }
    let ids = started.holder.ids();
    let Some(outside) = enter(&started.holder)? else {
        let started = ManuallyDrop::new(started);
        if wants_out {
            holder::forward()?;
        }
        return Ok(Some(Making { locked, started: Some(started), ids }));
    };
    // From here on it is held by who is inside.
    let holder = started.into_holder();
    let ending = wait(&outside);
    // Nothing of a lab that was not made is left when this returns.
    if ending != Ending::Exited(0) && !locked.is_complete() {
        if let Err(error) = holder.end().and_then(|()| locked.clear()) {
            output::report(&error);
        }
        std::process::exit(ending.follow().into());
    }
    finish(ending, &holder, Some(locked))
}

/// For `down`: what there is to do for a lab.
pub(super) enum Leaving {
    /// It is under /run/nslab, if it is anywhere.
    Here,
    /// So it is now, for this process is inside.
    Inside,
    /// It had ended by itself, and is off the list now.
    Ended,
}

/// For `down`: joins the lab's holder, which the process outside ends when all is done inside.
pub(super) fn leave(store: &Store, lab: &LabName, ui: Ui) -> Result<Leaving> {
    let holders = if !is_root() {
        own()?
    } else if JOINED.load(Ordering::Relaxed) || is_there(store, lab) {
        return Ok(Leaving::Here);
    } else {
        match of_users(lab)? {
            Some(holder) => Holders::of(Kind::Lab, holder.uid()),
            None => return Ok(Leaving::Here),
        }
    };
    if !holders.have_any()? {
        return refuse_others(store, lab).map(|()| Leaving::Here);
    }
    let locked = holders.lock(lab, || ui.remark(&format!("waiting for another command on lab {lab}")))?;
    match locked.find()? {
        // What a command that was killed has left goes with the lock.
        None => refuse_others(store, lab).map(|()| Leaving::Here),
        Some(Found::Ended) => locked.clear().map(|()| Leaving::Ended),
        Some(Found::Alive(holder)) => {
            let Some(outside) = enter(&holder)? else { return Ok(Leaving::Inside) };
            let ending = wait(&outside);
            if ending != Ending::Exited(0) {
                finish(ending, &holder, Some(locked));
            }
            let status = holder.end().and_then(|()| locked.clear()).map_or_else(|error| failed(&error), |()| 0);
            std::process::exit(status)
        }
    }
}

/// The labs of other users, for root: each user is asked by another process of this program, which is that user's, for
/// what is inside is theirs to make. One that cannot be asked has none.
pub(super) fn rows_of_users() -> Vec<Row> {
    if JOINED.load(Ordering::Relaxed) || !holder::is_root() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for holders in Holders::others(Kind::Lab) {
        let found = holders.list().unwrap_or_default();
        let alive = found.into_iter().find_map(|(_, found)| match found {
            Ok(Found::Alive(holder)) => holder.gid(),
            _ => None,
        });
        let Some(gid) = alive else { continue };
        let mut command = Command::new("/proc/self/exe");
        command.arg0("nslab").args(["ls", "--json"]).env_clear().uid(holders.uid()).gid(gid);
        let Some(said) = hear(command.stdin(Stdio::null()).stderr(Stdio::null())) else { continue };
        let theirs: Vec<Row> = serde_json::from_slice(&said).unwrap_or_default();
        let user = user(holders.uid());
        rows.extend(theirs.into_iter().filter(Row::is_own).map(|row| row.of(user.clone())));
    }
    rows
}

/// What a program says that is a user's, who may stop it, or have it say anything: none where that is too much, or takes
/// too long.
fn hear(command: &mut Command) -> Option<Vec<u8>> {
    const PATIENCE: Duration = Duration::from_secs(10);
    const MOST: usize = 16 << 20;
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    let deadline = Instant::now() + PATIENCE;
    let mut said = Vec::new();
    let mut next = |stdout: &mut ChildStdout| {
        let left = Timespec::try_from(deadline.checked_duration_since(Instant::now())?).ok()?;
        let polled = poll(&mut [PollFd::new(stdout, PollFlags::IN)], Some(&left));
        if !matches!(polled, Ok(1..)) {
            return (polled == Err(rustix::io::Errno::INTR)).then_some(false);
        }
        let mut part = [0; 4096];
        let count = stdout.read(&mut part).ok()?;
        said.extend_from_slice(part.get(..count)?);
        (said.len() <= MOST).then_some(count == 0)
    };
    let mut stdout = child.stdout.take();
    let ended = loop {
        match stdout.as_mut().and_then(&mut next) {
            Some(false) => {}
            ended => break ended,
        }
    };
    let _ = child.kill();
    let _ = child.wait();
    ended.map(|_| said)
}

/// Whether a lab is held, and not under /run/nslab.
pub(super) fn is_held(store: &Store, lab: &LabName) -> bool {
    !is_root() || !is_there(store, lab)
}

/// Has another process of this program take a lab down; what it says is given where that is wanted as JSON.
pub(super) fn again<T: DeserializeOwned>(lab: &LabName, json: bool, ui: Ui) -> Result<Vec<T>> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("nslab").args(ui.quiet.then_some("--quiet")).args(ui.verbose.then_some("--verbose")).arg("down");
    command.args(json.then_some("--json")).arg(lab.as_str());
    let started = |error| Error::os("starting this program again", error);
    let failed = || Error::new(ErrorKind::Kernel, format!("lab \"{lab}\" was not taken down"));
    if !json {
        let status = command.status().map_err(started)?;
        return if status.success() { Ok(Vec::new()) } else { Err(failed()) };
    }
    let output = command.stderr(Stdio::inherit()).output().map_err(started)?;
    serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success()).ok_or_else(failed)
}
