//! A whole master: logins of its catalog, and SSISDB behind them.

use catalog::logins::{NewLogin, PasswordHash, add_server_role_member, create};
use catalog::{Caller, Catalog, CatalogKey};
use master::{Master, Settings};
use tds::browser::{BrowserRequest, Instance};
use tiberius::{AuthMethod, Config, EncryptionLevel};
use tokio::net::{TcpStream, UdpSocket};
use tokio_util::compat::TokioAsyncWriteCompatExt as _;
use transport::{CertificateRequest, Identity};

async fn ask(port: u16, password: &str, text: &str) -> tiberius::Result<Option<String>> {
    let mut config = Config::new();
    config.port(port);
    config.authentication(AuthMethod::sql_server("ada", password));
    config.encryption(EncryptionLevel::Required);
    config.trust_cert();
    let socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut client = Box::pin(tiberius::Client::connect(config, socket.compat_write())).await?;
    let row = client.simple_query(text).await?.into_row().await?;
    Ok(row.and_then(|row| row.get::<&str, _>(0).map(str::to_owned)))
}

async fn catalog_with_ada(folder: &std::path::Path) -> Catalog {
    let key = CatalogKey::load_or_create(folder.join("ssisdb.key")).unwrap();
    let catalog = Catalog::open(folder.join("ssisdb.sqlite"), key).unwrap();
    let hash = PasswordHash::of("Correct-Horse-1").unwrap();
    let made = catalog.write(move |tx| {
        let admin = Caller::admin("owner");
        let default_database = Some("SSISDB");
        let ada = NewLogin { name: "ada", password: &hash, sid: None, default_database };
        create(tx, &admin, &ada)?;
        add_server_role_member(tx, &admin, "sysadmin", "ada")
    });
    made.await.unwrap();
    catalog
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_of_the_catalog_gets_to_ssisdb_and_a_master_that_stops_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog_with_ada(folder.path()).await;
    let request =
        CertificateRequest { common_name: "master".to_owned(), names: Vec::new(), days: 2 };
    let settings = Settings {
        port_number: 0,
        bind_address: "127.0.0.1".parse().unwrap(),
        tds_port: 0,
        instance_name: "SSIS".to_owned(),
        sql_browser_enabled: true,
        sql_browser_port: 0,
        ..Settings::default()
    };
    let identity = Identity::generate(&request).unwrap();
    let master = Master::start(settings, catalog.clone(), identity).await.unwrap();
    let port = master.tds_addr().unwrap().port();
    let database = ask(port, "Correct-Horse-1", "SELECT DB_NAME() + N' ' + SUSER_SNAME()").await;
    assert_eq!(database.unwrap().as_deref(), Some("SSISDB ada"));
    let instance = ask(port, "Correct-Horse-1", "SELECT @@SERVERNAME").await.unwrap().unwrap();
    assert!(instance.ends_with("\\SSIS"), "{instance}");
    let refused = ask(port, "wrong", "SELECT 1").await.unwrap_err();
    assert!(matches!(refused, tiberius::error::Error::Server(error) if error.code() == 18456));

    let browser = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    browser.connect(master.browser_addr().unwrap()).await.unwrap();
    browser.send(&BrowserRequest::Instance { name: "SSIS".to_owned() }.encode()).await.unwrap();
    let mut answer = [0; 1024];
    let length = browser.recv(&mut answer).await.unwrap();
    assert_eq!(Instance::decode_answer(&answer[..length]).unwrap()[0].port, port);

    master.shutdown().await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    catalog.close().await;
}
