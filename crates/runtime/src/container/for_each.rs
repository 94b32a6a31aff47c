//! Foreach Loop: runs its children once for each item of an enumerator, with the values of the
//! item in variables.

mod node_list;

use std::sync::Arc;

use connect::path::{files, path_as_written};
use model::{Value, dts};
use package::{
    AdoEnumeration, FileNameRetrieval, ForEachEnumerator, ForEachKind, ForEachLoop, VariableMapping,
};

use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::{property, schedule};

/// An item: one value a column.
type Item = Vec<Value>;

/// Runs the loop.
pub(crate) fn run(frame: &Arc<Frame>, each: &ForEachLoop) -> Outcome {
    let items = property::enumerator(frame, &each.enumerator)
        .and_then(|enumerator| items(frame, &enumerator));
    let items = match items {
        Ok(items) => items,
        Err(mistake) => {
            mistake.raise(frame);
            return Outcome::FAILURE;
        }
    };
    for (item, iteration) in items.iter().zip(1..) {
        if frame.is_stopped() || frame.has_too_many_errors() {
            break;
        }
        for (number, mapping) in each.mappings.iter().enumerate() {
            if let Err(mistake) = map(frame, mapping, number, item) {
                mistake.raise(frame);
                return Outcome::FAILURE;
            }
        }
        schedule::run_children(frame, iteration);
    }
    Outcome::SUCCESS
}

/// Puts one value of an item into its variable.
fn map(
    frame: &Arc<Frame>,
    mapping: &VariableMapping,
    number: usize,
    item: &Item,
) -> Result<(), Mistake> {
    let Ok(index) = usize::try_from(mapping.value_index) else {
        return Err(Mistake::new(
            dts::DTS_E_VALUEINDEXNEGATIVE,
            "The value index is negative. The ForEach Variable Mapping value index must be zero \
             or greater.",
        ));
    };
    let wrong = |reason: Option<Mistake>| {
        let text = format!(
            "ForEach Variable Mapping number {} to variable \"{}\" cannot be applied.",
            number + 1,
            mapping.variable
        );
        let reason = reason.unwrap_or_else(|| {
            Mistake::new(
                dts::DTS_E_ELEMENTNOTFOUND,
                format!("The item has {} values, and none with the index {index}.", item.len()),
            )
        });
        reason.and(dts::DTS_E_FOREACHVARIABLEMAPPING, text)
    };
    let value = item.get(index).ok_or_else(|| wrong(None))?;
    evaluate::set_variable(frame, &mapping.variable, value).map_err(|reason| wrong(Some(reason)))
}

fn items(frame: &Arc<Frame>, enumerator: &ForEachEnumerator) -> Result<Vec<Item>, Mistake> {
    match &enumerator.kind {
        ForEachKind::File { folder, file_spec, retrieval, recurse } => {
            let search = Search { folder, file_spec, retrieval: *retrieval, recurse: *recurse };
            search.items(frame)
        }
        ForEachKind::Item { items } => Ok(items.clone()),
        ForEachKind::FromVariable { variable } => {
            of_value(variable, evaluate::read_variable(frame, variable)?)
        }
        ForEachKind::Ado { variable, enumeration } => {
            rows(variable, evaluate::read_variable(frame, variable)?, *enumeration)
        }
        ForEachKind::NodeList(list) => node_list::items(frame, list),
        ForEachKind::Other { stock, .. } => Err(unsupported(stock.name())),
        ForEachKind::Unknown { .. } => Err(unsupported(&enumerator.creation_name)),
    }
}

fn unsupported(name: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERRORLOADINGTASK,
        format!("The enumerator \"{name}\" is not supported by this version."),
    )
}

/// What a File enumerator looks for.
struct Search<'a> {
    folder: &'a str,
    file_spec: &'a str,
    retrieval: FileNameRetrieval,
    recurse: bool,
}

