//! The SSIS expression language

pub mod array;
pub mod convert;

mod calendar;
mod code_page;
mod locale;

pub use code_page::CodePage;
pub use locale::{DateOrder, Locale};
