//! Options: numbers in their ranges, and the file of a plot.

use std::path::{Path, PathBuf};

/// A whole number that seeds a generator.
pub(crate) fn seed(text: &str) -> Result<u32, String> {
    let range = format!("give a whole number from 0 to {}", u32::MAX);
    digits(text).and_then(|n| n.try_into().ok()).ok_or(range)
}

/// A whole number from 1.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    digits(text)
        .and_then(|n| n.try_into().ok())
        .filter(|n| *n >= 1)
        .ok_or_else(|| "give a whole number from 1".into())
}

fn digits(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// A positive, finite number.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| *x > 0.0 && x.is_finite())
        .ok_or_else(|| "give a positive, finite number such as 0.01 or 3e-4".into())
}

/// The form of a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Svg,
    Png,
}

/// A file that a plot is drawn into, in the form that its extension names.
#[derive(Debug, Clone)]
pub(crate) struct PlotFile {
    pub(crate) path: PathBuf,
    pub(crate) form: Form,
}

/// A path that ends in `.svg` or `.png`.
pub(crate) fn plot_file(text: &str) -> Result<PlotFile, String> {
    let path = Path::new(text);
    let extension = path.extension().map(|e| e.to_ascii_lowercase());
    let form = match extension.as_ref().and_then(|e| e.to_str()) {
        Some("svg") => Form::Svg,
        Some("png") => Form::Png,
        _ => return Err("give a file name that ends in .svg or .png".into()),
    };
    Ok(PlotFile {
        path: path.into(),
        form,
    })
}
