//! Rust source as the paths and macros in it. Comments and strings are not seen, nor what is under
//! `#[cfg(test)]`.

use std::slice;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Something in the source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The name of a macro that is called.
    Macro(String),
    /// A path that starts at `crate`, `self` or `super`, as seen from the crate's root.
    Inside(String),
    /// Any other path, or a single word.
    Path(String),
}

/// All paths and macro calls of a module's text, each with its line.
pub(crate) fn tokens(module: &str, text: &str) -> Vec<(usize, Seen)> {
    let stream: TokenStream = text.parse().expect("the source is Rust");
    let module = if module.is_empty() { Vec::new() } else { module.split("::").map(str::to_owned).collect() };
    let mut reader = Reader { module, seen: Vec::new() };
    reader.read(stream);
    reader.seen
}

struct Reader {
    module: Vec<String>,
    seen: Vec<(usize, Seen)>,
}

impl Reader {
    fn read(&mut self, stream: TokenStream) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut rest = trees.as_slice();
        let mut named = None;
        while let Some((tree, after)) = rest.split_first() {
            rest = after;
            match tree {
                TokenTree::Punct(punct) if punct.as_char() == '#' => match attribute(&mut rest) {
                    Some(content) if is_cfg_test(&content) => skip_item(&mut rest),
                    Some(content) if !is_doc(&content) => self.read(content),
                    _ => {}
                },
                TokenTree::Group(group) => {
                    let inner = named.take().filter(|_| group.delimiter() == Delimiter::Brace);
                    let depth = self.module.len();
                    self.module.extend(inner);
                    self.read(group.stream());
                    self.module.truncate(depth);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    named = rest.first().map(ToString::to_string);
                    rest = rest.get(1..).unwrap_or_default();
                }
                TokenTree::Ident(word) => self.path(vec![word.to_string()], word.span().start().line, &mut rest),
                TokenTree::Punct(_) => named = None,
                TokenTree::Literal(_) => {}
            }
        }
    }

    /// Reads the rest of a path of which some segments are known.
    fn path(&mut self, mut segments: Vec<String>, line: usize, rest: &mut &[TokenTree]) {
        while starts_with(rest, "::") {
            match rest.get(2) {
                Some(TokenTree::Ident(word)) => segments.push(word.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    *rest = rest.get(3..).unwrap_or_default();
                    return self.branches(&segments, group.stream());
                }
                _ => break,
            }
            *rest = rest.get(3..).unwrap_or_default();
        }
        if starts_with(rest, "!") && !starts_with(rest, "!=") {
            let name = segments.pop().unwrap_or_default();
            return self.seen.push((line, Seen::Macro(name)));
        }
        self.found(segments, line);
    }

    /// `{a, b::c, self}` behind a path.
    fn branches(&mut self, before: &[String], stream: TokenStream) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        for branch in trees.split(|tree| is_punct(tree, ',')) {
            let Some((TokenTree::Ident(word), mut rest)) = branch.split_first() else { continue };
            let mut segments = before.to_vec();
            if word != "self" {
                segments.push(word.to_string());
            }
            self.path(segments, word.span().start().line, &mut rest);
        }
    }

    fn found(&mut self, segments: Vec<String>, line: usize) {
        let mut base = self.module.clone();
        let mut left = segments.iter().peekable();
        let mut inside = false;
        while let Some(word) = left.next_if(|word| ["crate", "self", "super"].contains(&word.as_str())) {
            inside = true;
            match word.as_str() {
                "crate" => base.clear(),
                "super" => drop(base.pop()),
                _ => {}
            }
        }
        if !inside {
            return self.seen.push((line, Seen::Path(segments.join("::"))));
        }
        // `pub(super)`, the receiver `self` and the like lead nowhere.
        if left.peek().is_some() {
            base.extend(left.cloned());
            self.seen.push((line, Seen::Inside(base.join("::"))));
        }
    }
}

/// Behind `#`: takes `[…]` or `![…]` and gives what is in it.
fn attribute(rest: &mut &[TokenTree]) -> Option<TokenStream> {
    let at = usize::from(starts_with(rest, "!"));
    let TokenTree::Group(group) = rest.get(at)? else { return None };
    *rest = rest.get(at + 1..)?;
    Some(group.stream())
}

fn is_cfg_test(attribute: &TokenStream) -> bool {
    attribute.to_string().replace(' ', "") == "cfg(test)"
}

fn is_doc(attribute: &TokenStream) -> bool {
    attribute.clone().into_iter().next().is_some_and(|tree| tree.to_string() == "doc")
}

/// Passes over an item: to its `;` or its `{…}`, but not one behind `::`.
fn skip_item(rest: &mut &[TokenTree]) {
    let mut path = false;
    while let Some((tree, after)) = rest.split_first() {
        *rest = after;
        let body = matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if is_punct(tree, ';') || (body && !path) {
            return;
        }
        path = is_punct(tree, ':');
    }
}

fn is_punct(tree: &TokenTree, c: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == c)
}

fn starts_with(rest: &[TokenTree], text: &str) -> bool {
    let trees: slice::Iter<'_, TokenTree> = rest.iter();
    text.chars().count() <= rest.len() && trees.zip(text.chars()).all(|(tree, c)| is_punct(tree, c))
}
