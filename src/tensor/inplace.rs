//! Changes in place, seen through every handle and view.

use super::storage::{Data, Hold};
use super::{Inner, Operand, Tensor};
use crate::dtype::{Element, with_dtype, with_number};
use crate::error::{Error, OrPanic, Result};
use crate::kernels::{elementwise, strided};
use crate::ops;
use crate::ops::binary::Arithmetic;
use crate::tape::{is_grad_enabled, trace};
use crate::tensor::Arg;
use std::ops::{AddAssign, DivAssign, MulAssign, RemAssign, SubAssign};

impl Tensor {
    /// Changes the elements of a contiguous tensor of element type `T`.
    #[track_caller]
    pub(crate) fn write_values<T: Element>(&self, change: impl FnOnce(&mut [T])) {
        if trace::tracing() {
            trace::changed(self);
        }
        let range = self.layout().offset..self.layout().offset + self.numel();
        self.storage().write(|buffer| {
            let data = T::data_mut(buffer).expect("the caller matched on the tensor's type");
            change(&mut data.make_mut()[range]);
        });
    }

    /// Takes the elements out of a tensor that nobody else reads, to be given back by [`assign`](Tensor::assign).
    pub(crate) fn take_data<T: Element>(&self) -> Data<T> {
        if trace::tracing() {
            trace::changed(self);
        }
        let mut taken = Data::scratch(0);
        self.storage().write(|buffer| {
            let data = T::data_mut(buffer).expect("the caller matched on the tensor's type");
            std::mem::swap(data, &mut taken);
        });
        taken
    }

    /// Writes a row-major run of values to this tensor's elements, wherever they lie.
    #[track_caller]
    pub(crate) fn assign<T: Element>(&self, values: Data<T>) {
        if trace::tracing() {
            trace::changed(self);
        }
        let layout = self.layout();
        self.storage().write(|buffer| {
            let data = T::data_mut(buffer).expect("the caller matched on the tensor's type");
            if layout.contiguous && (data.len() == values.len() || data.is_empty()) {
                *data = values;
            } else if layout.contiguous {
                data.make_mut()[layout.offset..layout.offset + values.len()]
                    .copy_from_slice(&values);
            } else {
                let target = data.make_mut();
                let mut next = values.iter();
                strided::for_each_position(layout, |at| {
                    if let Some(&value) = next.next() {
                        target[at] = value;
                    }
                });
            }
        });
    }

    /// A tensor of the values as they are now, which a later change in place does not reach, at the same
    /// place on the tape. Copies nothing now.
    pub(crate) fn snapshot_tensor(&self) -> Tensor {
        let hold = Hold::new(self.0.hold.snapshot());
        let mut inner = Inner::on(self.layout().clone(), self.dtype(), hold);
        inner.origin = self.0.origin;
        if let Some(node) = self.node() {
            inner.set_node_mut(node);
        }
        self.traced_as(inner.untracked())
    }

    /// Tells the record of a step, if one is made, that another tensor holds the same values now.
    fn traced_as(&self, same: Tensor) -> Tensor {
        if trace::tracing() {
            trace::alias(self, &same);
        }
        same
    }

    /// The tensor as one that owns a row-major storage which nobody else holds, outside of the graph.
    pub(crate) fn settled(mut self) -> Tensor {
        let whole = self.is_contiguous() && self.0.hold.len() == self.numel();
        if !whole && trace::tracing() {
            return self.detach().copy();
        }
        if !whole {
            return with_dtype!(self.dtype(), T => {
                Tensor::from_data(self.shape().into(), self.values::<T>().into_data())
            });
        }
        let unique = self
            .alone()
            .is_some_and(|inner| inner.hold.exclusive().is_some());
        if unique && !self.requires_grad() {
            return self;
        }
        let hold = Hold::new(self.0.hold.snapshot());
        let same = Inner::on(self.layout().clone(), self.dtype(), hold).untracked();
        self.traced_as(same)
    }

    /// As [`assign`](Tensor::assign), noted in the record of a step.
    #[cold]
    #[track_caller]
    fn assign_traced<T: Element>(&self, values: &Tensor) {
        if !self.is_contiguous() {
            trace::refuse("changes in place values that do not lie in row-major order");
        }
        let values = match values.shares_storage(self) {
            true => values.detach().copy(),
            false => values.detach().contiguous(),
        };
        trace::within(|| self.assign(values.values::<T>().into_data()));
        trace::copy(&values, self);
    }

