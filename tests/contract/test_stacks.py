"""Stacks from create to delete, through the client."""

from __future__ import annotations

import re
from typing import Any

import pytest
from heatclient.exc import HTTPBadRequest, HTTPConflict, HTTPNotFound

from tests.contract.clouds import Cloud, Stacks, wait_for
from tests.contract.templates import NODE, NONE, RANDOM_STRING, TEST_RESOURCE, group, resource, template

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

SLOW_TO_DELETE = resource(TEST_RESOURCE, action_wait_secs={"delete": 2})

EVERYTHING = template(
    {
        "n": {"type": "number", "default": "3"},
        "s": {"type": "string", "default": "x", "hidden": True},
        "l": {"type": "comma_delimited_list", "default": "a, b"},
        "j": {"type": "json", "default": {"k": [1, {"y": 2}]}},
        "b": {"type": "boolean", "default": "yes"},
    },
    {
        "word": {"type": RANDOM_STRING, "properties": {"length": 8}},
        "copy": {"type": "OS::Heat::Value", "properties": {"value": {"get_attr": ["word", "value"]}}},
        "test": {"type": TEST_RESOURCE, "properties": {"value": "z"}},
        "none": {"type": NONE, "depends_on": "word", "metadata": {"a": {"get_param": "n"}}},
        "group": group(2, {"type": TEST_RESOURCE, "properties": {"value": "node-%index%"}}),
        "nest": {"type": "nested/node.yaml", "properties": {"size": 6}},
        "nodes": group(2, {"type": "nested/node.yaml", "properties": {"size": 5}}),
        "maybe": {"type": NONE, "condition": {"equals": [{"get_param": "n"}, 4]}},
    },
    description="Everything",
    outputs={
        "number": {"description": "the number", "value": {"get_param": "n"}},
        "boolean": {"value": {"get_param": "b"}},
        "item": {"value": {"get_param": ["l", 1]}},
        "deep": {"value": {"get_param": ["j", "k", 1, "y"]}},
        "name": {"value": {"get_param": "OS::stack_name"}},
        "word": {"value": {"get_attr": ["word", "value"]}},
        "reference": {"value": {"get_resource": "word"}},
        "copy": {"value": {"get_attr": ["copy", "value"]}},
        "test": {"value": {"get_attr": ["test", "output"]}},
        "nothing": {"value": {"get_attr": ["none", "anything"]}},
        "members": {"value": {"get_attr": ["group", "output"]}},
        "member": {"value": {"get_attr": ["group", "resource.1.output"]}},
        "by_name": {"value": {"get_attr": ["group", "attributes", "output"]}},
        "refs": {"value": {"get_attr": ["group", "refs"]}},
        "nested": {"value": {"get_attr": ["nest", "word"]}},
        "nested_members": {"value": {"get_attr": ["nodes", "word"]}},
        "replaced": {
            "value": {"str_replace": {"template": "a $n $j", "params": {"$n": {"get_param": "n"}, "$j": [1]}}}
        },
        "joined": {"value": {"list_join": ["-", {"get_param": "l"}, ["z", None]]}},
        "split": {"value": {"str_split": [",", "a,b", 1]}},
        "merged": {"value": {"map_merge": [{"a": 1}, {"b": 2}, None]}},
        "replaced_map": {"value": {"map_replace": [{"a": "x"}, {"keys": {"a": "A"}, "values": {"x": "X"}}]}},
        "repeated": {"value": {"repeat": {"template": "x%v%", "for_each": {"%v%": ["a", "b"]}}}},
        "chosen": {"value": {"if": [{"equals": [{"get_param": "n"}, 3]}, "yes", "no"]}},
        "digest": {"value": {"digest": ["sha256", "x"]}},
        "url": {"value": {"make_url": {"scheme": "http", "host": "h", "port": 80, "path": "p", "query": {"a": "b"}}}},
        "failed": {"value": {"get_param": "ghost"}},
    },
)
FILES = {"nested/node.yaml": NODE}


@pytest.fixture(scope="module")
def everything(all_stacks: Stacks) -> Any:
    """A stack of everything, complete."""
    return all_stacks.create_settled(EVERYTHING, files=FILES, parameters={"n": 3}, tags="one,two", timeout_mins=7)


