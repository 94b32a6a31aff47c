//! What a client sends after its login: [MS-TDS] 2.2.6.

mod all_headers;
mod bulk_load;
mod rpc;
mod sql_batch;
mod transaction;

pub use all_headers::AllHeaders;
pub use bulk_load::BulkLoad;
pub use rpc::{Argument, ProcedureId, ProcedureRef, RpcCall, RpcParameter, RpcRequest};
pub use sql_batch::SqlBatch;
pub use transaction::{Isolation, TransactionCommand, TransactionRequest};
