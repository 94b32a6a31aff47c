//! A table from its definition.
//!
//! Source: T-SQL reference, "CREATE TABLE", "ALTER TABLE ... column_constraint", "DECLARE
//! @local_variable" (table variables), "IDENTITY (Property)".

use super::{Check, ColumnRule, Identity, Key, KeyKind, ROW_ID, Table};
use crate::ast::{
    ColumnDef, ColumnOption, CreateIndex, Expr, ExprKind, Ident, IndexColumn, Literal, Place,
    SelectItem, TableConstraint, TableConstraintKind, TableDefinition, TableElement, UnaryOp,
};
use crate::bind::{self, BindError, DeclaredType, Names, RowTable};
use crate::collation::Collation;
use crate::host::Column;
use crate::types::{Kind, SqlType, check_implicit};
use crate::value::SqlError;

/// A table that is being defined, or changed by ALTER TABLE.
pub(in crate::session) struct Defining<'a> {
    pub(in crate::session) table: Table,
    columns: Vec<Column>,
    rules: Vec<ColumnRule>,
    checks: Vec<Check>,
    names: &'a dyn Names,
    /// Whether a column that does not say takes NULL.
    nullable: bool,
    /// The columns that said `NULL`.
    said_null: Vec<usize>,
}

/// A new table.
pub(in crate::session) fn define_table(
    name: &str,
    definition: &TableDefinition,
    names: &dyn Names,
    nullable: bool,
) -> Result<Table, BindError> {
    let mut defining = Defining::of(Table::plain(name, Vec::new()), names, nullable);
    defining.elements(&definition.elements)?;
    Ok(defining.definition())
}

impl<'a> Defining<'a> {
    /// Begins with a table that is there.
    pub(in crate::session) fn of(table: Table, names: &'a dyn Names, nullable: bool) -> Self {
        let columns = table.visible().to_vec();
        let rules = table.rules.to_vec();
        let checks = table.checks.to_vec();
        Self { table, columns, rules, checks, names, nullable, said_null: Vec::new() }
    }

    /// Takes elements in: columns first, because constraints name them.
    pub(in crate::session) fn elements(
        &mut self,
        elements: &[TableElement],
    ) -> Result<(), BindError> {
        for element in elements {
            if let TableElement::Column(column) = element {
                self.column(column)?;
            } else if let TableElement::Computed { name, .. } = element {
                self.add(name, SqlType::Int, true)?;
            }
        }
        for element in elements {
            match element {
                TableElement::Column(column) => self.column_options(column)?,
                TableElement::Computed { name, value, .. } => self.computed(name, value)?,
                TableElement::Constraint(constraint) => self.constraint(constraint, None)?,
                TableElement::Index(index) => self.index(index)?,
            }
        }
        Ok(())
    }

    /// The table with its new definition; its rows are still the old ones.
    pub(in crate::session) fn definition(self) -> Table {
        let Self { mut table, mut columns, rules, checks, .. } = self;
        columns.push(Column::new(ROW_ID, SqlType::BigInt).not_null());
        table.columns = columns.into();
        table.rules = rules.into();
        table.checks = checks.into();
        table
    }

    fn position(&self, name: &str) -> Option<usize> {
        let same = |column: &Column| Collation::default().equal(&column.name, name);
        self.columns.iter().position(same)
    }

    fn place_of(&self, name: &Ident) -> Result<usize, BindError> {
        self.position(&name.value).ok_or_else(|| {
            let text =
                format!("Column name '{}' does not exist in the target table or view.", name.value);
            at(name.place, SqlError::new(1911, 16, 1, text))
        })
    }

    fn add(&mut self, name: &Ident, data_type: SqlType, nullable: bool) -> Result<(), BindError> {
        if self.position(&name.value).is_some() {
            return Err(at(name.place, column_twice(&name.value, &self.table.name)));
        }
        let column = Column::new(&*name.value, data_type);
        self.columns.push(if nullable { column } else { column.not_null() });
        self.rules.push(ColumnRule::default());
        Ok(())
    }

    fn column(&mut self, column: &ColumnDef) -> Result<(), BindError> {
        let DeclaredType::Scalar(data_type) = bind::data_type(&column.data_type, self.names)?
        else {
            let name = column.data_type.name.name();
            let text =
                format!("The type '{name}' is not a valid type to be used as a column data type.");
            return Err(at(column.data_type.place, SqlError::new(350, 16, 1, text)));
        };
        self.add(&column.name, data_type, self.nullable && data_type != SqlType::RowVersion)
    }

