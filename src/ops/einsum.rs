//! Sums of products named by an equation.

#[cfg(test)]
use super::case::{Case, sample};
use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use crate::tape::TensorList;

/// An axis by its letter, or by its distance from the last axis under an ellipsis.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Label {
    // Counted so that the order of labels is the order of axes.
    Ellipsis(isize),
    Letter(char),
}

/// A tensor with a label for each of its axes, none of them twice.
struct Operand {
    tensor: Tensor,
    labels: Vec<Label>,
}

/// What an equation says, for the messages.
struct Equation<'a> {
    text: &'a str,
    shapes: Vec<Vec<usize>>,
}

impl Equation<'_> {
    fn refuse(&self, problem: impl std::fmt::Display) -> Error {
        let shapes: Vec<String> = self
            .shapes
            .iter()
            .map(|shape| format!("{shape:?}"))
            .collect();
        Error::InvalidArgument {
            op: "einsum",
            argument: "equation",
            value: format!("{:?}", self.text),
            problem: format!("{problem} (the operands have shapes {})", shapes.join(", ")),
            cure: "Name each axis of each operand by a letter, as in \"ij,jk->ik\"; `...` stands for any others.".into(),
        }
    }

    /// The letters of one operand or of the output; `None` stands for the ellipsis.
    fn letters(&self, term: &str) -> Result<Vec<Option<char>>> {
        let mut letters = Vec::new();
        let mut rest = term.trim();
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("...") {
                if letters.contains(&None) {
                    return Err(self.refuse(format!("{term:?} has two ellipses")));
                }
                letters.push(None);
                rest = after;
                continue;
            }
            if c.is_ascii_alphabetic() {
                letters.push(Some(c));
            } else if !c.is_whitespace() {
                return Err(self.refuse(format!("{c:?} in {term:?} is no letter")));
            }
            rest = &rest[c.len_utf8()..];
        }
        Ok(letters)
    }

    /// An operand with its labels, of which repeated ones are taken along the diagonal.
    fn operand(&self, term: &str, tensor: &Tensor) -> Result<Operand> {
        let letters = self.letters(term)?;
        let named = letters.iter().flatten().count();
        let hidden = tensor.rank().checked_sub(named);
        let Some(hidden) = hidden.filter(|&hidden| hidden == 0 || letters.contains(&None)) else {
            let axes = tensor.rank();
            let problem = format!("{:?} names {named} axes of a tensor of {axes}", term.trim());
            return Err(self.refuse(problem));
        };
        let labels = letters.into_iter().flat_map(|letter| match letter {
            Some(letter) => vec![Label::Letter(letter)],
            None => (0..hidden)
                .map(|i| Label::Ellipsis(i as isize - hidden as isize))
                .collect(),
        });
        let mut operand = Operand {
            tensor: tensor.clone(),
            labels: labels.collect(),
        };
        while let Some((first, second)) = twice(&operand.labels) {
            let sizes = [first, second].map(|axis| operand.tensor.shape()[axis]);
            if sizes[0] != sizes[1] {
                let problem = format!(
                    "the repeated letter in {:?} names sizes {sizes:?}",
                    term.trim()
                );
                return Err(self.refuse(problem));
            }
            operand.tensor = operand
                .tensor
                .try_diagonal_dims(0, first as i64, second as i64)?;
            let label = operand.labels.remove(second);
            operand.labels.remove(first);
            operand.labels.push(label);
        }
        Ok(operand)
    }

    /// The labels of the output: those after the arrow, or else the ellipsis and every letter that stands once.
    fn output(
        &self,
        terms: &[&str],
        after: Option<&str>,
        operands: &[Operand],
    ) -> Result<Vec<Label>> {
        let hidden: Vec<Label> = {
            let deepest = operands
                .iter()
                .map(|operand| ellipses(&operand.labels))
                .max()
                .unwrap_or(0);
            (0..deepest)
                .map(|i| Label::Ellipsis(i as isize - deepest as isize))
                .collect()
        };
        let Some(after) = after else {
            let all: String = terms.concat();
            let mut once: Vec<char> = all.chars().filter(char::is_ascii_alphabetic).collect();
            once.retain(|&c| all.matches(c).count() == 1);
            once.sort_unstable();
            return Ok(hidden
                .into_iter()
                .chain(once.into_iter().map(Label::Letter))
                .collect());
        };
        let mut labels = Vec::new();
        for letter in self.letters(after)? {
            let Some(c) = letter else {
                labels.extend(hidden.iter().copied());
                continue;
            };
            let label = Label::Letter(c);
            if labels.contains(&label) {
                return Err(self.refuse(format!("the output names {c:?} twice")));
            }
            if !operands
                .iter()
                .any(|operand| operand.labels.contains(&label))
            {
                return Err(self.refuse(format!("the output names {c:?}, and no operand does")));
            }
            labels.push(label);
        }
        Ok(labels)
    }

    /// Refuses axes of one label whose sizes differ, 1 apart, and operands of different types.
    fn check(&self, operands: &[Operand]) -> Result<()> {
        let mut seen: Vec<(Label, usize)> = Vec::new();
        for operand in operands {
            if operand.tensor.dtype() != operands[0].tensor.dtype() {
                let types = (operands[0].tensor.dtype(), operand.tensor.dtype());
                return Err(self.refuse(format!(
                    "operands of {} and {} do not multiply",
                    types.0, types.1
                )));
            }
            for (&label, &size) in operand.labels.iter().zip(operand.tensor.shape()) {
                match seen.iter_mut().find(|(known, _)| *known == label) {
                    None => seen.push((label, size)),
                    Some((_, known)) if *known == 1 => *known = size,
                    Some((_, known)) if size == 1 || *known == size => {}
                    Some((_, known)) => {
                        let name = match label {
                            Label::Letter(c) => format!("{c:?}"),
                            Label::Ellipsis(_) => "an axis under the ellipsis".into(),
                        };
                        return Err(self.refuse(format!("{name} has the sizes {known} and {size}")));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The axes of a label that stands twice.
fn twice(labels: &[Label]) -> Option<(usize, usize)> {
    let second = |first: usize| (first + 1..labels.len()).find(|&i| labels[i] == labels[first]);
    (0..labels.len()).find_map(|first| Some((first, second(first)?)))
}

fn ellipses(labels: &[Label]) -> usize {
    labels
        .iter()
        .filter(|label| matches!(label, Label::Ellipsis(_)))
        .count()
}

impl Operand {
    fn size(&self, label: Label) -> Option<usize> {
        let axis = self.labels.iter().position(|&own| own == label)?;
        Some(self.tensor.shape()[axis])
    }

    /// Sums the axes that `keep` does not ask for.
    fn reduce(self, keep: impl Fn(Label) -> bool) -> Result<Operand> {
        let gone = |i: &usize| !keep(self.labels[*i]);
        let axes: Vec<usize> = (0..self.labels.len()).filter(gone).collect();
        if axes.is_empty() {
            return Ok(self);
        }
        Ok(Operand {
            tensor: self.tensor.try_sum_dim(&axes[..])?,
            labels: self
                .labels
                .into_iter()
                .filter(|&label| keep(label))
                .collect(),
        })
    }

    /// Drops the axes of size 1 that the other operand stretches: there they count for nothing.
    fn without_stretched(&self, other: &Operand) -> Result<Operand> {
        let stretched = |label: Label| {
            self.size(label) == Some(1) && other.size(label).is_some_and(|size| size != 1)
        };
        let axes: Vec<usize> = (0..self.labels.len())
            .filter(|&i| stretched(self.labels[i]))
            .collect();
        Ok(Operand {
            tensor: self.tensor.try_squeeze_dim(&axes[..])?,
            labels: self
                .labels
                .iter()
                .copied()
                .filter(|&label| !stretched(label))
                .collect(),
        })
    }

    /// The tensor with its axes in the order of groups of labels, each group as one axis.
    fn grouped(&self, groups: [&[Label]; 3]) -> Result<Tensor> {
        let axis = |label: &Label| self.labels.iter().position(|own| own == label);
        let order: Vec<usize> = groups.concat().iter().filter_map(axis).collect();
        let sizes = groups.map(|group| {
            group
                .iter()
                .filter_map(|&label| self.size(label))
                .product::<usize>()
        });
        self.tensor.try_permute(order)?.try_reshape(sizes)
    }
}

/// The product of two operands, summed over the labels that nothing else asks for.
fn contract(a: Operand, b: Operand, keep: impl Fn(Label) -> bool) -> Result<Operand> {
    let (a, b) = (a.without_stretched(&b)?, b.without_stretched(&a)?);
    let a = a.reduce(|label| keep(label) || b.labels.contains(&label))?;
    let b = b.reduce(|label| keep(label) || a.labels.contains(&label))?;
    let (mut batch, mut summed) = (Vec::new(), Vec::new());
    for &label in a.labels.iter().filter(|label| b.labels.contains(label)) {
        if keep(label) {
            batch.push(label)
        } else {
            summed.push(label)
        }
    }
    let own = |x: &Operand, other: &Operand| -> Vec<Label> {
        x.labels
            .iter()
            .copied()
            .filter(|label| !other.labels.contains(label))
            .collect()
    };
    let (left, right) = (own(&a, &b), own(&b, &a));
    let l = a.grouped([&batch, &left, &summed])?;
    let r = b.grouped([&batch, &summed, &right])?;
    // Without sums a product of elements is no work for a matrix product.
    let out = match summed.is_empty() {
        true => l.try_mul(r)?,
        false => l.try_bmm(&r)?,
    };
    let labels = [batch, left, right].concat();
    let sizes: Vec<usize> = labels
        .iter()
        .filter_map(|&label| a.size(label).or(b.size(label)))
        .collect();
    Ok(Operand {
        tensor: out.try_reshape(sizes)?,
        labels,
    })
}

/// The pair whose product grows least beyond its operands; among equal ones the first.
fn cheapest(operands: &[Operand], output: &[Label]) -> (usize, usize) {
    let growth = |i: usize, j: usize| {
        let asked = |label: &Label| {
            let others = operands
                .iter()
                .enumerate()
                .filter(|(k, _)| *k != i && *k != j);
            output.contains(label)
                || others
                    .into_iter()
                    .any(|(_, other)| other.labels.contains(label))
        };
        let (a, b) = (&operands[i], &operands[j]);
        let mut labels = [&a.labels[..], &b.labels[..]].concat();
        labels.sort_unstable();
        labels.dedup();
        let size =
            |label: &Label| a.size(*label).unwrap_or(1).max(b.size(*label).unwrap_or(1)) as f64;
        let result: f64 = labels
            .iter()
            .filter(|label| asked(label))
            .map(size)
            .product();
        result - (a.tensor.numel() + b.tensor.numel()) as f64
    };
    let pairs = (0..operands.len()).flat_map(|i| (i + 1..operands.len()).map(move |j| (i, j)));
    let least = pairs.min_by(|&(i, j), &(k, l)| growth(i, j).total_cmp(&growth(k, l)));
    least.unwrap_or((0, 1))
}

/// The sum of products that an equation names, as `torch.einsum`.
///
/// Each operand's axes are named by letters, in the order of the tensors, with commas between them; after `->` stand
/// the axes of the result. A letter that the result lacks is summed over; one that an operand has twice takes its
/// diagonal. `...` stands for any further axes, which broadcast; axes of size 1 are stretched. Without an arrow the
/// result has the axes of `...` and then, in the order of the alphabet (capitals first), those letters that stand once.
///
/// Several operands are multiplied in pairs, at each step those whose product grows least beyond them; each pair is
/// one product of batches of matrices.
///
/// # Panics
/// If the equation cannot be read or does not fit the tensors; [`try_einsum`] returns the error.
///
/// ```
/// use retrograd::{einsum, prelude::*};
/// let (x, w) = (tensor![[1.0, 2.0], [3.0, 4.0]], tensor![1.0, 10.0]);
/// assert_eq!(einsum("ij,j->i", [&x, &w]), tensor![21.0, 43.0]);
/// assert_eq!(einsum("ii", [&x]).item::<f32>(), 5.0);
/// assert_eq!(einsum("...ij->...ji", [&x]), x.t());
/// ```
#[track_caller]
pub fn einsum(equation: &str, tensors: impl TensorList) -> Tensor {
    try_einsum(equation, tensors).or_panic()
}

/// As [`einsum`], with the error returned.
///
/// # Errors
/// If the equation cannot be read or does not fit the tensors; the message names it and all shapes.
#[track_caller]
pub fn try_einsum(equation: &str, tensors: impl TensorList) -> Result<Tensor> {
    let tensors = tensors.tensors();
    let this = Equation {
        text: equation,
        shapes: tensors.iter().map(|x| x.shape().to_vec()).collect(),
    };
    let (inputs, after) = match equation.split_once("->") {
        Some((inputs, after)) => (inputs, Some(after)),
        None => (equation, None),
    };
    let terms: Vec<&str> = inputs.split(',').collect();
    if terms.len() != tensors.len() || tensors.is_empty() {
        let problem = format!(
            "it names {} operands, and there are {}",
            terms.len(),
            tensors.len()
        );
        return Err(this.refuse(problem));
    }
    let named = terms
        .iter()
        .zip(&tensors)
        .map(|(term, tensor)| this.operand(term, tensor));
    let mut operands = named.collect::<Result<Vec<_>>>()?;
    this.check(&operands)?;
    let output = this.output(&terms, after, &operands)?;
    while operands.len() > 1 {
        let (i, j) = cheapest(&operands, &output);
        let (b, a) = (operands.remove(j), operands.remove(i));
        let asked: Vec<Label> = operands
            .iter()
            .flat_map(|operand| operand.labels.clone())
            .collect();
        let product = contract(a, b, |label| {
            output.contains(&label) || asked.contains(&label)
        })?;
        operands.insert(i, product);
    }
    let sum = operands.remove(0).reduce(|label| output.contains(&label))?;
    let axis = |label: &Label| sum.labels.iter().position(|own| own == label);
    let order: Vec<usize> = output.iter().filter_map(axis).collect();
    sum.tensor.try_permute(order)
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |shapes: &[&[usize]], equation: &'static str| {
        let inputs: Vec<Tensor> = shapes
            .iter()
            .enumerate()
            .map(|(i, shape)| sample(shape, -1.0, 1.0, i))
            .collect();
        Case::new(inputs, move |x| einsum(equation, x).pow(2))
    };
    vec![Operator::new(
        "einsum",
        "einsum",
        [
            case(&[&[2, 3], &[3, 2]], "ij,jk->ik"),
            case(&[&[2, 2]], "ii->i"),
            case(&[&[2, 3]], "ij->"),
            case(&[&[2, 2, 3], &[2, 3, 1]], "bij,bjk"),
            case(&[&[2, 3], &[3]], "...i,i->..."),
            case(&[&[2, 1], &[3, 2], &[2, 2]], "ij,kj,jl->lik"),
            case(&[&[2], &[2]], "i,i->i"),
            case(&[&[0, 2], &[2]], "ij,j->i"),
        ],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(equation: &str, shapes: &[&[usize]]) -> String {
        let tensors: Vec<Tensor> = shapes.iter().map(|shape| crate::ones(*shape)).collect();
        try_einsum(equation, &tensors)
            .expect_err(equation)
            .to_string()
    }

    #[test]
    fn an_equation_that_does_not_fit_is_named_with_the_shapes() {
        let text = refused("ij,jk->ik", &[&[2, 3], &[4, 5]]);
        assert!(
            text.contains("\"ij,jk->ik\"") && text.contains("[2, 3], [4, 5]"),
            "{text}"
        );
        assert!(text.contains("'j' has the sizes 3 and 4"), "{text}");
        for (equation, shapes) in [
            ("ij->ik", &[&[2, 3][..]][..]),
            ("ij->ii", &[&[2, 3]]),
            ("ijk", &[&[2, 3]]),
            ("i...j...", &[&[2, 3]]),
            ("i1", &[&[2, 3]]),
            ("ii", &[&[2, 3]]),
            ("i,j", &[&[2]]),
            ("ij-ji", &[&[2, 3]]),
        ] {
            assert!(refused(equation, shapes).contains("einsum: equation = "));
        }
    }

    #[test]
    fn every_order_of_pairs_gives_the_sum_of_products() {
        let x = [
            sample(&[2, 3], -1.0, 1.0, 0),
            sample(&[3, 4], -1.0, 1.0, 1),
            sample(&[4, 5], -1.0, 1.0, 2),
            sample(&[1, 5], -1.0, 1.0, 3),
        ];
        let out = einsum("ab,bc,cd,ed->ae", &x);
        let expected = x[0].mm(&x[1]).mm(&x[2]).mm(&x[3].t());
        assert!((out - expected).abs().max().item::<f64>() < 1e-12);
        let stretched = einsum("ab,ed->e", [&x[0], &x[3]]);
        assert_eq!(stretched.shape(), [1]);
        let stretched = einsum(
            "...b,...b->...",
            [
                &sample(&[2, 1, 3], -1.0, 1.0, 0),
                &sample(&[4, 1], -1.0, 1.0, 0),
            ],
        );
        assert_eq!(stretched.shape(), [2, 4]);
    }
}
