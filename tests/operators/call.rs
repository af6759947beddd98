//! A call as a golden file has it, and its arguments by position or name.

use crate::common::{number, numbers};
use retrograd::{DType, Tensor};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashSet;

/// Why a call gave no result.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The crate refused it.
    Error(retrograd::Error),
    /// Rust's types leave no way to write it.
    Forbidden(String),
    /// The crate has another form for it, which the reason names.
    LeftOut(String),
}

impl From<retrograd::Error> for Refusal {
    fn from(error: retrograd::Error) -> Self {
        Refusal::Error(error)
    }
}

/// An argument.
#[derive(Debug)]
pub(crate) enum Arg {
    Tensor(Tensor),
    List(Vec<Arg>),
    Plain(Value),
}

/// A number as Rust has it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
    Bool(bool),
}

/// An operand that may be a tensor or a number.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side<'a> {
    Tensor(&'a Tensor),
    Number(Number),
}

/// Runs a body with a name bound to the number in its own Rust type.
macro_rules! with_number {
    ($number:expr, $v:ident => $body:expr) => {
        match $number {
            $crate::operators::call::Number::Int($v) => $body,
            $crate::operators::call::Number::Float($v) => $body,
            $crate::operators::call::Number::Bool($v) => $body,
        }
    };
}
pub(crate) use with_number;

/// Runs a body with a name bound to the tensor, or to the number in its own Rust type.
macro_rules! with_side {
    ($side:expr, $v:ident => $body:expr) => {
        match $side {
            $crate::operators::call::Side::Tensor($v) => $body,
            $crate::operators::call::Side::Number(number) => {
                $crate::operators::call::with_number!(number, $v => $body)
            }
        }
    };
}
pub(crate) use with_side;

/// One call of an operator.
pub(crate) struct Call {
    input: Arg,
    args: Vec<Arg>,
    kwargs: Vec<(String, Arg)>,
    read: RefCell<HashSet<String>>,
}

/// A tensor from its golden form: `dtype`, `shape` and `data`.
pub(crate) fn tensor(value: &Value) -> Tensor {
    let shape: Vec<usize> = numbers(&value["shape"])
        .iter()
        .map(|&n| n as usize)
        .collect();
    let values = || numbers(&value["data"]);
    match value["dtype"].as_str().expect("a type's name") {
        "f64" => Tensor::from_vec(values(), shape),
        "f32" => Tensor::from_vec(values(), shape).to(DType::F32),
        "bool" => Tensor::from_vec(values(), shape).to(DType::Bool),
        "i64" | "i32" | "i16" | "u8" => Tensor::from_vec(values(), shape).to(DType::I64),
        other => panic!("no type {other:?}"),
    }
}

fn argument(value: &Value, leaves: &mut Vec<Tensor>) -> Arg {
    match value {
        Value::Object(map) if map.contains_key("tensor") => {
            let tensor = tensor(&map["tensor"]);
            if map["tensor"]["requires_grad"] == true {
                leaves.push(tensor.requires_grad_());
                return Arg::Tensor(leaves[leaves.len() - 1].clone());
            }
            Arg::Tensor(tensor)
        }
        Value::Array(items) => Arg::List(items.iter().map(|item| argument(item, leaves)).collect()),
        other => Arg::Plain(other.clone()),
    }
}

impl Call {
    /// The call of a golden case, and the tensors that require gradients, in the order of input, positional and named
    /// arguments.
    pub(crate) fn new(case: &Value) -> (Call, Vec<Tensor>) {
        let mut leaves = Vec::new();
        let input = argument(&case["input"], &mut leaves);
        let args = case["args"].as_array().expect("a list");
        let args = args
            .iter()
            .map(|value| argument(value, &mut leaves))
            .collect();
        let kwargs = case["kwargs"].as_object().expect("a map");
        let kwargs = kwargs
            .iter()
            .map(|(name, value)| (name.clone(), argument(value, &mut leaves)));
        let call = Call {
            input,
            args,
            kwargs: kwargs.collect(),
            read: RefCell::default(),
        };
        (call, leaves)
    }

    /// The first argument that was given and not read: the entry would ignore it in silence.
    pub(crate) fn unread(&self) -> Option<String> {
        let read = self.read.borrow();
        let positions = (0..self.args.len()).map(|i| i.to_string());
        let names = self.kwargs.iter().map(|(name, _)| name.clone());
        // The only device is the CPU.
        positions
            .chain(names)
            .find(|key| !read.contains(key) && key != "device")
    }

