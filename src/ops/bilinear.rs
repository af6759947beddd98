//! A form linear in each of two inputs.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use crate::Tensor;
use crate::error::{Error, Result};

/// Refuses shapes that do not fit, and gives `[out, in1, in2]`.
fn sizes(x1: &Tensor, x2: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<[usize; 3]> {
    let op = "bilinear";
    let shapes = (x1.shape(), x2.shape(), weight.shape());
    let (([lead @ .., first], [other @ .., second]), &[out, in1, in2]) = (match shapes {
        (a @ [.., _], b @ [.., _], w @ [_, _, _]) => ((a, b), w),
        _ => return Err(misfit(op, x1, x2, weight)),
    }) else {
        return Err(misfit(op, x1, x2, weight));
    };
    if lead != other || *first != in1 || *second != in2 {
        return Err(misfit(op, x1, x2, weight));
    }
    if let Some(bias) = bias.filter(|bias| bias.shape() != [out]) {
        return Err(Error::Shape {
            op,
            problem: format!("a bias of shape {:?} for {out} outputs", bias.shape()),
            cure: "Give one number for each output.".into(),
        });
    }
    Ok([out, in1, in2])
}

fn misfit(op: &'static str, x1: &Tensor, x2: &Tensor, weight: &Tensor) -> Error {
    Error::Shape {
        op,
        problem: format!(
            "inputs of shapes {:?} and {:?} with a weight of shape {:?}",
            x1.shape(),
            x2.shape(),
            weight.shape()
        ),
        cure: "They are `[.., in1]`, `[.., in2]` and `[out, in1, in2]`, the inputs alike but for their last sizes."
            .into(),
    }
}

fallible_fn! {
    /// `x1ᵀ W x2 + b` for each pair of rows: `input1 [.., in1]` and `input2 [.., in2]` with `weight [out, in1, in2]`
    /// and `bias [out]` give `[.., out]`.
    ///
    /// # Panics
    /// If shapes or types do not fit.
    ///
    /// ```
    /// use retrograd::{functional::bilinear, prelude::*};
    /// let y = bilinear(&tensor![1.0, 2.0], &tensor![3.0], &tensor![[[10.0], [1.0]]], None);
    /// assert_eq!(y, tensor![36.0]);
    /// ```
    fn bilinear | try_bilinear(input1: &Tensor, input2: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let [out, in1, in2] = sizes(input1, input2, weight, bias)?;
        let lead = &input1.shape()[..input1.rank() - 1];
        let rows: usize = lead.iter().product();
        let table = weight.try_permute([1, 0, 2])?.try_reshape([in1, out * in2])?;
        let half = input1.try_reshape([rows, in1])?.try_mm(&table)?.try_reshape([rows, out, in2])?;
        let whole = half.try_matmul(&input2.try_reshape([rows, in2, 1])?)?;
        let shape: Vec<usize> = lead.iter().copied().chain([out]).collect();
        let whole = whole.try_reshape(&shape)?;
        match bias {
            Some(bias) => whole.try_add(bias),
            None => Ok(whole),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let tensor = |shape: &[usize], salt| sample(shape, -1.0, 1.0, salt);
    let inputs = |lead: &[usize]| {
        let with = |size: usize| [lead, &[size]].concat();
        [
            tensor(&with(2), 0),
            tensor(&with(3), 1),
            tensor(&[2, 2, 3], 2),
            tensor(&[2], 3),
        ]
    };
    let shapes: [&[usize]; 4] = [&[], &[2], &[2, 1], &[0]];
    let cases = shapes.iter().map(|lead| {
        Case::new(inputs(lead), |x| {
            bilinear(&x[0], &x[1], &x[2], Some(&x[3])).pow(2)
        })
    });
    vec![Operator::new(
        "nn.functional.bilinear",
        "functional::bilinear",
        cases,
    )]
}
