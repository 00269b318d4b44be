//! The repository's pages, and the blocks between ``` in them.
//!
//! A block that does not say what it should is an error that shows both; with `NSLAB_DOCS=write` in the
//! environment the page is put right instead, to be looked at as a change.

use std::fs;
use std::path::{Path, PathBuf};

/// A page.
pub(crate) struct Page {
    /// Its path in the repository.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// What stands behind the opening ```.
    pub(crate) info: String,
    /// The line of the opening ```, counted from 1.
    pub(crate) line: usize,
    /// The lines between, each with its line break.
    pub(crate) text: String,
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every page of the repository: those in its root, in docs and in bench.
pub(crate) fn pages() -> Vec<Page> {
    let root = root();
    let mut pages = Vec::new();
    for folder in ["", "docs", "bench"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "md") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                pages.push(Page { name, text: fs::read_to_string(&path).unwrap(), path });
            }
        }
    }
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    pages
}

impl Page {
    /// Its blocks, in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (at, line) in self.text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    open = Some(Block { info: info.into(), line: at + 1, text: String::new() });
                }
                (Some(_), Some("")) => blocks.extend(open.take()),
                (Some(block), _) => block.text.push_str(&format!("{line}\n")),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.name);
        blocks
    }

    /// Takes each block, with what it should say, to its page; or says what differs.
    pub(crate) fn settle(&self, wanted: &[(Block, String)]) {
        let differing: Vec<_> = wanted.iter().filter(|(block, text)| block.text != *text).collect();
        if differing.is_empty() {
            return;
        }
        if std::env::var_os("NSLAB_DOCS").is_some_and(|value| value == "write") {
            let mut lines: Vec<String> = self.text.lines().map(|line| format!("{line}\n")).collect();
            // From the end, so that the lines of those before keep their numbers.
            for (block, text) in differing.iter().rev() {
                lines.splice(block.line..block.line + block.text.lines().count(), [text.clone()]);
            }
            fs::write(&self.path, lines.concat()).unwrap();
            return;
        }
        let show = |(block, text): &&(Block, String)| {
            format!("{}:{}\n--- as written\n{}--- as it is\n{text}", self.name, block.line, block.text)
        };
        let shown: Vec<String> = differing.iter().map(show).collect();
        panic!("{}\nNSLAB_DOCS=write puts it right", shown.join("\n"));
    }
}
