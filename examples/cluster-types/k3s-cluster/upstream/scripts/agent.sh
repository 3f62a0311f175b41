#!/bin/bash
set -euo pipefail

mkdir -p /etc/rancher/k3s
install -m 0600 /dev/null /etc/rancher/k3s/config.yaml
cat >/etc/rancher/k3s/config.yaml <<'CONF'
server: "https://__SERVER__:6443"
token: "__TOKEN__"
CONF

# The agent's service tries until the server is there.
curl -sfL https://get.k3s.io | INSTALL_K3S_CHANNEL=__CHANNEL__ sh -s - agent
