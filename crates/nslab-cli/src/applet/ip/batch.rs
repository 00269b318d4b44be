//! `-batch FILE`: a command a line.
//!
//! Words end at white space, quotes hold words together, a backslash before a line's end joins it with the
//! next, and `#` begins a comment.

use std::ffi::OsStr;
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;

use nslab::types::strerror;

use super::fail::{FAILED, Fail, bytes};
use super::session::{Session, tell};

/// `ip` takes no more words in a line.
const MAX_WORDS: usize = 511;

/// Runs the commands of a file, `-` being standard input. The first that fails ends it, unless `-force`
/// was given; wrong use ends it always.
pub(super) fn run(session: &mut Session, file: &[u8]) -> Result<(), Fail> {
    let (name, mut input): (&[u8], Box<dyn BufRead>) = if file == b"-" {
        (b"-", Box::new(std::io::stdin().lock()))
    } else {
        match std::fs::File::open(OsStr::from_bytes(file)) {
            Ok(opened) => (file, Box::new(std::io::BufReader::new(opened))),
            Err(error) => {
                let why = strerror(error.raw_os_error().unwrap_or(0));
                return Err(Fail::new(FAILED, bytes!["Cannot open file \"", file, "\" for reading: ", why.as_bytes()]));
            }
        }
    };
    let (mut line, mut number, mut status) = (Vec::new(), 0u64, 0);
    session.in_batch = true;
    while next_line(&mut *input, &mut line, &mut number) {
        let words = split(&line).ok_or_else(|| Fail::new(FAILED, "Unterminated quoted string"))?;
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        if words.is_empty() {
            continue;
        }
        if words.len() > MAX_WORDS {
            return Err(Fail::new(FAILED, "Too many arguments to command"));
        }
        let Err(fail) = session.command(&words) else { continue };
        let (ends, failed) = (fail.ends_batch(), fail.status);
        session.tell(&fail);
        if ends {
            return Err(Fail::new(failed, Vec::new()));
        }
        session.tell(&Fail::new(0, bytes!["Command failed ", name, ":", number.to_string()]));
        status = FAILED;
        if !session.options.force {
            break;
        }
    }
    if status == 0 { Ok(()) } else { Err(Fail::new(status, Vec::new())) }
}

/// Reads a line, with those that it is continued on. A line is cut at a `#`, and at a zero byte.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>, number: &mut u64) -> bool {
    line.clear();
    let mut continued = false;
    loop {
        let start = line.len();
        // What cannot be read, such as a folder, ends here.
        if input.read_until(b'\n', line).unwrap_or(0) == 0 {
            if continued {
                tell(&Fail::new(0, "Missing continuation line"));
            }
            return false;
        }
        *number += 1;
        // What is cut off may hold the backslash of a continued line; then it is none.
        let end = line.get(start..).and_then(|new| new.iter().position(|byte| matches!(byte, b'#' | 0)));
        if let Some(end) = end {
            line.truncate(start + end);
            return true;
        }
        if !line.ends_with(b"\\\n") {
            return true;
        }
        line.truncate(line.len() - 2);
        continued = true;
    }
}

/// The words of a line; `None` where a quote has no end.
fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.get(rest.iter().take_while(|byte| is_space(byte)).count()..)?;
        let Some((&first, behind)) = rest.split_first() else {
            return Some(words);
        };
        let quoted = matches!(first, b'"' | b'\'');
        let (word, after) = if quoted {
            let end = behind.iter().position(|byte| *byte == first)?;
            (behind.get(..end)?, behind.get(end + 1..)?)
        } else {
            rest.split_at_checked(rest.iter().take_while(|byte| !is_space(byte)).count())?
        };
        words.push(word.to_vec());
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, Vec<String>)> {
        let (mut input, mut line, mut number) = (text.as_bytes(), Vec::new(), 0);
        let mut all = Vec::new();
        while next_line(&mut input, &mut line, &mut number) {
            all.push((
                number,
                split(&line).unwrap().into_iter().map(|word| String::from_utf8(word).unwrap()).collect(),
            ));
        }
        all
    }

    #[test]
    fn words_quotes_comments_and_continued_lines() {
        let text = "link  show\n# no\n\nset x alias \"a b\" 'c\"d'\nadd \\\n y # z\nlast";
        let expected: Vec<(u64, Vec<&str>)> = vec![
            (1, vec!["link", "show"]),
            (2, vec![]),
            (3, vec![]),
            (4, vec!["set", "x", "alias", "a b", "c\"d"]),
            (6, vec!["add", "y"]),
            (7, vec!["last"]),
        ];
        let found = lines(text);
        assert_eq!(found.len(), expected.len());
        for ((line, words), (expected_line, expected_words)) in found.iter().zip(&expected) {
            assert_eq!((line, words.len()), (expected_line, expected_words.len()));
            assert!(words.iter().eq(expected_words.iter()), "{words:?}");
        }
    }

    #[test]
    fn quotes_end_and_a_zero_byte_cuts() {
        let words = |line: &[u8]| split(line).map(|words| words.len());
        assert_eq!(
            (words(b"a \"b c\"d\r\n"), words(b"a \"b"), words(b"\"\""), words(b"a'b c")),
            (Some(3), None, Some(1), Some(2))
        );
        let lines = lines("one\0two \\\nlink # x \\\nlast \\");
        let lines: Vec<_> = lines.iter().map(|(number, words)| (*number, words.join(" "))).collect();
        assert_eq!(lines, [(1, "one".into()), (2, "link".into()), (3, "last \\".into())]);
    }
}
