/*
 * What statements are for Trino's own parser.  A line of input is two statements, with a tab
 * between them; a line of output the kind of each, and whether they are the same statement.
 *
 *	java -cp "$TRINO/lib/*" TrinoKinds.java < pairs
 */
import io.trino.sql.parser.ParsingException;
import io.trino.sql.parser.SqlParser;
import io.trino.sql.tree.Explain;
import io.trino.sql.tree.ExplainAnalyze;
import io.trino.sql.tree.Node;
import io.trino.sql.tree.Statement;
import io.trino.sql.tree.TableFunctionInvocation;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;

public class TrinoKinds {
    private static final SqlParser PARSER = new SqlParser();

    static String plain(String s) {
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c != '\\') {
                b.append(c);
                continue;
            }
            c = s.charAt(++i);
            b.append(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == 'f' ? '\f' : c == 'v' ? '\u000b' : c);
        }
        return b.toString();
    }

    static Statement parse(String sql) {
        try {
            return PARSER.createStatement(sql);
        }
        catch (ParsingException | StackOverflowError e) {
            return null;
        }
    }

    static void functions(Node n, TreeSet<String> found) {
        if (n instanceof TableFunctionInvocation f)
            found.add("TABLE(" + f.getName() + ")");
        for (Node child : n.getChildren())
            functions(child, found);
    }

    static String kind(Statement s) {
        if (s == null)
            return "error";
        if (s instanceof Explain e)
            return "Explain " + kind(e.getStatement());
        if (s instanceof ExplainAnalyze e)
            return "ExplainAnalyze " + kind(e.getStatement());
        TreeSet<String> found = new TreeSet<>();
        functions(s, found);
        return s.getClass().getSimpleName() + (found.isEmpty() ? "" : " " + String.join(" ", found));
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null; ) {
            String[] two = line.split("\t", 2);
            Statement a = parse(plain(two[0]));
            Statement b = parse(plain(two[1]));
            out.println(kind(a) + "\t" + kind(b) + "\t" + (a != null && a.equals(b) ? "same" : "differs"));
        }
        out.flush();
    }
}
