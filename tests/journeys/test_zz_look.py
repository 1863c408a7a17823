import os
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
import pytest
from playwright.sync_api import sync_playwright
from django.conf import settings as dj
from django.test import Client
OUT = "/tmp/channels/"

@pytest.mark.django_db(transaction=True)
def test_look(live_server, people, launch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.PUBLIC_URL = live_server.url
    from hypercare.core.models import FieldDefinition
    FieldDefinition.objects.create(launch=launch, key="shop", label="Which shop?", kind="choice", choices=["Malmö", "Umeå"])
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = b.new_page(viewport={"width": 1280, "height": 900})
        logs = []
        page.on("console", lambda m: logs.append(m.text)); page.on("pageerror", lambda e: logs.append(str(e)))
        page.goto(live_server.url + "/launches/shop/portal/")
        page.screenshot(path=OUT + "portal.png", full_page=True)
        page.keyboard.press("3")
        assert page.locator("input[value=ai_answer]").is_checked()
        page.fill("[name=text]", "")
        page.fill("[name=email]", "no address")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".hc-error")
        page.screenshot(path=OUT + "portal_error.png", full_page=True)
        page.fill("[name=text]", "The chatbot says the boots come in wide. They do not.")
        page.fill("[name=email]", "elin@example.org")
        page.set_input_files("[name=file]", files=[{"name": "note.txt", "mimeType": "text/plain", "buffer": b"a note"}])
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/r/**")
        page.screenshot(path=OUT + "receipt.png", full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=OUT + "receipt_390.png", full_page=True)
        page.goto(live_server.url + "/launches/shop/portal/?lang=sv")
        page.screenshot(path=OUT + "portal_390.png", full_page=True)
        c = Client(); c.force_login(people["lead"])
        page.context.add_cookies([{"name": "sessionid", "value": c.cookies["sessionid"].value, "url": live_server.url}, {"name":"django_language","value":"en","url":live_server.url}])
        page.set_viewport_size({"width": 1280, "height": 900})
        for name, path in [("note", "notes/new/"), ("quarantine", "quarantine/"), ("widget", "widget-test/"), ]:
            r = page.goto(live_server.url + f"/launches/shop/{path}")
            print(name, r.status)
            if name == "widget": page.wait_for_timeout(1500)
            page.screenshot(path=OUT + f"{name}.png", full_page=True)
        page.goto(live_server.url + "/my/reports/"); page.screenshot(path=OUT + "mine.png", full_page=True)
        print("\n".join(logs))
        b.close()
