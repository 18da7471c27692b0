// pgjdbc: what DatabaseMetaData lists, and rows
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;

class JdbcClient {
    static String tables(Connection c, String schema, String... types) throws Exception {
        StringBuilder names = new StringBuilder();
        try (ResultSet r = c.getMetaData().getTables(null, schema, "%", types)) {
            while (r.next())
                names.append(r.getString("TABLE_NAME")).append(' ').append(r.getString("REMARKS")).append(';');
        }
        return names.toString();
    }

    static void check(boolean ok, String what) {
        if (!ok)
            throw new AssertionError(what);
        System.out.println("ok " + what);
    }

    public static void main(String[] args) throws Exception {
        try (Connection c = DriverManager.getConnection(args[0])) {
            check(tables(c, "lake", "TABLE", "VIEW").isEmpty() && tables(c, "lake", "FOREIGN TABLE").startsWith("orders"),
                    "getTables lists foreign tables as FOREIGN TABLE only");
            check(tables(c, "reports", "TABLE", "VIEW").equals("orders what was sold;"), "and the views, with comments");
            try (ResultSet r = c.createStatement().executeQuery("SELECT * FROM reports.orders ORDER BY id")) {
                r.next();
                check(r.getInt("id") == 1 && r.getBigDecimal("price").toPlainString().equals("12.50") && r.getString("note").equals("first"), "rows");
            }
            try (var s = c.prepareStatement("SELECT count(*) FROM reports.orders WHERE day >= ? AND price < ?")) {
                s.setObject(1, java.time.LocalDate.of(2024, 2, 1));
                s.setBigDecimal(2, new java.math.BigDecimal("10"));
                for (int i = 0; i < 8; i++)
                    try (ResultSet r = s.executeQuery()) {
                        r.next();
                        if (r.getInt(1) != 1)
                            throw new AssertionError("execution " + i);
                    }
                System.out.println("ok a prepared statement, eight times");
            }
        }
    }
}
