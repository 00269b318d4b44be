//! The part of the schema that is made of the kinds' own tables: interfaces of nodes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::device::{a, allowed};
use super::super::wireguard::PEER_SCHEMA;
use super::{ADDRESS, MAC, MTU, Schema, Tables, form_of, number_of, words_of};
use crate::topology::kinds::{LinkKind, Takes};

/// An interface of any kind: a mapping, or the kind's name alone where it needs no more.
pub(super) fn schema(tables: &mut Tables) -> Value {
    let alone: Vec<&str> =
        LinkKind::ALL.into_iter().filter(|kind| required(*kind).is_empty()).map(|kind| kind.facts().name).collect();
    let mut some = vec![words_of(&alone)];
    some.extend(LinkKind::ALL.into_iter().map(|kind| of_kind(kind, tables)));
    json!({ "anyOf": some })
}

fn required(kind: LinkKind) -> Vec<&'static str> {
    let facts = kind.facts();
    let link = facts.link.filter(|(_, required)| *required).map(|(name, _)| name);
    let key = (kind == LinkKind::Wireguard).then_some("private-key");
    facts.options.iter().filter(|option| option.required).map(|option| option.name).chain(link).chain(key).collect()
}

fn of_kind(kind: LinkKind, tables: &mut Tables) -> Value {
    let properties: Map<String, Value> = allowed(kind).into_iter().map(|name| key(kind, name, tables)).collect();
    let mut needed = vec!["kind"];
    needed.extend(required(kind));
    json!({ "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
}

/// A key, by its name, and what an editor says of it.
fn key(kind: LinkKind, name: &str, tables: &mut Tables) -> (String, Value) {
    let mut plain = |schema: &Schema| schema.json(tables);
    let (mut value, about) = match name {
        "kind" => (words_of(&[kind.facts().name]), "what the interface is".to_owned()),
        "addresses" => {
            (plain(&Schema::Optional(&Schema::OneOrMore(ADDRESS))), "its addresses, each with its length".into())
        }
        "mtu" => (plain(MTU), "the largest packet in bytes".into()),
        "mac" => (plain(MAC), "its hardware address".into()),
        "ports" => (
            plain(&Schema::Optional(&Schema::OneOrMore(&Schema::Text))),
            format!("interfaces of the node that are ports of the {kind}"),
        ),
        "vlans" => (
            plain(&Schema::Names(&Schema::Optional(&Schema::OneOrMore(&Schema::Text)))),
            "the VLANs of each port, in the words of bridge vlan add: 10, 10-20, 10 pvid untagged".into(),
        ),
        "private-key" => (plain(&Schema::Text), "its own key, in base64: a secret".into()),
        "listen-port" => (number_of(1, 65535), "the UDP port that it listens on".into()),
        "peers" => (plain(&Schema::Optional(&Schema::OneOrMore(PEER_SCHEMA))), "those that it speaks with".into()),
        _ => match kind.option(name) {
            Some(option) => (taken(option.takes), format!("option of {}: {}", a(kind), option.takes)),
            None => (plain(&Schema::Text), format!("the interface of the node that the {kind} stands on")),
        },
    };
    if let Value::Object(keys) = &mut value {
        keys.insert("description".into(), json!(about.replace('`', "")));
    }
    (name.to_owned(), value)
}

fn taken(takes: Takes) -> Value {
    let plain = |schema: &Schema| schema.json(&mut BTreeMap::new());
    match takes {
        Takes::Switch => plain(&Schema::Switch),
        Takes::Number(least, most) => number_of(least, most),
        Takes::Time(..) => json!({ "anyOf": [{ "const": 0 }, form_of(r"0|[0-9]+ms|[0-9]+(\.[0-9]*)?s")] }),
        Takes::Word(words) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            words_of(&words)
        }
        Takes::Address | Takes::Group => form_of("[0-9A-Fa-f:.]+"),
        Takes::Port => plain(&Schema::Text),
    }
}
