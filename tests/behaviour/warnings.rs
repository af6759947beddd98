//! Likely slips that are no errors.

use retrograd::loss::{CrossEntropy, Nll};
use retrograd::optim::Sgd;
use retrograd::optim::lr_scheduler::{Schedule, StepLr};
use retrograd::prelude::*;
use retrograd::{print_warning, set_warning_handler};
use std::sync::{Arc, Mutex};

/// One test, since the handler is the whole program's.
#[test]
fn likely_slips_are_told_with_their_line() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let write = seen.clone();
    set_warning_handler(move |warning| {
        // Other tests run beside this one.
        if warning.location.file().ends_with("warnings.rs") {
            write.lock().unwrap().push(warning.clone());
        }
    });
    let told = || seen.lock().unwrap().pop();
    let (scores, labels) = (tensor![[1.0, -2.0], [0.5, 3.0]], tensor![0, 1]);

    CrossEntropy::new().forward(&scores, &labels);
    Nll::new().forward(&scores.log_softmax(1), &labels);
    assert_eq!(told(), None);
    // Looking for these reads every value, so it is done in debug builds only.
    let texts = [
        (
            line!() + 1,
            CrossEntropy::new().forward(&scores.softmax(1), &labels),
            "cross_entropy: every row of the input adds up to 1, as probabilities do. Pass the scores themselves: the loss \
             applies the softmax.",
        ),
        (
            line!() + 1,
            Nll::new().forward(&scores.softmax(1), &labels),
            "nll: every row of the input adds up to 1, as probabilities do. Pass their logarithms, from `log_softmax`.",
        ),
    ];
    for (line, _, text) in texts.into_iter().rev() {
        if cfg!(debug_assertions) {
            let warning = told().expect("a warning");
            assert_eq!((&*warning.message, warning.location.line()), (text, line));
        }
    }

    let w = tensor![1.0].requires_grad_();
    let mut sgd = Sgd::new([&w], 0.1);
    let mut early = StepLr::new(1).attach(&mut sgd);
    early.step(&mut sgd);
    assert_eq!(
        told().unwrap().message,
        "lr_scheduler: the schedule goes on before the optimizer has changed a parameter, so the first learning rate is \
         never used. Call `optimizer.step()` before `scheduler.step()`."
    );
    early.step(&mut sgd);
    let mut late = StepLr::new(1).attach(&mut sgd);
    w.sum().backward();
    sgd.step();
    late.step(&mut sgd);
    assert_eq!(told(), None);
    set_warning_handler(print_warning);
}
