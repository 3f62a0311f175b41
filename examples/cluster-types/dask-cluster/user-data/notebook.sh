#!/bin/bash
# Runs JupyterLab, set up to use the scheduler. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y install python3.11 python3.11-pip
python3.11 -m venv /opt/dask
/opt/dask/bin/pip install 'dask[complete]==__DASK_VERSION__' jupyterlab
useradd --create-home jupyter

install -m 0600 /dev/null /etc/jupyter.env
cat >/etc/jupyter.env <<'ENV'
JUPYTER_TOKEN=__TOKEN__
DASK_SCHEDULER_ADDRESS=tcp://__SCHEDULER__:8786
ENV

cat >/etc/systemd/system/jupyterlab.service <<'UNIT'
[Unit]
Description=JupyterLab
Wants=network-online.target
After=network-online.target

[Service]
User=jupyter
WorkingDirectory=~
EnvironmentFile=/etc/jupyter.env
ExecStart=/opt/dask/bin/jupyter lab --no-browser --ip 0.0.0.0 --port 8888
Restart=always

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable --now jupyterlab
