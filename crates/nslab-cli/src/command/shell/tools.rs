//! What is in a sandbox for who works in it: programs, a prompt, and a word that says where one is.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nslab::{Error, Result};

use crate::applet;

/// All of it. Nothing of the machine's is there: /run is the sandbox's own.
const FOLDER: &str = "/run/nslab-shell";
/// The sandbox's name; empty where it has none.
const NAME: &str = "name";
/// Links to nslab, by the names of what it stands in for.
const TOOLS: &str = "tools";
/// What is always there.
const ALWAYS: &str = "bin";
const BASHRC: &str = "bashrc";

/// Inside, who asks is root. The machine's sudo would refuse to work, for its file is not root's there.
const SUDO: &str = r#"#!/bin/sh
# In here you are root already: what is behind the options is run as it is.
while :; do
    case $1 in
    -n | -E | -H | -S | --) shift ;;
    -*)
        echo "sudo: nslab shell has no option $1 of sudo: you are root in here" >&2
        exit 1
        ;;
    *=*)
        export "$1"
        shift
        ;;
    *) break ;;
    esac
done
[ $# -gt 0 ] || { echo "sudo: run what? You are root in here" >&2; exit 1; }
exec "$@"
"#;

/// The name of the sandbox that this process is in.
pub(super) fn sandbox_here() -> Option<String> {
    let name = std::fs::read_to_string(Path::new(FOLDER).join(NAME)).ok()?;
    Some(if name.is_empty() { "one without a name".into() } else { name })
}

/// A sandbox that this process is in.
pub(super) struct Sandbox {
    name: Option<String>,
    /// In front of PATH.
    path: String,
}

/// Puts in place what is not there yet, in the sandbox that this process is in.
///
/// `own` is this program, as it was called before that: the file that it runs from is beneath other mounts by now.
pub(super) fn furnish(own: &Path, name: Option<&str>, machine_tools: bool) -> Result<Sandbox> {
    let folder = Path::new(FOLDER);
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error| Error::os(format_args!("making {path}"), error)
    };
    for folder in [folder.join(TOOLS), folder.join(ALWAYS)] {
        std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
    }
    for tool in applet::NAMES.iter().chain(&["nslab"]) {
        let path = folder.join(TOOLS).join(tool);
        put(&path, &|place| symlink(own, place)).map_err(failed(&path))?;
    }
    let path = if machine_tools { format!("{FOLDER}/{ALWAYS}") } else { format!("{FOLDER}/{TOOLS}:{FOLDER}/{ALWAYS}") };
    let sandbox = Sandbox { name: name.map(Into::into), path };
    let files = [
        (format!("{ALWAYS}/sudo"), SUDO.to_owned(), 0o755),
        (BASHRC.into(), sandbox.bashrc(), 0o644),
        (NAME.into(), name.unwrap_or_default().to_owned(), 0o644),
    ];
    for (file, text, mode) in files {
        let path = folder.join(file);
        put(&path, &|place| {
            std::fs::write(place, &text)?;
            std::fs::set_permissions(place, PermissionsExt::from_mode(mode))
        })
        .map_err(failed(&path))?;
    }
    Ok(sandbox)
}

/// Puts something in its place at once: another shell may be about to use what is there.
fn put(path: &Path, make: &dyn Fn(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut place = path.as_os_str().to_owned();
    place.push(format!(".{}", std::process::id()));
    let place = PathBuf::from(place);
    let _ = std::fs::remove_file(&place);
    make(&place)?;
    std::fs::rename(&place, path)
}

impl Sandbox {
    /// What it is called, in words.
    pub(super) fn shown(&self) -> String {
        self.name.as_ref().map_or_else(|| "the sandbox".into(), |name| format!("sandbox {name}"))
    }

    pub(super) fn greeting(&self) -> String {
        let end = match &self.name {
            Some(name) => format!("exit leaves it; nslab shell --down {name}, from outside, ends it"),
            None => "it is gone when you leave (exit)".into(),
        };
        format!("{}: you are root here, in a network of its own; {end}", self.shown())
    }

    fn mark(&self) -> String {
        self.name.as_ref().map_or_else(|| "(nslab) ".into(), |name| format!("(nslab {name}) "))
    }

    /// What a shell and its programs find in their environment.
    pub(super) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let mut path = OsString::from(&self.path);
        match std::env::var_os("PATH").filter(|path| !path.is_empty()) {
            Some(rest) => {
                path.push(":");
                path.push(rest);
            }
            // What a shell would have without one.
            None => path.push(":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        }
        vec![
            ("PATH", path),
            ("NSLAB_TOOLS", self.path.clone().into()),
            ("NSLAB_SHELL", self.name.clone().unwrap_or_default().into()),
            ("PS1", format!("{}# ", self.mark()).into()),
        ]
    }

    /// The user's own, and then what must hold whatever that has.
    fn bashrc(&self) -> String {
        // A lab's name may have anything in it that a shell understands.
        let mark = self.mark().replace('\\', "\\\\").replace('\'', r"'\''").replace('$', "\\$").replace('`', "\\`");
        format!(
            "[ ! -r ~/.bashrc ] || . ~/.bashrc\n\
             case $PATH: in \"$NSLAB_TOOLS\":*) ;; *) PATH=$NSLAB_TOOLS:$PATH ;; esac\n\
             PS1='{mark}'$PS1\n"
        )
    }

    /// How bash is started, which sets its prompt itself.
    pub(super) fn bash_words(&self) -> Vec<OsString> {
        ["--rcfile", &format!("{FOLDER}/{BASHRC}")].map(|word| OsStr::new(word).to_owned()).to_vec()
    }
}
