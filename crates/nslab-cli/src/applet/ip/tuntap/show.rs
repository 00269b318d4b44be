//! `ip tuntap show`: what the kernel's files say of these links, and with `-details` which processes use
//! them (sysfs(5), proc(5)).

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nslab::ops::link::{self, DumpFilter};
use nslab::wire::consts::kinds::{
    IFF_MULTI_QUEUE, IFF_NO_PI, IFF_ONE_QUEUE, IFF_PERSIST, IFF_TAP, IFF_TUN, IFF_VNET_HDR,
};

use crate::applet::ip::fail::{Fail, bytes};
use crate::applet::ip::print::Color;
use crate::applet::ip::session::{Session, warn};
use crate::applet::ip::words::{self, Words};

/// Whatever the words say, all are shown.
pub(super) fn run(session: &mut Session, _: Words<'_>) -> Result<(), Fail> {
    let mut names = Vec::new();
    let filter = DumpFilter { kind: Some("tun"), ..DumpFilter::default() };
    link::dump(session.connection()?, filter, |link| {
        if link.kind() == Some(b"tun") {
            names.push(link.name().to_vec());
        }
        Ok(())
    })
    .map_err(|error| Fail::kernel(&error))?;
    session.print.begin_document();
    for name in names {
        show(session, &name);
        session.print.flush_some();
    }
    session.print.end_document();
    Ok(())
}

fn show(session: &mut Session, name: &[u8]) {
    let Some(flags) = property(name, "tun_flags").and_then(|value| u32::try_from(value).ok()) else { return };
    let Some(owner) = property(name, "owner") else { return };
    let Some(group) = property(name, "group") else { return };
    let print = &mut session.print;
    print.begin_object(None);
    print.colored(Color::IfName, "ifname", "{}:", name);
    print.begin_array("flags");
    for word in flag_words(flags) {
        print.string(None, " {}", word);
    }
    print.end_array();
    if owner != -1 {
        print.number("user", " user {}", owner);
    }
    if group != -1 {
        print.number("group", " group {}", group);
    }
    if session.options.details {
        processes(session, name);
    }
    session.print.text("\n");
    session.print.end_object();
}

/// A number that sysfs has of a link.
fn property(name: &[u8], file: &str) -> Option<i64> {
    let path = Path::new("/sys/class/net").join(OsStr::from_bytes(name)).join(file);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) => {
            let why = nslab::types::strerror(error.raw_os_error().unwrap_or_default());
            let text = bytes!["fopen ", path.as_os_str().as_bytes(), ": ", why.as_bytes()];
            warn(text);
            return None;
        }
    };
    words::signed(text.trim_ascii_end())?.try_into().ok()
}

fn flag_words(flags: u32) -> Vec<String> {
    let has = |flag: u16| flags & u32::from(flag) != 0;
    let words = [
        (has(IFF_TUN), "tun"),
        (has(IFF_TAP), "tap"),
        (!has(IFF_NO_PI), "pi"),
        (has(IFF_ONE_QUEUE), "one_queue"),
        (has(IFF_MULTI_QUEUE), "multi_queue"),
        (has(IFF_VNET_HDR), "vnet_hdr"),
        (has(IFF_PERSIST), "persist"),
        // The flag for having no filter is also the one for having no packet information.
        (!has(IFF_NO_PI), "filter"),
    ];
    let mut words: Vec<String> = words.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).into()).collect();
    let known = IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_ONE_QUEUE | IFF_MULTI_QUEUE | IFF_VNET_HDR | IFF_PERSIST;
    let rest = flags & !u32::from(known);
    if rest != 0 {
        words.push(format!("{rest:#x}"));
    }
    words
}

/// The processes that have the link's device open. In JSON a list that is none, as `ip` has it.
fn processes(session: &mut Session, name: &[u8]) {
    session.print.line_end();
    session.print.text("\tAttached to processes:");
    session.print.begin_array("processes");
    for (pid, folder) in all_processes() {
        for descriptor in fs::read_dir(folder.join("fd")).into_iter().flatten().flatten() {
            match fs::read_link(descriptor.path()) {
                Ok(target) if target == Path::new("/dev/net/tun") => {}
                Ok(_) => continue,
                Err(error) => {
                    let why = nslab::types::strerror(error.raw_os_error().unwrap_or_default());
                    warn(format!("readlink: {why}"));
                    continue;
                }
            }
            let information = fs::read(folder.join("fdinfo").join(descriptor.file_name())).unwrap_or_default();
            let uses = information.split(|byte| *byte == b'\n').any(|line| line.strip_prefix(b"iff:\t") == Some(name));
            if uses {
                let command = fs::read(folder.join("comm")).unwrap_or_default();
                session.print.string("name", "{}", command.trim_ascii_end());
                session.print.number("pid", "({})", pid);
            }
        }
    }
    session.print.end_array();
}

fn all_processes() -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).collect()
}