def outputs_of(stack: Any) -> dict[str, Any]:
    return {output["output_key"]: output for output in stack.outputs}


def refused(caught: pytest.ExceptionInfo[Any]) -> tuple[int, str, str]:
    error = caught.value.error["error"]
    return caught.value.code, error["type"], error["message"]


class TestCreate:
    def test_new_stack_is_in_progress_and_then_complete(self, stacks: Stacks, cloud: Cloud) -> None:
        name = stacks.new_name()
        slow = template(None, resource(TEST_RESOURCE, value="x", wait_secs=1))
        made = stacks.client.stacks.create(stack_name=name, template=slow)["stack"]
        assert set(made) == {"id", "links"}
        assert UUID.fullmatch(made["id"])
        assert made["links"][0]["rel"] == "self"
        assert made["links"][0]["href"].endswith(f"/v1/{cloud.project_id}/stacks/{name}/{made['id']}")
        first = stacks.client.stacks.get(made["id"])
        assert (first.stack_status, first.stack_status_reason) == ("CREATE_IN_PROGRESS", "Stack CREATE started")
        last = stacks.settle(made["id"])
        assert last.stack_status == "CREATE_COMPLETE"
        assert last.stack_status_reason == "Stack CREATE completed successfully"

    def test_taken_name_is_a_conflict_in_create_and_in_preview(self, stacks: Stacks) -> None:
        name = stacks.create(template()).stack_name
        expected = (409, "StackExists", f"The Stack ({name}) already exists.")
        for ask in (stacks.client.stacks.create, stacks.client.stacks.preview):
            with pytest.raises(HTTPConflict) as caught:
                ask(stack_name=name, template=template())
            assert refused(caught) == expected

    def test_taken_name_comes_before_any_fault_of_the_template(self, stacks: Stacks) -> None:
        name = stacks.create(template()).stack_name
        with pytest.raises(HTTPConflict):
            stacks.client.stacks.create(stack_name=name, template=template(nonsense={}))

    @pytest.mark.parametrize("name", ["1abc", "a b", "a/b", "", "é", "a" * 256, "-a", "_a"], ids=lambda name: name[:8])
    def test_bad_name_is_refused(self, stacks: Stacks, name: str) -> None:
        with pytest.raises(HTTPBadRequest) as caught:
            stacks.client.stacks.create(stack_name=name, template=template())
        assert refused(caught) == (
            400,
            "StackValidationFailed",
            f'Invalid stack name {name} must contain only alphanumeric or "_-." characters, must start with alpha and '
            "must be 255 characters or less.",
        )

    @pytest.mark.parametrize("rest", ["-a.b_C-9", "a" * 200])
    def test_good_names_are_taken(self, stacks: Stacks, rest: str) -> None:
        name = stacks.new_name() + rest
        assert stacks.client.stacks.preview(stack_name=name, template=template()).stack_name == name

    @pytest.mark.parametrize(
        ("arguments", "error_type", "message"),
        [
            ({"timeout_mins": "x"}, "HTTPBadRequest", "Only integer is acceptable by 'timeout_mins'."),
            ({"timeout_mins": 1.5}, "HTTPBadRequest", "Only integer is acceptable by 'timeout_mins'."),
            (
                {"timeout_mins": -1},
                "HTTPBadRequest",
                "Value '-1' is invalid for 'timeout_mins' which only accepts non-negative integer.",
            ),
            ({"tags": "a" * 81}, "HTTPBadRequest", f'Invalid tag, "{"a" * 81}" is longer than 80 characters'),
            (
                {"converge": True},
                "HTTPBadRequest",
                "converge flag only supported in stack update (or update preview) request.",
            ),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_wrong_options_are_told(
        self, stacks: Stacks, arguments: dict[str, Any], error_type: str, message: str
    ) -> None:
        with pytest.raises(HTTPBadRequest) as caught:
            stacks.client.stacks.create(stack_name=stacks.new_name(), template=template(), **arguments)
        assert refused(caught) == (400, error_type, message)

    def test_what_heat_trips_over_has_a_type_and_no_message(self, stacks: Stacks) -> None:
        with pytest.raises(HTTPBadRequest) as caught:
            stacks.client.stacks.create(stack_name=stacks.new_name(), template=template(), disable_rollback="maybe")
        assert caught.value.error["error"] == {"type": "ValueError", "traceback": None}

    @pytest.mark.parametrize("timeout", [0, "5", None])
    def test_timeouts_are_taken(self, stacks: Stacks, timeout: Any) -> None:
        preview = stacks.client.stacks.preview(stack_name=stacks.new_name(), template=template(), timeout_mins=timeout)
        assert preview.timeout_mins == (5 if timeout == "5" else None)


class TestShow:
    def test_stack_shows_what_it_was_made_with(self, everything: Any, cloud: Cloud) -> None:
        assert everything.stack_status == "CREATE_COMPLETE", everything.stack_status_reason
        assert everything.description == everything.template_description == "Everything"
        assert everything.tags == ["one", "two"]
        assert everything.timeout_mins == 7
        assert everything.disable_rollback is True
        assert everything.stack_owner == cloud.username
        assert everything.parent is None
        assert everything.updated_time is everything.deletion_time is None
        assert TIME.fullmatch(everything.creation_time)
        assert everything.parameters == {
            "OS::stack_id": everything.id,
            "OS::stack_name": everything.stack_name,
            "OS::project_id": cloud.project_id,
            "n": "3",
            "s": "******",
            "l": "a, b",
            "j": '{"k": [1, {"y": 2}]}',
            "b": "True",
        }

    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            ("number", 3),
            ("boolean", True),
            ("item", " b"),
            ("deep", 2),
            ("test", "z"),
            ("nothing", None),
            ("members", ["node-0", "node-1"]),
            ("member", "node-1"),
            ("by_name", {"0": "node-0", "1": "node-1"}),
            ("replaced", "a 3 [1]"),
            ("joined", "a- b-z-"),
            ("split", "b"),
            ("merged", {"a": 1, "b": 2}),
            ("replaced_map", {"A": "X"}),
            ("repeated", ["xa", "xb"]),
            ("chosen", "yes"),
            ("digest", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
            ("url", "http://h:80/p?a=b"),
        ],
    )
    def test_output_is_resolved(self, everything: Any, key: str, expected: Any) -> None:
        assert outputs_of(everything)[key]["output_value"] == expected

    def test_outputs_agree_with_one_another(self, everything: Any) -> None:
        outputs = {key: output["output_value"] for key, output in outputs_of(everything).items()}
        assert outputs["name"] == everything.stack_name
        assert re.fullmatch(r"[A-Za-z0-9]{8}", outputs["word"])
        assert outputs["word"] == outputs["reference"] == outputs["copy"]
        assert len(outputs["nested"]) == 6
        assert [len(word) for word in outputs["nested_members"]] == [5, 5]
        assert [f"-group-{suffix}" in ref for suffix, ref in zip(("", ""), outputs["refs"], strict=True)] == [True] * 2

    def test_output_that_cannot_be_resolved_says_why(self, everything: Any) -> None:
        outputs = outputs_of(everything)
        assert outputs["failed"]["output_error"] == "The Parameter (ghost) was not provided."
        assert outputs["failed"]["output_value"] is None
        assert outputs["number"]["description"] == "the number"
        assert outputs["item"]["description"] == "No description given"

    def test_outputs_can_be_asked_for_one_by_one_or_left_out(self, stacks: Stacks, everything: Any) -> None:
        shown = stacks.client.stacks.output_show(everything.id, "number")["output"]
        assert shown == {"output_key": "number", "description": "the number", "output_value": 3}
        listed = stacks.client.stacks.output_list(everything.id)["outputs"]
        assert {output["output_key"] for output in listed} == set(EVERYTHING["outputs"])
        assert not hasattr(stacks.client.stacks.get(everything.id, resolve_outputs=False), "outputs")
        with pytest.raises(HTTPNotFound) as caught:
            stacks.client.stacks.output_show(everything.id, "ghost")
        assert refused(caught) == (404, "NotFound", "Specified output key {} not found.")

    def test_template_environment_and_files_are_kept(self, stacks: Stacks, everything: Any) -> None:
        assert stacks.client.stacks.template(everything.id) == EVERYTHING
        assert stacks.client.stacks.files(everything.id) == FILES
        environment = stacks.client.stacks.environment(everything.id)
        assert environment["parameters"] == {"n": 3}
        assert {"resource_registry", "parameter_defaults", "event_sinks", "encrypted_param_names"} <= set(environment)

    def test_hidden_values_stay_hidden(self, stacks: Stacks) -> None:
        stack = stacks.create_settled(
            template({"s": {"type": "string", "hidden": True}}), parameters={"s": "very-secret"}
        )
        assert stack.parameters["s"] == "******"
        assert stacks.client.stacks.environment(stack.id)["parameters"] == {"s": "******"}


class TestResources:
    def test_resources_are_listed_with_state_and_id(self, stacks: Stacks, everything: Any) -> None:
        rows = {row.resource_name: row for row in stacks.client.resources.list(everything.id)}
        assert set(rows) == set(EVERYTHING["resources"]) - {"maybe"}
        assert {row.resource_status for row in rows.values()} == {"CREATE_COMPLETE"}
        assert {row.resource_status_reason for row in rows.values()} == {"state changed"}
        assert rows["word"].resource_type == RANDOM_STRING
        assert rows["nest"].resource_type == "nested/node.yaml"
        assert rows["word"].physical_resource_id.startswith(f"{everything.stack_name}-word-")
        assert UUID.fullmatch(rows["none"].physical_resource_id)
        assert set(rows["word"].required_by) == {"copy", "none"}

    def test_nested_resources_are_listed_to_a_depth(self, stacks: Stacks, everything: Any) -> None:
        rows = stacks.client.resources.list(everything.id, nested_depth=1)
        parents = [getattr(row, "parent_resource", None) for row in rows]
        assert {parent: parents.count(parent) for parent in ("group", "nest", "nodes")} == {
            "group": 2,
            "nest": 1,
            "nodes": 2,
        }
        deeper = stacks.client.resources.list(everything.id, nested_depth=2)
        assert len(deeper) == len(rows) + 2

    def test_resource_shows_its_attributes(self, stacks: Stacks, everything: Any) -> None:
        shown = stacks.client.resources.get(everything.id, "test")
        assert shown.attributes == {"output": "z"}
        assert shown.description == ""
        group_links = {link["rel"] for link in stacks.client.resources.get(everything.id, "group").links}
        assert group_links == {"self", "stack", "nested"}
        assert stacks.client.resources.metadata(everything.id, "none") == {"a": 3}

    def test_unknown_resource_is_not_found(self, stacks: Stacks, everything: Any) -> None:
        with pytest.raises(HTTPNotFound) as caught:
            stacks.client.resources.get(everything.id, "ghost")
        message = f"The Resource (ghost) could not be found in Stack {everything.stack_name}."
        assert refused(caught) == (404, "ResourceNotFound", message)

    def test_events_tell_how_the_stack_came_to_be(self, stacks: Stacks, everything: Any) -> None:
        events = stacks.client.events.list(everything.id, sort_dir="asc")
        own = [event for event in events if event.resource_name == everything.stack_name]
        assert [event.resource_status for event in own] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
        assert own[0].resource_status_reason == "Stack CREATE started"
        word = stacks.client.events.list(everything.id, resource_name="word", sort_dir="asc")
        assert [event.resource_status for event in word] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
        after = stacks.client.events.list(everything.id, sort_dir="asc", marker=events[0].id, limit=2)
        assert [event.id for event in after] == [event.id for event in events[1:3]]

    def test_newest_event_comes_first_by_default(self, stacks: Stacks, everything: Any) -> None:
        newest = stacks.client.events.list(everything.id, limit=1)
        assert [event.resource_status for event in newest] == ["CREATE_COMPLETE"]


class TestPreview:
    def test_preview_lists_what_would_be_made(self, stacks: Stacks, cloud: Cloud) -> None:
        name = stacks.new_name()
        preview = stacks.client.stacks.preview(stack_name=name, template=EVERYTHING, files=FILES, tags="one")
        assert (preview.id, preview.parameters["OS::stack_id"]) == ("None", "None")
        assert preview.tags == ["one"]
        assert "stack_status" not in preview.to_dict()
        rows = {row["resource_name"]: row for row in preview.resources if isinstance(row, dict)}
        assert set(rows) == {"word", "copy", "test", "none"}
        assert rows["word"]["resource_type"] == RANDOM_STRING
        assert (rows["word"]["resource_action"], rows["word"]["resource_status"]) == ("INIT", "COMPLETE")
        assert rows["word"]["physical_resource_id"] == ""
        assert rows["word"]["attributes"] == {"value": None}
        assert rows["word"]["properties"]["length"] == 8
        assert rows["word"]["properties"]["character_classes"] == [{"class": "lettersdigits", "min": 1}]
        assert set(rows["word"]["required_by"]) == {"copy", "none"}
        assert rows["none"]["metadata"] == {"a": 3}
        identity = {"tenant": cloud.project_id, "stack_name": name, "stack_id": "None", "path": "/resources/word"}
        assert rows["word"]["resource_identity"] == identity

    def test_groups_and_nested_templates_are_lists_of_what_is_in_them(self, stacks: Stacks) -> None:
        preview = stacks.client.stacks.preview(stack_name=stacks.new_name(), template=EVERYTHING, files=FILES)
        lists = [row for row in preview.resources if isinstance(row, list)]
        by_parent = {rows[0].get("parent_resource"): rows for rows in lists if isinstance(rows[0], dict)}
        assert set(by_parent) == {"group", "nest"}
        assert {row["resource_name"]: row["properties"]["value"] for row in by_parent["group"]} == {
            "0": "node-0",
            "1": "node-1",
        }
        assert [row["properties"]["length"] for row in by_parent["nest"]] == [6]
        nested_twice = [rows for rows in lists if isinstance(rows[0], list)]
        assert [[row["parent_resource"] for row in rows] for rows in sorted(nested_twice[0], key=str)] == [["0"], ["1"]]

    def test_preview_makes_nothing(self, stacks: Stacks) -> None:
        name = stacks.new_name()
        stacks.client.stacks.preview(stack_name=name, template=template())
        assert list(stacks.client.stacks.list(filters={"name": name})) == []

    def test_outputs_of_a_preview_know_parameters_only(self, stacks: Stacks) -> None:
        preview = stacks.client.stacks.preview(stack_name=stacks.new_name(), template=EVERYTHING, files=FILES)
        outputs = {output["output_key"]: output["output_value"] for output in preview.outputs}
        assert (outputs["number"], outputs["word"], outputs["reference"]) == (3, None, "word")


class TestFailure:
    def test_failing_resource_fails_the_stack_with_its_reason(self, stacks: Stacks) -> None:
        stack = stacks.create_settled(template(None, resource(TEST_RESOURCE, value="x", fail=True)))
        assert stack.stack_status == "CREATE_FAILED"
        assert stack.stack_status_reason == "Resource CREATE failed: ValueError: resources.r: Test Resource failed r"
        (row,) = stacks.client.resources.list(stack.id)
        assert row.resource_status == "CREATE_FAILED"
        assert row.resource_status_reason == "ValueError: resources.r: Test Resource failed r"
        assert row.physical_resource_id == ""

    def test_what_depends_on_a_failure_is_never_begun(self, stacks: Stacks) -> None:
        resources = {
            **resource(TEST_RESOURCE, value="x", fail=True),
            "after": {"type": NONE, "depends_on": "r"},
        }
        stack = stacks.create_settled(template(None, resources))
        rows = {row.resource_name: row.resource_status for row in stacks.client.resources.list(stack.id)}
        assert rows == {"r": "CREATE_FAILED", "after": "INIT_COMPLETE"}

    def test_failure_inside_names_the_way_to_it(self, stacks: Stacks) -> None:
        inner = (
            "{heat_template_version: rocky, resources: "
            "{i: {type: OS::Heat::TestResource, properties: {fail: true, value: x}}}}"
        )
        stack = stacks.create_settled(template(None, resource("fail.yaml")), files={"fail.yaml": inner})
        assert stack.stack_status_reason == (
            "Resource CREATE failed: ValueError: resources.r.resources.i: Test Resource failed i"
        )

    def test_wrong_value_inside_fails_when_it_is_made(self, stacks: Stacks) -> None:
        inner = (
            "{heat_template_version: rocky, resources: {i: {type: OS::Heat::RandomString, properties: {length: 9999}}}}"
        )
        stack = stacks.create_settled(template(None, resource("bad.yaml")), files={"bad.yaml": inner})
        (row,) = stacks.client.resources.list(stack.id)
        assert row.resource_status_reason == (
            "StackValidationFailed: resources.r: Property error: resources.i.properties.length: "
            "9999 is out of range (min: 1, max: 512)"
        )


class TestDelete:
    @pytest.mark.parametrize("by", ["name", "id"])
    def test_deleted_stack_is_gone_by_name_and_shown_by_id(self, stacks: Stacks, by: str) -> None:
        stack = stacks.create_settled(template(None, resource(NONE)))
        stacks.client.stacks.delete(stack.stack_name if by == "name" else stack.id)
        shown = stacks.wait_until_deleted(stack)
        assert shown.stack_status == "DELETE_COMPLETE"
        assert shown.stack_status_reason == "Stack DELETE completed successfully"
        assert TIME.fullmatch(shown.deletion_time)
        message = f"The Stack ({stack.stack_name}) could not be found."
        with pytest.raises(HTTPNotFound) as caught:
            stacks.client.stacks.get(stack.stack_name)
        assert refused(caught) == (404, "EntityNotFound", message)
        with pytest.raises(HTTPNotFound) as caught:
            stacks.client.stacks.delete(f"{stack.stack_name}/{stack.id}")
        assert refused(caught) == (404, "EntityNotFound", message)
        assert stacks.client.resources.list(stack.id) == []

    def test_stack_that_is_being_deleted_is_shown_by_its_name(self, stacks: Stacks) -> None:
        stack = stacks.create_settled(template(None, SLOW_TO_DELETE))
        stacks.client.stacks.delete(stack.id)
        wait_for(
            lambda: stacks.client.stacks.get(stack.stack_name).stack_status, lambda seen: seen == "DELETE_IN_PROGRESS"
        )

    def test_stack_that_is_being_deleted_keeps_its_name(self, stacks: Stacks) -> None:
        stack = stacks.create_settled(template(None, SLOW_TO_DELETE))
        stacks.client.stacks.delete(stack.id)
        with pytest.raises(HTTPConflict):
            stacks.create(template(), stack.stack_name)

    def test_name_is_free_again(self, stacks: Stacks) -> None:
        stack = stacks.create_settled(template())
        stacks.client.stacks.delete(stack.id)
        stacks.wait_until_deleted(stack)
        again = stacks.create(template(), stack.stack_name)
        assert again.id != stack.id

    @pytest.mark.parametrize("name", ["no-such-stack", "0" * 32, "a b"])
    def test_unknown_stack_is_not_found(self, stacks: Stacks, name: str) -> None:
        for ask in (stacks.client.stacks.get, stacks.client.stacks.delete, stacks.client.stacks.template):
            with pytest.raises(HTTPNotFound) as caught:
                ask(name)
            assert refused(caught) == (404, "EntityNotFound", f"The Stack ({name}) could not be found.")

    def test_abandon_is_switched_off(self, stacks: Stacks, everything: Any) -> None:
        with pytest.raises(HTTPBadRequest) as caught:
            stacks.client.stacks.abandon(f"{everything.stack_name}/{everything.id}")
        assert refused(caught) == (400, "NotSupported", "Stack Abandon is not supported.")


class TestOtherProjects:
    def test_stack_of_another_project_is_not_found(self, everything: Any, other: Cloud) -> None:
        name = everything.stack_name
        for key, told in ((everything.id, everything.id), (name, name), (f"{name}/{everything.id}", name)):
            for ask in (other.heat().stacks.get, other.heat().stacks.delete, other.heat().stacks.template):
                with pytest.raises(HTTPNotFound) as caught:
                    ask(key)
                assert refused(caught) == (404, "EntityNotFound", f"The Stack ({told}) could not be found.")

    def test_names_are_each_projects_own(self, stacks: Stacks, everything: Any, other: Cloud) -> None:
        theirs = Stacks(other)
        try:
            name = theirs.new_name()
            theirs.create(template(), name)
            assert stacks.create(template(), name).stack_name == name
            assert name in {stack.stack_name for stack in theirs.client.stacks.list()}
            assert everything.stack_name not in {stack.stack_name for stack in theirs.client.stacks.list()}
        finally:
            theirs.delete_all()
            stacks.client.stacks.delete(name)


@pytest.fixture(scope="module")
def three(all_stacks: Stacks) -> list[Any]:
    """Three stacks, the oldest first: tagged ``one,two``, ``one``, and not at all; all with a tag of this run."""
    run = all_stacks.new_name()
    made: list[Any] = []
    for tags in ("one,two", "one", ""):
        made.append(all_stacks.create_settled(template(), tags=",".join(filter(None, [run, tags]))))
        if all_stacks.cloud.name != "sandbox":
            # Heat orders by the second a stack was created in; the sandbox by the order itself.
            wait_for(lambda: _now(all_stacks), lambda now: now > made[-1].creation_time)
    return made


class TestList:
    def listed(self, stacks: Stacks, three: list[Any], **query: Any) -> list[int]:
        """Which of the three a list holds, in its order; only they have the tag of this run."""
        ids = [stack.id for stack in three]
        query.setdefault("filters", {"tags": three[2].tags[0]})
        return [ids.index(stack.id) for stack in stacks.client.stacks.list(**query) if stack.id in ids]

    def test_newest_comes_first(self, stacks: Stacks, three: list[Any]) -> None:
        assert self.listed(stacks, three) == [2, 1, 0]

    def test_order_can_be_chosen(self, stacks: Stacks, three: list[Any]) -> None:
        assert self.listed(stacks, three, sort_dir="asc") == [0, 1, 2]
        by_name = sorted(range(3), key=lambda index: three[index].stack_name)
        assert self.listed(stacks, three, sort_keys="stack_name", sort_dir="asc") == by_name
        assert self.listed(stacks, three, sort_keys="stack_name", sort_dir="desc") == by_name[::-1]

    def test_filters_narrow(self, stacks: Stacks, three: list[Any]) -> None:
        assert self.listed(stacks, three, filters={"name": three[1].stack_name}) == [1]
        assert self.listed(stacks, three, filters={"id": three[0].id}) == [0]
        assert self.listed(stacks, three, filters={"status": "CREATE_COMPLETE"}) == [2, 1, 0]
        assert self.listed(stacks, three, filters={"status": "CREATE_FAILED"}) == []

    def test_tags_narrow(self, stacks: Stacks, three: list[Any]) -> None:
        run = three[2].tags[0]
        assert self.listed(stacks, three, filters={"tags": f"{run},one"}) == [1, 0]
        assert self.listed(stacks, three, filters={"tags": f"{run},one,two"}) == [0]
        assert self.listed(stacks, three, filters={"tags_any": "two,three"}) == [0]
        assert self.listed(stacks, three, filters={"not_tags": "one,two"}) == [2, 1]
        assert self.listed(stacks, three, filters={"not_tags_any": "one,two"}) == [2]

    def test_pages_follow_one_another(self, stacks: Stacks, three: list[Any]) -> None:
        assert self.listed(stacks, three, limit=2) == [2, 1]
        assert self.listed(stacks, three, marker=three[1].id) == [0]
        assert self.listed(stacks, three, page_size=1) == [2, 1, 0]

    def test_row_shows_a_summary(self, stacks: Stacks, three: list[Any], cloud: Cloud) -> None:
        (row,) = stacks.client.stacks.list(filters={"name": three[0].stack_name})
        assert set(row.to_dict()) == {
            "id",
            "links",
            "stack_name",
            "description",
            "stack_status",
            "stack_status_reason",
            "creation_time",
            "updated_time",
            "deletion_time",
            "stack_owner",
            "parent",
            "stack_user_project_id",
            "tags",
        }
        assert (row.description, row.stack_owner, row.tags) == ("", cloud.username, three[0].tags)


def _now(stacks: Stacks) -> str:
    """The cloud's own time."""
    return str(stacks.client.stacks.preview(stack_name="now", template=template()).creation_time)