    fn column_options(&mut self, column: &ColumnDef) -> Result<(), BindError> {
        let index = self.place_of(&column.name)?;
        for option in &column.options {
            match option {
                ColumnOption::Null => {
                    self.columns[index].nullable = true;
                    self.said_null.push(index);
                }
                ColumnOption::NotNull => self.columns[index].nullable = false,
                ColumnOption::Identity(seed) => self.identity(index, column, seed.as_ref())?,
                ColumnOption::Collate(name) => self.columns[index].collation = collation(name)?,
                ColumnOption::RowGuid | ColumnOption::Sparse => {}
                ColumnOption::Index { name, unique, .. } => {
                    if *unique {
                        let key = Key::new(
                            name.value.clone(),
                            vec![index],
                            KeyKind::Index,
                            &self.columns,
                        );
                        self.table.keys.push(key);
                    }
                }
                ColumnOption::Constraint(constraint) => {
                    self.constraint(constraint, Some(&column.name))?;
                }
            }
        }
        Ok(())
    }

    fn identity(
        &mut self,
        index: usize,
        column: &ColumnDef,
        seed: Option<&(Expr, Expr)>,
    ) -> Result<(), BindError> {
        let data_type = self.columns[index].data_type;
        let whole = data_type.kind().is_integer() && data_type.kind() != Kind::Bit;
        let decimal = data_type.kind().is_decimal()
            && data_type.precision_and_scale().is_some_and(|d| d.1 == 0);
        if !whole && !decimal {
            let text = format!(
                "Identity column '{}' must be of data type int, bigint, smallint, tinyint, or \
                 decimal or numeric with a scale of 0, unencrypted, and constrained to be \
                 nonnullable.",
                column.name.value
            );
            return Err(at(column.name.place, SqlError::new(2749, 16, 2, text)));
        }
        if self.table.identity.is_some() {
            let text = format!(
                "Multiple identity columns specified for table '{}'. Only one identity column per \
                 table is allowed.",
                self.table.name
            );
            return Err(at(column.name.place, SqlError::new(2744, 16, 2, text)));
        }
        let (seed, increment) = match seed {
            Some((seed, increment)) => (whole_number(seed)?, whole_number(increment)?),
            None => (1, 1),
        };
        self.table.identity = Some(Identity { seed, increment, last: None });
        self.rules[index].identity = true;
        self.columns[index].nullable = false;
        Ok(())
    }

    fn computed(&mut self, name: &Ident, value: &Expr) -> Result<(), BindError> {
        let index = self.place_of(name)?;
        let plain = |(at, column): (usize, &Column)| match self.rules[at].computed {
            // Neither itself nor another computed column can be used.
            None if at != index => column.clone(),
            Some(_) | None => Column { name: format!("\0{at}"), ..column.clone() },
        };
        let columns: Vec<Column> = self.columns.iter().enumerate().map(plain).collect();
        let tables = [RowTable { alias: &self.table.name, columns: &columns }];
        let item = SelectItem::Expr { value: value.clone(), alias: None };
        let bound = bind::over_row(&[item], &tables, self.names)?;
        if let Some((scalar, column)) = bound.first() {
            self.columns[index].data_type = scalar.data_type;
            self.columns[index].nullable = column.nullable;
        }
        self.rules[index].computed = Some(value.clone());
        Ok(())
    }

    fn constraint(
        &mut self,
        constraint: &TableConstraint,
        column: Option<&Ident>,
    ) -> Result<(), BindError> {
        let given = constraint.name.as_ref().map(|name| name.value.clone());
        match &constraint.kind {
            TableConstraintKind::Key { primary, columns, options, .. } => {
                refuse_ignoring(options)?;
                let kind = if *primary { KeyKind::Primary } else { KeyKind::Unique };
                let prefix = if *primary { "PK" } else { "UQ" };
                let name = given.unwrap_or_else(|| made_name(prefix, &self.table.name, column));
                let columns = self.key_columns(columns, column)?;
                self.key(name, columns, kind)
            }
            TableConstraintKind::Check(condition) => {
                let tables = [RowTable { alias: &self.table.name, columns: &self.columns }];
                bind::predicate_over_row(condition, &tables, self.names)?;
                let name = given.unwrap_or_else(|| made_name("CK", &self.table.name, column));
                let column = column.map(|column| column.value.clone());
                self.checks.push(Check { name, condition: condition.clone(), column });
                Ok(())
            }
            TableConstraintKind::Default(value, of) => {
                let Some(column) = of.as_ref().or(column) else { return Ok(()) };
                let name = given.unwrap_or_else(|| made_name("DF", &self.table.name, Some(column)));
                self.default(name, value, column)
            }
            // SQL Server leaves out foreign keys of temporary tables, too.
            TableConstraintKind::References { .. } => Ok(()),
        }
    }

    fn default(&mut self, name: String, value: &Expr, column: &Ident) -> Result<(), BindError> {
        let index = self.place_of(column)?;
        if !matches!(value.kind, ExprKind::Null) {
            let scalar = bind::scalar(value, self.names)?;
            check_implicit(&scalar.data_type, &self.columns[index].data_type)
                .map_err(|error| at(value.place, error))?;
        }
        if self.rules[index].default.is_some() {
            let error = SqlError::new(1781, 16, 1, "Column already has a DEFAULT bound to it.");
            return Err(at(column.place, error));
        }
        self.rules[index].default = Some((name, value.clone()));
        Ok(())
    }

