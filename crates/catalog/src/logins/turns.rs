//! Who is looked at next: of each address from which people come in only a few are looked at at
//! once, so that whoever tries a thousand passwords makes nobody else wait for them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many of one address are looked at at once.
const OF_ONE_ADDRESS: usize = 4;

/// The lines of those who wait, by address.
static LINES: LazyLock<Mutex<HashMap<IpAddr, Arc<Semaphore>>>> = LazyLock::new(Mutex::default);

/// The turn of somebody who wants to come in. Over when dropped.
#[derive(Debug)]
pub struct Turn {
    place: Option<OwnedSemaphorePermit>,
    from: IpAddr,
}

/// Waits behind others of the same address.
pub async fn wait_in_line(from: IpAddr) -> Turn {
    let from = network(from);
    let line = {
        let mut lines = lines();
        Arc::clone(lines.entry(from).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_ADDRESS))))
    };
    // Lines are never closed.
    Turn { place: line.acquire_owned().await.ok(), from }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut lines = lines();
        self.place = None;
        // Whoever waits or has a turn holds the line too; if nobody does, it is forgotten.
        if lines.get(&self.from).is_some_and(|line| Arc::strong_count(line) == 1) {
            lines.remove(&self.from);
        }
    }
}

/// Who has an address of IPv6 has its whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

fn lines() -> MutexGuard<'static, HashMap<IpAddr, Arc<Semaphore>>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn an_address_waits_behind_itself_only() {
        let mut turns = Vec::new();
        for _ in 0..OF_ONE_ADDRESS {
            turns.push(wait_in_line(address("192.0.2.1")).await);
        }
        let mut next = Box::pin(wait_in_line(address("192.0.2.1")));
        assert!(timeout(Duration::from_millis(20), &mut next).await.is_err(), "all are taken");
        turns.push(wait_in_line(address("192.0.2.2")).await);
        turns.remove(0);
        turns.push(next.await);
        drop(turns);
        let lines = lines();
        assert!(!lines.contains_key(&address("192.0.2.1")), "nobody waits any more");
    }

    #[test]
    fn the_addresses_of_one_network_are_one() {
        let network = |text: &str| network(address(text)).to_string();
        assert_eq!(network("2001:db8:1:2:3::4"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
    }
}
