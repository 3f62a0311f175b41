"""Tokens and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from builder.sandbox.wire.accounts import LIFETIME, MAX_TOKENS, PROJECTS, USERS, TokenStore

USER, PROJECT = USERS[0], PROJECTS[0]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_token_is_good_until_it_expires() -> None:
    clock = Clock()
    store = TokenStore(clock)
    token = store.issue(USER, PROJECT)
    assert token.expires == clock.now + LIFETIME
    clock.now += LIFETIME - timedelta(seconds=1)
    assert store.find_valid(token.id) == token
    clock.now += timedelta(seconds=1)
    assert store.find_valid(token.id) is None
    assert store.find(token.id) == token


def test_token_from_a_token_lives_no_longer() -> None:
    clock = Clock()
    store = TokenStore(clock)
    parent = store.issue(USER, None)
    clock.now += timedelta(hours=1)
    child = store.issue(USER, PROJECT, parent)
    assert child.expires == parent.expires
    assert child.methods == ("token", "password")


def test_revoked_token_stays_revoked_when_the_clock_is_set_back() -> None:
    clock = Clock()
    store = TokenStore(clock)
    token = store.issue(USER, PROJECT)
    clock.now += timedelta(hours=1)
    store.revoke(token)
    clock.now -= timedelta(minutes=30)
    assert store.find_valid(token.id) is None


def test_oldest_tokens_are_forgotten_first() -> None:
    store = TokenStore()
    tokens = [store.issue(USER, PROJECT) for _ in range(MAX_TOKENS + 1)]
    assert store.find(tokens[0].id) is None
    assert store.find(tokens[1].id) is not None
    assert store.find(tokens[-1].id) is not None


def test_token_is_in_no_representation() -> None:
    token = TokenStore().issue(USER, PROJECT)
    assert token.id not in repr(token)


def test_nothing_is_no_token() -> None:
    assert TokenStore().find_valid(None) is None
    assert TokenStore().find_valid("") is None
