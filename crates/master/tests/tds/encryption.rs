//! Every way of encryption, with a real client where there is one.

use std::sync::Arc;

use master::tds_listener::TdsOptions;
use tds::Version;
use tds::prelogin::Encryption;
use tiberius::{AuthMethod, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::compat::TokioAsyncWriteCompatExt as _;
use transport::client_config;

use super::client::{Client, login};
use super::scripted::{TestServer, options};

async fn tiberius(server: &TestServer, level: EncryptionLevel) -> tiberius::Result<Vec<i32>> {
    let mut config = Config::new();
    config.host("127.0.0.1");
    config.port(server.address.port());
    config.authentication(AuthMethod::sql_server("sa", "secret"));
    config.encryption(level);
    config.trust_cert();
    let socket = TcpStream::connect(server.address).await.unwrap();
    let connecting = tiberius::Client::connect(config, socket.compat_write());
    let mut client = Box::pin(connecting).await?;
    let rows = client.simple_query("rows 5000").await?.into_first_result().await?;
    Ok(rows.iter().filter_map(|row| row.get(0)).collect())
}

#[tokio::test]
async fn tiberius_connects_without_encryption_with_an_encrypted_login_and_with_all_encrypted() {
    let server = TestServer::start().await;
    for level in [
        EncryptionLevel::NotSupported,
        EncryptionLevel::Off,
        EncryptionLevel::On,
        EncryptionLevel::Required,
    ] {
        let rows = tiberius(&server, level).await.unwrap();
        assert_eq!(rows, (0..5000).collect::<Vec<_>>(), "{level:?}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn where_encryption_is_forced_clients_encrypt_or_are_turned_away() {
    let forced = TdsOptions { force_encryption: true, ..options() };
    let server = TestServer::start_with(forced).await;
    assert_eq!(tiberius(&server, EncryptionLevel::Off).await.unwrap().len(), 5000);
    let socket = TcpStream::connect(server.address).await.unwrap();
    let mut client = Client::on(socket, Version::V7_4);
    let answer = client.prelogin(Encryption::NotSupported).await;
    assert_eq!(answer.encryption, Some(Encryption::Required));
    assert_eq!(client.answer().await, ["hung up"]);
    let socket = TcpStream::connect(server.address).await.unwrap();
    let mut client = Client::on(socket, Version::V7_1);
    let old = tds::Login7 { version: Version::V7_1.number(), ..login() };
    assert!(client.login(&old).await[0].starts_with("error 17835 "));
    server.stopped().await;
}

#[tokio::test]
async fn a_strict_client_starts_with_tls() {
    let server = TestServer::start().await;
    let pins = [server.identity.thumbprint()];
    let mut config = (*client_config(&server.identity, pins.to_vec()).unwrap()).clone();
    config.alpn_protocols = vec![b"tds/8.0".to_vec()];
    let socket = TcpStream::connect(server.address).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let name = "localhost".try_into().unwrap();
    let tls = connector.connect(name, socket).await.unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"tds/8.0"[..]));
    let mut client = Client::on(tls, Version::V8_0);
    client.prelogin(Encryption::On).await;
    let answer = client.login(&login()).await;
    assert!(answer.contains(&"login ack 74000004 Microsoft SQL Server".to_owned()));
    assert_eq!(client.batch("rows 20000").await.last().unwrap(), "done 20000 rows");
    server.stopped().await;
}
