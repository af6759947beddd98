//! Linear algebra by PyTorch's names, `torch.linalg`: factorisations, solutions, norms, with derivatives of any order.
//!
//! All functions take batches: the matrices stand along the last two axes, `[.., rows, cols]`. The factorisations
//! are faer's, in `f64` whatever the tensor's type; their derivatives are written in tensor operations, by the
//! formulas that PyTorch uses.
//!
//! Where a derivative does not exist:
//! - Singular vectors and eigenvectors are not unique. Only what does not hang on their signs has a gradient, and where
//!   singular values or eigenvalues are repeated the vectors have none: the gradient through [`svd`]'s or [`eigh`]'s
//!   vectors divides by their differences, and is infinite or NaN there. [`svdvals`] and [`eigvalsh`] have their first
//!   derivative there all the same; the second one divides by the differences again.
//! - Of a matrix that is not square, the gradient through the singular vectors divides by the singular values, and is
//!   infinite where one vanishes. The nuclear norm has a kink there; its gradient is `U V^T`, as PyTorch's.
//! - [`pinv`] and [`lstsq`] have derivatives where the rank does not change.
//!
//! ```
//! use retrograd::{linalg, prelude::*};
//! let a = tensor![[4.0, 1.0], [1.0, 3.0]].requires_grad_();
//! let x = linalg::solve(&a, &tensor![1.0, 2.0]);
//! x.sum().backward();
//! assert_eq!(a.grad().unwrap().shape(), [2, 2]);
//! ```

mod batch;
mod determinant;
mod eigen;
mod factor;
mod least_squares;
mod norm;
mod orthogonal;
mod singular;
mod system;
mod triangular;

pub use determinant::{det, slogdet, try_det, try_slogdet};
pub use eigen::{eigh, eigvalsh, try_eigh, try_eigvalsh};
pub use least_squares::{lstsq, matrix_rank, pinv, try_lstsq, try_matrix_rank, try_pinv};
pub use norm::{MatrixOrder, matrix_norm, matrix_norm_dim, try_matrix_norm, try_matrix_norm_dim};
pub use orthogonal::{qr, try_qr};
pub use singular::{svd, svdvals, try_svd, try_svdvals};
pub use system::{inv, solve, try_inv, try_solve};
pub use triangular::{cholesky, try_cholesky};

/// Lists the nodes: each may be recorded, and stands in the table of checked gradients.
macro_rules! nodes {
    ($($file:ident::$Op:ident),* $(,)?) => {
        $(impl crate::ops::Listed for $file::$Op {})*

        /// The nodes with the cases on which they are checked.
        #[cfg(test)]
        pub(crate) fn table() -> Vec<(&'static str, &'static str, Vec<crate::ops::case::Case>)> {
            use crate::tape::Op;
            vec![$((stringify!($Op), $file::$Op::NAME, $file::$Op::cases())),*]
        }
    };
}
nodes! {
    triangular::Cholesky, determinant::Det, determinant::Slogdet, eigen::Eigh, eigen::Eigvalsh, least_squares::Pinv, orthogonal::Qr, system::Solve,
    singular::Svd, singular::Svdvals,
}

use crate::ops::fallible_fn as functions;

/// What the files say of their public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    let parts = [
        triangular::operators(),
        determinant::operators(),
        eigen::operators(),
        least_squares::operators(),
        norm::operators(),
        orthogonal::operators(),
        system::operators(),
        singular::operators(),
    ];
    parts.into_iter().flatten().collect()
}
