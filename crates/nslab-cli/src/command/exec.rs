//! `nslab exec` and `nslab sh`: this process becomes the program, inside the node.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nslab::lab::Store;
use nslab::namespace::become_named;
use nslab::{Error, Result};

use super::{Ui, which};
use crate::output;

/// Run a program in a node
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab exec ns1 nslab ping -c 3 192.0.2.2\n\n\
    The exit status is the program's own; 127 if there is no such program, 126 if it cannot be run.")]
pub(super) struct Args {
    /// The node, or LAB/NODE
    node: String,
    /// The program and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Open a shell in a node
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab sh ns1\n\nThe shell is $SHELL, or /bin/sh.")]
pub(super) struct ShellArgs {
    /// The node, or LAB/NODE
    node: String,
}

pub(super) fn run(args: &Args, ui: Ui) -> ExitCode {
    let Some((program, rest)) = args.command.split_first() else {
        return ExitCode::from(2);
    };
    become_program(&args.node, program, rest, ui)
}

pub(super) fn shell(args: &ShellArgs, ui: Ui) -> ExitCode {
    let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".into());
    become_program(&args.node, &shell, &[], ui)
}

/// Returns only if that failed.
fn become_program(node: &str, program: &OsStr, rest: &[OsString], ui: Ui) -> ExitCode {
    let (lab, name) = match enter(node, ui) {
        Ok(entered) => entered,
        Err(error) => return output::report(&error),
    };
    let error = Command::new(program).args(rest).env("NSLAB_LAB", lab).env("NSLAB_NODE", name).exec();
    let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    output::report(&Error::os(format_args!("running \"{}\" in {node}", program.display()), error));
    ExitCode::from(status)
}

/// Moves this process into a node, and gives the names of lab and node.
fn enter(word: &str, ui: Ui) -> Result<(String, String)> {
    let store = Store::default();
    let (lab, node) = which::node(&store, word)?;
    let name = OsStr::new(node.name.as_str());
    store.check_node(&lab, &node)?;
    for warning in become_named(store.names(), name)? {
        ui.remark(&format!("nslab: {warning}"));
    }
    Ok((lab.to_string(), node.name.to_string()))
}
