//! `nslab completions` and `nslab man`: what others want to know of the verbs, from the verbs themselves.

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use nslab::{Error, Result};

use super::{Verdict, Words};
use crate::output::answer;

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab completions bash >/etc/bash_completion.d/nslab")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print a man page
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab man up | man -l -")]
pub(super) struct ManArgs {
    /// The command that it is about; without one, nslab itself
    command: Option<String>,
}

/// What the foot of a page says.
const SOURCE: &str = concat!("nslab ", env!("CARGO_PKG_VERSION"));

pub(super) fn completions(args: &CompletionsArgs) -> Result<Verdict> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut whole(), "nslab", &mut text);
    print(&text)
}

pub(super) fn man(args: &ManArgs) -> Result<Verdict> {
    let whole = whole();
    let about = match &args.command {
        None => &whole,
        Some(word) => whole.find_subcommand(word).ok_or_else(|| {
            let shown = whole.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help");
            let names: Vec<&str> = shown.map(Command::get_name).collect();
            Error::invalid(format!("nslab has no command {word:?}")).with_help(format!("it has: {}", names.join(", ")))
        })?,
    };
    let mut text = Vec::new();
    Man::new(about.clone()).source(SOURCE).render(&mut text).map_err(|error| Error::os("writing a man page", error))?;
    print(&text)
}

fn print(text: &[u8]) -> Result<Verdict> {
    answer(&String::from_utf8_lossy(text))?;
    Ok(Verdict::Good)
}

/// The verbs and the stand-ins, whose words are not clap's.
fn whole() -> Command {
    let stand_in = |name, about| {
        let words = Arg::new("WORDS").num_args(0..).allow_hyphen_values(true).trailing_var_arg(true);
        Command::new(name).about(about).disable_help_flag(true).arg(words.help("Its own words"))
    };
    let mut whole =
        Words::command().subcommand(stand_in("ip", "iproute2's ip")).subcommand(stand_in("ping", "iputils' ping"));
    whole.build();
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_is_completed() {
        let whole = whole();
        let names: Vec<&str> = whole.get_subcommands().map(Command::get_name).collect();
        assert!(names.contains(&"up") && names.contains(&"ip"), "{names:?}");
        for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut whole.clone(), "nslab", &mut text);
            let text = String::from_utf8(text).unwrap();
            assert!(names.iter().all(|name| text.contains(name)), "{shell}");
        }
        for command in whole.get_subcommands() {
            let mut text = Vec::new();
            Man::new(command.clone()).render(&mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            let title = format!(".TH nslab-{} 1", command.get_name());
            assert!(text.contains(&title), "{title}: {text}");
        }
    }
}
