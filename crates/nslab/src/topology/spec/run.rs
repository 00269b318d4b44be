//! The key `run` of nodes and profiles: processes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::complete::settings_of;
use super::draft::{At, DraftLab, Settings, word};
use super::keys::{Table, key};
use super::model::Node;
use super::problems::Problems;
use super::process::{Process, ProcessId, Ready, Restart};
use super::range::node_names;
use super::schema::Schema;
use super::tree::{Tree, Value};
use crate::types::{NodeName, ProcessName, quote};

/// How long a process may take to get ready where the file does not say.
const TIMEOUT_MS: u32 = 10_000;

/// How many times in a row it is started again where the file does not say.
const LIMIT: u32 = 5;

/// What has been read of a process; what could not be read is missing, and has been reported.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftProcess {
    name: Option<At<ProcessName>>,
    command: Option<Vec<String>>,
    ready: Option<Ready>,
    timeout_ms: Option<u32>,
    restart: Restart,
    limit: Option<u32>,
    env: BTreeMap<String, String>,
    cwd: Option<String>,
    after: Vec<After>,
}

/// A process of this node, or of others.
#[derive(Debug, Clone)]
struct After {
    nodes: Option<Vec<NodeName>>,
    name: At<ProcessName>,
}

static PROCESS: Table<DraftProcess> = Table {
    place: "a process",
    keys: &[
        key("name", name, &Schema::Text, "its name, which no other process of the node has"),
        key("command", command, COMMAND, "the program and its arguments, or a text that /bin/sh -c runs"),
        key("ready", ready, &Schema::Keys("ready", &READY, &[]), "what shows that it can be used"),
        key("timeout", timeout, &Schema::Form("[0-9]+(ms|s|min)"), "how long it may take to get ready; 10s"),
        key("restart", restart, &Schema::Words(&["no", "on-failure", "always"]), "whether it is started again"),
        key("limit", limit, &Schema::Number(1, 1_000_000), "how many times in a row it is started again; 5"),
        key("env", env, super::node::TEXTS, "variables of its environment, beyond the node's"),
        key("cwd", cwd, &Schema::Text, "the folder that it is started in; that of the lab file"),
        key("after", after, AFTER, "processes that must be ready before, as web or server/web"),
    ],
    later: &[],
};

/// One of these says how a process is ready.
static READY: Table<Vec<Ready>> = Table {
    place: "`ready`",
    keys: &[
        key("tcp", tcp, PORT, "somebody in the node listens on this TCP port"),
        key("udp", udp, PORT, "a socket in the node has this UDP port"),
        key("file", file, &Schema::Text, "there is a file of this name"),
        key("log", log, &Schema::Text, "a line of its output has this text in it"),
        key("exit", exit, &Schema::Switch, "it has ended with status 0"),
    ],
    later: &[],
};

/// What `run` looks like.
pub(super) const PROCESSES: &Schema =
    &Schema::Optional(&Schema::List(&Schema::Keys("process", &PROCESS, &[&["name", "command"]])));

const COMMAND: &Schema = &Schema::OneOrMore(&Schema::Text);

const PORT: &Schema = &Schema::Number(1, 65535);

const AFTER: &Schema = &Schema::Optional(&Schema::OneOrMore(&Schema::Text));

const EXAMPLE: &str = "write it as `- { name: web, command: [ python3, -m, http.server, 80 ], ready: { tcp: 80 } }`";

