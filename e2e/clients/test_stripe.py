"""Stripe's own package beside Luna: it signs what she verifies, and reads what her stand-in for Stripe says."""

import json
import time
import uuid
from urllib.parse import parse_qs

import pytest
import stripe

SECRET = "whsec_clients"


@pytest.fixture
def account(luna) -> dict:
    known = {"email": f"{uuid.uuid4().hex[:8]}@example.com", "password": "correct horse battery"}
    made = luna.http.post("/auth/signup", json={**known, "name": "Ada"})
    assert made.status_code == 201, made.text
    return {**made.json(), "headers": {"Authorization": f"Bearer {made.json()['token']}"}}


def signed(event: dict, secret: str = SECRET, at: int | None = None) -> dict:
    payload, at = json.dumps(event), at or int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{at}.{payload}", secret)
    header = f"t={at},v1={signature}"
    if secret == SECRET and at > time.time() - 60:
        stripe.Webhook.construct_event(payload, header, secret)  # Stripe's package takes it; so must Luna.
    return {"content": payload, "headers": {"Stripe-Signature": header, "Content-Type": "application/json"}}


def subscribed(customer: str, price: str = "price_pro", kind: str = "created", status: str = "active") -> dict:
    """Stripe's message of a subscription, in the form of its newer API versions: the item says its period."""
    now = int(time.time())
    item = {
        "id": "si_1",
        "object": "subscription_item",
        "current_period_start": now,
        "current_period_end": now + 30 * 86400,
        "price": {"id": price, "object": "price"},
    }
    subscription = {
        "id": f"sub_{customer}",
        "object": "subscription",
        "customer": customer,
        "status": status,
        "created": now,
        "start_date": now,
        "cancel_at_period_end": False,
        "items": {"object": "list", "data": [item]},
    }
    return {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "api_version": "2026-09-30",
        "created": now,
        "type": f"customer.subscription.{kind}",
        "data": {"object": subscription},
    }


def customer_of(luna, account, stripe_api) -> str:
    """Goes as far as Stripe's page, where Luna has made the account a customer."""
    answer = luna.http.post("/billing/checkout", json={"tier": "pro"}, headers=account["headers"])
    assert answer.status_code == 200, answer.text
    asked = next(call for call in reversed(stripe_api.asked) if call["path"] == "/v1/checkout/sessions")
    return parse_qs(asked["body"])["customer"][0]


def tier(luna, account) -> str:
    return luna.http.get("/auth/me", headers=account["headers"]).json()["tier"]


def test_checkout_leads_to_stripes_page(luna, account, stripe_api) -> None:
    answer = luna.http.post("/billing/checkout", json={"tier": "pro"}, headers=account["headers"])
    assert answer.status_code == 200, answer.text
    assert "https://checkout.stripe.com/c/pay/cs_test_a1" in answer.text
    asked = next(call for call in reversed(stripe_api.asked) if call["path"] == "/v1/checkout/sessions")
    assert asked["key"] == "Bearer sk_test_clients" and "price_pro" in asked["body"]
    # The stand-in speaks what Stripe's package reads.
    client = stripe.StripeClient("sk_test_clients", base_addresses={"api": stripe_api.url})
    session = client.v1.checkout.sessions.create({"mode": "subscription", "line_items": [{"price": "price_pro", "quantity": 1}]})
    assert session.url == "https://checkout.stripe.com/c/pay/cs_test_a1"


def test_a_signed_message_moves_the_tier(luna, account, stripe_api) -> None:
    customer = customer_of(luna, account, stripe_api)
    event = subscribed(customer)
    for _ in range(2):  # Stripe sends a message again when it is not sure.
        assert luna.http.post("/billing/webhook", **signed(event)).status_code == 200
    assert tier(luna, account) == "pro"
    assert luna.http.post("/billing/webhook", **signed(subscribed(customer, "price_team", "updated"))).status_code == 200
    assert tier(luna, account) == "team"
    assert luna.http.post("/billing/webhook", **signed(subscribed(customer, "price_team", "deleted", "canceled"))).status_code == 200
    assert tier(luna, account) == "free"


def test_what_stripe_did_not_sign_moves_nothing(luna, account, stripe_api) -> None:
    event = subscribed(customer_of(luna, account, stripe_api))
    changed = signed(event)
    changed["content"] = changed["content"].replace("price_pro", "price_team")
    unsigned = {"json": event}
    for forged in (signed(event, "whsec_other"), signed(event, at=int(time.time()) - 3600), changed, unsigned):
        assert luna.http.post("/billing/webhook", **forged).status_code == 401
    assert tier(luna, account) == "free"
