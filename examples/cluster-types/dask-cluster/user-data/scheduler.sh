#!/bin/bash
# Runs Dask's scheduler. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y install python3.11 python3.11-pip
python3.11 -m venv /opt/dask
/opt/dask/bin/pip install 'dask[complete]==__DASK_VERSION__' __MONITORING_PACKAGES__
useradd --system --create-home dask

cat >/etc/systemd/system/dask-scheduler.service <<'UNIT'
[Unit]
Description=Dask scheduler
Wants=network-online.target
After=network-online.target

[Service]
User=dask
WorkingDirectory=~
ExecStart=/opt/dask/bin/dask scheduler --port 8786 --dashboard-address :8787
Restart=always

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable --now dask-scheduler
