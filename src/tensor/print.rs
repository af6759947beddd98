//! Tensors as text, character by character as PyTorch prints them (`torch/_tensor_str.py`).

use super::Tensor;
use crate::dtype::default_dtype;
use std::fmt;

/// Tensors with more elements are summarised.
const THRESHOLD: usize = 1000;
/// How many elements a summarised axis shows at each end.
const EDGE: usize = 3;
const LINE_WIDTH: usize = 80;
const PRECISION: usize = 4;

/// One element, of any type.
#[derive(Clone, Copy)]
enum Item {
    Float(f64),
    Int(i64),
    Bool(bool),
}

/// How the elements of one tensor are written.
#[derive(Clone, Copy)]
struct Style {
    /// All finite values are whole numbers.
    whole: bool,
    scientific: bool,
    width: usize,
}

impl Style {
    fn of(items: &[Item]) -> Style {
        let mut style = Style {
            whole: true,
            scientific: false,
            width: 1,
        };
        let finite: Vec<f64> = items
            .iter()
            .filter_map(|item| match item {
                Item::Float(v) if v.is_finite() && *v != 0.0 => Some(*v),
                _ => None,
            })
            .collect();
        if let [Item::Int(_) | Item::Bool(_), ..] = items {
            style.width = items
                .iter()
                .map(|item| style.bare(*item).len())
                .max()
                .unwrap_or(1)
                .max(1);
        } else if !finite.is_empty() {
            let least = finite.iter().fold(f64::INFINITY, |m, v| m.min(v.abs()));
            let greatest = finite.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            style.whole = finite.iter().all(|v| *v == v.ceil());
            style.scientific = greatest / least > 1000.0 || greatest > 1e8 || least < 1e-4;
            style.width = finite
                .iter()
                .map(|v| style.bare(Item::Float(*v)).len())
                .max()
                .unwrap_or(1);
        }
        style
    }

    /// The element without padding.
    fn bare(&self, item: Item) -> String {
        match item {
            Item::Int(v) => v.to_string(),
            Item::Bool(true) => "True".into(),
            Item::Bool(false) => "False".into(),
            Item::Float(v) if v.is_nan() => "nan".into(),
            Item::Float(v) if v.is_infinite() => if v > 0.0 { "inf" } else { "-inf" }.into(),
            Item::Float(v) if self.scientific => exponential(v),
            Item::Float(v) if self.whole => format!("{v:.0}."),
            Item::Float(v) => format!("{v:.PRECISION$}"),
        }
    }

    fn padded(&self, item: Item) -> String {
        format!("{:>width$}", self.bare(item), width = self.width)
    }
}

/// C's `%.4e`: the exponent has a sign and at least two digits.
fn exponential(value: f64) -> String {
    let text = format!("{value:.PRECISION$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        None => text,
    }
}

/// The positions that are shown along an axis.
fn shown(size: usize, summarise: bool) -> Vec<usize> {
    if summarise && size > 2 * EDGE {
        (0..EDGE).chain(size - EDGE..size).collect()
    } else {
        (0..size).collect()
    }
}

/// The elements that are shown, in order, and how many along each axis.
struct Shown<'a> {
    items: std::vec::IntoIter<Item>,
    shape: &'a [usize],
    summarise: bool,
    style: Style,
}

