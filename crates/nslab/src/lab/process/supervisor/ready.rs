//! Whether a process can be used. For a port and a file the kernel has no event, so one has to look.

use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::topology::spec::Ready;

/// `TCP_LISTEN` (net/tcp_states.h), as /proc/net/tcp writes it.
const LISTENING: &str = "0A";

/// `TCP_CLOSE`, which for UDP means bound and not connected.
const BOUND: &str = "07";

/// Looks. What its output or its end says is not seen here.
pub(super) fn look(ready: &Ready, pid: i32, folder: &Path) -> bool {
    match ready {
        Ready::Tcp(port) => ["tcp", "tcp6"].iter().any(|table| has_port(pid, table, *port, LISTENING)),
        Ready::Udp(port) => ["udp", "udp6"].iter().any(|table| has_port(pid, table, *port, BOUND)),
        // As the process sees it, which has mounts of its own.
        Ready::File(name) => {
            let path = folder.join(name);
            let inside = path.strip_prefix("/").unwrap_or(&path);
            Path::new(&format!("/proc/{pid}/root")).join(inside).exists()
        }
        Ready::Log(_) | Ready::Exit => false,
    }
}

/// Whether a table of the process's network (proc_pid_net(5)) has a socket with this port in this state.
fn has_port(pid: i32, table: &str, port: u16, state: &str) -> bool {
    let Ok(file) = std::fs::File::open(format!("/proc/{pid}/net/{table}")) else { return false };
    let port = format!(":{port:04X}");
    BufReader::new(file).lines().map_while(Result::ok).any(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&port)) && fields.nth(1) == Some(state)
    })
}
