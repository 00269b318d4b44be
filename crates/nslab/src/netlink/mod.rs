//! Talking to the kernel over rtnetlink (rtnetlink(7)): one request at a time, or many in one go.
//!
//! A [`Connection`] owns sequence numbers, acknowledgements, extended acknowledgements, dumps over
//! several datagrams and what to do when a dump was interrupted or the receive buffer ran over. It
//! speaks through a [`Transport`]: the kernel's socket, or a fake kernel in tests.

mod connection;
#[cfg(any(test, feature = "fake-kernel"))]
pub mod fake;
#[cfg(feature = "fake-kernel")]
pub mod fault;
mod socket;

pub use connection::{Connection, Dumped};
pub use socket::{KernelSocket, Transport};
