#!/bin/bash
# Makes this node a replica of the primary. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y module install postgresql:__VERSION__/server

install -o postgres -g postgres -m 0600 /dev/null /var/lib/pgsql/.pgpass
echo '__PRIMARY__:5432:*:replicator:__REPLICATION_PASSWORD__' >/var/lib/pgsql/.pgpass

# Both nodes start at the same time: try for an hour until the primary can be copied.
cd /
for attempt in {1..360}; do
  if sudo -u postgres pg_basebackup --host __PRIMARY__ --username replicator --no-password \
      --pgdata /var/lib/pgsql/data --write-recovery-conf --wal-method stream; then
    systemctl enable --now postgresql
    exit 0
  fi
  echo "The primary is not ready yet (attempt $attempt)"
  sleep 10
done
echo 'The primary could not be copied' >&2
exit 1
