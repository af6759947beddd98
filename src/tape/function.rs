//! Operations of the user's own.

use super::cx::Cx;
use super::mode::{RECORDING, modes};
use super::node::Op;
use super::outputs::{Outputs, bare};
use super::{Saved, TensorList, Tensors, is_grad_enabled, no_grad, undifferentiable, watch};
use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use crate::ops::Listed;
#[cfg(test)]
use crate::ops::case::Case;
use crate::tensor::Origin;
use std::cell::RefCell;
use std::panic::Location;

/// An operation of one's own, as `torch.autograd.Function`: what it computes, and how a gradient goes back through it.
///
/// The type is a value that holds the operation's settings (often none); [`apply`](Function::apply) runs it. `forward`
/// is not recorded, so it may compute as it likes, on plain slices too. What `backward` reads is saved through the
/// context, not in the struct, so that a change in place is noticed and the memory is freed in time.
///
/// **Second derivatives.** Write `backward` in tensor operations, and any order of derivative follows. A backward that
/// computes on slices, as a fused kernel does, is an operation itself: make it a `Function` and `apply` it, as the
/// example does. Where it does neither, the first derivative is right, and to differentiate it again is an error that
/// names the operation, not a wrong number. (That holds for a gradient that is not recorded although the gradient that
/// came in, or a value that was saved, requires gradients.)
///
/// It is checked by the same tools as the crate's own operations: [`gradcheck`](crate::functional::gradcheck),
/// [`gradgradcheck`](crate::functional::gradgradcheck) and [`check_grads`](crate::functional::check_grads).
///
/// The example is SiLU, `x / (1 + exp(-x))`, in one pass over the values forward and one backward. `x`, the gradient
/// and the results have any one shape.
///
/// ```
/// use retrograd::functional::{gradcheck, gradgradcheck};
/// use retrograd::tape::{Context, Function, Save};
/// use retrograd::{Result, Tensor, tensor};
///
/// fn map2(x: &Tensor, g: &Tensor, f: impl Fn(f64, f64) -> f64) -> Tensor {
///     let values = x.to_vec::<f64>().into_iter().zip(g.to_vec::<f64>());
///     Tensor::from_vec(values.map(|(x, g)| f(x, g)).collect(), x.shape()).to(x.dtype())
/// }
///
/// struct Silu;
/// impl Function for Silu {
///     type Inputs = Tensor;
///     type Outputs = Tensor;
///     const NAME: &'static str = "SiluBackward";
///
///     fn forward(&self, cx: &mut Save<'_>, x: &Tensor) -> Result<Tensor> {
///         cx.save(x);
///         Ok(map2(x, x, |x, _| x / (1.0 + (-x).exp())))
///     }
///
///     fn backward(&self, cx: &Context<'_>, grad: &Tensor) -> Result<Option<Tensor>> {
///         let [x] = cx.saved()?;
///         Ok(Some(SiluGrad.try_apply(&[x, grad.clone()])?))
///     }
/// }
///
/// // d/dx of it, times the gradient: s (1 + x (1 - s)) g with s = 1 / (1 + exp(-x)).
/// struct SiluGrad;
/// impl Function for SiluGrad {
///     type Inputs = [Tensor; 2];
///     type Outputs = Tensor;
///     const NAME: &'static str = "SiluBackwardBackward";
///
///     fn forward(&self, cx: &mut Save<'_>, [x, grad]: &[Tensor; 2]) -> Result<Tensor> {
///         cx.save([x, grad]);
///         Ok(map2(x, grad, |x, g| {
///             let s = 1.0 / (1.0 + (-x).exp());
///             s * (1.0 + x * (1.0 - s)) * g
///         }))
///     }
///
///     fn backward(&self, cx: &Context<'_>, grad: &Tensor) -> Result<[Option<Tensor>; 2]> {
///         let [x, inner] = cx.saved()?;
///         let s = x.sigmoid();
///         let slope = &s * (1.0 + &x * (1.0 - &s));
///         let bend = &s * (1.0 - &s) * (2.0 + &x * (1.0 - 2.0 * &s));
///         Ok([Some(grad * inner * bend), Some(grad * slope)])
///     }
/// }
///
/// let x = tensor![-2.0, 0.0, 1.5].double().requires_grad_();
/// gradcheck(|x| Silu.apply(&x[0]), &[x.clone()])?;
/// gradgradcheck(|x| Silu.apply(&x[0]), &[x])?;
/// # Ok::<(), retrograd::Error>(())
/// ```
pub trait Function: Send + Sync + Sized + 'static {
    /// What it takes: `Tensor`, `[Tensor; 2]`, `Vec<Tensor>`, a tuple. A tensor that is to have a gradient is one of
    /// these; all else is a field of the struct.
    type Inputs: Tensors + ?Sized;
    /// What it returns, likewise.
    type Outputs: Tensors;
    /// The node's name, as `grad_fn` and errors show it; PyTorch's end in `Backward`.
    const NAME: &'static str;

    /// Computes the outputs, and saves what [`backward`](Function::backward) will read. Nothing is recorded here.
    ///
    /// # Errors
    /// What it likes; [`try_apply`](Function::try_apply) returns it.
    fn forward(&self, cx: &mut Save<'_>, inputs: &Self::Inputs) -> Result<Self::Outputs>;

    /// The gradient of each input from those of the outputs, which are zeros for an output that no gradient reached.
    /// `None` for an input stands for zeros; what is given for an input that needs no gradient is passed over.
    ///
    /// # Errors
    /// What it likes; the backward pass returns it.
    fn backward(
        &self,
        cx: &Context<'_>,
        grads: &<Self::Outputs as Tensors>::Of<Tensor>,
    ) -> Result<<Self::Inputs as Tensors>::Of<Option<Tensor>>>;

    /// Runs the operation and records it, if an input requires gradients.
    ///
    /// # Panics
    /// If `forward` returns an error or changes an input in place; [`try_apply`](Function::try_apply) returns the error.
    #[track_caller]
    fn apply(self, inputs: &Self::Inputs) -> <Self::Outputs as Tensors>::Of<Tensor> {
        self.try_apply(inputs).or_panic()
    }

    /// As [`apply`](Function::apply), with the error returned.
    ///
    /// # Errors
    /// If `forward` returns an error or changes an input in place.
    #[track_caller]
    fn try_apply(self, inputs: &Self::Inputs) -> Result<<Self::Outputs as Tensors>::Of<Tensor>> {
        apply(self, &inputs.to_list()).map(<Self::Outputs as Tensors>::gather)
    }
}

