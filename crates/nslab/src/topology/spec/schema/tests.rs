use std::path::{Path, PathBuf};

use regex_lite::Regex;

use super::super::problems::Problems;
use super::super::tree::{self, Tree};
use super::super::{parse, tree::Value as Read};
use super::*;

/// As much of JSON Schema as the schema uses; says where a value does not fit.
fn misfit(whole: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let fits = |schema: &Value| misfit(whole, schema, value, at).is_none();
    schema.as_object().unwrap().iter().find_map(|(keyword, wanted)| {
        let good = match keyword.as_str() {
            "description" | "title" | "$schema" | "$defs" | "properties" => true,
            "$ref" => {
                let path = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                return misfit(whole, whole.pointer(path).unwrap(), value, at);
            }
            "anyOf" => wanted.as_array().unwrap().iter().any(fits),
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "type" => {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "number",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                let is = |wanted: &Value| wanted == kind || (wanted == "integer" && value.is_u64());
                wanted.as_array().map_or_else(|| is(wanted), |some| some.iter().any(is))
            }
            "pattern" => value.as_str().is_none_or(|text| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text)),
            "minimum" => value.as_u64().is_none_or(|number| number >= wanted.as_u64().unwrap()),
            "maximum" => value.as_u64().is_none_or(|number| number <= wanted.as_u64().unwrap()),
            "required" => value.as_object().is_none_or(|keys| {
                wanted.as_array().unwrap().iter().all(|key| keys.contains_key(key.as_str().unwrap()))
            }),
            "items" => {
                let items = value.as_array().into_iter().flatten().zip(0..);
                return items.filter_map(|(item, n)| misfit(whole, wanted, item, &format!("{at}/{n}"))).next();
            }
            "additionalProperties" => {
                let known = schema.get("properties");
                let keys = value.as_object().into_iter().flatten();
                return keys
                    .filter_map(|(key, value)| {
                        let at = format!("{at}/{key}");
                        match (known.and_then(|known| known.get(key)), wanted) {
                            (Some(known), _) => misfit(whole, known, value, &at),
                            (None, Value::Bool(false)) => Some(format!("{at}: no such key")),
                            (None, wanted) => misfit(whole, wanted, value, &at),
                        }
                    })
                    .next();
            }
            other => panic!("the keyword {other} is not known here"),
        };
        (!good).then(|| format!("{at}: {keyword} {wanted}: {value}"))
    })
}

/// The values of a file, its plain numbers and truth values as what YAML has for them, or all as text.
fn json_of(tree: &Tree<'_>, source: &str, typed: bool) -> Value {
    match &tree.value {
        Read::Null | Read::Untyped => Value::Null,
        Read::Text(text) => {
            let plain = typed && source.get(tree.defined.clone()) == Some(&**text);
            let value =
                serde_json::from_str(text).ok().filter(|it: &Value| plain && (it.is_number() || it.is_boolean()));
            value.unwrap_or_else(|| Value::String(text.clone().into_owned()))
        }
        Read::List(list) => list.iter().map(|tree| json_of(tree, source, typed)).collect(),
        Read::Map(entries) => {
            let name = |key: &Tree<'_>| match &key.value {
                Read::Text(text) => text.clone().into_owned(),
                _ => "a key that is no text".into(),
            };
            let entries = entries.iter().map(|(key, value)| (name(key), json_of(value, source, typed)));
            Value::Object(entries.collect())
        }
    }
}

/// Where a file does not fit the schema, read in either way; none also where it is no YAML.
fn misfit_of(text: &str) -> Option<String> {
    let tree = tree::read(text, &mut Problems::new(text))?;
    let whole = whole();
    [true, false].into_iter().find_map(|typed| misfit(&whole, &whole, &json_of(&tree, text, typed), ""))
}

