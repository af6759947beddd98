//! The library's numbers against PyTorch's, NumPy's and scikit-learn's, read from the folder of golden figures.

#[path = "../common/mod.rs"]
mod common;

mod close;
mod indexing;
mod learning;
mod modules;
mod optim;
mod printing;
mod promotion;
mod random;
mod tensors;
