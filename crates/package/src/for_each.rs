//! Foreach enumerators.

use model::Value;

use crate::codes::numbered;
use crate::{PropertyExpression, XmlOperand};

/// What a Foreach Loop goes through.
#[derive(Clone, Debug)]
pub struct ForEachEnumerator {
    /// `{GUID}`.
    pub id: String,
    /// The enumerator's name.
    pub name: String,
    /// The type as the document names it.
    pub creation_name: String,
    /// Expressions that set its properties, evaluated once before the first item.
    pub property_expressions: Vec<PropertyExpression>,
    /// What it is.
    pub kind: ForEachKind,
}

/// The kinds of enumerators.
#[derive(Clone, Debug)]
pub enum ForEachKind {
    /// Files of a folder.
    File {
        /// The folder.
        folder: String,
        /// Wildcards `*` and `?`.
        file_spec: String,
        /// What of the file's name is the item.
        retrieval: FileNameRetrieval,
        /// Whether subfolders count.
        recurse: bool,
    },
    /// Items written in the package.
    Item {
        /// Each has one value a column.
        items: Vec<Vec<Value>>,
    },
    /// The content of a variable.
    FromVariable {
        /// `User::List`.
        variable: String,
    },
    /// Rows of a recordset or data set in a variable.
    Ado {
        /// `User::Rows`.
        variable: String,
        /// Rows or tables.
        enumeration: AdoEnumeration,
    },
    /// Nodes of an XML document.
    NodeList(Box<NodeList>),
    /// A documented enumerator that this model has no fields for.
    Other {
        /// Which one.
        stock: StockForEach,
        /// Its settings as in the document.
        data_xml: String,
    },
    /// An enumerator of unknown type.
    Unknown {
        /// Its settings as in the document.
        data_xml: String,
    },
}

/// Nodes of an XML document that path expressions select.
#[derive(Clone, Debug, Default)]
pub struct NodeList {
    /// What an item is.
    pub enumeration: NodeEnumeration,
    /// The document.
    pub source: XmlOperand,
    /// Selects the items.
    pub outer: XmlOperand,
    /// What the values of an item are, where it is a collection.
    pub inner_type: NodeEnumeration,
    /// Selects the values of an item from it, where it is a collection.
    pub inner: XmlOperand,
    /// Settings that nothing here knows, by name.
    pub unknown_settings: Vec<String>,
}

numbered! {
    /// What of a file's name is the item.
    FileNameRetrieval {
        /// The whole path.
        #[default]
        FullyQualified = 0, "FullyQualified";
        /// The name with its extension.
        NameAndExtension = 1, "NameAndExtension";
        /// The name without its extension.
        NameOnly = 2, "NameOnly";
    }
    /// What the ADO enumerator goes through.
    AdoEnumeration {
        /// The tables of a data set.
        EnumerateTables = 0, "EnumerateTables";
        /// The rows of all tables of a data set.
        EnumerateAllRows = 1, "EnumerateAllRows";
        /// The rows of the first table, or of a recordset.
        #[default]
        EnumerateRowsInFirstTable = 2, "EnumerateRowsInFirstTable";
    }
    /// What an item of a node list is.
    NodeEnumeration {
        /// A cursor on the node.
        #[default]
        Navigator = 0, "Navigator";
        /// The node.
        Node = 1, "Node";
        /// The text in the node.
        NodeText = 2, "NodeText";
        /// What another path expression selects from the node.
        ElementCollection = 3, "ElementCollection";
    }
    /// Documented enumerators that this model has no fields for.
    StockForEach {
        /// ADO.NET Schema Rowset.
        #[default]
        SchemaRowset = 0, "Foreach ADO.NET Schema Rowset enumerator";
        /// SMO.
        Smo = 2, "Foreach SMO enumerator";
        /// HDFS File.
        HdfsFile = 3, "Foreach HDFS File enumerator";
        /// Azure Blob.
        AzureBlob = 4, "Foreach Azure Blob enumerator";
        /// Azure Data Lake Store File.
        AzureDataLake = 5, "Foreach ADLS File enumerator";
    }
}
