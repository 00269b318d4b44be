//! The pages say what is true: their links lead somewhere, the files that they name are there, every
//! command and option has its place, and the lab files in them are read, or refused with the words shown.
//!
//! Transcripts (`console` blocks) are run by the kernel tests, in a sandbox.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use nslab::picture::layout::{Measure, layout};
use nslab::picture::{Scene, svg};
use nslab::topology::observe::network::Network;
use nslab::topology::plan::Plan;
use nslab::topology::spec;
use regex_lite::Regex;

#[path = "support/markdown.rs"]
mod markdown;

use markdown::{Block, Page};

fn page(name: &str) -> Page {
    let found = markdown::pages().into_iter().find(|page| page.name == name);
    found.unwrap_or_else(|| panic!("there is no page {name}"))
}

/// A page without its blocks.
fn prose(page: &Page) -> String {
    let (mut inside, mut prose) = (false, String::new());
    for line in page.text.lines() {
        let fence = line.starts_with("```");
        if !inside && !fence {
            prose.push_str(&format!("{line}\n"));
        }
        inside ^= fence;
    }
    prose
}

fn nslab(words: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nslab"));
    command.args(words).current_dir(folder).env_remove("NO_COLOR").output().unwrap()
}

fn stdout(words: &[&str]) -> String {
    String::from_utf8(nslab(words, &markdown::root()).stdout).unwrap()
}

/// The name of a heading in a link, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut count = 0;
    for page in markdown::pages() {
        let prose = prose(&page);
        for found in link.captures_iter(&prose) {
            let target = &found[1];
            if target.starts_with("https://") {
                continue;
            }
            count += 1;
            let (file, heading) = target.split_once('#').map_or((target, None), |(file, name)| (file, Some(name)));
            let path = if file.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: {target} is not there", page.name);
            if let Some(heading) = heading {
                let there = anchors(&std::fs::read_to_string(&path).unwrap());
                assert!(there.iter().any(|name| name == heading), "{}: {target}: no such heading", page.name);
            }
        }
    }
    assert!(count > 20, "only {count} links were found");
}

/// What stands between `` ` `` and begins like a path of the repository is one.
#[test]
fn files_that_are_named_are_there() {
    let named = Regex::new(r"`((?:crates|docs|examples|packaging|scripts|bench|\.ci)/[^`\s]*)`").unwrap();
    let mut count = 0;
    for page in markdown::pages() {
        for found in named.captures_iter(&prose(&page)) {
            count += 1;
            assert!(markdown::root().join(&found[1]).exists(), "{}: {} is not there", page.name, &found[1]);
        }
    }
    assert!(count > 10, "only {count} files were found");
}

/// Every file and folder below one, as paths in the repository; a folder's ends with `/`.
fn walk(folder: &Path, all: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap().to_owned();
        if path.is_dir() {
            all.push(name + "/");
            walk(&path, all);
        } else {
            all.push(name);
        }
    }
}

/// Also what the map of the code names by the end of its path: `up.rs`, `spec/tests.rs`, `packet/`.
#[test]
fn sources_that_are_named_are_there() {
    let mut all = Vec::new();
    for folder in ["crates/", "bench/", "docs/", "examples/", "packaging/", "scripts/"] {
        all.push(format!("/{folder}"));
        walk(&markdown::root().join(folder), &mut all);
    }
    let named = Regex::new(r"`([\w/-]+(?:\.rs|/))`").unwrap();
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let prose = prose(&page(name));
        let found: Vec<&str> = named.captures_iter(&prose).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(found.len() > 2, "{name}: only {found:?}");
        for file in found {
            assert!(all.iter().any(|path| path.ends_with(&format!("/{file}"))), "{name}: {file} is not there");
        }
    }
}

/// The map of the code names every folder and file at the top of both crates.
#[test]
fn the_map_is_whole() {
    let text = page("ARCHITECTURE.md").text;
    for folder in
        ["crates/nslab/src", "crates/nslab-cli/src", "crates/nslab-cli/src/command", "crates/nslab-cli/src/applet"]
    {
        for entry in std::fs::read_dir(markdown::root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name != "mod.rs" && !name.starts_with("lib") {
                let named = format!("`{}", name.trim_end_matches(".rs"));
                assert!(text.contains(&named), "ARCHITECTURE.md does not name {folder}/{name}");
            }
        }
    }
}

