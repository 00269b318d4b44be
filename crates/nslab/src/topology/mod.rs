//! (under construction)

pub mod spec;
