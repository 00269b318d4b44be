//! `nslab cidr` from outside: the whole of what it prints, and its exit status.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::process::{Command, Output};

fn nslab(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nslab")).arg("cidr").args(words).output().unwrap()
}

#[track_caller]
fn prints(words: &[&str], status: i32, stdout: &str) {
    let output = nslab(words);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout);
    assert_eq!(output.status.code(), Some(status));
}

#[track_caller]
fn refuses(words: &[&str], stderr: &str) {
    let output = nslab(words);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(String::from_utf8_lossy(&output.stderr), stderr);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn one_address() {
    prints(
        &["192.0.2.1/24"],
        0,
        "\
192.0.2.1/24
  split         11000000.00000000.00000010 | 00000001
  network part  192.0.2 (24 bits)
  host part     1 (8 bits)
  network       192.0.2.0/24
  netmask       255.255.255.0
  first host    192.0.2.1
  last host     192.0.2.254
  hosts         254
  broadcast     192.0.2.255
  kind          documentation (RFC 5737)
",
    );
}

#[test]
fn two_addresses_of_one_segment() {
    prints(
        &["192.0.2.1/24", "192.0.2.2/255.255.255.0", "-q"],
        0,
        "\
Both share one segment
  1. 192.0.2.0/24: 192.0.2.1/24, 192.0.2.2/24
",
    );
}

#[test]
fn two_segments() {
    prints(
        &["-q", "192.0.2.1/24", "198.51.100.1/24"],
        1,
        "\
2 segments
  1. 192.0.2.0/24: 192.0.2.1/24
  2. 198.51.100.0/24: 198.51.100.1/24

192.0.2.1/24 and 198.51.100.1/24 do not share a segment: one is in 192.0.2.0/24,
the other in 198.51.100.0/24. They need a router.
",
    );
}

#[test]
fn lengths_that_differ_half_work() {
    prints(
        &["-q", "10.0.0.200/30", "10.0.0.1/24", "::1/64"],
        1,
        "\
3 segments
  1. 10.0.0.200/30: 10.0.0.200/30
  2. 10.0.0.0/24: 10.0.0.1/24
  3. ::/64: ::1/64

10.0.0.200/30 and 10.0.0.1/24 half work, which is a mistake: 10.0.0.200 is in
10.0.0.0/24, but 10.0.0.1 is not in 10.0.0.200/30. 10.0.0.1 sends directly, the
answers go to a router. Give both the same prefix length.

10.0.0.200/30 and ::1/64 do not share a segment: one is IPv4, the other IPv6.

10.0.0.1/24 and ::1/64 do not share a segment: one is IPv4, the other IPv6.
",
    );
}

#[test]
fn the_edges() {
    prints(
        &["255.255.255.255/24", "0.0.0.0/0", "10.0.0.1/31", "10.0.0.1"],
        1,
        "\
255.255.255.255/24
  split         11111111.11111111.11111111 | 11111111
  network part  255.255.255 (24 bits)
  host part     255 (8 bits)
  network       255.255.255.0/24
  netmask       255.255.255.0
  first host    255.255.255.1
  last host     255.255.255.254
  hosts         254
  broadcast     255.255.255.255
  kind          limited broadcast (RFC 919)
  note          this is the broadcast address of its network; no host can have
                it

0.0.0.0/0
  split         00000000.00000000.00000000.00000000
  network part  none (0 bits)
  host part     0.0.0.0 (32 bits)
  network       0.0.0.0/0
  netmask       0.0.0.0
  first host    0.0.0.1
  last host     255.255.255.254
  hosts         4294967294
  broadcast     255.255.255.255
  kind          unspecified (RFC 1122)
  note          this is the address of the network itself; no host can have it
  note          another host cannot be reached by this address: it is
                unspecified

10.0.0.1/31
  split         00001010.00000000.00000000.0000000 | 1
  network part  10.0.0.0 (31 bits)
  host part     1 (1 bit)
  network       10.0.0.0/31
  netmask       255.255.255.254
  first host    10.0.0.0
  last host     10.0.0.1
  hosts         2
  kind          private (RFC 1918)
  note          a /31 has two hosts, and neither network nor broadcast address
                (RFC 3021)

10.0.0.1/32
  split         00001010.00000000.00000000.00000001
  network part  10.0.0.1 (32 bits)
  host part     none (0 bits)
  network       10.0.0.1/32
  netmask       255.255.255.255
  first host    10.0.0.1
  last host     10.0.0.1
  hosts         1
  kind          private (RFC 1918)
  note          no length was given, so this is one address: /32

3 segments
  1. 255.255.255.0/24: 255.255.255.255/24
  2. 0.0.0.0/0: 0.0.0.0/0
  3. lengths differ: 10.0.0.1/31, 10.0.0.1/32

255.255.255.255/24 and 0.0.0.0/0 half work, which is a mistake: 255.255.255.255
is in 0.0.0.0/0, but 0.0.0.0 is not in 255.255.255.0/24. 0.0.0.0 sends directly,
the answers go to a router. Give both the same prefix length.

255.255.255.255/24 and 10.0.0.1/31 do not share a segment: one is in
255.255.255.0/24, the other in 10.0.0.0/31. They need a router.

255.255.255.255/24 and 10.0.0.1/32 do not share a segment: one is in
255.255.255.0/24, the other in 10.0.0.1/32. They need a router.

0.0.0.0/0 and 10.0.0.1/31 half work, which is a mistake: 10.0.0.1 is in
0.0.0.0/0, but 0.0.0.0 is not in 10.0.0.0/31. 0.0.0.0 sends directly, the
answers go to a router. Give both the same prefix length.

0.0.0.0/0 and 10.0.0.1/32 half work, which is a mistake: 10.0.0.1 is in
0.0.0.0/0, but 0.0.0.0 is not in 10.0.0.1/32. 0.0.0.0 sends directly, the
answers go to a router. Give both the same prefix length.

10.0.0.1 was given more than once: one host on a segment can have it.
",
    );
}

#[test]
fn ipv6() {
    prints(
        &["::/0", "2001:db8:8000::1/33"],
        1,
        "\
::/0
  split         0000:0000:0000:0000:0000:0000:0000:0000
  network part  none (0 bits)
  host part     0000:0000:0000:0000:0000:0000:0000:0000 (128 bits)
  network       ::/0
  netmask       ::
  first host    ::
  last host     ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  hosts         340282366920938463463374607431768211456
  kind          unspecified (RFC 4291)
  note          any router of this network answers to this address; no host
                should have it (RFC 4291)
  note          another host cannot be reached by this address: it is
                unspecified

2001:db8:8000::1/33
  split         2001:0db8:[1 | 000]000:0000:0000:0000:0000:0001
  network part  2001:0db8:8000 (33 bits)
  host part     0000:0000:0000:0000:0000:0001 (95 bits)
  network       2001:db8:8000::/33
  netmask       ffff:ffff:8000::
  first host    2001:db8:8000::
  last host     2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
  hosts         39614081257132168796771975168
  kind          documentation (RFC 3849)

2 segments
  1. ::/0: ::/0
  2. 2001:db8:8000::/33: 2001:db8:8000::1/33

::/0 and 2001:db8:8000::1/33 half work, which is a mistake: 2001:db8:8000::1 is
in ::/0, but :: is not in 2001:db8:8000::/33. :: sends directly, the answers go
to a router. Give both the same prefix length.
",
    );
}

#[test]
fn above_ten_addresses_only_the_groups() {
    let words: Vec<String> = (1..=11).map(|n| format!("10.0.{}.{n}/24", n % 2)).collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.push("-q");
    prints(
        &words,
        1,
        "\
2 segments
  1. 10.0.1.0/24: 10.0.1.1/24, 10.0.1.3/24, 10.0.1.5/24, 10.0.1.7/24,
     10.0.1.9/24, 10.0.1.11/24
  2. 10.0.0.0/24: 10.0.0.2/24, 10.0.0.4/24, 10.0.0.6/24, 10.0.0.8/24,
     10.0.0.10/24
",
    );
}

#[test]
fn json() {
    prints(
        &["--json", "192.0.2.1/24"],
        0,
        r#"{
  "addresses": [
    {
      "given": "192.0.2.1/24",
      "address": "192.0.2.1",
      "prefix_length": 24,
      "family": "ipv4",
      "network": "192.0.2.0",
      "netmask": "255.255.255.0",
      "network_part": "192.0.2",
      "host_part": "1",
      "first_host": "192.0.2.1",
      "last_host": "192.0.2.254",
      "host_count": "254",
      "broadcast": "192.0.2.255",
      "kind": "documentation",
      "kind_source": "RFC 5737",
      "role": "host"
    }
  ],
  "one_segment": true,
  "segments": [
    [
      0
    ]
  ],
  "apart": []
}
"#,
    );
}

