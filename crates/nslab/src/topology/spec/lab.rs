//! The whole file: its keys, and its name.

use std::path::Path;

use super::check;
use super::draft::{DraftLab, word};
use super::expect::expects;
use super::include::{File, Gatherer, Given};
use super::keys::{Table, key, suggest};
use super::link::{LINKS, links};
use super::model::{Lab, Routing};
use super::node::{NODES, nodes, profiles};
use super::pool::pools;
use super::problems::{Part, Problems};
use super::schema::{ADDRESS, Schema};
use super::segment::{SEGMENTS, segments};
use super::tree::{Tree, Value};
use super::uplink::{UPLINKS, uplink};
use crate::error::{Error, Result};
use crate::types::{LabName, NamePrefix, quote};

pub(super) static LAB: Table<DraftLab> = Table {
    place: "a lab file",
    keys: &[
        key("name", name, &Schema::Text, "the lab's name; without it, the file's own name without its ending"),
        key(
            "prefix",
            prefix,
            &Schema::Text,
            "what the namespaces' names begin with, so that the same nodes can be twice",
        ),
        // Read before all else.
        key("include", |_, _, _| {}, TEXTS, "a file or a list of files that are read before this one"),
        key("nodes", nodes, NODES, "the nodes and what they say; a range as r[1-3] stands for several"),
        key("segments", segments, SEGMENTS, "switches, and who is on them"),
        key("profiles", profiles, NODES, "what several nodes say alike; a node takes one with use"),
        key("pools", pools, POOLS, "networks that links get addresses from, by names"),
        key("links", links, LINKS, "cables, as r1:eth0 192.0.2.1/24 -- r2:eth0 192.0.2.2/24, or in the long form"),
        key("routing", routing, &Schema::Words(ROUTING), "auto: shortest paths to every prefix; none: what nodes say"),
        key("expect", expects, EXPECT, "who must reach whom, as h1 -> h2 or h1 -> web:80, or must not, as h1 !> db"),
        key("uplink", uplink, UPLINKS, "a way out through the machine"),
    ],
    later: &[],
};

const ROUTING: &[&str] = &["auto", "none"];

const TEXTS: &Schema = &Schema::Optional(&Schema::OneOrMore(&Schema::Text));

const EXPECT: &Schema = &Schema::Optional(&Schema::List(&Schema::Text));

const POOLS: &Schema = &Schema::Optional(&Schema::Names(&Schema::OneOrMore(ADDRESS)));

/// Reads and validates a lab file's text. `path` is for the messages, and its stem is the lab's name where
/// the text has none; nothing is opened.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with all that is wrong in
/// [`Error::file_problems`], in the order of the file, and no more than 1,000 problems. Where the text is not YAML at all, that is one
/// problem, because nothing behind it can be understood.
///
/// ```
/// use std::path::Path;
/// use nslab::topology::spec;
///
/// let text = "links: [ ns1:veth0 192.0.2.1/24 -- ns2 192.0.2.2/24 ]";
/// let lab = spec::parse(text, Path::new("helloworld.yaml")).unwrap();
/// assert_eq!(lab.name.as_str(), "helloworld");
/// assert_eq!(lab.links[0].b.ifname.as_str(), "eth0");
///
/// let error = spec::parse("links: [ ns1 192.0.2.1/33 -- ns2 ]", Path::new("a.yaml")).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "a.yaml:1:14: \"192.0.2.1/33\": an IPv4 prefix length is 0 to 32, not \"33\""
/// );
/// ```
pub fn parse(source: &str, path: &Path) -> Result<Lab> {
    let none = |_: &Path, _| Err(Error::invalid("a text alone includes no file"));
    parse_with(source, path, None, &Given { variable: &|_| None, prefix: None, file: &none })
}

