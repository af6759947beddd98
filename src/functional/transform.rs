//! Derivatives of functions: products with the Jacobian and the Hessian, and both as a whole.

use super::walk::{Recording, derive, matching, zeros_for};
use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use crate::tape::Tensors;

/// Declares a function that panics at its caller's line with the error that its `try_` twin returns.
macro_rules! fallible {
    ($( $(#[$doc:meta])* fn $name:ident | $try_name:ident [$($generics:tt)*] ($($arg:ident : $ty:ty),*) -> $out:ty $body:block )*) => { $(
        $(#[$doc])*
        #[track_caller]
        pub fn $name<$($generics)*>($($arg: $ty),*) -> $out {
            $try_name($($arg),*).or_panic()
        }

        #[doc = concat!("As [`", stringify!($name), "`], with the error returned.")]
        ///
        /// # Errors
        /// Where the other panics, but for panics of `f` itself.
        #[track_caller]
        pub fn $try_name<$($generics)*>($($arg: $ty),*) -> Result<$out> $body
    )* };
}

fallible! {
    /// The value of `f` and the product of `v` with its Jacobian: `v` has the outputs' structure and shapes, the product
    /// the inputs'. One walk back.
    ///
    /// # Panics
    /// If an input or output is not of floating point, `v` does not fit the outputs, or `f` panics.
    ///
    /// ```
    /// use retrograd::{functional::vjp, prelude::*};
    /// let (y, product) = vjp(|x| x.exp(), &tensor![0.0, 1.0], &tensor![1.0, 0.0]);
    /// assert_eq!(y, tensor![0.0, 1.0].exp());
    /// assert_eq!(product, tensor![1.0, 0.0]);
    /// ```
    fn vjp | try_vjp[I: Tensors + ?Sized, O: Tensors](f: impl Fn(&I) -> O, inputs: &I, v: &O) -> (O::Of<Tensor>, I::Of<Tensor>) {
        let run = Recording::of("vjp", |x| I::with(x, |x| f(x).to_list()), &inputs.to_list())?;
        let v = matching("vjp", "outputs", v.to_list(), &run.outputs)?;
        let product = derive(&run.outputs, &run.inputs, &v, run.recording)?;
        Ok((O::gather(run.results()), I::gather(zeros_for(product, &run.inputs))))
    }

    /// The value of `f` and the product of its Jacobian with `v`: `v` has the inputs' structure and shapes, the product
    /// the outputs'. In other words the derivative of `f` in the direction `v`.
    ///
    /// It walks back twice: a walk back is linear in the gradient it begins with, so walking back through it gives its
    /// transpose. Dual numbers need one walk forward and one rule more for each operation: written by hand for
    /// the two functions of `benches/forward_mode.rs` they take 0.67 and 0.80 of the time.
    ///
    /// # Panics
    /// If an input or output is not of floating point, `v` does not fit the inputs, or `f` panics.
    ///
    /// ```
    /// use retrograd::{functional::jvp, prelude::*};
    /// let (y, product) = jvp(|[a, b]| a * b, &[tensor![2.0], tensor![3.0]], &[tensor![1.0], tensor![10.0]]);
    /// assert_eq!((y, product), (tensor![6.0], tensor![23.0]));
    /// ```
    fn jvp | try_jvp[I: Tensors + ?Sized, O: Tensors](f: impl Fn(&I) -> O, inputs: &I, v: &I) -> (O::Of<Tensor>, O::Of<Tensor>) {
        let run = Recording::of("jvp", |x| I::with(x, |x| f(x).to_list()), &inputs.to_list())?;
        let v = matching("jvp", "inputs", v.to_list(), &run.inputs)?;
        let product = run.transposed()?.forward(&v, run.recording)?;
        Ok((O::gather(run.results()), O::gather(product)))
    }

    /// The Jacobian of `f`: for each output and each input a tensor of shape `[output's shape.., input's shape..]`, in
    /// the structure of the outputs, within it that of the inputs. For one tensor to one tensor it is one tensor.
    ///
    /// With `m` elements in all outputs and `n` in all inputs it takes `m` walks back, or `n + 1` in forward mode (see
    /// [`jvp`]), whichever is less.
    ///
    /// The result is recorded, and so can be differentiated again, where something that it was computed from requires
    /// gradients: an input, or what `f` captures.
    ///
    /// # Panics
    /// If an input or output is not of floating point, or `f` panics.
    ///
    /// ```
    /// use retrograd::{functional::jacobian, prelude::*};
    /// let (w, x) = (tensor![[1.0, 2.0], [3.0, 4.0]], tensor![1.0, -1.0]);
    /// assert_eq!(jacobian(|x| w.matmul(x), &x), w);
    /// let [by_w, by_x] = jacobian(|[w, x]| w.matmul(x).sum(), &[w, x]);
    /// assert_eq!(by_w, tensor![[1.0, -1.0], [1.0, -1.0]]);
    /// assert_eq!(by_x, tensor![4.0, 6.0]);
    /// ```
    fn jacobian | try_jacobian[I: Tensors + ?Sized, O: Tensors](f: impl Fn(&I) -> O, inputs: &I) -> O::Of<I::Of<Tensor>> {
        let run = Recording::of("jacobian", |x| I::with(x, |x| f(x).to_list()), &inputs.to_list())?;
        let rows = run.jacobian()?;
        Ok(O::gather(rows.into_iter().map(I::gather).collect()))
    }

    /// The Hessian of `f`, which returns one element: for each pair of inputs a tensor of shape
    /// `[first's shape.., second's shape..]`. For one input it is one tensor. It takes one walk back, and one more for
    /// each element of the inputs.
    ///
    /// The result is recorded as that of [`jacobian`].
    ///
    /// # Panics
    /// If an input is not of floating point, the output has not one element, or `f` panics.
    ///
    /// ```
    /// use retrograd::{functional::hessian, prelude::*};
    /// let h = hessian(|x| x.pow(3).sum(), &tensor![1.0, 2.0]);
    /// assert_eq!(h, tensor![[6.0, 0.0], [0.0, 12.0]]);
    /// ```
    fn hessian | try_hessian[I: Tensors + ?Sized](f: impl Fn(&I) -> Tensor, inputs: &I) -> I::Of<I::Of<Tensor>> {
        let run = scalar("hessian", |x| I::with(x, |x| vec![f(x)]), inputs)?;
        let rows = run.gradients()?.jacobian()?;
        Ok(I::gather(rows.into_iter().map(I::gather).collect()))
    }

    /// The value of `f`, which returns one element, and the product of its Hessian with `v`, which has the inputs'
    /// structure and shapes. Three walks back; where the second derivatives are continuous, [`vhp`] gives the same in
    /// two.
    ///
    /// # Panics
    /// If an input is not of floating point, the output has not one element, `v` does not fit the inputs, or `f`
    /// panics.
    ///
    /// ```
    /// use retrograd::{functional::hvp, prelude::*};
    /// let (value, product) = hvp(|x| x.pow(3).sum(), &tensor![1.0, 2.0], &tensor![1.0, 10.0]);
    /// assert_eq!((value.item::<f32>(), product), (9.0, tensor![6.0, 120.0]));
    /// ```
    fn hvp | try_hvp[I: Tensors + ?Sized](f: impl Fn(&I) -> Tensor, inputs: &I, v: &I) -> (Tensor, I::Of<Tensor>) {
        let run = scalar("hvp", |x| I::with(x, |x| vec![f(x)]), inputs)?;
        let v = matching("hvp", "inputs", v.to_list(), &run.inputs)?;
        let product = run.gradients()?.transposed()?.forward(&v, run.recording)?;
        Ok((<Tensor as Tensors>::gather(run.results()), I::gather(product)))
    }

    /// The value of `f`, which returns one element, and the product of `v` with its Hessian; as [`hvp`], in two walks
    /// back.
    ///
    /// # Panics
    /// As [`hvp`].
    ///
    /// ```
    /// use retrograd::{functional::vhp, prelude::*};
    /// let (_, product) = vhp(|x| x.pow(3).sum(), &tensor![1.0, 2.0], &tensor![1.0, 10.0]);
    /// assert_eq!(product, tensor![6.0, 120.0]);
    /// ```
    fn vhp | try_vhp[I: Tensors + ?Sized](f: impl Fn(&I) -> Tensor, inputs: &I, v: &I) -> (Tensor, I::Of<Tensor>) {
        let run = scalar("vhp", |x| I::with(x, |x| vec![f(x)]), inputs)?;
        let v = matching("vhp", "inputs", v.to_list(), &run.inputs)?;
        let slopes = run.gradients()?;
        let product = derive(&slopes.outputs, &slopes.inputs, &v, run.recording)?;
        Ok((<Tensor as Tensors>::gather(run.results()), I::gather(zeros_for(product, &run.inputs))))
    }

    /// `f` mapped over the leading axis of its inputs: `f` is written for one example, the inputs hold `n` of them, and
    /// so do the outputs, along a new leading axis.
    ///
    /// It is a loop: `f` runs once for each example, and its results are stacked. So it costs what the loop costs, and
    /// is there for what has no batched form, such as the gradient of each example; where operations broadcast over
    /// a leading axis by themselves, call them on the whole. Random numbers are drawn anew for each example. What `f`
    /// captures is the same for all.
    ///
    /// # Panics
    /// If an input has no axis, the leading axes differ or are empty, the outputs' shapes differ, or `f` panics.
    ///
    /// ```
    /// use retrograd::{functional::{jacobian, vmap}, prelude::*};
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// let slopes = vmap(|x| jacobian(|x| x.pow(2).sum(), x), &x);
    /// assert_eq!(slopes, tensor![[2.0, 4.0], [6.0, 8.0]]);
    /// ```
    fn vmap | try_vmap[I: Tensors + ?Sized, O: Tensors](f: impl Fn(&I) -> O, inputs: &I) -> O::Of<Tensor> {
        let inputs = inputs.to_list();
        let count = leading(&inputs)?;
        let mut columns: Vec<Vec<Tensor>> = Vec::new();
        for at in 0..count {
            let example = inputs.iter().map(|x| x.try_select(0, at as i64));
            let example = example.collect::<Result<Vec<_>>>()?;
            let outputs = I::with(&example, |x| f(x).to_list());
            columns.resize(outputs.len(), Vec::new());
            columns.iter_mut().zip(outputs).for_each(|(column, output)| column.push(output));
        }
        let outputs = columns.iter().map(|column| crate::try_stack(&column[..], 0));
        Ok(O::gather(outputs.collect::<Result<Vec<_>>>()?))
    }
}

/// The size of the inputs' leading axes.
fn leading(inputs: &[Tensor]) -> Result<usize> {
    let refuse = |problem: String, cure: &str| {
        Err(Error::Shape {
            op: "vmap",
            problem,
            cure: cure.into(),
        })
    };
    let Some(first) = inputs.first() else {
        return refuse(
            "there is no input".into(),
            "Give the tensors to be mapped over.",
        );
    };
    if let Some(i) = inputs.iter().position(|x| x.rank() == 0) {
        return refuse(
            format!("input {i} has no axis to be mapped over"),
            "Let the function capture what is the same for all examples.",
        );
    }
    let count = first.shape()[0];
    if let Some((i, x)) = (0..).zip(inputs).find(|(_, x)| x.shape()[0] != count) {
        return refuse(
            format!(
                "input 0 holds {count} examples and input {i} holds {}: their shapes are {:?} and {:?}",
                x.shape()[0],
                first.shape(),
                x.shape()
            ),
            "Give inputs of one leading size; let the function capture what is the same for all examples.",
        );
    }
    if count == 0 {
        return refuse(
            format!(
                "shape {:?} holds no example, so the outputs' shape is not known",
                first.shape()
            ),
            "Skip the call for an empty batch.",
        );
    }
    Ok(count)
}

fn scalar<I: Tensors + ?Sized>(
    op: &'static str,
    f: impl Fn(&[Tensor]) -> Vec<Tensor>,
    inputs: &I,
) -> Result<Recording> {
    let run = Recording::of(op, f, &inputs.to_list())?;
    let output = &run.outputs[0];
    if output.numel() == 1 {
        return Ok(run);
    }
    Err(Error::Shape {
        op,
        problem: format!(
            "the function returned shape {:?}, and only one element has a Hessian",
            output.shape()
        ),
        cure: "Reduce it, with `.sum()` or `.mean()`, or take the `jacobian` of its gradient."
            .into(),
    })
}
