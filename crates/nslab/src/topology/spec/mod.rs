//! The lab file: text in, validated model out.
//!
//! [`parse`] is a pure function of its arguments. What it returns is sound (see [`Lab`]); what it
//! refuses, it refuses with everything that is wrong at once, each with line and column. No text makes
//! it panic, and none makes it take much more memory than a few times the text's own size.
//!
//! The way through, a file each: `mask` (braces that YAML would not take), `tree` (YAML to values with positions),
//! `variables` and `include` (what stands for more), `keys` (which keys are allowed where), `lab`, `node`, `segment`
//! and `link` (values to drafts; `range` for names that stand for many),
//! `complete` (what the file leaves to us: interface names, addresses), `check` (what only shows when all is
//! read), `model`.
//! A new key is a line in a table of `keys::Table` (its name, what an editor is told of it by `schema`) and a function
//! that reads its value.

mod check;
mod complete;
mod device;
mod device_check;
mod draft;
mod expect;
mod gateways;
mod impair;
mod include;
mod keys;
mod lab;
mod link;
mod mask;
mod model;
mod node;
mod overlap;
mod pattern;
mod pool;
mod problems;
mod process;
mod range;
mod read;
mod route;
mod run;
mod schema;
mod segment;
mod short;
mod tree;
mod tunnel;
mod uplink;
mod variables;
mod wireguard;
mod wires;
mod yaml_error;

pub use expect::{expectations, nodes};
pub use impair::impairment;
pub use include::{Given, Loaded};
pub use lab::{parse, parse_with};
pub(crate) use model::interface_of;
pub use model::{Device, End, Expect, Hop, Lab, Link, Node, Route, RouteKind, Routing, Segment, Sysctl, Uplink};
pub use process::{Process, ProcessId, Ready, Restart};
pub use read::read;
pub use schema::schema;
pub use variables::Variables;

/// The largest lab file that is read, with all that it includes: 16 MiB, some hundred thousand links.
pub const MAX_BYTES: usize = 16 << 20;

/// As many values of YAML make a lab.
const MAX_VALUES: usize = 1_000_000;

pub use crate::types::Impair;

#[cfg(test)]
mod tests;
