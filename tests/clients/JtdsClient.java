// jTDS: TDS 7.1 of 2013, which logs in without PRELOGIN. What common.py has the others do.

import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

public class JtdsClient {
    static final String FOLDER = System.getenv("PACKHORSE_CLIENTS_FOLDER");
    static final int MESSAGES = 1_000_000;
    static final String MANY = "SELECT event_message_id, message_time, message"
        + " FROM catalog.event_messages WHERE operation_id = 1000000 ORDER BY event_message_id";
    static final String WAIT = "WAITFOR DELAY '00:01:30'";
    // Megabytes that a million rows may cost the master. Here they are bounded by the heap, which
    // is smaller than they are.
    static final long MEMORY = 64;

    static Connection connect(String password, String options) throws SQLException {
        return connect(System.getenv("PACKHORSE_TDS_PORT"), password, options);
    }

    static Connection connect(String port, String password, String options) throws SQLException {
        String url = "jdbc:jtds:sqlserver://127.0.0.1:" + port + "/SSISDB" + options;
        return DriverManager.getConnection(url, System.getenv("PACKHORSE_TDS_USER"), password);
    }

    static Connection connect() throws SQLException {
        return connect(System.getenv("PACKHORSE_TDS_PASSWORD"), "");
    }

    static void check(String what, Object found, Object wanted) {
        if (wanted == null ? found != null : !wanted.equals(found)) {
            throw new AssertionError(what + ": " + found + " is not " + wanted);
        }
    }

    interface Act {
        void run() throws Exception;
    }

    static SQLException refused(String what, Act act) throws Exception {
        try {
            act.run();
        } catch (SQLException error) {
            return error;
        }
        throw new AssertionError(what + ": was not refused");
    }

