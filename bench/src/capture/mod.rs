//! `nslab capture` and tcpdump on the same load: UDP packets across a cable, into a file in memory.
//!
//! Both capture at the receiving end. What is in the file is counted, and compared with what was sent.

mod send;

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::words::{MEASURE_CAPTURE, SEND};
use crate::{programs, sandbox, sys};

pub(crate) use send::{Load, send};

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) runs: u32,
    /// How many packets are sent each time.
    pub(crate) packets: u32,
    pub(crate) nslab: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { runs: 5, packets: 400_000, nslab: None }
    }
}

/// Packets a second, 0 for as many as can be; and bytes of data in each.
const LOADS: [(u32, u32); 3] = [(200_000, 64), (200_000, 1400), (0, 64)];

/// Measures all in a sandbox and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nslab = programs::nslab_or(options.nslab.as_deref())?;
    let numbers = [("--runs", options.runs), ("--packets", options.packets)];
    let mut words: Vec<OsString> = vec![MEASURE_CAPTURE.into()];
    words.extend(numbers.iter().flat_map(|(name, number)| [(*name).into(), number.to_string().into()]));
    words.extend(["--nslab".into(), nslab.into()]);
    print!("{}", sandbox::again(words)?);
    Ok(())
}

const LAB: &str = "name: bench\nlinks: [ a 10.0.0.1/24 -- b 10.0.0.2/24 ]\n";
const FILE: &str = "/run/packets";

/// Inside the sandbox.
pub(crate) fn measure(options: &Options) -> Result<()> {
    let nslab = options.nslab.as_deref().ok_or_else(|| Failure::new("which nslab was not told"))?;
    std::fs::write("/run/bench.yaml", LAB).map_err(Failure::of("/run/bench.yaml"))?;
    done(Command::new(nslab).args(["-q", "up", "/run/bench.yaml"]))?;
    // Nobody answers there, nor says that nobody listens.
    let neighbour = ["ip", "-n", "a", "neigh", "add", "10.0.0.9", "lladdr", "02:00:00:00:00:99", "dev", "eth0"];
    done(Command::new(nslab).args(neighbour))?;
    let mut programs = vec!["nslab"];
    if Command::new("tcpdump").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok() {
        programs.push("tcpdump");
    } else {
        eprintln!("bench: without tcpdump, which is not installed");
    }
    println!(
        "{:8} {:>9} {:>6} {:>10} {:>10} {:>9} {:>9} {:>12}",
        "program", "wanted/s", "bytes", "sent/s", "in file", "lost", "told lost", "µs a packet"
    );
    for (rate, size) in LOADS {
        for run in 0..options.runs {
            for program in &programs {
                let load = Load { packets: options.packets, rate, size };
                let seen = one(nslab, program, &load)?;
                let wanted = if rate == 0 { "most".into() } else { rate.to_string() };
                let lost = u64::from(load.packets).saturating_sub(seen.in_file);
                println!(
                    "{program:8} {wanted:>9} {size:>6} {:>10.0} {:>10} {lost:>9} {:>9} {:>12.2}",
                    f64::from(load.packets) / seen.sending.as_secs_f64(),
                    seen.in_file,
                    seen.told_lost,
                    seen.cpu.as_secs_f64() * 1e6 / f64::from(load.packets),
                );
            }
            eprintln!("{rate} a second of {size} bytes: run {} of {}", run + 1, options.runs);
        }
    }
    done(Command::new(nslab).args(["-q", "down", "bench"]))
}

struct Seen {
    sending: Duration,
    in_file: u64,
    told_lost: u64,
    /// Processor time of the program, start and end included.
    cpu: Duration,
}

fn done(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(Failure::of("starting it"))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{command:?}: {status}"))) }
}

