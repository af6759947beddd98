//! Settings of convolutions.

use super::window::{Sizes, positive};
use crate::error::{Error, Result};

/// What stands around the input of a convolution: zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding<const D: usize> {
    /// So many on both sides of each axis.
    Sizes([usize; D]),
    /// As many as keep the sizes; an odd one stands behind. Only for stride 1.
    Same,
    /// None.
    Valid,
}

impl<const D: usize, S: Sizes<D>> From<S> for Padding<D> {
    fn from(sizes: S) -> Self {
        Padding::Sizes(sizes.sizes())
    }
}

/// Settings of a convolution over `D` spatial axes, by default stride 1, no padding, dilation 1, one group.
///
/// ```
/// use retrograd::functional::{Conv2dOptions, Padding};
/// let options = Conv2dOptions::new().stride([2, 1]).padding(1).groups(2);
/// assert_ne!(options, Conv2dOptions::new().padding(Padding::Same));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvOptions<const D: usize> {
    pub(crate) stride: [usize; D],
    pub(crate) padding: Padding<D>,
    pub(crate) dilation: [usize; D],
    pub(crate) groups: usize,
}
/// Settings of [`conv1d`](crate::functional::conv1d).
pub type Conv1dOptions = ConvOptions<1>;
/// Settings of [`conv2d`](crate::functional::conv2d).
pub type Conv2dOptions = ConvOptions<2>;

impl<const D: usize> Default for ConvOptions<D> {
    fn default() -> Self {
        ConvOptions {
            stride: [1; D],
            padding: Padding::Valid,
            dilation: [1; D],
            groups: 1,
        }
    }
}

impl<const D: usize> ConvOptions<D> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The step from a window to the next one; default 1.
    pub fn stride(mut self, stride: impl Sizes<D>) -> Self {
        self.stride = stride.sizes();
        self
    }

    /// The zeros around the input: sizes for both sides, or [`Padding::Same`]; default none.
    pub fn padding(mut self, padding: impl Into<Padding<D>>) -> Self {
        self.padding = padding.into();
        self
    }

    /// The step between a window's elements; default 1.
    pub fn dilation(mut self, dilation: impl Sizes<D>) -> Self {
        self.dilation = dilation.sizes();
        self
    }

    /// Groups of channels that do not see each other; default 1.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// The zeros before and behind each axis, for a kernel of these sizes.
    pub(crate) fn pads(&self, op: &'static str, kernel: [usize; D]) -> Result<[(usize, usize); D]> {
        match self.padding {
            Padding::Sizes(sizes) => Ok(sizes.map(|size| (size, size))),
            Padding::Valid => Ok([(0, 0); D]),
            Padding::Same if self.stride != [1; D] => Err(Error::InvalidArgument {
                op,
                argument: "padding",
                value: "Same".into(),
                problem: format!(
                    "the stride is {:?}, and a size is kept with stride 1 only",
                    self.stride
                ),
                cure: "Give the padding as sizes, or stride 1.".into(),
            }),
            Padding::Same => Ok(std::array::from_fn(|axis| {
                let total = self.dilation[axis].saturating_mul(kernel[axis].saturating_sub(1));
                (total / 2, total - total / 2)
            })),
        }
    }

    pub(super) fn check(&self, op: &'static str) -> Result<()> {
        positive(op, "stride", &self.stride)?;
        positive(op, "dilation", &self.dilation)?;
        positive(op, "groups", &[self.groups])
    }
}
