//! The two programs, and how one sees that they are done.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

/// The interface that the program makes in the holder's network.
const INTERFACE: &str = "out0";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Pasta,
    Slirp4netns,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pasta => "pasta",
            Self::Slirp4netns => "slirp4netns",
        }
    }

    /// What it is started with for the network of a process. Nothing outside is to reach in by it, and what is inside is not
    /// to reach the services that listen on the machine's own loopback addresses.
    pub(super) fn command(self, program: &Path, pid: i32) -> Command {
        let mut command = Command::new(program);
        match self {
            Self::Pasta => {
                command.args(["--foreground", "--quiet", "--stderr", "--config-net", "--no-map-gw"]);
                command.args(["--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none"]);
                if rustix::process::geteuid().is_root() {
                    // Else it becomes nobody, who may not join what is root's.
                    command.args(["--runas", "0"]);
                }
                command.args(["--ns-ifname", INTERFACE, &pid.to_string()]);
            }
            Self::Slirp4netns => {
                command.args(["--configure", "--mtu=65520", "--disable-host-loopback", &pid.to_string(), INTERFACE]);
            }
        }
        command
    }
}

/// Whether the network of a process has a default route by another interface than lo.
pub(super) fn is_connected(pid: i32) -> bool {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/net/{file}")).unwrap_or_default();
    has_default_v4(&read("route")) || has_default_v6(&read("ipv6_route"))
}

/// Of lines of /proc/net/route: interface, destination, gateway, flags, three numbers, mask.
fn has_default_v4(routes: &str) -> bool {
    routes.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        matches!(fields.as_slice(), [name, "00000000", _, _, _, _, _, "00000000", ..] if *name != "lo")
    })
}

/// Of lines of /proc/net/ipv6_route: destination, its length, six more, interface.
fn has_default_v6(routes: &str) -> bool {
    routes.lines().any(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        matches!(fields.as_slice(), [to, "00", .., name] if to.bytes().all(|byte| byte == b'0') && *name != "lo")
    })
}

/// A program on a path, as execvp(3) looks for it, and whether it gets privileges when it is started: by the set-uid bit
/// and root, or by capabilities of its own.
pub(crate) fn find(name: &str, path: &OsStr) -> Option<(PathBuf, bool)> {
    for folder in path.as_bytes().split(|byte| *byte == b':').filter(|folder| !folder.is_empty()) {
        let path = Path::new(OsStr::from_bytes(folder)).join(name);
        let Ok(meta) = std::fs::metadata(&path) else { continue };
        if !meta.is_file() || meta.mode() & 0o111 == 0 {
            continue;
        }
        let set_uid = meta.mode() & libc::S_ISUID != 0 && meta.uid() == 0;
        let capable = rustix::fs::getxattr(&path, "security.capability", &mut [0_u8; 64]).is_ok();
        return Some((path, set_uid || capable));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_routes_are_told_from_others() {
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT  \n";
        let route = "out0\t00000000\t026433C6\t0003\t0\t0\t0\t00000000\t0\t0\t0   \n";
        assert!(has_default_v4(&format!("{head}{route}")));
        for other in
            ["", "out0\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", "lo", &route.replace("out0", "lo")]
        {
            assert!(!has_default_v4(&format!("{head}{other}")), "{other}");
        }
        let zero = "0".repeat(32);
        let line = |to: &str, len: &str, name: &str| {
            format!(
                "{to} {len} {zero} 00 20010db8000100000000000000000002 00000400 00000001 00000000 00000003 {name:>8}\n"
            )
        };
        assert!(has_default_v6(&(line(&zero, "00", "lo") + &line(&zero, "00", "out0"))));
        // The kernel has one by lo in each network, which refuses.
        assert!(!has_default_v6(&(line(&zero, "00", "lo") + &line(&zero, "40", "out0") + "x\n")));
    }

    #[test]
    fn a_program_is_a_file_that_may_be_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().as_os_str();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!([find("folder", path), find("file", path), find("none", path)], [None, None, None]);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path().join("file"), mode).unwrap();
        assert_eq!(find("file", path), Some((folder.path().join("file"), false)));
        assert_eq!(find("file", OsStr::new("::/nowhere")), None);
    }
}
