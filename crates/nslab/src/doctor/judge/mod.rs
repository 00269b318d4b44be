//! What facts mean, and what to do about them. Pure.

mod cause;
mod features;
mod kernel;
mod limits;
mod programs;
mod ways;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use super::facts::{Facts, Trial};

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Works,
    /// It does, but not for all that nslab can.
    Limited,
    /// It does not.
    DoesNot,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Works => "works",
            Self::Limited => "limited",
            Self::DoesNot => "does not",
        })
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// The kernel's age.
    Kernel,
    /// Labs made by root.
    Root,
    /// Labs made without root.
    User,
    /// What labs may have.
    Features,
    /// How large labs may be.
    Limits,
    /// Other programs that labs without root can make use of.
    Programs,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kernel => "kernel",
            Self::Root => "labs with root",
            Self::User => "labs without root",
            Self::Features => "what labs may have",
            Self::Limits => "large labs",
            Self::Programs => "other programs, for labs without root",
        })
    }
}

/// Something that works or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub section: Section,
    /// A name that stays, for programs: of letters, digits, `_` and `.`.
    pub id: String,
    /// What it is, for people.
    pub what: String,
    /// Whether it works.
    pub verdict: Verdict,
    /// Why not, or how far.
    pub why: Option<String>,
    /// The least that makes it work.
    pub remedy: Option<String>,
}

impl Finding {
    fn works(section: Section, id: &str, what: impl Into<String>) -> Self {
        Self { section, id: id.into(), what: what.into(), verdict: Verdict::Works, why: None, remedy: None }
    }

    fn of(section: Section, id: &str, what: impl Into<String>, verdict: Verdict, cause: Cause) -> Self {
        let Cause { why, remedy } = cause;
        Self { section, id: id.into(), what: what.into(), verdict, why: Some(why), remedy: Some(remedy) }
    }
}

/// Why something does not work, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause {
    why: String,
    remedy: String,
}

impl Cause {
    fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

/// What a machine allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether the process that asked can make labs.
    pub labs: bool,
    /// Whether labs can be made by root; none where the process that asked has not what it takes to try.
    pub root: Option<bool>,
    /// Whether labs can be made without root; none where it could not be tried.
    pub user: Option<bool>,
    /// What was found, by section.
    pub findings: Vec<Finding>,
}

/// Makes a report of facts.
#[must_use]
pub fn judge(facts: &Facts) -> Report {
    let works = |trial: &Option<Trial>| trial.as_ref().map(Trial::works);
    let (root, user) = (works(&facts.root), works(&facts.user));
    let mut findings = vec![kernel::judge(&facts.kernel)];
    findings.extend(ways::root(facts));
    findings.extend(ways::user(facts));
    findings.extend(features::judge(facts));
    findings.extend(limits::judge(facts));
    findings.extend(programs::judge(facts));
    Report { labs: root.or(user).unwrap_or(false), root, user, findings }
}
