//! What is wrong with a file, shown where it is: the line, a caret under the word, and what to do.
//!
//! A file is anybody's, so nothing of it reaches the terminal but printable characters, and no more of
//! a line than fits.

use std::ops::Range;

use annotate_snippets::renderer::Renderer;
use annotate_snippets::{AnnotationKind, Group, Level, Snippet};
use anstyle::{AnsiColor, Style};
use nslab::{Diagnostic, FileProblems};

/// More would scroll the first ones away, which are the ones to mend first.
const MOST: usize = 20;
/// The longest part of a line that is shown, in characters.
const WIDTH: usize = 90;

const BOLD: Style = Style::new().bold();
const ERROR: Style = AnsiColor::BrightRed.on_default().bold();

/// The problems as text of several lines, with colour.
pub(crate) fn render(problems: &FileProblems) -> String {
    // Lines are cut here already, around the word in question.
    let renderer = Renderer::styled().term_width(WIDTH * 4);
    let mut shown: Vec<String> = Vec::new();
    for problem in problems.problems.iter().take(MOST) {
        let source = problems.source_of(problem);
        let path = source.map_or_else(String::new, |source| printable(&source.path.to_string_lossy()));
        let place = match problem.line {
            0 => path.clone(),
            line => format!("{path}:{line}:{}", problem.column),
        };
        let mut text = format!("{BOLD}{place}: {ERROR}error:{ERROR:#} {BOLD}{}{BOLD:#}", printable(&problem.message));
        if let Some(group) = group(problem, source.map_or("", |source| &source.text)) {
            text.push('\n');
            text.push_str(&renderer.render(&[group]));
        } else if let Some(help) = &problem.help {
            text.push_str("\n  = help: ");
            text.push_str(&printable(help));
        }
        shown.push(text);
    }
    let count = problems.problems.len();
    if count > MOST {
        let path = problems.sources.last().map_or_else(String::new, |source| printable(&source.path.to_string_lossy()));
        shown.push(format!("{path}: {count} problems, of which the first {MOST} are shown"));
    }
    shown.join("\n\n")
}

/// The line and the help; none where there is no line. The place is not left to the renderer, which
/// knows only the part of the line that it is given.
fn group<'a>(problem: &Diagnostic, source: &str) -> Option<Group<'a>> {
    let excerpt = Excerpt::of(source, problem.span.as_ref()?).filter(|excerpt| !excerpt.text.is_empty())?;
    let snippet =
        Snippet::source(excerpt.text).line_start(problem.line).annotation(AnnotationKind::Primary.span(excerpt.marked));
    let group = Group::with_level(Level::ERROR).element(snippet);
    Some(match &problem.help {
        Some(help) => group.element(Level::HELP.message(printable(help))),
        None => group,
    })
}

/// The part of a line around a word, fit to be shown.
#[derive(Debug, PartialEq)]
struct Excerpt {
    text: String,
    /// The bytes of the text that the problem is about.
    marked: Range<usize>,
}

impl Excerpt {
    fn of(source: &str, span: &Range<usize>) -> Option<Self> {
        let (before, behind) = (source.get(..span.start)?, source.get(span.start..)?);
        let before = before.rsplit('\n').next().unwrap_or_default().trim_start_matches('\u{feff}');
        let behind = behind.split(['\n', '\r']).next().unwrap_or_default();
        let word = behind.get(..span.len().min(behind.len())).unwrap_or(behind);
        let behind = behind.get(word.len()..).unwrap_or_default();

        let word = Cut::head(word, WIDTH);
        // What is left of the width goes to what stands before, as far as there is that, but a third of it.
        let left = WIDTH.saturating_sub(word.length);
        let behind_length = behind.chars().take(left).count();
        let before = Cut::tail(before, left.saturating_sub(behind_length.min(left / 3)));
        let behind = Cut::head(behind, left.saturating_sub(before.length));

        let marked = before.text.len()..before.text.len() + word.text.len();
        Some(Self { text: before.text + &word.text + &behind.text, marked })
    }
}

/// A text of at most so many characters, an ellipsis where something is missing.
struct Cut {
    text: String,
    length: usize,
}

impl Cut {
    fn head(text: &str, most: usize) -> Self {
        let mut kept: Vec<char> = text.chars().take(most.saturating_add(1)).collect();
        if kept.len() > most {
            kept.truncate(most.saturating_sub(1));
            kept.push('…');
        }
        kept.truncate(most);
        Self::printable(kept.iter().copied())
    }

