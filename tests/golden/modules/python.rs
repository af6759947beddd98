//! The constructor of a module as Python has it: names, calls, numbers, texts, tuples and lists.

use std::iter::Peekable;
use std::str::Chars;

/// A Python expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Py {
    Number(f64),
    Text(String),
    Flag(bool),
    None,
    /// A tuple or a list.
    List(Vec<Py>),
    Call(Call),
}

/// A call of the last name of a path.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Call {
    pub(crate) name: String,
    args: Vec<Py>,
    kwargs: Vec<(String, Py)>,
}

impl Call {
    /// An argument by position or name; `None` where it is left out or Python's `None`.
    pub(crate) fn arg(&self, position: usize, name: &str) -> Option<&Py> {
        let named = || {
            self.kwargs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
        };
        self.args
            .get(position)
            .or_else(named)
            .filter(|value| **value != Py::None)
    }

    /// Whether `name` was given as `None`.
    pub(crate) fn is_none(&self, name: &str) -> bool {
        self.kwargs
            .iter()
            .any(|(key, value)| key == name && *value == Py::None)
    }

    pub(crate) fn args(&self) -> &[Py] {
        &self.args
    }

    pub(crate) fn float(&self, position: usize, name: &str) -> Option<f64> {
        match self.arg(position, name)? {
            Py::Number(number) => Some(*number),
            other => panic!("{}: {name} = {other:?} is no number", self.name),
        }
    }

    pub(crate) fn count(&self, position: usize, name: &str) -> Option<usize> {
        self.float(position, name).map(|number| number as usize)
    }

    /// A count that has to be given.
    pub(crate) fn size(&self, position: usize, name: &str) -> usize {
        self.count(position, name)
            .unwrap_or_else(|| panic!("{}: {name} is missing", self.name))
    }

    pub(crate) fn flag(&self, position: usize, name: &str, default: bool) -> bool {
        match self.arg(position, name) {
            None => default,
            Some(Py::Flag(flag)) => *flag,
            Some(other) => panic!("{}: {name} = {other:?} is no flag", self.name),
        }
    }

    pub(crate) fn text(&self, position: usize, name: &str) -> Option<&str> {
        match self.arg(position, name)? {
            Py::Text(text) => Some(text),
            other => panic!("{}: {name} = {other:?} is no text", self.name),
        }
    }
}

impl Py {
    /// One number, or those of a list.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        match self {
            Py::Number(number) => vec![*number],
            Py::List(items) => items.iter().flat_map(Py::numbers).collect(),
            other => panic!("{other:?} is no number"),
        }
    }
}

/// Reads one expression.
pub(crate) fn parse(text: &str) -> Py {
    let mut reader = Reader(text.chars().peekable());
    let value = reader.value();
    assert_eq!(reader.next(), None, "{text} ends late");
    value
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        while self.0.next_if(|c| c.is_whitespace()).is_some() {}
        self.0.peek().copied()
    }

    fn take(&mut self, c: char) -> bool {
        self.next() == Some(c) && self.0.next().is_some()
    }

    fn word(&mut self, part: fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.0.next_if(|c| part(*c))).collect()
    }

    fn value(&mut self) -> Py {
        match self.next().expect("an expression") {
            quote @ ('\'' | '"') => {
                self.0.next();
                let text = std::iter::from_fn(|| self.0.next_if(|c| *c != quote)).collect();
                assert!(self.take(quote), "a text ends");
                Py::Text(text)
            }
            open @ ('(' | '[') => {
                self.0.next();
                Py::List(self.items(if open == '(' { ')' } else { ']' }).0)
            }
            c if c.is_ascii_digit() || c == '-' || c == '.' => {
                let number = self.word(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
                Py::Number(
                    number
                        .parse()
                        .unwrap_or_else(|_| panic!("{number} is no number")),
                )
            }
            _ => self.name(),
        }
    }

    fn name(&mut self) -> Py {
        let path = self.word(|c| c.is_alphanumeric() || "_.".contains(c));
        match path.as_str() {
            "True" => return Py::Flag(true),
            "False" => return Py::Flag(false),
            "None" => return Py::None,
            _ => {}
        }
        assert!(self.take('('), "{path} is called");
        let (args, kwargs) = self.items(')');
        // `__import__('collections').OrderedDict(..)`: only the last call counts.
        if self.take('.') {
            return self.name();
        }
        let name = path.rsplit('.').next().unwrap_or_default().to_owned();
        Py::Call(Call { name, args, kwargs })
    }

    fn items(&mut self, close: char) -> (Vec<Py>, Vec<(String, Py)>) {
        let (mut args, mut kwargs) = (Vec::new(), Vec::new());
        while !self.take(close) {
            let ahead: String = self
                .0
                .clone()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if !ahead.is_empty() && self.0.clone().nth(ahead.len()) == Some('=') {
                self.0.nth(ahead.len());
                kwargs.push((ahead, self.value()));
            } else {
                args.push(self.value());
            }
            self.take(',');
        }
        (args, kwargs)
    }
}

#[test]
fn constructors_are_read() {
    let Py::Call(call) =
        parse("nn.Conv2d(2, (3, 2), padding='same', bias=False, eps=1e-05, m=None)")
    else {
        panic!("a call")
    };
    assert_eq!(call.name, "Conv2d");
    assert_eq!(
        (call.size(0, "in"), call.text(9, "padding")),
        (2, Some("same"))
    );
    assert_eq!(call.arg(1, "kernel").map(Py::numbers), Some(vec![3.0, 2.0]));
    assert_eq!(
        (call.float(9, "eps"), call.flag(9, "bias", true)),
        (Some(1e-5), false)
    );
    assert!(call.arg(9, "m").is_none() && call.is_none("m"));
    let Py::Call(dict) = parse("__import__('collections').OrderedDict([('a', nn.ReLU())])") else {
        panic!("a call")
    };
    assert_eq!(dict.name, "OrderedDict");
}
