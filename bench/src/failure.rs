//! What went wrong, for a person to read.

use std::fmt;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Says what was tried.
    pub(crate) fn of(what: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self(format!("{what}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<nslab::Error> for Failure {
    fn from(error: nslab::Error) -> Self {
        Self(error.to_string())
    }
}
