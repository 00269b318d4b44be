//! Captures: what is seen, in which order, what is in the file, and how they end.

use libtest_mimic::Trial;
use regex_lite::Regex;

use crate::lab::fail;
use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let tshark = tools::find("tshark").is_none();
    if tshark {
        eprintln!("skipped: captures read by Wireshark's programs, for want of tshark");
    }
    let tcpdump = tools::find("tcpdump").is_none();
    if tcpdump {
        eprintln!("skipped: filters beside those of tcpdump, which is not there");
    }
    let python = tools::find("python3").is_none();
    vec![
        trial("capture::the_way_of_a_packet_in_order", in_order),
        trial("capture::a_file_has_all_that_passed", file),
        trial("capture::tshark_names_the_interfaces", wireshark).with_ignored_flag(tshark),
        trial("capture::filters_take_what_tcpdumps_take", filters).with_ignored_flag(tcpdump || python),
        trial("capture::hosts_by_name", hosts),
        trial("capture::files_are_rotated", rotated),
        trial("capture::files_are_rotated_in_time", rotated_in_time),
        trial("capture::a_pipe_gets_whole_packets", pipe),
        trial("capture::a_closed_pipe_ends_it", closed_pipe),
        trial("capture::interfaces_that_vanish_are_told", vanished),
        trial("capture::down_does_not_wait_for_it", down),
        trial("capture::a_full_disk_leaves_a_whole_file", full_disk),
        trial("capture::tags_and_hostile_packets", hostile).with_ignored_flag(python),
        trial("capture::namespaces_of_no_lab", foreign),
        trial("capture::what_is_lost_is_counted", lost),
        trial("capture::words_that_make_no_sense", refused),
    ]
}

/// A router between two hosts, and a way to start a capture, which is under way when `start` comes back. `rest` waits
/// for its end, and shows what else it said.
const ROUTED: &str = "
cat >/run/t.yaml <<END
name: t
nodes: { r: { forward: true } }
links:
  - h1 10.0.1.2/24 -- r 10.0.1.1/24
  - r 10.0.2.1/24 -- h2 10.0.2.2/24
