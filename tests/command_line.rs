//! Bad input through the examples' command lines: one clear sentence, status 2 for usage and 1 for the rest, no panic
//! text and no file.

#[path = "common/program.rs"]
mod program;

use program::program;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

const ALL: [&str; 5] = [
    "breast_cancer_mlp",
    "wisconsin_logistic",
    "logistic_classification",
    "logistic_sgd",
    "iris_logistic",
];

fn run(name: &str, arguments: &[&str]) -> Output {
    let program = program(name).args(arguments).output();
    program.expect("the example starts")
}

/// Fails unless the program ends with `status`, prints nothing, and complains in words that hold `reason`.
#[track_caller]
fn refused(name: &str, arguments: &[&str], status: i32, reason: &str) {
    let run = run(name, arguments);
    let said = String::from_utf8_lossy(&run.stderr);
    let what = format!("{name} {arguments:?}: {said}");
    assert_eq!(run.status.code(), Some(status), "{what}");
    assert!(
        said.starts_with("error: ") && said.contains(reason),
        "{what}"
    );
    assert!(
        !said.contains("panicked") && !said.contains("RUST_BACKTRACE"),
        "{what}"
    );
    assert!(run.stdout.is_empty(), "{what}");
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder)
        .expect("the folder is there")
        .next()
        .is_none()
}

#[test]
fn an_unknown_option() {
    for name in ALL {
        refused(
            name,
            &["--momentum", "0.9"],
            2,
            "unexpected argument '--momentum'",
        );
        refused(name, &["data.csv"], 2, "unexpected argument 'data.csv'");
    }
}

#[test]
fn an_option_without_its_value() {
    for name in ALL {
        refused(name, &["--lr"], 2, "a value is required for '--lr <X>'");
    }
}

#[test]
fn an_option_given_twice() {
    for name in ALL {
        refused(
            name,
            &["--seed", "1", "--seed", "2"],
            2,
            "cannot be used multiple times",
        );
    }
}

#[test]
fn a_seed_out_of_range() {
    for name in ALL {
        for seed in [
            "-1",
            "4294967296",
            "1.5",
            "x",
            "",
            "99999999999999999999999",
        ] {
            refused(
                name,
                &["--seed", seed],
                2,
                "give a whole number from 0 to 4294967295",
            );
        }
    }
    refused(
        "iris_logistic",
        &["--split-seed", "-1"],
        2,
        "from 0 to 4294967295",
    );
}

#[test]
fn no_epochs() {
    for name in ALL {
        for epochs in ["0", "-5", "2.5", "many"] {
            refused(name, &["--epochs", epochs], 2, "give a whole number from 1");
        }
    }
}

#[test]
fn a_rate_that_is_not_positive_and_finite() {
    for name in ALL {
        for rate in ["0", "-0.1", "nan", "inf", "-inf", "1e999", "fast"] {
            refused(name, &["--lr", rate], 2, "give a positive, finite number");
        }
    }
}

#[test]
fn a_c_that_is_not_positive_and_finite() {
    for c in ["0", "-1", "NaN", "infinity"] {
        refused(
            "wisconsin_logistic",
            &["--c", c],
            2,
            "give a positive, finite number",
        );
    }
}

#[test]
fn no_hidden_units() {
    refused(
        "breast_cancer_mlp",
        &["--hidden", "0"],
        2,
        "give a whole number from 1",
    );
    refused(
        "breast_cancer_mlp",
        &["--hidden", "-3"],
        2,
        "give a whole number from 1",
    );
}

#[test]
fn more_hidden_units_than_memory() {
    for hidden in ["99999999999999", "18446744073709551615"] {
        refused(
            "breast_cancer_mlp",
            &["--hidden", hidden],
            1,
            "does not fit into memory",
        );
    }
}

#[test]
fn a_batch_size_of_none_or_of_more_than_there_are() {
    for (name, n) in [
        ("wisconsin_logistic", 699),
        ("logistic_sgd", 400),
        ("iris_logistic", 100),
    ] {
        let above = (n + 1).to_string();
        for size in ["0", "-1", "3.5", &above] {
            let reason = format!("give a whole number from 1 to {n}");
            refused(name, &["--batch-size", size], 2, &reason);
        }
    }
}

