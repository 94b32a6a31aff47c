//! XML Task: one operation on an XML document.
//!
//! Names and numbers: "XML Task Editor (General Page)", control-flow facts 9.9.

use crate::codes::numbered;

/// XML Task.
#[derive(Clone, Debug, Default)]
pub struct XmlTask {
    /// What it does.
    pub operation: XmlOperation,
    /// The document.
    pub source: XmlOperand,
    /// Schema, stylesheet, path expression, second document or diffgram, as the operation needs.
    pub second: XmlOperand,
    /// Whether the result is kept.
    pub save_result: bool,
    /// What `destination` is.
    pub destination_type: XmlDestination,
    /// Id or name of a FILE connection manager, or the name of a variable.
    pub destination: String,
    /// Whether an existing file, or text in the variable, may be replaced.
    pub overwrite: bool,
    /// What a document is validated against.
    pub validation_type: XmlValidation,
    /// Whether the task fails when the document is not valid.
    pub fail_on_invalid: bool,
    /// Whether the result of a validation names each error.
    pub validation_details: bool,
    /// What the result of a path expression is.
    pub xpath_operation: XPathOperation,
    /// Whether what a path expression selects is put into one node.
    pub in_one_node: bool,
    /// Prefixes of path expressions, and their namespaces.
    pub namespaces: Vec<(String, String)>,
    /// Where a merge puts the second document: a path expression.
    pub merge_point: XmlOperand,
    /// How documents are compared.
    pub diff_algorithm: XmlDiffAlgorithm,
    /// The options of a comparison, as they are saved: names with commas, or the sum of their bits.
    pub diff_options: String,
    /// Whether the task fails when the documents differ.
    pub fail_on_difference: bool,
    /// Whether the differences are kept.
    pub save_diffgram: bool,
    /// What `diffgram` is.
    pub diffgram_type: XmlDestination,
    /// Where the differences go.
    pub diffgram: String,
    /// Settings that nothing here knows, by name.
    pub unknown_settings: Vec<String>,
}

/// A text that is given here, in a file or in a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XmlOperand {
    /// What `text` is.
    pub kind: XmlSourceType,
    /// The text itself, the id or name of a FILE connection manager, or the name of a variable.
    pub text: String,
}

numbered! {
    /// What an XML Task does.
    XmlOperation {
        /// Checks a document against a schema or DTD.
        #[default]
        Validate = 0, "Validate";
        /// Transforms a document.
        Xslt = 1, "XSLT";
        /// Evaluates a path expression.
        XPath = 2, "XPATH";
        /// Puts one document into another.
        Merge = 3, "Merge";
        /// Compares two documents.
        Diff = 4, "Diff";
        /// Applies what a comparison found.
        Patch = 5, "Patch";
    }

    /// Where a text comes from.
    XmlSourceType {
        /// The file of a FILE connection manager.
        #[default]
        FileConnection = 0, "FileConnection";
        /// A variable.
        Variable = 1, "Variable";
        /// The property itself.
        DirectInput = 2, "DirectInput";
    }

    /// Where a result goes.
    XmlDestination {
        /// The file of a FILE connection manager.
        #[default]
        FileConnection = 0, "FileConnection";
        /// A variable.
        Variable = 1, "Variable";
    }

    /// What a document is validated against.
    XmlValidation {
        /// The DTD that it names.
        #[default]
        Dtd = 0, "DTD";
        /// An XML schema.
        Xsd = 1, "XSD";
    }

    /// What the result of a path expression is.
    XPathOperation {
        /// The value of a function, as text.
        #[default]
        Evaluation = 0, "Evaluation";
        /// The text in each selected node, one behind the other.
        Values = 1, "Values";
        /// The selected nodes as XML.
        NodeList = 2, "NodeList" | "Node list";
    }

    /// How two documents are compared.
    XmlDiffAlgorithm {
        /// By size.
        #[default]
        Auto = 0, "Auto";
        /// Fast.
        Fast = 1, "Fast";
        /// Precise.
        Precise = 2, "Precise";
    }
}
