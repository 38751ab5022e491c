"""The office's day: first sign-in, a card enrolled, a tariff changed with its example, a review and a credit note."""

import ssl
from datetime import UTC, datetime

import trustme
from playwright.async_api import Locator, Page, expect

from cloud.services import stations
from tests.cloud.ocpp.charger import charger
from tests.cloud.web.serving import Served
from tests.cloud.web.window import DESK, PHONE, shots, sign_in, window
from tests.cloud.web.yard import OPERATOR, PASSWORD
from tests.ours import OURS

STRANGER = "0499887766"


async def test_the_first_sign_in_leads_where_one_wanted_to_go(served: Served) -> None:
    async with window(served, PHONE) as page:
        await page.goto("/tags")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        await page.get_by_label("Name").fill(OPERATOR)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Tags")
        await shots(page, "tags")


async def test_an_unknown_tap_is_enrolled_with_one_click_and_charges(served: Served, authority: trustme.CA) -> None:
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    now = datetime.now(UTC)
    key = (await served.server.db.write(lambda conn: stations.add(conn, OURS, "lab-1", "Lab", 1, now)))[1]
    async with window(served, DESK) as page, charger(served.server.ws, "lab-1", key, ssl=trust) as lab:
        await lab.boot()
        await sign_in(page, "/tags/unknown")
        assert (await lab.call("Authorize", {"idTag": STRANGER}))["idTagInfo"]["status"] == "Invalid"
        row = page.get_by_role("row").filter(has_text=STRANGER)
        await expect(row).to_contain_text("lab-1")
        await shots(page, "unknown-tags")
        await row.get_by_role("button", name="Enrol").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(STRANGER)
        await page.get_by_label("Name").fill("Night shift")
        await page.get_by_label("Driver who pays").fill("")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Night shift")
        await shots(page, "tag")
        assert (await lab.call("Authorize", {"idTag": STRANGER}))["idTagInfo"]["status"] == "Accepted"


async def test_a_tariff_is_edited_and_its_example_changes_while_typing(served: Served) -> None:
    async with window(served, DESK) as page:
        await sign_in(page, "/tariffs")
        await page.get_by_role("link", name="Daytime").click()
        await shots(page, "tariff")
        await page.get_by_role("link", name="Change the prices").click()
        await expect(of_20_kwh(page)).to_contain_text("9.88 EUR")
        price = page.get_by_label("Energy, a kWh")
        await price.fill("0.49")
        await expect(of_20_kwh(page)).to_contain_text("12.26 EUR")
        await price.fill("cheap")
        await expect(page.locator("#elements\\.0\\.ENERGY\\.price-problem")).to_have_text("Give a number such as 0.39.")
        assert await price.get_attribute("aria-invalid") is not None
        await shots(page, "tariff-editor")
        await price.fill("0.49")
        await expect(of_20_kwh(page)).to_contain_text("12.26 EUR")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#versions li")).to_have_count(2)
        await expect(page.locator("#prices")).to_contain_text("0.49 EUR")


def of_20_kwh(page: Page) -> Locator:
    return page.locator("#preview tbody tr").filter(has_text="20 kWh").first


async def test_a_suspect_session_is_reviewed_and_its_bill_credited(served: Served) -> None:
    async with window(served, DESK) as page:
        await sign_in(page, "/sessions")
        await shots(page, "sessions")
        await page.get_by_role("link", name="To review").click()
        await expect(page.locator("#list tbody tr")).to_have_count(1)
        await page.locator("#list tbody a").first.click()
        await expect(page.locator("#session")).to_contain_text("the meter rose by")
        await shots(page, "suspect")
        await page.get_by_role("button", name="Bill it as it is").click()
        await expect(page.locator("#bills")).to_contain_text("Invoice")
        await page.get_by_text("Undo the bill by a credit note").click()
        await page.get_by_label("Why; this stands on the credit note").fill("the meter jumped")
        await page.get_by_role("button", name="Issue the credit note").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Credit note C")
        await expect(page.get_by_text("the meter jumped")).to_be_visible()
        await page.goto("/ledger")
        await shots(page, "ledger")
        await page.get_by_role("link", name="Check the books").click()
        await page.get_by_role("button", name="Check the books now").click()
        await expect(page.get_by_role("heading", name="The books are whole")).to_be_visible()
        await page.goto("/bills")
        await shots(page, "bills")
        await page.goto(f"/sessions/{served.place.running}")
        await shots(page, "session")
        await page.goto("/drivers/1")
        await shots(page, "driver")


async def test_tags_from_a_file_are_looked_at_corrected_and_taken(served: Served) -> None:
    async with window(served, DESK) as page:
        await sign_in(page, "/tags")
        await page.get_by_role("link", name="From a file").click()
        lines = b"tag;name;group\r\nCAFE01;Ada;Wagon\r\nCAFE02;Eve;Nobody\r\n"
        await page.get_by_label("File").set_input_files({"name": "tags.csv", "mimeType": "text/csv", "buffer": lines})
        await page.get_by_role("button", name="Look at it first").click()
        await expect(page.get_by_role("row").filter(has_text="CAFE02")).to_contain_text("there is no group 'Nobody'")
        await expect(page.get_by_role("button", name="Import 1 line")).to_be_visible()
        await shots(page, "tags-from-a-file")
        typed = page.get_by_label("or its lines")
        await typed.fill((await typed.input_value()).replace("Nobody", "Wagon"))
        await page.get_by_role("button", name="Import 1 line").click()
        await page.get_by_role("button", name="Import 2 lines").click()
        await expect(page.get_by_role("status")).to_contain_text("Done: 2 new, 0 changed.")
        await page.goto("/tags/groups/1")
        await expect(page.locator("#tags li")).to_have_count(2)
        await shots(page, "group")
