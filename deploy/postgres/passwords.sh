#!/bin/bash
# Gives the roles of roles.sql their passwords, when the database is first made.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
    -v projector="$PROJECTOR_PASSWORD" -v api="$API_PASSWORD" <<'SQL'
ALTER ROLE leaderboard_projector PASSWORD :'projector';
ALTER ROLE leaderboard_api PASSWORD :'api';
SQL
