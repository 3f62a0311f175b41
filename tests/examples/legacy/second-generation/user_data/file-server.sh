#!/bin/bash
for folder in $exports; do
  mkdir -p "$folder"
  echo "$folder 10.92.0.0/24($mode)" >> /etc/exports
done