/// Takes what a [`Function`]'s forward keeps for its backward.
///
/// The example has two outputs: the values without their sign, and the signs, which have no gradient.
///
/// ```
/// use retrograd::tape::{Context, Function, Save};
/// use retrograd::{GradStatus, Result, Tensor, tensor};
///
/// struct Polar;
/// impl Function for Polar {
///     type Inputs = Tensor;
///     type Outputs = (Tensor, Tensor);
///     const NAME: &'static str = "PolarBackward";
///
///     fn forward(&self, cx: &mut Save<'_>, x: &Tensor) -> Result<(Tensor, Tensor)> {
///         let sign = x.sign();
///         cx.mark_non_differentiable(&sign);
///         if cx.needs_input_grad(0) {
///             cx.save(&sign);
///         }
///         Ok((x * &sign, sign))
///     }
///
///     fn backward(&self, cx: &Context<'_>, (grad, _): &(Tensor, Tensor)) -> Result<Option<Tensor>> {
///         let [sign] = cx.saved()?;
///         Ok(Some(grad * sign))
///     }
/// }
///
/// let x = tensor![-2.0, 3.0].requires_grad_();
/// let (size, sign) = Polar.apply(&x);
/// size.sum().backward();
/// assert_eq!(x.grad().unwrap(), tensor![-1.0, 1.0]);
/// assert!(matches!(sign.grad_status(), GradStatus::NotDifferentiable { .. }));
/// ```
pub struct Save<'a> {
    inputs: &'a [Tensor],
    saved: Vec<Tensor>,
    plain: Vec<Tensor>,
}

impl Save<'_> {
    /// Keeps inputs, outputs or other tensors, in order, for [`Context::saved`], as `save_for_backward`. A later change
    /// of them in place is found by the backward.
    pub fn save(&mut self, tensors: impl TensorList) {
        self.saved.extend(tensors.tensors());
    }

    /// Declares that an output has no gradient; outputs of integers and of `bool` never have one.
    pub fn mark_non_differentiable(&mut self, output: &Tensor) {
        self.plain.push(output.clone());
    }

    /// Whether a gradient may be asked for the input at that place, so that nothing is saved for one that needs none.
    pub fn needs_input_grad(&self, input: usize) -> bool {
        is_wanted(self.inputs, input)
    }
}

fn is_wanted(inputs: &[Tensor], input: usize) -> bool {
    inputs.get(input).is_some_and(Tensor::requires_grad)
}

/// What a [`Function`]'s backward can ask for; see there and at [`Save`].
pub struct Context<'a> {
    cx: &'a Cx<'a>,
    name: &'static str,
    kept: &'a [Kept],
    outputs: &'a Outputs,
    read: RefCell<Vec<Tensor>>,
}

impl Context<'_> {
    /// The saved tensors, in the order in which they were saved: `let [x, y] = cx.saved()?;`.
    ///
    /// # Errors
    /// If one was changed in place since, or their number is another.
    pub fn saved<const N: usize>(&self) -> Result<[Tensor; N]> {
        let found = self.saved_list()?;
        let count = found.len();
        found.try_into().map_err(|_| Error::Tape {
            op: self.name,
            problem: format!("its backward reads {N} saved tensors, and its forward saved {count}"),
            cure: "Save as many as are read.".into(),
        })
    }

    /// As [`saved`](Context::saved), for a number of tensors that is not known before.
    ///
    /// # Errors
    /// If one was changed in place since.
    pub fn saved_list(&self) -> Result<Vec<Tensor>> {
        let read = |kept: &Kept| {
            let tensor = self.cx.saved(&kept.saved)?;
            Ok(match kept.output {
                Some(i) => self.outputs.tie(i, &tensor, self.cx),
                None => tensor,
            })
        };
        let found = self.kept.iter().map(read).collect::<Result<Vec<_>>>()?;
        self.read.borrow_mut().extend(found.iter().cloned());
        Ok(found)
    }

    /// Whether the gradient of the input at that place is asked for.
    pub fn needs_input_grad(&self, input: usize) -> bool {
        self.cx.wants(input)
    }
}

