//! The elements of an array as words of equal width.

use super::array::PrintOptions;
use super::float::{Real, exponent};

/// The elements that are shown, of any type.
pub(super) enum Elements {
    Float(Vec<Real>),
    Int(Vec<i64>),
    Bool(Vec<bool>),
}

impl Elements {
    /// Each element as text, padded to one width unless a formatter writes it; `scalar` has no padding to share.
    pub(super) fn words(&self, options: &PrintOptions, scalar: bool) -> Vec<String> {
        match self {
            Elements::Float(values) => match &options.formatter {
                Some(formatter) => values.iter().map(|v| formatter(v.value())).collect(),
                None => {
                    let style = Style::of(values, options);
                    values.iter().map(|v| style.word(*v)).collect()
                }
            },
            Elements::Int(values) => {
                let words: Vec<String> = values.iter().map(i64::to_string).collect();
                let width = words.iter().map(String::len).max().unwrap_or(0);
                words.iter().map(|word| format!("{word:>width$}")).collect()
            }
            Elements::Bool(values) => {
                let width = if scalar { 0 } else { 5 };
                let name = |v: &bool| if *v { "True" } else { "False" };
                values
                    .iter()
                    .map(|v| format!("{:>width$}", name(v)))
                    .collect()
            }
        }
    }
}

/// How the numbers of one array are written, by NumPy's `FloatingFormat`.
struct Style {
    precision: usize,
    /// The digits of the exponent, where there is one.
    exponent: Option<usize>,
    /// The places before and after the point.
    left: usize,
    right: usize,
}

impl Style {
    fn of(values: &[Real], options: &PrintOptions) -> Style {
        let finite: Vec<Real> = values
            .iter()
            .copied()
            .filter(|v| v.value().is_finite())
            .collect();
        let precision = options.precision;
        let mut style = Style {
            precision,
            exponent: None,
            left: 0,
            right: 0,
        };
        if is_exponential(&finite, options) {
            let parts = finite.iter().map(|v| v.exponential(precision));
            let mut size = 0;
            style.precision = 0;
            for (whole, digits, power) in parts {
                style.left = style.left.max(whole.len());
                style.precision = style.precision.max(digits.len());
                size = size.max(exponent(power, 2).len() - 2);
            }
            style.exponent = Some(size);
            style.right = size + 2 + style.precision;
        } else {
            for (whole, digits) in finite.iter().map(|v| v.fixed(precision)) {
                style.left = style.left.max(whole.len());
                style.right = style.right.max(digits.len());
            }
        }
        if finite.len() < values.len() {
            let negative = values.iter().any(|v| v.value() == f64::NEG_INFINITY);
            let width = 3 + usize::from(negative);
            style.left = style.left.max(width.saturating_sub(style.right + 1));
        }
        style
    }

    fn word(&self, value: Real) -> String {
        let (left, right) = (self.left, self.right);
        if !value.value().is_finite() {
            return format!("{value:>0$}", left + right + 1, value = value.to_string());
        }
        match self.exponent {
            Some(size) => {
                let (whole, digits, power) = value.exactly(self.precision);
                format!("{whole:>left$}.{digits}{}", exponent(power, size))
            }
            None => {
                let (whole, digits) = value.fixed(self.precision);
                format!("{whole:>left$}.{digits:<right$}")
            }
        }
    }
}

/// Whether the numbers are too large, too small or too far apart to stand without an exponent.
fn is_exponential(finite: &[Real], options: &PrintOptions) -> bool {
    let sizes = finite.iter().map(|v| v.value().abs()).filter(|v| *v != 0.0);
    let (least, greatest) = sizes.fold((f64::INFINITY, 0.0_f64), |(least, greatest), v| {
        (least.min(v), greatest.max(v))
    });
    if greatest == 0.0 {
        return false;
    }
    // NumPy compares in the array's own type, and holds that f32 has six digits.
    let (cutoff, small, ratio) = match finite.first() {
        Some(Real::F32(_)) => (
            1e6,
            f64::from(1e-4_f32),
            f64::from(greatest as f32 / least as f32),
        ),
        _ => (1e8, 1e-4, greatest / least),
    };
    greatest >= cutoff || (!options.suppress && (least < small || ratio > 1000.0))
}
