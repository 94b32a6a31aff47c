//! What an execution that no worker can run says of itself, where people look first.

use catalog::scale_out::{explain_task, stuck, tell_stuck};
use model::TaskId;

use crate::project::deploy;
use crate::support::server;

#[test]
fn the_reason_why_nothing_runs_is_among_the_messages_of_the_execution_once() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    talk.shows(
        "EXEC catalog.enable_scaleout;
         DECLARE @id bigint;
         EXEC catalog.create_execution N'Finance', N'DailyLoad', N'Main.dtsx',
              @runinscaleout = 1, @execution_id = @id OUTPUT;
         EXEC catalog.start_execution @id;",
    );
    let told = server.write(|tx| {
        let now = tx.now();
        tell_stuck(tx, now)
    });
    assert_eq!(told, 1);
    // The same is not said again.
    let again = server.write(|tx| {
        let now = tx.now();
        tell_stuck(tx, now)
    });
    assert_eq!(again, 0);
    let explained = server.write(|tx| {
        let id: Option<TaskId> = tx.scalar("SELECT TaskId FROM tasks", &[])?;
        explain_task(tx, id.unwrap(), &[])
    });
    let waiting = server.write(stuck);
    assert_eq!(waiting[0].1, explained);
    let query = "SELECT m.message FROM catalog.operation_messages m
                 JOIN catalog.executions x ON x.execution_id = m.operation_id
                 WHERE m.message_type = 110";
    assert_eq!(talk.value(query), explained.sentence);
    assert_eq!(explained.sentence, "no worker has registered");
    let count = "SELECT count(*) FROM catalog.operation_messages WHERE message_type = 110";
    assert_eq!(talk.value(count), "1");
}
