#!/bin/sh
# A backup into databases that must not exist yet, as a superuser: sh deploy/restore.sh FOLDER (docs/backup.md)
#
# Owners and rights are left out: deploy/postgres-roles.sh sets them afterwards. PSQL and PG_RESTORE may be set to
# commands that run elsewhere.
set -eu

folder=${1:?the folder of the backup}
for service in enrolment targets notifications; do
    ${PSQL:-psql} --quiet --dbname=postgres --command="CREATE DATABASE drive_$service"
    ${PG_RESTORE:-pg_restore} --exit-on-error --no-owner --no-privileges --dbname="drive_$service" \
        < "$folder/drive_$service.dump"
done
