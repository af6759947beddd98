//! Labels, features and settings of learners and metrics.

use super::says;
use retrograd::linear_model::LogisticRegression;
use retrograd::metrics::{self, Average};
use retrograd::preprocessing::{
    KFold, LabelEncoder, MinMaxScaler, SimpleImputer, StandardScaler, Strategy, StratifiedKFold,
    normalize, one_hot, train_test_split,
};
use retrograd::{Tensor, loss::CrossEntropy, tensor, zeros};

fn x() -> Tensor {
    tensor![[0.0, 1.0], [1.0, 1.0], [2.0, 0.0], [3.0, 1.0]]
}

fn y() -> Tensor {
    tensor![0, 0, 1, 1]
}

#[test]
fn one_class_cannot_be_learned() {
    says(
        LogisticRegression::fit(&x(), &tensor![3, 3, 3, 3]),
        "LogisticRegression: y = 3 in all 4 rows: there is only one class. Give rows of at least two classes.",
    );
}

#[test]
fn one_class_cannot_be_ranked() {
    let scores = tensor![0.1, 0.2, 0.3, 0.4];
    says(
        metrics::roc_auc_score(&tensor![1, 1, 1, 1], &scores),
        "roc_auc_score: y_true = 4 rows of the class and 0 others: there is nothing to tell apart. Give rows of both.",
    );
    says(
        metrics::roc_curve(&tensor![0, 0, 0, 0], &scores),
        "roc_curve: y_true = 0 rows of the class and 4 others: there is nothing to tell apart. Give rows of both.",
    );
    assert!(metrics::average_precision_score(&tensor![0, 0, 0, 0], &scores).is_err());
}

#[test]
fn labels_in_a_column() {
    let column = y().unsqueeze(1);
    let shape = "has shape [4, 1], not [rows]. Take its one column, with `.squeeze_dim(1)`.";
    says(
        LogisticRegression::fit(&x(), &column),
        &format!("LogisticRegression: y {shape}"),
    );
    says(
        metrics::accuracy_score(&column, &y()),
        &format!("accuracy_score: y_true {shape}"),
    );
    says(
        metrics::accuracy_score(&y(), &column),
        &format!("accuracy_score: y_pred {shape}"),
    );
    says(one_hot(&column, 2), &format!("one_hot: labels {shape}"));
    says(
        train_test_split().stratify(&column),
        &format!("train_test_split: stratify {shape}"),
    );
}

#[test]
fn labels_that_are_not_whole() {
    let labels = tensor![0.0, 0.5, 1.0, 1.0];
    says(
        LogisticRegression::fit(&x(), &labels),
        "LogisticRegression: y = 0.5 at row 1: a label is a whole number. Make classes of it first, for example with \
         `.gt(0.5)` or `.argmax_dim(1)`.",
    );
    says(
        metrics::f1_score(&y(), &tensor![0.0, f64::NAN, 1.0, 1.0], Average::Binary),
        "f1_score: y_pred = NaN at row 1: a label is a whole number. Make classes of it first, for example with \
         `.gt(0.5)` or `.argmax_dim(1)`.",
    );
    assert_eq!(
        metrics::accuracy_score(&tensor![0.0, 0.0, 1.0, 1.0], &y()).unwrap(),
        1.0
    );
}

#[test]
fn labels_out_of_range() {
    says(
        one_hot(&tensor![0, 3], 3),
        "one_hot: labels = 3 at position 1: there are 3 classes. Give labels from 0 to 2, or encode them with \
         `LabelEncoder` first.",
    );
    assert!(one_hot(&tensor![0, -1], None).is_err());
    let error = CrossEntropy::new()
        .try_forward(&zeros([2, 3]), &tensor![0, 3])
        .unwrap_err();
    assert!(error.to_string().contains('3'), "{error}");
    says(
        metrics::log_loss(&tensor![0, 2, 4], &tensor![0.5, 0.5, 0.5]),
        "log_loss: y_true = 2 at row 1: the predictions are of 2 classes and the labels of 3. Give labels from 0 to 1.",
    );
}

#[test]
fn labels_that_were_never_seen() {
    let encoder = LabelEncoder::fit(["oak", "elm"]).unwrap();
    says(
        encoder.transform(["ash"]),
        "LabelEncoder::transform: labels = \"ash\" at position 0: it was not fitted. Fit the encoder with all labels \
         that occur: [\"elm\", \"oak\"] were.",
    );
    says(
        encoder.inverse_transform(&tensor![2]),
        "LabelEncoder::inverse_transform: positions = 2 at position 0: there are 2 classes. Give labels from 0 to 1, or \
         encode them with `LabelEncoder` first.",
    );
}

#[test]
fn labels_of_more_than_two_classes_for_a_binary_figure() {
    says(
        metrics::precision_score(&tensor![0, 1, 2], &tensor![0, 1, 1], Average::Binary),
        "precision_score: average = Binary: the labels are [0, 1, 2], not 0 and 1. Use `Average::Macro`, `Micro` or \
         `Weighted`, or give `y.eq(class)` for the class you mean.",
    );
}

#[test]
fn rows_without_a_partner() {
    says(
        LogisticRegression::fit(&x(), &tensor![0, 1]),
        "LogisticRegression: x has 4 rows and y has 2. Give one of each for every example.",
    );
    says(
        metrics::accuracy_score(&y(), &tensor![0]),
        "accuracy_score: y_true has 4 rows and y_pred has 1. Give one of each for every example.",
    );
    let none: Tensor = Vec::<i64>::new().into_iter().collect();
    says(
        metrics::accuracy_score(&none, &none),
        "accuracy_score: y_true and y_pred have no rows. Give at least one example.",
    );
}

