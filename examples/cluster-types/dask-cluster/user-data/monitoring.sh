#!/bin/bash
# Runs Prometheus in a container. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y install podman
mkdir -p /etc/prometheus

cat >/etc/prometheus/prometheus.yml <<'CONF'
global:
  scrape_interval: 15s
scrape_configs:
  - job_name: scheduler
    static_configs:
      - targets: ['__SCHEDULER__:8787']
  - job_name: workers
    static_configs:
      - targets: ['__WORKERS__:8790']
CONF

cat >/etc/systemd/system/prometheus.service <<'UNIT'
[Unit]
Description=Prometheus
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/podman run --rm --replace --name prometheus --network host \
    --volume /etc/prometheus:/etc/prometheus:ro,Z --volume prometheus:/prometheus \
    docker.io/prom/prometheus:v2.53.2 \
    --config.file /etc/prometheus/prometheus.yml --storage.tsdb.path /prometheus \
    --storage.tsdb.retention.time __RETENTION_DAYS__d
ExecStop=/usr/bin/podman stop prometheus
Restart=always

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable --now prometheus
