//! One public error for the whole library.
//!
//! A caller matches on [`Error::kind`]; a person reads the [`Display`](std::fmt::Display) text, which
//! says what was asked and what is wrong, and [`Error::help`], which says what to do next.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::errno::strerror;

/// What went wrong, as far as a program can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for makes no sense: a bad name, address, file, or combination.
    Invalid,
    /// The thing named does not exist.
    NotFound,
    /// The name is taken.
    Exists,
    /// The caller lacks the privilege.
    Permission,
    /// The kernel or the machine does not have the feature.
    Unsupported,
    /// Somebody else is using it.
    Busy,
    /// It did not happen within its time.
    TimedOut,
    /// The kernel refused for another reason; see [`Error::errno`].
    Kernel,
    /// The kernel's reply could not be understood.
    Reply,
}

impl ErrorKind {
    /// The kind that an error number stands for (`errno(3)`).
    #[must_use]
    pub fn of_errno(errno: i32) -> Self {
        match errno {
            libc::EPERM | libc::EACCES => Self::Permission,
            libc::ENOENT | libc::ENODEV | libc::ESRCH | libc::ENXIO | libc::EADDRNOTAVAIL => Self::NotFound,
            libc::EEXIST | libc::EADDRINUSE => Self::Exists,
            libc::EOPNOTSUPP | libc::ENOSYS | libc::EPROTONOSUPPORT | libc::EAFNOSUPPORT => Self::Unsupported,
            libc::EBUSY => Self::Busy,
            libc::ETIMEDOUT => Self::TimedOut,
            _ => Self::Kernel,
        }
    }
}

/// A place in a lab file and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which of the sources it is in ([`FileProblems::sources`]), counted from 0.
    pub file: usize,
    /// What is wrong, with the offending value quoted.
    pub message: String,
    /// The bytes of the source that it is about, if there are such.
    pub span: Option<std::ops::Range<usize>>,
    /// Line in the source, counted from 1; 0 where there is none.
    pub line: usize,
    /// Column in characters, counted from 1; 0 where there is none.
    pub column: usize,
    /// What is allowed there, or what to do.
    pub help: Option<String>,
}

/// A file that problems are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Its text (empty where it could not be read).
    pub text: String,
}

/// All that is wrong with one lab file, and with those that it includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblems {
    /// The files that have problems, each included file before the one that includes it; never empty.
    pub sources: Vec<Source>,
    /// The problems in the order of the files and of their places; never empty.
    pub problems: Vec<Diagnostic>,
}

impl FileProblems {
    /// The file that a problem is in.
    #[must_use]
    pub fn source_of(&self, problem: &Diagnostic) -> Option<&Source> {
        self.sources.get(problem.file)
    }
}

/// The error of every fallible function of this library.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    help: Option<String>,
    errno: Option<i32>,
    kernel_text: Option<String>,
    offset: Option<u32>,
    file: Option<FileProblems>,
}

/// The result of every fallible function of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind, with a message that says what was asked and what is wrong.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            help: None,
            errno: None,
            kernel_text: None,
            offset: None,
            file: None,
        }))
    }

    /// Shorthand for [`ErrorKind::Invalid`].
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A system call that failed: `operation` says what was tried on which object.
    #[must_use]
    pub fn os(operation: impl fmt::Display, errno: impl Into<std::io::Error>) -> Self {
        let error = errno.into();
        match error.raw_os_error() {
            Some(errno) => Self::kernel(operation, errno, None),
            None => Self::new(ErrorKind::Kernel, format!("{operation}: {error}")),
        }
    }

    /// A netlink request that the kernel refused, with its extended acknowledgement where it sent one.
    #[must_use]
    pub fn kernel(operation: impl fmt::Display, errno: i32, kernel_text: Option<String>) -> Self {
        let why = kernel_text.as_deref().map_or_else(|| strerror(errno), Into::into);
        let mut error = Self::new(ErrorKind::of_errno(errno), format!("{operation}: {why}"));
        error.0.errno = Some(errno);
        error.0.kernel_text = kernel_text;
        error
    }

    /// Says where in the request the kernel saw the fault.
    #[must_use]
    pub(crate) fn with_offset(mut self, offset: Option<u32>) -> Self {
        self.0.offset = offset;
        self
    }

    /// Everything wrong with a lab file, at once.
    #[must_use]
    pub fn file(path: &Path, source: &str, problems: Vec<Diagnostic>) -> Self {
        Self::files(vec![Source { path: path.into(), text: source.into() }], problems)
    }

    /// The same of a lab file and those that it includes.
    #[must_use]
    pub fn files(sources: Vec<Source>, problems: Vec<Diagnostic>) -> Self {
        let path = |file: usize| sources.get(file).map_or_else(String::new, |source| source.path.display().to_string());
        let message = match problems.as_slice() {
            [] => format!("{}: not a usable lab file", path(0)),
            [only] if only.line == 0 => format!("{}: {}", path(only.file), only.message),
            [first, rest @ ..] => {
                let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
                format!("{}:{}:{}: {}{more}", path(first.file), first.line, first.column, first.message)
            }
        };
        let mut error = Self::invalid(message);
        error.0.file = Some(FileProblems { sources, problems });
        error
    }

    /// Says of which larger step this was a part: `step: message`.
    #[must_use]
    pub fn within(mut self, step: impl fmt::Display) -> Self {
        self.0.message = format!("{step}: {}", self.0.message);
        self
    }

    /// Adds to the message.
    #[must_use]
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.0.message.push_str(more);
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Replaces the kind, where the caller knows better than the error number does.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What went wrong, for a program.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do next, for a person.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The error number, where the kernel gave one (`errno(3)`).
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        self.0.errno
    }

    /// The kernel's own words (the extended acknowledgement's `NLMSGERR_ATTR_MSG`), where it had any.
    #[must_use]
    pub fn kernel_text(&self) -> Option<&str> {
        self.0.kernel_text.as_deref()
    }

    /// Where in the netlink request the kernel saw the fault, in bytes from the request's start (the
    /// extended acknowledgement's `NLMSGERR_ATTR_OFFS`), where it said so.
    #[must_use]
    pub fn offset(&self) -> Option<u32> {
        self.0.offset
    }

    /// What is wrong with which place of a lab file, where this is about one.
    #[must_use]
    pub fn file_problems(&self) -> Option<&FileProblems> {
        self.0.file.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_error_keeps_its_own_words() {
        let error = Error::kernel("adding link veth0", libc::EINVAL, Some("Unknown device type".into()));
        assert_eq!(error.to_string(), "adding link veth0: Unknown device type");
        assert_eq!((error.errno(), error.kind()), (Some(libc::EINVAL), ErrorKind::Kernel));
    }

    #[test]
    fn without_words_of_the_kernel_the_number_speaks() {
        let error = Error::os("opening /run/netns/x", rustix::io::Errno::NOENT);
        assert_eq!(error.to_string(), "opening /run/netns/x: No such file or directory");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
