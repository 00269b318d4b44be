//! What the kernel tells of a link's kind, as options that a lab file may say.

use super::{LinkKind, OptionValue, Options, told};
use crate::types::IfName;

/// The options of a kind by the attributes in its `IFLA_INFO_DATA`; what is malformed, or is not one that a file may
/// say, is left out. `name` gives the name of an interface of the node by its index.
#[must_use]
pub fn decode(kind: LinkKind, data: &[u8], name: impl Fn(u32) -> Option<IfName>) -> Options {
    let mut options = told(kind, data, name);
    // By its words, so that it is one that a file may say.
    options.retain(|name, value| {
        let option = kind.option(name);
        option.is_some_and(|option| OptionValue::read(option, &value.shown(option)).as_ref() == Ok(value))
    });
    options
}

#[cfg(test)]
mod tests {
    use super::super::{Takes, encode};
    use super::*;

    /// What is said to the kernel reads back as the same.
    #[test]
    fn what_is_encoded_is_decoded() {
        for kind in LinkKind::ALL {
            for option in kind.facts().options {
                let texts: Vec<String> = match option.takes {
                    Takes::Switch => vec!["true".into(), "false".into()],
                    Takes::Number(least, most) => vec![least.to_string(), most.to_string()],
                    Takes::Time(least, most, _) => vec![format!("{least}ms"), format!("{most}ms")],
                    Takes::Word(words) => words.iter().map(|(word, _)| (*word).into()).collect(),
                    Takes::Address => vec!["192.0.2.1".into(), "2001:db8::1".into()],
                    Takes::Group => vec!["239.0.0.1".into(), "ff05::1".into()],
                    Takes::Port => vec!["eth0".into()],
                };
                for text in texts {
                    let value = OptionValue::read(option, &text).unwrap();
                    let said = Options::from([(option.name.to_owned(), value)]);
                    let bytes = encode(kind, &said, None, |_| Some(7)).unwrap();
                    let name = |index| if index == 7 { "eth0".parse().ok() } else { None };
                    let read = decode(kind, &bytes, name);
                    assert_eq!(read.get(option.name), said.get(option.name), "{kind} {}", option.name);
                    for cut in 0..bytes.len() {
                        let _ = decode(kind, &bytes[..cut], name);
                    }
                }
            }
        }
    }
}