routing: auto
END
cd /run
nslab -q up t.yaml
start() { rm -f told; mkfifo told; nslab capture \"$@\" 2>told & capture=$!; exec 3<told; read line <&3; }
rest() { wait $capture && status=0 || status=$?; cat <&3; return $status; }
end() { kill -INT $capture; rest; }
ask() { nslab exec $1 nslab ping -q -c ${3:-1} -i 0.002 -W 5 $2 >/dev/null; }
send() { nslab exec $1 bash -c \"echo >/dev/udp/$2/$3\"; }
";

fn succeed(script: &str) -> String {
    crate::lab::succeed(&format!("{ROUTED}{script}"))
}

/// Lines without their times and the ids of echo requests.
fn lines(out: &str) -> String {
    let time = Regex::new(r"(?m)^ *[0-9]+\.[0-9]{6} ").unwrap();
    let id = Regex::new(r"id [0-9]+").unwrap();
    id.replace_all(&time.replace_all(out, ""), "id N").into_owned()
}

fn in_order() {
    let out = succeed("start t --proto icmp >seen; echo \"$line\"; ask h1 10.0.2.2; end; cat seen");
    let out = lines(&out);
    let expected = "\
capturing on r:eth0, r:eth1, h1:eth0, h2:eth0; ^C ends it
8 packets of 4 interfaces shown
h1:eth0 out IP 10.0.1.2 > 10.0.2.2 ICMP echo request, id N, seq 1, 64 bytes
r:eth0  in  IP 10.0.1.2 > 10.0.2.2 ICMP echo request, id N, seq 1, 64 bytes
r:eth1  out IP 10.0.1.2 > 10.0.2.2 ICMP echo request, id N, seq 1, 64 bytes
h2:eth0 in  IP 10.0.1.2 > 10.0.2.2 ICMP echo request, id N, seq 1, 64 bytes
h2:eth0 out IP 10.0.2.2 > 10.0.1.2 ICMP echo reply, id N, seq 1, 64 bytes
r:eth1  in  IP 10.0.2.2 > 10.0.1.2 ICMP echo reply, id N, seq 1, 64 bytes
r:eth0  out IP 10.0.2.2 > 10.0.1.2 ICMP echo reply, id N, seq 1, 64 bytes
h1:eth0 in  IP 10.0.2.2 > 10.0.1.2 ICMP echo reply, id N, seq 1, 64 bytes
";
    assert_eq!(out, expected);
}

/// A file, read block by block: names of interfaces, packets of each, what the statistics say of each.
#[derive(Debug, Default, PartialEq)]
struct Read {
    names: Vec<String>,
    packets: Vec<Vec<Vec<u8>>>,
    /// Received, dropped, delivered.
    counted: Vec<[u64; 3]>,
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The options from a place on.
fn options(block: &[u8], mut at: usize) -> Vec<(u16, Vec<u8>)> {
    let mut all = Vec::new();
    while at < block.len() - 4 {
        let (code, len) = (word(block, at) as u16, (word(block, at) >> 16) as usize);
        all.push((code, block[at + 4..at + 4 + len].to_vec()));
        at += 4 + len.next_multiple_of(4);
    }
    assert_eq!(all.pop(), Some((0, Vec::new())), "options without an end");
    all
}

fn read(bytes: &[u8]) -> Read {
    let mut read = Read::default();
    let mut at = 0;
    let mut last = 0;
    while at < bytes.len() {
        let len = word(bytes, at + 4) as usize;
        let block = &bytes[at..at + len];
        assert_eq!(word(block, len - 4) as usize, len, "a block that is not whole");
        match word(block, 0) {
            0x0a0d_0d0a => assert_eq!((at, word(block, 8)), (0, 0x1a2b_3c4d)),
            1 => {
                let options = options(block, 16);
                let name = options.iter().find(|(code, _)| *code == 2).unwrap();
                assert!(options.contains(&(9, vec![9])), "no nanoseconds");
                read.names.push(String::from_utf8(name.1.clone()).unwrap());
                read.packets.push(Vec::new());
                read.counted.push([0; 3]);
            }
            6 => {
                let time = u64::from(word(block, 12)) << 32 | u64::from(word(block, 16));
                assert!(time >= last, "packets are not in order");
                last = time;
                let len = word(block, 20) as usize;
                read.packets[word(block, 8) as usize].push(block[28..28 + len].to_vec());
                let flags = options(block, 28 + len.next_multiple_of(4));
                assert!(matches!(flags.as_slice(), [(2, value)] if value[0] & 3 != 0), "no direction: {flags:?}");
            }
            5 => {
                let options = options(block, 20);
                let count = |wanted| options.iter().find(|(code, _)| *code == wanted).unwrap().1.clone();
                let number = |wanted| u64::from_ne_bytes(count(wanted).try_into().unwrap());
                read.counted[word(block, 8) as usize] = [number(4), number(5), number(8)];
            }
            other => panic!("block {other:#x}"),
        }
        at += len;
    }
    read
}

/// Runs a script in a sandbox and reads the files that it names at the end, in hexadecimal, one a line.
fn read_files(script: &str) -> (String, Vec<Read>) {
    let out =
        succeed(&format!("{script}\nfor file in $files; do echo \"@$(od -An -v -tx1 $file | tr -d ' \\n')\"; done"));
    let (mut said, mut files) = (String::new(), Vec::new());
    for line in out.lines() {
        match line.strip_prefix('@') {
            Some(hex) => {
                let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                files.push(read(&(0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>()));
            }
            None => said.push_str(&format!("{line}\n")),
        }
    }
    (said, files)
}

fn file() {
    let (said, files) = read_files(
        "start h1 r:eth1 -w x.pcapng --host 10.0.2.2 --proto udp --proto icmp; ask h1 10.0.2.2 100; send h1 10.0.2.2 99; ask h1 10.0.1.1
         kill -TERM $capture; rest; files=x.pcapng",
    );
    let [file] = files.as_slice() else { panic!("{files:?}") };
    // The datagram, and that nobody listens, besides.
    let each = 202;
    assert_eq!(said, format!("{} packets of 2 interfaces written\n", 2 * each));
    assert_eq!(file.names, ["h1:eth0", "r:eth1"]);
    let each = u64::try_from(each).unwrap();
    assert_eq!(file.counted, [[each, 0, each], [each, 0, each]]);
    assert!(file.packets.iter().all(|packets| packets.len() as u64 == each));
    // The same packets, but for hardware addresses and what the router changes.
    let [near, far] = file.packets.as_slice() else { panic!() };
    assert!(near.iter().zip(far).all(|(near, far)| near[26..] == far[26..]));
}

fn wireshark() {
    let out = succeed(
        "start t -w x.pcapng --proto icmp; ask h1 10.0.2.2; end
         tshark -r x.pcapng -T fields -e frame.interface_name -e frame.packet_flags_direction -e ip.ttl 2>/dev/null
         capinfos -M x.pcapng 2>/dev/null | grep -E 'Description|Time precision|Number of packets =' | sort | uniq -c | tr -s ' '",
    );
    let expected = "\
8 packets of 4 interfaces written
h1:eth0\t0x00000002\t64
r:eth0\t0x00000001\t64
r:eth1\t0x00000002\t63
h2:eth0\t0x00000001\t63
h2:eth0\t0x00000002\t64
r:eth1\t0x00000001\t64
r:eth0\t0x00000002\t63
h1:eth0\t0x00000001\t63
 1 Description = veth, other end h1:eth0, lab t
 1 Description = veth, other end h2:eth0, lab t
 1 Description = veth, other end r:eth0, lab t
 1 Description = veth, other end r:eth1, lab t
 4 Number of packets = 2
 4 Time precision = nanoseconds (9)
";
    // Older versions write directions as numbers of another length.
    let direction = Regex::new(r"0x0+([12])\t").unwrap();
    assert_eq!(direction.replace_all(&out, "$1\t"), direction.replace_all(expected, "$1\t"));
}

/// Packets of many kinds, as they are sent by h1: valid ones, and each cut short; all without a tag, or all with tags.
/// The kernel's own, of IPv6, do not come in between.
const FRAMES: &str = r#"
for node in h1 r; do nslab exec $node sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'; done
cat >frames.py <<'END'
import socket, struct, sys
from ipaddress import ip_address as ip
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
ends = bytes.fromhex("020000000002020000000001")
def v4(proto, rest, fragment=0, options=b""):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(rest), 1, fragment, 64, proto, 0)
    return b"\x08\x00" + head + ip("10.0.1.2").packed + ip("10.0.2.2").packed + options + rest
def v6(proto, rest, extensions=b"", first=None):
    head = struct.pack("!IHBB", 0x60000000, len(extensions + rest), proto if first is None else first, 64)
    return b"\x86\xdd" + head + ip("fd00::1").packed + ip("fd00::2").packed + extensions + rest
ports = struct.pack("!HHHH", 1000, 80, 8, 0) + bytes(12)
other = struct.pack("!HHHH", 2000, 443, 8, 0) + bytes(12)
arp = b"\x08\x06" + bytes.fromhex("0001080006040001020000000001") + ip("10.0.1.2").packed + bytes(6) + ip("10.0.1.1").packed
frames = [arp, b"\x88\xcc\x02\x07"]
for rest in (ports, other):
    for proto in (6, 17, 132, 1, 50):
        frames += [v4(proto, rest), v4(proto, rest, options=bytes(8)), v4(proto, rest, 0x2000), v4(proto, rest, 3)]
        frames += [v6(proto, rest)]
for frame in frames:
    for tags in ([b""] if sys.argv[1] == "plain" else [b"\x81\x00\x00\x05", b"\x81\x00\x00\x06\x81\x00\x00\x05"]):
        for whole in (tags + frame, tags + frame[:len(frame) // 2]):
            out.send((ends + whole).ljust(14, b"\0"))
END
"#;

fn filters() {
    // Ours, tcpdump's for the same, and which packets are sent.
    let cases = [
        ("--port 80", "port 80", "plain"),
        ("--proto arp", "arp", "plain"),
        ("--proto lldp", "ether proto 0x88cc", "plain"),
        ("--proto tcp --port 80", "tcp port 80", "plain"),
        ("--proto udp --proto icmp", "udp or icmp or ip6 proto 1", "plain"),
        ("--proto ip6", "ip6", "plain"),
        ("--proto esp", "esp", "plain"),
        ("--host 10.0.1.1", "host 10.0.1.1", "plain"),
        ("--host 10.0.1.0/30 --proto sctp", "net 10.0.1.0/30 and sctp", "plain"),
        ("--host fd00::2 --port 400-500", "host fd00::2 and portrange 400-500", "plain"),
        ("--host fd00::/16 --host 10.9.9.9", "net fd00::/16 or host 10.9.9.9", "plain"),
        ("--vlan 5", "vlan 5", "tagged"),
        ("--vlan 6 --proto tcp --port 80", "vlan 6 and vlan 5 and tcp port 80", "tagged"),
        ("--vlan 5 --port 80", "vlan 5 and port 80", "tagged"),
    ];
    let mut script = String::from(FRAMES);
    for kind in ["plain", "tagged"] {
        script.push_str(&format!("start h1:eth0 -w {kind}; nslab exec h1 python3 frames.py {kind}; end >/dev/null\n"));
    }
    for (ours, theirs, kind) in cases {
        script.push_str(&format!(
            "start h1:eth0 -w x {ours}; nslab exec h1 python3 frames.py {kind}; end >/dev/null
             echo $(tcpdump -r x --count 2>/dev/null), $(tcpdump -r {kind} --count '{theirs}' 2>/dev/null)\n"
        ));
    }
    let out = succeed(&script);
    assert_eq!(out.lines().count(), cases.len(), "{out}");
    for (case, counts) in cases.iter().zip(out.lines()) {
        let (ours, theirs) = counts.split_once(", ").unwrap();
        assert!(ours == theirs && !ours.starts_with("0 "), "{case:?}: {counts}");
    }
}

fn hosts() {
    let out = succeed(
        "start r --host h2 --proto icmp -c 4 >seen; ask h1 10.0.1.1; ask h1 10.0.2.2; rest; cat seen
         nslab capture r --host nobody 2>&1 || echo status $?",
    );
    let expected = "\
4 packets of 2 interfaces shown
r:eth0 in  IP 10.0.1.2 > 10.0.2.2 ICMP echo request, id N, seq 1, 64 bytes
r:eth1 out IP 10.0.1.2 > 10.0.2.2 ICMP echo request, id N, seq 1, 64 bytes
r:eth1 in  IP 10.0.2.2 > 10.0.1.2 ICMP echo reply, id N, seq 1, 64 bytes
r:eth0 out IP 10.0.2.2 > 10.0.1.2 ICMP echo reply, id N, seq 1, 64 bytes
";
    let out = lines(&out);
    let (seen, refused) = out.split_at(out.find("nslab:").unwrap());
    assert_eq!(seen, expected);
    assert!(refused.contains("--host nobody") && refused.ends_with("status 2\n"), "{refused}");
}

fn rotated() {
    let (said, files) = read_files(
        "start h1 --proto icmp -w x.pcapng --rotate-size 2K --keep 3 -c 60; ask h1 10.0.1.1 30; rest
         ls; nslab capture h1 -w x.pcapng --rotate-size 2K 2>&1 || echo status $?
         files='x-000*.pcapng'",
    );
    assert!(said.starts_with("60 packets of 1 interface written\n"), "{said}");
    assert!(said.contains("is there already, of an earlier capture") && said.contains("status 3"), "{said}");
    assert_eq!(files.len(), 3);
    // All but the last are full: some twelve packets of 136 bytes fit.
    for file in &files {
        assert_eq!(file.names, ["h1:eth0"]);
        let packets = file.packets[0].len() as u64;
        assert!((1..=14).contains(&packets), "{packets}");
        assert_eq!(file.counted[0][2], packets);
    }
}

fn rotated_in_time() {
    let (said, files) = read_files(
        "start h1 --proto icmp -w x --rotate-time 0.1s; until [ -e x-00003 ]; do ask h1 10.0.1.1; done; end
         files=$(echo x-*)",
    );
    // None but the last may be without a packet.
    assert!(files.len() >= 3, "{said}");
    let counts: Vec<u64> = files.iter().map(|file| file.packets[0].len() as u64).collect();
    assert!(counts.iter().rev().skip(1).all(|count| *count > 0), "{counts:?}");
    assert!(files.iter().zip(&counts).all(|(file, count)| file.counted[0][2] == *count));
    // What was received is told once, in one file or the next.
    let told: u64 = files.iter().map(|file| file.counted[0][0]).sum();
    assert_eq!((told, 0), (counts.iter().sum(), files.iter().map(|file| file.counted[0][1]).sum()));
    assert_eq!(said, format!("{told} packets of 1 interface written\n"));
}

fn pipe() {
    let (said, files) = read_files(
        "mkfifo out; cat out >x & cat=$!; start h1 -w - -c 4 --proto icmp >out; ask h1 10.0.1.1 2; rest; wait $cat; files=x",
    );
    assert_eq!(said, "4 packets of 1 interface written\n");
    assert_eq!(files[0].packets[0].len(), 4);
}

fn closed_pipe() {
    // Whoever reads goes: with a line and without, with packets and without.
    let out = succeed(
        "mkfifo out; for write in '' '-w -'; do
             head -c 20 <out >/dev/null & head=$!
             start h1 --proto icmp $write >out; ask h1 10.0.1.1; wait $head; rest; echo ended $?
         done",
    );
    assert_eq!(out, "ended 0\nended 0\n");
}

fn vanished() {
    let (said, files) = read_files(
        "start h1 r:eth1 h2 -w x --proto icmp; ask h2 10.0.2.1; ip -n h1 link del eth0; read line <&3; echo \"$line\"
         ip -n h2 link set eth0 down; ip -n h2 link set eth0 up; ask h2 10.0.2.1; end; files=x",
    );
    let expected = "nslab: h1:eth0 is gone, the others are captured on\n8 packets of 3 interfaces written\n";
    assert_eq!(said, expected);
    assert_eq!(files[0].packets.iter().map(Vec::len).collect::<Vec<_>>(), [0, 4, 4]);
}

fn down() {
    let (said, files) = read_files("start t -w x --proto icmp; ask h1 10.0.1.1; nslab down t; rest | sort; files=x");
    let gone = |name: &str| format!("nslab: {name} is gone with its namespace\n");
    let mut expected = String::from("lab t is down: 3 nodes removed\n4 packets of 4 interfaces written\n");
    for name in ["h1:eth0", "h2:eth0"] {
        expected.push_str(&gone(name));
    }
    expected.push_str("nslab: no interface is left to capture on\n");
    for name in ["r:eth0", "r:eth1"] {
        expected.push_str(&gone(name));
    }
    assert_eq!(said, expected);
    assert_eq!(files[0].packets.iter().map(Vec::len).sum::<usize>(), 4);
}

fn full_disk() {
    let (said, files) = read_files(
        "mkdir full; mount -t tmpfs -o size=64k tmpfs full
         start h1 -w full/x --proto icmp; ask h1 10.0.1.1 500 || true; rest || echo status $?; files=full/x",
    );
    let expected = "\
nslab: writing full/x: No space left on device
  help: what was captured before is in the file, whole; what came later is not
status 3
";
    assert_eq!(said, expected);
    let packets = files[0].packets[0].len();
    assert!((300..500).contains(&packets), "{packets} in 64 KiB");
}

fn hostile() {
    let out = succeed(&format!(
        "{FRAMES}cat >noise.py <<'END'
import random, socket
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); out.bind((\"eth0\", 0)); random.seed(1)
for n in range(2000):
    kind = random.choice([b\"\\x08\\0\", b\"\\x86\\xdd\", b\"\\x08\\x06\", b\"\\x81\\0\"])
    out.send(random.randbytes(12) + kind + random.randbytes(random.randrange(200)))
END
         start h1:eth0 r:eth0 --vlan 5 --proto arp >tagged; nslab exec h1 python3 frames.py tagged; end; grep -v short tagged
         start h1 >seen; nslab exec h1 python3 noise.py; end >said; grep -c ' h1:eth0 out ' seen
         grep -c '[^[:print:]]' seen || true"
    ));
    let out = lines(&out);
    let (tagged, counts) = out.trim_end().split_once("\n2").map_or((out.as_str(), ""), |(a, b)| (a, b));
    let line = "ARP who-has 10.0.1.1 tell 10.0.1.2";
    assert!(tagged.contains(&format!("h1:eth0 out vlan 5 {line}")), "{out}");
    assert!(tagged.contains(&format!("r:eth0  in  vlan 5 {line}")), "{out}");
    assert!(!tagged.contains("vlan 6"), "{out}");
    assert_eq!(counts, "000\n0", "{out}");
}

fn foreign() {
    let out = succeed(
        "ip netns add other; ip netns add a:b; ip -n other link set lo up
         nslab capture other 2>&1 || echo status $?; nslab capture a:b:lo -c 1 & none=$!
         start other:lo -c 4; nslab ip netns exec other nslab ping -q -c 2 -i 0.002 127.0.0.1 >/dev/null; rest; kill $none; wait $none
         ip netns del other",
    );
    let out = lines(&out);
    let (refused, seen) = out.split_once("status 3\n").unwrap();
    assert_eq!(refused, "nslab: other has no interface but lo\n  help: lo has to be named: other:lo\n");
    // Once each, though what loopback sends comes in by it.
    let of = |what: &str, seq| {
        format!("other:lo in  IP 127.0.0.1 > 127.0.0.1 ICMP echo {what}, id N, seq {seq}, 64 bytes\n")
    };
    let expected = [of("request", 1), of("reply", 1), of("request", 2), of("reply", 2)].concat();
    assert_eq!(seen, format!("{expected}4 packets of 1 interface shown\n"));
}

fn lost() {
    // The capture is stopped while more comes than fits, so that some must be lost.
    let (said, files) = read_files(
        "start h1 -w x --buffer 256K --port 9; kill -STOP $capture
         nslab exec h1 bash -c 'exec 4>/dev/udp/10.0.1.1/9; for n in $(seq 100); do printf %1400s >&4 || true; done
             for n in $(seq 900); do printf %1400s >&4 || true; done'
         kill -CONT $capture; end; files=x",
    );
    let [received, dropped, delivered] = files[0].counted[0];
    assert_eq!(files[0].packets[0].len() as u64, delivered);
    assert!(dropped > 0 && received == dropped + delivered && received >= 500, "{:?}", files[0].counted);
    assert!(said.contains(&format!("nslab: {dropped} packets came faster than they were taken")), "{said}");
    assert!(said.contains(&format!("h1:eth0 {dropped}\n")), "{said}");
}

fn refused() {
    let refuse = |words: &str, status: i32, told: &[&str]| {
        let err = fail(&format!("{ROUTED}nslab capture {words}"), status);
        assert!(told.iter().all(|told| err.contains(told)), "{words}: {err}");
    };
    refuse("nobody", 3, &["no lab, no node and no network namespace named \"nobody\"", "labs that are up: t"]);
    refuse("t nobody:eth0", 3, &["no node \"nobody\" in lab \"t\"", "its nodes: r, h1, h2"]);
    refuse("h1:eth9", 3, &["h1 has no interface \"eth9\"", "it has: lo, eth0"]);
    refuse("h1 --proto http", 2, &["no protocol \"http\"", "arp, ip"]);
    refuse("h1 --port 80-70", 2, &["no port \"80-70\""]);
    refuse("h1 --keep 2 -w x", 2, &["--rotate-size"]);
    refuse("h1 --rotate-size 1M", 2, &["-w FILE"]);
    refuse("h1 --rotate-size 1M -w -", 2, &["-w FILE"]);
    refuse("h1 -w /nowhere/x", 3, &["making /nowhere/x: No such file"]);
    refuse("h1 --vlan 4096", 2, &["4096"]);
    let out = sandbox::run(&[tools::ours()], "nslab capture");
    assert_eq!(out.status.code(), Some(3));
}
