#!/bin/bash
# Runs once, when the server starts for the first time.
set -euo pipefail

echo 'Welcome' >/etc/motd
