//! Tables, indexes, procedures, functions, views, types.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    AlterTable, ColumnDef, ColumnOption, CreateFunction, CreateIndex, CreateProcedure, CreateType,
    CreateView, DropObject, ExecuteAs, FunctionReturns, Ident, IndexColumn, ObjectName, Parameter,
    TableConstraint, TableConstraintKind, TableDefinition, TableElement, TypeDefinition,
};

impl Printer {
    pub(super) fn table_definition(&mut self, definition: &TableDefinition) {
        self.listed(&definition.elements, Self::table_element);
    }

    fn table_element(&mut self, element: &TableElement) {
        match element {
            TableElement::Column(column) => self.column(column),
            TableElement::Computed { name, value, persisted } => {
                self.ident(name);
                self.after(" AS ", Some(value));
                self.put_if(*persisted, " PERSISTED");
            }
            TableElement::Constraint(constraint) => self.constraint(constraint),
            TableElement::Index(index) => {
                self.put("INDEX ");
                self.ident(&index.name);
                self.put_if(index.unique, " UNIQUE");
                self.clustered(index.clustered);
                self.put(" ");
                self.index_rest(index);
            }
        }
    }

    fn column(&mut self, column: &ColumnDef) {
        self.ident(&column.name);
        self.put(" ");
        self.type_name(&column.data_type);
        for option in &column.options {
            self.put(" ");
            self.column_option(option);
        }
    }

    fn column_option(&mut self, option: &ColumnOption) {
        match option {
            ColumnOption::Null => self.put("NULL"),
            ColumnOption::NotNull => self.put("NOT NULL"),
            ColumnOption::Identity(None) => self.put("IDENTITY"),
            ColumnOption::Identity(Some((seed, step))) => {
                self.after("IDENTITY(", Some(seed));
                self.after(", ", Some(step));
                self.put(")");
            }
            ColumnOption::Collate(name) => {
                self.put("COLLATE ");
                self.ident(name);
            }
            ColumnOption::RowGuid => self.put("ROWGUIDCOL"),
            ColumnOption::Sparse => self.put("SPARSE"),
            ColumnOption::Index { name, unique, clustered } => {
                self.put("INDEX ");
                self.ident(name);
                self.put_if(*unique, " UNIQUE");
                self.clustered(*clustered);
            }
            ColumnOption::Constraint(constraint) => self.constraint(constraint),
        }
    }

    fn clustered(&mut self, clustered: Option<bool>) {
        match clustered {
            Some(true) => self.put(" CLUSTERED"),
            Some(false) => self.put(" NONCLUSTERED"),
            None => (),
        }
    }

    fn constraint(&mut self, constraint: &TableConstraint) {
        if let Some(name) = &constraint.name {
            self.put("CONSTRAINT ");
            self.ident(name);
            self.put(" ");
        }
        match &constraint.kind {
            TableConstraintKind::Key { primary, clustered, columns, options } => {
                self.put(if *primary { "PRIMARY KEY" } else { "UNIQUE" });
                self.clustered(*clustered);
                if !columns.is_empty() {
                    self.put(" ");
                    self.listed(columns, Self::index_column);
                }
                self.index_options(options);
            }
            TableConstraintKind::Check(condition) => {
                self.after("CHECK (", Some(condition));
                self.put(")");
            }
            TableConstraintKind::Default(value, column) => {
                self.after("DEFAULT ", Some(value));
                if let Some(column) = column {
                    self.put(" FOR ");
                    self.ident(column);
                }
            }
            TableConstraintKind::References { columns, table, to, actions } => {
                self.put_if(!columns.is_empty(), "FOREIGN KEY");
                self.idents(columns);
                self.put_if(!columns.is_empty(), " ");
                self.put("REFERENCES ");
                self.name(table);
                self.idents(to);
                for action in actions {
                    self.put(" ON ");
                    self.put(action);
                }
            }
        }
    }

    fn index_column(&mut self, column: &IndexColumn) {
        self.ident(&column.name);
        self.put_if(column.descending, " DESC");
    }

    pub(super) fn create_index(&mut self, index: &CreateIndex) {
        self.put("CREATE");
        self.put_if(index.unique, " UNIQUE");
        self.clustered(index.clustered);
        self.put(" INDEX ");
        self.ident(&index.name);
        if let Some(table) = &index.table {
            self.put(" ON ");
            self.name(table);
        }
        self.put(" ");
        self.index_rest(index);
    }

    fn index_rest(&mut self, index: &CreateIndex) {
        self.listed(&index.columns, Self::index_column);
        self.put_if(!index.include.is_empty(), " INCLUDE");
        self.idents(&index.include);
        self.after(" WHERE ", index.filter.as_ref());
        self.index_options(&index.options);
    }

