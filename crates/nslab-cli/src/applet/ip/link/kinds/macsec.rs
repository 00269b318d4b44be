//! `type macsec`: encrypted Ethernet (IEEE 802.1AE; ip-macsec(8), `linux/if_macsec.h`).

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::*;

use super::fields::{Details, Field, Shape, all, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_COMMAND, whole};
use crate::applet::ip::fail::{FAILED, Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words};

pub(super) static OPTIONS: Options<Macsec> = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_COMMAND,
    once: false,
    begin: |_| Ok(()),
    finish,
    usage: include_str!("macsec.txt"),
};

/// What is sent behind the rest, or must fit the rest.
#[derive(Debug, Default)]
pub(super) struct Macsec {
    address: Option<[u8; 6]>,
    port: Option<u16>,
    sci: Option<u64>,
    send_sci: bool,
    end_station: bool,
    scb: bool,
    replay: Option<bool>,
    window: Option<u32>,
}

type Read<'s> = Reading<'s, Macsec>;
type MacsecOpt = Opt<Macsec>;
type Done = Result<(), Fail>;

/// Ciphers: word, number (`MACSEC_CIPHER_ID_…`), and the name that is shown.
static CIPHERS: [(&str, u64, &str); 5] = [
    ("default", 0x0080_0200_0100_0001, "GCM-AES-128"),
    ("gcm-aes-128", 0x0080_C200_0100_0001, "GCM-AES-128"),
    ("gcm-aes-256", 0x0080_C200_0100_0002, "GCM-AES-256"),
    ("gcm-aes-xpn-128", 0x0080_C200_0100_0003, "GCM-AES-XPN-128"),
    ("gcm-aes-xpn-256", 0x0080_C200_0100_0004, "GCM-AES-XPN-256"),
];
/// `MACSEC_VALIDATE_…` and `MACSEC_OFFLOAD_…`, by number.
const VALIDATE: &[&str] = &["disabled", "check", "strict"];
const OFFLOAD: &[&str] = &["off", "phy", "mac"];

static TABLE: &[MacsecOpt] = {
    use Takes::By;
    &[
        whole("cipher", IFLA_MACSEC_CIPHER_SUITE, By(read_cipher), CIPHER_WORDS),
        whole("icvlen", IFLA_MACSEC_ICV_LEN, By(read_icv_len), "expected ICV length"),
        whole("encrypt", IFLA_MACSEC_ENCRYPT, By(read_switch), ""),
        whole("send_sci", IFLA_MACSEC_INC_SCI, By(read_switch), ""),
        whole("end_station", IFLA_MACSEC_ES, By(read_switch), ""),
        whole("scb", IFLA_MACSEC_SCB, By(read_switch), ""),
        whole("protect", IFLA_MACSEC_PROTECT, By(read_switch), ""),
        whole("replay", IFLA_MACSEC_REPLAY_PROTECT, By(read_switch), ""),
        whole("window", IFLA_MACSEC_WINDOW, By(read_window), "expected replay window size"),
        whole("validate", IFLA_MACSEC_VALIDATION, By(|r, o, w| read_one_of(r, o, w, VALIDATE)), ""),
        whole("encodingsa", IFLA_MACSEC_ENCODING_SA, By(read_association), "expected an { 0..3 }"),
        whole("offload", IFLA_MACSEC_OFFLOAD, By(|r, o, w| read_one_of(r, o, w, OFFLOAD)), ""),
        whole("address", IFLA_MACSEC_SCI, By(read_address), "expected address"),
        whole("port", IFLA_MACSEC_PORT, By(read_port), "expected port"),
        whole("sci", IFLA_MACSEC_SCI, By(read_sci), "expected sci"),
        // Here, `help` is no word.
        whole("help", 0, By(stranger), ""),
    ]
};

const CIPHER_WORDS: &str = "expected: default, gcm-aes-128, gcm-aes-256, gcm-aes-xpn-128 or gcm-aes-xpn-256";