    /// An argument by its position after the input or by its name; `None` where it is left out or null.
    pub(crate) fn arg(&self, position: usize, name: &str) -> Option<&Arg> {
        let arg = match self.args.get(position) {
            Some(arg) => {
                self.read.borrow_mut().insert(position.to_string());
                arg
            }
            None => {
                self.read.borrow_mut().insert(name.to_owned());
                &self.kwargs.iter().find(|(key, _)| key == name)?.1
            }
        };
        (!matches!(arg, Arg::Plain(Value::Null))).then_some(arg)
    }

    /// The input, which must be a tensor.
    pub(crate) fn input(&self) -> Result<&Tensor, Refusal> {
        as_tensor(&self.input, "input")
    }

    /// The input, which must be a list of tensors.
    pub(crate) fn inputs(&self) -> Result<Vec<Tensor>, Refusal> {
        as_tensors(&self.input, "input")
    }

    /// The input and all positional arguments, as tensors.
    pub(crate) fn all_tensors(&self) -> Result<Vec<Tensor>, Refusal> {
        let mut tensors = match &self.input {
            Arg::List(_) => self.inputs()?,
            one => vec![as_tensor(one, "input")?.clone()],
        };
        for position in 0..self.args.len() {
            tensors.push(self.tensor(position, "tensors")?.clone());
        }
        Ok(tensors)
    }

    /// A tensor argument.
    pub(crate) fn tensor(&self, position: usize, name: &str) -> Result<&Tensor, Refusal> {
        as_tensor(self.arg(position, name).ok_or_else(|| missing(name))?, name)
    }

    /// A tensor argument that may be left out.
    pub(crate) fn tensor_or_none(
        &self,
        position: usize,
        name: &str,
    ) -> Result<Option<&Tensor>, Refusal> {
        self.arg(position, name)
            .map(|arg| as_tensor(arg, name))
            .transpose()
    }

    /// A tensor, or a number as a tensor of no axes.
    pub(crate) fn operand(&self, position: usize, name: &str) -> Result<Tensor, Refusal> {
        Ok(match self.side(position, name)? {
            Side::Tensor(tensor) => tensor.clone(),
            Side::Number(Number::Int(v)) => Tensor::scalar(v),
            Side::Number(Number::Float(v)) => Tensor::scalar(v).to(DType::F64),
            Side::Number(Number::Bool(v)) => Tensor::scalar(v),
        })
    }