impl Search<'_> {
    /// The files, in alphabetical order as NTFS lists them.
    fn items(&self, frame: &Arc<Frame>) -> Result<Vec<Item>, Mistake> {
        let wrong = |reason: &dyn std::error::Error| {
            Mistake::new(
                dts::DTS_E_GENERICERROR,
                format!(
                    "The files \"{}\" in the folder \"{}\" cannot be listed: {}.",
                    self.file_spec,
                    self.folder,
                    evaluate::chain(reason)
                ),
            )
        };
        let options = &frame.run.runner.options;
        let root = options.path_map.resolve(self.folder).map_err(|error| wrong(&error))?;
        let found = files(&root, self.file_spec, self.recurse).map_err(|error| wrong(&error))?;
        if found.is_empty() {
            frame.warning(
                dts::DTS_W_FILEENUMEMPTY,
                "The For Each File enumerator is empty. The For Each File enumerator did not \
                 find any files that matched the file pattern, or the specified directory was \
                 empty.",
            );
        }
        let name = |path: &std::path::Path| match self.retrieval {
            FileNameRetrieval::FullyQualified => path_as_written(self.folder, &root, path),
            FileNameRetrieval::NameAndExtension => text_of(path.file_name()),
            FileNameRetrieval::NameOnly => text_of(path.file_stem()),
        };
        Ok(found.iter().map(|path| vec![Value::text(name(path))]).collect())
    }
}

fn text_of(name: Option<&std::ffi::OsStr>) -> String {
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The elements of whatever an object variable holds.
fn of_value(variable: &str, value: Value) -> Result<Vec<Item>, Mistake> {
    if let Value::List(items) = &value {
        return Ok(items.iter().map(|item| vec![item.clone()]).collect());
    }
    if let Value::Rows(rows) = &value {
        return Ok(rows.rows.clone());
    }
    // .NET enumerates a string as its characters.
    if let Value::Text(text) = &value {
        return Ok(text.chars().map(|letter| vec![Value::text(letter.to_string())]).collect());
    }
    Err(not_enumerable(variable, &value, "a list or rows"))
}

fn rows(variable: &str, value: Value, enumeration: AdoEnumeration) -> Result<Vec<Item>, Mistake> {
    let Value::Rows(rows) = value else {
        return Err(not_enumerable(variable, &value, "a recordset or data set"));
    };
    Ok(match enumeration {
        // A data set of ours has one table, so all tables have the rows of the first.
        AdoEnumeration::EnumerateRowsInFirstTable | AdoEnumeration::EnumerateAllRows => {
            rows.rows.clone()
        }
        AdoEnumeration::EnumerateTables => vec![vec![Value::Rows(rows)]],
    })
}

fn not_enumerable(variable: &str, value: &Value, wanted: &str) -> Mistake {
    let held = if value.is_null() { "nothing".to_owned() } else { format!("`{value}`") };
    Mistake::new(
        dts::DTS_E_GENERICERROR,
        format!("The variable \"{variable}\" holds {held}, and the enumerator needs {wanted}."),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{DataType, RowSet};

    use super::*;

    fn two_rows() -> Value {
        let row = |n| vec![Value::I4(n), Value::text("x")];
        let columns =
            vec![("n".to_owned(), DataType::I4), ("t".to_owned(), DataType::WStr { length: 1 })];
        Value::Rows(Arc::new(RowSet { columns, rows: vec![row(1), row(2)] }))
    }

    #[test]
    fn a_recordset_gives_its_rows_as_often_as_it_is_asked() {
        let variable = two_rows();
        for _ in 0..2 {
            let each = AdoEnumeration::EnumerateRowsInFirstTable;
            let items = rows("User::rs", variable.clone(), each).unwrap();
            assert_eq!(items, [[Value::I4(1), Value::text("x")], [Value::I4(2), Value::text("x")]]);
        }
        let tables = rows("User::rs", two_rows(), AdoEnumeration::EnumerateTables).unwrap();
        assert_eq!(tables.len(), 1);
        let each = AdoEnumeration::EnumerateAllRows;
        assert!(rows("User::rs", Value::Null, each).unwrap_err().text().contains("holds nothing"));
    }

    #[test]
    fn a_list_gives_its_elements() {
        let list = Value::List([Value::I4(1), Value::I4(2)].into());
        assert_eq!(of_value("User::list", list).unwrap(), [[Value::I4(1)], [Value::I4(2)]]);
    }
}