fn one(nslab: &Path, program: &str, load: &Load) -> Result<Seen> {
    let mut command = match program {
        "nslab" => {
            let mut command = Command::new(nslab);
            command.args(["capture", "b:eth0", "--port", "9", "-w", FILE]);
            command
        }
        _ => {
            let mut command = Command::new(nslab);
            // As root it would become another user, who may not write there.
            command.args(["exec", "b", "tcpdump", "-n", "-i", "eth0", "-Z", "root", "-w", FILE, "port", "9"]);
            command
        }
    };
    let mut child = command.stderr(Stdio::piped()).spawn().map_err(Failure::of(program))?;
    let mut told = BufReader::new(child.stderr.take().ok_or_else(|| Failure::new("no standard error"))?);
    wait_for_beginning(&mut told)?;
    let own = std::env::current_exe().map_err(Failure::of("finding this program"))?;
    let mut sender = Command::new(nslab);
    sender.args(["exec", "a"]).arg(own).args([SEND, &load.to_string()]);
    let output = sender.stderr(Stdio::inherit()).output().map_err(Failure::of("sending"))?;
    let sending = String::from_utf8_lossy(&output.stdout).trim().parse().map_err(|_| Failure::new("no time told"))?;
    // Time to write what has come, for those that end at once.
    std::thread::sleep(Duration::from_millis(500));
    let before = sys::cpu_of_children().map_err(Failure::of("reading the time used"))?;
    let rest = end(child, told)?;
    let cpu = sys::cpu_of_children().map_err(Failure::of("reading the time used"))?.saturating_sub(before);
    let bytes = std::fs::read(FILE).map_err(Failure::of(FILE))?;
    let (in_file, told_lost) = match program {
        "nslab" => count_pcapng(&bytes),
        _ => (count_pcap(&bytes), dropped(&rest)),
    };
    Ok(Seen { sending: Duration::from_secs_f64(sending), in_file, told_lost, cpu })
}

fn wait_for_beginning(told: &mut BufReader<ChildStderr>) -> Result<()> {
    let mut line = String::new();
    while !line.contains("capturing on") && !line.contains("listening on") {
        line.clear();
        if told.read_line(&mut line).map_err(Failure::of("reading what it says"))? == 0 {
            return Err(Failure::new("it ended before it began"));
        }
    }
    Ok(())
}

/// Ends a program with SIGINT, and gives what it said.
fn end(mut child: Child, told: BufReader<ChildStderr>) -> Result<Vec<String>> {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
    }
    let lines = told.lines().collect::<std::io::Result<Vec<String>>>().map_err(Failure::of("reading what it says"))?;
    let status = child.wait().map_err(Failure::of("waiting for it"))?;
    if status.success() { Ok(lines) } else { Err(Failure::new(format!("{}: {status}", lines.join("\n")))) }
}

/// What tcpdump says: `12 packets dropped by kernel`.
fn dropped(lines: &[String]) -> u64 {
    let line = lines.iter().find(|line| line.contains("dropped by kernel"));
    line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or_default()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Packets, and how many were lost as the statistics say (`isb_ifdrop`).
fn count_pcapng(bytes: &[u8]) -> (u64, u64) {
    let (mut packets, mut lost, mut at) = (0, 0, 0);
    while let (Some(kind), Some(len)) = (word(bytes, at), word(bytes, at + 4)) {
        packets += u64::from(kind == 6);
        if kind == 5 {
            let mut option = at + 20;
            while let Some(head) = word(bytes, option) {
                let (code, size) = (head & 0xffff, head >> 16);
                if code == 0 {
                    break;
                }
                if code == 5 {
                    lost += u64::from(word(bytes, option + 4).unwrap_or_default());
                }
                option += 4 + size.next_multiple_of(4) as usize;
            }
        }
        at += (len as usize).max(12);
    }
    (packets, lost)
}

fn count_pcap(bytes: &[u8]) -> u64 {
    let (mut packets, mut at) = (0, 24);
    while let Some(len) = word(bytes, at + 8) {
        packets += 1;
        at += 16 + len as usize;
    }
    packets
}
