//! The errors of binding: one constructor per message, numbers and texts as SQL Server has them.
//!
//! Source: `sys.messages`.

use super::BindError;
use crate::ast::Place;
use crate::value::SqlError;

/// What every step of binding gives.
pub(super) type Bind<T> = Result<T, BindError>;

/// Puts the place to an error that does not know it.
pub(super) trait At<T> {
    fn at(self, place: Place) -> Bind<T>;
}

impl<T> At<T> for Result<T, SqlError> {
    fn at(self, place: Place) -> Bind<T> {
        self.map_err(|error| BindError { error, place })
    }
}

/// An error at its place.
pub(super) fn fail<T>(place: Place, error: SqlError) -> Bind<T> {
    Err(BindError { error, place })
}

/// Something that the language has and we have not.
pub(super) fn refuse<T>(place: Place, what: &str) -> Bind<T> {
    fail(place, SqlError::unsupported(what))
}

/// Declares one constructor per message; all have severity 16 or 15 and state 1.
macro_rules! messages {
    ($($name:ident($($arg:ident: $ty:ty),*) = $number:literal, $severity:literal, $text:literal;)*) => {
        $(pub(super) fn $name($($arg: $ty),*) -> SqlError {
            SqlError::new($number, $severity, 1, format!($text))
        })*
    };
}

