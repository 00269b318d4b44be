//! Transcripts in the pages: each `console` block is run, and must print what the page shows.
//!
//! A line that begins with `$ ` or `# ` is a command, with the lines behind it that begin with `> `. The
//! blocks of a page are one session, in a sandbox and a folder with the examples in it.

use libtest_mimic::Trial;
use regex_lite::Regex;

use crate::markdown::{self, Block, Page};
use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    // What a benchmark prints is never the same twice.
    let stable = |page: &Page| !page.name.starts_with("bench/") && !transcripts(page).is_empty();
    let pages = markdown::pages().into_iter().filter(stable);
    let trials: Vec<Trial> = pages.map(|page| trial(&format!("docs::{}", page.name), move || run(&page))).collect();
    assert!(trials.len() >= 2, "only {} pages have transcripts", trials.len());
    trials
}

fn transcripts(page: &Page) -> Vec<Block> {
    page.blocks().into_iter().filter(|block| block.info == "console").collect()
}

/// A command as it is shown, and what is printed behind it.
struct Step {
    shown: String,
    output: String,
}

fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.text.lines() {
        let line = format!("{line}\n");
        match steps.last_mut() {
            _ if line.starts_with("$ ") || line.starts_with("# ") => {
                steps.push(Step { shown: line, output: String::new() });
            }
            Some(step) if line.starts_with("> ") && step.output.is_empty() => step.shown.push_str(&line),
            Some(step) => step.output.push_str(&line),
            None => panic!("line {}: a transcript begins with a command", block.line),
        }
    }
    steps
}

fn run(page: &Page) {
    let blocks = transcripts(page);
    let steps: Vec<Vec<Step>> = blocks.iter().map(steps).collect();
    let examples = tools::repository("examples");
    // What users have on record is in a folder of this sandbox too.
    let mut script = format!(
        "mkdir /run/work; cp -r '{}' /run/work; mkdir -m 700 /run/user; export XDG_RUNTIME_DIR=/run/user
         cd /run/work; exec 2>&1; s=0\n",
        examples.display()
    );
    for step in steps.iter().flatten() {
        let typed: String = step.shown.lines().map(|line| format!("{}\n", &line[2..])).collect();
        // A mark in front of each command's output, and the status of the one before it in $?.
        script.push_str(&format!("printf '\\001'; (exit $s)\n{typed}s=$?\n"));
    }
    let output = sandbox::run(&[tools::ours()], &script);
    let printed = String::from_utf8(output.stdout).unwrap().replace("/run/work", "/home/you/nslab");
    let mut outputs = printed.split('\u{1}').skip(1);
    let mut wanted = Vec::new();
    for (block, steps) in blocks.into_iter().zip(&steps) {
        let mut text = String::new();
        for step in steps {
            let got = outputs.next().unwrap_or_else(|| panic!("{}: no output of {}", page.name, step.shown));
            let same = cover(got) == cover(&step.output);
            text.push_str(&step.shown);
            text.push_str(if same { &step.output } else { got });
        }
        wanted.push((block, text));
    }
    page.settle(&wanted);
}

/// Replaces what differs from run to run: times, and hardware addresses that the kernel made up.
fn cover(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, with) in [
        (r"[0-9]+\.[0-9]+(/[0-9.]+)* ms", "T ms"),
        (r"time [0-9]+ms", "time Tms"),
        (r#""rtt_ms": [0-9.]+"#, r#""rtt_ms": T"#),
        (r"link/ether [0-9a-f:]{17}", "link/ether MAC"),
        (r"(?m)^ +[0-9]+\.[0-9]{6} ", "T "),
        (r"id [0-9]+, seq [0-9]+", "id N, seq N"),
        (" {2,}", "  "),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    text
}
