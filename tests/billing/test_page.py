"""docs/billing.md is true: its commands find what a crash left, and mend it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import assert_refused
from tests.billing.builds import FailingHeat, build, live_stacks
from tests.billing.middleware import STACK_ID, BillingService, Failing, How
from tests.billing.test_interruptions import HEAT_REFUSES, Moment, act_at, build_in_vain, serving
from tests.security.tokens import SECRET
from tests.service import Service, wait_until

PAGE = (Path(__file__).parents[2] / "docs" / "billing.md").read_text()

pytestmark = pytest.mark.skipif(
    not (shutil.which("jq") and shutil.which("curl")), reason="the page's commands are jq's and curl's"
)


def command(beginning: str) -> str:
    """The command of the page that begins so, with the lines that go on with it."""
    found = re.search(rf"^( +){re.escape(beginning)}.*\n(?:\1.*\n)*", PAGE, re.MULTILINE)
    assert found is not None, beginning
    return re.sub(rf"^{found[1]}", "", found[0], flags=re.MULTILINE)


def run(text: str, **replaced: str) -> str:
    for name, value in replaced.items():
        text = text.replace(name, value)
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def find_left(log: Path) -> list[str]:
    """What the page has look for in the log."""
    return run(command("jq -rs"), **{"cluster-builder.log": str(log)}).splitlines()


def ask(middleware: BillingService, path: str, **replaced: str) -> str:
    """Have a call done as the page says."""
    (request,) = [text for text in re.findall(r"curl (?:.*\\\n)+.*\n", PAGE) if text.strip().endswith(f"42356/{path}")]
    token = command("TOKEN=").replace("JWT_SECRET=…", f"JWT_SECRET={SECRET}").replace("python", sys.executable)
    return run(f"{token}\n{request}", **{"http://user_handler:42356": middleware.url}, **replaced)


def kill(service: Service, log: Path, line: str) -> Callable[[], None]:
    """Kill a service once it has written a line; lines are written a moment later."""

    def act() -> None:
        wait_until(lambda: line in log.read_text(), "it is in the log")
        os.kill(service.process.pid, signal.SIGKILL)

    return act


@pytest.mark.parametrize("has_stack", [False, True])
def test_what_a_crash_left_is_found_and_mended(
    tmp_path: Path, sandbox: Sandbox, middleware: BillingService, has_stack: bool
) -> None:
    log = tmp_path / "log"
    with serving(tmp_path, LOG_FORMAT="json", LOG_FILE=str(log)) as service:
        assert build(service, sandbox, middleware).status == 201
        ((built, _),) = middleware.active.items()
        service.settled_log()
        wait_until(lambda: find_left(log) == [], "the log tells that the first was built")
        moment = Moment("add_order_tag", 2) if has_stack else Moment("add_order_tag", is_after=True)
        act_at(middleware, moment, kill(service, log, "was created for stack broken--"))
        build_in_vain(service, sandbox, middleware, "a-key", cluster_name="broken")
        assert service.wait() == -signal.SIGKILL
    asked, created = find_left(log)
    assert re.fullmatch(r"asking for an order for stack broken--\w+, account acct-1", asked)
    match = re.fullmatch(r"order (\S+) was created for stack (broken--\w+)", created)
    assert match is not None
    order_id = match[1]
    assert {order_id, built} == set(middleware.active)
    stacks = [stack for stack in live_stacks(sandbox) if stack.order == order_id]
    assert len(stacks) == has_stack
    middleware.when = lambda _: None
    if stacks:
        middleware.active[order_id].tags.pop(STACK_ID, None)  # the call was received; it might as well not have been
        ask(middleware, "add_order_tag", ORDER=order_id, STACK=stacks[0].id)
    else:
        ask(middleware, "delete_order", ORDER=order_id)


def test_build_that_ended_is_not_taken_for_a_crash(
    tmp_path: Path, heat: FailingHeat, middleware: BillingService
) -> None:
    log = tmp_path / "log"
    heat.instead_of_creating = [HEAT_REFUSES, HEAT_REFUSES]
    middleware.fail("delete_order", None, *[Failing(How.REFUSE)] * 3)
    with serving(tmp_path, LOG_FORMAT="json", LOG_FILE=str(log)) as service:
        for _ in range(2):
            assert_refused(build(service, heat, middleware), 400, ("Stack refused", None))
        middleware.credits = 25
        assert build(service, heat, middleware).status == 502
        service.settled_log()
    assert find_left(log) == []
    text = log.read_text()
    assert len(re.findall(r"order \S+ was cancelled", text)) == 1
    assert len(re.findall(r"order \S+ is left \(deletion_failed\)", text)) == 1
    middleware.mend(live_stacks(heat))
