//! The programs that tests run: ours, and the ones that it is compared with.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(crate) use crate::reference::folder as reference;

/// Our binary.
pub(crate) const NSLAB: &str = env!("CARGO_BIN_EXE_nslab");

/// A folder with links to our binary, named `nslab`, `ip` and `ping`.
pub(crate) fn ours() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| links(&[])).path()
}

/// The same folder with links to some of the machine's programs besides: a PATH of its own.
pub(crate) fn ours_and(programs: &[&str]) -> tempfile::TempDir {
    links(programs)
}

fn links(programs: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    // Other users run what is in it too.
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    for name in ["nslab", "ip", "ping"] {
        symlink(NSLAB, folder.path().join(name)).unwrap();
    }
    for name in programs {
        symlink(find(name).unwrap_or_else(|| panic!("no {name} on PATH")), folder.path().join(name)).unwrap();
    }
    folder
}

/// A program on PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