/// The same of a text that may have variables and include files. `id` is that of the file that the text is of
/// ([`Loaded::id`](super::Loaded::id)), so that it is known where another includes it.
///
/// # Errors
/// As of [`parse`]; also where a variable is not set or a file cannot be included.
pub fn parse_with(source: &str, path: &Path, id: Option<u128>, given: &Given<'_>) -> Result<Lab> {
    let mut gatherer = Gatherer::new(given);
    let file = gatherer.read(path, source, id);
    let (mut texts, mut parts) = (String::new(), Vec::new());
    for (file, text) in &gatherer.included {
        parts.push(Part { path: file.path.clone(), start: texts.len() });
        texts.push_str(text);
        texts.push('\n');
    }
    let whole = if parts.is_empty() {
        source
    } else {
        parts.push(Part { path: path.into(), start: texts.len() });
        texts.push_str(source);
        &texts
    };
    let mut problems = Problems::of_parts(whole, parts.clone());
    let mut draft = DraftLab::default();
    let included = gatherer.included.into_iter().map(|(file, _)| file);
    for (at, File { tree, found, .. }) in included.chain([file]).enumerate() {
        let start = parts.get(at).map_or(0, |part| part.start);
        for (span, message, help) in found {
            problems.add(span.start + start..span.end + start, message, help);
        }
        let Some(mut tree) = tree else { continue };
        tree.shift(start);
        let is_last = start == problems.start();
        if !matches!(tree.value, Value::Null) {
            LAB.read(&tree, &mut draft, &mut problems);
        } else if is_last {
            nothing(source, &mut problems);
        }
        if is_last {
            check_nodes(&draft, &tree, &mut problems);
        }
    }
    let name = draft.name.clone().or_else(|| name_of(path, &mut problems));
    let name = name.and_then(|name| prefixed(name, given.prefix, &mut problems));
    draft.prefix = given.prefix.cloned().or(draft.prefix);
    let lab = check::lab(name, draft, &mut problems);
    match lab {
        Some(lab) if problems.count() == 0 => Ok(lab),
        _ => Err(problems.into_error(path)),
    }
}

fn nothing(source: &str, problems: &mut Problems<'_>) {
    let empty = source.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty();
    problems.add(0..0, if empty { "the file is empty" } else { "the file describes nothing" }, EXAMPLE);
}

fn check_nodes(draft: &DraftLab, tree: &Tree<'_>, problems: &mut Problems<'_>) {
    let no_members = draft.segments.iter().all(|segment| segment.members.is_empty());
    if problems.count() == 0 && draft.nodes.is_empty() && no_members && draft.links.is_empty() {
        problems.add(tree.span.start..tree.span.start, "the lab has no nodes", EXAMPLE);
    }
}

const EXAMPLE: &str =
    "a lab has at least a node; for two and a cable: `links: [ ns1 192.0.2.1/24 -- ns2 192.0.2.2/24 ]`";

fn name(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`name`", problems) else { return };
    lab.name = word(text, &tree.span, problems).map(|name| name.value);
}

fn prefix(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`prefix`", problems) else { return };
    lab.prefix = word(text, &tree.span, problems).map(|prefix| prefix.value);
}

/// The lab's name with what was asked for in front.
fn prefixed(name: LabName, prefix: Option<&NamePrefix>, problems: &mut Problems<'_>) -> Option<LabName> {
    let Some(prefix) = prefix else { return Some(name) };
    let named = prefix.lab_name(&name);
    if let Err(error) = &named {
        let start = problems.start();
        problems.add(
            start..start,
            error.to_string(),
            "the prefix stands in front of the lab's name: take a shorter one",
        );
    }
    named.ok()
}

fn routing(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    match tree.text("`routing`", problems) {
        Some("auto") => lab.routing = Routing::Auto,
        Some("none") => lab.routing = Routing::None,
        Some(other) => {
            let help = "it is `auto` (shortest paths to every prefix) or `none` (what the nodes say)";
            let help = suggest(other, ROUTING.iter().copied(), help, problems);
            problems.add(tree.span.clone(), format!("`routing` is {}", quote(other)), help);
        }
        None => {}
    }
}

/// The lab's name by the file's. Said to be bad only where nothing else is wrong: it may be in there.
fn name_of(path: &Path, problems: &mut Problems<'_>) -> Option<LabName> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: Result<LabName, Error> = stem.parse();
    if name.is_err() && problems.count() == 0 {
        let message = format!("the file's name gives no name for the lab: {} is not allowed", quote(&stem));
        let start = problems.start();
        problems.add(start..start, message, "say `name: …` in the file; 1 to 64 bytes without `/`, `:` and spaces");
    }
    name.ok()
}
