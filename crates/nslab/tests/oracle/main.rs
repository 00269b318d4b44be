//! Our requests and replies against another implementation, netlink-packet-route, and against messages
//! taken from a real kernel.
//!
//! - `requests`: what we build, it decodes to what we meant;
//! - `replies`: what it builds, we read;
//! - `captured`: what the kernel sent, both read alike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

#[cfg(target_endian = "little")] // as the machine that they are from
mod captured;
mod replies;
mod requests;

use std::fmt::Debug;

use netlink_packet_core::{NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Decodes a request or reply with the other implementation.
fn decode(bytes: &[u8]) -> (NetlinkHeader, RouteNetlinkMessage) {
    let (header, payload) = NetlinkMessage::deserialize(bytes).unwrap().into_parts();
    match payload {
        NetlinkPayload::InnerMessage(message) => (header, message),
        other => panic!("{other:?}"),
    }
}

/// The bytes of a message that the other implementation builds.
fn encode(message: RouteNetlinkMessage) -> Vec<u8> {
    let mut message = NetlinkMessage::from(message);
    message.finalize();
    let mut bytes = vec![0xaa; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Attributes in an order of their own, for comparing without regard to the order.
fn sorted<T: Debug>(attributes: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut all: Vec<String> = attributes.into_iter().map(|attribute| format!("{attribute:?}")).collect();
    all.sort();
    all
}

/// A name that both can say: ours are bytes, theirs are UTF-8.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Zä-ü][a-z0-9.-]{0,12}"
}

fn mac() -> impl Strategy<Value = Vec<u8>> {
    any::<[u8; 6]>().prop_map(Vec::from)
}
