#!/bin/sh
# Prints deploy/example.env with a new secret in each place that is empty, but for SMTP_URL, which nobody can invent:
# sh deploy/new-env.sh > .env
set -eu

while IFS= read -r line; do
    case "$line" in
        SMTP_URL=) printf '%s\n' "$line" ;;
        [A-Z]*=) printf '%s%s\n' "$line" "$(head -c 32 /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_')" ;;
        *) printf '%s\n' "$line" ;;
    esac
done < "$(dirname "$0")/example.env"
