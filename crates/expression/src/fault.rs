//! What can go wrong while an expression is computed, with the SSIS codes of it.
//!
//! SSIS has each of these twice: a code whose text has arguments, for error events, and a
//! "static" twin without, which is what an error output's ErrorCode column carries.

use model::dts;

use crate::convert::FailureKind;

/// Why one operation gave no value, or a shortened one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The right side of `/` or `%` is zero.
    DivideByZero,
    /// The result of an operator does not fit its type.
    BinaryOverflow,
    /// The result of unary minus does not fit its type.
    UnaryOverflow,
    /// The result of a function does not fit its type.
    FunctionOverflow,
    /// A function cannot be computed for these arguments.
    Function,
    /// A cast in the expression failed.
    Cast,
    /// An operand was converted and did not fit.
    ConversionOverflow,
    /// An operand could not be converted.
    Conversion,
    /// SUBSTRING with a negative length.
    SubstringLength,
    /// SUBSTRING with a start below 1.
    SubstringStart,
    /// LEFT or RIGHT with a negative length.
    LeftRightLength,
    /// REPLICATE with a negative count.
    ReplicateCount,
    /// FINDSTRING or TOKEN with an occurrence below 1.
    Occurrence,
    /// SQRT of a negative number.
    Sqrt,
    /// LN of zero or less.
    Ln,
    /// LOG of zero or less.
    Log,
    /// POWER that is not a real number.
    Power,
    /// A variable has no value of its type.
    Variable,
    /// The value was shortened.
    Truncated,
}

impl Fault {
    /// The code of the error event.
    pub const fn code(self) -> u32 {
        match self {
            Self::DivideByZero => dts::DTS_E_EXPREVALDIVBYZERO,
            Self::BinaryOverflow => dts::DTS_E_EXPREVALBINARYOPOVERFLOW,
            Self::UnaryOverflow => dts::DTS_E_EXPREVALUNARYOPOVERFLOW,
            Self::FunctionOverflow => dts::DTS_E_EXPREVALFUNCTIONOVERFLOW,
            Self::Function => dts::DTS_E_EXPREVALFUNCTIONCOMPUTEFAILED,
            Self::Cast => dts::DTS_E_EXPREVALCASTFAILED,
            Self::ConversionOverflow => dts::DTS_E_EXPREVALDATACONVERSIONOVERFLOW,
            Self::Conversion => dts::DTS_E_EXPREVALDATACONVERSIONFAILED,
            Self::SubstringLength => dts::DTS_E_EXPREVALFNSUBSTRINGINVALIDLENGTH,
            Self::SubstringStart => dts::DTS_E_EXPREVALFNSUBSTRINGINVALIDSTARTINDEX,
            Self::LeftRightLength => dts::DTS_E_EXPREVALFNRIGHTINVALIDLENGTH,
            Self::ReplicateCount => dts::DTS_E_EXPREVALFNREPLICATEINVALIDREPEATCOUNT,
            Self::Occurrence => dts::DTS_E_EXPREVALFNFINDSTRINGINVALIDOCCURRENCECOUNT,
            Self::Sqrt => dts::DTS_E_EXPREVALSQRTINVALIDPARAM,
            Self::Ln => dts::DTS_E_EXPREVALLNINVALIDPARAM,
            Self::Log => dts::DTS_E_EXPREVALLOGINVALIDPARAM,
            Self::Power => dts::DTS_E_EXPREVALPOWERINVALIDPARAM,
            Self::Variable => dts::DTS_E_EXPREVALVARIABLECOMPUTEFAILED,
            Self::Truncated => dts::DTS_E_EXPREVALTRUNCATIONASERROR,
        }
    }

