#!/bin/bash
# Runs a Dask worker. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y install python3.11 python3.11-pip
python3.11 -m venv /opt/dask
/opt/dask/bin/pip install 'dask[complete]==__DASK_VERSION__' prometheus-client
useradd --system --create-home dask

cat >/etc/systemd/system/dask-worker.service <<'UNIT'
[Unit]
Description=Dask worker
Wants=network-online.target
After=network-online.target

[Service]
User=dask
WorkingDirectory=~
ExecStart=/opt/dask/bin/dask worker tcp://__SCHEDULER__:8786 --nworkers 1 --nthreads __THREADS__ \
    --dashboard-address :8790
# A worker gives up when there's no scheduler yet: start it again.
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable --now dask-worker
