//! `nslab exec` and `nslab sh`: this process becomes the program, inside the node.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nslab::lab::Store;
use nslab::namespace::{become_host, become_namespace};
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
    let variables = match enter(node, ui) {
        Ok(variables) => variables,
        Err(error) => return output::report(&error),
    };
    let error = Command::new(program).args(rest).envs(variables).exec();
    let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    output::report(&Error::os(format_args!("running \"{}\" in {node}", program.display()), error));
    ExitCode::from(status)
}

/// Moves this process into a node, and gives the variables that its programs have.
fn enter(word: &str, ui: Ui) -> Result<BTreeMap<String, String>> {
    let store = Store::default();
    let which::Found { lab, node, env: mut variables } = which::node(&store, word)?;
    let name = node.name.as_str();
    let mut warnings = become_namespace(&store.open_node(&lab, &node)?, &node.netns_name())?;
    warnings.extend(become_host(name, &store.hosts_file(&lab))?);
    for warning in warnings {
        ui.remark(&format!("nslab: {warning}"));
    }
    variables.insert("NSLAB_LAB".into(), lab.to_string());
    variables.insert("NSLAB_NODE".into(), name.to_owned());
    Ok(variables)
}