fn read_cipher(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let cipher = CIPHERS.iter().find(|(name, ..)| word.eq_ignore_ascii_case(name.as_bytes()));
    reading.data.u64(option.attribute, cipher.ok_or_else(|| option.wrong(word))?.1);
    Ok(())
}

fn read_icv_len(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let len: Option<u8> = std::str::from_utf8(word).ok().and_then(|digits| digits.parse().ok());
    let len = len.ok_or_else(|| option.wrong(word))?;
    if !(8..=16).contains(&len) {
        return Err(Fail::wrong(word, "ICV length must be in the range {8..16}"));
    }
    reading.data.u8(option.attribute, len);
    Ok(())
}

fn read_switch(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    let on = one_of(option, words, &["off", "on"])? == 1;
    match option.attribute {
        IFLA_MACSEC_INC_SCI => reading.state.send_sci = on,
        IFLA_MACSEC_ES => reading.state.end_station = on,
        IFLA_MACSEC_SCB => reading.state.scb = on,
        IFLA_MACSEC_REPLAY_PROTECT => {
            reading.state.replay = Some(on);
            return Ok(());
        }
        _ => {}
    }
    reading.data.u8(option.attribute, on.into());
    Ok(())
}

fn read_window(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let window = words::u32(word).ok_or_else(|| option.wrong(word))?;
    // The largest number stands for none.
    reading.state.window = Some(window).filter(|window| *window != u32::MAX);
    Ok(())
}

fn read_one_of(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>, among: &[&str]) -> Done {
    let place = one_of(option, words, among)?;
    reading.data.u8(option.attribute, place);
    Ok(())
}

fn one_of(option: &MacsecOpt, words: &mut Words<'_>, among: &[&str]) -> Result<u8, Fail> {
    let word = words.value()?;
    let place = among.iter().zip(0..).find(|(name, _)| name.as_bytes() == word).map(|(_, place)| place);
    place.ok_or_else(|| {
        let those: Vec<String> = among.iter().map(|name| format!("\"{name}\"")).collect();
        let text = bytes![
            "Error: argument of \"",
            option.word,
            "\" must be one of ",
            those.join(", "),
            ", not \"",
            word,
            "\""
        ];
        Fail::new(FAILED, text).ending_batch()
    })
}

fn read_association(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let number: Option<u8> = words::number(word).and_then(|number| number.try_into().ok());
    reading.data.u8(option.attribute, number.filter(|number| *number < 4).ok_or_else(|| option.wrong(word))?);
    Ok(())
}

fn read_address(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let wrong = |fail: Fail| Fail::new(MISUSE, bytes![fail.text, "\n", option.wrong(word).text]);
    let address = words::hardware_address(word).map_err(wrong)?;
    // Of a short one, the rest is zeros.
    let mut whole = [0; 6];
    whole.iter_mut().zip(address).for_each(|(place, byte)| *place = byte);
    reading.state.address = Some(whole);
    Ok(())
}

/// Not behind an id, which has a port already.
fn read_port(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    if reading.state.sci.is_some() {
        return Err(OPTIONS.unknown(reading.kind, reading.typed));
    }
    let word = words.value()?;
    let port: Option<u16> = words::number(word).and_then(|port| port.try_into().ok());
    let port = port.ok_or_else(|| option.wrong(word))?;
    if port == 0 {
        return Err(Fail::wrong(word, "expected port != 0"));
    }
    reading.state.port = Some(port);
    Ok(())
}

fn read_sci(reading: &mut Read<'_>, option: &MacsecOpt, words: &mut Words<'_>) -> Done {
    let word = words.value()?;
    let number = word.strip_prefix(b"0x").unwrap_or(word);
    let number = std::str::from_utf8(number).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
    reading.state.sci = Some(number.ok_or_else(|| option.wrong(word))?);
    Ok(())
}

fn stranger(reading: &mut Read<'_>, _: &MacsecOpt, _: &mut Words<'_>) -> Done {
    Err(OPTIONS.unknown(reading.kind, reading.typed))
}