#[test]
fn a_plot_of_an_unknown_form() {
    let folder = folder("unknown_form");
    for name in ALL {
        for file in ["plot.jpg", "plot", "svg", ""] {
            let path = folder.join(file);
            let path = if file.is_empty() {
                ""
            } else {
                path.to_str().unwrap()
            };
            refused(name, &["--plot", path], 2, "ends in .svg or .png");
        }
    }
    assert!(is_empty(&folder));
}

#[test]
fn a_plot_in_a_folder_that_is_not_there() {
    let folder = folder("no_such_folder");
    for name in ALL {
        let path = folder.join("none/plot.svg");
        refused(
            name,
            &["--plot", path.to_str().unwrap()],
            1,
            "plot.svg cannot be written",
        );
    }
    assert!(is_empty(&folder));
}

#[test]
fn a_plot_that_is_a_folder_or_lies_under_a_file() {
    let folder = folder("folder_for_a_file");
    fs::create_dir(folder.join("plot.png")).unwrap();
    fs::write(folder.join("file"), "text").unwrap();
    for name in ALL {
        for path in ["plot.png", "file/plot.png"] {
            let path = folder.join(path);
            refused(
                name,
                &["--plot", path.to_str().unwrap()],
                1,
                "plot.png cannot be written",
            );
        }
    }
    assert!(is_empty(&folder.join("plot.png")));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn a_plot_that_may_not_be_written_over() {
    let folder = folder("read_only");
    let path = folder.join("plot.svg");
    fs::write(&path, "mine").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    refused(
        "logistic_sgd",
        &["--plot", path.to_str().unwrap()],
        1,
        "plot.svg cannot be written",
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn a_plot_is_written_whole_in_either_form() {
    let folder = folder("either_form");
    let short = |name, path: &Path| {
        let path = path.to_str().unwrap();
        run(name, &["--epochs", "3", "--plot", path])
    };
    for name in ALL {
        let (svg, png) = (
            folder.join(format!("{name}.svg")),
            folder.join(format!("{name}.PNG")),
        );
        let plain = run(name, &["--epochs", "3"]);
        for path in [&svg, &png] {
            let plotted = short(name, path);
            assert!(plotted.status.success() && plotted.stderr.is_empty());
            assert_eq!(
                plotted.stdout, plain.stdout,
                "--plot changes no printed line"
            );
        }
        let text = fs::read_to_string(&svg).unwrap();
        assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
        assert!(text.contains("epoch"), "the axes have names");
        assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG\r\n"));
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2 * ALL.len());
}

#[test]
fn a_reader_who_goes_away() {
    for name in ALL {
        let mut program = program(name);
        program
            .args(["--epochs", "1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = program.spawn().expect("the example starts");
        let mut line = String::new();
        let mut output = BufReader::with_capacity(1, child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        drop(output);
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert!(child.wait().unwrap().success(), "{name}");
        assert!(!line.is_empty() && said.is_empty(), "{name}: {said}");
    }
}

#[test]
fn help_names_every_option() {
    let options = [
        "--seed --epochs --lr --hidden --plot",
        "--seed --epochs --lr --batch-size --c --plot",
        "--seed --epochs --lr --plot",
        "--seed --epochs --lr --batch-size --plot",
        "--seed --split-seed --epochs --lr --batch-size --plot",
    ];
    for (name, options) in ALL.iter().zip(options) {
        let help = run(name, &["--help"]);
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(help.status.success());
        for option in options.split(' ') {
            assert!(text.contains(option), "{name} {option}");
        }
    }
}

#[test]
fn the_same_rate_written_otherwise() {
    let print = |rate| run("logistic_sgd", &["--epochs", "2", "--lr", rate]).stdout;
    assert_eq!(print("3e-4"), print("0.0003"));
    assert_ne!(print("3e-4"), print("0.0004"));
}
