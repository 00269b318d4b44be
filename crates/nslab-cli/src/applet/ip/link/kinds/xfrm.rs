//! `type xfrm`: what IPsec protects, as a link (ip-link(8), `linux/if_link.h`).

use nslab::wire::consts::kinds::{IFLA_XFRM_COLLECT_METADATA, IFLA_XFRM_IF_ID, IFLA_XFRM_LINK};

use super::fields::{Details, Field, Shape, all, field};
use super::reading::{Opt, Options, Reading, Takes, opt, whole};
use crate::applet::ip::fail::{FAILED, Fail, MISUSE};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words};

pub(super) static OPTIONS: Options<Xfrm> =
    Options { tables: &[TABLE], stranger: "", once: false, begin: |_| Ok(()), finish, usage: include_str!("xfrm.txt") };

/// What does not go together.
#[derive(Debug, Default)]
pub(super) struct Xfrm {
    external: bool,
    dev: bool,
    id: bool,
}

static TABLE: &[Opt<Xfrm>] = {
    use Takes::By;
    &[
        opt("dev", IFLA_XFRM_LINK, By(read_dev), ""),
        opt("if_id", IFLA_XFRM_IF_ID, By(read_id), "if_id value is invalid"),
        whole("external", IFLA_XFRM_COLLECT_METADATA, By(external), ""),
    ]
};

fn read_dev(reading: &mut Reading<'_, Xfrm>, option: &Opt<Xfrm>, words: &mut Words<'_>) -> Result<(), Fail> {
    let index = reading.session.index(words.value()?).map_err(|fail| Fail::new(MISUSE, fail.text))?;
    reading.data.u32(option.attribute, index);
    reading.state.dev = true;
    Ok(())
}

fn read_id(reading: &mut Reading<'_, Xfrm>, option: &Opt<Xfrm>, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    let id = words::u32(word).filter(|id| *id != 0).ok_or_else(|| option.wrong(word))?;
    reading.data.u32(option.attribute, id);
    reading.state.id = true;
    Ok(())
}

fn external(reading: &mut Reading<'_, Xfrm>, option: &Opt<Xfrm>, _: &mut Words<'_>) -> Result<(), Fail> {
    reading.data.attribute(option.attribute, &[]);
    reading.state.external = true;
    Ok(())
}

fn finish(reading: &mut Reading<'_, Xfrm>) -> Result<(), Fail> {
    match reading.state {
        Xfrm { external: true, dev: false, id: false } | Xfrm { external: false, id: true, .. } => Ok(()),
        Xfrm { external: true, .. } => {
            Err(Fail::new(FAILED, "xfrmi: both 'external' and if_id/link cannot be specified"))
        }
        _ => Err(Fail::new(MISUSE, "Error: argument \"IF_ID\" is required")),
    }
}

pub(super) static FIELDS: &[Field] =
    &[all(show_external), field(IFLA_XFRM_IF_ID, "if_id", "if_id {} ", Shape::By(show_id))];

fn show_external(session: &mut Session, details: &Details<'_>) {
    if details.get(IFLA_XFRM_COLLECT_METADATA).is_some() {
        session.print.boolean("external", "external ", true);
    }
}

fn show_id(session: &mut Session, field: &Field, attribute: nslab::wire::Attribute<'_>) {
    if let Some(id) = attribute.u32().filter(|id| *id != 0) {
        session.print.string(field.key, field.format, format!("{id:#x}"));
    }
}