    fn key_columns(
        &self,
        columns: &[IndexColumn],
        own: Option<&Ident>,
    ) -> Result<Vec<usize>, BindError> {
        if columns.is_empty() {
            return own.iter().map(|name| self.place_of(name)).collect();
        }
        columns.iter().map(|column| self.place_of(&column.name)).collect()
    }

    fn key(&mut self, name: String, columns: Vec<usize>, kind: KeyKind) -> Result<(), BindError> {
        if kind == KeyKind::Primary {
            if self.table.keys.iter().any(|key| key.kind == KeyKind::Primary) {
                let text = format!(
                    "Cannot add multiple PRIMARY KEY constraints to table '{}'.",
                    self.table.name
                );
                return Err(at(Place::default(), SqlError::new(8110, 16, 0, text)));
            }
            if columns.iter().any(|index| self.said_null.contains(index)) {
                let text = format!(
                    "Cannot define PRIMARY KEY constraint on nullable column in table '{}'.",
                    self.table.name
                );
                return Err(at(Place::default(), SqlError::new(8111, 16, 1, text)));
            }
            for index in &columns {
                self.columns[*index].nullable = false;
            }
        }
        self.table.keys.push(Key::new(name, columns, kind, &self.columns));
        Ok(())
    }

    /// An index; only a unique one changes what the table takes.
    pub(in crate::session) fn index(&mut self, index: &CreateIndex) -> Result<(), BindError> {
        let columns = self.key_columns(&index.columns, None)?;
        for name in &index.include {
            self.place_of(name)?;
        }
        if !index.unique {
            return Ok(());
        }
        refuse_ignoring(&index.options)?;
        if let Some(filter) = &index.filter {
            return Err(at(filter.place, SqlError::unsupported("UNIQUE INDEX ... WHERE")));
        }
        self.key(index.name.value.clone(), columns, KeyKind::Index)
    }

    /// Another type and nullability for a column that is there.
    pub(in crate::session) fn alter_column(&mut self, column: &ColumnDef) -> Result<(), BindError> {
        let index = self.place_of(&column.name)?;
        let DeclaredType::Scalar(data_type) = bind::data_type(&column.data_type, self.names)?
        else {
            return Err(at(column.data_type.place, SqlError::unsupported("ALTER COLUMN")));
        };
        self.columns[index].data_type = data_type;
        self.columns[index].nullable = !column.options.contains(&ColumnOption::NotNull);
        Ok(())
    }
}

/// Two columns of one name.
pub(in crate::session) fn column_twice(column: &str, table: &str) -> SqlError {
    let text = format!(
        "Column names in each table must be unique. Column name '{column}' in table '{table}' is \
         specified more than once."
    );
    SqlError::new(2705, 16, 3, text)
}

fn at(place: Place, error: SqlError) -> BindError {
    BindError { error, place }
}

/// `database_default` is the collation of all databases here.
fn collation(name: &Ident) -> Result<Collation, BindError> {
    if name.is("database_default") {
        return Ok(Collation::CI_AS);
    }
    Collation::named(&name.value).map_err(|error| at(name.place, error))
}

/// A key that leaves out duplicates in silence is not done.
fn refuse_ignoring(options: &[(String, String)]) -> Result<(), BindError> {
    let ignores = |(name, value): &(String, String)| {
        name == "IGNORE_DUP_KEY" && value.eq_ignore_ascii_case("ON")
    };
    match options.iter().any(ignores) {
        true => Err(at(Place::default(), SqlError::unsupported("IGNORE_DUP_KEY = ON"))),
        false => Ok(()),
    }
}

/// A name for a constraint without one, in the form that SQL Server gives: it is the same for
/// the same table and column.
fn made_name(prefix: &str, table: &str, column: Option<&Ident>) -> String {
    let of = format!("{prefix}{table}{}", column.map_or("", |column| &column.value));
    let hash = of.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let short: String = table.chars().take(8).collect();
    match column.filter(|_| prefix != "PK") {
        Some(column) => {
            let column: String = column.value.chars().take(5).collect();
            format!("{prefix}__{short}__{column}__{:08X}", hash >> 32)
        }
        None => format!("{prefix}__{short}__{hash:016X}"),
    }
}

/// A constant whole number, with its sign.
pub(in crate::session) fn whole_number(expr: &Expr) -> Result<i128, BindError> {
    let refused = || at(expr.place, SqlError::unsupported("IDENTITY of an expression"));
    if let ExprKind::Literal(Literal::Integer(digits)) = &expr.kind {
        return digits.parse().map_err(|_| refused());
    }
    if let ExprKind::Unary(UnaryOp::Minus, operand) = &expr.kind {
        return Ok(-whole_number(operand)?);
    }
    Err(refused())
}
