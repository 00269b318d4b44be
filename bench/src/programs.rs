//! The programs that are measured.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::sandbox;

/// The nslab that was named, or else the one beside this program.
pub(crate) fn nslab_or(named: Option<&Path>) -> Result<PathBuf> {
    let path = named.map_or_else(nslab, |path| Ok(path.into()))?;
    path.canonicalize().map_err(Failure::of(path.display()))
}

/// nslab as it was built beside this program.
fn nslab() -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(Failure::of("finding this program"))?;
    let path = own.with_file_name("nslab");
    if path.is_file() {
        return Ok(path);
    }
    let release = if cfg!(debug_assertions) { "" } else { " --release" };
    let path = path.display();
    Err(Failure::new(format!("{path} is not there: build it with: cargo build{release} -p nslab-cli")))
}

/// An `ip` of iproute2; a `ping` of iputils is told of in the same way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ip {
    /// How it is run: a path, or a loader with the path among its words.
    pub(crate) words: Vec<OsString>,
    /// Its version, as `iproute2-6.15.0` or `iputils 20240905`.
    pub(crate) version: String,
    /// Where it comes from.
    pub(crate) origin: &'static str,
}

/// Every `ip` that there is to compare with.
pub(crate) fn ips() -> Result<Vec<Ip>> {
    let candidates = [(on_path("ip"), "on PATH"), (reference("ip"), "of scripts/reference")];
    let ips: Vec<Ip> = candidates.into_iter().filter_map(|(words, origin)| ip(words?, origin)).collect();
    if ips.is_empty() {
        return Err(Failure::new("no ip of iproute2 to compare with: scripts/reference fetches one"));
    }
    Ok(ips)
}

/// One that says that it is iproute2's: `ip` on PATH may well be nslab.
fn ip(words: Vec<OsString>, origin: &'static str) -> Option<Ip> {
    let asked = words.iter().cloned().chain(["-V".into()]);
    let answer = sandbox::run(asked).ok()?;
    let version = answer.split([' ', ',']).map(str::trim).find(|word| word.starts_with("iproute2"))?;
    Some(Ip { words, version: version.into(), origin })
}

/// Every `ping` that there is to compare with.
pub(crate) fn pings() -> Result<Vec<Ip>> {
    let candidates = [(on_path("ping"), "on PATH"), (reference("ping"), "of scripts/reference")];
    let pings: Vec<Ip> = candidates.into_iter().filter_map(|(words, origin)| ping(words?, origin)).collect();
    if pings.is_empty() {
        return Err(Failure::new("no ping of iputils to compare with: scripts/reference fetches one"));
    }
    Ok(pings)
}

/// One that says that it is iputils'.
fn ping(words: Vec<OsString>, origin: &'static str) -> Option<Ip> {
    let asked = words.iter().cloned().chain(["-V".into()]);
    let answer = sandbox::run(asked).ok()?;
    let version = answer.lines().next()?.strip_prefix("ping from ")?.to_owned();
    version.starts_with("iputils").then_some(Ip { words, version, origin })
}

fn on_path(name: &str) -> Option<Vec<OsString>> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| is_not_nslab(path))?;
    Some(vec![found.into()])
}

fn is_not_nslab(path: &Path) -> bool {
    path.is_file() && path.canonicalize().is_ok_and(|path| path.file_name().is_none_or(|name| name != "nslab"))
}

/// The one that scripts/reference fetched. What it made to call it by is a shell script, which takes time
/// at each start; so its loader is called as that does.
fn reference(name: &str) -> Option<Vec<OsString>> {
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        Some(cache.join("nslab-reference"))
    };
    let folder = std::env::var_os("NSLAB_REFERENCE").map(PathBuf::from).or_else(cache)?;
    let libraries = folder.join("root/usr/lib/x86_64-linux-gnu");
    let loader = libraries.join("ld-linux-x86-64.so.2");
    let folders = ["usr/bin", "usr/sbin", "bin", "sbin"];
    let program =
        folders.map(|inner| folder.join("root").join(inner).join(name)).into_iter().find(|path| path.is_file());
    match program {
        Some(program) if loader.is_file() => {
            let words: [OsString; 6] = [
                loader.into(),
                "--library-path".into(),
                libraries.into(),
                "--argv0".into(),
                name.into(),
                program.into(),
            ];
            Some(words.into())
        }
        _ => Some(folder.join(name)).filter(|path| path.is_file()).map(|path| vec![path.into()]),
    }
}
