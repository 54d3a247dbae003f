#!/usr/bin/env bash
# Lints the three documents by Spectral (rulesets OAS and OWASP) and Redocly. Needs node 20 and npm.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
documents=$(mktemp -d)
trap 'rm -rf "$documents"' EXIT

npm ci --silent --no-audit --no-fund --ignore-scripts
(cd "$root" && "${PYTHON:-.venv/bin/python}" -m tests.openapi.documents "$documents")
npx spectral lint --ruleset ruleset.yaml --fail-severity error --display-only-failures "$documents"/*.json
npx redocly lint --extends recommended --format summary "$documents"/*.json
