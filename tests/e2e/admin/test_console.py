"""The console in a real browser against a real server: an evening of an administrator, on a desktop and on a phone.

With ``ONEAPI_TEST_PICTURES`` set, screenshots of every page are saved in ``tests/screenshots``.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

import oneapi
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.providers.answers import chat_reply
from tests.support.providers.upstream import ProgrammableUpstream, running_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BUILT = (Path(oneapi.__file__).parent / "console" / "index.html").is_file()
PICTURES = Path(__file__).parents[2] / "screenshots"
#: Any value of this environment variable makes the tests fill ``PICTURES``, which takes time.
TAKES_PICTURES = "ONEAPI_TEST_PICTURES"
#: https://github.com/dequelabs/axe-core finds barriers for people with screen readers or low vision.
AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "much-better-123"
#: Without the browser's background services, which would call other hosts.
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
PAGES = (
    "/dashboard /channel /channel/add /token /log /topup /redemption /user /audit /playground /about "
    "/setting/profile /setting/operation /setting/prices /setting/system /setting/other"
).split()
#: The most bytes of compressed JavaScript that the first page may load.
FIRST_LOAD = 250_000

pytestmark = [
    pytest.mark.skipif(not BUILT, reason="the console is not built (make web)"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (Debian: apt install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[ProgrammableUpstream]:
    with running_upstream() as upstream:
        upstream.always(
            "/v1/chat/completions", chat_reply("Good evening", prompt_tokens=1000, completion_tokens=1000)
        )
        yield upstream


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


class Visit:
    """A browser session; ``problems`` are errors that the browser reports, and requests to other hosts."""

    def __init__(self, browser: Browser, gateway: Gateway, size: ViewportSize, **context: Any) -> None:
        self.problems: list[str] = []
        self._context = browser.new_context(viewport=size, locale="en-US", base_url=gateway.url, **context)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda said: self._heard(said.type, said.text))
        self.page.on("request", lambda request: self._asked(request.url, gateway.url))

    def _heard(self, kind: str, text: str) -> None:
        # the browser logs every 401, which guests get
        if kind == "error" and "401" not in text:
            self.problems.append(text)

    def _asked(self, address: str, own: str) -> None:
        if not address.startswith((own, "data:", "blob:")):
            self.problems.append(f"asked {address}")

    def go(self, path: str) -> None:
        self.page.goto(path)
        self.page.wait_for_load_state("networkidle")

    def picture(self, name: str) -> None:
        """Take a screenshot, if somebody wants to look at it."""
        if not os.environ.get(TAKES_PICTURES):
            return
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    def barriers(self) -> list[str]:
        """The serious problems that axe finds on this page."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run()")["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        return [f"{each['id']}: {node['html'][:200]}" for each in serious for node in each["nodes"]]

    def press(self, name: str, **options: Any) -> None:
        self.page.get_by_role("button", name=name, **options).first.click()

    def fill(self, label: str, value: str) -> None:
        # a required field has a star after its label
        self.page.get_by_label(re.compile(rf"^{re.escape(label)}\s*\*?$")).first.fill(value)

    def sign_in(self, password: str, name: str = "root") -> None:
        self.go("/login")
        self.fill_in_sign_in(password, name)
        self.page.wait_for_url("**/dashboard")

    def fill_in_sign_in(self, password: str, name: str = "root") -> None:
        self.page.locator("input[autocomplete=username]").fill(name)
        self.page.locator("input[autocomplete=current-password]").fill(password)
        self.page.locator("form button[type=submit]").click()

    def close(self) -> None:
        self._context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_evening_of_an_administrator(
    browser: Browser,
    gateway: Gateway,
    upstream: ProgrammableUpstream,
    size: ViewportSize,
    request: pytest.FixtureRequest,
) -> None:
    name = request.node.callspec.id
    visit = Visit(browser, gateway, size)
    admin = change_first_password(visit, gateway, name)
    add_channel(visit, admin, upstream, name)
    call_with_new_token(visit, admin, gateway, name)
    see_what_it_cost(visit, name)
    redeem(visit, admin)
    disable_user(visit, admin)
    change_ratio(visit, admin)
    admin.set_option("Theme", "berry")
    change_language_and_colours(visit, name)
    assert visit.problems == []
    visit.close()


def change_first_password(visit: Visit, gateway: Gateway, name: str) -> Administrator:
    page = visit.page
    visit.sign_in("123456")
    expect(page.get_by_text("still has its initial password")).to_be_visible()
    visit.picture(f"{name}-first-sign-in")
    page.get_by_role("link", name="Change it now").click()
    visit.fill("Current password", "123456")
    page.locator("input[autocomplete=new-password]").nth(0).fill(PASSWORD)
    page.locator("input[autocomplete=new-password]").nth(1).fill(PASSWORD)
    visit.press("Change password")
    expect(page.get_by_text("still has its initial password")).to_be_hidden()
    return Administrator(gateway.url, PASSWORD)


def add_channel(visit: Visit, admin: Administrator, upstream: ProgrammableUpstream, name: str) -> None:
    page = visit.page
    visit.go("/channel/add")
    visit.fill("Name", "by browser")
    visit.fill("Base URL", upstream.url)
    visit.fill("Key", "sk-upstream")
    models = page.locator("input:visible").and_(page.get_by_label(re.compile("^Models"))).first
    models.fill("gpt-4o")
    models.press("Enter")
    page.keyboard.press("Escape")
    visit.picture(f"{name}-new-channel")
    visit.press("Add", exact=True)
    page.wait_for_url("**/channel")
    expect(page.get_by_text("by browser").first).to_be_visible()
    (channel,) = admin.call("GET", "/api/channel/")
    assert (channel["base_url"], channel["models"]) == (upstream.url, "gpt-4o")


def call_with_new_token(visit: Visit, admin: Administrator, gateway: Gateway, name: str) -> None:
    visit.go("/token/add")
    form = visit.page.get_by_role("dialog")
    form.get_by_label("Name").fill("evening")
    form.get_by_role("switch", name="Unlimited").click()
    form.get_by_role("button", name="Create").click()
    expect(visit.page.get_by_text("Your new token")).to_be_visible()
    visit.picture(f"{name}-new-token")
    (token,) = admin.call("GET", "/api/token/")
    answer = httpx.post(
        gateway.url + "/v1/chat/completions",
        headers={"Authorization": f"Bearer sk-{token['key']}"},
        json={"model": "gpt-4o", "messages": [{"role": "user", "content": "Good evening"}]},
        verify=NO_TLS,
    )
    assert answer.status_code == 200, answer.text
    (charge,) = admin.consumed()
    assert charge["quota"] > 0


def see_what_it_cost(visit: Visit, name: str) -> None:
    visit.go("/log")
    expect(visit.page.get_by_text("evening").first).to_be_visible()
    visit.picture(f"{name}-log-of-a-call")
    visit.go("/dashboard")
    expect(visit.page.get_by_text("gpt-4o").first).to_be_visible()
    visit.picture(f"{name}-dashboard-of-a-call")


def redeem(visit: Visit, admin: Administrator) -> None:
    (code,) = admin.call("POST", "/api/redemption/", {"name": "gift", "count": 1, "quota": 500_000})
    before = admin.self()["quota"]
    visit.go("/topup")
    visit.fill("Redemption code", code)
    visit.press("Redeem", exact=True)
    expect(visit.page.get_by_text("$1.00 added to your balance").first).to_be_visible()
    assert admin.self()["quota"] == before + 500_000


def disable_user(visit: Visit, admin: Administrator) -> None:
    admin.call("POST", "/api/user/", {"username": "alice", "password": "alice-12345"})
    visit.go("/user")
    visit.press("Disable")
    visit.page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(visit.page.get_by_text("Done").first).to_be_visible()
    statuses = {user["username"]: user["status"] for user in admin.call("GET", "/api/user/")}
    assert statuses == {"root": 1, "alice": 2}


def change_ratio(visit: Visit, admin: Administrator) -> None:
    visit.go("/setting/prices")
    visit.page.get_by_label("Search by name").fill("gpt-4o-mini")
    visit.fill("Ratio of gpt-4o-mini", "7.5")
    visit.press("Review and save")
    visit.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(visit.page.get_by_text("Prices saved").first).to_be_visible()
    options = {option["key"]: option["value"] for option in admin.call("GET", "/api/option/")}
    assert '"gpt-4o-mini":7.5' in options["ModelRatio"].replace(" ", "")


def change_language_and_colours(visit: Visit, name: str) -> None:
    visit.go("/channel")
    visit.press("Language")
    visit.page.get_by_role("menuitem", name="中文").click()
    expect(visit.page.get_by_role("heading", name="渠道")).to_be_visible()
    visit.press("浅色或深色")
    expect(visit.page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    visit.picture(f"{name}-dark-berry-zh")


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_every_page_renders_fits_the_screen_and_is_accessible(
    browser: Browser, gateway: Gateway, size: ViewportSize, scheme: str, request: pytest.FixtureRequest
) -> None:
    visit = Visit(browser, gateway, size, color_scheme=scheme)
    visit.sign_in("123456")
    for path in PAGES:
        visit.go(path)
        expect(visit.page.get_by_role("heading", level=1)).to_have_count(1)
        too_wide = visit.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0, f"{path} is {too_wide} pixels too wide"
        assert (path, visit.barriers()) == (path, [])
        visit.picture(f"{request.node.callspec.id}{path.replace('/', '-')}")
    assert visit.problems == []
    visit.close()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/panel/channel?p=0", "/channel?p=0"),
        ("/user/edit", "/setting/profile"),
        ("/setting", "/setting/profile"),
    ],
)
def test_bookmarks_of_the_original_are_redirected(
    browser: Browser, gateway: Gateway, old: str, new: str
) -> None:
    visit = Visit(browser, gateway, DESK)
    visit.sign_in("123456")
    visit.go(old)
    visit.page.wait_for_url("**" + new.replace("?", "\\?"))
    visit.close()


