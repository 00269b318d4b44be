//! Impairments of links: set, read back, in effect, and refused where the kernel has none.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use nslab::namespace::Namespace;
use nslab::netlink::Connection;
use nslab::ops::qdisc::{self, Discipline, USUAL_MTU};
use nslab::topology::plan::{Plan, Port};
use nslab::topology::{apply, spec};
use nslab::types::Impair;
use nslab::{ErrorKind, Result};

use crate::{Needs, Test};

pub(crate) const TESTS: &[Test] = &[
    ("impair::rates_are_read_back_as_they_are_set", Needs::Nothing, rates),
    ("impair::a_rate_is_exact_in_each_direction", Needs::Nothing, in_effect),
    ("impair::changed_replaced_and_taken_away", Needs::Nothing, changes),
    ("impair::netem_is_read_back_or_told_to_be_missing", Needs::Nothing, netem),
];

fn plan(text: &str) -> Plan {
    Plan::new(&spec::parse(text, Path::new("t.yaml")).unwrap())
}

/// What the kernel has at the roots of a node's links.
fn found(namespace: &Namespace, mtu: u32) -> Vec<(u32, Option<Impair>)> {
    let mut all = Vec::new();
    qdisc::dump(&mut Connection::open_in(namespace).unwrap(), |qdisc| {
        if qdisc.is_root() && qdisc.kind() != b"noqueue" {
            all.push((qdisc.link(), qdisc.impair(mtu)));
        }
        Ok(())
    })
    .unwrap();
    all
}

/// What is planned is what is there.
fn compare(plan: &Plan, built: &apply::Built) {
    for port in plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
        let there = found(&built.nodes[port.node].namespace().unwrap(), port.mtu.unwrap_or(USUAL_MTU));
        let there = there.into_iter().find(|(link, _)| *link == port.index).map(|(_, impair)| impair);
        assert_eq!(there, port.impair.map(Some), "{}", plan.port_name(port));
    }
}

fn rates() {
    let mut text = String::from("links:\n");
    for (n, rate) in
        ["8bit", "9600bit", "64kbit", "1mbit", "12345672bit", "1.5gbit", "10gbit", "40gbit", "1tbit"].iter().enumerate()
    {
        text.push_str(&format!("  - a:x{n} -- b:x{n} {{ a: {{ rate: {rate} }} }}\n"));
        text.push_str(&format!(
            "  - {{ a: {{ node: a, ifname: y{n}, mtu: 9000 }}, b: {{ node: b, ifname: y{n} }}, impair: {{ rate: {rate} }} }}\n"
        ));
    }
    let plan = plan(&text);
    compare(&plan, &apply::build(&plan).unwrap());
}

fn changes() {
    let namespace = Namespace::anonymous().unwrap();
    let mut connection = Connection::open_in(&namespace).unwrap();
    let rate = |text: &str| Impair { rate: Some(text.parse().unwrap()), ..Impair::default() };
    let of = |text: &str| Discipline::of(&rate(text), USUAL_MTU);
    let mut ask = |request| connection.request(request, || "asking".into());
    assert_eq!(ask(of("1mbit").change(1)).unwrap_err().kind(), ErrorKind::NotFound);
    ask(of("1mbit").add(1)).unwrap();
    assert_eq!(found(&namespace, USUAL_MTU), [(1, Some(rate("1mbit")))]);
    assert_eq!(ask(of("1mbit").add(1)).unwrap_err().kind(), ErrorKind::Exists);
    ask(of("2mbit").change(1)).unwrap();
    assert_eq!(found(&namespace, USUAL_MTU), [(1, Some(rate("2mbit")))]);
    ask(of("100gbit").replace(1)).unwrap();
    assert_eq!(found(&namespace, USUAL_MTU), [(1, Some(rate("100gbit")))]);
    ask(qdisc::delete(1)).unwrap();
    assert_eq!(found(&namespace, USUAL_MTU), []);
}

