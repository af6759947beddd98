//! A table of numbers with named columns and labels.

use crate::{DType, Error, Result, Tensor};
use std::collections::HashMap;

/// A column of a file, by name or by position from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// Its name in the header.
    Name(String),
    /// Its position, from 0.
    Position(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Column::Name(name.into())
    }
}

impl From<String> for Column {
    fn from(name: String) -> Self {
        Column::Name(name)
    }
}

impl From<usize> for Column {
    fn from(position: usize) -> Self {
        Column::Position(position)
    }
}

impl Column {
    /// Where the column stands among `names`.
    pub(crate) fn find(&self, names: &[String], place: &str) -> Result<usize> {
        let (found, what) = match self {
            Column::Name(name) => {
                let mut found = (0..names.len()).filter(|&at| names[at] == *name);
                let (first, second) = (found.next(), found.next());
                if let (Some(first), Some(second)) = (first, second) {
                    return Err(Error::Data {
                        place: place.into(),
                        problem: format!(
                            "columns {} and {} are both named {name:?}",
                            first + 1,
                            second + 1
                        ),
                        cure: format!(
                            "Rename one, or choose by position from 0: {first} or {second}."
                        ),
                    });
                }
                (first, format!("named {name:?}"))
            }
            Column::Position(at) => (
                (*at < names.len()).then_some(*at),
                format!("at position {at}"),
            ),
        };
        found.ok_or_else(|| Error::Data {
            place: place.into(),
            problem: format!("it has no column {what}"),
            cure: format!(
                "Choose from its {} columns: {}.",
                names.len(),
                names.join(", ")
            ),
        })
    }
}

/// A table of numbers, `[rows, columns]`, with the columns' names and, where asked for, a label for each row.
///
/// ```
/// let text = "1000025,5,?,2\n1002945,5,4,4\n";
/// let table = retrograd::data::CsvReader::new()
///     .header(false)
///     .columns(1..3)
///     .target(3)
///     .missing(["?"])
///     .read_from(text.as_bytes(), "inline")?
///     .drop_missing();
/// assert_eq!(table.data(), retrograd::Tensor::from([[5.0, 4.0]]));
/// assert_eq!(table.labels(), ["4"]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) names: Vec<String>,
    pub(crate) rows: usize,
    pub(crate) values: Vec<f64>,
    pub(crate) labels: Vec<String>,
    dtype: DType,
}

impl Table {
    pub(crate) fn new(dtype: DType) -> Self {
        Table {
            names: Vec::new(),
            rows: 0,
            values: Vec::new(),
            labels: Vec::new(),
            dtype,
        }
    }

    /// The names of the data's columns, in order.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.names(), ["a", "b"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of rows.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.rows(), 2);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The numbers as a tensor `[rows, columns]` of the type they were read as; a missing one is NaN.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.data().shape(), [2, 2]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn data(&self) -> Tensor {
        Tensor::from_vec(self.values.clone(), [self.rows, self.names.len()]).to(self.dtype)
    }

    /// One column's numbers as a tensor `[rows]`.
    ///
    /// # Errors
    /// If the data has no such column.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.column("a")?.to_vec::<f64>(), [1.0, 3.0]);
    /// assert!(table.column("kind").is_err());
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn column(&self, column: impl Into<Column>) -> Result<Tensor> {
        let at = column.into().find(&self.names, "column")?;
        let step = self.names.len();
        let column: Tensor = self.values.iter().skip(at).step_by(step).copied().collect();
        Ok(column.to(self.dtype))
    }

    /// The labels as they stand in the file, one for each row; none if no target was chosen.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.labels(), ["oak", "elm"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The different labels: in order of their numbers if all are numbers, else as texts.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.classes(), ["elm", "oak"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn classes(&self) -> Vec<String> {
        let mut classes = self.labels.clone();
        let numbers: Option<Vec<f64>> = classes.iter().map(|label| label.parse().ok()).collect();
        match numbers {
            Some(_) => classes.sort_by(|a, b| {
                let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
                number(a).total_cmp(&number(b)).then_with(|| a.cmp(b))
            }),
            None => classes.sort(),
        }
        classes.dedup();
        classes
    }

    /// The labels as an i64 tensor `[rows]` of positions in [`classes`](Self::classes).
    ///
    /// # Errors
    /// If no target was chosen.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.target()?.to_vec::<i64>(), [1, 0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn target(&self) -> Result<Tensor> {
        if self.labels.len() != self.rows {
            return Err(Error::Data {
                place: "target".into(),
                problem: "the table was read without a target".into(),
                cure: "Choose the column of labels with `CsvReader::target`.".into(),
            });
        }
        let classes = self.classes();
        let positions: HashMap<&String, i64> = classes.iter().zip(0..).collect();
        let positions = self.labels.iter().map(|label| positions[label]);
        Ok(positions.collect())
    }

    /// The table with `value` for every missing number.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.fill_missing(0.5).data().to_vec::<f64>(), [1.0, 2.0, 3.0, 0.5]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn fill_missing(mut self, value: f64) -> Self {
        self.values
            .iter_mut()
            .filter(|v| v.is_nan())
            .for_each(|v| *v = value);
        self
    }

    /// The table without the rows that miss a number.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind").missing(["?"]);
    /// let table = reader.read_from("a,b,kind\n1,2,oak\n3,?,elm\n".as_bytes(), "inline")?;
    /// assert_eq!(table.drop_missing().labels(), ["oak"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn drop_missing(mut self) -> Self {
        let width = self.names.len();
        let whole: Vec<bool> = (0..self.rows)
            .map(|row| {
                !self.values[row * width..(row + 1) * width]
                    .iter()
                    .any(|v| v.is_nan())
            })
            .collect();
        let mut at = 0..self.values.len();
        self.values
            .retain(|_| at.next().is_some_and(|i| whole[i / width]));
        let mut row = whole.iter();
        self.labels
            .retain(|_| *row.next().expect("a label for each row"));
        self.rows = whole.iter().filter(|w| **w).count();
        self
    }
}
