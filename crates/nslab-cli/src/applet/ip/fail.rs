//! How a command ends when it does not end well: the words for standard error, and the exit status.

use nslab::Error;

/// `ip` was used wrongly.
pub(super) const MISUSE: u8 = 255;
/// It failed before or beside the kernel.
pub(super) const FAILED: u8 = 1;
/// The kernel refused.
pub(super) const REFUSED: u8 = 2;

/// A failure: words (any bytes, for they quote what was typed) and status.
#[derive(Debug)]
pub(super) struct Fail {
    pub(super) text: Vec<u8>,
    pub(super) status: u8,
    ends_batch: bool,
}

/// Bytes put together from anything that has bytes.
macro_rules! bytes {
    ($($part:expr),+ $(,)?) => {{
        let mut all: Vec<u8> = Vec::new();
        $( all.extend_from_slice(AsRef::<[u8]>::as_ref(&$part)); )+
        all
    }};
}
pub(super) use bytes;

impl Fail {
    pub(super) fn new(status: u8, text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into(), status, ends_batch: status == MISUSE }
    }

    /// Nothing more to say, and this status.
    pub(super) fn silent(status: u8) -> Self {
        Self::new(status, Vec::new())
    }

    /// A failure that ends a batch even with `-force`, as wrong use does.
    pub(super) fn ending_batch(self) -> Self {
        Self { ends_batch: true, ..self }
    }

    /// A failure that a batch with `-force` goes past, whatever its status.
    pub(super) fn staying_in_batch(self) -> Self {
        Self { ends_batch: false, ..self }
    }

    pub(super) fn ends_batch(&self) -> bool {
        self.ends_batch
    }

    /// A word that `ip` knows and this does not know yet.
    pub(super) fn not_yet(what: &[u8]) -> Self {
        Self::new(MISUSE, bytes!["nslab: \"", what, "\" is not supported yet"])
    }

    /// The words ended too early.
    pub(super) fn incomplete() -> Self {
        Self::new(MISUSE, "Command line is not complete. Try option \"help\"")
    }

    /// A word with a wrong value behind it. `why` may end with a line break of its own, as some of `ip`'s do.
    pub(super) fn wrong(word: &[u8], why: &str) -> Self {
        Self::new(MISUSE, bytes!["Error: argument \"", word, "\" is wrong: ", why])
    }

    /// A keyword for the second time.
    pub(super) fn duplicate(key: &str, word: &[u8]) -> Self {
        Self::new(MISUSE, bytes!["Error: duplicate \"", key, "\": \"", word, "\" is the second value."])
    }

    /// A second word without a keyword, or one that is none.
    pub(super) fn duplicate_or_garbage(key: impl AsRef<[u8]>, word: &[u8]) -> Self {
        Self::new(MISUSE, bytes!["Error: either \"", key, "\" is duplicate, or \"", word, "\" is garbage."])
    }

    /// No such link, where a command acts on one.
    pub(super) fn no_device(name: &[u8]) -> Self {
        Self::new(FAILED, bytes!["Cannot find device \"", name, "\""])
    }

    /// The library's own words, which are those of `ip` where it stands in for it.
    pub(super) fn own(status: u8, error: &Error) -> Self {
        Self::new(status, error.to_string())
    }

    /// The kernel's answer to a request.
    pub(super) fn kernel(error: &Error) -> Self {
        match (error.kernel_text(), error.errno()) {
            (Some(text), _) => {
                let stop = if text.ends_with('.') || text.ends_with('\n') { "" } else { "." };
                Self::new(REFUSED, format!("Error: {text}{stop}"))
            }
            (None, Some(errno)) => Self::new(REFUSED, format!("RTNETLINK answers: {}", nslab::types::strerror(errno))),
            (None, None) => Self::own(REFUSED, error),
        }
    }
}
