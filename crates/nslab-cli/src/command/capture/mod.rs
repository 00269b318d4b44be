//! `nslab capture`.

mod select;
mod sink;
mod units;
mod view;

use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;

use nslab::capture::filter::{Filter, Ports, Protocol};
use nslab::capture::pcapng::{self, Description};
use nslab::capture::{self, Capture, Ended, Rotation, Settings, Sink, Statistics, Stop, Target, Wanted, Writer};
use nslab::lab::Store;
use nslab::{Error, Result};

use self::select::Selection;
use self::sink::Told;
use self::view::View;
use super::{Ui, Verdict, which};
use crate::output::{self, count};

/// Show the packets that pass interfaces of a lab, or write them into a file
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  nslab capture helloworld\n  \
    nslab capture ns1 ns2:ns2-veth0 --proto icmp -c 10\n  \
    nslab capture -w lab.pcapng --rotate-size 100M --keep 5\n  \
    nslab capture ns1 -w - | wireshark -k -i -\n\n\
    Without nodes: every interface of the lab's nodes, but not those of its segments. Of a node without an interface: \
    all of its interfaces but lo. Interfaces that come later are not taken in. ^C ends it; the file is whole then.")]
pub(super) struct Args {
    /// The lab, or its file, and what of it: NODE, NODE:IFNAME, LAB/NODE:IFNAME, or the name of any network namespace
    #[arg(value_name = "LAB|NODE[:IFNAME]")]
    words: Vec<String>,
    #[command(flatten)]
    prefixed: which::Prefixed,
    /// Write the packets as pcapng into this file, or with - to standard output
    #[arg(short, long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// End after so many packets
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Only packets from or to this address, network (as 10.0.0.0/8) or node of the lab; given again, any of them
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// Only packets from or to this port, or one of several (as 8000-8080); given again, any of them
    #[arg(long, value_name = "PORT")]
    port: Vec<String>,
    /// Only this protocol: arp, ip, ip6, icmp, icmp6, tcp, udp, …, or a number; given again, any of them
    #[arg(long, value_name = "PROTOCOL")]
    proto: Vec<String>,
    /// Only packets with the tag of this VLAN; given again, any of them
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u16).range(0..=4095))]
    vlan: Vec<u16>,
    /// Keep so many bytes of each packet
    #[arg(short, long, value_name = "BYTES", default_value_t = 262_144,
        value_parser = clap::value_parser!(u32).range(1..=262_144))]
    snaplen: u32,
    /// Begin another file before this one is larger than this, as 100M: FILE gets numbers
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    rotate_size: Option<u64>,
    /// Begin another file after this time, as 60s, 10m or 1h: FILE gets numbers
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    rotate_time: Option<Duration>,
    /// Of the files that rotation makes, keep the last so many
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    /// What the kernel may hold for each interface until it is read, as 32M
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    buffer: Option<u64>,
}

/// Who wrote a file.
const APPLICATION: &str = concat!("nslab ", env!("CARGO_PKG_VERSION"));

