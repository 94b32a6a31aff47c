//! Execute SQL Task: runs statements through a connection manager.

use crate::codes::numbered;

/// Execute SQL Task.
#[derive(Clone, Debug)]
pub struct ExecuteSql {
    /// Id or name of the connection manager.
    pub connection: String,
    /// What `statement` is.
    pub source_type: SqlSource,
    /// The statements, or where they are.
    pub statement: String,
    /// What the statements return.
    pub result_type: ResultSetType,
    /// Whether `statement` is the name of a procedure (ADO and ADO.NET).
    pub is_stored_procedure: bool,
    /// Whether the statements are not prepared (OLE DB).
    pub bypass_prepare: bool,
    /// Seconds; 0 waits for ever.
    pub time_out_s: u32,
    /// Windows code page of text variables.
    pub code_page: u32,
    /// Whether results are converted to the types of their variables.
    pub type_conversion: TypeConversion,
    /// Which result goes to which variable.
    pub results: Vec<ResultBinding>,
    /// The parameters of the statements.
    pub parameters: Vec<ParameterBinding>,
}

impl Default for ExecuteSql {
    fn default() -> Self {
        Self {
            connection: String::new(),
            source_type: SqlSource::default(),
            statement: String::new(),
            result_type: ResultSetType::default(),
            is_stored_procedure: false,
            bypass_prepare: true,
            time_out_s: 0,
            code_page: 1252,
            type_conversion: TypeConversion::default(),
            results: Vec::new(),
            parameters: Vec::new(),
        }
    }
}

/// Which result goes to which variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultBinding {
    /// Column name or number from 0; `0` for a whole result set.
    pub result_name: String,
    /// `User::x`.
    pub variable: String,
}

/// A parameter of the statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterBinding {
    /// Name or number, as the kind of connection wants it.
    pub name: String,
    /// `User::x`.
    pub variable: String,
    /// Which way the value goes.
    pub direction: ParameterDirection,
    /// Number of the type in the numbering of the kind of connection: OLE DB's DBTYPE, ADO.NET's
    /// DbType or ODBC's SQL type.
    pub data_type: i32,
    /// Bytes or characters; -1 leaves it to the type.
    pub size: i32,
}

numbered! {
    /// Where the statements are.
    SqlSource {
        /// In the task.
        #[default]
        DirectInput = 1, "DirectInput";
        /// In the file of a connection manager.
        FileConnection = 2, "FileConnection";
        /// In a variable.
        Variable = 3, "Variable";
    }
    /// What the statements return.
    ResultSetType {
        /// Nothing that counts.
        #[default]
        None = 1, "ResultSetType_None" | "None";
        /// One row.
        SingleRow = 2, "ResultSetType_SingleRow" | "SingleRow";
        /// Rows.
        Rowset = 3, "ResultSetType_Rowset" | "Rowset";
        /// XML.
        Xml = 4, "ResultSetType_XML" | "XML";
    }
    /// Which way a parameter's value goes.
    ParameterDirection {
        /// To the statements.
        #[default]
        Input = 0, "Input";
        /// From the statements.
        Output = 1, "Output";
        /// From the procedure, as its return code.
        ReturnValue = 2, "ReturnValue";
    }
    /// Whether results are converted to the types of their variables.
    TypeConversion {
        /// They must already have them.
        None = 0, "None";
        /// They are converted.
        #[default]
        Allowed = 1, "Allowed";
    }
}
