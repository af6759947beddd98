//! Reverse-mode automatic differentiation on n-dimensional arrays.
