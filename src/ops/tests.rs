//! What is made from the list of operations.

use super::case::{Case, sample};
use super::operator::{Operator, page};
use super::{Listed, operators, table};
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::{Operand, Tensor};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Whether a name is among those asked for: `RETROGRAD_ONLY=sort,topk cargo test --lib ops` checks these alone.
fn is_asked_for(name: &str) -> bool {
    let only = std::env::var("RETROGRAD_ONLY").unwrap_or_default();
    let name = name.to_lowercase();
    only.split(',')
        .any(|part| name.contains(&part.to_lowercase()))
}

#[test]
fn gradients_of_every_operation_are_right_to_second_order() {
    for (op, _, cases) in table().into_iter().filter(|(op, ..)| is_asked_for(op)) {
        assert!(!cases.is_empty(), "{op} has no cases");
        for case in cases {
            case.check(op, 2);
        }
    }
}

/// A plan of any operation gives its bits and its gradients', or is refused: never another number.
#[test]
fn plans_of_every_operation_agree_with_it_or_are_refused() {
    let (mut replayed, mut refused) = (Vec::new(), Vec::new());
    for (op, _, cases) in table().into_iter().filter(|(op, ..)| is_asked_for(op)) {
        match cases.iter().try_for_each(|case| case.replays(op)) {
            Ok(()) => replayed.push(op),
            Err(error) => refused.push(format!("{op}: {error}")),
        }
    }
    println!(
        "plans: {} operations replayed, {} refused",
        replayed.len(),
        refused.len()
    );
    refused.iter().for_each(|why| println!("{why}"));
    let again = refused
        .iter()
        .find(|why| why.contains("other values than the step itself"));
    assert_eq!(
        again, None,
        "no operation depends on what a plan does not see"
    );
}

#[test]
fn every_operator_has_the_derivatives_that_it_declares() {
    for (_, operator) in operators() {
        if operator.functions().any(is_asked_for) {
            operator.check();
        }
    }
}

#[test]
fn the_page_of_operators_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/operators.md");
    let page = page(&operators());
    if std::env::var_os("RETROGRAD_BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|old| old == page),
        "src/operators.md is stale: run `RETROGRAD_BLESS=1 cargo test --lib page_of_operators`"
    );
}

/// The functions that a source file makes public by name, settings and constructors of options aside.
fn declared(source: &str) -> Vec<String> {
    let function = |line: &str| -> Option<String> {
        let line = line.trim_start();
        let public = line.starts_with("pub fn ");
        let rest = line
            .strip_prefix("pub ")
            .unwrap_or(line)
            .strip_prefix("fn ")?;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let setting = after.starts_with("(mut self") || after.starts_with("(self") || name == "new";
        // Inside of `fallible!` a function is public, and its twin stands behind a bar.
        let operator = (public || after.starts_with('|')) && !setting && !name.starts_with("try_");
        operator.then(|| name.to_owned())
    };
    source
        .lines()
        .filter_map(function)
        .filter(|name| !name.is_empty())
        .collect()
}

/// The source files of a folder and of those in it.
fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// Public functions of these folders that are no operators.
const NOT_OPERATORS: &[&str] = &["forward", "list"];

#[test]
fn every_public_function_is_a_declared_operator() {
    let operators = operators();
    let known: HashSet<&str> = operators
        .iter()
        .flat_map(|(_, operator)| operator.functions())
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for path in ["src/ops", "src/loss", "src/linalg"]
        .iter()
        .flat_map(|folder| sources(&root.join(folder)))
    {
        let source = std::fs::read_to_string(&path).expect("a source file");
        let unknown = declared(&source).into_iter();
        let unknown =
            unknown.filter(|name| !known.contains(&**name) && !NOT_OPERATORS.contains(&&**name));
        missing.extend(unknown.map(|name| format!("{}: {name}", path.display())));
    }
    assert!(missing.is_empty(), "no operator declares {missing:#?}");
}

/// `x` cubed, with a fault in its derivative.
struct Planted<const ORDER: usize> {
    input: Saved,
}
impl<const ORDER: usize> Listed for Planted<ORDER> {}
impl<const ORDER: usize> Op for Planted<ORDER> {
    const NAME: &'static str = "PlantedBackward0";
    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?;
        let slope = match ORDER {
            0 => &x * &x * 3,
            1 => &x * &x * 2,
            // Right in value, and cut from the graph.
            _ => (&x * &x * 3).detach(),
        };
        cx.put(0, grad * slope);
        Ok(())
    }
    fn cases() -> Vec<Case> {
        Case::unary(0.5, 2.0, cube::<ORDER>)
    }
}

fn cube<const ORDER: usize>(x: &Tensor) -> Tensor {
    let value = x.detach().pow(3);
    Inner::view(&value, value.layout().clone()).record(&[x.arg()], |_| Planted::<ORDER> {
        input: Saved::input(x),
    })
}

/// The text with which an operator's check fails.
fn failure(operator: Operator) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| operator.check()));
    outcome
        .err()
        .map(|panic| *panic.downcast::<String>().expect("a text"))
}

#[test]
fn planted_faults_are_found() {
    assert_eq!(
        failure(Operator::node::<Planted<0>>("planted", "planted")),
        None
    );
    let none = failure(Operator::new("planted", "planted", []));
    assert!(none.is_some_and(|text| text.contains("no cases")));
    for (fault, check) in [
        (
            Operator::node::<Planted<1>>("planted", "planted"),
            "gradcheck",
        ),
        (
            Operator::node::<Planted<2>>("planted", "planted"),
            "gradgradcheck",
        ),
    ] {
        let text = failure(fault).expect("the fault is found");
        assert!(text.contains(check), "{text}");
    }
}

#[test]
fn a_gradient_lost_in_silence_is_found() {
    let severed: fn(&Tensor) -> Vec<Tensor> = |x| vec![x.pow(2)];
    let text = failure(Operator::not_differentiable(
        "planted",
        "planted",
        "it says so",
        severed,
    ));
    assert!(text.is_some_and(|text| text.contains("declared without derivatives")));
    let lost = Operator::new(
        "planted",
        "planted",
        [Case::new([sample(&[3], 1.0, 2.0, 0)], |x| {
            x[0].detach().pow(2)
        })],
    );
    assert!(failure(lost).is_some_and(|text| text.contains("gradcheck")));
}
