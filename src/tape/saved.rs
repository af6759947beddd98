//! Values that an operation keeps for its backward, and the check that nobody changed them since.

use super::cx::Cx;
use crate::error::{Error, Result};
use crate::shape::Dims;
use crate::tensor::storage::Storage;
use crate::tensor::{Arg, Inner, Number};
use crate::{Operand, Tensor};
use std::borrow::Cow;
use std::sync::Arc;

/// A tensor kept for backward, with the version of its storage.
pub(crate) enum Saved {
    Input {
        tensor: Tensor,
        version: u32,
    },
    /// The operation's own output, kept without its node, which would be a cycle.
    Output {
        storage: Arc<Storage>,
        version: u32,
    },
}

impl Saved {
    #[inline]
    pub(crate) fn input(tensor: &Tensor) -> Saved {
        Saved::Input {
            tensor: tensor.clone(),
            version: tensor.0.hold.version(),
        }
    }

    /// The output that is being recorded; it must be a tensor of its own storage.
    #[inline]
    pub(crate) fn output(out: &mut Inner) -> Saved {
        let storage = out.hold.shared().clone();
        let version = storage.version();
        Saved::Output { storage, version }
    }

    /// The values, at no place on the tape where they are the operation's output.
    pub(super) fn tensor(&self) -> Tensor {
        match self {
            Saved::Input { tensor, .. } => tensor.clone(),
            Saved::Output { storage, .. } => {
                let buffer = storage.snapshot();
                Inner::new(Dims::from_slice(&[buffer.len()]), buffer).untracked()
            }
        }
    }

    /// The version of the storage now, and as it was saved.
    #[inline]
    fn versions(&self) -> (u32, u32) {
        match self {
            Saved::Input { tensor, version } => (tensor.0.hold.version(), *version),
            Saved::Output { storage, version } => (storage.version(), *version),
        }
    }

    fn storage(&self) -> &Storage {
        match self {
            Saved::Input { tensor, .. } => tensor.storage(),
            Saved::Output { storage, .. } => storage,
        }
    }
}

/// A side of a binary operation, kept where its other side's gradient reads it.
pub(crate) enum SavedArg {
    Nothing,
    Tensor(Saved),
    // The number's own kinds, not the number: a tag within a tag would cost every node a word for each side.
    Float(f64),
    Int(i64),
    Bool(bool),
}

impl SavedArg {
    /// Keeps `arg` if `needed`.
    #[inline]
    pub(crate) fn new(arg: Arg<'_>, needed: bool) -> SavedArg {
        match arg {
            _ if !needed => SavedArg::Nothing,
            Arg::Tensor(tensor) => SavedArg::Tensor(Saved::input(tensor)),
            Arg::Number(Number::Float(value)) => SavedArg::Float(value),
            Arg::Number(Number::Int(value)) => SavedArg::Int(value),
            Arg::Number(Number::Bool(value)) => SavedArg::Bool(value),
        }
    }
}

/// A saved side read back.
pub(crate) enum ReadArg<'s> {
    Tensor(ReadTensor<'s>),
    Number(Number),
}

impl crate::tensor::SealedOperand for ReadArg<'_> {}
impl Operand for ReadArg<'_> {
    #[inline]
    fn arg(&self) -> Arg<'_> {
        match self {
            ReadArg::Tensor(tensor) => Arg::Tensor(tensor),
            ReadArg::Number(number) => Arg::Number(*number),
        }
    }
}

/// A saved tensor read back: an input where it is kept.
pub(crate) type ReadTensor<'s> = Cow<'s, Tensor>;

impl Cx<'_> {
    /// A saved tensor, tied to the graph again.
    ///
    /// # Errors
    /// If its values were changed in place since.
    pub(crate) fn saved(&self, saved: &Saved) -> Result<Tensor> {
        Ok(self.read(saved)?.into_owned())
    }

    /// As [`saved`](Cx::saved), of what is not needed again: where nobody else holds it, it may be written over.
    pub(crate) fn take(&self, saved: Saved) -> Result<Tensor> {
        self.unchanged(&saved)?;
        let tensor = match saved {
            Saved::Input { tensor, .. } => tensor,
            Saved::Output { storage, .. } => self.own_output(storage),
        };
        if self.watched {
            super::anomaly::saw(&tensor);
        }
        Ok(tensor)
    }

    #[inline]
    fn unchanged(&self, saved: &Saved) -> Result<()> {
        let (now, expected) = saved.versions();
        match now == expected {
            true => Ok(()),
            false => Err(self.changed(saved.storage(), expected)),
        }
    }

    /// As [`saved`](Cx::saved), without another handle of an input.
    #[inline]
    pub(crate) fn read<'s>(&self, saved: &'s Saved) -> Result<ReadTensor<'s>> {
        self.unchanged(saved)?;
        let tensor = match saved {
            Saved::Input { tensor, .. } => Cow::Borrowed(tensor),
            Saved::Output { storage, .. } => Cow::Owned(self.own_output(storage.clone())),
        };
        if self.watched {
            super::anomaly::saw(&tensor);
        }
        Ok(tensor)
    }

    /// A saved side of a binary operation; it must have been kept.
    #[inline]
    pub(crate) fn saved_arg<'s>(&self, saved: &'s SavedArg) -> Result<ReadArg<'s>> {
        match saved {
            SavedArg::Tensor(saved) => Ok(ReadArg::Tensor(self.read(saved)?)),
            SavedArg::Float(value) => Ok(ReadArg::Number(Number::Float(*value))),
            SavedArg::Int(value) => Ok(ReadArg::Number(Number::Int(*value))),
            SavedArg::Bool(value) => Ok(ReadArg::Number(Number::Bool(*value))),
            SavedArg::Nothing => Err(Error::Tape {
                op: self.node_name(),
                problem: "its backward reads a value that it did not save".into(),
                cure: "This is a fault of the operation: please report it.".into(),
            }),
        }
    }
}
