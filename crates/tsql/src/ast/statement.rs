//! Statements: the list of all of them, control flow, variables, options, transactions.

use super::{
    AlterLogin, AlterTable, AssignOp, CreateFunction, CreateIndex, CreateLogin, CreateProcedure,
    CreateType, CreateUser, CreateView, CursorDefinition, CursorRef, Delete, DropObject, Execute,
    ExecuteString, Expr, Fetch, Ident, Insert, InsertBulk, Merge, ObjectName, PermissionChange,
    Place, Query, RoleChange, TableDefinition, TypeName, Update,
};

/// What a client sends at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// In order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub place: Place,
}

/// What a [`Statement`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `DECLARE` of variables.
    Declare(Vec<VariableDecl>),
    /// `DECLARE name CURSOR`.
    DeclareCursor(Ident, Box<CursorDefinition>),
    /// `SET @variable = value`.
    SetVariable {
        /// With its sign.
        variable: String,
        /// How.
        operator: AssignOp,
        /// The value.
        value: Expr,
    },
    /// `SET @variable = CURSOR ...`.
    SetCursor(String, Box<CursorDefinition>),
    /// `SET option ...`.
    SetOption(SetOption),
    /// `SELECT`.
    Select(Box<Query>),
    /// `INSERT`.
    Insert(Box<Insert>),
    /// `INSERT BULK`.
    InsertBulk(Box<InsertBulk>),
    /// `UPDATE`.
    Update(Box<Update>),
    /// `DELETE`.
    Delete(Box<Delete>),
    /// `MERGE`.
    Merge(Box<Merge>),
    /// `TRUNCATE TABLE`.
    Truncate(ObjectName),
    /// `EXEC procedure`, also a batch that begins with a procedure's name.
    Execute(Box<Execute>),
    /// `EXEC ('text')`.
    ExecuteString(Box<ExecuteString>),
    /// `BEGIN ... END`; at least one statement.
    Block(Vec<Statement>),
    /// `IF`.
    If(Box<If>),
    /// `WHILE`.
    While(Box<While>),
    /// `BREAK`.
    Break,
    /// `CONTINUE`.
    Continue,
    /// `RETURN [value]`.
    Return(Option<Expr>),
    /// `GOTO label`. The label is in the batch, or in the same procedure.
    Goto(Ident),
    /// `label:`.
    Label(Ident),
    /// `WAITFOR DELAY 'time'`.
    WaitForDelay(Expr),
    /// `WAITFOR TIME 'time'`.
    WaitForTime(Expr),
    /// `BEGIN TRY ... END TRY BEGIN CATCH ... END CATCH`.
    TryCatch {
        /// What is tried.
        body: Vec<Statement>,
        /// What is done on an error.
        handler: Vec<Statement>,
    },
    /// `THROW`; without arguments it sends the caught error on.
    Throw(Option<Box<ThrowArguments>>),
    /// `RAISERROR`.
    RaiseError(Box<RaiseError>),
    /// `PRINT`.
    Print(Expr),
    /// `BEGIN TRANSACTION`.
    BeginTransaction {
        /// Its name.
        name: Option<TransactionName>,
        /// `WITH MARK`, with its text.
        mark: Option<Option<String>>,
    },
    /// `COMMIT`.
    Commit(Option<TransactionName>),
    /// `ROLLBACK`, of all or to a savepoint.
    Rollback(Option<TransactionName>),
    /// `SAVE TRANSACTION`.
    SaveTransaction(TransactionName),
    /// `OPEN cursor`.
    Open(CursorRef),
    /// `FETCH`.
    Fetch(Box<Fetch>),
    /// `CLOSE cursor`.
    Close(CursorRef),
    /// `DEALLOCATE cursor`.
    Deallocate(CursorRef),
    /// `CREATE TABLE`.
    CreateTable(ObjectName, Box<TableDefinition>),
    /// `ALTER TABLE`.
    AlterTable(ObjectName, Box<AlterTable>),
    /// `CREATE INDEX`.
    CreateIndex(Box<CreateIndex>),
    /// `CREATE PROCEDURE`. The text to keep is that of the batch.
    CreateProcedure(Box<CreateProcedure>),
    /// `CREATE FUNCTION`.
    CreateFunction(Box<CreateFunction>),
    /// `CREATE VIEW`.
    CreateView(Box<CreateView>),
    /// `CREATE TYPE`.
    CreateType(Box<CreateType>),
    /// `CREATE SCHEMA name [AUTHORIZATION owner]`.
    CreateSchema(Ident, Option<Ident>),
    /// `DROP`.
    Drop(Box<DropObject>),
    /// `CREATE LOGIN`.
    CreateLogin(Box<CreateLogin>),
    /// `ALTER LOGIN`.
    AlterLogin(Ident, Box<AlterLogin>),
    /// `CREATE USER`.
    CreateUser(Box<CreateUser>),
    /// `ALTER USER`.
    AlterUser(Box<CreateUser>),
    /// `CREATE [SERVER] ROLE name [AUTHORIZATION owner]`.
    CreateRole {
        /// `SERVER`.
        server: bool,
        /// Its name.
        name: Ident,
        /// `AUTHORIZATION`.
        owner: Option<Ident>,
    },
    /// `ALTER [SERVER] ROLE`.
    AlterRole {
        /// `SERVER`.
        server: bool,
        /// Its name.
        name: Ident,
        /// What changes.
        change: RoleChange,
    },
    /// `GRANT`, `DENY`, `REVOKE`.
    Permission(Box<PermissionChange>),
    /// `USE database`.
    Use(Ident),
    /// `EXECUTE AS`.
    ExecuteAs(ExecuteAs),
    /// `REVERT`.
    Revert,
    /// `KILL session`.
    Kill(Expr),
    /// `DBCC command (arguments)`: parsed so that whoever runs it can refuse it by name.
    Dbcc {
        /// The command.
        command: Ident,
        /// What stands in parentheses.
        arguments: Vec<Expr>,
        /// `WITH`, in upper case.
        options: Vec<String>,
    },
}

