-- What 19 brought: window functions that pass over NULLs are evaluated here (before: pushdown_19_1.out).
SELECT current_setting('server_version_num')::int < 190000 AS older \gset
\if :older
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION pds_fdw;
CREATE SERVER lake FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region 'us-east-1', endpoint_url 'http://127.0.0.1:1', engine 'athena', max_attempts '1');
CREATE USER MAPPING FOR CURRENT_USER SERVER lake OPTIONS (access_key_id 'AKIAEXAMPLE', secret_access_key 'hush');
CREATE FOREIGN TABLE t (i integer OPTIONS (glue_type 'int'), s text OPTIONS (glue_type 'string'))
	SERVER lake OPTIONS (database 'db', table_name 't');
\t on
\pset format unaligned
SELECT format('EXPLAIN (COSTS OFF) SELECT %s %s OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t', f, n)
FROM unnest(ARRAY['lag(s)', 'lead(s)', 'first_value(s)', 'last_value(s)', 'nth_value(s, 2)']) AS f, unnest(ARRAY['IGNORE NULLS', 'RESPECT NULLS', '']) AS n \gexec

DROP SERVER lake CASCADE;
DROP EXTENSION pds_fdw;
