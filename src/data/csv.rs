//! Numeric tables from CSV files.

use super::table::{Column, Table};
use crate::{DType, Error, Result};
use csv::{ByteRecord, ReaderBuilder, Trim};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Reads a table of numbers, with or without a header, from a CSV file.
///
/// By default the first line holds the names, fields are separated by commas, every column but the target is data,
/// and a field that is no finite number is an error with file, line, column and text. Missing numbers are named with
/// [`missing`](Self::missing) and then filled, dropped, or put in by a
/// [`SimpleImputer`](crate::preprocessing::SimpleImputer).
///
/// ```
/// use retrograd::data::CsvReader;
///
/// let text = "id,height,width,kind\n7,1.5,2,oak\n8,?,4,elm\n9,5,6,oak\n";
/// let table = CsvReader::new()
///     .columns(["height", "width"])
///     .target("kind")
///     .missing(["?"])
///     .read_from(text.as_bytes(), "trees.csv")?;
/// assert_eq!(table.data().shape(), [3, 2]);
/// assert!(table.column("height")?.to_vec::<f64>()[1].is_nan());
/// assert_eq!(table.classes(), ["elm", "oak"]);
/// assert_eq!(table.target()?.to_vec::<i64>(), [1, 0, 1]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CsvReader {
    header: bool,
    delimiter: u8,
    missing: Vec<String>,
    columns: Option<Vec<Column>>,
    target: Option<Column>,
    dtype: DType,
}

impl Default for CsvReader {
    fn default() -> Self {
        Self::new()
    }
}

