//! A module's state by name, out and in.

use super::module::Part;
use crate::{Error, Result, Tensor};

/// Tensors by name, in order: what `state_dict()` gives and `load_state_dict` takes.
///
/// ```
/// use retrograd::nn::StateDict;
/// use retrograd::zeros;
/// let mut state: StateDict = [("weight".to_owned(), zeros([3, 4]))].into_iter().collect();
/// state.insert("bias", zeros([3]));
/// assert_eq!(state.names(), ["weight", "bias"]);
/// assert_eq!(state.get("bias").unwrap().shape(), [3]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct StateDict(Vec<(String, Tensor)>);

impl StateDict {
    /// An empty state.
    ///
    /// ```
    /// assert!(retrograd::nn::StateDict::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The tensor of that name.
    ///
    /// ```
    /// let mut state = retrograd::nn::StateDict::new();
    /// state.insert("scale", retrograd::ones([2]));
    /// assert!(state.get("scale").is_some() && state.get("shift").is_none());
    /// ```
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0
            .iter()
            .find_map(|(n, tensor)| (n == name).then_some(tensor))
    }

    /// Sets the tensor of a name; a new name stands last. Returns the one before.
    ///
    /// ```
    /// let mut state = retrograd::nn::StateDict::new();
    /// state.insert("scale", retrograd::ones([2]));
    /// assert!(state.insert("scale", retrograd::zeros([2])).is_some());
    /// ```
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Option<Tensor> {
        let name = name.into();
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => Some(std::mem::replace(old, tensor)),
            None => {
                self.0.push((name, tensor));
                None
            }
        }
    }

    /// Takes the tensor of that name out.
    ///
    /// ```
    /// let mut state = retrograd::nn::StateDict::new();
    /// state.insert("scale", retrograd::ones([2]));
    /// assert!(state.remove("scale").is_some() && state.is_empty());
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<Tensor> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// The names, in order.
    ///
    /// ```
    /// let mut state = retrograd::nn::StateDict::new();
    /// state.insert("scale", retrograd::ones([2]));
    /// assert_eq!(state.names(), ["scale"]);
    /// ```
    pub fn names(&self) -> Vec<&str> {
        self.iter().map(|(name, _)| name).collect()
    }

    /// The names and tensors, in order.
    ///
    /// ```
    /// let mut state = retrograd::nn::StateDict::new();
    /// state.insert("scale", retrograd::ones([2]));
    /// for (name, tensor) in state.iter() {
    ///     println!("{name}: {:?}", tensor.shape());
    /// }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The number of tensors.
    ///
    /// ```
    /// let mut state = retrograd::nn::StateDict::new();
    /// state.insert("scale", retrograd::ones([2]));
    /// assert_eq!(state.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no tensor.
    ///
    /// ```
    /// let mut state = retrograd::nn::StateDict::new();
    /// state.insert("scale", retrograd::ones([2]));
    /// assert!(!state.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Tensor)> for StateDict {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        StateDict(tensors.into_iter().collect())
    }
}

impl IntoIterator for StateDict {
    type Item = (String, Tensor);
    type IntoIter = std::vec::IntoIter<(String, Tensor)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The names that only one side knew when a state was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// Names of the module that the state lacks.
    pub missing: Vec<String>,
    /// Names of the state that the module lacks.
    pub unexpected: Vec<String>,
}

/// Copies `state` into `parts` if it fits: its shapes, and where `strict` its names too.
pub(super) fn load(
    module: &str,
    parts: Vec<(String, Part<'_>)>,
    state: &StateDict,
    strict: bool,
) -> Result<LoadReport> {
    let mut report = LoadReport::default();
    let mut mismatched = Vec::new();
    let mut pairs = Vec::new();
    for (name, part) in &parts {
        let (target, Some(source)) = (part.tensor(), state.get(name)) else {
            report.missing.push(name.clone());
            continue;
        };
        if target.shape() != source.shape() {
            let (source, target) = (source.shape(), target.shape());
            mismatched.push(format!(
                "{name} has shape {source:?}, the module's has {target:?}"
            ));
        }
        pairs.push((target, source));
    }
    let known = |name: &str| parts.iter().any(|(n, _)| n == name);
    report.unexpected = state
        .names()
        .into_iter()
        .filter(|n| !known(n))
        .map(str::to_owned)
        .collect();
    let names_fit = report.missing.is_empty() && report.unexpected.is_empty();
    if !mismatched.is_empty() || (strict && !names_fit) {
        return Err(Error::StateDict {
            module: module.to_owned(),
            missing: report.missing,
            unexpected: report.unexpected,
            mismatched,
        });
    }
    crate::no_grad(|| {
        pairs
            .into_iter()
            .try_for_each(|(target, source)| target.try_copy_(source))
    })?;
    Ok(report)
}
