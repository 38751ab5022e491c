"""Somebody new: added by an owner, a password chosen with the link, a second factor set up, signed in with it."""

from datetime import UTC, datetime

from playwright.async_api import Page, expect

from cloud.domain import totp
from cloud.services import second_factor, users
from tests.cloud.web.serving import Served
from tests.cloud.web.window import DESK, PHONE, shots, sign_in, window
from tests.ours import OURS

NEW = "a password of her own"


async def test_somebody_new_chooses_a_password_and_a_second_factor(served: Served) -> None:
    async with window(served, DESK) as page:
        link = await invited(page)
    async with window(served, PHONE) as page:
        await page.goto(f"/password#{link.partition('#')[2]}")
        await expect(page.locator("#code")).to_be_hidden()
        assert "#" not in page.url
        await page.get_by_label("New password").fill(NEW)
        await page.get_by_label("Once more").fill(NEW)
        await page.get_by_role("button", name="Set password").click()
        await expect(page.get_by_role("status")).to_contain_text("Your new password is set")
        await entered(page)
        recovery = await enrolled(served, page)
        await page.get_by_role("button", name="Sign out").click()
        await entered(page)
        await page.get_by_label("Code of your authenticator").fill(recovery)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("link", name="Eve")).to_be_visible()


async def invited(page: Page) -> str:
    await sign_in(page, "/users")
    await page.get_by_role("link", name="Add a user").click()
    await page.get_by_label("Name").fill("Eve")
    await page.get_by_label("Technician").check()
    await page.get_by_role("button", name="Add").click()
    await shots(page, "invited")
    return await page.locator("#link").inner_text()


async def entered(page: Page) -> None:
    await page.get_by_label("Name").fill("Eve")
    await page.get_by_label("Password").fill(NEW)
    await page.get_by_role("button", name="Sign in").click()


async def enrolled(served: Served, page: Page) -> str:
    """Sets up a second factor; returns a recovery code."""
    await page.get_by_role("link", name="Eve").click()
    await page.get_by_role("button", name="Set up a second factor").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    eve = await served.server.db.read(lambda conn: users.find(conn, OURS, "Eve"))
    secret = await served.server.db.read(lambda conn: second_factor.pending(conn, eve))
    assert secret is not None
    await page.get_by_label("Code", exact=True).fill(totp.code(secret, totp.step_at(datetime.now(UTC))))
    await page.get_by_role("button", name="Confirm").click()
    await shots(page, "recovery-codes")
    return await page.locator("#codes code").first.inner_text()