impl CsvReader {
    /// A reader of comma-separated files with a header, no missing values, and all columns as data.
    ///
    /// ```
    /// let table = retrograd::data::CsvReader::new().read_from("a,b\n1,2\n".as_bytes(), "inline")?;
    /// assert_eq!(table.names(), ["a", "b"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn new() -> Self {
        CsvReader {
            header: true,
            delimiter: b',',
            missing: Vec::new(),
            columns: None,
            target: None,
            dtype: DType::F64,
        }
    }

    /// Whether the first line holds the columns' names; without, they are named `0`, `1`, ...
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().header(false);
    /// assert_eq!(reader.read_from("1,2\n3,4\n".as_bytes(), "inline")?.rows(), 2);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// The byte between two fields.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().delimiter(b';');
    /// assert_eq!(reader.read_from("a;b\n1;2\n".as_bytes(), "inline")?.names(), ["a", "b"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// The texts that stand for a missing value, `""` for an empty field. They become NaN, which
    /// [`Table::fill_missing`] and [`Table::drop_missing`] take out again.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().missing(["?", ""]);
    /// let table = reader.read_from("a,b\n1,?\n,4\n".as_bytes(), "inline")?.fill_missing(0.0);
    /// assert_eq!(table.data().to_vec::<f64>(), [1.0, 0.0, 0.0, 4.0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn missing<S: Into<String>>(mut self, texts: impl IntoIterator<Item = S>) -> Self {
        self.missing = texts.into_iter().map(Into::into).collect();
        self
    }

    /// The columns to read as data, by name or position, in the order given.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().columns(["b", "a"]);
    /// let table = reader.read_from("a,b,note\n1,2,x\n".as_bytes(), "inline")?;
    /// assert_eq!(table.data().to_vec::<f64>(), [2.0, 1.0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn columns<C: Into<Column>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// The column of labels, by name or position: any texts, not part of the data.
    ///
    /// ```
    /// let reader = retrograd::data::CsvReader::new().target("kind");
    /// let table = reader.read_from("a,kind\n1,oak\n".as_bytes(), "inline")?;
    /// assert_eq!(table.labels(), ["oak"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn target(mut self, column: impl Into<Column>) -> Self {
        self.target = Some(column.into());
        self
    }

    /// The type of the numbers, f64 by default. A number beyond the range of f32 is then an error.
    ///
    /// ```
    /// use retrograd::DType;
    /// let reader = retrograd::data::CsvReader::new().dtype(DType::F32);
    /// assert_eq!(reader.read_from("a\n0.1\n".as_bytes(), "inline")?.data(), retrograd::tensor![[0.1]]);
    /// assert!(reader.read_from("a\n1e39\n".as_bytes(), "inline").is_err());
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Data`], naming the file and where known line, column and text: the file cannot be read or has no rows, a
    /// chosen column does not exist or has another's name, a line has another number of fields than the first, or a
    /// field is no finite number. [`Error::DType`] if the numbers are not to be floats.
    ///
    /// ```
    /// let error = retrograd::data::CsvReader::new().read("no/such.csv").unwrap_err();
    /// assert!(error.to_string().starts_with("no/such.csv: "));
    /// ```
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Table> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let refuse = |problem: String, cure: &str| Error::Data {
            place: name.clone(),
            problem,
            cure: cure.into(),
        };
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => refuse(
                "there is no such file".into(),
                "Check the path; a relative one starts at the directory the program runs in.",
            ),
            _ => refuse(
                format!("cannot be opened: {error}"),
                "Check that it may be read.",
            ),
        })?;
        if file.metadata().is_ok_and(|about| about.is_dir()) {
            return Err(refuse(
                "it is a directory".into(),
                "Give the path of a file in it.",
            ));
        }
        self.read_from(file, &name)
    }

    /// Reads from anything that can be read; `name` stands for the file in errors.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// ```
    /// let error = retrograd::data::CsvReader::new().read_from("a,b\n1,2\n3,x\n".as_bytes(), "inline").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "inline, line 3, column 2 (b): \"x\" is no number. Correct it, leave the column out with `columns`, \
    ///      or name the text in `missing`."
    /// );
    /// ```
    pub fn read_from(&self, mut reader: impl Read, name: &str) -> Result<Table> {
        let refuse = |problem: &str, cure: &str| Error::Data {
            place: name.into(),
            problem: problem.into(),
            cure: cure.into(),
        };
        if !self.dtype.is_float() {
            return Err(Error::DType {
                op: "CsvReader",
                problem: format!("a table of {} cannot be read", self.dtype),
                cure: "Read it as f64, the default, or as f32.".into(),
            });
        }
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| {
            let problem = format!("cannot be read: {error}");
            refuse(
                &problem,
                "Check that it is a file, and that it may be read.",
            )
        })?;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .trim(Trim::All)
            .from_reader(bytes.as_slice());
        let mut source = Source {
            name,
            bytes: &bytes,
            record: ByteRecord::new(),
            width: None,
        };
        let mut plan = None;
        let mut table = Table::new(self.dtype);
        while source.next(&mut reader)? {
            if plan.is_none() {
                let names = self.names(&source)?;
                plan = Some(self.plan(name, names, &mut table)?);
                if self.header {
                    continue;
                }
            }
            let plan = plan.as_ref().expect("it was made at the first record");
            self.row(&source, plan, &mut table)?;
        }
        match plan {
            None => Err(refuse("it is empty", "Give a file with a header and rows.")),
            Some(_) if table.rows == 0 => Err(refuse(
                "it holds a header and no rows",
                "Give a file with rows, or read it with `header(false)` if its one line is data.",
            )),
            Some(_) => Ok(table),
        }
    }

    fn names(&self, first: &Source<'_>) -> Result<Vec<String>> {
        let count = first.record.len();
        if self.header {
            (0..count)
                .map(|at| first.text(at, None).map(str::to_owned))
                .collect()
        } else {
            Ok((0..count).map(|at| at.to_string()).collect())
        }
    }

    /// Finds the chosen columns and gives the table its names.
    fn plan(&self, file: &str, names: Vec<String>, table: &mut Table) -> Result<Plan> {
        let find = |column: &Column| column.find(&names, file);
        let target = self.target.as_ref().map(find).transpose()?;
        let data: Vec<usize> = match &self.columns {
            Some(columns) => columns.iter().map(find).collect::<Result<_>>()?,
            None => (0..names.len()).filter(|at| Some(*at) != target).collect(),
        };
        table.names = data.iter().map(|&at| names[at].clone()).collect();
        Ok(Plan {
            names,
            data,
            target,
        })
    }

    fn row(&self, source: &Source<'_>, plan: &Plan, table: &mut Table) -> Result<()> {
        for &at in &plan.data {
            let text = source.text(at, Some(&plan.names[at]))?;
            let number = self.number(text);
            table
                .values
                .push(number.map_err(|problem| plan.no_number(source, at, problem))?);
        }
        if let Some(at) = plan.target {
            let text = source.text(at, Some(&plan.names[at]))?;
            if text.is_empty() || self.missing.iter().any(|m| m == text) {
                return Err(Error::Data {
                    place: source.place(at, Some(&plan.names[at])),
                    problem: format!("{text:?} is no label"),
                    cure: "Give the row its label, or take the row out.".into(),
                });
            }
            table.labels.push(text.to_owned());
        }
        table.rows += 1;
        Ok(())
    }

    /// The number a field holds, NaN for one of the missing texts; else what is wrong with it and what to do.
    fn number(&self, text: &str) -> Result<f64, (String, &'static str)> {
        if self.missing.iter().any(|m| m == text) {
            return Ok(f64::NAN);
        }
        if text.is_empty() {
            let cure = "Fill it, or take empty fields as missing with `missing([\"\"])`.";
            return Err(("the field is empty".into(), cure));
        }
        let Ok(value) = text.parse::<f64>() else {
            let cure =
                "Correct it, leave the column out with `columns`, or name the text in `missing`.";
            return Err((format!("{text:?} is no number"), cure));
        };
        let written_out = text.contains(|c: char| c.is_ascii_digit());
        if !value.is_finite() && !written_out {
            let cure = "Correct it, or name the text in `missing`.";
            return Err((format!("{text:?} is no finite number"), cure));
        }
        if !value.is_finite() {
            return Err((
                format!("{text:?} is beyond f64"),
                "Correct it, or scale the column.",
            ));
        }
        if self.dtype == DType::F32 && !(value as f32).is_finite() {
            let cure = "Correct it, or read the table as f64, the default.";
            return Err((format!("{text:?} is beyond f32"), cure));
        }
        Ok(value)
    }
}