messages! {
    order_position(position: &str) = 108, 15,
        "The ORDER BY position number {position} is out of range of the number of items in the select list.";
    order_not_in_set() = 104, 16,
        "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.";
    values_count() = 10709, 16,
        "The number of columns for each row in a table value constructor must be the same.";
    one_column() = 116, 16,
        "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.";
    star_without_table() = 263, 16,
        "Must specify table to select from.";
    star_prefix(prefix: &str) = 107, 15,
        "The column prefix '{prefix}' does not match with a table name or alias name used in the query.";
    aggregate_of_aggregate() = 130, 16,
        "Cannot perform an aggregate function on an expression containing an aggregate or a subquery.";
    undeclared(name: &str) = 137, 15,
        "Must declare the scalar variable \"{name}\".";
    undeclared_table(name: &str) = 1087, 15,
        "Must declare the table variable \"{name}\".";
    group_by_aggregate() = 144, 15,
        "Cannot use an aggregate or a subquery in an expression used for the group by list of a GROUP BY clause.";
    distinct_order() = 145, 15,
        "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.";
    aggregate_in_where() = 147, 15,
        "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.";
    aggregate_in_on() = 1015, 15,
        "An aggregate cannot appear in an ON clause unless it is in a subquery contained in a HAVING clause or select list, and the column being aggregated is an outer reference.";
    more_columns(name: &str) = 8158, 16,
        "'{name}' has more columns than were specified in the column list.";
    fewer_columns(name: &str) = 8159, 16,
        "'{name}' has fewer columns than were specified in the column list.";
    column_twice(column: &str, table: &str) = 8156, 16,
        "The column '{column}' was specified multiple times for '{table}'.";
    column_unnamed(number: usize, table: &str) = 8155, 16,
        "No column name was specified for column {number} of '{table}'.";
    group_outer() = 164, 15,
        "Each GROUP BY expression must contain at least one column that is not an outer reference.";
    float_range(text: &str) = 168, 15,
        "The floating point value '{text}' is out of the range of computer representation (8 bytes).";
    number_range(text: &str) = 1007, 15,
        "The number '{text}' is out of the range for numeric representation (maximum precision 38).";
    set_width() = 205, 16,
        "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.";
    column_unknown(name: &str) = 207, 16,
        "Invalid column name '{name}'.";
    object_unknown(name: &str) = 208, 16,
        "Invalid object name '{name}'.";
    column_ambiguous(name: &str) = 209, 16,
        "Ambiguous column name '{name}'.";
    nesting() = 217, 16,
        "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).";
    cte_forward(name: &str) = 252, 16,
        "Recursive common table expression '{name}' does not contain a top-level UNION ALL operator.";
    cte_no_anchor(name: &str) = 246, 16,
        "No anchor member was specified for recursive query \"{name}\".";
    cte_types(column: &str, name: &str) = 240, 16,
        "Types don't match between the anchor and the recursive part in column \"{column}\" of recursive query \"{name}\".";
    cte_forbidden(what: &str, name: &str) = 467, 16,
        "GROUP BY, HAVING, or aggregate functions are not allowed in the recursive part of a recursive common table expression '{name}'.{what}";
    cte_outer(name: &str) = 462, 16,
        "Outer join is not allowed in the recursive part of a recursive common table expression '{name}'.";
    cte_duplicate(name: &str) = 239, 16,
        "Duplicate common table expression name '{name}' was specified.";
    large_compared() = 306, 16,
        "The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.";
    xml_compared() = 305, 16,
        "The xml data type cannot be compared or sorted, except when using the IS NULL operator.";
    insufficient_arguments(name: &str) = 313, 16,
        "An insufficient number of arguments were supplied for the procedure or function {name}.";
    excess_arguments(name: &str) = 8144, 16,
        "Procedure or function {name} has too many arguments specified.";
    order_constant(position: usize) = 408, 16,
        "A constant expression was encountered in the ORDER BY list, position {position}.";
    large_distinct(name: &str) = 421, 16,
        "The {name} data type cannot be selected as DISTINCT because it is not comparable.";
    set_incomparable(name: &str) = 5335, 16,
        "The data type {name} cannot be used as an operand to the UNION, INTERSECT or EXCEPT operators because it is not comparable.";
    order_variable(position: usize) = 1008, 16,
        "The SELECT item identified by the ORDER BY number {position} contains a variable as part of the expression identifying a column position. Variables are only allowed when ordering by an expression referencing a column name.";
    alias_twice(name: &str) = 1011, 16,
        "The correlation name '{name}' is specified multiple times in a FROM clause.";
    table_twice(name: &str) = 1013, 16,
        "The objects \"{name}\" and \"{name}\" in the FROM clause have the same exposed names. Use correlation names to distinguish them.";
    date_part_missing(function: &str) = 1023, 15,
        "Invalid parameter 1 specified for {function}.";
    nested_order() = 1033, 15,
        "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.";
    top_type() = 1060, 15,
        "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.";
    ties_without_order() = 1062, 15,
        "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.";
    column_object(name: &str) = 4121, 16,
        "Cannot find either column \"{name}\" or the user-defined function or aggregate, or the name is ambiguous.";
    unbound(name: &str) = 4104, 16,
        "The multi-part identifier \"{name}\" could not be bound.";
    window_place() = 4108, 15,
        "Windowed functions can only appear in the SELECT or ORDER BY clauses.";
    window_in_window() = 4109, 15,
        "Windowed functions cannot be used in the context of another windowed function or aggregate.";
    window_order(name: &str) = 4112, 15,
        "The function '{name}' must have an OVER clause with ORDER BY.";
    range_frame() = 4194, 15,
        "RANGE is only supported with UNBOUNDED and CURRENT ROW window frame delimiters.";
    frame_order() = 4193, 15,
        "'BETWEEN FOLLOWING AND PRECEDING' is not a valid window frame and cannot be used with the OVER clause.";
    window_redefined() = 4123, 15,
        "Window element in OVER clause can not also be specified in WINDOW clause.";
    window_undefined(name: &str) = 5362, 15,
        "Window '{name}' is undefined.";
    window_cycle() = 5365, 15,
        "Cyclic window references are not permitted.";
    window_repeated() = 16211, 15,
        "Cannot repeat window name in the WINDOW clause.";
    window_index() = 5308, 16,
        "Windowed functions, aggregates and NEXT VALUE FOR functions do not support integer indices as ORDER BY clause expressions.";
    window_constant() = 5309, 16,
        "Windowed functions, aggregates and NEXT VALUE FOR functions do not support constants as ORDER BY clause expressions.";
    not_grouped(column: &str, place: &str) = 8120, 16,
        "Column '{column}' is invalid in the {place} because it is not contained in either an aggregate function or the GROUP BY clause.";
    not_grouped_having(column: &str) = 8121, 16,
        "Column '{column}' is invalid in the HAVING clause because it is not contained in either an aggregate function or the GROUP BY clause.";
    not_grouped_order(column: &str) = 8127, 16,
        "Column \"{column}\" is invalid in the ORDER BY clause because it is not contained in either an aggregate function or the GROUP BY clause.";
    aggregate_mixed() = 8124, 16,
        "Multiple columns are specified in an aggregated expression containing an outer reference. If an expression being aggregated contains an outer reference, then that outer reference must be the only column referenced in the expression.";
    grouping_argument(position: usize, function: &str) = 8161, 16,
        "Argument {position} of the {function} function does not match any of the expressions in the GROUP BY clause.";
    json_unnamed() = 13605, 16,
        "Column expressions and data sources without names or aliases cannot be formatted as JSON text using FOR JSON clause. Add alias to the unnamed column or table.";
    xml_unnamed() = 6809, 16,
        "Unnamed tables cannot be used as XML identifiers as well as unnamed columns cannot be used for attribute names. Name unnamed columns/tables using AS in the SELECT statement.";
    top_and_offset() = 10741, 15,
        "A TOP can not be used in the same query or sub-query as a OFFSET.";
    window_frame(name: &str) = 10752, 15,
        "The function '{name}' may not have a window frame.";
    over_missing(name: &str) = 10753, 15,
        "The function '{name}' must have an OVER clause.";
    over_distinct() = 10759, 15,
        "Use of DISTINCT is not allowed with the OVER clause.";
    within_group_missing(name: &str) = 10754, 15,
        "The function '{name}' must have a WITHIN GROUP clause.";
    default_misplaced() = 156, 15,
        "Incorrect syntax near the keyword 'DEFAULT'.";
    linked_server(name: &str) = 7202, 11,
        "Could not find server '{name}' in sys.servers. Verify that the correct server name was specified. If necessary, execute the stored procedure sp_addlinkedserver to add the server to sys.servers.";
    xml_argument(number: usize, method: &str) = 8172, 16,
        "The argument {number} of the XML data type method \"{method}\" must be a string literal.";
    xml_arguments(method: &str, count: usize) = 174, 15,
        "The {method} function requires {count} argument(s).";
    not_xml(method: &str, name: &str) = 258, 15,
        "Cannot call methods on {name}.{method}";
    collate_type(name: &str) = 447, 16,
        "Expression type {name} is invalid for COLLATE clause.";
    unpivot_types(column: &str) = 8167, 16,
        "The type of column \"{column}\" conflicts with the type of other columns specified in the UNPIVOT list.";
    identity_into() = 177, 15,
        "The IDENTITY function can only be used when the SELECT statement has an INTO clause.";
}
