//! What a running package does, seen from outside: packages as text in, events and results out.

mod cancel;
mod children;
mod errors;
mod expressions;
mod files;
mod handlers;
mod loops;
mod parameters;
mod precedence;
mod processes;
mod records;
mod refusal;
mod support;