    fn tail(text: &str, most: usize) -> Self {
        let mut kept: Vec<char> = text.chars().rev().take(most.saturating_add(1)).collect();
        if kept.len() > most {
            kept.truncate(most.saturating_sub(1));
            kept.push('…');
        }
        kept.truncate(most);
        Self::printable(kept.iter().rev().copied())
    }

    fn printable(kept: impl Iterator<Item = char>) -> Self {
        let text: String = kept.map(|c| if c == '\t' { ' ' } else { shown(c) }).collect();
        Self { length: text.chars().count(), text }
    }
}

/// The text with each character that would do something to a terminal replaced by a sign for it.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { shown(c) }).collect()
}

fn shown(c: char) -> char {
    match c {
        // The pictures of control characters stand in their order from U+2400.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // Also what turns the direction of writing, or cannot be seen.
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nslab::topology::spec;
    use std::path::Path;

    fn plain(source: &str) -> String {
        let error = spec::parse(source, Path::new("lab.yaml")).unwrap_err();
        anstream::adapter::strip_str(&render(error.file_problems().unwrap())).to_string()
    }

    #[test]
    fn the_word_is_marked() {
        assert_eq!(
            plain("links:\n  - r1:up 192.0.2.1/33 -- r2:ü 192.0.2.2/24\n  - { a: { nod: x }, b: { node: y } }\n"),
            "\
lab.yaml:2:11: error: \"192.0.2.1/33\": an IPv4 prefix length is 0 to 32, not \"33\"
  |
2 |   - r1:up 192.0.2.1/33 -- r2:ü 192.0.2.2/24
  |           ^^^^^^^^^^^^

lab.yaml:3:12: error: an end of a link has no key \"nod\"
  |
3 |   - { a: { nod: x }, b: { node: y } }
  |            ^^^
  |
  = help: did you mean `node`? allowed here: `node`, `ifname`, `addresses`, `mac`, `mtu`, `impair`"
        );
    }

    #[test]
    fn an_empty_file_has_no_line_to_show() {
        assert!(plain("").starts_with("lab.yaml:1:1: error: the file is empty\n  = help: "), "{}", plain(""));
    }

    #[test]
    fn nothing_raw_reaches_the_terminal() {
        let text = plain("links: [ \"r1 -- \\e[31m\u{9b}31m\u{202e} 1.1.1.1/99\", \"\u{9b}x\" ]\nno\u{85}ds: {}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}'));
        let text = plain("\u{feff}nodes: { \u{1b}]0;x\u{7} }");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }

    #[test]
    fn long_lines_are_cut_around_the_word() {
        let links: String = (0..1000).map(|n| format!("a{n} -- b{n}, ")).collect();
        let text = plain(&format!("links: [ {links} a 10.0.0.1/33 -- b, {links} ]"));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() < 100), "{text}");
        let (shown, caret) = (lines[2], lines[3]);
        let at = caret.chars().position(|c| c == '^').unwrap();
        assert_eq!(shown.chars().skip(at).take(11).collect::<String>(), "10.0.0.1/33");
        let text = plain(&format!("name: {}", "x".repeat(1_000_000)));
        assert!(text.len() < 1500, "{text}");
    }

    #[test]
    fn many_problems_are_counted() {
        let text = plain(&"x -- y/z\n".replace("x", "- x").repeat(30).replace("- x", "  - x").replacen(
            "  - x",
            "links:\n  - x",
            1,
        ));
        assert!(text.ends_with("lab.yaml: 30 problems, of which the first 20 are shown"), "{text}");
    }

    #[test]
    fn every_place_of_a_line_can_be_marked() {
        for length in [0, 1, 50, 89, 90, 91, 200] {
            let source = "é".repeat(length);
            for start in (0..=length).map(|n| n * 2) {
                for end in [start, (start + 2).min(source.len()), source.len()] {
                    let excerpt = Excerpt::of(&source, &(start..end)).unwrap();
                    assert!(excerpt.text.get(excerpt.marked.clone()).is_some(), "{excerpt:?}");
                    assert!(excerpt.text.chars().count() <= WIDTH, "{length} {start} {end} {excerpt:?}");
                }
            }
        }
    }
}