    fn index_options(&mut self, options: &[(String, String)]) {
        if !options.is_empty() {
            self.put(" WITH ");
            self.listed(options, |printer, (name, value)| {
                printer.put(name);
                printer.put(" = ");
                printer.put(value);
            });
        }
    }

    pub(super) fn create_table(&mut self, name: &ObjectName, definition: &TableDefinition) {
        self.word_name("CREATE TABLE ", name);
        self.put(" ");
        self.table_definition(definition);
    }

    pub(super) fn create_schema(&mut self, name: &Ident, owner: Option<&Ident>) {
        self.word_ident("CREATE SCHEMA ", name);
        self.owner(owner);
    }

    pub(super) fn alter_table(&mut self, name: &ObjectName, change: &AlterTable) {
        self.word_name("ALTER TABLE ", name);
        match change {
            AlterTable::Add(elements) => {
                self.put(" ADD ");
                self.list(elements, Self::table_element);
            }
            AlterTable::AlterColumn(column) => {
                self.put(" ALTER COLUMN ");
                self.column(column);
            }
            AlterTable::DropColumn { if_exists, names } => {
                self.put(" DROP COLUMN ");
                self.put_if(*if_exists, "IF EXISTS ");
                self.list(names, Self::ident);
            }
            AlterTable::DropConstraint { if_exists, names } => {
                self.put(" DROP CONSTRAINT ");
                self.put_if(*if_exists, "IF EXISTS ");
                self.list(names, Self::ident);
            }
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        self.put(&parameter.name);
        self.put(" ");
        self.type_name(&parameter.data_type);
        self.put_if(parameter.varying, " VARYING");
        self.after(" = ", parameter.default.as_ref());
        self.put_if(parameter.output, " OUTPUT");
        self.put_if(parameter.readonly, " READONLY");
    }

    fn module_options(&mut self, options: &[String], execute_as: Option<&ExecuteAs>) {
        for (index, option) in options.iter().enumerate() {
            self.put(if index == 0 { " WITH " } else { ", " });
            self.put(option);
        }
        if let Some(execute_as) = execute_as {
            self.put(if options.is_empty() { " WITH EXECUTE " } else { ", EXECUTE " });
            self.execute_as(execute_as);
        }
    }

    pub(super) fn create_procedure(&mut self, procedure: &CreateProcedure) {
        self.put(procedure.kind.word());
        self.put("PROCEDURE ");
        self.name(&procedure.name);
        self.put_if(!procedure.parameters.is_empty(), " ");
        self.list(&procedure.parameters, Self::parameter);
        self.module_options(&procedure.options, procedure.execute_as.as_ref());
        self.put(" AS");
        self.statements(&procedure.body);
    }

    pub(super) fn create_function(&mut self, function: &CreateFunction) {
        self.put(function.kind.word());
        self.put("FUNCTION ");
        self.name(&function.name);
        self.put(" ");
        self.listed(&function.parameters, Self::parameter);
        self.put(" RETURNS ");
        match &function.returns {
            FunctionReturns::Value(data_type) => self.type_name(data_type),
            FunctionReturns::Query(_) => self.put("TABLE"),
            FunctionReturns::Table { variable, definition } => {
                self.put(variable);
                self.put(" TABLE ");
                self.table_definition(definition);
            }
        }
        self.module_options(&function.options, function.execute_as.as_ref());
        self.put(" AS ");
        if let FunctionReturns::Query(query) = &function.returns {
            self.put("RETURN ");
            self.subquery(query);
        } else {
            self.block("BEGIN", &function.body, "END");
        }
    }

    pub(super) fn create_view(&mut self, view: &CreateView) {
        self.put(view.kind.word());
        self.put("VIEW ");
        self.name(&view.name);
        self.idents(&view.columns);
        self.module_options(&view.options, None);
        self.put(" AS ");
        self.query(&view.query);
        self.put_if(view.check_option, " WITH CHECK OPTION");
    }

    pub(super) fn create_type(&mut self, definition: &CreateType) {
        self.put("CREATE TYPE ");
        self.name(&definition.name);
        match &definition.definition {
            TypeDefinition::Table(table) => {
                self.put(" AS TABLE ");
                self.table_definition(table);
            }
            TypeDefinition::Alias(base, nullable) => {
                self.put(" FROM ");
                self.type_name(base);
                self.put_if(*nullable == Some(false), " NOT NULL");
                self.put_if(*nullable == Some(true), " NULL");
            }
        }
    }

    pub(super) fn drop_object(&mut self, object: &DropObject) {
        self.put("DROP ");
        self.put(object.kind.word());
        self.put(" ");
        self.put_if(object.if_exists, "IF EXISTS ");
        self.list(&object.names, Self::name);
    }
}