/// Which columns are read, and all names for errors.
struct Plan {
    names: Vec<String>,
    data: Vec<usize>,
    target: Option<usize>,
}

impl Plan {
    fn no_number(&self, source: &Source<'_>, at: usize, (problem, cure): (String, &str)) -> Error {
        Error::Data {
            place: source.place(at, Some(&self.names[at])),
            problem,
            cure: cure.into(),
        }
    }
}

/// The record at hand, and the file it comes from.
struct Source<'a> {
    name: &'a str,
    bytes: &'a [u8],
    record: ByteRecord,
    width: Option<usize>,
}

impl Source<'_> {
    /// Reads the next record, which must have as many fields as the first one.
    fn next(&mut self, reader: &mut csv::Reader<&[u8]>) -> Result<bool> {
        let refuse = |source: &Self, problem, cure: &str| Error::Data {
            place: format!("{}, line {}", source.name, source.line()),
            problem,
            cure: cure.into(),
        };
        match reader.read_byte_record(&mut self.record) {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(error) => {
                return Err(refuse(
                    self,
                    format!("cannot be read: {error}"),
                    "Check the file.",
                ));
            }
        }
        let (count, width) = (
            self.record.len(),
            *self.width.get_or_insert(self.record.len()),
        );
        if count != width {
            let problem = format!("it has {count} fields where the first line has {width}");
            return Err(refuse(
                self,
                problem,
                "Add or remove fields, or check the delimiter.",
            ));
        }
        Ok(true)
    }

    /// The record's line. The reader's own count stands before the empty lines that it passed over.
    fn line(&self) -> usize {
        let start = self
            .record
            .position()
            .map_or(0, |position| position.byte() as usize);
        let (before, rest) = self.bytes.split_at(start.min(self.bytes.len()));
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        1 + before
            .iter()
            .chain(empty)
            .filter(|byte| **byte == b'\n')
            .count()
    }

    fn text(&self, at: usize, column: Option<&str>) -> Result<&str> {
        let field = &self.record[at];
        std::str::from_utf8(field).map_err(|_| Error::Data {
            place: self.place(at, column),
            problem: format!("{:?} is not UTF-8", String::from_utf8_lossy(field)),
            cure: "Save the file as UTF-8.".into(),
        })
    }

    fn place(&self, at: usize, column: Option<&str>) -> String {
        let place = format!("{}, line {}, column {}", self.name, self.line(), at + 1);
        match column {
            Some(column) if column != at.to_string() => format!("{place} ({column})"),
            _ => place,
        }
    }
}
