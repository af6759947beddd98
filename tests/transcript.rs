//! The example programs print what the notebooks printed, by the rules of `check_transcript.py`: every line of a golden
//! file occurs in the output, in order, and other lines may stand between.

#[path = "common/mod.rs"]
mod common;
#[path = "common/program.rs"]
mod program;

use program::program;

/// A line without white space and `grad_fn`, its numbers replaced by a mark, and the numbers.
fn split(line: &str) -> (String, Vec<String>) {
    let mut line: Vec<char> = line.chars().collect();
    remove_grad_fn(&mut line);
    line.retain(|c| !c.is_whitespace());
    let (mut words, mut numbers, mut at) = (String::new(), Vec::new(), 0);
    while at < line.len() {
        match number_length(&line[at..]) {
            0 => {
                words.push(line[at]);
                at += 1;
            }
            length => {
                words.push('\0');
                numbers.push(line[at..at + length].iter().collect());
                at += length;
            }
        }
    }
    (words, numbers)
}

/// Takes out `, grad_fn=<..>`.
fn remove_grad_fn(line: &mut Vec<char>) {
    let text: String = line.iter().collect();
    let Some((before, after)) = text.split_once("grad_fn=<") else {
        return;
    };
    let before = before.trim_end().trim_end_matches(',');
    let after = after.split_once('>').map_or("", |(_, after)| after);
    *line = format!("{before}{after}").chars().collect();
}

/// The length of the number that the text begins with: a sign, digits with a point or without, an exponent.
fn number_length(text: &[char]) -> usize {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|c| c.is_ascii_digit()).count()
    };
    let is = |at: usize, any: &str| text.get(at).is_some_and(|c| any.contains(*c));
    let sign = usize::from(is(0, "+-"));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut places = 0;
    if is(end, ".") {
        places = digits(end + 1);
        end += 1 + places;
    }
    if whole + places == 0 {
        return 0;
    }
    if is(end, "e") {
        let sign = usize::from(is(end + 1, "+-"));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

/// Whole numbers agree exactly, others to one unit of the last printed place, to what float32 holds, or to the file's
/// tolerance.
fn same_number(expected: &str, actual: &str, tolerance: f64) -> bool {
    let (e, a): (f64, f64) = (expected.parse().unwrap(), actual.parse().unwrap());
    if expected
        .trim_start_matches(['+', '-'])
        .chars()
        .all(|c| c.is_ascii_digit())
    {
        return e == a;
    }
    let places = expected
        .split_once('.')
        .map_or(0, |(_, places)| places.len());
    let unit = match expected.contains('e') {
        true => 0.0,
        false => 0.1_f64.powi(places as i32),
    };
    (e - a).abs() <= (1.01 * unit).max(2e-6 * e.abs()).max(tolerance)
}

fn same(expected: &str, actual: &str, tolerance: f64) -> bool {
    let ((words, numbers), (other_words, others)) = (split(expected), split(actual));
    words == other_words
        && numbers.len() == others.len()
        && numbers
            .iter()
            .zip(&others)
            .all(|(e, a)| same_number(e, a, tolerance))
}

/// The lines of a golden file with the tolerance of each.
fn wanted(file: &str) -> Vec<(&str, f64)> {
    let (mut tolerance, mut lines) = (0.0, Vec::new());
    for line in file.lines().map(str::trim) {
        if line.starts_with('#') {
            let stated = line.strip_prefix("#~").map(|x| x.trim().parse());
            tolerance = stated.map_or(0.0, |x| x.expect("a tolerance is a number"));
        } else if !line.is_empty() {
            lines.push((line, tolerance));
        }
    }
    lines
}

fn prints_the_notebooks_figures(name: &str) {
    let path = common::golden_folder().join(format!("notebooks/{name}.txt"));
    let Ok(expected) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is missing", path.display());
        return;
    };
    let run = program(name).output().expect("the example starts");
    let complaint = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{complaint}");
    assert!(
        complaint.is_empty(),
        "in a pipe there is no progress bar: {complaint:?}"
    );
    let printed = String::from_utf8(run.stdout).expect("text");
    let mut lines = printed.lines();
    let wanted = wanted(&expected);
    assert!(!wanted.is_empty());
    for (line, tolerance) in wanted {
        assert!(
            lines.any(|actual| same(line, actual, tolerance)),
            "{name}: no line like {line:?} where it is due"
        );
    }
}

macro_rules! notebooks {
    ($($name:ident),*) => { $(
        #[test]
        fn $name() {
            prints_the_notebooks_figures(stringify!($name));
        }
    )* };
}
notebooks!(
    breast_cancer_mlp,
    wisconsin_logistic,
    logistic_classification,
    logistic_sgd,
    iris_logistic
);

#[test]
fn a_line_that_differs_is_found() {
    let line = "[1000/10000] loss: 0.13 score: 0.9451";
    assert!(same(line, "[1000/10000]  loss: 0.14 score: 0.9451", 0.0));
    assert!(!same(line, "[1000/10000] loss: 0.15 score: 0.9451", 0.0));
    assert!(same(line, "[1000/10000] loss: 0.15 score: 0.9451", 0.02));
    assert!(!same(line, "[2000/10000] loss: 0.13 score: 0.9451", 0.0));
    assert!(!same("Train Accuracy: 0.98", "Test Accuracy: 0.98", 0.0));
    assert!(same(
        "tensor(0.69)",
        "tensor(0.69, grad_fn=<MeanBackward0>)",
        0.0
    ));
    assert!(!same("tensor(-0.69)", "tensor(0.69)", 0.0));
    assert!(same("1.5e-05", "1.500001e-05", 0.0) && !same("1.5e-05", "1.5e-04", 0.0));
    assert_eq!(
        wanted("# a\n1\n#~ 0.5\n2\n# b\n3\n"),
        [("1", 0.0), ("2", 0.5), ("3", 0.0)]
    );
}
