//! Links the part of GCC's library that unwinds the stack into the program. As a library of its own it is
//! found, mapped and relocated anew at every start, a tenth of what a short `ip` command takes.

use std::env;
use std::path::Path;
use std::process::Command;

const ARCHIVE: &str = "libgcc_eh.a";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    // Where this finds nothing, the program is linked as usual.
    let linker = match env::var("RUSTC_LINKER") {
        Ok(linker) => linker,
        Err(_) if env::var("HOST").ok() == env::var("TARGET").ok() => "cc".into(),
        Err(_) => return,
    };
    let Ok(answer) = Command::new(linker).arg(format!("-print-file-name={ARCHIVE}")).output() else { return };
    let path = String::from_utf8_lossy(&answer.stdout);
    let path = Path::new(path.trim());
    if let Some(folder) = path.parent().filter(|_| path.is_absolute() && path.is_file()) {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}
