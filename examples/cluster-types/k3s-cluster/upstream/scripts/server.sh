#!/bin/bash
set -euo pipefail

mkdir -p /etc/rancher/k3s
install -m 0600 /dev/null /etc/rancher/k3s/config.yaml
cat >/etc/rancher/k3s/config.yaml <<'CONF'
token: "__TOKEN__"
cluster-cidr: "__POD_CIDR__"
tls-san:
  - "__PUBLIC_ADDRESS__"
CONF

curl -sfL https://get.k3s.io | INSTALL_K3S_CHANNEL=__CHANNEL__ sh -s - server
