//! The verbs of the labs: one verb, one file.

mod capture;
mod check;
mod cidr;
mod diff;
mod doctor;
mod down;
mod exec;
mod graph;
mod logs;
mod ls;
mod pages;
mod rootless;
mod save;
mod schema;
mod set;
mod shell;
mod sight;
mod status;
mod supervise;
mod trace;
mod up;
mod which;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nslab::Error;

use crate::output::{self, ColorWhen};

/// Networks made of Linux network namespaces, on one machine.
#[derive(Debug, Parser)]
#[command(name = "nslab", version, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Words {
    #[command(subcommand)]
    verb: Verb,
    /// When to use colour; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorWhen,
    /// Say less: only the answer
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
}

const AFTER_HELP: &str = "\
Stand-ins:
  ip     iproute2's ip: nslab ip netns add ns1
  ping   iputils' ping: nslab ping -c 3 192.0.2.2

Exit status: 0 done and good; 1 done, and the answer is no; 2 misuse; 3 the machine refused.";

#[derive(Debug, Subcommand)]
enum Verb {
    Up(up::Args),
    Down(down::Args),
    Diff(diff::Args),
    Ls(ls::Args),
    Set(set::Args),
    Status(status::Args),
    Exec(exec::Args),
    Sh(exec::ShellArgs),
    Shell(shell::Args),
    Check(check::Args),
    Why(why::Args),
    Trace(trace::Args),
    Capture(capture::Args),
    Graph(graph::Args),
    Save(save::Args),
    Logs(logs::Args),
    Cidr(cidr::Args),
    Doctor(doctor::Args),
    Schema(schema::Args),
    #[command(hide = true)]
    Supervise(supervise::Args),
    Completions(pages::CompletionsArgs),
    Man(pages::ManArgs),
}

/// What a verb that did its work has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Done and good: exit status 0.
    Good,
    /// Done, and the answer is no: exit status 1.
    No,
}

/// How the user wants to be spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

impl Ui {
    /// A remark on standard error, unless only the answer is wanted.
    fn remark(self, text: &str) {
        if !self.quiet {
            output::remark(text);
        }
    }
}

/// Reads the words, does what they say, and gives the exit status.
pub(crate) fn main(words: &[OsString]) -> ExitCode {
    // Before anything is read that takes memory: it stays for as long as a lab.
    if words.get(1).is_some_and(|word| word == rootless::HOLD) {
        return ExitCode::from(u8::from(rootless::hold().is_err()));
    }
    if words.get(1).is_some_and(|word| word == rootless::ACCOMPANY) {
        return ExitCode::from(u8::from(rootless::accompany().is_err()));
    }
    let words = match Words::try_parse_from(words) {
        Ok(words) => words,
        Err(error) => {
            // Help and version go to standard output and are no misuse.
            return match error.print() {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    output::report(&Error::os("writing help", error))
                }
                _ => ExitCode::from(if error.use_stderr() { 2 } else { 0 }),
            };
        }
    };
    words.color.apply();
    let ui = Ui { quiet: words.quiet, verbose: words.verbose };
    let result = match words.verb {
        Verb::Up(args) => up::run(&args, ui),
        Verb::Down(args) => down::run(&args, ui),
        Verb::Diff(args) => diff::run(&args, ui),
        Verb::Set(args) => set::run(&args, ui),
        Verb::Status(args) => status::run(&args),
        Verb::Ls(args) => ls::run(&args),
        Verb::Exec(args) => return exec::run(&args, ui),
        Verb::Sh(args) => return exec::shell(&args, ui),
        Verb::Shell(args) => return shell::run(&args, ui),
        Verb::Check(args) => check::run(&args, ui),
        Verb::Why(args) => why::run(&args, ui),
        Verb::Trace(args) => trace::run(&args, ui),
        Verb::Capture(args) => capture::run(&args, ui),
        Verb::Graph(args) => graph::run(&args, ui),
        Verb::Save(args) => save::run(&args, ui),
        Verb::Logs(args) => logs::run(&args),
        Verb::Doctor(args) => doctor::run(&args, ui),
        Verb::Cidr(args) => cidr::run(&args, ui),
        Verb::Schema(schema::Args {}) => schema::run(),
        Verb::Supervise(args) => supervise::run(&args),
        Verb::Completions(args) => pages::completions(&args),
        Verb::Man(args) => pages::man(&args),
    };
    match result {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(error) => output::report(&error),
    }
}
