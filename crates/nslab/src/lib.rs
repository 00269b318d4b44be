//! Networks made of Linux network namespaces, on one machine.
//!
//! The layers, lowest first; each uses only those above it in this list:
//!
//! - [`types`]: names, addresses, prefixes;
//! - [`wire`]: netlink messages as bytes, without I/O;
//! - [`namespace`]: namespaces made, named, entered;
//! - [`netlink`]: requests to the kernel and its answers;
//! - [`ops`]: links and addresses, typed;
//! - [`probe`]: who reaches whom;
//! - [`capture`]: packets as they pass, into a file or as lines;
//! - [`topology`]: a lab's description, the plan to build it, building it;
//! - [`picture`]: pictures of networks;
//! - [`lab`]: labs that are up, on record;
//! - [`why`]: why somebody does not reach somebody;
//! - [`doctor`]: what the machine allows.
//!
//! The library prints nothing and reads neither arguments nor the environment. Each function that
//! fails returns an [`Error`], whose [`kind`](Error::kind) a program can match on.
#![deny(missing_docs)]

pub mod capture;
pub mod doctor;
mod errno;
mod error;
pub mod lab;
pub mod namespace;
pub mod netlink;
pub mod ops;
pub mod picture;
pub mod probe;
mod sys;
pub mod topology;
pub mod types;
pub mod why;
pub mod wire;

pub use error::{Diagnostic, Error, ErrorKind, FileProblems, Result, Source};

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
