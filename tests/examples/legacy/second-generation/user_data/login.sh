#!/bin/bash
hostnamectl set-hostname login
