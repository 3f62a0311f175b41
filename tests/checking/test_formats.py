"""The formats of a report, each read back by those who define it where that can be had."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from builder import cli
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import RULES, Severity
from builder.reporting.formats import FORMATS, render_report
from builder.reporting.report import CheckedDefinition, Report
from builder.reporting.repository_paths import relate_paths
from builder.text.natural_order import natural_key
from tests.checking.examples import INVALID, SHIPPED, check

NASTY = "100% of %0A, %25 and %3A, a\r\nline, with: commas <b>&amp;\x07\x1b[31m\ud83d\udc4d".encode(
    "utf-16", "surrogatepass"
).decode("utf-16")


@pytest.fixture(scope="module")
def found() -> Report:
    """The report on all the wrong examples, with a problem whose every text is nasty."""
    report = check(str(INVALID))
    nasty = Problem(f"dir,with:odd%/{NASTY}.yaml", 3, 7, f"/{NASTY}", "unknown-key", NASTY, NASTY)
    return Report((CheckedDefinition(nasty.path, "odd", (nasty,)), *report.definitions), report.others)


def test_every_format_tells_of_every_problem(found: Report) -> None:
    number = len(found.problems())
    assert number > 150
    assert len(json.loads(render_report("json", found))["problems"]) == number
    assert render_report("github", found).count("\n") == number
    assert len(json.loads(render_report("sarif", found))["runs"][0]["results"]) == number
    junit = ElementTree.fromstring(render_report("junit", found, strict=True))
    told = sum((failure.text or "").count("\n") + 1 for failure in junit.iter("failure"))
    assert told == sum(len(each.problems) for each in found.definitions) + len(found.others)


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format_can_be_encoded(found: Report, output_format: str) -> None:
    assert render_report(output_format, found).encode()
    assert render_report(output_format, Report(())).encode() is not None


def test_json_holds_every_field(found: Report) -> None:
    document = json.loads(render_report("json", found))
    assert document["problems"][1 if found.others else 0].keys() == {
        "path", "line", "column", "pointer", "rule", "severity", "message", "hint",
    }  # fmt: skip
    assert document["errors"] + document["warnings"] == len(document["problems"])
    assert document["definitions"][0] == {
        "path": found.definitions[0].path,
        "id": "odd",
        "errors": 1,
        "warnings": 0,
        "crash": None,
    }


def test_no_format_shows_a_definition_that_could_not_be_checked_as_clean() -> None:
    report = Report((CheckedDefinition("a,b.yaml", "a", (), "KeyError in checks.py, line 3"),))
    assert json.loads(render_report("json", report))["definitions"][0]["crash"] == "KeyError in checks.py, line 3"
    told = "internal error: KeyError in checks.py, line 3; please report it, with the file"
    assert render_report("github", report) == f"::error file=a%2Cb.yaml,title=internal error::{told}\n"
    (invocation,) = json.loads(render_report("sarif", report))["runs"][0]["invocations"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert (invocation["executionSuccessful"], notification["message"]["text"]) == (False, told)
    junit = ElementTree.fromstring(render_report("junit", report))
    assert (junit.attrib["errors"], junit.attrib["failures"]) == ("1", "0")
    assert [error.text for error in junit.iter("error")] == [told]


# ---- GitHub: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions


def unescape(text: str, *, in_property: bool) -> str:
    """As actions/runner does it: src/Runner.Common/ActionCommand.cs."""
    pairs = [("%0D", "\r"), ("%0A", "\n"), *([("%3A", ":"), ("%2C", ",")] if in_property else []), ("%25", "%")]
    for written, meant in pairs:
        text = text.replace(written, meant)
    return text


def test_github_reads_back_what_was_written(found: Report) -> None:
    for line, problem in zip(render_report("github", found).splitlines(), found.problems(), strict=True):
        command = re.fullmatch(r"::(error|warning) ([^:]*)::(.*)", line)
        assert command is not None
        severity, given, message = command.groups()
        properties = dict(each.split("=", 1) for each in given.split(","))
        assert severity == problem.severity
        assert unescape(properties["file"], in_property=True) == problem.path
        assert properties.get("line", "0") == str(problem.line)
        assert unescape(message, in_property=False).startswith(problem.message)


# ---- SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html


def test_sarif_is_valid_against_its_schema(found: Report) -> None:
    schema = json.loads((Path(__file__).parent.parent / "schemas/sarif-2.1.0.json").read_text())
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    crashed = Report((CheckedDefinition("a.yaml", "a", (), "KeyError in checks.py, line 3"),))
    for report in (found, Report(()), check(str(SHIPPED)), crashed):
        errors = [error.message for error in validator.iter_errors(json.loads(render_report("sarif", report)))]
        assert errors == []


def test_sarif_names_rule_place_and_severity(found: Report) -> None:
    (run,) = json.loads(render_report("sarif", found))["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result, problem in zip(run["results"], found.problems(), strict=True):
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == problem.rule
        assert result["level"] == problem.severity
        location: dict[str, Any] = result["locations"][0]["physicalLocation"]
        assert location["region"] == {"startLine": problem.line or 1, "startColumn": problem.column or 1}
        assert rule["helpUri"].endswith(f"/docs/rules.md#{problem.rule}")
        assert re.fullmatch(r"[A-Za-z0-9._~/%()*!'+:@&=,-]+", location["artifactLocation"]["uri"])


@pytest.mark.parametrize("rule_id", RULES)
def test_sarif_explains_each_rule_with_its_example_and_links_that_lead_somewhere(rule_id: str) -> None:
    problem = Problem("a.yaml", 1, 1, "", rule_id, "it is wrong")
    report = Report((CheckedDefinition("a.yaml", "a", (problem,)),))
    (rule,) = json.loads(render_report("sarif", report))["runs"][0]["tool"]["driver"]["rules"]
    markdown = rule["help"]["markdown"]
    assert markdown.startswith(rule["shortDescription"]["text"])
    assert RULES[rule_id].example in markdown
    links = re.findall(r"\]\(([^)]+)\)", markdown)
    assert all(re.match(r"https://(?!github\.com)|https://github\.com/.*/docs/[\w-]+\.md\b", each) for each in links)


# ---- JUnit


def test_junit_is_well_formed_and_has_a_test_for_each_definition(found: Report) -> None:
    root = ElementTree.fromstring(render_report("junit", found))
    (suite,) = root.findall("testsuite")
    cases = suite.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    assert len(cases) == len(found.definitions) + len(found.others)
    assert suite.attrib["tests"] == str(len(cases))
    assert suite.attrib["failures"] == str(len(failed))
    wrong = [each for each in found.definitions if any(p.severity is Severity.ERROR for p in each.problems)]
    assert len(failed) == len(wrong) + sum(each.severity is Severity.ERROR for each in found.others)


def test_junit_fails_for_warnings_only_where_they_are_failures() -> None:
    warning = Problem("a.yaml", 1, 1, "", "unused-parameter", "unused")
    report = Report((CheckedDefinition("a.yaml", "a", (warning,)),))
    assert ElementTree.fromstring(render_report("junit", report)).attrib["failures"] == "0"
    assert "unused" in render_report("junit", report)
    assert ElementTree.fromstring(render_report("junit", report, strict=True)).attrib["failures"] == "1"


# ---- text


def test_text_sends_no_control_character_to_a_terminal(found: Report) -> None:
    shown = render_report("text", found, excerpts=True)
    assert [character for character in shown if not character.isprintable() and character not in "\n\t"] == []


def test_the_mark_stands_below_the_place_whatever_comes_before_it() -> None:
    text = "# \u2028\ntitle: \N{CJK UNIFIED IDEOGRAPH-7684}e\N{COMBINING ACUTE ACCENT}\tx wrong\n"
    written = text.splitlines()[-1]
    problem = Problem("<stdin>", 2, written.index("wrong") + 1, "", "unknown-key", "no")
    shown = render_report("text", Report((), (problem,), {"<stdin>": text}), excerpts=True).splitlines()
    line, mark = shown[1], shown[2]
    assert line == "  2 | " + written
    assert mark == "    | " + "       " + "  " + " " + "\t" + "  " + "^^^^^"


def test_a_long_line_is_shown_around_the_place() -> None:
    text = "x" * 5000 + " wrong " + "y" * 5000
    problem = Problem("<stdin>", 1, 5002, "", "unknown-key", "no")
    shown = render_report("text", Report((), (problem,), {"<stdin>": text}), excerpts=True).splitlines()
    assert len(shown[1]) < 200
    assert shown[1][shown[2].index("^") :].startswith("wrong")


def test_every_rule_has_a_severity_and_a_meaning() -> None:
    for rule_id, rule in RULES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", rule_id)
        assert rule.id == rule_id
        assert rule.meaning
        assert not rule.meaning.endswith(".")


def test_junit_tells_how_long_each_definition_took_and_all_of_them() -> None:
    checked = tuple(CheckedDefinition(f"{seconds}.yaml", "a", (), seconds=seconds) for seconds in (1.5, 2.0))
    root = ElementTree.fromstring(render_report("junit", Report(checked)))
    assert [each.get("time") for each in root.iter()] == ["3.500", "3.500", "1.500", "2.000"]
    assert all(each.seconds > 0 for each in check(str(SHIPPED)).definitions)


# ---- order


def test_problems_are_in_the_order_of_files_and_lines_a_definition_before_what_it_refers_to() -> None:
    def problem(path: str, line: int) -> Problem:
        return Problem(path, line, 1, "", "unknown-key", f"{path} {line}")

    shared = [problem("types/components/shared.yaml", line) for line in (2, 10)]
    ten, two = problem("types/node10.yaml", 1), problem("types/node2.yaml", 1)
    misnamed = problem("types/node2.yaml", 0)
    report = Report(
        (
            CheckedDefinition("types/node10.yaml", "node10", (ten, shared[0])),
            CheckedDefinition("types/node2.yaml", "node2", (two, shared[1])),
        ),
        (misnamed, problem("types/zoo", 0)),
    )
    places = [each.message for each in report.problems()]
    assert places == [
        "types/node2.yaml 0", "types/node2.yaml 1", "types/components/shared.yaml 2", "types/components/shared.yaml 10",
        "types/node10.yaml 1", "types/zoo 0",
    ]  # fmt: skip


def test_numbers_in_names_are_in_the_order_of_numbers_and_letters_in_that_of_the_alphabet() -> None:
    names = [
        "1/2", "1/10", "2", "10", "a", "a/b2", "a/b10", "a/B10c", "a/c", "a-b",
        "B1", "b02", "b2", "b2a", "B3", "b10", "b" + "9" * 5000, "ba", "z",
    ]  # fmt: skip
    backwards = list(reversed(names))
    assert sorted(backwards, key=natural_key) == names


# ---- paths


def _relate(path: str, workspace: str = "") -> str:
    problem = Problem(path, 1, 1, "", "unknown-key", "x")
    report = relate_paths(Report((CheckedDefinition(path, "a", (problem,)),), (problem,), {"<stdin>": ""}), workspace)
    found = {report.definitions[0].path, report.definitions[0].problems[0].path, report.others[0].path}
    (related,) = found
    return related


def test_paths_are_from_the_top_of_the_repository_wherever_the_check_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "repository/.git").mkdir(parents=True)
    (tmp_path / "repository/types/sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository/types/sub")
    assert _relate("../a.yaml") == "types/a.yaml"
    assert _relate(str(tmp_path / "repository/types/sub/a.yaml")) == "types/sub/a.yaml"
    assert _relate(str(tmp_path / "link/types/a.yaml")) == "types/a.yaml"
    # On GitHub from the folder of the checkout, which may hold several repositories.
    assert _relate("../a.yaml", str(tmp_path)) == "repository/types/a.yaml"
    assert _relate("../a.yaml", str(tmp_path / "link")) == "types/a.yaml"
    assert _relate("../a.yaml", str(tmp_path / "elsewhere")) == "types/a.yaml"
    assert _relate("../a.yaml", "") == "types/a.yaml"


def test_path_outside_of_every_repository_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repository/.git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    for path in ("../a.yaml", str(tmp_path / "a.yaml"), "https://site.example/a.yaml", "<stdin>"):
        assert _relate(path, str(tmp_path / "repository")) == path


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("text", "a.yaml:"),
        ("json", '"path": "a.yaml"'),
        ("github", "file=types/a.yaml,"),
        ("sarif", '"uri": "types/a.yaml"'),
        ("junit", 'file="types/a.yaml"'),
    ],
)
def test_people_are_shown_the_paths_that_they_gave_and_code_hosts_those_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, shown: str
) -> None:
    (tmp_path / ".git").touch()
    (tmp_path / "types").mkdir()
    monkeypatch.chdir(tmp_path / "types")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    Path("a.yaml").write_text("kind: heat\n")
    with pytest.raises(SystemExit):
        cli.main(["check", "--format", name, "a.yaml"])
    assert shown in capsys.readouterr().out


def test_workspace_is_what_github_says_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "repository/.git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    Path("a.yaml").write_text("kind: heat\n")
    with pytest.raises(SystemExit):
        cli.main(["check", "--format", "github", "a.yaml"])
    assert "file=repository/a.yaml," in capsys.readouterr().out