fn in_effect() {
    // Long enough that the bucket's first load is little of it.
    let plan = plan("links:\n  - a 192.0.2.1/24 -- b 192.0.2.2/24 { a: { rate: 20mbit }, b: { rate: 8mbit } }\n");
    let built = apply::build(&plan).unwrap();
    let (a, b) = (&built.nodes[0].namespace().unwrap(), &built.nodes[1].namespace().unwrap());
    for (from, to, address, rate) in
        [(a, b, Ipv4Addr::new(192, 0, 2, 2), 20e6), (b, a, Ipv4Addr::new(192, 0, 2, 1), 8e6)]
    {
        // The machine may have been busy; too fast is wrong each time.
        let mut tries =
            (0..4).map(|_| measured(from, to, address) / rate).inspect(|share| assert!(*share < 1.05, "{share}"));
        assert!(tries.any(|share| share > 0.95), "{rate}");
    }
}

/// The bits a second at which a stream comes through, with all headers.
fn measured(from: &Namespace, to: &Namespace, address: Ipv4Addr) -> f64 {
    const BYTES: usize = 1_000_000;
    const BEFORE: usize = 250_000;
    let listener = to.enter(|| TcpListener::bind((address, 0))).unwrap().unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut sender = from.enter(|| TcpStream::connect((address, port))).unwrap().unwrap();
    let (mut receiver, _) = listener.accept().unwrap();
    let sending = std::thread::spawn(move || sender.write_all(&vec![0; BYTES]));
    receiver.read_exact(&mut vec![0; BEFORE]).unwrap();
    let start = Instant::now();
    receiver.read_exact(&mut vec![0; BYTES - BEFORE]).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    sending.join().unwrap().unwrap();
    // 1448 bytes of a frame of 1514 are the stream's: Ethernet 14, IPv4 20, TCP 20 and its time stamps 12.
    (BYTES - BEFORE) as f64 * 8.0 * 1514.0 / 1448.0 / seconds
}

const NETEM: &str = "links:
  - a:x0 -- b:x0 { delay: 20ms }
  - a:x1 -- b:x1 { a: { delay: 1234567ns, jitter: 1001ns, limit: 17 }, b: { loss: 0.1% } }
  - a:x2 -- b:x2 { delay: 1h0, duplicate: 1%, reorder: 33.3%, corrupt: 0.00000003% }
  - a:x3 -- b:x3 { delay: 86400s, jitter: 2.147483647s, rate: 40gbit }
  - a:x4 -- b:x4 { rate: 1tbit, limit: 4294967295 }
  - a:x5 -- b:x5 { rate: 8bit, loss: 100% }
";

fn netem() {
    let plan = plan(&NETEM.replace("1h0", "3600s"));
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = descriptors();
    match apply::build(&plan) {
        Ok(built) => {
            compare(&plan, &built);
            for port in plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
                change(&built, port).unwrap();
            }
            compare(&plan, &built);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            let text = error.to_string();
            assert!(text.starts_with("this kernel has no `netem`: impairing a:x0 (delay 20ms): "), "{text}");
            assert!(error.help().unwrap().contains("CONFIG_NET_SCH_NETEM"), "{error:?}");
            assert!(error.help().unwrap().contains("modprobe sch_netem"), "{error:?}");
            assert_eq!(descriptors(), before);
        }
    }
}

/// Makes it another, with everything set, and back.
fn change(built: &apply::Built, port: &Port) -> Result<()> {
    let all = Impair {
        delay: "5ms".parse().ok(),
        jitter: "1ms".parse().ok(),
        loss: "5%".parse().ok(),
        duplicate: "5%".parse().ok(),
        reorder: "5%".parse().ok(),
        corrupt: "5%".parse().ok(),
        rate: "50gbit".parse().ok(),
        limit: Some(5),
    };
    let namespace = &built.nodes[port.node].namespace().unwrap();
    let mut connection = Connection::open_in(namespace)?;
    let Some(impair) = &port.impair else { return Ok(()) };
    for impair in [&all, impair] {
        connection.request(Discipline::of(impair, USUAL_MTU).replace(port.index), || "changing".into())?;
        assert!(found(namespace, USUAL_MTU).contains(&(port.index, Some(*impair))), "{impair}");
    }
    Ok(())
}
