//! Why somebody does not reach somebody, and what mends it.
//!
//! - [`evidence`]: what is known of namespaces, as values;
//! - [`reason`]: the walk of a packet there and back over what is known, which finds the first thing that is wrong, or
//!   says what else it has to know;
//! - [`Machine`]: reads that;
//! - [`probe`]: asks for real whether there is an answer;
//! - [`apply`]: carries a [`Remedy`] out.

mod addresses;
mod apply;
mod delivery;
pub mod evidence;
mod fib;
mod filter;
mod finding;
mod gateway;
mod gather;
mod links;
mod probe;
mod remedy;
mod routes;
mod segment;
#[cfg(test)]
mod tests;
mod walk;
mod words;

pub use apply::apply;
pub use finding::{Cause, Finding, Hop, Walked};
pub use gather::Machine;
pub use probe::{Probe, probe};
pub use remedy::{Act, Remedy};
pub use walk::{Goal, Step, TCP, UDP, reason};
