#!/bin/sh
# A backup of the three databases, while everything runs: sh deploy/backup.sh FOLDER (docs/backup.md)
#
# Listeners before their sources: so a copy never has an event that the copy of its source has not, and what it lacks is
# published again after a restore. PG_DUMP may be set to a command that runs elsewhere.
set -eu

folder=${1:?the folder for the backup}
umask 077
mkdir -p "$folder"
for service in notifications targets enrolment; do
    ${PG_DUMP:-pg_dump} --format=custom --dbname="drive_$service" > "$folder/drive_$service.part"
    mv "$folder/drive_$service.part" "$folder/drive_$service.dump"
done
