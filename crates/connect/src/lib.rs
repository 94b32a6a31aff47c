//! Connection managers and what they open
