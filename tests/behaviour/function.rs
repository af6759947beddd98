//! Operations of the user's own.

use retrograd::functional::{gradcheck, gradgradcheck};
use retrograd::prelude::*;
use retrograd::tape::{Context, Function, Save, detect_anomaly, live_nodes, try_detect_anomaly};
use retrograd::{Error, GradStatus};

fn map(x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
    let values = x.to_vec::<f64>().into_iter().map(f).collect();
    Tensor::from_vec(values, x.shape()).to(x.dtype())
}

/// `exp(x)` on slices, with the output saved and a backward in tensor operations.
struct Exp;
impl Function for Exp {
    type Inputs = Tensor;
    type Outputs = Tensor;
    const NAME: &'static str = "MyExpBackward";

    fn forward(&self, cx: &mut Save<'_>, x: &Tensor) -> Result<Tensor> {
        let y = map(x, f64::exp);
        cx.save(&y);
        Ok(y)
    }
    fn backward(&self, cx: &Context<'_>, grad: &Tensor) -> Result<Option<Tensor>> {
        let [y] = cx.saved()?;
        Ok(Some(grad * y))
    }
}

/// Product and quotient of two tensors, and which of them is greater: three outputs, one without gradient.
struct Both;
impl Function for Both {
    type Inputs = [Tensor; 2];
    type Outputs = (Tensor, Tensor, Tensor);
    const NAME: &'static str = "BothBackward";

    fn forward(&self, cx: &mut Save<'_>, [a, b]: &[Tensor; 2]) -> Result<(Tensor, Tensor, Tensor)> {
        let quotient = a / b;
        let greater = a.maximum(b);
        cx.save([a, b, &quotient]);
        cx.mark_non_differentiable(&greater);
        Ok((a * b, quotient, greater))
    }
    fn backward(
        &self,
        cx: &Context<'_>,
        (product, quotient, greater): &(Tensor, Tensor, Tensor),
    ) -> Result<[Option<Tensor>; 2]> {
        assert_eq!(*greater, zeros([2]).double());
        let [a, b, q] = cx.saved()?;
        let by_a = product * &b + quotient / &b;
        let by_b = product * a - quotient * q / b;
        Ok([Some(by_a), Some(by_b)])
    }
}

fn x() -> Tensor {
    Tensor::from([0.5, -1.25]).requires_grad_()
}

#[test]
fn it_is_recorded_and_right_to_third_order() {
    let y = Exp.apply(&x());
    assert_eq!(y.grad_fn(), Some("MyExpBackward"));
    gradcheck(|x| Exp.apply(&x[0]), &[x()]).unwrap();
    gradgradcheck(|x| Exp.apply(&x[0]), &[x()]).unwrap();
    let third = |x: &[Tensor]| {
        let first = grad(Exp.apply(&x[0]).sum(), [&x[0]])
            .create_graph(true)
            .run()
            .remove(0);
        grad(first.sum(), [&x[0]])
            .create_graph(true)
            .run()
            .remove(0)
    };
    gradcheck(third, &[x()]).unwrap();
}

#[test]
fn several_outputs_have_their_gradients_to_second_order() {
    let (a, b) = (x(), Tensor::from([2.0, 0.75]).requires_grad_());
    let inputs = [a, b];
    let f = |x: &[Tensor]| {
        let (product, quotient, _) = Both.apply(&[x[0].clone(), x[1].clone()]);
        [product, quotient]
    };
    gradcheck(f, &inputs).unwrap();
    gradgradcheck(f, &inputs).unwrap();
    // One output alone: the others' gradients are zeros.
    gradgradcheck(|x| f(x)[1].clone(), &inputs).unwrap();
    gradgradcheck(|x| f(x)[0].clone() * 2.0, &inputs).unwrap();
}

#[test]
fn an_output_without_gradient_says_so() {
    let (a, b) = (x(), x());
    let (product, _, greater) = Both.apply(&[a, b]);
    assert!(product.requires_grad() && !greater.requires_grad());
    assert!(
        matches!(greater.grad_status(), GradStatus::NotDifferentiable { at } if at.file() == file!())
    );
    let text = greater.sum().try_backward().unwrap_err().to_string();
    assert!(
        text.contains("declares that this output has no gradient. Use another of its outputs."),
        "{text}"
    );
}

#[test]
fn nothing_is_recorded_without_need_and_no_node_is_left() {
    let before = || Exp.apply(&x().detach());
    assert!(!before().requires_grad());
    assert!(!no_grad(|| Exp.apply(&x())).requires_grad());
    let y = Exp.apply(&x());
    y.sum().backward();
    assert!(matches!(
        y.sum().try_backward(),
        Err(Error::BackwardTwice {
            node: "MyExpBackward",
            ..
        })
    ));
    std::thread::spawn(|| {
        let y = Exp.apply(&x());
        drop(y);
    })
    .join()
    .unwrap();
    assert!(live_nodes() < 1_000_000);
}

