#!/bin/bash
# Makes this node the primary. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y module install postgresql:__VERSION__/server
postgresql-setup --initdb

cat >>/var/lib/pgsql/data/postgresql.conf <<'CONF'
listen_addresses = '*'
password_encryption = scram-sha-256
shared_buffers = __SHARED_BUFFERS__MB
wal_keep_size = 1024MB
CONF

# Security groups decide from where clients may come; all of them need a password.
cat >/var/lib/pgsql/data/pg_hba.conf <<'HBA'
local  all          postgres                  peer
local  all          all                       scram-sha-256
host   all          all          0.0.0.0/0    scram-sha-256
host   replication  replicator   samenet      scram-sha-256
HBA

systemctl enable --now postgresql

cd /
sudo -u postgres psql --set ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE replicator LOGIN REPLICATION PASSWORD '__REPLICATION_PASSWORD__';
CREATE ROLE "__OWNER__" LOGIN PASSWORD '__OWNER_PASSWORD__';
CREATE DATABASE "__DATABASE__" OWNER "__OWNER__";
SQL
