#!/bin/bash
echo "$login_ip login" >> /etc/hosts
