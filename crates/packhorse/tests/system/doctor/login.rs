//! A connection string for SQL Server's protocol: refused, not reachable, and never shown.

use super::support::Patient as _;
use crate::harness::Packhorse;

const LOGIN: &str = "##MS_SSISLogDBWorkerAgentLogin##";

#[test]
fn a_refused_log_login_is_told_from_a_server_that_is_not_there() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(0, &[]);
    let port = packhorse.tds_port();
    packhorse.write("password", "Right-1-password\n");
    packhorse.ok(&["login", "password", LOGIN, "--password-file", "password"]);
    let string = |port: u16, user: &str, password: &str| {
        packhorse.write(
            "string",
            format!(
                "Data Source=127.0.0.1,{port};Initial Catalog=SSISDB;User Id={user};\
                 Password={password};TrustServerCertificate=true;Connect Timeout=5\n"
            ),
        );
    };
    let words = "--connection-file string";
    string(port, LOGIN, "Right-1-password");
    packhorse.expect(words, &[]);
    // A wrong password: the fix sets the one that the string has.
    string(port, LOGIN, "Other-2-password");
    let found = packhorse.expect(words, &["PH0333"]);
    let said = packhorse.run(&["doctor", "--connection-file", "string"]);
    assert!(!format!("{said:?}{found:?}").contains("Other-2"), "{said:?}");
    packhorse.write("FILE", "Other-2-password\n");
    packhorse.mend(&found[0]);
    packhorse.expect(words, &[]);
    // Disabled.
    packhorse.ok(&["login", "disable", LOGIN]);
    let found = packhorse.expect(words, &["PH0333"]);
    packhorse.mend(&found[0]);
    packhorse.expect(words, &[]);
    // Nobody of that name.
    string(port, "loader", "Other-2-password");
    let found = packhorse.expect(words, &["PH0333"]);
    packhorse.mend(&found[0]);
    packhorse.expect(words, &[]);
    // Nobody there.
    string(testkit::postgres::free_port(), "loader", "Other-2-password");
    packhorse.expect(words, &["PH0334"]);
    up.stop();
}
