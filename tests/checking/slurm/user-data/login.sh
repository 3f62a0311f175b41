#!/bin/bash
# Starts the scheduler.
set -euo pipefail
echo '__MUNGE_KEY__' >/etc/munge/munge.key
sed -i 's/^ClusterName=.*/ClusterName=__CLUSTER__/' /etc/slurm/slurm.conf
systemctl enable --now munge slurmctld
