CREATE EXTENSION pds_fdw;
CREATE SERVER aws FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url :'endpoint');
CREATE USER MAPPING FOR CURRENT_USER SERVER aws OPTIONS (access_key_id :'key', secret_access_key :'secret');
CREATE SCHEMA lake;
CREATE SCHEMA reports;
CREATE FOREIGN TABLE lake.orders (id int, day date, price numeric(10,2), note text)
	SERVER aws OPTIONS (location 's3://pds-clients/orders/', format 'csv');
COMMENT ON FOREIGN TABLE lake.orders IS 'what was sold';
SELECT * FROM pds.create_views('lake', 'reports');