impl Shown<'_> {
    fn is_cut(&self, axis: usize) -> bool {
        self.summarise && self.shape[axis] > 2 * EDGE
    }

    fn next(&mut self) -> String {
        self.items
            .next()
            .map_or_else(String::new, |item| self.style.padded(item))
    }

    fn text(&mut self, axis: usize, indent: usize) -> String {
        match self.shape.len() - axis {
            0 => self.next(),
            1 => self.row(axis, indent),
            deep => {
                let mut parts: Vec<String> = shown(self.shape[axis], self.summarise)
                    .iter()
                    .map(|_| self.text(axis + 1, indent + 1))
                    .collect();
                if self.is_cut(axis) {
                    parts.insert(EDGE, "...".into());
                }
                let between = format!(",{}{}", "\n".repeat(deep - 1), " ".repeat(indent + 1));
                format!("[{}]", parts.join(&between))
            }
        }
    }

    fn row(&mut self, axis: usize, indent: usize) -> String {
        let per_line = (LINE_WIDTH.saturating_sub(indent) / (self.style.width + 2)).max(1);
        let mut parts: Vec<String> = shown(self.shape[axis], self.summarise)
            .iter()
            .map(|_| self.next())
            .collect();
        if self.is_cut(axis) {
            parts.insert(EDGE, " ...".into());
        }
        let lines: Vec<String> = parts.chunks(per_line).map(|line| line.join(", ")).collect();
        format!(
            "[{}]",
            lines.join(&format!(",\n{}", " ".repeat(indent + 1)))
        )
    }
}

/// The elements that are shown, in row-major order.
fn items(tensor: &Tensor, summarise: bool) -> Vec<Item> {
    let layout = tensor.layout();
    let mut positions = vec![layout.offset];
    for (&size, &step) in layout.shape.iter().zip(&layout.strides()) {
        let along = shown(size, summarise);
        positions = positions
            .iter()
            .flat_map(|&at| along.iter().map(move |i| at + i * step))
            .collect();
    }
    fn pick<T: crate::Element>(
        tensor: &Tensor,
        positions: &[usize],
        item: fn(T) -> Item,
    ) -> Vec<Item> {
        let values = tensor.snapshot::<T>();
        positions.iter().map(|&at| item(values[at])).collect()
    }
    match tensor.dtype() {
        crate::DType::F32 => pick::<f32>(tensor, &positions, |v| Item::Float(f64::from(v))),
        crate::DType::F64 => pick::<f64>(tensor, &positions, Item::Float),
        crate::DType::I64 => pick::<i64>(tensor, &positions, Item::Int),
        crate::DType::Bool => pick::<bool>(tensor, &positions, Item::Bool),
    }
}

/// What follows the elements: size, type, place on the tape.
fn suffixes(tensor: &Tensor) -> Vec<String> {
    let mut suffixes = Vec::new();
    let (dtype, default) = (tensor.dtype(), default_dtype());
    if tensor.numel() == 0 && tensor.rank() != 1 {
        let sizes: Vec<String> = tensor.shape().iter().map(usize::to_string).collect();
        suffixes.push(format!("size=({})", sizes.join(", ")));
    }
    let told = dtype == default || (tensor.numel() > 0 && !dtype.is_float());
    if !told {
        suffixes.push(format!("dtype={}", dtype.torch_name()));
    }
    if let Some(name) = tensor.grad_fn() {
        suffixes.push(format!("grad_fn=<{name}>"));
    } else if tensor.requires_grad() {
        suffixes.push("requires_grad=True".into());
    }
    suffixes
}

impl fmt::Display for Tensor {
    /// As PyTorch's `print(tensor)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PREFIX: &str = "tensor(";
        let mut text = String::from(PREFIX);
        if self.numel() == 0 {
            text.push_str("[]");
        } else {
            let summarise = self.numel() > THRESHOLD;
            let items = items(self, summarise);
            let style = Style::of(&items);
            let mut shown = Shown {
                items: items.into_iter(),
                shape: self.shape(),
                summarise,
                style,
            };
            text.push_str(&shown.text(0, PREFIX.len()));
        }
        // PyTorch counts the line break too, and one column more.
        let mut column = text
            .rfind('\n')
            .map_or(text.len() + 2, |at| text.len() - at + 1);
        for suffix in suffixes(self) {
            if column + suffix.len() + 2 > LINE_WIDTH {
                text.push_str(&format!(",\n{}{suffix}", " ".repeat(PREFIX.len())));
                column = PREFIX.len() + suffix.len();
            } else {
                text.push_str(&format!(", {suffix}"));
                column += suffix.len() + 2;
            }
        }
        text.push(')');
        f.write_str(&text)
    }
}

impl fmt::Debug for Tensor {
    /// As [`Display`](fmt::Display).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