    /** The cells of the last result of a batch; an error in any of its statements is one here. */
    static List<List<String>> ask(Connection connection, String text) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            boolean isResult = statement.execute(text);
            while (isResult || statement.getUpdateCount() != -1) {
                if (isResult) {
                    rows = rowsOf(statement.getResultSet());
                }
                isResult = statement.getMoreResults();
            }
        }
        return rows;
    }

    static List<List<String>> rowsOf(ResultSet result) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        int width = result.getMetaData().getColumnCount();
        while (result.next()) {
            List<String> row = new ArrayList<>();
            for (int column = 1; column <= width; column++) {
                String cell = result.getString(column);
                row.add(cell == null ? "NULL" : cell);
            }
            rows.add(row);
        }
        return rows;
    }

    static String one(Connection connection, String text) throws SQLException {
        return ask(connection, text).get(0).get(0);
    }

    static void encryptions() throws Exception {
        String way = "SELECT encrypt_option FROM sys.dm_exec_connections"
            + " WHERE session_id = @@SPID";
        for (String version : new String[] {";TDS=8.0", ";TDS=7.0"}) {
            if (version.endsWith("7.0")) {
                // Of SQL Server 7: nobody serves it any more.
                refused(version, () -> connect(System.getenv("PACKHORSE_TDS_PASSWORD"), version));
                continue;
            }
            try (Connection connection = connect(System.getenv("PACKHORSE_TDS_PASSWORD"), version)) {
                check(version, one(connection, way), "FALSE");
            }
        }
        SQLException error = refused("password", () -> connect("wrong", ""));
        check("refusal", error.getErrorCode(), 18456);
    }

    static void parameters(Connection connection) throws SQLException {
        byte[] bytes = new byte[16_384];
        Arrays.fill(bytes, (byte) 7);
        Object[] values = {
            true, (short) -3, 7, 5_000_000_000L, 0.25f, 2.5, new BigDecimal("12.50"),
            "t\u00e4xt '\ud83d\udc0e", "x".repeat(10_000), new byte[] {0, 1, -1}, bytes,
            Date.valueOf("2026-02-28"), Timestamp.valueOf("2026-02-28 23:59:58.12"),
        };
        String[] types = {
            "bit", "smallint", "int", "bigint", "real", "float", "decimal(10,2)", "nvarchar(40)",
            "nvarchar(max)", "varbinary(8)", "varbinary(max)", "date", "datetime",
        };
        for (int n = 0; n < values.length; n++) {
            String text = "SELECT CAST(? AS " + types[n] + ")";
            try (PreparedStatement asked = connection.prepareStatement(text)) {
                asked.setObject(1, values[n]);
                ResultSet row = asked.executeQuery();
                row.next();
                if (values[n] instanceof byte[] sent) {
                    check(types[n], Arrays.equals(row.getBytes(1), sent), true);
                } else if (values[n] instanceof Date sent) {
                    check(types[n], row.getString(1), sent.toString());
                } else if (values[n] instanceof Number sent) {
                    check(types[n], new BigDecimal(row.getString(1)).compareTo(
                        new BigDecimal(sent.toString())), 0);
                } else if (values[n] instanceof String sent) {
                    check(types[n], row.getString(1), sent);
                } else if (values[n] instanceof Timestamp sent) {
                    check(types[n], row.getTimestamp(1), sent);
                } else {
                    check(types[n], row.getObject(1), values[n]);
                }
                asked.setNull(1, Types.NULL);
                row = asked.executeQuery();
                row.next();
                check("null", row.getObject(1), null);
            }
        }
    }

    static void outputs(Connection connection) throws SQLException {
        ask(connection, "CREATE PROCEDURE dbo.twice @n int, @t nvarchar(40), @b varbinary(8000),"
            + " @twice int OUTPUT, @text nvarchar(80) OUTPUT, @big bigint OUTPUT,"
            + " @real float OUTPUT, @bytes int OUTPUT, @none int OUTPUT AS SELECT @twice = 2 * @n,"
            + " @text = @t + @t, @big = 5000000000, @real = 1.5, @bytes = DATALENGTH(@b);"
            + " SELECT @n AS n; RETURN 3;");
        try (CallableStatement call =
                connection.prepareCall("{? = call dbo.twice(?, ?, ?, ?, ?, ?, ?, ?, ?)}")) {
            int[] kinds = {Types.INTEGER, Types.VARCHAR, Types.BIGINT, Types.DOUBLE,
                Types.INTEGER, Types.INTEGER};
            call.registerOutParameter(1, Types.INTEGER);
            call.setInt(2, 7);
            call.setString(3, "\u00e4");
            call.setBytes(4, new byte[8000]);
            for (int n = 0; n < kinds.length; n++) {
                call.registerOutParameter(5 + n, kinds[n]);
            }
            check("a result", call.execute(), true);
            check("result", rowsOf(call.getResultSet()), List.of(List.of("7")));
            check("no more", call.getMoreResults(), false);
            List<Object> found = Arrays.asList(call.getInt(1), call.getInt(5), call.getString(6),
                call.getLong(7), call.getDouble(8), call.getInt(9), call.getObject(10));
            check("outputs", found,
                Arrays.asList(3, 14, "\u00e4\u00e4", 5_000_000_000L, 1.5, 8000, null));
        }
    }

    static void transactions(Connection connection) throws SQLException {
        String left = "SELECT name FROM catalog.folders WHERE name = 'Kept'";
        connection.setAutoCommit(false);
        ask(connection, "EXEC catalog.create_folder N'Kept'");
        connection.rollback();
        check("rolled back", ask(connection, left).size(), 0);
        ask(connection, "EXEC catalog.create_folder N'Kept'");
        connection.commit();
        connection.setAutoCommit(true);
        check("committed", ask(connection, left).size(), 1);
        ask(connection, "EXEC catalog.delete_folder N'Kept'");
    }

    static String[] script(String number) throws Exception {
        Path folder = Path.of(System.getenv("PACKHORSE_CLIENTS_SCRIPTS"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, number + "-*.sql")) {
            return Files.readString(files.iterator().next()).split("(?im)^\\s*GO\\s*$");
        }
    }

    static boolean isShown(List<List<String>> rows, String text) {
        List<String> wanted = new ArrayList<>(List.of(text.split(" / ")));
        if (1 < wanted.size() && wanted.get(wanted.size() - 1).equals("*")) {
            wanted.remove(wanted.size() - 1);
        } else if (wanted.size() != rows.size()) {
            return false;
        }
        for (int row = 0; row < wanted.size(); row++) {
            String[] cells = wanted.get(row).split("\\|");
            for (int column = 0; column < cells.length; column++) {
                String found = rows.get(row).get(column);
                if (!cells[column].equals("*") && !cells[column].equals(found)) {
                    return false;
                }
            }
        }
        return true;
    }

    static void scripts(Connection connection) throws Exception {
        Path list = Path.of(System.getenv("PACKHORSE_CLIENTS_SOURCE"), "scripts.txt");
        for (String line : Files.readAllLines(list)) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            System.out.println(line);
            String[] parts = line.split(" => ", 2);
            String[] act = parts[0].split(" ", 2);
            String[] batches = act[0].equals("sql") ? new String[] {act[1]} : script(act[1]);
            if (act[0].equals("fail")) {
                SQLException error = refused(line, () -> ask(connection, batches[0]));
                check(error.getMessage(), error.getMessage().contains(parts[1]), true);
                continue;
            }
            List<List<String>> rows = List.of();
            for (String batch : batches) {
                rows = batch.isBlank() ? rows : ask(connection, batch);
            }
            check(line + " " + rows, parts.length == 1 || isShown(rows, parts[1]), true);
        }
    }

    static void bigProject(Connection connection) throws Exception {
        byte[] project = Files.readAllBytes(Path.of(FOLDER, "drop/Big.ispac"));
        check("size", 50 << 20 < project.length, true);
        ask(connection, "EXEC catalog.create_folder N'Big'");
        String text = "DECLARE @o bigint; EXEC catalog.deploy_project N'Big', N'DailyLoad', ?,"
            + " @o OUTPUT; SELECT status FROM catalog.operations WHERE operation_id = @o";
        try (PreparedStatement asked = connection.prepareStatement(text)) {
            asked.setBinaryStream(1, new ByteArrayInputStream(project), project.length);
            ResultSet row = asked.executeQuery();
            row.next();
            check("deployment", row.getInt(1), 7);
        }
        ask(connection, "SET TEXTSIZE 2147483647");
        check("project", one(connection, "DECLARE @t TABLE (b varbinary(max));"
            + " INSERT @t EXEC catalog.get_project N'Big', N'DailyLoad';"
            + " SELECT CASE WHEN 50000000 < DATALENGTH(b) THEN 1 ELSE 0 END FROM @t"), "1");
    }

    static long masterPeak() throws Exception {
        Path status = Path.of("/proc", System.getenv("PACKHORSE_MASTER_ID"), "status");
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
            }
        }
        throw new AssertionError("no peak");
    }

    static void manyRows(Connection connection) throws Exception {
        Path marks = Path.of("/proc", System.getenv("PACKHORSE_MASTER_ID"), "clear_refs");
        Files.writeString(marks, "5");
        long before = masterPeak();
        int count = 0;
        String last = null;
        try (Statement statement = connection.createStatement()) {
            ResultSet rows = statement.executeQuery(MANY);
            while (rows.next()) {
                count++;
                last = rows.getString(3);
            }
        }
        check("rows", count, MESSAGES);
        check("last row", last, "Load:Information: " + MESSAGES + " rows were written");
        long grown = masterPeak() - before;
        check("memory of the master: " + grown + " MB", grown < MEMORY, true);
    }

    static void killed(Connection watch) throws Exception {
        Connection connection = connect();
        String number = one(connection, "SELECT @@SPID");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(MANY);
        rows.next();
        ask(watch, "KILL " + number);
        refused("a killed connection", () -> {
            while (rows.next()) { }
        });
        try (Connection again = connect()) {
            check("a new connection", one(again, "SELECT 1"), "1");
        }
    }

    // TDS 7.1 has no way to send a client on: a master that goes down tells it where to go.
    static void sentOn(Connection watch) throws Exception {
        Process second = new ProcessBuilder(System.getenv("PACKHORSE_PROGRAM"), "--data-dir",
            FOLDER + "/data", "master", "--port", "0", "--bind", "127.0.0.1", "--tds-port", "0")
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String ready = second.inputReader().readLine();
        String there = ready.replaceAll(".*\"tds\":\"127.0.0.1,(\\d+)\".*", "$1");
        String password = System.getenv("PACKHORSE_TDS_PASSWORD");
        try (Connection keeper = connect(there, password, "")) {
            Statement waiting = keeper.createStatement();
            Thread thread = new Thread(() -> {
                try {
                    waiting.execute("EXEC catalog.create_folder N'Waiting'; " + WAIT);
                } catch (SQLException error) {
                    // It is cancelled.
                }
            });
            thread.start();
            String waits = "SELECT name FROM catalog.folders WHERE name = N'Waiting'";
            until("a statement", () -> ask(watch, waits).size() == 1);
            second.destroy();
            until("the way", () -> {
                try (Connection served = connect(there, password, "")) {
                    return false;
                } catch (SQLException error) {
                    String where = "," + System.getenv("PACKHORSE_TDS_PORT");
                    return error.getErrorCode() == 983 && error.getMessage().contains(where);
                }
            });
            waiting.cancel();
            thread.join();
        }
        check("the end of the second master", second.waitFor(), 0);
        ask(watch, "EXEC catalog.delete_folder N'Waiting'");
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void until(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.holds()) {
            check("time for " + what, System.nanoTime() < deadline, true);
            Thread.sleep(20);
        }
    }

    static void cancel(Connection connection) throws Exception {
        long begun = System.nanoTime();
        try (Statement statement = connection.createStatement()) {
            Thread canceller = new Thread(() -> {
                try {
                    Thread.sleep(500);
                    statement.cancel();
                } catch (InterruptedException | SQLException error) {
                    throw new AssertionError(error);
                }
            });
            canceller.start();
            refused("cancel", () -> statement.execute(WAIT));
            canceller.join();
        }
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            refused("timeout", () -> statement.execute(WAIT));
        }
        check("soon", System.nanoTime() - begun < 40_000_000_000L, true);
        check("after the cancel", one(connection, "SELECT 4"), "4");
    }

    public static void main(String[] arguments) throws Exception {
        Class.forName("net.sourceforge.jtds.jdbc.Driver");
        encryptions();
        try (Connection connection = connect()) {
            parameters(connection);
            outputs(connection);
            transactions(connection);
            scripts(connection);
            bigProject(connection);
            manyRows(connection);
            killed(connection);
            sentOn(connection);
            cancel(connection);
        }
    }
}
