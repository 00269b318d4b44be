//! `nslab logs`: what the processes of a node have printed.

use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nslab::lab::Store;
use nslab::{Error, ErrorKind, Result};
use rustix::fs::inotify::{self, ReadFlags, WatchFlags};

use super::{Verdict, which};
use crate::output::answer;

/// Show what the processes of a node have printed
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nslab logs -f server/web\n\n\
    Of each process the last 1 to 2 MiB are kept, as long as the lab is up.")]
pub(super) struct Args {
    /// NODE or NODE/NAME; LAB/NODE/NAME where several labs have such a node
    process: String,
    /// Only the last lines, so many of each process
    #[arg(short = 'n', long, value_name = "N")]
    lines: Option<usize>,
    /// Go on with what is printed from now on, until the lab is down
    #[arg(short, long)]
    follow: bool,
}

pub(super) fn run(args: &Args) -> Result<Verdict> {
    let mut tails = tails(&Store::default(), &args.process)?;
    let names = tails.len() > 1;
    let watch = if args.follow { watch(&tails)? } else { None };
    for tail in &mut tails {
        let text = tail.beginning()?;
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let skipped = args.lines.map_or(0, |most| lines.len().saturating_sub(most));
        let shown: String = lines.into_iter().skip(skipped).collect();
        answer(&tail.shown(&shown, names))?;
    }
    let Some(watch) = watch else { return Ok(Verdict::Good) };
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(&watch, &mut buffer);
    loop {
        let event = reader.next().map_err(|errno| Error::os("waiting for output", errno))?;
        let over = event.events().contains(ReadFlags::IGNORED);
        for tail in &mut tails {
            let text = tail.more()?;
            answer(&tail.shown(&text, names))?;
        }
        if over {
            return Ok(Verdict::Good);
        }
    }
}

/// The end of a log that was shown so far.
struct Tail {
    name: String,
    path: PathBuf,
    file: Option<File>,
    /// A line that has not ended yet, where lines have names in front.
    part: String,
}

impl Tail {
    /// All that is kept, the older file first.
    fn beginning(&mut self) -> Result<String> {
        let mut old = self.path.clone().into_os_string();
        old.push(".1");
        let mut text = match File::open(Path::new(&old)) {
            Ok(mut file) => read(&mut file, &self.path)?,
            Err(_) => String::new(),
        };
        text.push_str(&self.more()?);
        Ok(text)
    }

    /// What came since.
    fn more(&mut self) -> Result<String> {
        let mut text = match &mut self.file {
            Some(file) => read(file, &self.path)?,
            None => String::new(),
        };
        let there = std::fs::metadata(&self.path).ok().map(|metadata| metadata.ino());
        let ours = self.file.as_ref().and_then(|file| file.metadata().ok()).map(|metadata| metadata.ino());
        if there.is_some() && there != ours {
            self.file = File::open(&self.path).ok();
            if let Some(file) = &mut self.file {
                text.push_str(&read(file, &self.path)?);
            }
        }
        Ok(text)
    }

    /// With the process's name in front of each line, where there are several.
    fn shown(&mut self, text: &str, names: bool) -> String {
        if !names {
            return text.to_owned();
        }
        self.part.push_str(text);
        let whole = self.part.rfind('\n').map_or(0, |end| end + 1);
        let rest = self.part.split_off(whole);
        let lines = std::mem::replace(&mut self.part, rest);
        lines.lines().map(|line| format!("{} | {line}\n", self.name)).collect()
    }
}

fn read(file: &mut File, path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| Error::os(format_args!("reading {}", path.display()), error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn tails(store: &Store, word: &str) -> Result<Vec<Tail>> {
    // NODE/NAME, LAB/NODE and NODE are told apart by what there is.
    let parts: Vec<&str> = word.split('/').collect();
    let (node, name) = match parts.as_slice() {
        [lab, node, name] => (format!("{lab}/{node}"), Some(*name)),
        [node, name] if which::node(store, node).is_ok() => ((*node).to_owned(), Some(*name)),
        _ => (word.to_owned(), None),
    };
    let found = which::node(store, &node)?;
    let known = store.processes(&found.lab)?.map(|known| known.processes).unwrap_or_default();
    let of_node: Vec<_> = known.into_iter().filter(|status| status.id.node == found.node.name).collect();
    let wanted = of_node.iter().filter(|status| name.is_none_or(|name| status.id.name.as_str() == name));
    let tail = |status: &nslab::lab::process::Status| Tail {
        name: status.id.name.to_string(),
        path: store.log_file(&found.lab, &status.id),
        file: None,
        part: String::new(),
    };
    let tails: Vec<Tail> = wanted.map(tail).collect();
    if !tails.is_empty() {
        return Ok(tails);
    }
    let names: Vec<&str> = of_node.iter().map(|status| status.id.name.as_str()).collect();
    let message = match name {
        Some(name) => format!("node {node} has no process {name:?}"),
        None => format!("node {node} has no processes"),
    };
    let help = if names.is_empty() {
        "the lab file's `run` gives it some".into()
    } else {
        format!("it has: {}", names.join(", "))
    };
    Err(Error::new(ErrorKind::NotFound, message).with_help(help))
}

/// Hears of writes to the logs of a node. None where nothing was ever written.
fn watch(tails: &[Tail]) -> Result<Option<std::os::fd::OwnedFd>> {
    let failed = |errno| Error::os("watching logs", errno);
    let Some(folder) = tails.first().and_then(|tail| tail.path.parent()) else { return Ok(None) };
    let fd = inotify::init(inotify::CreateFlags::CLOEXEC).map_err(failed)?;
    let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::DELETE_SELF;
    inotify::add_watch(&fd, folder, flags).map_err(failed)?;
    Ok(Some(fd))
}