    /// Replaces the values by what `compute` makes of them.
    ///
    /// # Errors
    /// Where PyTorch refuses: a leaf that requires gradients, a recorded change of a view or of a tensor with
    /// views, a result of another shape or of a type that does not go into this tensor's.
    #[track_caller]
    pub(crate) fn in_place(
        &self,
        op: &'static str,
        other: Option<&Tensor>,
        compute: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<()> {
        let recording = self.check_in_place(op, other)?;
        let out = if recording {
            compute(&self.snapshot_tensor())?
        } else {
            compute(self)?
        };
        if out.shape() != self.shape() {
            return Err(Error::Shape {
                op,
                problem: format!(
                    "the result has shape {:?}, and the tensor changed in place has {:?}",
                    out.shape(),
                    self.shape()
                ),
                cure: format!(
                    "In place, only the other operand is broadcast: use the functional form, `{}`.",
                    op.trim_end_matches('_')
                ),
            });
        }
        let (from, to) = (out.dtype(), self.dtype());
        if (from.is_float() && !to.is_float()) || (to == crate::DType::Bool && from != to) {
            return Err(Error::DType {
                op,
                problem: format!(
                    "the result has type {from}, which does not go into a tensor of {to}"
                ),
                cure: format!(
                    "Use the functional form, `{}`, or cast the tensor first.",
                    op.trim_end_matches('_')
                ),
            });
        }
        let out = out.to(to);
        let node = out.node();
        with_dtype!(to, T => match trace::tracing() {
            true => self.assign_traced::<T>(&out),
            false => self.assign(out.values::<T>().into_data()),
        });
        if recording {
            self.set_node(node);
        }
        Ok(())
    }

    /// Whether a change in place is to be recorded; an error where it may not be made.
    pub(crate) fn check_in_place(&self, op: &'static str, other: Option<&Tensor>) -> Result<bool> {
        if !is_grad_enabled() || !(self.requires_grad() || other.is_some_and(Tensor::requires_grad))
        {
            return Ok(false);
        }
        let functional = op.trim_end_matches('_');
        if self.requires_grad() && self.is_leaf() {
            return Err(Error::Tape {
                op,
                problem: "a leaf that requires gradients would be changed in place while recording"
                    .into(),
                cure: format!(
                    "To update a parameter, do it inside `no_grad(|| ..)`; to compute with it, use the functional \
                     form, `{functional}`."
                ),
            });
        }
        let which = match (self.0.hold.is_view(), self.0.hold.has_views()) {
            (true, _) => "the tensor is a view of another one",
            (false, true) => "views of the tensor are alive",
            _ => return Ok(true),
        };
        Err(Error::Tape {
            op,
            problem: format!(
                "the change would be recorded, and {which}, whose gradients could not follow it"
            ),
            cure: format!("Use the functional form, `{functional}`, or `copy()` the tensor first."),
        })
    }

    /// Sets every element to `value`.
    ///
    /// # Panics
    /// If the change would be recorded where it cannot be, as on a leaf that requires gradients.
    ///
    /// ```
    /// let x = retrograd::zeros([2]);
    /// x.fill_(1.5);
    /// assert_eq!(x, retrograd::tensor![1.5, 1.5]);
    /// ```
    #[track_caller]
    pub fn fill_(&self, value: impl super::Scalar) -> &Tensor {
        self.in_place("fill_", None, |x| Ok(x.full_like(value)))
            .or_panic();
        self
    }

    /// Sets every element to zero.
    ///
    /// # Panics
    /// As [`fill_`](Tensor::fill_).
    ///
    /// ```
    /// let x = retrograd::ones([2]);
    /// x.zero_();
    /// assert_eq!(x, retrograd::zeros([2]));
    /// ```
    #[track_caller]
    pub fn zero_(&self) -> &Tensor {
        self.in_place("zero_", None, |x| Ok(x.zeros_like()))
            .or_panic();
        self
    }

    /// Takes the values of `source`, cast and broadcast to this tensor's type and shape.
    ///
    /// # Panics
    /// If `source` does not broadcast to this shape, and as [`fill_`](Tensor::fill_);
    /// [`try_copy_`](Tensor::try_copy_) returns the error.
    ///
    /// ```
    /// let x = retrograd::zeros([2]);
    /// x.copy_(&retrograd::tensor![1, 2]);
    /// assert_eq!(x, retrograd::tensor![1.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn copy_(&self, source: &Tensor) -> &Tensor {
        self.try_copy_(source).or_panic();
        self
    }

    /// As [`copy_`](Tensor::copy_), with the error returned.
    ///
    /// # Errors
    /// If `source` does not broadcast to this shape, and as [`fill_`](Tensor::fill_).
    #[track_caller]
    pub fn try_copy_(&self, source: &Tensor) -> Result<()> {
        self.in_place("copy_", Some(source), |x| {
            Ok(source.try_expand(x.shape())?.to(x.dtype()))
        })
    }
}