pub(super) fn run(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    let list = match &tree.value {
        Value::Null => return,
        Value::List(list) => list,
        _ => {
            let message = format!("`run` is a list of processes; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, EXAMPLE);
        }
    };
    let mut seen: HashMap<ProcessName, usize> = HashMap::new();
    for entry in list {
        let before = problems.count();
        let mut process = DraftProcess::default();
        PROCESS.read(entry, &mut process, problems);
        // Where something was wrong, what is missing may be that.
        if problems.count() == before && (process.name.is_none() || process.command.is_none()) {
            let missing = if process.name.is_none() { "name" } else { "command" };
            problems.add(entry.span.clone(), format!("this process has no `{missing}`"), EXAMPLE);
        }
        if let Some(name) = &process.name
            && let Some(first) = seen.insert(name.value.clone(), name.span.start)
        {
            let line = problems.line_of(first);
            let message = format!("process {} is there twice; line {line} has it already", quote(name.value.as_str()));
            problems.add(name.span.clone(), message, "the processes of a node have different names");
        }
        settings.run.push(process);
    }
}

fn name(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    process.name = tree.text("a process's name", problems).and_then(|text| word(text, &tree.span, problems));
}

/// A list is the program and its arguments; a text is a shell's.
fn command(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    const HELP: &str = "a list is the program and its arguments, as [ python3, -m, http.server, 80 ]; \
                        a text is run by /bin/sh -c";
    let words: Vec<String> = match &tree.value {
        Value::List(list) => {
            let words: Vec<String> =
                list.iter().filter_map(|word| word.text("an argument", problems).map(str::to_owned)).collect();
            if words.len() < list.len() {
                return;
            }
            words
        }
        Value::Text(_) => match tree.text("a command", problems) {
            Some("") => Vec::new(),
            Some(text) => vec!["/bin/sh".into(), "-c".into(), text.to_owned()],
            None => return,
        },
        _ => {
            let message = format!("`command` is a list of words, or a text; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, HELP);
        }
    };
    if words.first().is_none_or(String::is_empty) {
        problems.add(tree.span.clone(), "this command names no program", HELP);
    } else if words.iter().any(|word| word.contains('\0')) {
        problems.add(tree.span.clone(), "this command has a zero byte in it", "no program can be given one");
    } else {
        process.command = Some(words);
    }
}

fn ready(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    let before = problems.count();
    let mut found = Vec::new();
    READY.read(tree, &mut found, problems);
    if found.len() != 1 && problems.count() == before {
        let message = format!("`ready` has {} keys", found.len());
        problems.add(tree.span.clone(), message, "it has one: `tcp`, `udp`, `file`, `log` or `exit`");
    }
    process.ready = found.pop();
}

fn tcp(tree: &Tree<'_>, found: &mut Vec<Ready>, problems: &mut Problems<'_>) {
    found.extend(port(tree, problems).map(Ready::Tcp));
}

fn udp(tree: &Tree<'_>, found: &mut Vec<Ready>, problems: &mut Problems<'_>) {
    found.extend(port(tree, problems).map(Ready::Udp));
}

fn port(tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<u16> {
    let text = tree.text("a port", problems)?;
    let port = text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()));
    if port.is_none() {
        problems.add(tree.span.clone(), format!("{} is no port", quote(text)), "a port is 1 to 65535");
    }
    port
}

fn file(tree: &Tree<'_>, found: &mut Vec<Ready>, problems: &mut Problems<'_>) {
    found.extend(path(tree, "a file's name", problems).map(Ready::File));
}

fn path(tree: &Tree<'_>, what: &str, problems: &mut Problems<'_>) -> Option<String> {
    let text = tree.text(what, problems)?;
    if text.is_empty() || text.contains('\0') {
        problems.add(tree.span.clone(), format!("{} is not {what}", quote(text)), "it is not empty");
        return None;
    }
    Some(text.to_owned())
}

fn log(tree: &Tree<'_>, found: &mut Vec<Ready>, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("the text of `log`", problems) else { return };
    if text.is_empty() || text.len() > 1000 || text.contains('\n') {
        let message = format!("{} is no text to look for", quote(text));
        return problems.add(tree.span.clone(), message, "a part of a line, of 1 to 1,000 bytes");
    }
    found.push(Ready::Log(text.to_owned()));
}

fn exit(tree: &Tree<'_>, found: &mut Vec<Ready>, problems: &mut Problems<'_>) {
    match tree.text("`exit`", problems) {
        Some("true") => found.push(Ready::Exit),
        Some(other) => {
            let help = "it is `true`: the process has to end, with status 0";
            problems.add(tree.span.clone(), format!("`exit` is {}", quote(other)), help);
        }
        None => {}
    }
}

fn timeout(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`timeout`", problems) else { return };
    process.timeout_ms = milliseconds(text);
    if process.timeout_ms.is_none() {
        let help = "a number and its unit, as 500ms, 10s or 2min; 1ms to 60min";
        problems.add(tree.span.clone(), format!("{} is no time", quote(text)), help);
    }
}

fn milliseconds(text: &str) -> Option<u32> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(number.len()..)? {
        "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        _ => return None,
    };
    let digits = number.len() <= 7 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = number.parse().ok().filter(|_| digits)?;
    number.checked_mul(unit).filter(|time| (1..=3_600_000).contains(time))
}

fn restart(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    process.restart = match tree.text("`restart`", problems) {
        Some("no") => Restart::No,
        Some("on-failure") => Restart::OnFailure,
        Some("always") => Restart::Always,
        Some(other) => {
            let help = "it is `no`, `on-failure` (status not 0, or a signal) or `always`";
            return problems.add(tree.span.clone(), format!("`restart` is {}", quote(other)), help);
        }
        None => return,
    };
}

fn limit(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`limit`", problems) else { return };
    process.limit = text.parse().ok().filter(|limit| (1..=1_000_000).contains(limit));
    if process.limit.is_none() {
        let help = "how many times in a row it is started again: 1 to 1000000";
        problems.add(tree.span.clone(), format!("`limit` is {}", quote(text)), help);
    }
}

fn env(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    let mut variables = Vec::new();
    super::node::variables(tree, &mut variables, problems);
    process.env.extend(variables);
}

fn cwd(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    process.cwd = path(tree, "a folder's name", problems);
}

/// One word, or a list of them: `web`, `server/web`, `server[1-3]/web`.
fn after(tree: &Tree<'_>, process: &mut DraftProcess, problems: &mut Problems<'_>) {
    let one = |tree: &Tree<'_>, problems: &mut Problems<'_>| {
        let text = tree.text("a process's name", problems)?;
        let (nodes, name) = match text.rsplit_once('/') {
            Some((nodes, name)) => (Some(node_names(nodes, &tree.span, problems)), name),
            None => (None, text),
        };
        let nodes = nodes.map(|nodes| nodes.into_iter().map(|node| node.value).collect());
        Some(After { nodes, name: word(name, &tree.span, problems)? })
    };
    match &tree.value {
        Value::Null => {}
        Value::List(list) => process.after.extend(list.iter().filter_map(|tree| one(tree, problems))),
        _ => process.after.extend(one(tree, problems)),
    }
}

