//! Types of function calls: which arguments a function takes and what type it gives.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Function` is taken apart in function.rs, which names every one"
)]

use model::{DataType, Span, Value, dts};

use super::Compiler;
use crate::convert::is_convertible;
use crate::function::{DatePart, Function, math};
use crate::problem::Problem;
use crate::step::{Op, StepId};
use crate::types::{TEXT_MAX, is_lob, is_short_text, text_length};

/// A call whose arguments are steps.
#[derive(Clone, Copy)]
struct Site<'s> {
    function: Function,
    arguments: &'s [StepId],
    span: Span,
}

impl Compiler<'_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: Vec<StepId>,
        span: Span,
    ) -> Result<StepId, Problem> {
        let Some((function, count)) = Function::named(name) else {
            let message = format!("`{name}` is not a function");
            let problem = Problem::error(dts::DTS_E_EXPREVALINVALIDFUNCTION, span, message);
            return Err(match Function::similar(name) {
                Some(other) => problem.with_hint(format!("use {other}")),
                None => problem,
            });
        };
        if arguments.len() != count {
            return Err(wrong_count(function, count, arguments.len(), span));
        }
        let site = Site { function, arguments: &arguments, span };
        match function {
            Function::Abs
            | Function::Ceiling
            | Function::Exp
            | Function::Floor
            | Function::Ln
            | Function::Log
            | Function::Power
            | Function::Round
            | Function::Sign
            | Function::Square
            | Function::Sqrt => self.math_call(site),
            Function::Hex => {
                self.require(site, 0, DataType::is_integer)?;
                self.finish(site, DataType::WStr { length: 16 })
            }
            Function::Len => {
                self.require(site, 0, |t| is_short_text(t) || is_lob(t))?;
                self.finish(site, DataType::I4)
            }
            Function::IsNull => self.finish(site, DataType::Bool),
            Function::ReplaceNull => self.replace_null(site),
            Function::GetDate | Function::GetUtcDate => self.finish(site, DataType::DbTimestamp),
            Function::DateAdd(_) | Function::DateDiff(_) | Function::DatePart(_) => {
                self.date_part_call(site)
            }
            Function::Day | Function::Month | Function::Year => {
                let date = self.date_argument(site, 0)?;
                self.finish(Site { arguments: &[date], ..site }, DataType::I4)
            }
            Function::CodePoint
            | Function::FindString
            | Function::Left
            | Function::Lower
            | Function::Ltrim
            | Function::Replace
            | Function::Replicate
            | Function::Reverse
            | Function::Right
            | Function::Rtrim
            | Function::Substring
            | Function::Token
            | Function::TokenCount
            | Function::Trim
            | Function::Upper => self.text_call(site),
        }
    }

    fn finish(&mut self, site: Site<'_>, data_type: DataType) -> Result<StepId, Problem> {
        let op = Op::Call(site.function, site.arguments.to_vec());
        self.push_folded(op, data_type, site.span)
    }

    fn mismatch(&self, site: Site<'_>, index: usize) -> Problem {
        let argument = site.arguments[index];
        let message = format!(
            "the function {} does not take the data type {} for parameter number {} (`{}`)",
            site.function.name(),
            self.type_of(argument),
            index + 1,
            self.snippet(self.span_of(argument))
        );
        Problem::error(dts::DTS_E_EXPREVALPARAMTYPEMISMATCH, site.span, message)
            .with_hint("cast the parameter to a type that the function takes")
    }

    fn require(
        &self,
        site: Site<'_>,
        index: usize,
        fits: impl Fn(DataType) -> bool,
    ) -> Result<(), Problem> {
        if fits(self.type_of(site.arguments[index])) {
            Ok(())
        } else {
            Err(self.mismatch(site, index))
        }
    }

    /// An argument that must be a whole number, as a DT_I4.
    fn integer_argument(&mut self, site: Site<'_>, index: usize) -> Result<StepId, Problem> {
        self.require(site, index, DataType::is_integer)?;
        self.implicitly(site.arguments[index], DataType::I4)
    }

    /// An argument that must be a date or a text that is one.
    fn date_argument(&mut self, site: Site<'_>, index: usize) -> Result<StepId, Problem> {
        let argument = site.arguments[index];
        let data_type = self.type_of(argument);
        if is_short_text(data_type) {
            return self.implicitly(argument, DataType::DbTimestamp);
        }
        self.require(site, index, DataType::is_date_time)?;
        Ok(argument)
    }

    fn math_call(&mut self, site: Site<'_>) -> Result<StepId, Problem> {
        self.require(site, 0, DataType::is_numeric)?;
        let argument = self.type_of(site.arguments[0]);
        let result = math::result_type(site.function, argument);
        let mut arguments = site.arguments.to_vec();
        if site.function == Function::Round {
            arguments[1] = self.integer_argument(site, 1)?;
        } else if site.function == Function::Power {
            self.require(site, 1, DataType::is_numeric)?;
        }
        self.finish(Site { arguments: &arguments, ..site }, result)
    }

    fn text_call(&mut self, site: Site<'_>) -> Result<StepId, Problem> {
        let texts = match site.function {
            Function::Replace => 3,
            Function::FindString | Function::Token | Function::TokenCount => 2,
            _ => 1,
        };
        let mut arguments = site.arguments.to_vec();
        for (index, argument) in arguments.iter_mut().enumerate() {
            if index < texts {
                self.require(site, index, is_short_text)?;
            } else {
                *argument = self.integer_argument(site, index)?;
            }
        }
        let site = Site { arguments: &arguments, ..site };
        let result = match site.function {
            Function::CodePoint => DataType::Ui2,
            Function::FindString | Function::TokenCount => DataType::I4,
            _ => {
                let length = self.result_length(site);
                self.warn_of_length(length, site.span);
                let length = u32::try_from(length).unwrap_or(TEXT_MAX).min(TEXT_MAX);
                DataType::WStr { length }
            }
        };
        self.finish(site, result)
    }

    /// How long the text that a function gives can become, before the limit of DT_WSTR.
    fn result_length(&self, site: Site<'_>) -> u64 {
        let length = |index: usize| u64::from(text_length(self.type_of(site.arguments[index])));
        let own = length(0);
        match site.function {
            Function::Left | Function::Right => {
                self.constant(site.arguments[1]).map_or(own, |n| own.min(n))
            }
            Function::Substring => self.constant(site.arguments[2]).map_or(own, |n| own.min(n)),
            Function::Replicate => {
                let count = self.constant(site.arguments[1]);
                count.map_or(u64::from(TEXT_MAX), |count| own.saturating_mul(count))
            }
            Function::Replace => {
                let find = match &self.steps[site.arguments[1]].op {
                    Op::Constant(_) => length(1).max(1),
                    _ => 1,
                };
                let growth = length(2).div_ceil(find).max(1);
                own.saturating_mul(growth)
            }
            _ => own,
        }
    }

    /// The value of a literal that is not negative.
    fn constant(&self, step: StepId) -> Option<u64> {
        match &self.steps[step].op {
            Op::Constant(Value::I4(n)) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    fn replace_null(&mut self, site: Site<'_>) -> Result<StepId, Problem> {
        self.require(site, 0, |t| !is_lob(t))?;
        self.require(site, 1, |t| !is_lob(t))?;
        let (value, replacement) = (site.arguments[0], site.arguments[1]);
        let (from, mut to) = (self.type_of(replacement), self.type_of(value));
        if is_short_text(from) && is_short_text(to) {
            // A replacement that is longer than the column is what people write.
            to = DataType::WStr { length: text_length(to).max(text_length(from)) };
        }
        if !is_convertible(from, to) {
            return Err(self.mismatch(site, 1));
        }
        let value = self.implicitly(value, to)?;
        let replacement = self.implicitly(replacement, to)?;
        self.finish(Site { arguments: &[value, replacement], ..site }, to)
    }

    /// DATEADD, DATEDIFF and DATEPART, whose first argument is the name of a part.
    fn date_part_call(&mut self, site: Site<'_>) -> Result<StepId, Problem> {
        let part = self.date_part(site)?;
        let mut arguments = site.arguments.to_vec();
        let (function, result, first_date) = match site.function {
            Function::DateAdd(_) => {
                arguments[1] = self.integer_argument(site, 1)?;
                (Function::DateAdd(part), DataType::DbTimestamp, 2)
            }
            Function::DateDiff(_) => (Function::DateDiff(part), DataType::I4, 1),
            _ => (Function::DatePart(part), DataType::I4, 1),
        };
        for (index, argument) in arguments.iter_mut().enumerate().skip(first_date) {
            *argument = self.date_argument(site, index)?;
        }
        self.finish(Site { function, arguments: &arguments[1..], span: site.span }, result)
    }

    fn date_part(&self, site: Site<'_>) -> Result<DatePart, Problem> {
        let step = site.arguments[0];
        let Op::Constant(Value::Text(name)) = &self.steps[step].op else {
            let message =
                format!("the date part of {} must be a text literal", site.function.name());
            let code = dts::DTS_E_EXPREVALINVALIDDATEPARTNODE;
            return Err(Problem::error(code, self.span_of(step), message));
        };
        let is_weekday_short = name.eq_ignore_ascii_case("w");
        let is_date_part = matches!(site.function, Function::DatePart(_));
        DatePart::named(name).filter(|_| !(is_weekday_short && is_date_part)).ok_or_else(|| {
            let message =
                format!("`{name}` is not a date part that {} takes", site.function.name());
            Problem::error(dts::DTS_E_EXPREVALINVALIDDATEPART, self.span_of(step), message)
                .with_hint("use a name such as \"Day\" or an abbreviation such as \"dd\"")
        })
    }
}

fn wrong_count(function: Function, wanted: usize, given: usize, span: Span) -> Problem {
    let code = match (wanted, given) {
        (_, 1) => dts::DTS_E_EXPREVALINVALIDNUMBEROFPARAMSPLURALSINGULAR,
        (1, _) => dts::DTS_E_EXPREVALINVALIDNUMBEROFPARAMSSINGULARPLURAL,
        _ => dts::DTS_E_EXPREVALINVALIDNUMBEROFPARAMSPLURALPLURAL,
    };
    let message =
        format!("the function {} takes {wanted} parameters, not {given}", function.name());
    Problem::error(code, span, message)
}