macro_rules! in_place {
    ($($method:ident $try_method:ident $Assign:ident $assign:ident $args:path, |$a:ident, $b:ident| $e:expr;
       $doc:literal)*) => { $(
        impl Tensor {
            #[doc = $doc]
            ///
            /// # Panics
            /// If the other operand does not broadcast to this shape, the result's type does not go into this
            /// tensor's, or the change cannot be recorded; the `try_` twin returns the error.
            ///
            /// ```
            /// let x = retrograd::tensor![4.0];
            #[doc = concat!("x.", stringify!($method), "(2.0);")]
            /// assert_eq!(x.numel(), 1);
            /// ```
            #[track_caller]
            pub fn $method(&self, rhs: impl Operand) -> &Tensor {
                self.$try_method(rhs).or_panic();
                self
            }

            #[doc = concat!("As [`", stringify!($method), "`](Tensor::", stringify!($method), "), with the error returned.")]
            ///
            /// # Errors
            /// If the other operand does not broadcast to this shape, the result's type does not go into this
            /// tensor's, or the change cannot be recorded.
            #[track_caller]
            pub fn $try_method(&self, rhs: impl Operand) -> Result<()> {
                let op = stringify!($method);
                let rhs = rhs.arg();
                let same = match rhs {
                    Arg::Tensor(t) => t.dtype() == self.dtype() && t.shape() == self.shape() && t.is_contiguous(),
                    Arg::Number(n) => self.dtype().is_float() || !n.dtype().is_float(),
                };
                if same && self.is_contiguous() && !trace::tracing() && !self.check_in_place(op, rhs.tensor())? {
                    with_number!(self.dtype(), T => {
                        match rhs {
                            Arg::Tensor(t) => {
                                let values = t.values::<T>();
                                self.write_values::<T>(|own| elementwise::update(own, &values, |$a, $b| $e));
                            }
                            Arg::Number(n) => {
                                let $b: T = n.cast();
                                self.write_values::<T>(|own| elementwise::map_in_place(own, |$a| $e));
                            }
                        }
                        return Ok(());
                    }, else ());
                }
                self.in_place(op, rhs.tensor(), |x| $args(x.arg(), rhs))
            }
        }

        impl<R: Operand> $Assign<R> for Tensor {
            #[track_caller]
            fn $assign(&mut self, rhs: R) {
                self.$try_method(rhs).or_panic();
            }
        }
    )* };
}
in_place! {
    add_ try_add_ AddAssign add_assign ops::add::add_args, |a, b| a.plus(b);
        "Adds to the elements in place, as `+=`."
    sub_ try_sub_ SubAssign sub_assign ops::sub::sub_args, |a, b| a.minus(b);
        "Subtracts from the elements in place, as `-=`."
    mul_ try_mul_ MulAssign mul_assign ops::mul::mul_args, |a, b| a.times(b);
        "Multiplies the elements in place, as `*=`."
}

macro_rules! in_place_by_function {
    ($($method:ident $try_method:ident $Assign:ident $assign:ident $args:path; $doc:literal)*) => { $(
        impl Tensor {
            #[doc = $doc]
            ///
            /// # Panics
            /// If the other operand does not broadcast to this shape, the result's type does not go into this
            /// tensor's, or the change cannot be recorded; the `try_` twin returns the error.
            ///
            /// ```
            /// let x = retrograd::tensor![4.0];
            #[doc = concat!("x.", stringify!($method), "(2.0);")]
            /// assert_eq!(x.numel(), 1);
            /// ```
            #[track_caller]
            pub fn $method(&self, rhs: impl Operand) -> &Tensor {
                self.$try_method(rhs).or_panic();
                self
            }

            #[doc = concat!("As [`", stringify!($method), "`](Tensor::", stringify!($method), "), with the error returned.")]
            ///
            /// # Errors
            /// If the other operand does not broadcast to this shape, the result's type does not go into this
            /// tensor's, or the change cannot be recorded.
            #[track_caller]
            pub fn $try_method(&self, rhs: impl Operand) -> Result<()> {
                let rhs = rhs.arg();
                self.in_place(stringify!($method), rhs.tensor(), |x| $args(x.arg(), rhs))
            }
        }

        impl<R: Operand> $Assign<R> for Tensor {
            #[track_caller]
            fn $assign(&mut self, rhs: R) {
                self.$try_method(rhs).or_panic();
            }
        }
    )* };
}
in_place_by_function! {
    div_ try_div_ DivAssign div_assign ops::div::div_args;
        "Divides the elements in place, as `/=`."
    remainder_ try_remainder_ RemAssign rem_assign ops::remainder::remainder_args;
        "Takes the elements' remainder in place, as `%=`."
}
