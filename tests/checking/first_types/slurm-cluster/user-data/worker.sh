#!/bin/bash
# Makes this server a worker. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y install epel-release
dnf -y install munge slurm-slurmd slurm nfs-utils

echo -n '__MUNGE_KEY__' >/etc/munge/munge.key
chown munge:munge /etc/munge/munge.key
chmod 0400 /etc/munge/munge.key
systemctl enable --now munge

mkdir -p /shared
echo '__CONTROLLER__:/shared /shared nfs defaults,_netdev,nofail 0 0' >>/etc/fstab
mount /shared || true

echo 'SLURMD_OPTIONS="-Z --conf-server __CONTROLLER__ --conf Feature=worker"' >/etc/sysconfig/slurmd
systemctl enable --now slurmd
