//! A key of WireGuard: 32 bytes, written in base64.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// A key of 256 bits. It may be a secret, so [`Debug`](fmt::Debug) does not show it; [`Display`](fmt::Display) does.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

/// The letters of base64 (RFC 4648, 4).
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Key {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let letters = text.strip_suffix('=').filter(|letters| letters.len() == 43)?;
            let (mut bits, mut held) = (0_u32, 0);
            let mut bytes = Vec::with_capacity(32);
            for letter in letters.bytes() {
                let value = LETTERS.iter().position(|known| *known == letter)?;
                bits = bits << 6 | u32::try_from(value).ok()?;
                held += 6;
                if held >= 8 {
                    held -= 8;
                    bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
                }
            }
            // What is left over stands for nothing, and is zero where anybody else writes it.
            (bits & ((1 << held) - 1) == 0).then_some(bytes)?.try_into().ok()
        };
        // A key is not quoted: it may be a secret.
        parse().map(Self).ok_or_else(|| {
            Error::invalid("this is no key")
                .with_help("a key is 32 bytes in base64: 43 letters and `=`, as `wg genkey` prints")
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for group in self.0.chunks(3) {
            let mut bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            bits <<= 8 * (3 - group.len());
            for at in 0..4 {
                let letter = usize::try_from(bits >> (18 - 6 * at) & 0x3f).ok().and_then(|at| LETTERS.get(at));
                let letter = if at > group.len() { b'=' } else { letter.copied().unwrap_or(b'=') };
                write!(f, "{}", char::from(letter))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That of RFC 7748, 6.1, as `base64` writes it.
    const TEXT: &str = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";

    #[test]
    fn keys_read_back_and_do_not_show_by_mistake() {
        let key: Key = TEXT.parse().unwrap();
        assert_eq!((key.bytes()[0], key.bytes()[1], key.bytes()[31]), (0x77, 0x07, 0x2a));
        assert_eq!(key.to_string(), TEXT);
        assert_eq!(format!("{key:?}"), "Key(…)");
        assert_eq!(serde_json::from_str::<Key>(&serde_json::to_string(&key).unwrap()).unwrap(), key);
        for fill in 0..=255 {
            let key = Key::new([fill; 32]);
            assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let long = format!("A{TEXT}");
        for text in [
            "",
            "x",
            &TEXT[1..],
            long.as_str(),
            &TEXT.replace('=', "A"),
            &TEXT.replace("Co=", "Cp="),
            &TEXT.replace('d', "-"),
            "é=",
            &"=".repeat(44),
        ] {
            let error = text.parse::<Key>().unwrap_err();
            assert!(text.len() < 2 || !error.to_string().contains(text), "{error}");
        }
    }
}
