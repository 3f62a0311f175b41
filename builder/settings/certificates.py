"""Whether the certificates that an operator names can be used; apart from the other settings, for it takes ``ssl``."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from builder.errors import ConfigurationError

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""What ``openssl rehash`` calls the link to a certificate: OpenSSL looks up no other name in a folder."""


def check_ca_bundle(path: str, source: str = "CLOUD_CA_BUNDLE") -> None:
    """Raises ConfigurationError, naming ``source``, where no connection to a cloud could be made with these."""
    try:
        if not Path(path).is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
        elif not any(map(_is_certificate, Path(path).iterdir())):
            raise ConfigurationError(
                f"{source}: {path!r} cannot be used: no certificate in it can be found by the hash of its name; "
                "run openssl rehash on it"
            )
    except OSError as error:
        why = "no certificate in it can be read" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(f"{source}: {path!r} cannot be used: {why}") from error


def _is_certificate(path: Path) -> bool:
    """Whether OpenSSL finds a certificate by this name in a folder."""
    if not _HASHED.fullmatch(path.name):
        return False
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=str(path))
    except OSError:
        return False
    return True
