//! Requests that are sent again.

use catalog::idempotency::once;
use catalog::procedures::create_execution;
use catalog::{Caller, reads};

use crate::support::{Fixture, Recipe, admin, load};

pub(crate) async fn a_repeated_request_does_nothing_again(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = at
            .write(|tx| {
                once(tx, &admin(), ("create_execution", "key 1"), |tx| {
                    Ok(create_execution(tx, &admin(), &load())?.0)
                })
            })
            .await;
        ids.push(id);
    }
    assert_eq!(ids[0], ids[1]);
    let filter = reads::ExecutionFilter { limit: 10, ..Default::default() };
    assert_eq!(at.read(move |tx| reads::executions(tx, &admin(), &filter)).await.len(), 1);
    let other = at
        .refused(|tx| once(tx, &Caller::admin("eve"), ("create_execution", "key 1"), |_| Ok(0)))
        .await;
    assert_eq!(other.0, 27101);
}
