#!/bin/sh
# Roles and databases. The postgres container runs it once, on an empty volume. It may be run again, as a superuser:
# to change passwords, and on a server or a database that was made without it (docs/upgrade.md).
#
# drive_owner owns the databases and runs `drive migrate`. Each service has a role of its own, that reads and writes
# the rows of its own database and can do nothing else; to the audit trail it only adds. Their passwords are in the
# environment; they may hold any sign. Logins in the group drive_reporting read the views of docs/reporting.md.
set -eu

sql() {
    psql --set ON_ERROR_STOP=1 --quiet --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname "$1" \
        --set role="$2" --set variable="$3"
}

login() {
    sql "${POSTGRES_DB:-postgres}" "$1" "$2" <<'SQL'
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
\getenv password :variable
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
SQL
}

database() {
    sql "${POSTGRES_DB:-postgres}" "$1" "" <<'SQL'
SELECT format('CREATE DATABASE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
ALTER DATABASE :"role" OWNER TO drive_owner;
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"role" TO :"role";
SQL
}

rights() {
    sql "$1" "$1" "" <<'SQL'
BEGIN;
ALTER SCHEMA public OWNER TO drive_owner;
SELECT format('ALTER %s %s OWNER TO drive_owner', kind, name)
FROM (
    SELECT oid, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind, CAST(CAST(oid AS regclass) AS text) AS name
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
    UNION ALL
    SELECT oid, 'FUNCTION', CAST(CAST(oid AS regprocedure) AS text)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS ours
WHERE NOT EXISTS (SELECT FROM pg_depend WHERE objid = ours.oid AND deptype = 'e') \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE drive_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"role";
SELECT format('REVOKE UPDATE, DELETE ON audit_entries FROM %I', :'role')
WHERE to_regclass('public.audit_entries') IS NOT NULL \gexec
COMMIT;
SQL
}

reporting() {
    sql drive_targets drive_reporting "" <<'SQL'
SELECT format('CREATE ROLE %I NOLOGIN', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
BEGIN;
CREATE SCHEMA IF NOT EXISTS reporting;
ALTER SCHEMA reporting OWNER TO drive_owner;
SELECT format('ALTER VIEW %s OWNER TO drive_owner', CAST(oid AS regclass))
FROM pg_class WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'v' \gexec
GRANT CONNECT ON DATABASE drive_targets TO :"role";
GRANT USAGE ON SCHEMA reporting TO :"role";
GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE drive_owner IN SCHEMA reporting GRANT SELECT ON TABLES TO :"role";
COMMIT;
SQL
}

login drive_owner OWNER_PASSWORD
for service in enrolment targets notifications; do
    login "drive_$service" "$(printf '%s' "$service" | tr '[:lower:]' '[:upper:]')_PASSWORD"
    database "drive_$service"
    rights "drive_$service"
done
reporting
