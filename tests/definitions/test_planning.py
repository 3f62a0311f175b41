"""What of the answers nobody may see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.definitions.planning import plan_cluster
from tests.definitions.test_many_problems import HEAD, OneFile

DEFINITION = f"""{HEAD}heat_template:
  heat_template_version: 2021-04-16
  parameters:
    logins: {{type: json, hidden: true}}
    shown: {{type: json, default: {{}}}}
"""
LOGINS = {"root": ["s3cret", {"inner-key": 4711}]}


@pytest.mark.parametrize("answer", [LOGINS, json.dumps(LOGINS)])
def test_all_that_a_hidden_json_answer_holds_is_secret_as_data_and_as_text(answer: Any) -> None:
    cluster_type = build_cluster_type(ClusterTypeId("many"), OneFile(DEFINITION)).cluster_type
    assert cluster_type is not None
    plan = plan_cluster(cluster_type, "mycluster", {"logins": answer, "shown": '{"seen": "by all"}'}, {})
    assert {"root", "s3cret", "inner-key", "4711"} <= set(plan.secrets)
    assert (answer in plan.secrets) is isinstance(answer, str)
    assert not {"seen", "by all"} & set(plan.secrets)
