// jTDS: TDS 7.1 of 2013, which logs in without PRELOGIN.

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;

public class JtdsClient {
    static Connection connect(String password) throws SQLException {
        String url = "jdbc:jtds:sqlserver://127.0.0.1:" + System.getenv("PACKHORSE_TDS_PORT")
            + "/SSISDB";
        return DriverManager.getConnection(url, System.getenv("PACKHORSE_TDS_USER"), password);
    }

    static void check(String what, Object found, Object wanted) {
        if (!wanted.equals(found)) {
            throw new AssertionError(what + ": " + found + " is not " + wanted);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Class.forName("net.sourceforge.jtds.jdbc.Driver");
        try (Connection connection = connect(System.getenv("PACKHORSE_TDS_PASSWORD"))) {
            PreparedStatement asked = connection.prepareStatement("SELECT ?, ?, CAST(? AS bigint)");
            asked.setInt(1, 7);
            asked.setString(2, "t\u00e4xt");
            asked.setLong(3, 5_000_000_000L);
            ResultSet row = asked.executeQuery();
            row.next();
            check("int", row.getInt(1), 7);
            check("text", row.getString(2), "t\u00e4xt");
            check("bigint", row.getLong(3), 5_000_000_000L);
            connection.setAutoCommit(false);
            CallableStatement call =
                connection.prepareCall("{call catalog.create_folder(?, ?)}");
            call.setString(1, "jtds");
            call.registerOutParameter(2, Types.BIGINT);
            call.execute();
            check("folder id", call.getLong(2) > 0, true);
            connection.rollback();
            Statement statement = connection.createStatement();
            row = statement.executeQuery("SELECT name FROM catalog.folders WHERE name = 'jtds'");
            check("rolled back", row.next(), false);
            row = statement.executeQuery("SELECT REPLICATE(CAST(N'x' AS nvarchar(max)), 10000)");
            row.next();
            check("long text", row.getString(1).length(), 10_000);
        }
        try {
            connect("wrong");
            throw new AssertionError("a wrong password was taken");
        } catch (SQLException refused) {
            check("refusal", refused.getErrorCode(), 18456);
        }
    }
}
