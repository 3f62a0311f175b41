"""The clouds are those of the contract."""

from tests.contract.conftest import cloud

__all__ = ["cloud"]
