-- The catalog's tables become foreign tables.
\echo
\echo '--------------------------------------------------------------------------------'
\echo ' 1. The tables of a Glue database become foreign tables'
\echo '--------------------------------------------------------------------------------'
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pds_fdw CASCADE;
DROP SCHEMA IF EXISTS lake CASCADE;
RESET client_min_messages;
\echo 'A server says where AWS is (here: the stand-ins on this machine), a user mapping'
\echo 'holds your keys:'
\echo
\echo '  CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region ..., endpoint_url ...);'
\echo '  CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id ..., ...);'
\echo
CREATE EXTENSION pds_fdw;
CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw
	OPTIONS (region :'region', endpoint_url :'endpoint', output_location 's3://dsoaws-demo/athena-results/');
CREATE USER MAPPING FOR CURRENT_USER SERVER aws
	OPTIONS (access_key_id :'key', secret_access_key :'secret');

\set ECHO queries
CREATE SCHEMA lake;
IMPORT FOREIGN SCHEMA dsoaws FROM SERVER aws INTO lake;
SET search_path = lake, public;

\set ECHO none
\echo 'psql shows them like any table, with the comments of the catalog:'
\d+ reviews
