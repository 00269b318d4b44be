//! `-batch FILE`: a command a line.
//!
//! Words end at white space, quotes hold words together, a backslash before a line's end joins it with the
//! next, and `#` begins a comment.

use std::ffi::OsStr;
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;

use nslab::types::strerror;

use super::fail::{FAILED, Fail, bytes};
use super::session::Session;

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
    session.in_batch = true;
    let (mut line, mut number, mut status) = (Vec::new(), 0u64, 0);
    while next_line(&mut *input, &mut line, &mut number)? {
        let words = split(&line);
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        if words.is_empty() {
            continue;
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

/// Reads a line, with those that it is continued on.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>, number: &mut u64) -> Result<bool, Fail> {
    line.clear();
    let mut any = false;
    loop {
        let start = line.len();
        let read = input.read_until(b'\n', line).map_err(|error| Fail::new(FAILED, error.to_string()))?;
        if read == 0 {
            return Ok(any);
        }
        any = true;
        *number += 1;
        // A comment ends the line, and with it a backslash inside.
        if let Some(at) = line.get(start..).and_then(|new| new.iter().position(|byte| *byte == b'#')) {
            line.truncate(start + at);
            return Ok(true);
        }
        if !line.ends_with(b"\\\n") {
            return Ok(true);
        }
        line.truncate(line.len() - 2);
    }
}

/// The words of a line.
fn split(line: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = line.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b' ' | b'\t' | b'\n' => {}
            b'"' | b'\'' => words.push(rest.by_ref().take_while(|next| *next != byte).collect()),
            first => {
                let mut word = vec![first];
                while let Some(next) = rest.next_if(|next| !matches!(next, b' ' | b'\t' | b'\n')) {
                    word.push(next);
                }
                words.push(word);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, Vec<String>)> {
        let (mut input, mut line, mut number) = (text.as_bytes(), Vec::new(), 0);
        let mut all = Vec::new();
        while next_line(&mut input, &mut line, &mut number).unwrap() {
            all.push((number, split(&line).into_iter().map(|word| String::from_utf8(word).unwrap()).collect()));
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
}