#[test]
fn features_that_are_not_finite() {
    let mut cells: Vec<f64> = x().double().to_vec();
    for (value, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        cells[3] = value;
        let x = Tensor::from_vec(cells.clone(), [4, 2]);
        says(
            LogisticRegression::fit(&x, &y()),
            &format!(
                "LogisticRegression: x = {text} at row 1, column 1: it is not a finite number. Fill missing values \
                 (`preprocessing::SimpleImputer`), or leave the row out."
            ),
        );
        assert!(normalize(&x, retrograd::preprocessing::Norm::L2).is_err());
    }
    let huge = Tensor::from_vec(vec![1e200, 0.0, -1e200, 1.0], [4, 1]);
    says(
        LogisticRegression::fit(&huge, &y()),
        "LogisticRegression: x = column 0: the squares of its numbers are beyond f64. Divide the column by a power of \
         ten, or standardise it.",
    );
}

#[test]
fn features_in_another_shape() {
    says(
        LogisticRegression::fit(&tensor![1.0, 2.0], &tensor![0, 1]),
        "LogisticRegression: x has shape [2], not [rows, columns]. Make it a matrix: `.unsqueeze(1)` for one feature, \
         `.unsqueeze(0)` for one row.",
    );
    let model = LogisticRegression::fit(&x(), &y()).unwrap();
    says(
        model.predict(&zeros([1, 3])),
        "LogisticRegression::predict: x has 3 columns, and 2 were fitted. Give the columns that were fitted.",
    );
    says(
        StandardScaler::fit(&x()).unwrap().transform(&zeros([1, 3])),
        "StandardScaler::transform: x has 3 columns, and 2 were fitted. Transform the columns that were fitted.",
    );
    says(
        MinMaxScaler::fit(&zeros([0, 2])),
        "MinMaxScaler::fit: x has shape [0, 2], not [rows, columns]. Give at least one row.",
    );
}

#[test]
fn columns_that_say_nothing() {
    let x = tensor![[1.0, f64::NAN], [2.0, f64::NAN]];
    says(
        SimpleImputer::fit(&x, Strategy::Mean),
        "SimpleImputer::fit: x = column 1: all its numbers are missing. Leave the column out.",
    );
    says(
        StandardScaler::fit(&tensor![[1.0], [f64::INFINITY]]),
        "StandardScaler::fit: x = inf at row 1, column 0: it is not a finite number. Correct it, or make it NaN if it \
         is missing.",
    );
}

#[test]
fn settings_out_of_range() {
    let refused = |options: retrograd::linear_model::LogisticOptions, text: &str| {
        says(
            options.fit(&x(), &y()),
            &format!("LogisticRegression: {text}"),
        );
    };
    let positive = "it is not positive and finite. Give a number above 0.";
    refused(
        LogisticRegression::options().c(0.0),
        &format!("c = 0: {positive}"),
    );
    refused(
        LogisticRegression::options().c(f64::INFINITY),
        &format!("c = inf: {positive}"),
    );
    refused(
        LogisticRegression::options().tol(f64::NAN),
        &format!("tol = NaN: {positive}"),
    );
    refused(
        LogisticRegression::options().max_iter(0),
        "max_iter = 0: a fit takes at least one iteration. Give a number from 1 up.",
    );
    says(
        MinMaxScaler::options().feature_range(1.0, 1.0).fit(&x()),
        "MinMaxScaler::fit: feature_range = (1, 1): it does not rise from one finite number to another. Give the lower \
         bound first, such as (0.0, 1.0).",
    );
}

#[test]
fn splits_that_leave_nothing() {
    says(
        train_test_split().test_size(1.5).positions(10),
        "train_test_split: test_size = 1.5: of 10 rows, this leaves training or test data without any. Give a share \
         between 0 and 1, or a number of rows from 1 to 9.",
    );
    says(
        train_test_split().test_size(6).train_size(5).positions(10),
        "train_test_split: test_size = 6: with 5 rows for training, it does not fit 10 rows. Give smaller sizes, or \
         more rows.",
    );
    assert!(
        train_test_split()
            .split((zeros([4, 2]), zeros([3])))
            .is_err()
    );
    let lone = train_test_split()
        .stratify(&tensor![0, 0, 1])
        .unwrap()
        .positions(3);
    assert!(
        lone.unwrap_err()
            .to_string()
            .contains("a class with one row")
    );
}

#[test]
fn folds_that_do_not_come_out() {
    says(
        KFold::new(1).split(10),
        "KFold: n_splits = 1: data are cut into at least two folds. Give a number from 2 up, at most as many as there \
         are rows.",
    );
    says(
        KFold::new(5).split(4),
        "KFold: n_splits = 5: there are 4 rows, fewer than folds. Give a number from 2 up, at most as many as there \
         are rows.",
    );
    assert!(StratifiedKFold::new(3).split(&tensor![0, 0, 1]).is_err());
}

#[test]
fn probabilities_that_are_none() {
    says(
        metrics::log_loss(&tensor![0, 1], &tensor![0.5, 1.5]),
        "log_loss: probabilities = 1.5 at row 1: a probability lies from 0 to 1. Apply `sigmoid()` or `softmax(1)` to \
         logits first.",
    );
    says(
        metrics::log_loss(&tensor![0, 1], &tensor![[0.5, 0.5], [0.25, 0.5]]),
        "log_loss: probabilities = [0.25, 0.5] at row 1: they do not add up to 1. Apply `softmax(1)` to the logits, or \
         divide each row by its sum.",
    );
    says(
        metrics::roc_auc_score(&tensor![0, 1], &tensor![0.5, f64::NAN]),
        "roc_auc_score: scores = NaN at row 1: it is not a finite number. Look for what made the model's output so.",
    );
}
