//! A PostgreSQL cluster under Patroni loses its primary while masters write: nothing that was
//! acknowledged is lost, nothing takes effect twice, and the catalog goes on by itself.
//!
//! `ROUNDS` (1) says how many primaries are lost, `SEED` which of them are killed and which
//! freeze; `cargo xtask failover ROUNDS SEED` sets both. The first is killed, the second freezes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use catalog::reads::AtRisk;
use catalog::{Catalog, CatalogError, CatalogKey, Tx, reads};
use testkit::patroni::{NODES, Patroni};

/// Longer than a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the catalog may be away: what Patroni needs at its settings here (ttl 5), with room
/// for a loaded machine.
const AWAY_MAX: Duration = Duration::from_secs(40);

/// Writers, half of them at each of two masters.
const WRITERS: usize = 6;

/// What clients were told.
#[derive(Default)]
struct Ledger {
    acknowledged: AtomicI64,
    stop: AtomicBool,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A write whose loss or second effect shows: a counter, and a row of its own.
fn write_once(tx: &mut dyn Tx, name: &str) -> Result<(), CatalogError> {
    let sql = "INSERT INTO master_properties VALUES (?1, 'x')";
    tx.execute(sql, &[name.into()])?;
    let sql = "INSERT INTO master_properties VALUES ('N', '1')
               ON CONFLICT (property_name) DO UPDATE SET property_value =
               CAST(CAST(master_properties.property_value AS BIGINT) + 1 AS TEXT)";
    tx.execute(sql, &[]).map(drop)
}

async fn writer(catalog: Catalog, number: usize, ledger: Arc<Ledger>) {
    let mut n = 0;
    while !ledger.stop.load(Ordering::Acquire) {
        let name = format!("writer {number} row {n}");
        let written = if n % 2 == 0 {
            catalog.write(move |tx| write_once(tx, &name)).await
        } else {
            catalog.write_beside(move |tx| write_once(tx, &name)).await
        };
        written.unwrap();
        ledger.acknowledged.fetch_add(1, Ordering::AcqRel);
        n += 1;
    }
}

/// Waits for writes that were acknowledged after now; how long that took.
async fn next_writes(ledger: &Ledger) -> Duration {
    let (start, before) = (Instant::now(), ledger.acknowledged.load(Ordering::Acquire));
    // Those under way may have been acknowledged by the server that is gone.
    let wanted = before + i64::try_from(WRITERS).unwrap() + 1;
    while ledger.acknowledged.load(Ordering::Acquire) < wanted {
        assert!(start.elapsed() < AWAY_MAX, "the catalog did not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

/// Patroni lets commits go on without a standby where there is none to wait for, as after a
/// failover. What is acknowledged then can be lost, and the catalog says so.
async fn wait_for_synchronous(master: &Catalog) {
    let start = Instant::now();
    loop {
        let replication = master.read(reads::replication).await.unwrap();
        if replication.at_risk() == AtRisk::Nothing {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "no standby is synchronous: {replication:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The next of a sequence of numbers that look random (SplitMix64).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_or_doubled_when_primaries_die() {
    let cluster = Patroni::start(true);
    let url = cluster.database("ssisdb");
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let key = CatalogKey::load_or_create(folder.path().join("key")).unwrap();
        Catalog::open_at(&url, key, PATIENCE).unwrap()
    };
    let masters = [open(), open()];
    let ledger = Arc::new(Ledger::default());
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| tokio::spawn(writer(masters[n % 2].clone(), n, Arc::clone(&ledger))))
        .collect();
    let mut seed = number("SEED", 1);
    for round in 0..number("ROUNDS", 1) {
        wait_for_synchronous(&masters[0]).await;
        next_writes(&ledger).await;
        let node = cluster.primary().unwrap();
        assert!((1..=NODES).contains(&node));
        // The first is killed and the second freezes; after that the seed decides.
        let freezes = if round < 2 { round == 1 } else { next(&mut seed).is_multiple_of(2) };
        if freezes {
            cluster.freeze(node)
        } else {
            cluster.kill(node)
        }
        let away = next_writes(&ledger).await;
        let what = if freezes { "frozen" } else { "killed" };
        println!("round {round}: node {node} {what}, writes again after {away:.1?}");
        if freezes {
            cluster.thaw(node)
        } else {
            cluster.start_again(node)
        }
        cluster.wait_until_complete();
    }
    ledger.stop.store(true, Ordering::Release);
    for writer in writers {
        writer.await.unwrap();
    }
    let acknowledged = ledger.acknowledged.load(Ordering::Acquire);
    for master in &masters {
        let counted = "SELECT CAST(property_value AS BIGINT) FROM master_properties
                       WHERE property_name = 'N'";
        let counted: Option<i64> = master.read(move |tx| tx.scalar(counted, &[])).await.unwrap();
        assert_eq!(counted, Some(acknowledged), "each acknowledged write took effect once");
        let rows = "SELECT count(*) FROM master_properties WHERE property_name <> 'N'";
        let rows: Option<i64> = master.read(move |tx| tx.scalar(rows, &[])).await.unwrap();
        assert_eq!(rows, Some(acknowledged));
    }
}
