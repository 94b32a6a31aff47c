//! Asks the SQL Server Browser of a host for the port of an instance [MC-SQLR].

use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Where the browser listens.
const PORT: u16 = 1434;

/// UDP loses packets: ask a few times, each after this long.
const PATIENCE: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;

/// The TCP port of an instance, or `None` when nobody answers or the answer has none.
pub(super) async fn port_of(host: &str, instance: &str) -> Option<u16> {
    ask(host, PORT, instance).await
}

async fn ask(host: &str, port: u16, instance: &str) -> Option<u16> {
    for address in tokio::net::lookup_host((host, port)).await.ok()? {
        let local = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let Ok(socket) = UdpSocket::bind(local).await else { continue };
        if socket.connect(address).await.is_err() {
            continue;
        }
        // CLNT_UCAST_INST [2.2.3]: 4, the instance's name, 0.
        let question = [&[4], instance.as_bytes(), &[0]].concat();
        for _ in 0..ATTEMPTS {
            if socket.send(&question).await.is_err() {
                break;
            }
            let mut answer = vec![0; 64 << 10];
            match timeout(PATIENCE, socket.recv(&mut answer)).await {
                Ok(Ok(n)) => return port_in(&answer[..n]),
                // Nothing listens there.
                Ok(Err(_)) => break,
                Err(_) => {}
            }
        }
    }
    None
}

/// SVR_RESP [2.2.5]: 5, two bytes of length, then `ServerName;x;...;tcp;1433;...`.
fn port_in(answer: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(answer.strip_prefix(&[5])?.get(2..)?);
    let mut parts = text.split(';');
    parts.find(|part| part.eq_ignore_ascii_case("tcp"))?;
    parts.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_stands_behind_tcp() {
        let text = "ServerName;H;InstanceName;I;IsClustered;No;Version;15.0;tcp;49172;np;x;;";
        let answer = [&[5, 0, 0], text.as_bytes()].concat();
        assert_eq!(port_in(&answer), Some(49172));
        assert_eq!(port_in(b"\x05\0\0ServerName;H;;"), None);
        assert_eq!(port_in(b""), None);
    }

    #[test]
    fn a_browser_is_asked_for_the_instance() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let browser = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let port = browser.local_addr().unwrap().port();
            let answer = async {
                let mut question = [0; 64];
                let (n, from) = browser.recv_from(&mut question).await.unwrap();
                assert_eq!(&question[..n], b"\x04SQL2019\0");
                browser.send_to(b"\x05\0\0tcp;1500;;", from).await.unwrap();
            };
            let (port, ()) = tokio::join!(ask("127.0.0.1", port, "SQL2019"), answer);
            assert_eq!(port, Some(1500));
        });
    }
}
