#!/bin/bash
# Makes this server the controller. Heat puts values in place of the names in __CAPITALS__.
set -euo pipefail

dnf -y install epel-release
dnf -y install munge slurm-slurmctld slurm nfs-utils

echo -n '__MUNGE_KEY__' >/etc/munge/munge.key
chown munge:munge /etc/munge/munge.key
chmod 0400 /etc/munge/munge.key
systemctl enable --now munge

cat >/etc/slurm/slurm.conf <<CONF
ClusterName=__CLUSTER__
SlurmctldHost=$(hostname -s)
SlurmctldParameters=enable_configless
MaxNodeCount=__COUNT__
NodeSet=all Feature=worker
PartitionName=batch Nodes=all Default=YES State=UP
CONF
systemctl enable --now slurmctld

volume='__VOLUME__'
mkdir -p /shared
if [ "$volume" != none ]; then
  disk=/dev/disk/by-id/virtio-${volume:0:20}
  for attempt in {1..120}; do [ -b "$disk" ] && break; sleep 5; done
  mkfs.xfs "$disk"
  echo "$disk /shared xfs defaults,nofail 0 2" >>/etc/fstab
  mount /shared
fi
echo '/shared 10.90.0.0/24(rw,no_root_squash)' >/etc/exports
systemctl enable --now nfs-server