#[test]
fn a_saved_value_that_was_changed_is_found() {
    let y = Exp.apply(&x());
    let loss = y.sum();
    no_grad(|| drop(y.try_mul_(2)));
    let error = loss.try_backward().unwrap_err();
    assert!(
        matches!(
            error,
            Error::SavedChanged {
                node: "MyExpBackward",
                ..
            }
        ),
        "{error}"
    );
}

/// An operation whose backward gives what it is told to.
struct Gives(fn(&Tensor) -> Vec<Option<Tensor>>);
impl Function for Gives {
    type Inputs = Vec<Tensor>;
    type Outputs = Tensor;
    const NAME: &'static str = "GivesBackward";

    fn forward(&self, cx: &mut Save<'_>, x: &Vec<Tensor>) -> Result<Tensor> {
        cx.save(x);
        Ok(map(&x[0], |x| x * x))
    }
    fn backward(&self, _: &Context<'_>, grad: &Tensor) -> Result<Vec<Option<Tensor>>> {
        Ok((self.0)(grad))
    }
}

fn refused(gives: fn(&Tensor) -> Vec<Option<Tensor>>) -> String {
    let y = Gives(gives).apply(&vec![x(), x()]);
    y.sum().try_backward().unwrap_err().to_string()
}

#[test]
fn wrong_gradients_are_refused_with_the_name() {
    assert_eq!(
        refused(|grad| vec![Some(grad.clone())]),
        "GivesBackward: its backward gave 1 gradients for 2 inputs. Give one for each input, `None` where there is none."
    );
    assert_eq!(
        refused(|grad| vec![Some(grad.sum()), None]),
        "GivesBackward: its backward gave input 0, of shape [2], a gradient of shape [] and type f64. A gradient has its \
         input's shape and a floating-point type: sum it over the axes along which the input was broadcast."
    );
    let error = gradcheck(
        |x| Gives(|grad| vec![Some(grad * 3.0)]).apply(&vec![x[0].clone()]),
        &[x()],
    );
    assert!(matches!(error, Err(Error::Gradient { .. })), "{error:?}");
}

/// The square, with a backward on slices.
struct Once;
impl Function for Once {
    type Inputs = Tensor;
    type Outputs = Tensor;
    const NAME: &'static str = "OnceBackward";

    fn forward(&self, cx: &mut Save<'_>, x: &Tensor) -> Result<Tensor> {
        cx.save(x);
        Ok(map(x, |x| x * x))
    }
    fn backward(&self, cx: &Context<'_>, grad: &Tensor) -> Result<Option<Tensor>> {
        let [x] = cx.saved()?;
        Ok(Some(map(&(x * grad), |slope| 2.0 * slope)))
    }
}

#[test]
fn a_backward_outside_of_the_tape_is_right_once_and_refused_twice() {
    gradcheck(|x| Once.apply(&x[0]), &[x()]).unwrap();
    let x = x();
    let line = line!() + 1;
    let y = Once.apply(&x);
    let first = grad(y.sum(), [&x]).create_graph(true).run().remove(0);
    assert_eq!(first.detach(), x.detach() * 2.0);
    let text = grad(first.sum(), [&x]).try_run().unwrap_err().to_string();
    assert!(
        text.starts_with(&format!(
            "backward: OnceBackward, called at tests/behaviour/function.rs:{line}:18: its backward was computed outside of \
             the tape, so it has no derivative of its own. Write the backward in tensor operations,"
        )),
        "{text}"
    );
    assert!(gradgradcheck(|x| Once.apply(&x[0]), &[x]).is_err());
}

#[test]
fn anomalies_in_a_kernel_of_ones_own_are_found_both_ways() {
    let x = Tensor::from([800.0]).requires_grad_();
    let line = line!() + 1;
    let error = try_detect_anomaly(|| Exp.try_apply(&x)).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!(
            "detect_anomaly: my_exp, called at tests/behaviour/function.rs:{line}:43, returned 1 inf among 1 elements. Its \
             inputs: f64 [1] from 800 to 800."
        )),
        "{error}"
    );
    let y = Gives(|grad| vec![Some(grad / 0.0)]).apply(&vec![x]);
    let error = detect_anomaly(|| y.sum().try_backward()).unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { op, pass: "the backward of ", .. } if op == "gives"),
        "{error}"
    );
}

struct Changes;
impl Function for Changes {
    type Inputs = Tensor;
    type Outputs = Tensor;
    const NAME: &'static str = "ChangesBackward";

    fn forward(&self, _: &mut Save<'_>, x: &Tensor) -> Result<Tensor> {
        x.mul_(2);
        Ok(x.clone())
    }
    fn backward(&self, _: &Context<'_>, grad: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(grad * 2.0))
    }
}

#[test]
fn a_forward_that_changes_its_input_is_refused() {
    assert_eq!(
        Changes.try_apply(&x()).unwrap_err().to_string(),
        "ChangesBackward: its forward changed its input 0 in place. Work on a `copy()` of it and return that."
    );
}
