//! What the YAML parser says, in words for somebody who writes a lab file.

use serde_saphyr::Error;

use super::impair;
use super::problems::Problems;

/// Reports why a text is not YAML, or not YAML that is taken here. The parser stops at the first reason.
pub(super) fn explain(error: &Error, problems: &mut Problems<'_>) {
    let place = error.location();
    let start = place.map_or(0, |place| match place.span().byte_offset().and_then(|at| usize::try_from(at).ok()) {
        Some(offset) => offset,
        None => problems.offset_of(number(place.line()), number(place.column())),
    });
    let source = problems.source();
    let start = start.min(source.len());
    let line_start = source.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = source.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    if let Some((at, message, help)) = impair::astray(line) {
        let at = line_start + at;
        return problems.add(at..line_start + line.trim_end().len(), message, help);
    }
    let (message, help) = words(error);
    // One character, or nothing at the end of a line.
    let rest = source.get(start..).unwrap_or_default();
    let width = rest.chars().next().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    problems.add(start..start + width, message, help);
}

fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn words(error: &Error) -> (String, String) {
    match error {
        Error::AliasError { error, .. } => words(error),
        Error::MultipleDocuments { .. } => {
            ("a second document starts here".into(), "one file is one lab; take out the `---` line".into())
        }
        Error::MergeKeyNotAllowed { .. } => {
            ("merge keys (`<<`) are not allowed".into(), "YAML 1.2 has none; write the keys out".into())
        }
        Error::UnknownAnchor { .. } => (
            "this alias has no anchor".into(),
            "`*name` stands for what `&name` marks further up; a text that starts with `*` needs quotation marks"
                .into(),
        ),
        Error::UnsupportedTag { .. } => ("this tag is not known here".into(), "leave out the `!…`".into()),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => {
            ("here the file gets larger or deeper than a lab file may be".into(), LIMITS.into())
        }
        _ => {
            let text = plain(error);
            if text.contains("recursion limit") {
                return ("here the file gets deeper than a lab file may be".into(), LIMITS.into());
            }
            let help = match text.as_str() {
                text if text.contains("mapping values are not allowed") => {
                    "`: ` makes a mapping of what stands before it; a text that contains it needs quotation marks"
                }
                text if text.contains("expected ','") => {
                    "between brackets or braces, a text with `[`, `]`, `{`, `}` or `,` in it needs quotation marks"
                }
                text if text.contains("tabs disallowed") => "indent with spaces",
                _ => "",
            };
            (format!("not valid YAML: {text}"), help.into())
        }
    }
}

// As `tree::options` sets them.
const LIMITS: &str = "a file may have 1,000,000 values, 32 levels, and 100,000 values by aliases";

/// The parser's text without the place, which stands in front of it already.
fn plain(error: &Error) -> String {
    let text = error.to_string();
    let Some(place) = error.location() else { return text };
    let place = format!(" at line {}, column {}", place.line(), place.column());
    text.strip_suffix(&place).map(str::to_owned).unwrap_or(text)
}
