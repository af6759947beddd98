//! Single floating-point numbers.

use std::fmt;

/// A number with the digits that its own type needs.
#[derive(Clone, Copy)]
pub(super) enum Real {
    F32(f32),
    F64(f64),
}

impl Real {
    pub(super) fn value(self) -> f64 {
        match self {
            Real::F32(v) => f64::from(v),
            Real::F64(v) => v,
        }
    }

    fn is(self, text: &str) -> bool {
        match self {
            Real::F32(v) => text.parse() == Ok(v),
            Real::F64(v) => text.parse() == Ok(v),
        }
    }

    /// The fewest digits that give the number back, without an exponent.
    fn shortest(self) -> String {
        let text = match self {
            Real::F32(v) => v.to_string(),
            Real::F64(v) => v.to_string(),
        };
        // Of two as short and as close, NumPy takes the even one.
        match text.split_once('.') {
            Some((_, digits)) => {
                let even = format!("{:.*}", digits.len(), self.value());
                if self.is(&even) { even } else { text }
            }
            None => text,
        }
    }

    /// The fewest digits that give the number back, with an exponent.
    fn shortest_exponential(self) -> String {
        let text = match self {
            Real::F32(v) => format!("{v:e}"),
            Real::F64(v) => format!("{v:e}"),
        };
        let even = format!("{:.*e}", parts(&text).1.len(), self.value());
        if self.is(&even) { even } else { text }
    }

    /// Digits before and after the point; of the latter the fewest that give the number back, and at most `precision`.
    pub(super) fn fixed(self, precision: usize) -> (String, String) {
        let text = self.shortest();
        let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
        if digits.len() <= precision {
            return (whole.into(), digits.into());
        }
        let text = format!("{:.precision$}", self.value());
        let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
        (whole.into(), digits.trim_end_matches('0').into())
    }

    /// As [`fixed`](Self::fixed), of the number scaled to one digit before the point, and its power of ten.
    pub(super) fn exponential(self, precision: usize) -> (String, String, i32) {
        let (whole, digits, power) = parts(&self.shortest_exponential());
        if digits.len() <= precision {
            return (whole, digits, power);
        }
        let (whole, digits, power) = self.exactly(precision);
        (whole, digits.trim_end_matches('0').into(), power)
    }

    /// As [`exponential`](Self::exponential), with `precision` digits of the number's exact value.
    pub(super) fn exactly(self, precision: usize) -> (String, String, i32) {
        parts(&format!("{:.precision$e}", self.value()))
    }
}

/// What stands before the point, after it, and the power of ten.
fn parts(text: &str) -> (String, String, i32) {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, digits) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    (whole.into(), digits.into(), power.parse().unwrap_or(0))
}

/// An exponent as C writes it: with a sign and at least `size` digits.
pub(super) fn exponent(value: i32, size: usize) -> String {
    let sign = if value < 0 { '-' } else { '+' };
    format!("e{sign}{:0size$}", value.abs())
}

impl fmt::Display for Real {
    /// NumPy's `str` of a number, for f64 also Python's: without an exponent from 1e-4 to below 1e16, of f32 1e6.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value();
        if value.is_nan() {
            return f.write_str("nan");
        }
        if value.is_infinite() {
            return f.write_str(if value > 0.0 { "inf" } else { "-inf" });
        }
        let limit = match self {
            Real::F32(_) => 1e6,
            Real::F64(_) => 1e16,
        };
        if value == 0.0 || (1e-4..limit).contains(&value.abs()) {
            let text = self.shortest();
            let point = if text.contains('.') { "" } else { ".0" };
            return write!(f, "{text}{point}");
        }
        let (whole, digits, power) = self.exponential(usize::MAX);
        let point = if digits.is_empty() { "" } else { "." };
        write!(f, "{whole}{point}{digits}{}", exponent(power, 2))
    }
}

/// A number as Python prints a `float`, made by [`float`].
#[derive(Clone, Copy, PartialEq)]
pub struct Float(f64);

/// Prints `value` as Python prints a `float`: with the fewest digits that give it back, and an exponent below 1e-4 and
/// from 1e16.
///
/// ```
/// use retrograd::numpy::float;
/// assert_eq!(float(2.0).to_string(), "2.0");
/// assert_eq!(float(0.1 + 0.2).to_string(), "0.30000000000000004");
/// assert_eq!(float(9.3e-5).to_string(), "9.3e-05");
/// // With a precision as Python's `f"{value:.2f}"`, which writes `nan` where Rust writes `NaN`.
/// assert_eq!(format!("{:.2} {:.2}", float(0.125), float(f64::NAN)), "0.12 nan");
/// ```
pub fn float(value: impl Into<f64>) -> Float {
    Float(value.into())
}

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match f.precision() {
            Some(places) if self.0.is_finite() => write!(f, "{:.places$}", self.0),
            _ => write!(f, "{}", Real::F64(self.0)),
        }
    }
}

impl fmt::Debug for Float {
    /// As [`Display`](fmt::Display).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_begins_where_pythons_does() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1e-4, "0.0001"),
            (9.9e-5, "9.9e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (-1.5e300, "-1.5e+300"),
            (5e-324, "5e-324"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(float(value).to_string(), text);
        }
        assert_eq!(Real::F32(0.1).to_string(), "0.1");
        assert_eq!(Real::F32(145.640_62).to_string(), "145.64062");
        assert_eq!(Real::F32(1e6).to_string(), "1e+06");
    }

    #[test]
    fn digits_are_cut_by_rounding_the_number_itself() {
        let fixed = |v, p| {
            let (whole, digits) = Real::F64(v).fixed(p);
            format!("{whole}.{digits}")
        };
        assert_eq!(fixed(0.125, 2), "0.12");
        assert_eq!(fixed(1.100_000_000_1, 8), "1.1");
        assert_eq!(fixed(-1e-9, 3), "-0.");
        assert_eq!(
            Real::F64(9.999_999_999).exponential(3),
            ("1".into(), "".into(), 1)
        );
    }
}