/// The part of a page under a heading.
fn section<'p>(page: &'p Page, heading: &str) -> &'p str {
    let start = page.text.find(&format!("\n## {heading}\n"));
    let start = start.unwrap_or_else(|| panic!("{}: no heading \"{heading}\"", page.name)) + 1;
    let rest = &page.text[start..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

#[test]
fn every_command_has_its_section_and_every_option_its_place() {
    let page = page("docs/commands.md");
    let help = stdout(&["--help"]);
    let verbs = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let verbs: Vec<&str> = verbs.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(verbs.contains(&"up") && verbs.len() > 5, "{verbs:?}");
    let option = Regex::new(r"(?m)^ +(?:-\w, )?(--[a-z-]+)").unwrap();
    let common = section(&page, "Options of every command");
    for verb in verbs.into_iter().filter(|verb| *verb != "help") {
        let section = section(&page, &format!("nslab {verb}"));
        for found in option.captures_iter(&stdout(&[verb, "--help"])) {
            let word = format!("`{}", &found[1]);
            assert!(section.contains(&word) || common.contains(&word), "nslab {verb}: {word}` is not documented");
        }
    }
}

/// The words of a paragraph between `` ` ``: that which begins so.
fn listed(section: &str, beginning: &str) -> Vec<String> {
    let paragraph = section.split("\n\n").find(|paragraph| paragraph.starts_with(beginning));
    let paragraph = paragraph.unwrap_or_else(|| panic!("no paragraph \"{beginning}\""));
    Regex::new("`([^`]+)`").unwrap().captures_iter(paragraph).map(|found| found[1].to_owned()).collect()
}

/// What the page says is there of `ip`, and what is not there yet.
#[test]
fn the_objects_of_ip_are_told() {
    let page = page("docs/commands.md");
    let section = section(&page, "nslab ip");
    let usage = String::from_utf8(nslab(&["ip", "help"], &markdown::root()).stderr).unwrap();
    let usage = usage.split_whitespace().collect::<Vec<_>>().join(" ");
    let objects = usage.split_once("OBJECT := { ").unwrap().1.split_once(" }").unwrap().0;
    let mut there: Vec<&str> = objects.split(" | ").filter(|object| *object != "help").collect();
    let mut told = listed(section, "Objects that are there:");
    there.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, there);
    let not_yet = listed(section, "Objects that are not there yet:");
    assert!(not_yet.len() > 3);
    for object in not_yet {
        let output = nslab(&["ip", &object], &markdown::root());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("nslab: \"ip {object}\" is not supported yet\n"));
        assert_eq!(output.status.code(), Some(255));
    }
}

#[test]
fn lab_files_are_read_or_refused_as_shown() {
    let (mut read, mut refused) = (0, 0);
    for page in markdown::pages() {
        let blocks = page.blocks();
        let mut wanted: Vec<(Block, String)> = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            match block.info.as_str() {
                "yaml" => {
                    read += 1;
                    if let Err(error) = spec::parse(&block.text, Path::new("lab.yaml")) {
                        panic!("{}:{}: {error}", page.name, block.line);
                    }
                }
                "yaml error" => {
                    refused += 1;
                    let said = blocks.get(at + 1).filter(|next| next.info == "text");
                    let said = said.unwrap_or_else(|| panic!("{}:{}: no text behind", page.name, block.line));
                    wanted.push((said.clone(), refusal(&block.text)));
                }
                _ => {}
            }
        }
        page.settle(&wanted);
    }
    assert!(read >= 5 && refused >= 10, "only {read} lab files and {refused} refusals");
}

/// What is said of a file that is refused.
fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lab.yaml"), text).unwrap();
    let output = nslab(&["up", "--dry-run", "lab.yaml"], folder.path());
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

/// The programs of the examples are those of the page that shows them.
#[test]
fn examples_are_the_files() {
    let readme = page("README.md");
    let shown = readme.blocks().into_iter().find(|block| block.info == "yaml").unwrap();
    let file = std::fs::read_to_string(markdown::root().join("examples/helloworld.yaml")).unwrap();
    let file: String = file.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    assert_eq!(shown.text, file);
}

/// The pictures of the examples are those that nslab draws of them.
#[test]
fn pictures_are_those_of_the_examples() {
    let mut count = 0;
    let mut stale = Vec::new();
    for entry in std::fs::read_dir(markdown::root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let lab = spec::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
        let network = Network::of_plan(&Plan::new(&lab));
        let drawn = svg::svg(&layout(&Scene::of(&network), &Measure::PIXELS));
        let picture = markdown::root().join(format!("docs/pictures/{name}.svg"));
        let before = std::fs::read_to_string(&picture).unwrap_or_default();
        if before != drawn {
            if std::env::var_os("NSLAB_DOCS").is_some_and(|what| what == "write") {
                std::fs::write(&picture, &drawn).unwrap();
            } else {
                stale.push(name);
            }
        }
        count += 1;
    }
    assert!(stale.is_empty(), "pictures that changed: {stale:?}; NSLAB_DOCS=write writes them, look at them");
    let pictures = std::fs::read_dir(markdown::root().join("docs/pictures")).unwrap().count();
    assert_eq!(pictures, count, "a picture without an example, or the other way round");
}
