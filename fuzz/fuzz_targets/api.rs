//! What people and their programs send to `/api/`: bodies and query strings of any bytes are read
//! or refused, and what was read is the same when it is written and read again.

#![no_main]

// The module by itself: a master with all that is in it takes long to build for a fuzzer.
#[allow(dead_code, unused_imports, reason = "answers are not read")]
#[path = "../../crates/master/src"]
mod master {
    pub(crate) mod api;
}

use master::api::{
    ChangeLogin, ChangeWorker, DeployQuery, ExecutionQuery, ExecutionsQuery, Join, MessagesQuery,
    NewExecution, NewFolder, NewJoin, NewLogin, TrustCertificate, Watch,
};
use axum::extract::Query;
use axum::http::Uri;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn body<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(request) = serde_json::from_slice::<T>(bytes) else { return };
    let text = serde_json::to_string(&request).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(serde_json::to_string(&again).expect("it was written before"), text);
}

fn query<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let uri = [b"/api/executions?".as_slice(), bytes].concat();
    let Ok(uri) = Uri::try_from(uri) else { return };
    let Ok(Query(request)) = Query::<T>::try_from_uri(&uri) else { return };
    serde_json::to_string(&request).expect("what was read can be written");
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind % 13 {
        0 => body::<Vec<NewExecution>>(bytes),
        1 => body::<Watch>(bytes),
        2 => body::<ChangeWorker>(bytes),
        3 => body::<NewJoin>(bytes),
        4 => body::<Join>(bytes),
        5 => body::<NewLogin>(bytes),
        6 => body::<ChangeLogin>(bytes),
        7 => body::<TrustCertificate>(bytes),
        8 => body::<NewFolder>(bytes),
        9 => query::<ExecutionsQuery>(bytes),
        10 => query::<ExecutionQuery>(bytes),
        11 => query::<MessagesQuery>(bytes),
        _ => query::<DeployQuery>(bytes),
    }
});
