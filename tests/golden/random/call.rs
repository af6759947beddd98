//! The calls of the golden file: `int64 random_()`, `choice(10,size=12,replace=False)`, `normal_(1.5,0.25) of 9`.

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arg {
    Number(f64),
    Word(String),
    List(Vec<Arg>),
    Call(Call),
}

/// A call with the words before and after it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) args: Vec<Arg>,
    pub(crate) options: Vec<(String, Arg)>,
    pub(crate) before: Vec<String>,
    pub(crate) after: Vec<String>,
}

impl Arg {
    pub(crate) fn number(&self) -> f64 {
        match self {
            Arg::Number(value) => *value,
            other => panic!("{other:?} is no number"),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.int() as usize
    }

    pub(crate) fn int(&self) -> i64 {
        let value = self.number();
        assert_eq!(value.fract(), 0.0, "{value} is no integer");
        value as i64
    }

    /// The numbers of a list, or a number as a list of one.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        match self {
            Arg::List(items) => items.iter().map(Arg::number).collect(),
            one => vec![one.number()],
        }
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Arg::Word(w) if w == word)
    }
}

impl Call {
    /// Reads `call then call then ..`.
    pub(crate) fn parse_all(text: &str) -> Vec<Call> {
        text.split(" then ").map(Call::parse).collect()
    }

    fn parse(text: &str) -> Call {
        let open = text
            .find('(')
            .unwrap_or_else(|| panic!("{text:?} is no call"));
        let start = text[..open].rfind(' ').map_or(0, |space| space + 1);
        let mut rest = &text[start..];
        let Arg::Call(mut call) = argument(&mut rest) else {
            panic!("{text:?} is no call")
        };
        let words = |s: &str| {
            s.split([' ', ','])
                .filter(|w| !w.is_empty())
                .map(String::from)
                .collect()
        };
        call.before = words(&text[..start]);
        call.after = words(rest);
        call
    }

    pub(crate) fn option(&self, name: &str) -> Option<&Arg> {
        self.options
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value)
    }

    /// Whether a word stands among the arguments, or before or after the call.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.args.iter().any(|a| a.is(word))
            || self.before.iter().chain(&self.after).any(|w| w == word)
    }

    /// The number of elements after `of`.
    pub(crate) fn of(&self) -> Option<usize> {
        let at = self.after.iter().position(|w| w == "of")?;
        self.after.get(at + 1)?.parse().ok()
    }

    /// The numbers of the arguments that are numbers, lists or tuples: a shape.
    pub(crate) fn shape(&self) -> Vec<usize> {
        let sizes = self
            .args
            .iter()
            .filter(|a| matches!(a, Arg::Number(_) | Arg::List(_)));
        sizes.flat_map(Arg::numbers).map(|n| n as usize).collect()
    }
}

fn argument(rest: &mut &str) -> Arg {
    *rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix(['[', '(']) {
        *rest = after;
        return Arg::List(items(rest).into_iter().map(|(_, value)| value).collect());
    }
    let end = rest.find(['(', ')', ']', ',', '=']).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    if let Some(inside) = after.strip_prefix('(') {
        *rest = inside;
        let (options, args): (Vec<_>, Vec<_>) = items(rest)
            .into_iter()
            .partition(|(name, _)| name.is_some());
        return Arg::Call(Call {
            name: word.into(),
            args: args.into_iter().map(|(_, value)| value).collect(),
            options: options
                .into_iter()
                .map(|(name, value)| (name.unwrap_or_default(), value))
                .collect(),
            before: Vec::new(),
            after: Vec::new(),
        });
    }
    *rest = after;
    word.trim()
        .parse()
        .map_or_else(|_| Arg::Word(word.trim().into()), Arg::Number)
}

/// Arguments up to and with the closing bracket; those of the form `name=value` have a name.
fn items(rest: &mut &str) -> Vec<(Option<String>, Arg)> {
    let mut found = Vec::new();
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix([')', ']']) {
            *rest = after;
            return found;
        }
        if let Some(after) = rest.strip_prefix(',') {
            *rest = after;
            continue;
        }
        assert!(!rest.is_empty(), "a bracket is not closed");
        let value = argument(rest);
        found.push(match (value, rest.strip_prefix('=')) {
            (Arg::Word(name), Some(after)) => {
                *rest = after;
                (Some(name), argument(rest))
            }
            (value, _) => (None, value),
        });
    }
}

#[test]
fn calls_are_read_with_what_stands_around_them() {
    let calls = Call::parse_all("randn(4,1, f64) then normal_(-1.5,.25) of 9");
    assert_eq!((calls[0].shape(), calls[0].has("f64")), (vec![4, 1], true));
    assert_eq!((calls[1].args[0].number(), calls[1].of()), (-1.5, Some(9)));
    let call =
        &Call::parse_all("two choice([1,2],arange(3),(4,),size=5,replace=False) weight,bias")[0];
    assert_eq!(
        (call.before.join(" "), call.after.join(" ")),
        ("two".into(), "weight bias".into())
    );
    assert_eq!(call.option("size").map(Arg::size), Some(5));
    assert!(call.option("replace").is_some_and(|a| a.is("False")));
    assert!(matches!(&call.args[1], Arg::Call(inner) if inner.name == "arange"));
    assert_eq!(
        (call.args[0].numbers(), call.args[2].numbers()),
        (vec![1.0, 2.0], vec![4.0])
    );
}
