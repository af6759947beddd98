//! Tables from files.

use super::says;
use retrograd::DType;
use retrograd::data::{CsvReader, Table};
use retrograd::{Error, Result};
use std::io::{self, Read};
use std::path::PathBuf;

fn read(text: &str) -> Result<Table> {
    CsvReader::new().read_from(text.as_bytes(), "trees.csv")
}

/// A file of the test's own.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("retrograd-bad-data-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_missing_file() {
    says(
        CsvReader::new().read("no/such.csv"),
        "no/such.csv: there is no such file. Check the path; a relative one starts at the directory the program runs \
         in.",
    );
}

#[test]
fn a_directory_for_a_file() {
    says(
        CsvReader::new().read("src"),
        "src: it is a directory. Give the path of a file in it.",
    );
}

#[test]
fn an_empty_file() {
    let path = file("empty.csv", "");
    says(
        CsvReader::new().read(&path),
        &format!(
            "{}: it is empty. Give a file with a header and rows.",
            path.display()
        ),
    );
    says(
        CsvReader::new()
            .header(false)
            .read_from("\n\n".as_bytes(), "blank.csv"),
        "blank.csv: it is empty. Give a file with a header and rows.",
    );
}

#[test]
fn a_header_and_nothing_more() {
    says(
        read("height,width\n"),
        "trees.csv: it holds a header and no rows. Give a file with rows, or read it with `header(false)` if its one \
         line is data.",
    );
}

#[test]
fn a_ragged_row() {
    says(
        read("a,b\n1,2\n\n3\n"),
        "trees.csv, line 4: it has 1 fields where the first line has 2. Add or remove fields, or check the delimiter.",
    );
    says(
        read("a,b\n1,2\n3,4,5\n"),
        "trees.csv, line 3: it has 3 fields where the first line has 2. Add or remove fields, or check the delimiter.",
    );
}

#[test]
fn text_where_a_number_belongs() {
    says(
        read("height,kind\n1,2\n3,oak\n"),
        "trees.csv, line 3, column 2 (kind): \"oak\" is no number. Correct it, leave the column out with `columns`, or \
         name the text in `missing`.",
    );
}

#[test]
fn a_field_that_is_empty() {
    says(
        read("a,b\n1,\n"),
        "trees.csv, line 2, column 2 (b): the field is empty. Fill it, or take empty fields as missing with \
         `missing([\"\"])`.",
    );
}

#[test]
fn what_is_not_a_number() {
    for text in ["nan", "NaN"] {
        says(
            read(&format!("a,b\n1,{text}\n")),
            &format!(
                "trees.csv, line 2, column 2 (b): \"{text}\" is no finite number. Correct it, or name the text in \
                 `missing`."
            ),
        );
    }
}

#[test]
fn an_infinity() {
    for text in ["inf", "-Infinity"] {
        says(
            read(&format!("a,b\n{text},1\n")),
            &format!(
                "trees.csv, line 2, column 1 (a): \"{text}\" is no finite number. Correct it, or name the text in \
                 `missing`."
            ),
        );
    }
}

#[test]
fn a_number_beyond_its_type() {
    let text = "a\n1e39\n";
    assert_eq!(read(text).unwrap().data().item::<f64>(), 1e39);
    says(
        CsvReader::new()
            .dtype(DType::F32)
            .read_from(text.as_bytes(), "trees.csv"),
        "trees.csv, line 2, column 1 (a): \"1e39\" is beyond f32. Correct it, or read the table as f64, the default.",
    );
    says(
        read("a\n-1e400\n"),
        "trees.csv, line 2, column 1 (a): \"-1e400\" is beyond f64. Correct it, or scale the column.",
    );
}

#[test]
fn a_table_of_integers() {
    says(
        CsvReader::new()
            .dtype(DType::I64)
            .read_from("a\n1\n".as_bytes(), "trees.csv"),
        "CsvReader: a table of i64 cannot be read. Read it as f64, the default, or as f32.",
    );
}

#[test]
fn a_column_that_is_not_there() {
    says(
        CsvReader::new()
            .columns(["height"])
            .read_from("a,b\n1,2\n".as_bytes(), "trees.csv"),
        "trees.csv: it has no column named \"height\". Choose from its 2 columns: a, b.",
    );
    says(
        CsvReader::new()
            .target(2)
            .read_from("a,b\n1,2\n".as_bytes(), "trees.csv"),
        "trees.csv: it has no column at position 2. Choose from its 2 columns: a, b.",
    );
}

#[test]
fn two_columns_of_one_name() {
    says(
        CsvReader::new()
            .columns(["a"])
            .read_from("a,b,a\n1,2,3\n".as_bytes(), "trees.csv"),
        "trees.csv: columns 1 and 3 are both named \"a\". Rename one, or choose by position from 0: 0 or 2.",
    );
}

#[test]
fn a_row_without_a_label() {
    says(
        CsvReader::new()
            .target("kind")
            .missing(["?"])
            .read_from("a,kind\n1,oak\n2,?\n".as_bytes(), "trees.csv"),
        "trees.csv, line 3, column 2 (kind): \"?\" is no label. Give the row its label, or take the row out.",
    );
}

#[test]
fn labels_that_were_not_read() {
    says(
        read("a\n1\n").unwrap().target(),
        "target: the table was read without a target. Choose the column of labels with `CsvReader::target`.",
    );
}

#[test]
fn a_file_in_another_encoding() {
    says(
        CsvReader::new().read_from(&b"a\n\xe4\n"[..], "trees.csv"),
        "trees.csv, line 2, column 1 (a): \"\u{fffd}\" is not UTF-8. Save the file as UTF-8.",
    );
}

#[test]
fn a_file_that_stops_being_readable() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    says(
        CsvReader::new().read_from(Broken, "trees.csv"),
        "trees.csv: cannot be read: the disk is gone. Check that it is a file, and that it may be read.",
    );
}

#[test]
fn errors_say_where_they_come_from_in_fields_too() {
    let error = read("a\nx\n").unwrap_err();
    assert!(
        matches!(&error, Error::Data { place, .. } if place == "trees.csv, line 2, column 1 (a)"),
        "{error:?}"
    );
}