/// Adds processes to a node; one that it has already is replaced.
pub(super) fn apply(run: &[DraftProcess], node: &mut Node) {
    for process in run.iter().filter_map(|process| made(process, &node.name)) {
        match node.run.iter_mut().find(|there| there.name == process.name) {
            Some(there) => *there = process,
            None => node.run.push(process),
        }
    }
}

fn made(draft: &DraftProcess, node: &NodeName) -> Option<Process> {
    let after = draft.after.iter().flat_map(|after| ids(after, node)).collect();
    Some(Process {
        name: draft.name.as_ref()?.value.clone(),
        command: draft.command.clone()?,
        ready: draft.ready.clone(),
        timeout_ms: draft.timeout_ms.unwrap_or(TIMEOUT_MS),
        restart: draft.restart,
        limit: draft.limit.unwrap_or(LIMIT),
        env: draft.env.clone(),
        cwd: draft.cwd.clone(),
        after,
    })
}

/// Which processes a word means, for a process of this node.
fn ids<'a>(after: &'a After, node: &'a NodeName) -> impl Iterator<Item = ProcessId> + 'a {
    let own = std::slice::from_ref(node);
    let nodes = after.nodes.as_deref().unwrap_or(own);
    nodes.iter().map(|node| ProcessId { node: node.clone(), name: after.name.value.clone() })
}

/// What is waited for must be there, and must not wait for what waits for it.
pub(super) fn check(draft: &DraftLab, nodes: &[Node], problems: &mut Problems<'_>) {
    if nodes.iter().all(|node| node.run.is_empty()) {
        return;
    }
    let ids =
        |node: &Node| node.run.iter().map(|process| (node.name.clone(), process.name.clone())).collect::<Vec<_>>();
    let known: HashSet<(NodeName, ProcessName)> = nodes.iter().flat_map(ids).collect();
    let mut told = HashSet::new();
    let mut missing = false;
    for node in &draft.nodes {
        for after in settings_of(draft, node).flat_map(|settings| &settings.run).flat_map(|process| &process.after) {
            let absent = |id: &ProcessId| !known.contains(&(id.node.clone(), id.name.clone()));
            let Some(id) = self::ids(after, &node.name.value).find(absent) else { continue };
            missing = true;
            if told.insert(after.name.span.start) {
                let there = nodes.iter().find(|node| node.name == id.node).map(|node| &node.run);
                let names: Vec<&str> = there.into_iter().flatten().map(|process| process.name.as_str()).collect();
                let help = if names.is_empty() {
                    format!("node \"{}\" has no processes; one of another node is written as NODE/NAME", id.node)
                } else {
                    format!("node \"{}\" has: {}", id.node, names.join(", "))
                };
                let message = format!("node \"{}\" has no process {}", id.node, quote(id.name.as_str()));
                problems.add(after.name.span.clone(), message, help);
            }
        }
    }
    if !missing {
        check_cycles(draft, nodes, problems);
    }
}

fn check_cycles(draft: &DraftLab, nodes: &[Node], problems: &mut Problems<'_>) {
    let mut waits: BTreeMap<ProcessId, Vec<&ProcessId>> = BTreeMap::new();
    for node in nodes {
        for process in &node.run {
            let id = ProcessId { node: node.name.clone(), name: process.name.clone() };
            waits.insert(id, process.after.iter().collect());
        }
    }
    // What waits for nothing is taken away, until all is gone or goes round.
    loop {
        let free: HashSet<ProcessId> =
            waits.iter().filter(|(_, after)| after.is_empty()).map(|(id, _)| id.clone()).collect();
        if free.is_empty() {
            break;
        }
        waits.retain(|id, _| !free.contains(id));
        waits.values_mut().for_each(|after| after.retain(|id| !free.contains(*id)));
    }
    let Some(mut at) = waits.keys().next() else { return };
    let mut path: Vec<&ProcessId> = Vec::new();
    while !path.contains(&at) {
        path.push(at);
        let Some(next) = waits.get(at).and_then(|after| after.first()) else { return };
        at = next;
    }
    let start = path.iter().position(|id| *id == at).unwrap_or_default();
    let mut round: Vec<String> = path.iter().skip(start).map(ToString::to_string).collect();
    round.push(at.to_string());
    let of_node = draft.nodes.iter().filter(|node| node.name.value == at.node);
    let drafts = of_node.flat_map(|node| settings_of(draft, node)).flat_map(|settings| &settings.run);
    let mut names = drafts.filter_map(|process| process.name.as_ref());
    let span = names.find(|name| name.value == at.name).map_or(0..0, |name| name.span.clone());
    let message = format!("these processes wait for each other: {}", round.join(" after "));
    problems.add(span, message, "take one of the `after` away");
}

#[cfg(test)]
mod tests;