#[test]
fn what_is_no_address_is_misuse() {
    refuses(
        &["192.0.2.1/24", "192.0.2.1/0.0.0.255"],
        "nslab: \"192.0.2.1/0.0.0.255\": the mask \"0.0.0.255\" has ones behind zeros; a netmask is ones, then zeros
  help: that is a wildcard mask; the netmask is 255.255.255.0
",
    );
    refuses(
        &["fe80::1%eth0/64"],
        "nslab: \"fe80::1%eth0/64\": the zone \"eth0\" means something on one host only
  help: leave out the `%` and what follows it
",
    );
    refuses(&["10.0.0.1/33"], "nslab: \"10.0.0.1/33\": an IPv4 prefix length is 0 to 32, not \"33\"\n");
    refuses(
        &["10.0.0.1/\u{1b}[31m"],
        "nslab: \"10.0.0.1/\\u{1b}[31m\": contains '\\u{1b}', which no address does
  help: give each address as its own word
",
    );
    assert_eq!(nslab(&[]).status.code(), Some(2));
    assert_eq!(nslab(&[&"9".repeat(100_000)]).status.code(), Some(2));
}

#[test]
fn colour_is_only_an_extra() {
    let plain = nslab(&["192.0.2.1/24"]).stdout;
    let coloured = nslab(&["--color", "always", "192.0.2.1/24"]).stdout;
    let mut stripped = String::new();
    let mut rest = std::str::from_utf8(&coloured).unwrap();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert!(coloured.len() > plain.len());
    assert_eq!(stripped.as_bytes(), plain);
}
