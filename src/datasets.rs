//! Four small data sets, part of the library: no path, no download.
//!
//! ```
//! let iris = retrograd::datasets::iris();
//! assert_eq!(iris.data.shape(), [150, 4]);
//! assert_eq!(iris.target_names, ["setosa", "versicolor", "virginica"]);
//! ```

use crate::Tensor;

/// A data set: the numbers, the classes, and what they are called. The name is scikit-learn's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Bunch {
    /// The features, f64, `[examples, features]`. A missing value is NaN.
    pub data: Tensor,
    /// The class of each example, i64, `[examples]`: a position in `target_names`.
    pub target: Tensor,
    /// The names of the columns of `data`.
    pub feature_names: Vec<&'static str>,
    /// The names of the classes.
    pub target_names: Vec<&'static str>,
}

/// Breast Cancer Wisconsin (Diagnostic), as in scikit-learn: 569 examples, 30 features of cell nuclei,
/// classes malignant (0) and benign (1).
///
/// UCI Machine Learning Repository, CC BY 4.0.
///
/// ```
/// let set = retrograd::datasets::breast_cancer();
/// assert_eq!((set.data.shape(), set.target.shape()), (&[569, 30][..], &[569][..]));
/// assert_eq!(set.feature_names[0], "mean_radius");
/// ```
pub fn breast_cancer() -> Bunch {
    const TEXT: &str = include_str!("../datasets/breast_cancer.csv");
    with_header(TEXT, &["malignant", "benign"])
}

/// Fisher's iris flowers, as in scikit-learn: 150 examples, 4 lengths in cm, 3 species.
///
/// R. A. Fisher 1936; UCI's copy differs in two rows. CC BY 4.0.
///
/// ```
/// let set = retrograd::datasets::iris();
/// assert_eq!(set.feature_names, ["sepal_length", "sepal_width", "petal_length", "petal_width"]);
/// ```
pub fn iris() -> Bunch {
    const TEXT: &str = include_str!("../datasets/iris.csv");
    with_header(TEXT, &["setosa", "versicolor", "virginica"])
}

/// Breast Cancer Wisconsin (Original): 699 examples, 9 features from 1 to 10, classes benign (0) and malignant (1).
///
/// In 16 examples `bare_nuclei` is missing, which stands as NaN. UCI Machine Learning Repository, CC BY 4.0.
///
/// ```
/// let set = retrograd::datasets::wisconsin();
/// let missing = set.data.to_vec::<f64>().iter().filter(|x| x.is_nan()).count();
/// assert_eq!((set.data.shape(), missing), (&[699, 9][..], 16));
/// ```
pub fn wisconsin() -> Bunch {
    const TEXT: &str = include_str!("../datasets/breast-cancer-wisconsin.data");
    let feature_names = vec![
        "clump_thickness",
        "uniformity_of_cell_size",
        "uniformity_of_cell_shape",
        "marginal_adhesion",
        "single_epithelial_cell_size",
        "bare_nuclei",
        "bland_chromatin",
        "normal_nucleoli",
        "mitoses",
    ];
    // The first field is the sample's number, the last one 2 (benign) or 4 (malignant).
    let rows = TEXT
        .lines()
        .map(|line| line.split_once(',').expect("a number and fields").1);
    parse(rows, feature_names, &["benign", "malignant"], |class| {
        class / 2 - 1
    })
}

/// Pima Indians Diabetes: 759 examples, 8 features scaled to -1 to 1, classes positive (0) and negative (1).
///
/// Each column is scaled by its range, its minimum is written as 0, and nine of the original 768 examples are left
/// out, as in the file that many PyTorch courses use.
///
/// ```
/// let set = retrograd::datasets::diabetes();
/// assert_eq!(set.data.shape(), [759, 8]);
/// ```
pub fn diabetes() -> Bunch {
    const TEXT: &str = include_str!("../datasets/data-03-diabetes.csv");
    let feature_names = vec![
        "pregnancies",
        "glucose",
        "blood_pressure",
        "skin_thickness",
        "insulin",
        "bmi",
        "pedigree",
        "age",
    ];
    parse(
        TEXT.lines(),
        feature_names,
        &["positive", "negative"],
        |class| class,
    )
}

fn with_header(text: &'static str, target_names: &[&'static str]) -> Bunch {
    let (header, rows) = text.split_once('\n').expect("a header");
    let mut names: Vec<_> = header.trim().split(',').collect();
    names.pop();
    parse(rows.lines(), names, target_names, |class| class)
}

/// Reads rows of features with the class last.
fn parse<'a>(
    rows: impl Iterator<Item = &'a str>,
    feature_names: Vec<&'static str>,
    target_names: &[&'static str],
    class: impl Fn(i64) -> i64,
) -> Bunch {
    let (mut data, mut target) = (Vec::new(), Vec::new());
    for row in rows {
        let (features, label) = row.rsplit_once(',').expect("features and a class");
        data.extend(features.split(',').map(|text| match text {
            "?" => f64::NAN,
            number => number.parse().expect("a number"),
        }));
        target.push(class(label.trim().parse().expect("a class")));
    }
    Bunch {
        data: Tensor::from_vec(data, [target.len(), feature_names.len()]),
        target: Tensor::from(target),
        feature_names,
        target_names: target_names.to_vec(),
    }
}
