//! Values of every type.
