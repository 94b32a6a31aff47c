//! `catalog.update_master_address`.

use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::scale_out::write_master_properties;
use crate::store::Tx;

/// Publishes the address under which masters are found: `https://host:port`.
pub fn update_master_address(
    tx: &mut dyn Tx,
    caller: &Caller,
    master_address: &str,
) -> Result<(), CatalogError> {
    caller.require_admin()?;
    check_master_address(master_address)?;
    write_master_properties(tx, &[("MASTER_ADDRESS", master_address)])
}

/// Refuses what is no address of a master (27101).
pub fn check_master_address(master_address: &str) -> Result<(), CatalogError> {
    let place = master_address.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
    if place.is_some_and(is_host_and_port) {
        return Ok(());
    }
    Err(refusal::parameter_not_valid("MasterAddress"))
}

/// `host:port` or `[address]:port`.
fn is_host_and_port(place: &str) -> bool {
    let Some((host, port)) = place.rsplit_once(':') else { return false };
    let is_bare = !host.contains([':', '/', ' ', '@', '?', '#']);
    let is_address = host.starts_with('[') && host.ends_with(']') && !host.contains('/');
    let is_port = port.parse::<u16>().is_ok_and(|port| port != 0);
    !host.is_empty() && (is_bare || is_address) && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_host_and_port() {
        for good in ["m:8391", "m.example.com:1", "[::1]:8391", "10.0.0.1:65535"] {
            assert!(is_host_and_port(good), "{good}");
        }
        for bad in ["", "m", ":8391", "m:0", "m:65536", "m:x", "::1:8391", "m/x:1", "u@m:1"] {
            assert!(!is_host_and_port(bad), "{bad}");
        }
    }
}
