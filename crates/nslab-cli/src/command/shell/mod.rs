//! `nslab shell`: a shell in a sandbox, which is a machine of its own as far as networks go.

mod tools;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use nslab::lab::holder::{Ending, Found, Holder, Holders, Joined, Kind, Locked, Outside, Started};
use nslab::types::LabName;
use nslab::{Error, ErrorKind, Result};

use super::{Ui, rootless};
use crate::output::{self, answer};

/// Open a shell in a sandbox, in which you are root and have a network of your own
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  nslab shell\n  nslab shell play -- ip netns add ns1\n  nslab shell --down play\n\n\
    In it ip and ping are nslab's. A sandbox without a name is gone when its shell ends; one \
    with a name stays, and several terminals can be in it.\n\n\
    The exit status is that of the shell or the command."
)]
pub(super) struct Args {
    /// The sandbox's name; it is made where there is none of that name
    name: Option<LabName>,
    /// Have the machine's ip and ping in it, in place of nslab's
    #[arg(long)]
    machine_tools: bool,
    /// Give it a way out through the machine, by pasta or slirp4netns
    #[arg(long)]
    uplink: bool,
    /// End the sandbox of that name, with all that is in it
    #[arg(long, requires = "name", conflicts_with_all = ["machine_tools", "uplink", "command"])]
    down: bool,
    /// A command in place of the shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(super) fn run(args: &Args, ui: Ui) -> ExitCode {
    let own = match std::env::current_exe() {
        Ok(own) => own,
        Err(error) => return output::report(&Error::os("finding this program", error).with_help("mount /proc")),
    };
    let entered = match &args.name {
        Some(name) if args.down => {
            return match end(name, ui) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => output::report(&error),
            };
        }
        Some(name) => named(name, args.uplink, ui).map(|()| Some(name.as_str())),
        None => unnamed(args.uplink, ui).map(|()| None),
    };
    let error = match entered.and_then(|name| tools::furnish(&own, name, args.machine_tools)) {
        Ok(sandbox) => become_program(&sandbox, args, ui),
        Err(error) => return output::report(&error),
    };
    output::report(&error);
    // As a shell says it.
    ExitCode::from(if error.kind() == ErrorKind::NotFound { 127 } else { 126 })
}

fn holders() -> Result<Holders> {
    rootless::holders(Kind::Shell)
}

/// The caller's sandboxes, by name. From inside one none is in sight.
pub(super) fn held() -> Result<Vec<(OsString, Result<Found>)>> {
    if tools::sandbox_here().is_some() {
        return Ok(Vec::new());
    }
    match holders() {
        // To root, who may have another user's environment (sudo), this is not what was asked for.
        Err(_) if rootless::is_root() => Ok(Vec::new()),
        holders => holders?.list(),
    }
}

/// Who is in one already sees the processes of that alone, and would take all others for ended.
fn refuse_nested() -> Result<()> {
    match tools::sandbox_here() {
        None => Ok(()),
        Some(name) => {
            let message = format!("this is inside a sandbox of nslab shell already: {name}");
            Err(Error::invalid(message).with_help("leave it first (exit), or go on in another terminal"))
        }
    }
}

/// Clears away the records of sandboxes that were ended from outside, or whose shell was.
fn clear_ended(holders: &Holders, except: Option<&LabName>) -> Result<()> {
    for (name, found) in holders.list()? {
        // What is wrong with one is told when that is asked for.
        let name = name.to_str().and_then(|name| name.parse::<LabName>().ok());
        if let (Some(name), Ok(Found::Ended)) = (name.filter(|name| Some(name) != except), found) {
            let locked = holders.lock(&name, || ())?;
            if let Some(Found::Ended) = locked.find()? {
                locked.clear()?;
            }
        }
    }
    Ok(())
}

/// Goes on inside the sandbox of a name.
fn named(name: &LabName, uplink: bool, ui: Ui) -> Result<()> {
    refuse_nested()?;
    let holders = holders()?;
    clear_ended(&holders, Some(name))?;
    if let Some(Found::Alive(holder)) = holders.find(name)?
        && holder.is_complete()
        && !uplink
    {
        return join(&holder);
    }
    let locked = holders.lock(name, || ui.remark(&format!("waiting for another command on sandbox {name}")))?;
    let holder = match locked.find()? {
        Some(Found::Alive(holder)) => {
            if uplink {
                rootless::way_out().ensure(&locked, &holder)?;
            }
            holder
        }
        _ => {
            let mut started = start(&locked, uplink)?;
            started.complete(&locked)?;
            started.into_holder()
        }
    };
    drop(locked);
    join(&holder)
}

