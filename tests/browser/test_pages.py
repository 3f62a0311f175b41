"""The pages in a real browser: what people see, do and hear of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.security.tokens import SECRET, make_token
from tests.service import Service, minimal_definition, wait_until

pytestmark = pytest.mark.console

PAGES = [
    "/",
    "/?q=cluster&state=listed",
    "/types/self-contained",
    "/types/broken",
    "/types/hpc-cluster",
    "/check",
    "/docs",
]
DARK = {"color_scheme": "dark"}
NARROW = {"viewport": {"width": 360, "height": 740}}
NO_SCRIPT = {"java_script_enabled": False}
LOOKS = pytest.mark.parametrize("visit", [{}, DARK, NARROW], ids=["light", "dark", "narrow"], indirect=True)

MARKED = "document.querySelector('main').stillThere"


def mark(visit: Visit) -> None:
    """Leave a mark that another page in the place of this one would take away, and a reload."""
    visit.page.evaluate(f"{MARKED} = true")


def is_still_there(visit: Visit) -> bool:
    return bool(visit.page.evaluate(f"{MARKED} === true"))


def lightness(visit: Visit) -> float:
    """Of the ground of the page, from 0 to 255."""
    colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(float(each) for each in re.findall(r"[\d.]+", colour)[:3]) / 3


def focused(visit: Visit) -> str:
    """What has the focus, by its text, label or id."""
    return str(visit.page.evaluate("(e => e.innerText || e.ariaLabel || e.id)(document.activeElement)")).strip()


# --- looking ----------------------------------------------------------------------------------------------------------


@LOOKS
@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_and_needs_not_be_moved_sideways(visit: Visit, path: str) -> None:
    assert visit.go(path).status == 200
    assert visit.violations() == []
    assert not visit.is_too_wide()


def test_first_look_tells_whether_all_is_well_and_every_type(visit: Visit) -> None:
    visit.go()
    assert visit.page.title().startswith("1 entry to mend")
    names = visit.page.locator("#types .name").all_inner_texts()
    assert len(names) == 7
    assert any("Self-contained demonstration" in name for name in names)
    visit.keep("types")


@pytest.mark.parametrize("visit", [DARK], ids=["dark"], indirect=True)
def test_dark_mode_is_dark(visit: Visit) -> None:
    visit.go()
    assert lightness(visit) < 60
    visit.keep("types-dark")


def test_light_mode_is_light(visit: Visit) -> None:
    visit.go("/types/self-contained")
    assert lightness(visit) > 200
    visit.keep("type")


@pytest.mark.parametrize("visit", [NARROW], ids=["narrow"], indirect=True)
def test_narrow_screen_shows_every_type(visit: Visit) -> None:
    visit.go()
    assert visit.page.get_by_role("link", name="Self-contained demonstration").is_visible()
    visit.keep("types-narrow")


def test_a_first_look_takes_little(visit: Visit) -> None:
    visit.go()
    visit.page.wait_for_load_state("load")
    sizes = visit.page.evaluate(
        "performance.getEntries().filter(each => 'transferSize' in each).map(each => each.transferSize)"
    )
    assert len(sizes) > 2  # the page itself, a style and a script at least
    assert 0 < sum(sizes) <= 100 * 1024


def test_texts_of_an_author_are_shown_as_they_are(visit: Visit) -> None:
    visit.go("/types/broken")
    assert visit.page.locator("img").count() == 0
    visit.go("/check")
    visit.page.get_by_label("Paste a definition").fill(
        "kind: heat\ntitle: <script>alert(1)</script>\nx: '\"><img src=x onerror=alert(1)>'\n"
    )
    visit.page.get_by_role("button", name="Check").click()
    visit.page.locator("#report .problem").first.wait_for()
    assert visit.page.locator("img, #report script").count() == 0


# --- live -------------------------------------------------------------------------------------------------------------


def test_break_and_its_mending_are_seen_without_a_reload_and_without_losing_what_is_typed(visit: Visit) -> None:
    definition = visit.service.enabled / "self-contained.yaml"
    good = definition.read_text()
    visit.go()
    visit.page.locator("#connection.good").wait_for()
    mark(visit)
    field = visit.page.get_by_role("searchbox", name="Find")
    field.press_sequentially("self")
    row = visit.page.locator("li.row", has_text="self-contained")
    visit.page.locator("li.row").and_(row).wait_for()
    definition.write_text(good.replace("title:", "titel:"))
    visit.page.locator("li.row.stale", has_text="self-contained").wait_for()
    assert "'titel'" in row.inner_text()
    assert (field.input_value(), focused(visit)) == ("self", "q")
    visit.keep("stale")
    definition.write_text(good)
    visit.page.locator("li.row.listed", has_text="self-contained").wait_for()
    assert is_still_there(visit)


def test_new_type_appears_and_one_that_is_withdrawn_disappears(visit: Visit) -> None:
    visit.go()
    visit.page.locator("#connection.good").wait_for()
    mark(visit)
    added = visit.service.enabled / "added.yaml"
    added.write_text(minimal_definition("Added just now"))
    visit.page.get_by_role("link", name="Added just now").wait_for()
    added.unlink()
    visit.page.get_by_role("link", name="Added just now").wait_for(state="detached")
    assert is_still_there(visit)


def test_page_of_a_type_follows_it_when_it_is_mended_and_when_it_is_withdrawn(visit: Visit) -> None:
    definition = visit.service.enabled / "mended.yaml"
    definition.write_text(minimal_definition("Mended").replace("title:", "titel:"))
    wait_until(lambda: visit.service.get("/types/mended", {"Accept": "text/html"}).status == 200, "rejected")
    visit.go("/types/mended")
    visit.page.locator("#connection.good").wait_for()
    assert visit.page.locator("#form-head").count() == 0
    definition.write_text(minimal_definition("Mended"))
    visit.page.locator("#form-head").wait_for()
    assert "cluster_type_id" in (visit.page.locator("#command").text_content() or "")
    definition.unlink()
    visit.page.get_by_role("heading", level=1, name="Not Found").wait_for()
    definition.write_text(minimal_definition("Mended"))
    visit.page.get_by_role("heading", level=1, name="Mended").wait_for()
    visit.go()  # so that the browser tells of no other 404
    definition.unlink()
    wait_until(lambda: "mended" not in visit.service.ids(), "withdrawn")
    visit.complaints[:] = [each for each in visit.complaints if "404" not in each]  # which the browser tells of


def test_page_that_gets_no_answer_complains_of_nothing(visit: Visit) -> None:
    visit.go()
    visit.page.route("**/?q=*", lambda route: route.abort())
    with visit.page.expect_event("requestfailed"):
        visit.page.get_by_role("searchbox", name="Find").fill("self")
    visit.page.unroute("**/?q=*")
    visit.page.get_by_role("searchbox", name="Find").fill("self-contained")
    visit.page.get_by_text("1 of ").wait_for()
    visit.complaints[:] = [each for each in visit.complaints if "ERR_FAILED" not in each]  # which the browser tells of


@pytest.mark.parametrize("clipboard", ["undefined", "{writeText: () => Promise.reject(new Error('no'))}"])
def test_copy_tells_that_nothing_was_copied_where_the_browser_does_not_let_it(visit: Visit, clipboard: str) -> None:
    visit.page.add_init_script(f"Object.defineProperty(navigator, 'clipboard', {{value: {clipboard}}})")
    visit.go("/types/self-contained")
    visit.page.locator("#curl summary").click()
    visit.page.locator("#copy").click()
    visit.page.get_by_text("Selected, but not copied").wait_for()
    assert visit.page.evaluate("getSelection().toString()").startswith("curl --request POST")


# --- by keyboard ------------------------------------------------------------------------------------------------------


def test_keyboard_alone_leads_past_the_head_to_a_type_and_back(visit: Visit) -> None:
    visit.go()
    mark(visit)
    visit.page.keyboard.press("Tab")
    assert focused(visit) == "Skip to the content"
    visit.page.keyboard.press("Enter")
    assert focused(visit) != "Skip to the content"
    assert is_still_there(visit)
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        if focused(visit) == "Self-contained demonstration":
            break
    outline = visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/types/self-contained")
    visit.page.get_by_role("heading", level=1, name="Self-contained demonstration").wait_for()


def test_keyboard_alone_checks_a_definition(visit: Visit) -> None:
    visit.go("/check")
    visit.page.get_by_label("Paste a definition").focus()
    visit.page.keyboard.type("kind: heat")
    for _ in range(5):
        visit.page.keyboard.press("Tab")
        if focused(visit) == "Check":
            break
    visit.page.keyboard.press("Enter")
    visit.page.locator("#report .problem").first.wait_for()
    assert visit.page.evaluate("document.activeElement.id") == "report"


def test_links_within_a_page_stay_on_it(visit: Visit) -> None:
    visit.go("/docs")
    mark(visit)
    visit.page.locator(".contents a", has_text="/check").click()
    visit.page.wait_for_url("**/docs#checkDefinition")
    assert visit.page.locator("#checkDefinition").is_visible()
    visit.page.go_back()
    assert is_still_there(visit)
    visit.keep("api")


# --- without JavaScript -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visit", [NO_SCRIPT], ids=["no-script"], indirect=True)
def test_without_javascript_types_are_found_and_their_problems_read(visit: Visit) -> None:
    visit.go()
    visit.page.get_by_role("searchbox", name="Find").fill("broken")
    visit.page.get_by_role("button", name="Show").click()
    visit.page.wait_for_url("**q=broken**")
    assert visit.page.locator("li.row").count() == 1
    visit.page.locator("li.row a").first.click()
    visit.page.wait_for_url("**/types/broken")
    assert "missing-key" in visit.page.locator("#problems").inner_text()


@pytest.mark.parametrize("visit", [NO_SCRIPT], ids=["no-script"], indirect=True)
def test_without_javascript_a_definition_is_checked(visit: Visit) -> None:
    visit.go("/check")
    text = "kind: heat\ntitle: Mine\n"
    visit.page.get_by_label("Paste a definition").fill(text)
    visit.page.get_by_label("Id").fill("mine")
    visit.page.get_by_role("button", name="Check").click()
    visit.page.locator("#report .problem").first.wait_for()
    assert "mine.yaml:1:1" in visit.page.locator("#report").inner_text()
    assert visit.page.get_by_label("Paste a definition").input_value() == text


# --- checking ---------------------------------------------------------------------------------------------------------


def test_report_appears_beside_what_was_pasted_and_after_mending_the_form(visit: Visit) -> None:
    visit.go("/check")
    mark(visit)
    definition = minimal_definition("Pasted").replace("title:", "titel:")
    field = visit.page.get_by_label("Paste a definition")
    field.fill(definition)
    visit.page.get_by_role("button", name="Check").click()
    visit.page.locator("#report .problem.error").first.wait_for()
    visit.keep("check")
    assert visit.violations() == []
    assert field.input_value() == definition
    field.fill(definition.replace("titel:", "title:"))
    visit.page.get_by_role("button", name="Check").click()
    visit.page.locator("#report h2", has_text="Pasted").wait_for()
    assert visit.page.locator("#report .problem.error").count() == 0
    assert visit.violations() == []
    assert is_still_there(visit)


def test_file_that_is_chosen_or_dropped_is_checked(visit: Visit) -> None:
    visit.go("/check")
    sent: Any = {"name": "chosen.yaml", "mimeType": "application/yaml", "buffer": minimal_definition("Chosen").encode()}
    visit.page.locator("#file").set_input_files(sent)
    visit.page.get_by_role("button", name="Check").click()
    visit.page.get_by_role("heading", name="Chosen", exact=True).wait_for()
    visit.page.evaluate(
        """text => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([text], "dropped.yaml"));
            const place = document.getElementById("definition");
            place.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
        }""",
        minimal_definition("Dropped"),
    )
    visit.page.get_by_role("heading", name="Dropped", exact=True).wait_for()


# --- with a token -----------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(tmp_path: Any, chromium: Any) -> Iterator[Any]:
    """The page of a type, of a service that wants a token for reading."""
    running = Service(tmp_path / "protected", {"PROTECT_READS": "true", "JWT_SECRET": SECRET})
    running.enabled.mkdir(parents=True)
    (running.enabled / "small.yaml").write_text(minimal_definition("A small cluster"))
    with running:
        wait_until(lambda: running.get("/ready").status == 200, "ready")
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{running.url}/")
        page.get_by_label("Token").fill(make_token())
        page.get_by_role("button", name="Open").click()
        page.get_by_role("link", name="A small cluster").click()
        page.get_by_role("heading", level=1, name="A small cluster").wait_for()
        yield page
        context.close()


def test_token_opens_every_page_and_is_kept_nowhere(signed_in: Any) -> None:
    page = signed_in
    page.get_by_role("link", name="Check", exact=True).click()
    page.get_by_label("Paste a definition").fill(minimal_definition("Pasted"))
    page.get_by_role("button", name="Check").click()
    page.locator("#report h2", has_text="Pasted").wait_for()
    page.get_by_role("link", name="API", exact=True).click()
    page.locator("#checkDefinition").wait_for()
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
    page.reload()
    page.get_by_label("Token").wait_for()


def test_what_is_new_of_a_page_that_was_left_does_not_come_back(signed_in: Any) -> None:
    page = signed_in
    page.evaluate(
        """() => {
            const fetched = window.fetch;
            window.held = new Promise((resolve) => { window.release = resolve; });
            // Answers, but late, and as if nobody had given it up.
            window.fetch = async (url, { headers }) => {
                window.fetch = fetched;
                const answer = await fetched(url, { headers });
                await window.held;
                return answer;
            };
            window.refreshed = refresh();
        }"""
    )
    page.get_by_role("link", name="Check", exact=True).click()
    page.get_by_label("Paste a definition").wait_for()
    page.evaluate("() => { window.release(); return window.refreshed; }")
    page.get_by_label("Paste a definition").fill("kind: heat")


# --- trying -----------------------------------------------------------------------------------------------------------


def test_cluster_that_is_launched_on_the_sandbox_is_watched_until_it_is_complete(visit: Visit) -> None:
    visit.go("/types/self-contained")
    visit.page.get_by_label("Cluster name").fill("from-the-page")
    visit.page.get_by_label("Seconds to start").fill("0")
    visit.page.get_by_role("button", name="Dry run").click()
    visit.page.locator("#outcome", has_text="OS::Heat::").wait_for()
    visit.page.get_by_role("button", name="Launch on the sandbox").click()
    visit.page.locator("#outcome", has_text="CREATE_COMPLETE").wait_for()
    assert visit.violations() == []
    visit.page.locator("#curl summary").click()
    command = visit.page.locator("#command").inner_text()
    assert "curl" in command
    assert "from-the-page" in command
    visit.keep("launched")


def test_answer_that_breaks_a_rule_is_told_beside_its_field(visit: Visit) -> None:
    visit.go("/types/self-contained")
    visit.page.get_by_label("Number of nodes").fill("99")
    visit.page.get_by_role("button", name="Launch on the sandbox").click()
    visit.page.locator(".fault", has_text="Between 1 and 20 nodes.").wait_for()
    assert visit.page.get_by_label("Number of nodes").input_value() == "99"
    assert visit.violations() == []
    assert all("status of 400" in each for each in visit.complaints)  # which browsers tell of every refusal
    visit.complaints.clear()
