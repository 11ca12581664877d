-- The role of postgres-exporter: it reads figures of the server, and no row of the studio. Run as the owner with each `up`, so that an old volume gets it too.
-- The password comes in here and not on a command line, which everybody on the machine could read.
set client_min_messages = warning;
\set word `cat /run/secrets/postgres_exporter_password`
select 'create role postgres_exporter' where not exists (select from pg_roles where rolname = 'postgres_exporter') \gexec
alter role postgres_exporter with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit connection limit 10 password :'word';
alter role postgres_exporter set default_transaction_read_only = on;
grant pg_monitor to postgres_exporter;