/// Starts a holder; it goes with this process until it is complete.
fn start(locked: &Locked, uplink: bool) -> Result<Started> {
    let started = locked.start(&rootless::program())?;
    if uplink && let Err(error) = rootless::way_out().ensure(locked, &started.holder) {
        started.holder.end_all().and_then(|()| locked.find().map(drop))?;
        return Err(error);
    }
    Ok(started)
}

/// Goes on inside a sandbox that ends when this does.
fn unnamed(uplink: bool, ui: Ui) -> Result<()> {
    refuse_nested()?;
    let name: LabName = format!("shell-{}", std::process::id()).parse()?;
    let holders = holders()?;
    clear_ended(&holders, None)?;
    let locked = holders.lock(&name, || ui.remark(&format!("waiting for another command on sandbox {name}")))?;
    if let Some(Found::Alive(holder)) = locked.find()? {
        // It was made complete by nobody, so nobody wants it.
        holder.end_all()?;
    }
    let started = start(&locked, uplink)?;
    match started.holder.join()? {
        Joined::Inside => Ok(()),
        Joined::Outside(outside) => {
            let ending = wait(&outside);
            // By now it may have been ended by its name.
            if let Err(error) = started.holder.end_all().and_then(|()| locked.clear()) {
                output::report(&error);
            }
            leave(ending)
        }
    }
}

fn join(holder: &Holder) -> Result<()> {
    match holder.join()? {
        Joined::Inside => Ok(()),
        Joined::Outside(outside) => leave(wait(&outside)),
    }
}

fn wait(outside: &Outside) -> Ending {
    outside.wait().unwrap_or_else(|error| {
        output::report(&error);
        Ending::Exited(3)
    })
}

/// Ends this process, which is outside, as the one inside has.
fn leave(ending: Ending) -> ! {
    std::process::exit(ending.follow().into())
}

/// Returns only if it cannot.
fn become_program(sandbox: &tools::Sandbox, args: &Args, ui: Ui) -> Error {
    let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".into());
    let (program, words): (&OsStr, Vec<OsString>) = match args.command.split_first() {
        Some((program, words)) => (program, words.to_vec()),
        None => {
            ui.remark(&sandbox.greeting());
            let is_bash = Path::new(&shell).file_name() == Some(OsStr::new("bash"));
            (&shell, if is_bash { sandbox.bash_words() } else { Vec::new() })
        }
    };
    let failed = Command::new(program).args(words).envs(sandbox.variables()).exec();
    Error::os(format_args!("running \"{}\" in {}", program.display(), sandbox.shown()), failed)
}

/// Ends a sandbox.
fn end(name: &LabName, ui: Ui) -> Result<()> {
    refuse_nested()?;
    let holders = holders()?;
    let ended = match holders.find(name)? {
        None => {
            let names: Vec<String> = holders.list()?.iter().map(|(name, _)| name.display().to_string()).collect();
            let help = match names.as_slice() {
                [] => "there is none; nslab shell NAME makes one".into(),
                names => format!("there are: {}", names.join(", ")),
            };
            return Err(Error::new(ErrorKind::NotFound, format!("no sandbox \"{name}\"")).with_help(help));
        }
        // Who is in it has its record locked, and clears it.
        Some(Found::Alive(holder)) if !holder.is_complete() => {
            holder.end_all()?;
            true
        }
        Some(_) => {
            let locked = holders.lock(name, || ui.remark(&format!("waiting for another command on sandbox {name}")))?;
            let alive = match locked.find()? {
                Some(Found::Alive(holder)) => holder.end_all().map(|()| true)?,
                _ => false,
            };
            locked.clear()?;
            alive
        }
    };
    if ui.quiet {
        return Ok(());
    }
    answer(&format!("sandbox {name} is down{}\n", if ended { "" } else { ": it had ended by itself" }))
}