def test_guests_are_sent_to_the_sign_in_page_and_back(browser: Browser, gateway: Gateway) -> None:
    visit = Visit(browser, gateway, DESK)
    visit.go("/token?keyword=x")
    visit.page.wait_for_url("**/login?next=*")
    visit.fill_in_sign_in("123456")
    visit.page.wait_for_url("**/token?keyword=x")
    visit.close()


def test_deleting_the_own_account_signs_out_and_leads_to_the_first_page(
    browser: Browser, gateway: Gateway
) -> None:
    admin = Administrator(gateway.url)
    admin.call("POST", "/api/user/", {"username": "alice", "password": "alice-12345"})
    visit = Visit(browser, gateway, DESK)
    visit.sign_in("alice-12345", "alice")
    visit.go("/setting/profile")
    visit.press("Delete account")
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_label("Type your user name, alice, to confirm").fill("alice")
    dialog.get_by_role("button", name="Delete account").click()
    expect(visit.page.get_by_text("Your account has been deleted")).to_be_visible()
    visit.page.wait_for_url(gateway.url + "/")
    expect(visit.page.get_by_role("link", name="Sign in").first).to_be_visible()
    visit.picture("account-gone")
    assert visit.problems == []
    assert [user["username"] for user in admin.call("GET", "/api/user/")] == ["root"]
    visit.close()


def test_the_first_page_is_small(browser: Browser, gateway: Gateway) -> None:
    visit = Visit(browser, gateway, DESK)
    loaded: list[int] = []
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    scripts: set[str] = set()
    session.on(
        "Network.responseReceived",
        lambda event: scripts.add(event["requestId"]) if event["type"] == "Script" else None,
    )
    session.on(
        "Network.loadingFinished",
        lambda event: loaded.append(event["encodedDataLength"]) if event["requestId"] in scripts else None,
    )
    visit.go("/login")
    assert 0 < sum(loaded) < FIRST_LOAD
    visit.close()