/// More interfaces are not named one by one.
const MOST_NAMED: usize = 8;

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let to_stdout = args.write.as_ref().is_some_and(|path| path.as_os_str() == "-");
    let rotation = rotation(args, to_stdout)?;
    if to_stdout && std::io::stdout().is_terminal() {
        return Err(Error::invalid("-w - writes packets to standard output, which is a terminal here")
            .with_help("send them to a program or to a file: nslab capture -w - | wireshark -k -i -"));
    }
    let ports = args.port.iter().map(|port| port.parse()).collect::<Result<Vec<Ports>>>()?;
    let protocols = args.proto.iter().map(|protocol| protocol.parse()).collect::<Result<Vec<Protocol>>>()?;
    let store = Store::default();
    let selection = Selection::of(&store, &args.words, &args.prefixed)?;
    let filter = Filter { hosts: selection.hosts(&args.host)?, ports, protocols, vlans: args.vlan.clone() };
    let names: Vec<String> = selection.chosen.iter().map(|chosen| chosen.name.clone()).collect();
    let settings = Settings { filter, snap_len: args.snaplen, buffer: args.buffer };

    // Before any thread is started.
    let stop = Stop::watch()?;
    // Before the namespaces are held: of those that are withdrawn from then on it is heard.
    let watch = store.names().watch()?;
    let wanted: Vec<Wanted<'_>> = selection.wanted().collect();
    let mut capture = Capture::open(&wanted, &settings)?;
    drop(wanted);
    let head = head(&selection, &settings);
    // Held any longer, they would live on when their lab is taken down.
    drop(selection);
    let mut view;
    let mut writer;
    let inner: &mut dyn Sink = match &args.write {
        None => {
            view = View::new(&names)?;
            &mut view
        }
        Some(path) => {
            let target = if to_stdout { Target::Stream(stdout()?) } else { Target::File(path.clone(), rotation) };
            writer = Writer::create(target, head, names.len())?;
            &mut writer
        }
    };
    ui.remark(&begun(&names));
    let mut told = Told::new(inner, &names, args.count);
    let ended = match capture::run(&mut capture, &stop, Some(&watch), &mut told) {
        // Whoever reads has had enough.
        Err(error) if error.errno() == Some(EPIPE) && (to_stdout || args.write.is_none()) => Ended::Closed,
        ended => ended?,
    };
    let (packets, counted) = told.done();
    if ended != Ended::Closed {
        ui.remark(&summary(packets, &names, args.write.is_some()));
        if ended == Ended::Deserted {
            output::remark("nslab: no interface is left to capture on");
        }
    }
    if let Some(lost) = lost(&names, &counted) {
        output::remark(&lost);
    }
    Ok(Verdict::Good)
}

/// Nobody reads from the pipe any more.
const EPIPE: i32 = rustix::io::Errno::PIPE.raw_os_error();

fn rotation(args: &Args, to_stdout: bool) -> Result<Rotation> {
    let rotates = args.rotate_size.is_some() || args.rotate_time.is_some();
    if rotates && (to_stdout || args.write.is_none()) {
        return Err(Error::invalid("--rotate-size and --rotate-time are for files").with_help("name one with -w FILE"));
    }
    if args.keep.is_some() && !rotates {
        return Err(Error::invalid("--keep is for files that are rotated")
            .with_help("say when: with --rotate-size, --rotate-time or both"));
    }
    if args.keep == Some(0) {
        return Err(Error::invalid("--keep 0 would keep no file").with_help("without --keep, all are kept"));
    }
    Ok(Rotation { size: args.rotate_size, time: args.rotate_time, keep: args.keep.unwrap_or(0) })
}

fn stdout() -> Result<File> {
    let fd = std::io::stdout().as_fd().try_clone_to_owned();
    fd.map(File::from).map_err(|error| Error::os("writing to standard output", error))
}

/// What each file begins with.
fn head(selection: &Selection, settings: &Settings) -> Vec<u8> {
    let description = |chosen: &select::Chosen| Description {
        name: chosen.name.clone(),
        text: chosen.text.clone(),
        mac: chosen.interface.mac.filter(|_| !chosen.interface.loopback),
        link_type: chosen.interface.link_type,
    };
    let interfaces: Vec<Description> = selection.chosen.iter().map(description).collect();
    let filter = (!settings.filter.is_empty()).then(|| settings.filter.to_string());
    pcapng::head(APPLICATION, &interfaces, settings.snap_len, filter.as_deref())
}

fn begun(names: &[String]) -> String {
    let on = if names.len() > MOST_NAMED { count(names.len(), "interface") } else { names.join(", ") };
    format!("capturing on {on}; ^C ends it")
}

fn summary(packets: u64, names: &[String], written: bool) -> String {
    let packets = count(usize::try_from(packets).unwrap_or(usize::MAX), "packet");
    let from = count(names.len(), "interface");
    format!("{packets} of {from} {}", if written { "written" } else { "shown" })
}

/// Which interfaces lost how many packets.
fn lost(names: &[String], counted: &[Statistics]) -> Option<String> {
    let lossy = names.iter().zip(counted).filter(|(_, counted)| counted.dropped > 0);
    let lossy: Vec<String> = lossy.map(|(name, counted)| format!("{name} {}", counted.dropped)).collect();
    let all: u64 = counted.iter().map(|counted| counted.dropped).sum();
    (all > 0).then(|| {
        let packets = count(usize::try_from(all).unwrap_or(usize::MAX), "packet");
        format!(
            "nslab: {packets} came faster than they were taken, and are lost: {}\n  help: a filter, a smaller --snaplen or \
             a larger --buffer loses less",
            lossy.join(", ")
        )
    })
}
