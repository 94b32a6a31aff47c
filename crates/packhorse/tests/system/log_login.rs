//! The log login and the addresses that an SSISDB publishes, over TDS: the steps of the original's
//! set-up of high availability as they are written there, and what would lose logs.

use connect::sql_server::{Api, Connection, Statement, Target};
use testkit::postgres::free_port;

use crate::harness::Packhorse;
use crate::postgres::{Running, start};

const LOG_LOGIN: &str = "##MS_SSISLogDBWorkerAgentLogin##";

/// A master with its own SSISDB, and somebody in `sysadmin` who is connected to it.
struct Site {
    packhorse: Packhorse,
    master: Running,
    endpoint: String,
    tds: String,
    boss: Connection,
}

impl Site {
    fn start() -> Self {
        let packhorse = Packhorse::new();
        packhorse.ok(&["init", "--workers", "0"]);
        let password = packhorse.write("password", "Correct horse 1\n");
        let create = ["login", "create", "boss", "--role", "sysadmin", "--password-file"];
        packhorse.ok(&[&create[..], &[&*password.to_string_lossy()]].concat());
        let words = ["master", "--port", "0", "--bind", "127.0.0.1", "--tds-port", "0"];
        let (master, ready) = start(&packhorse, &words, "master.log");
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let (endpoint, tds) = (text("endpoint"), text("tds"));
        let boss = open(&tds, "boss", "Correct horse 1", "SSISDB").unwrap();
        Self { packhorse, master, endpoint, tds, boss }
    }

    /// The first cell of what a batch gives, or its error.
    fn ask(&mut self, batch: &str) -> Result<String, String> {
        first_cell(&mut self.boss, batch)
    }

    /// Calls `update_logdb_info`, and gives the refusal.
    fn update(&mut self, connection_string: &str) -> Option<String> {
        let call = format!(
            "EXEC [catalog].[update_logdb_info] @server_name='listener,1433',
                  @connection_string='{connection_string}'"
        );
        self.ask(&call).err()
    }
}

fn first_cell(connection: &mut Connection, batch: &str) -> Result<String, String> {
    let outcome = connection.execute(&Statement::batch(batch), None);
    let outcome = outcome.map_err(|error| error.description())?;
    let row = outcome.result_sets.first().and_then(|set| set.rows.first());
    Ok(row.and_then(|row| row.first()).map(ToString::to_string).unwrap_or_default())
}

fn string(tds: &str, user: &str, password: &str, database: &str) -> String {
    format!(
        "Data Source={tds};Initial Catalog={database};User Id={user};Password={password};\
         TrustServerCertificate=true;Connect Timeout=30"
    )
}

fn open(tds: &str, user: &str, password: &str, database: &str) -> Result<Connection, String> {
    let text = string(tds, user, password, database);
    let target = Target::parse(Api::AdoNet, "", &text).unwrap();
    let Target::SqlServer(settings) = target else { panic!("{target:?}") };
    Connection::open(&settings).map_err(|error| error.description())
}

