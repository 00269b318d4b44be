//! What this machine allows, found out by trying, and the least that makes work what does not.
//!
//! [`look`] gathers [`Facts`], most of them by trying in namespaces that are gone afterwards; [`judge`] makes a
//! [`Report`] of them, and does nothing else. What is tried leaves nothing, but for modules that the kernel loads.

mod apparmor;
mod facts;
mod gather;
mod judge;
mod machine;
mod trial;

pub use apparmor::profile;
pub use facts::{Caller, Container, Facts, Helper, Helpers, Limits, NODES, Refusal, Step, SubIds, Trial, Tried, Way};
pub use gather::{Look, look};
pub use judge::{Finding, Report, Section, Verdict, judge};
pub use trial::{attempt, attempt_proc};