fn finish(reading: &mut Read<'_>) -> Done {
    let Macsec { address, port, sci, send_sci, end_station, scb, replay, window } = reading.state;
    if (send_sci && (end_station || scb)) || (end_station && scb) {
        return Err(Fail::new(FAILED, "invalid combination of send_sci/end_station/scb"));
    }
    match (replay, window) {
        (Some(true), None) => {
            let text = "replay protection enabled, but no window set. did you mean 'replay on window VALUE'?";
            return Err(Fail::new(FAILED, text));
        }
        (None, Some(window)) => {
            let text = "replay window set, but replay protection not enabled. did you mean 'replay on window ";
            return Err(Fail::new(FAILED, format!("{text}{window}'?")));
        }
        _ => {}
    }
    let data = &mut reading.data;
    match (address, port, sci) {
        (Some([a, b, c, d, e, f]), Some(port), _) => {
            let [high, low] = port.to_be_bytes();
            data.attribute(IFLA_MACSEC_SCI, &[a, b, c, d, e, f, high, low]);
        }
        (_, _, Some(sci)) if sci != 0 => {
            data.attribute(IFLA_MACSEC_SCI, &sci.to_be_bytes());
        }
        (None, None, None) => {}
        (_, port, _) => {
            data.attribute(IFLA_MACSEC_PORT, &port.unwrap_or(0).to_be_bytes());
        }
    }
    if let Some(replay) = replay {
        data.u8(IFLA_MACSEC_REPLAY_PROTECT, replay.into());
    }
    if let Some(window) = window.filter(|_| replay == Some(true)) {
        data.u32(IFLA_MACSEC_WINDOW, window);
    }
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{By, Number, OnOff};
    &[
        field(IFLA_MACSEC_SCI, "sci", "sci {} ", By(show_sci)),
        field(IFLA_MACSEC_PROTECT, "protect", "protect {} ", OnOff),
        field(IFLA_MACSEC_CIPHER_SUITE, "cipher_suite", "cipher {} ", By(show_cipher)),
        field(IFLA_MACSEC_ICV_LEN, "icv_len", "icvlen {} ", Number),
        field(IFLA_MACSEC_ENCODING_SA, "encoding_sa", "encodingsa {} ", Number),
        field(IFLA_MACSEC_VALIDATION, "validation", "validate {} ", By(|s, f, a| show_word(s, f, a, VALIDATE))),
        field(IFLA_MACSEC_OFFLOAD, "offload", "offload {} ", By(|s, f, a| show_word(s, f, a, OFFLOAD))),
        field(IFLA_MACSEC_ENCRYPT, "encrypt", "encrypt {} ", OnOff),
        field(IFLA_MACSEC_INC_SCI, "inc_sci", "send_sci {} ", OnOff),
        field(IFLA_MACSEC_ES, "es", "end_station {} ", OnOff),
        field(IFLA_MACSEC_SCB, "scb", "scb {} ", OnOff),
        field(IFLA_MACSEC_REPLAY_PROTECT, "replay_protect", "replay {} ", OnOff),
        all(show_window),
    ]
};

fn show_sci(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(sci) = attribute.payload.first_chunk() {
        session.print.string(field.key, field.format, format!("{:016x}", u64::from_be_bytes(*sci)));
    }
}

fn show_cipher(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(number) = attribute.u64() else { return };
    let name = CIPHERS.iter().find(|(_, known, _)| *known == number).map(|(.., name)| *name);
    session.print.string(field.key, field.format, name.unwrap_or("(unknown)"));
}

fn show_word(session: &mut Session, field: &Field, attribute: Attribute<'_>, among: &[&str]) {
    let word = attribute.u8().and_then(|number| among.get(usize::from(number))).copied();
    session.print.string(field.key, field.format, word.unwrap_or("(unknown)"));
}

fn show_window(session: &mut Session, details: &Details<'_>) {
    if let Some(window) = details.get(IFLA_MACSEC_WINDOW).and_then(|window| window.u32()) {
        session.print.number("window", "window {} ", window);
    }
}