#[test]
fn the_steps_for_the_log_login_work_and_what_would_lose_logs_is_refused() {
    let (mut site, mut other) = (Site::start(), Site::start());
    // Nobody knows the generated password.
    assert!(open(&site.tds, LOG_LOGIN, "", "SSISDB").is_err());
    // Step 6.1: change the password.
    let password = "Another horse 2";
    site.ask(&format!("ALTER LOGIN [{LOG_LOGIN}] WITH PASSWORD = N'{password}'")).unwrap();
    let mut logs = open(&site.tds, LOG_LOGIN, password, "SSISDB").unwrap();
    let member = first_cell(&mut logs, "SELECT IS_MEMBER('ssis_cluster_worker')");
    assert_eq!(member.as_deref(), Ok("1"));
    the_login_is_the_same_at_every_server(&mut site, &mut other, password);
    // Step 6.3: everything that would lose logs is refused, and says why.
    let tds = site.tds.clone();
    let cases = [
        (string(&tds, LOG_LOGIN, "wrong", "SSISDB"), "Login failed"),
        (string(&format!("127.0.0.1,{}", free_port()), LOG_LOGIN, password, "SSISDB"), "127.0.0.1"),
        (string(&tds, LOG_LOGIN, password, "master"), "the database 'master'"),
        (string(&tds, LOG_LOGIN, password, "Nowhere"), "Nowhere"),
        (string(&other.tds, "boss", "Correct horse 1", "SSISDB"), "another server"),
    ];
    for (connection_string, reason) in cases {
        let said = site.update(&connection_string).unwrap();
        assert!(said.contains("logs would be lost") && said.contains(reason), "{reason}: {said}");
        assert!(!said.contains(password), "{said}");
    }
    site.ask("CREATE LOGIN reader WITH PASSWORD = N'Correct horse 1' CREATE USER reader").unwrap();
    let said = site.update(&string(&tds, "reader", "Correct horse 1", "SSISDB")).unwrap();
    assert!(said.contains("ssis_cluster_worker"), "{said}");
    let shown = "SELECT property_value FROM catalog.master_properties
                 WHERE property_name = 'CLUSTER_LOGDB_SERVER'";
    assert_ne!(site.ask(shown).as_deref(), Ok("listener,1433"));
    assert_eq!(site.update(&string(&tds, LOG_LOGIN, password, "SSISDB")), None);
    assert_eq!(site.ask(shown).as_deref(), Ok("listener,1433"));
    an_address_without_a_master_of_this_ssisdb_is_not_published(&mut site, &mut other);
    site.master.kill();
}

/// Step 6.2: make the login at the next server, with password and SID. Where that is another master
/// of this SSISDB it is there already; at another SSISDB it takes the place of that one's own.
fn the_login_is_the_same_at_every_server(site: &mut Site, other: &mut Site, password: &str) {
    let sid = format!(
        "SELECT CONVERT(nvarchar(100), sid, 1) FROM sys.sql_logins WHERE name = '{LOG_LOGIN}'"
    );
    let wanted = site.ask(&sid).unwrap();
    let create = format!("CREATE LOGIN [{LOG_LOGIN}] WITH PASSWORD = N'{password}'");
    let with_sid = format!("{create}, SID = {wanted}");
    let (replica, port) = site.packhorse.master();
    let tds = format!("127.0.0.1,{port}");
    let mut boss = open(&tds, "boss", "Correct horse 1", "SSISDB").unwrap();
    first_cell(&mut boss, &with_sid).unwrap();
    assert_eq!(first_cell(&mut boss, &sid).as_ref(), Ok(&wanted), "at another master");
    for server in [&site.tds, &tds] {
        assert!(open(server, LOG_LOGIN, password, "SSISDB").is_ok(), "{server}");
    }
    assert!(site.ask(&create).unwrap_err().contains("already exists"), "with a SID of its own");
    drop(replica);

    assert_ne!(other.ask(&sid).as_ref(), Ok(&wanted), "each SSISDB makes its own");
    assert!(other.ask(&with_sid).unwrap_err().contains("already exists"));
    other.ask(&format!("DROP LOGIN [{LOG_LOGIN}]")).unwrap();
    other.ask(&with_sid).unwrap();
    assert_eq!(other.ask(&sid).as_ref(), Ok(&wanted), "at another SSISDB");
    assert!(open(&other.tds, LOG_LOGIN, password, "SSISDB").is_ok());
}

/// Step 8. Two sites take a while to start, so this is part of the test above.
fn an_address_without_a_master_of_this_ssisdb_is_not_published(site: &mut Site, other: &mut Site) {
    let update = |site: &mut Site, address: &str| {
        site.ask(&format!("EXEC [catalog].[update_master_address] @MasterAddress = N'{address}'"))
    };
    let nobody = format!("https://127.0.0.1:{}", free_port());
    assert!(update(site, &nobody).unwrap_err().contains(&nobody[8..]));
    let elsewhere = other.endpoint.clone();
    assert!(update(site, &elsewhere).unwrap_err().contains("not that of a master of this SSISDB"));
    let own = site.endpoint.clone();
    assert_eq!(update(site, &own), Ok(String::new()));
    let shown = "SELECT property_value FROM catalog.master_properties
                 WHERE property_name = 'MASTER_ADDRESS'";
    assert_eq!(site.ask(shown), Ok(own));
}
