//! Statistics of columns, and what scalers ask of their input.

use crate::inputs::matrix;
use crate::{DType, Error, Result, Tensor};

/// The numbers of a matrix by columns. NaN stands for a missing one and is passed over.
pub(super) struct Columns {
    values: Vec<f64>,
    count: usize,
}

impl Columns {
    pub(super) fn new(op: &'static str, x: &Tensor) -> Result<Self> {
        let x = matrix(op, "x", x)?;
        let columns = Columns {
            count: x.size(1),
            values: x.to_vec(),
        };
        let refuse = |value: String, problem: &str, cure: &str| {
            Err(Error::InvalidArgument {
                op,
                argument: "x",
                value,
                problem: problem.into(),
                cure: cure.into(),
            })
        };
        if let Some(at) = columns.values.iter().position(|v| v.is_infinite()) {
            let (row, column) = (at / columns.count, at % columns.count);
            return refuse(
                format!("{} at row {row}, column {column}", columns.values[at]),
                "it is not a finite number",
                "Correct it, or make it NaN if it is missing.",
            );
        }
        match (0..columns.count).find(|&at| columns.column(at).next().is_none()) {
            None => Ok(columns),
            Some(at) => refuse(
                format!("column {at}"),
                "all its numbers are missing",
                "Leave the column out.",
            ),
        }
    }

    fn column(&self, at: usize) -> impl Iterator<Item = f64> + Clone {
        let column = self.values.iter().skip(at).step_by(self.count).copied();
        column.filter(|v| !v.is_nan())
    }

    /// A figure of each column's numbers, of which there is at least one.
    pub(super) fn each(&self, figure: impl Fn(Vec<f64>) -> f64) -> Vec<f64> {
        (0..self.count)
            .map(|at| figure(self.column(at).collect()))
            .collect()
    }
}

/// Refuses a matrix with other columns than the `fitted` ones.
pub(super) fn check(op: &'static str, x: &Tensor, fitted: usize) -> Result<()> {
    let columns = matrix(op, "x", x)?.size(1);
    if columns == fitted {
        return Ok(());
    }
    Err(Error::Shape {
        op,
        problem: format!("x has {columns} columns, and {fitted} were fitted"),
        cure: "Transform the columns that were fitted.".into(),
    })
}

/// `x` and statistics in the type in which a column is transformed: that of `x`, or f64 for integers.
pub(super) fn float(x: &Tensor) -> DType {
    if x.dtype().is_float() {
        x.dtype()
    } else {
        DType::F64
    }
}
