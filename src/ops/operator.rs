//! What a file says of its public operators, and all that is made from it: the checks of derivatives, the page of
//! operators in the documentation, the proof that none loses a gradient in silence.

use super::case::Case;
use crate::Tensor;
use crate::tape::Op;
use std::fmt::Write as _;

type Call = fn(&Tensor) -> Vec<Tensor>;

/// How an operator treats gradients.
enum Kind {
    /// Its derivatives are checked on the cases up to this order.
    Differentiable { cases: Vec<Case>, order: usize },
    /// Its result carries none, for this reason; called on floats that require gradients, it gives no float that
    /// does, or one whose backward is refused with the operator's name.
    NotDifferentiable { why: &'static str, call: Call },
}

/// An operator as its file declares it.
pub(crate) struct Operator {
    /// PyTorch's name, such as `nn.functional.huber_loss`.
    pytorch: &'static str,
    /// The public functions that do it, by their paths in the crate, with spaces between.
    forms: &'static str,
    kind: Kind,
}

impl Operator {
    /// A differentiable operator with the cases on which it is checked to second order.
    pub(crate) fn new(
        pytorch: &'static str,
        forms: &'static str,
        cases: impl IntoIterator<Item = Case>,
    ) -> Operator {
        let cases = cases.into_iter().collect();
        Operator {
            pytorch,
            forms,
            kind: Kind::Differentiable { cases, order: 2 },
        }
    }

    /// A differentiable operator whose cases are those of the node that it records.
    pub(crate) fn node<O: Op>(pytorch: &'static str, forms: &'static str) -> Operator {
        Operator::new(pytorch, forms, O::cases())
    }

    /// An operator that may record another node too.
    pub(crate) fn and<O: Op>(mut self) -> Operator {
        if let Kind::Differentiable { cases, .. } = &mut self.kind {
            cases.extend(O::cases());
        }
        self
    }

    /// An operator of which each element of the result depends on one of each operand: its third derivatives are
    /// checked too.
    pub(crate) fn elementwise(mut self) -> Operator {
        if let Kind::Differentiable { order, .. } = &mut self.kind {
            *order = 3;
        }
        self
    }

    /// An operator without derivatives, with the reason and a call of it on a `[2, 3]` of floats.
    pub(crate) fn not_differentiable(
        pytorch: &'static str,
        forms: &'static str,
        why: &'static str,
        call: Call,
    ) -> Operator {
        Operator {
            pytorch,
            forms,
            kind: Kind::NotDifferentiable { why, call },
        }
    }

    /// The functions that do it, without their paths.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &'static str> {
        let paths = self.forms.split_whitespace();
        paths.map(|path| path.rsplit("::").next().unwrap_or(path))
    }

    /// Checks what the operator declares.
    #[track_caller]
    pub(crate) fn check(self) {
        let name = self.forms.split_whitespace().next().unwrap_or_default();
        match self.kind {
            Kind::Differentiable { cases, order } => {
                assert!(!cases.is_empty(), "{name} has no cases");
                cases.into_iter().for_each(|case| case.check(name, order));
            }
            Kind::NotDifferentiable { call, .. } => {
                let values = vec![0.5, -1.25, 2.0, 3.5, -0.75, 1.5];
                let x = Tensor::from_vec::<f64>(values, [2, 3]).requires_grad_();
                for out in call(&x).into_iter().filter(Tensor::requires_grad) {
                    let refused = out.sum().try_backward();
                    let text = refused.map_err(|error| error.to_string());
                    let last = self.functions().next().unwrap_or_default();
                    assert!(
                        text.as_ref().is_err_and(|text| text.contains(last)),
                        "{name} is declared without derivatives, and its backward gives {text:?}"
                    );
                }
            }
        }
    }

    /// Its line in the documentation's table.
    fn line(&self, module: &str) -> String {
        let paths: Vec<String> = self
            .forms
            .split_whitespace()
            .map(|path| format!("[`{path}`](crate::{path})"))
            .collect();
        let orders = match &self.kind {
            Kind::Differentiable { order: 3, .. } => "1, 2, 3".to_owned(),
            Kind::Differentiable { .. } => "1, 2".to_owned(),
            Kind::NotDifferentiable { why, .. } => format!("none: {why}"),
        };
        format!(
            "| `{}` | {} | {orders} | `{module}` |",
            self.pytorch,
            paths.join(", ")
        )
    }
}

/// The page of all operators, by PyTorch's names.
pub(crate) fn page(operators: &[(&'static str, Operator)]) -> String {
    let mut rows: Vec<(&str, String)> = operators
        .iter()
        .map(|(module, operator)| (operator.pytorch, operator.line(module)))
        .collect();
    rows.sort();
    let mut page =
        String::from("| PyTorch | here | derivatives checked | module |\n|---|---|---|---|\n");
    rows.iter()
        .for_each(|(_, row)| writeln!(page, "{row}").expect("a string takes every text"));
    page
}
