//! What the benchmarks are measured against: bounds that no scheduler can beat.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use rusqlite::Connection;

/// Processes that are started for the measurement.
const PROCESSES: usize = 5_000;

/// Started at a time.
const AT_A_TIME: usize = 8;

/// Tasks in the queue.
const TASKS: i64 = 50_000;

/// Tasks in one transaction.
const BATCH: i64 = 50;

/// How many processes that do nothing this machine starts and ends in a second.
pub(crate) fn spawn_per_s() -> Result<f64> {
    let start = Instant::now();
    std::thread::scope(|scope| -> Result<()> {
        let threads: Vec<_> = (0..AT_A_TIME)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    for _ in 0..PROCESSES / AT_A_TIME {
                        Command::new("/bin/true").status()?;
                    }
                    Ok(())
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap_or_else(|_| anyhow::bail!("a thread failed"))?;
        }
        Ok(())
    })?;
    Ok(PROCESSES as f64 / start.elapsed().as_secs_f64())
}

/// How many tasks a durable queue in SQLite claims and completes in a second, with one process,
/// two transactions a batch and nothing logged.
pub(crate) fn sqlite_queue_per_s(folder: &Path) -> Result<f64> {
    let queue = Connection::open(folder.join("queue.sqlite"))?;
    queue.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE tasks (id INTEGER PRIMARY KEY, state INT NOT NULL DEFAULT 0, payload TEXT);
         CREATE INDEX waiting ON tasks (id) WHERE state = 0;",
    )?;
    queue.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO tasks (payload) SELECT '{\"package\":\"' || i || '\"}' FROM n",
        [TASKS],
    )?;
    let start = Instant::now();
    loop {
        let claimed = queue.execute(
            "UPDATE tasks SET state = 1
             WHERE id IN (SELECT id FROM tasks WHERE state = 0 ORDER BY id LIMIT ?1)",
            [BATCH],
        )?;
        if claimed == 0 {
            break;
        }
        queue.execute("UPDATE tasks SET state = 2 WHERE state = 1", [])?;
    }
    Ok(TASKS as f64 / start.elapsed().as_secs_f64())
}
