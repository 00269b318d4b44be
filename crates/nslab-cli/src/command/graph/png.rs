//! A picture as PNG: what is drawn as SVG, in pixels.

use nslab::Result;

/// The pixels of an SVG, in its light colours, twice as large.
///
/// # Errors
/// Where it is too large for memory.
#[cfg(feature = "png")]
pub(super) fn png(svg: &str) -> Result<Vec<u8>> {
    use nslab::Error;
    use resvg::{tiny_skia, usvg};

    const SCALE: f32 = 2.0;
    let failed = |why: String| Error::invalid(format!("drawing a PNG: {why}"));
    let mut options = usvg::Options { font_family: "monospace".into(), ..usvg::Options::default() };
    options.fontdb_mut().load_system_fonts();
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| failed("it has no size".into()))?;
    let pixels = tiny_skia::Pixmap::new(size.width(), size.height());
    let mut pixels =
        pixels.ok_or_else(|| failed(format!("{} × {} pixels are too many", size.width(), size.height())))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}

/// Says how to get one.
#[cfg(not(feature = "png"))]
pub(super) fn png(_svg: &str) -> Result<Vec<u8>> {
    let error = nslab::Error::new(nslab::ErrorKind::Unsupported, "this nslab was built without PNG");
    Err(error
        .with_help("write an SVG, which browsers show; or build with: cargo build --release --features nslab-cli/png"))
}
