//! Files with variables and included files, read as a whole.

use std::path::Path;

use super::super::tests::problems;
use super::super::*;

/// Parses with some variables and some files to include; their text is the text too, but for the first.
pub(in super::super) fn parsed_with(text: &str, files: &[(&str, &str)]) -> crate::Result<Lab> {
    let variable = |name: &str| match name {
        "N" => Some("3".into()),
        "LEFT" => Some("r1:up 10.0.0.1/24".into()),
        "BAD" => Some("10.0.0.1/33".into()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let file = |path: &Path, _: usize| {
        let found = files.iter().position(|(name, _)| Path::new(name) == path);
        let at = found.ok_or_else(|| crate::Error::invalid("not there"))?;
        Ok(Loaded { text: files[at].1.into(), id: u128::try_from(at).unwrap() })
    };
    parse_with(text, Path::new("labs/file.yaml"), None, &Given { variable: &variable, prefix: None, file: &file })
}

/// What is wrong, one line each: `file:line:column message`.
fn problems_with(text: &str, files: &[(&str, &str)]) -> Vec<String> {
    let error = parsed_with(text, files).expect_err(text);
    let found = error.file_problems().unwrap();
    let shown = |it: &crate::Diagnostic| {
        let path = found.source_of(it).unwrap().path.display();
        format!("{path}:{}:{} {}", it.line, it.column, it.message)
    };
    found.problems.iter().map(shown).collect()
}

#[test]
fn variables_stand_for_their_values() {
    let lab = parsed_with("name: ${NAME:-lab-${N}}\n", &[]);
    assert!(lab.is_err(), "no variable within a default");
    let lab = parsed_with(
        "name: ${NAME:-x}${EMPTY:-y}${EMPTY}
nodes: { \"h[1-${N}]\": { env: { A: 'a $B $${N} $$ $' } } }
links:
  - ${LEFT} -- h1 10.0.0.2/24
",
        &[],
    )
    .unwrap();
    assert_eq!((lab.name.as_str(), lab.nodes.len()), ("xy", 4));
    assert_eq!(lab.nodes[0].env["A"], "a $B ${N} $$ $");
    assert_eq!(lab.links[0].a.ifname.as_str(), "up");
    assert_eq!(
        problems_with(
            "links:\n  - a ${BAD} -- ü 10.0.0.300/24\n  - ${NO} -- b ${N\n  - c -- ${1}\n  - ${LEFT} -- d 10.1.0.2/24\n",
            &[]
        ),
        [
            "labs/file.yaml:2:7 \"10.0.0.1/33\": an IPv4 prefix length is 0 to 32, not \"33\"",
            "labs/file.yaml:2:19 \"10.0.0.300/24\": \"10.0.0.300\" is not an IPv4 or IPv6 address",
            "labs/file.yaml:3:5 the variable \"NO\" is not set",
            "labs/file.yaml:4:10 \"1\" is no name of a variable",
            "labs/file.yaml:5:18 the ends of this link are in different segments: \"10.0.0.1/24\" is in 10.0.0.0/24, \"10.1.0.2/24\" is in 10.1.0.0/24",
        ]
    );
}

#[test]
fn included_files_come_first_and_the_including_file_wins() {
    let files = [
        (
            "labs/a.yaml",
            "include: sub/base.yaml\nname: a\nrouting: auto\nnodes: { r1: { forward: true, env: { A: 1 } } }\n",
        ),
        (
            "labs/sub/base.yaml",
            "profiles: { p: { env: { P: base, Q: base } } }\nnodes: { z: { use: p } }\nsegments: { lan: { prefix: 10.0.0.0/24, members: [ z ] } }\n",
        ),
        ("labs/b.yaml", "include: [ sub/base.yaml ]\npools: { w: 10.9.0.0/24 }\n"),
    ];
    let lab = parsed_with(
        "include: [ a.yaml, b.yaml ]\nname: main\nprofiles: { p: { env: { P: main } } }\nnodes: { r1: { env: { A: 2 } } }\nsegments: { lan: { members: [ r1 ] } }\n",
        &files,
    )
    .unwrap();
    let names: Vec<&str> = lab.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!((lab.name.as_str(), lab.routing, names), ("main", Routing::Auto, vec!["z", "r1"]));
    assert_eq!((lab.nodes[1].forward, lab.nodes[1].env["A"].as_str()), (true, "2"));
    assert_eq!((lab.nodes[0].env["P"].as_str(), lab.nodes[0].env["Q"].as_str()), ("main", "base"));
    let members: Vec<String> = lab.segments[0].members.iter().map(|end| end.addresses[0].to_string()).collect();
    assert_eq!(members, ["10.0.0.1/24", "10.0.0.2/24"]);
}

#[test]
fn mistakes_are_told_in_the_file_that_they_are_in() {
    let files = [
        ("labs/a.yaml", "nods: {}\nlinks: [ x:e -- y ]\n"),
        ("labs/self.yaml", "include: self.yaml\n"),
        ("labs/bad.yaml", "nodes: {\n"),
        ("labs/empty.yaml", ""),
    ];
    assert_eq!(
        problems_with(
            "include: [ a.yaml, self.yaml, bad.yaml, empty.yaml, no.yaml, '', { } ]\nlinks:\n  - x:e -- z\n",
            &files
        ),
        [
            "labs/a.yaml:1:1 a lab file has no key \"nods\"",
            "labs/self.yaml:1:10 \"self.yaml\" includes itself, here or by way of others",
            "labs/bad.yaml:1:8 not valid YAML: unclosed bracket '{'",
            "labs/file.yaml:1:53 cannot include \"no.yaml\": not there",
            "labs/file.yaml:1:62 a file without a name",
            "labs/file.yaml:1:66 a file to include is one word of text; here is a mapping",
            "labs/file.yaml:3:7 interface \"x:e\" is there twice; line 2 of labs/a.yaml has it already",
        ]
    );
    assert_eq!(
        problems("include: a.yaml\nnodes: { a: }"),
        ["1:10 cannot include \"a.yaml\": a text alone includes no file"]
    );
}