    /// A tensor or a number, in its own type.
    pub(crate) fn side(&self, position: usize, name: &str) -> Result<Side<'_>, Refusal> {
        self.side_or_none(position, name)?
            .ok_or_else(|| missing(name))
    }

    /// A tensor or a number, in its own type, that may be left out.
    pub(crate) fn side_or_none(
        &self,
        position: usize,
        name: &str,
    ) -> Result<Option<Side<'_>>, Refusal> {
        match self.arg(position, name) {
            None => Ok(None),
            Some(Arg::Tensor(tensor)) => Ok(Some(Side::Tensor(tensor))),
            Some(number) => Ok(Some(Side::Number(as_number(number, name)?))),
        }
    }

    /// A number, in its own type, that may be left out.
    pub(crate) fn number_or_none(
        &self,
        position: usize,
        name: &str,
    ) -> Result<Option<Number>, Refusal> {
        self.arg(position, name)
            .map(|arg| as_number(arg, name))
            .transpose()
    }

    /// A floating-point argument that may be left out.
    pub(crate) fn float_or_none(
        &self,
        position: usize,
        name: &str,
    ) -> Result<Option<f64>, Refusal> {
        self.arg(position, name)
            .map(|arg| as_float(arg, name))
            .transpose()
    }

    /// A floating-point argument with its default.
    pub(crate) fn float(&self, position: usize, name: &str, default: f64) -> Result<f64, Refusal> {
        Ok(self.float_or_none(position, name)?.unwrap_or(default))
    }

    /// A whole number that may be left out.
    pub(crate) fn int_or_none(&self, position: usize, name: &str) -> Result<Option<i64>, Refusal> {
        self.arg(position, name)
            .map(|arg| as_int(arg, name))
            .transpose()
    }

    /// A whole number with its default.
    pub(crate) fn int(&self, position: usize, name: &str, default: i64) -> Result<i64, Refusal> {
        Ok(self.int_or_none(position, name)?.unwrap_or(default))
    }

    /// A count, of which Rust's `usize` has no negative ones.
    pub(crate) fn count(
        &self,
        position: usize,
        name: &str,
        default: usize,
    ) -> Result<usize, Refusal> {
        match self.int_or_none(position, name)? {
            None => Ok(default),
            Some(n) => usize::try_from(n)
                .map_err(|_| Refusal::Forbidden(format!("`{name}` is a usize, {n} is none"))),
        }
    }

    /// One whole number or a list of them, which may be left out.
    pub(crate) fn ints(&self, position: usize, name: &str) -> Result<Option<Vec<i64>>, Refusal> {
        self.arg(position, name)
            .map(|arg| as_ints(arg, name))
            .transpose()
    }

    /// One count or a list of them, which may be left out.
    pub(crate) fn counts(
        &self,
        position: usize,
        name: &str,
    ) -> Result<Option<Vec<usize>>, Refusal> {
        let count = |n: i64| {
            usize::try_from(n)
                .map_err(|_| Refusal::Forbidden(format!("`{name}` holds usize, {n} is none")))
        };
        let ints = self.ints(position, name)?;
        ints.map(|ints| ints.into_iter().map(count).collect())
            .transpose()
    }

    /// A `bool` with its default.
    pub(crate) fn flag(&self, position: usize, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.arg(position, name) {
            None => Ok(default),
            Some(Arg::Plain(Value::Bool(flag))) => Ok(*flag),
            Some(other) => Err(Refusal::Forbidden(format!(
                "`{name}` is a bool, {other:?} is none"
            ))),
        }
    }

    /// A text that may be left out.
    pub(crate) fn text(&self, position: usize, name: &str) -> Result<Option<&str>, Refusal> {
        match self.arg(position, name) {
            None => Ok(None),
            Some(Arg::Plain(Value::String(text))) => Ok(Some(text)),
            Some(other) => Err(Refusal::Forbidden(format!(
                "`{name}` is a text, {other:?} is none"
            ))),
        }
    }

    /// An element type that may be left out.
    pub(crate) fn dtype(&self, position: usize, name: &str) -> Result<Option<DType>, Refusal> {
        match self.arg(position, name) {
            None => Ok(None),
            Some(Arg::Plain(Value::Object(map))) => match map["dtype"].as_str() {
                Some("f64") => Ok(Some(DType::F64)),
                Some("f32") => Ok(Some(DType::F32)),
                // There is one integer type, as for tensors.
                Some("i64" | "i32" | "i16" | "u8") => Ok(Some(DType::I64)),
                Some("bool") => Ok(Some(DType::Bool)),
                other => Err(Refusal::Forbidden(format!(
                    "there is no element type {other:?}"
                ))),
            },
            Some(other) => Err(Refusal::Forbidden(format!(
                "`{name}` is a type, {other:?} is none"
            ))),
        }
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::Forbidden(format!("`{name}` must be given"))
}

fn as_tensor<'a>(arg: &'a Arg, name: &str) -> Result<&'a Tensor, Refusal> {
    match arg {
        Arg::Tensor(tensor) => Ok(tensor),
        other => Err(Refusal::Forbidden(format!(
            "`{name}` is a tensor, {other:?} is none"
        ))),
    }
}

fn as_tensors(arg: &Arg, name: &str) -> Result<Vec<Tensor>, Refusal> {
    match arg {
        Arg::List(items) => items
            .iter()
            .map(|item| as_tensor(item, name).cloned())
            .collect(),
        other => Err(Refusal::Forbidden(format!(
            "`{name}` is a list of tensors, {other:?} is none"
        ))),
    }
}

fn as_number(arg: &Arg, name: &str) -> Result<Number, Refusal> {
    match arg {
        Arg::Plain(Value::Number(n)) if n.is_i64() => {
            Ok(Number::Int(n.as_i64().expect("an integer")))
        }
        Arg::Plain(Value::Bool(b)) => Ok(Number::Bool(*b)),
        other => Ok(Number::Float(as_float(other, name)?)),
    }
}

fn as_float(arg: &Arg, name: &str) -> Result<f64, Refusal> {
    match arg {
        Arg::Plain(value @ Value::Number(_)) => Ok(number(value)),
        Arg::Plain(Value::String(text)) if matches!(text.as_str(), "nan" | "inf" | "-inf") => {
            Ok(text.parse().expect("one of three"))
        }
        other => Err(Refusal::Forbidden(format!(
            "`{name}` is a number, {other:?} is none"
        ))),
    }
}

fn as_int(arg: &Arg, name: &str) -> Result<i64, Refusal> {
    match arg {
        Arg::Plain(Value::Number(n)) if n.is_i64() => Ok(n.as_i64().expect("an integer")),
        other => Err(Refusal::Forbidden(format!(
            "`{name}` is a whole number, {other:?} is none"
        ))),
    }
}

fn as_ints(arg: &Arg, name: &str) -> Result<Vec<i64>, Refusal> {
    match arg {
        Arg::List(items) => items.iter().map(|item| as_int(item, name)).collect(),
        one => Ok(vec![as_int(one, name)?]),
    }
}