struct Kept {
    saved: Saved,
    /// Which output it is, if it is one.
    output: Option<usize>,
}

struct UserOp<F: Function> {
    function: F,
    kept: Vec<Kept>,
    outputs: Outputs,
}

impl<F: Function> Listed for UserOp<F> {}

#[track_caller]
fn apply<F: Function>(function: F, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let tracked = inputs.iter().any(Tensor::requires_grad);
    let recording = tracked && is_grad_enabled();
    let versions: Vec<u32> = inputs.iter().map(|x| x.storage().version()).collect();
    let mut cx = Save {
        inputs: if recording { inputs } else { &[] },
        saved: Vec::new(),
        plain: Vec::new(),
    };
    let found = no_grad(|| F::Inputs::with(inputs, |inputs| function.forward(&mut cx, inputs)))?;
    let found = found.to_list();
    if let Some(i) = (0..inputs.len()).find(|&i| inputs[i].storage().version() != versions[i]) {
        return Err(Error::Tape {
            op: F::NAME,
            problem: format!("its forward changed its input {i} in place"),
            cure: "Work on a `copy()` of it and return that.".into(),
        });
    }
    if modes() & !RECORDING != 0 {
        watch::results(F::NAME, &found, inputs);
    }
    let is_plain = |i: usize| cx.plain.iter().any(|plain| plain.is_same(&found[i]));
    let outputs = Outputs::new(&found, |i| !is_plain(i));
    if !recording || !outputs.any_differentiable() {
        let origin = if tracked {
            Some(Origin::NoGrad(Location::caller()))
        } else {
            inputs.iter().find_map(|input| input.0.origin)
        };
        let plain = found.iter().map(|tensor| {
            let mut inner = bare(tensor, inputs);
            inner.origin = origin;
            inner.untracked()
        });
        return Ok(plain.collect());
    }
    let keep = |tensor: &Tensor| Kept {
        saved: Saved::input(tensor),
        output: found.iter().position(|output| output.is_same(tensor)),
    };
    let kept = cx.saved.iter().map(keep).collect();
    let op = UserOp {
        function,
        kept,
        outputs: outputs.clone(),
    };
    let edges = inputs.iter().map(Tensor::node).collect();
    Ok(outputs.record(&found, inputs, edges, op))
}

impl<F: Function> Op for UserOp<F> {
    const NAME: &'static str = F::NAME;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let grads = self.outputs.gradients(grad)?;
        let context = Context {
            cx,
            name: F::NAME,
            kept: &self.kept,
            outputs: &self.outputs,
            read: RefCell::default(),
        };
        let given = self
            .function
            .backward(&context, &F::Outputs::gather(grads))?;
        let given = F::Inputs::items(given);
        if given.len() != cx.inputs() {
            return Err(Error::Tape {
                op: F::NAME,
                problem: format!(
                    "its backward gave {} gradients for {} inputs",
                    given.len(),
                    cx.inputs()
                ),
                cure: "Give one for each input, `None` where there is none.".into(),
            });
        }
        let mut sources = context.read.into_inner();
        sources.push(grad.clone());
        sources.retain(Tensor::requires_grad);
        for (i, given) in given.into_iter().enumerate() {
            if let Some(given) = given
                && cx.wants(i)
            {
                check_gradient(F::NAME, i, &given, cx.input_shape(i))?;
                let unrecorded =
                    cx.creates_graph() && !given.requires_grad() && !sources.is_empty();
                cx.put(
                    i,
                    if unrecorded {
                        undifferentiable::outside(F::NAME, given, &sources)
                    } else {
                        given
                    },
                );
            }
        }
        Ok(())
    }

    fn saved_now(&self) -> Option<Vec<Tensor>> {
        Some(self.kept.iter().map(|kept| kept.saved.tensor()).collect())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Vec::new()
    }
}

fn check_gradient(op: &'static str, i: usize, given: &Tensor, shape: &[usize]) -> Result<()> {
    if given.shape() == shape && given.dtype().is_float() {
        return Ok(());
    }
    Err(Error::Tape {
        op,
        problem: format!(
            "its backward gave input {i}, of shape {shape:?}, a gradient of shape {:?} and type {}",
            given.shape(),
            given.dtype()
        ),
        cure: "A gradient has its input's shape and a floating-point type: sum it over the axes along which the input \
               was broadcast."
            .into(),
    })
}
