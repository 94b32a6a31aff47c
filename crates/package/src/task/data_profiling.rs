//! Data Profiling Task: questions about the data of tables, answered in one XML document.
//!
//! What is asked is an XML document of its own inside the package, with room for the answers.
//! Sources: "Data Profiling Task" and the pages on the options of each request; a package and
//! what SSIS 2016 wrote for it (PacktPublishing, SQL Server 2017 Integration Services Cookbook,
//! chapter 5). Request and result of the Value Inclusion profile are in no public document: their
//! names follow those of the others.

mod input;

pub use input::ProfileInputError;

use crate::codes::numbered;

/// Data Profiling Task.
#[derive(Clone, Debug)]
pub struct DataProfiling {
    /// Whether the answers go to a file or a variable.
    pub destination_type: ProfileDestination,
    /// Id or name of a FILE connection manager, or the name of a variable.
    pub destination: String,
    /// Whether a file that is there already is written over.
    pub overwrite: bool,
    input: Result<ProfileInput, ProfileInputError>,
}

impl DataProfiling {
    /// A task that asks what the document says.
    pub fn new(input_xml: &str) -> Self {
        Self {
            destination_type: ProfileDestination::default(),
            destination: String::new(),
            overwrite: false,
            input: ProfileInput::parse(input_xml),
        }
    }

    /// What is asked.
    pub const fn input(&self) -> Result<&ProfileInput, &ProfileInputError> {
        self.input.as_ref()
    }

    /// Asks something else.
    pub fn set_input(&mut self, xml: &str) {
        self.input = ProfileInput::parse(xml);
    }
}

numbered! {
    /// Where the answers of a Data Profiling Task go.
    ProfileDestination {
        /// Into the file of a connection manager.
        #[default]
        FileConnection = 0, "FileConnection";
        /// Into a variable.
        Variable = 1, "Variable";
    }
}

/// What a Data Profiling Task asks.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileInput {
    /// Seconds for all of it; 0 is no limit.
    pub time_out_s: u64,
    /// The questions, in the order of the document.
    pub requests: Vec<ProfileRequest>,
    /// The questions as XML, for the answers' document.
    pub questions_xml: String,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileRequest {
    /// Its name; the answers refer to it.
    pub id: String,
    /// Id or name of the connection manager of the database.
    pub data_source: String,
    /// What is asked.
    pub kind: ProfileKind,
}

/// What is asked about tables and columns.
#[derive(Clone, Debug, PartialEq)]
pub enum ProfileKind {
    /// How long the texts of a column are.
    LengthDistribution {
        /// The column.
        column: ProfiledColumn,
        /// Leading spaces do not count.
        ignore_leading: bool,
        /// Trailing spaces do not count.
        ignore_trailing: bool,
    },
    /// How many values of a column are NULL.
    NullRatio {
        /// The column.
        column: ProfiledColumn,
    },
    /// Which regular expressions the texts of a column follow.
    Pattern {
        /// The column.
        column: ProfiledColumn,
        /// How the expressions are found.
        options: PatternOptions,
    },
    /// Least and greatest value, mean and deviation of a column.
    Statistics {
        /// The column.
        column: ProfiledColumn,
    },
    /// Which values a column has, and how often.
    ValueDistribution {
        /// The column.
        column: ProfiledColumn,
        /// Only values with a greater share of the rows; `None` is all of them.
        more_frequent_than: Option<f64>,
    },
    /// Which columns are a key of their table.
    CandidateKey {
        /// The table.
        table: ProfiledTable,
        /// The columns of the key.
        columns: Vec<ColumnChoice>,
        /// What is told.
        report: Report,
    },
    /// Whether some columns determine another.
    FunctionalDependency {
        /// The table.
        table: ProfiledTable,
        /// The columns that determine.
        determinants: Vec<ColumnChoice>,
        /// The column that is determined.
        dependent: ColumnChoice,
        /// What is told.
        report: Report,
    },
    /// Whether the values of some columns are found in others.
    Inclusion {
        /// The table whose values are looked for.
        subset: ProfiledTable,
        /// The table that they are looked for in.
        superset: ProfiledTable,
        /// Pairs of columns of both tables.
        columns: Vec<(ColumnChoice, ColumnChoice)>,
        /// How far the columns of the second table must be a key of it.
        key: Threshold,
        /// What is told.
        report: Report,
    },
}

/// A table or view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProfiledTable {
    /// Its schema; empty is the caller's own.
    pub schema: String,
    /// Its name.
    pub name: String,
}

/// A column of a table, or each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfiledColumn {
    /// The table.
    pub table: ProfiledTable,
    /// The column.
    pub column: ColumnChoice,
}

/// One column, or each in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    /// Its name; `None` is the wildcard (*).
    pub name: Option<String>,
    /// Texts are compared by their code points, and not by the collation of the column.
    pub binary: bool,
}

/// What of a relation between columns is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// How strong it must be.
    pub threshold: Threshold,
    /// How many of the rows' values that break it are told.
    pub violations_max: u32,
}

/// How strong a relation must be to be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// However weak it is.
    None,
    /// Stronger than this share of the rows.
    Above(f64),
    /// Without an exception.
    Exact,
}

impl Threshold {
    /// Whether a relation that holds for this share of the rows is told.
    pub fn admits(self, strength: f64) -> bool {
        match self {
            Self::None => true,
            Self::Above(least) => least < strength || strength >= 1.0,
            Self::Exact => strength >= 1.0,
        }
    }
}

/// How regular expressions for the texts of a column are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternOptions {
    /// How many at most.
    pub patterns_max: u32,
    /// No more once they cover this share of the values, in percent.
    pub coverage_percent: u32,
    /// Whether upper and lower case differ.
    pub case_sensitive: bool,
    /// Characters that stand for one space.
    pub delimiters: Vec<char>,
    /// Characters that are part of the expressions.
    pub symbols: Vec<char>,
}