/// One variable of `DECLARE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableDecl {
    /// With its sign.
    pub name: String,
    /// What it is.
    pub kind: VariableKind,
    /// Where it stands.
    pub place: Place,
}

/// What a variable is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableKind {
    /// A value. A user's table type looks the same: only the binder can tell.
    Scalar {
        /// Its type.
        data_type: TypeName,
        /// Its first value.
        value: Option<Expr>,
    },
    /// A cursor.
    Cursor,
    /// A table.
    Table(TableDefinition),
}

/// `SET option`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetOption {
    /// `SET option, option ON | OFF`. In upper case; `STATISTICS IO` is one name.
    Switch {
        /// Which.
        names: Vec<String>,
        /// `ON`.
        on: bool,
    },
    /// `SET option value`: `TEXTSIZE`, `LANGUAGE`, ... A bare word is a string.
    Value {
        /// Which, in upper case.
        name: String,
        /// The constant or variable.
        value: Expr,
    },
    /// `SET TRANSACTION ISOLATION LEVEL`.
    Isolation(IsolationLevel),
    /// `SET IDENTITY_INSERT table ON | OFF`.
    IdentityInsert(ObjectName, bool),
}

/// How far transactions see each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum IsolationLevel {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Snapshot,
    Serializable,
}

/// `IF condition then [ELSE otherwise]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// What is done when it holds.
    pub then: Statement,
    /// What is done otherwise.
    pub otherwise: Option<Statement>,
}

/// `WHILE condition body`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct While {
    /// The condition.
    pub condition: Expr,
    /// What is repeated.
    pub body: Statement,
}

/// What `THROW` throws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrowArguments {
    /// The number.
    pub number: Expr,
    /// The text.
    pub message: Expr,
    /// The state.
    pub state: Expr,
}

/// `RAISERROR(message, severity, state, arguments) WITH options`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaiseError {
    /// A text, or the number of one.
    pub message: Expr,
    /// The severity.
    pub severity: Expr,
    /// The state.
    pub state: Expr,
    /// What is put into the text.
    pub arguments: Vec<Expr>,
    /// `LOG`.
    pub log: bool,
    /// `NOWAIT`.
    pub nowait: bool,
    /// `SETERROR`.
    pub set_error: bool,
}

/// The name of a transaction or savepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionName {
    /// A name.
    Name(Ident),
    /// A variable, with its sign.
    Variable(String),
}

/// Whose rights count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecuteAs {
    /// `CALLER`.
    Caller,
    /// `SELF`.
    Creator,
    /// `OWNER`.
    Owner,
    /// `LOGIN = name`.
    Login(Expr),
    /// `USER = name`, or a procedure's `'name'`.
    User(Expr),
}