/// Panics where a file that is a lab does not fit the schema.
pub(in super::super) fn assert_fits(text: &str) {
    if let Some(misfit) = misfit_of(text) {
        panic!("{misfit}\n{text}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The texts of the files of a folder whose names end so.
fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.to_str().is_some_and(|path| path.ends_with(ending)));
    files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The blocks of the pages that are marked so.
fn blocks(info: &str) -> Vec<String> {
    let mut pages = files("docs", ".md");
    pages.extend(files("", "README.md"));
    let mark = format!("\n```{info}\n");
    let of_page = |page: String| -> Vec<String> {
        page.split(&mark).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned() + "\n").collect()
    };
    pages.into_iter().flat_map(|(_, page)| of_page(page)).collect()
}

#[test]
fn examples_and_lab_files_of_the_pages_fit() {
    let (examples, shown) = (files("examples", ".yaml"), blocks("yaml"));
    assert!(examples.len() > 5 && shown.len() > 5, "{} and {}", examples.len(), shown.len());
    examples.iter().for_each(|(_, text)| assert_fits(text));
    shown.iter().for_each(|text| assert_fits(text));
}

/// What is said of a file whose shape is wrong, where a schema can see it.
fn is_of_shape(message: &str) -> bool {
    let of_shape =
        ["; here is ", " has no key ", " is not supported yet in this version", " has no end `", " has no `node`"];
    // An impairment may be in a text, and what an expectation says is.
    of_shape.iter().any(|part| message.contains(part))
        && !message.starts_with("`impair`")
        && !message.starts_with("ports")
}

#[test]
fn refused_files_of_a_wrong_shape_do_not_fit() {
    let mut count = 0;
    for text in blocks("yaml error") {
        let error = parse(&text, Path::new("lab.yaml")).unwrap_err();
        let found = error.file_problems().unwrap();
        if found.problems.iter().any(|problem| is_of_shape(&problem.message)) {
            count += 1;
            assert!(misfit_of(&text).is_some(), "{text}");
        }
    }
    assert!(count >= 3, "only {count}");
}

#[test]
fn what_is_no_lab_file_does_not_fit() {
    for (text, at) in [
        ("nods: {}", "/nods: no such key"),
        ("nodes: [ a ]", "/nodes: "),
        ("nodes: { a: { forward: maybe } }", "/nodes: "),
        ("links: a -- b", "/links: "),
        ("links: [ { a: { node: x } } ]", "/links: "),
        ("links: [ { a: { node: x, mtu: 67 }, b: { node: y } } ]", "/links: "),
        ("links: [ { a: { node: x, mac: 1 }, b: { node: y } } ]", "/links: "),
        ("segments: { s: }", "/segments: "),
        ("routing: ospf", "/routing: "),
        ("nodes: { a: { interfaces: { v: vlan } } }", "/nodes: "),
        ("nodes: { a: { interfaces: { v: { kind: vlan, link: eth0, id: 4095 } } } }", "/nodes: "),
        ("links: [ { ring: 'r[1-3]', impair: { loss: 1 } } ]", "/links: "),
    ] {
        let found = misfit_of(text).unwrap_or_else(|| panic!("{text}"));
        assert!(found.starts_with(at), "{text}: {found}");
    }
}

#[test]
fn variables_fit_where_a_word_does() {
    assert_fits(
        "routing: '${ROUTING:-auto}'\nnodes: { 'h[1-${N}]': { forward: '${F}', addresses: { lo: '${A}/32' } } }",
    );
    assert_fits("links: [ { chain: 'a[1-${N}]', impair: { delay: '${D}ms', limit: '${L}' } } ]");
}

/// Every table that reads a mapping is told, and every key has a word for editors and one in the page.
#[test]
fn every_table_and_every_key_is_told() {
    let sources = files("crates/nslab/src/topology/spec", ".rs");
    let tables = Regex::new(r"static \w+: Table<").unwrap();
    let there: usize = sources.iter().map(|(_, text)| tables.find_iter(text).count()).sum();
    let schema = whole();
    let told = schema["$defs"].as_object().unwrap();
    // The file itself is one too, and the kinds' tables are of another form.
    assert_eq!(told.len() - usize::from(told.contains_key("interface")) + 1, there);
    let page = std::fs::read_to_string(root().join("docs/lab-file.md")).unwrap();
    for (table, mapping) in told.iter().chain([(&String::new(), &schema)]) {
        for (key, schema) in mapping["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].as_str().is_some_and(|about| about.len() > 5), "{table}: {key}");
            assert!(page.contains(&format!("`{key}`")), "{table}: {key} is not in the page");
        }
    }
}

#[test]
fn it_is_json_that_says_what_it_is() {
    let text = schema();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(text.ends_with("}\n"));
}
