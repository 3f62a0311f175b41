"""Python's requests, with a session. Prints the statuses of the answers."""

import sys
from pathlib import Path

import requests

kept, direct, order, big = sys.argv[1:]
json = {"Content-Type": "application/json"}
with requests.Session() as session:
    session.trust_env = False
    listing = session.get(f"{kept}/cluster-types/")
    again = session.get(f"{kept}/cluster-types/", headers={"If-None-Match": listing.headers["ETag"]})
    built = session.post(f"{kept}/clusters/", data=Path(order).read_bytes(), headers=json)
    health = session.get(f"{kept}/health")
    refused = session.post(f"{direct}/clusters/", data=Path(big).read_bytes(), headers=json)
title = refused.json()["errors"][0]["title"]
sys.stdout.write(" ".join(str(each.status_code) for each in (listing, again, built, health, refused)) + f" {title}\n")