    /// The code for the ErrorCode column of an error output.
    pub const fn static_code(self) -> u32 {
        match self {
            Self::DivideByZero => dts::DTS_E_EXPREVALSTATIC_DIVBYZERO,
            Self::BinaryOverflow => dts::DTS_E_EXPREVALSTATIC_BINARYOPOVERFLOW,
            Self::UnaryOverflow => dts::DTS_E_EXPREVALSTATIC_UNARYOPOVERFLOW,
            Self::FunctionOverflow => dts::DTS_E_EXPREVALSTATIC_FUNCTIONOVERFLOW,
            Self::Cast => dts::DTS_E_EXPREVALSTATIC_CASTFAILED,
            Self::ConversionOverflow => dts::DTS_E_EXPREVALSTATIC_DATACONVERSIONOVERFLOW,
            Self::Conversion => dts::DTS_E_EXPREVALSTATIC_DATACONVERSIONFAILED,
            Self::SubstringLength => dts::DTS_E_EXPREVALSTATIC_FNSUBSTRINGINVALIDLENGTH,
            Self::SubstringStart => dts::DTS_E_EXPREVALSTATIC_FNSUBSTRINGINVALIDSTARTINDEX,
            Self::LeftRightLength => dts::DTS_E_EXPREVALSTATIC_FNRIGHTINVALIDLENGTH,
            Self::ReplicateCount => dts::DTS_E_EXPREVALSTATIC_FNREPLICATEINVALIDREPEATCOUNT,
            Self::Occurrence => dts::DTS_E_EXPREVALSTATIC_FNFINDSTRINGINVALIDOCCURRENCECOUNT,
            // These have no twin of their own: they are functions that failed.
            Self::Function | Self::Sqrt | Self::Ln | Self::Log | Self::Power => {
                dts::DTS_E_EXPREVALSTATIC_FUNCTIONCOMPUTEFAILED
            }
            Self::Variable => dts::DTS_E_EXPREVALSTATIC_VARIABLECOMPUTEFAILED,
            Self::Truncated => dts::DTS_E_TRUNCATIONTRIGGEREDREDIRECTION,
        }
    }

    /// What happened, for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::DivideByZero => "the right side operand evaluates to zero",
            Self::BinaryOverflow => {
                "the result of the operator exceeds its data type; cast an operand to a larger type"
            }
            Self::UnaryOverflow => {
                "the negated value exceeds its data type; cast the operand to a larger type"
            }
            Self::FunctionOverflow => {
                "the result of the function exceeds its data type; cast the argument to a larger type"
            }
            Self::Function => "the function cannot be computed for these arguments",
            Self::Cast => "the value cannot be cast to the data type",
            Self::ConversionOverflow => "an operand exceeds the data type that the operation needs",
            Self::Conversion => {
                "an operand cannot be converted to the data type that the operation needs"
            }
            Self::SubstringLength => "the length of SUBSTRING is negative",
            Self::SubstringStart => "the start of SUBSTRING is below 1; positions count from 1",
            Self::LeftRightLength => "the length of LEFT or RIGHT is negative",
            Self::ReplicateCount => "the count of REPLICATE is negative",
            Self::Occurrence => "the occurrence is below 1; occurrences count from 1",
            Self::Sqrt => "SQRT of a negative number",
            Self::Ln => "LN of a number that is not positive",
            Self::Log => "LOG of a number that is not positive",
            Self::Power => "POWER has no real result for these arguments",
            Self::Variable => "the variable has no value of its data type",
            Self::Truncated => "the value was truncated; use a longer data type or SUBSTRING",
        }
    }

    /// Whether there is a value, a shortened one.
    pub const fn is_truncation(self) -> bool {
        matches!(self, Self::Truncated)
    }

    /// The fault of a cast that was written, or of a conversion that an operator needed.
    pub(crate) const fn of_conversion(kind: FailureKind, is_cast: bool) -> Self {
        match kind {
            FailureKind::Truncated => Self::Truncated,
            _ if is_cast => Self::Cast,
            FailureKind::Overflow | FailureKind::SignMismatch => Self::ConversionOverflow,
            FailureKind::CannotConvert | FailureKind::Unsupported => Self::Conversion,
        }
    }
}

/// An expression that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// The SSIS code, for the error event.
    pub code: u32,
    /// What happened where in which expression.
    pub message: String,
}

/// One row of a batch whose value failed or was truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowFailure {
    /// The row of the batch.
    pub row: usize,
    /// What happened.
    pub fault: Fault,
    /// The step that it happened in.
    pub(crate) step: usize,
}

impl RowFailure {
    /// The code for the ErrorCode column of an error output.
    pub fn error_code(&self) -> u32 {
        self.fault.static_code()
    }

    /// Whether the row has a value, a shortened one: the truncation disposition decides, not the
    /// error disposition.
    pub fn is_truncation(&self) -> bool {
        self.fault.is_truncation()
    }
}
