//! A lab from its description to the kernel: [`spec`] says what is wanted, [`plan`] what to do for it,
//! [`apply`] does it. The first two do no I/O beyond reading the file.

pub mod apply;
pub mod diff;
pub mod domains;
pub mod kinds;
pub mod observe;
pub mod plan;
pub mod routing;
pub mod save;
pub mod spec;
