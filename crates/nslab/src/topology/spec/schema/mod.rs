//! The JSON Schema (2020-12) of the lab file, for editors: made of the tables that read the file.
//!
//! All values are text to the reader, so a schema takes numbers and truth values as text too; and any text with `${`
//! in it, for a variable may stand for anything. It knows the shape of a file and not what it means.

mod interface;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::lab::LAB;

/// What a value may look like.
pub(super) enum Schema {
    /// Any text.
    Text,
    /// A text of a form, as a regular expression.
    Form(&'static str),
    /// One of some words.
    Words(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// A whole number, from the first to the last.
    Number(u32, u32),
    /// One, or a list of them.
    OneOrMore(&'static Schema),
    /// A list.
    List(&'static Schema),
    /// A mapping from names that the file chooses.
    Names(&'static Schema),
    /// A mapping with the keys of a table, which is told in the schema under this name.
    Keys(&'static str, &'static dyn Keys, Needs),
    /// Any of these.
    Any(&'static [&'static Schema]),
    /// That, or nothing behind the key.
    Optional(&'static Schema),
    /// An interface of a node, of any kind.
    Interface,
}

/// Which keys a mapping must have: all of one of these lists; anything where there is none.
pub(super) type Needs = &'static [&'static [&'static str]];

/// A key with what it takes, and what an editor says of it.
pub(super) type Described = (&'static str, &'static Schema, &'static str);

/// A table of keys, whatever it reads into.
pub(super) trait Keys: Sync {
    /// Its keys, in order.
    fn described(&self) -> Vec<Described>;
}

/// An address with its length.
pub(super) const ADDRESS: &Schema = &Schema::Form("[0-9A-Fa-f:.]+/[0-9]+");

/// A hardware address.
pub(super) const MAC: &Schema = &Schema::Form("([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}");

/// An MTU of an interface.
pub(super) const MTU: &Schema = &Schema::Number(68, 65535);

/// The schema of the lab file, as JSON text: for editors that check and complete what is written.
#[must_use]
pub fn schema() -> String {
    let mut text = format!("{:#}", whole());
    text.push('\n');
    text
}

fn whole() -> Value {
    let mut tables = BTreeMap::new();
    let mut whole = mapping(&LAB, &[], &mut tables);
    if let Value::Object(keys) = &mut whole {
        keys.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        keys.insert("title".into(), json!("nslab lab file"));
        let tables: Map<String, Value> = tables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        keys.insert("$defs".into(), Value::Object(tables));
    }
    whole
}

/// The tables that have been told, by name.
type Tables = BTreeMap<&'static str, Value>;

fn mapping(keys: &dyn Keys, needs: Needs, tables: &mut Tables) -> Value {
    let properties: Map<String, Value> = keys
        .described()
        .into_iter()
        .map(|(name, schema, about)| {
            let mut value = schema.json(tables);
            if let Value::Object(keys) = &mut value {
                keys.insert("description".into(), json!(about));
            }
            (name.to_owned(), value)
        })
        .collect();
    let mut whole = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let Value::Object(keys) = &mut whole {
        match needs {
            [] => {}
            [one] => drop(keys.insert("required".into(), json!(one))),
            some => {
                let some: Vec<Value> = some.iter().map(|one| json!({ "required": one })).collect();
                keys.insert("anyOf".into(), Value::Array(some));
            }
        }
    }
    whole
}

impl Schema {
    fn json(&self, tables: &mut Tables) -> Value {
        match self {
            Self::Text => json!({ "type": ["string", "number", "boolean"] }),
            Self::Form(form) => form_of(form),
            Self::Words(words) => words_of(words),
            Self::Switch => json!({ "anyOf": [{ "type": "boolean" }, form_of("true|false")] }),
            Self::Number(least, most) => number_of(*least, *most),
            Self::OneOrMore(one) => {
                let one = one.json(tables);
                json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
            }
            Self::List(one) => json!({ "type": "array", "items": one.json(tables) }),
            Self::Names(one) => json!({ "type": "object", "additionalProperties": one.json(tables) }),
            Self::Keys(name, keys, needs) => {
                if !tables.contains_key(name) {
                    tables.insert(name, Value::Null);
                    let told = mapping(*keys, needs, tables);
                    tables.insert(name, told);
                }
                json!({ "$ref": format!("#/$defs/{name}") })
            }
            Self::Any(some) => {
                let some: Vec<Value> = some.iter().map(|one| one.json(tables)).collect();
                json!({ "anyOf": some })
            }
            Self::Optional(one) => json!({ "anyOf": [one.json(tables), { "type": "null" }] }),
            Self::Interface => {
                if !tables.contains_key("interface") {
                    let told = interface::schema(tables);
                    tables.insert("interface", told);
                }
                json!({ "$ref": "#/$defs/interface" })
            }
        }
    }
}

/// A text of a form, or one with a variable in it.
fn form_of(form: &str) -> Value {
    json!({ "type": "string", "pattern": format!(r"^({form})$|\$\{{") })
}

fn words_of(words: &[&str]) -> Value {
    json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": r"\$\{" }] })
}

fn number_of(least: u32, most: u32) -> Value {
    json!({ "anyOf": [{ "type": "integer", "minimum": least, "maximum": most }, form_of("[0-9]+")] })
}

#[cfg(test)]
pub(super) mod tests;
