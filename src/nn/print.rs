//! Modules as PyTorch prints them.

use super::Module;
use std::fmt;

/// Prints a module and its children as PyTorch does; what the derived `Display` calls.
///
/// ```
/// use retrograd::nn::{Linear, Sequential, Sigmoid};
/// let model = Sequential::new().add(Linear::new(2, 1)).add(Sigmoid);
/// let lines = "Sequential(\n  (0): Linear(in_features=2, out_features=1, bias=True)\n  (1): Sigmoid()\n)";
/// assert_eq!(model.to_string(), lines);
/// ```
pub fn fmt_module(module: &(impl Module + ?Sized), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&text(module))
}

fn text<M: Module + ?Sized>(module: &M) -> String {
    let children = children(module);
    let extra = module.extra_repr();
    let name = module.name();
    if children.is_empty() && !extra.contains('\n') {
        return format!("{name}({extra})");
    }
    let extra = extra.lines().map(str::to_owned);
    let lines: Vec<String> = extra.chain(children).collect();
    format!("{name}(\n  {}\n)", lines.join("\n").replace('\n', "\n  "))
}

/// A line or more for each child; in a list, equal neighbours share one.
fn children<M: Module + ?Sized>(module: &M) -> Vec<String> {
    let mut runs: Vec<(String, String, usize, String)> = Vec::new();
    let is_list = module.name() == "ModuleList";
    for (name, child) in module.named_children() {
        let text = text(child);
        match runs.last_mut() {
            Some((_, last, count, before)) if is_list && *before == text => {
                *last = name;
                *count += 1;
            }
            _ => runs.push((name.clone(), name, 1, text)),
        }
    }
    let line = |(first, last, count, text)| match count {
        1 => format!("({first}): {text}"),
        _ => format!("({first}-{last}): {count} x {text}"),
    };
    runs.into_iter().map(line).collect()
}

/// Python's name of a truth value.
pub(super) fn flag(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Numbers as a Python tuple.
pub(super) fn list(numbers: &[impl fmt::Display]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match &texts[..] {
        [one] => format!("({one},)"),
        _ => format!("({})", texts.join(", ")),
    }
}

/// A float as Python prints it.
pub(super) fn python(value: f64) -> String {
    let scientific = format!("{value:e}");
    match scientific
        .split_once('e')
        .map(|(digits, power)| (digits, power.parse::<i32>()))
    {
        Some((digits, Ok(power))) if !(-4..16).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", power.abs())
        }
        Some(_) => format!("{value:?}"),
        None => scientific.to_lowercase(),
    }
}

#[test]
fn floats_are_printed_as_python_prints_them() {
    let printed = [
        1e-5,
        0.1,
        1.0,
        20.0,
        1e-4,
        1.5e-7,
        1e16,
        123456.0,
        f64::INFINITY,
    ]
    .map(python);
    let expected = [
        "1e-05", "0.1", "1.0", "20.0", "0.0001", "1.5e-07", "1e+16", "123456.0", "inf",
    ];
    assert_eq!(printed, expected);
}
