#!/usr/bin/python3
"""Turns the public data sets (see README.md) into events.

    real_data_events.py DATA PROTO_PYTHON > events.jsonl     # one event a line, for `tidemark replay`

As a module: `events(data, pb)` yields all of them, unordered, but for the 75,000 purchases of completejourney, which
are `purchases(folder, pb)`. Times without a zone are taken as UTC.
"""

import csv
import datetime
import gzip
import io
import sys
from decimal import Decimal

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def rows(path):
    with gzip.open(path, "rb") as packed, io.TextIOWrapper(packed, "utf-8", newline="") as text:
        yield from csv.DictReader(text)


def seconds(text):
    """Of "2018-02-26 19:58:54" or "2018-02-26"."""
    when = datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int((when - EPOCH).total_seconds())


def micros(text):
    """Of a decimal amount, exactly. The data went through floats once, so cents are rounded."""
    return int(Decimal(text).quantize(Decimal("0.01")) * 1_000_000)


def _event(pb, source, identity, at):
    event = pb.Event(id=identity, source=source)
    event.time.seconds = at
    return event


def marketing_funnel(folder, pb):
    channels = {}
    for row in rows(folder / "olist_marketing_qualified_leads_dataset.csv.gz"):
        channels[row["mql_id"]] = row["origin"]
        event = _event(pb, "olist/marketing", "lead/" + row["mql_id"], seconds(row["first_contact_date"]))
        lead = event.lead_created.lead
        lead.id, lead.channel, lead.landing_page = row["mql_id"], row["origin"], row["landing_page_id"]
        yield event
    for row in rows(folder / "olist_closed_deals_dataset.csv.gz"):
        event = _event(pb, "olist/marketing", "won/" + row["mql_id"], seconds(row["won_date"]))
        deal = event.deal_won.deal
        deal.id = deal.lead = row["mql_id"]
        deal.owner, deal.segment, deal.customer = row["sr_id"], row["business_segment"], row["seller_id"]
        deal.channel = channels[row["mql_id"]]
        yield event


class _Shop:
    """What is looked up while the orders are read. A customer_id of the data is an order's; people are told by
    customer_unique_id."""

    def __init__(self, folder):
        self.people = {row["customer_id"]: row for row in rows(folder / "olist_customers_dataset.csv.gz")}
        english = {row["product_category_name"]: row["product_category_name_english"]
                   for row in rows(folder / "product_category_name_translation.csv.gz")}
        self.categories = {row["product_id"]: english.get(row["product_category_name"], row["product_category_name"])
                           for row in rows(folder / "olist_products_dataset.csv.gz")}
        self.worth, self.paid = {}, {}
        for row in rows(folder / "olist_order_items_dataset.csv.gz"):
            self._add(self.worth, row, micros(row["price"]) + micros(row["freight_value"]))
        for row in rows(folder / "olist_order_payments_dataset.csv.gz"):
            self._add(self.paid, row, micros(row["payment_value"]))
        self.orders = {row["order_id"]: row for row in rows(folder / "olist_orders_dataset.csv.gz")}

    @staticmethod
    def _add(amounts, row, amount):
        amounts[row["order_id"]] = amounts.get(row["order_id"], 0) + amount

    def person(self, order_id):
        return self.people[self.orders[order_id]["customer_id"]]

    def placed(self, order_id):
        return seconds(self.orders[order_id]["order_purchase_timestamp"])

    def describe(self, order, order_id, status, amounts, sign=1):
        person = self.person(order_id)
        order.id, order.customer, order.region = order_id, person["customer_unique_id"], person["customer_state"]
        order.status = status
        if order_id in amounts:
            order.amount_micros, order.currency = sign * amounts[order_id], "BRL"


def orders(folder, pb):
    shop = _Shop(folder)
    for order_id, row in shop.orders.items():
        yield from _order(shop, order_id, row, pb)
    for row in rows(folder / "olist_order_items_dataset.csv.gz"):
        identity = f"item/{row['order_id']}/{row['order_item_id']}"
        event = _event(pb, "olist/shop", identity, shop.placed(row["order_id"]))
        line = event.order_item
        line.order.id, line.product.id, line.item.id = row["order_id"], row["product_id"], row["order_item_id"]
        line.product.category = shop.categories[row["product_id"]]
        line.item.amount_micros, line.item.freight_micros = micros(row["price"]), micros(row["freight_value"])
        line.item.currency, line.item.seller = "BRL", row["seller_id"]
        yield event
    for row in rows(folder / "olist_order_payments_dataset.csv.gz"):
        identity = f"payment/{row['order_id']}/{row['payment_sequential']}"
        event = _event(pb, "olist/shop", identity, shop.placed(row["order_id"]))
        payment = event.payment_received.payment
        payment.id, payment.order, payment.method = identity, row["order_id"], row["payment_type"]
        payment.amount_micros, payment.currency = micros(row["payment_value"]), "BRL"
        payment.instalments = int(row["payment_installments"])
        yield event
    # One review may speak of several orders, so its own id is not unique.
    for row in rows(folder / "olist_order_reviews_dataset.csv.gz"):
        identity = f"review/{row['review_id']}/{row['order_id']}"
        event = _event(pb, "olist/shop", identity, seconds(row["review_creation_date"]))
        survey = event.survey_answered.survey
        survey.id, survey.order, survey.kind, survey.score = identity, row["order_id"], "csat", int(row["review_score"])
        survey.region = shop.person(row["order_id"])["customer_state"]
        yield event


def _order(shop, order_id, row, pb):
    """Placed, paid, delivered, and called off: see README.md for what the data doesn't say of the last two."""
    event = _event(pb, "olist/shop", "order/" + order_id, shop.placed(order_id))
    # Some are paid in the second they are placed in: then there was no time between.
    at_once = row["order_approved_at"] == row["order_purchase_timestamp"]
    shop.describe(event.order_placed.order, order_id, "approved" if at_once else "created", shop.worth)
    event.entity_version = 1
    yield event
    if row["order_approved_at"]:
        event = _event(pb, "olist/shop", "paid/" + order_id, seconds(row["order_approved_at"]))
        shop.describe(event.order_paid.order, order_id, "approved", shop.paid)
        event.entity_version = 2
        yield event
    if row["order_delivered_customer_date"]:
        event = _event(pb, "olist/shop", "delivery/" + order_id, seconds(row["order_delivered_customer_date"]))
        activity = event.activity_logged.activity
        activity.id, activity.kind = order_id, "delivery"
        late = row["order_delivered_customer_date"][:10] > row["order_estimated_delivery_date"][:10]
        activity.result = "late" if late else "on_time"
        yield event
    if row["order_status"] == "canceled":
        event = _event(pb, "olist/shop", "off/" + order_id, seconds(row["order_estimated_delivery_date"]))
        event.entity_version = 3
        if row["order_approved_at"]:
            shop.describe(event.order_refunded.order, order_id, "refunded", shop.paid, sign=-1)
        else:
            shop.describe(event.order_cancelled.order, order_id, "cancelled", shop.worth)
        yield event


def _mailing(row):
    """What a household got of a campaign: an id for what is counted by pairs."""
    return f"campaign/{row['campaign_id']}/household/{row['household_id']}"


def campaigns(folder, pb):
    started = {row["campaign_id"]: row for row in rows(folder / "campaign_descriptions.csv.gz")}
    for row in rows(folder / "campaigns.csv.gz"):
        campaign = started[row["campaign_id"]]
        identity = f"sent/{row['campaign_id']}/{row['household_id']}"
        event = _event(pb, "journey", identity, seconds(campaign["start_date"]))
        event.subject = _mailing(row)
        sent = event.campaign_sent
        sent.campaign.id, sent.campaign.kind = row["campaign_id"], campaign["campaign_type"]
        sent.customer.id = row["household_id"]
        yield event
    # A household may redeem the same coupon twice on a day: the number of the row tells them apart.
    for number, row in enumerate(rows(folder / "coupon_redemptions.csv.gz")):
        event = _event(pb, "journey", f"redeemed/{number}", seconds(row["redemption_date"]))
        event.subject = _mailing(row)
        redeemed = event.campaign_redeemed
        redeemed.campaign.id, redeemed.campaign.coupon = row["campaign_id"], row["coupon_upc"]
        redeemed.campaign.kind, redeemed.customer.id = started[row["campaign_id"]]["campaign_type"], row["household_id"]
        yield event


def purchases(folder, pb):
    """The sample of purchases, a line each; in a basket a product stands once."""
    for row in rows(folder / "transactions_sample.csv.gz"):
        identity = f"line/{row['basket_id']}/{row['product_id']}"
        event = _event(pb, "journey", identity, seconds(row["transaction_timestamp"]))
        line = event.order_item
        line.order.id, line.order.customer, line.order.channel = row["basket_id"], row["household_id"], row["store_id"]
        line.product.id, line.item.id = row["product_id"], row["product_id"]
        line.item.amount_micros, line.item.currency = micros(row["sales_value"]), "USD"
        line.item.units = int(row["quantity"])
        yield event


def events(data, pb):
    yield from marketing_funnel(data / "olist_marketing_funnel", pb)
    yield from orders(data / "olist_orders_sample15k", pb)
    yield from campaigns(data / "completejourney", pb)


def _write(data, pb):
    from google.protobuf import json_format
    for event in sorted(events(data, pb), key=lambda e: e.time.seconds):
        print(json_format.MessageToJson(event, indent=None))


if __name__ == "__main__":
    import importlib
    import pathlib
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[2])
    _write(pathlib.Path(sys.argv[1]), importlib.import_module("tidemark.events.v1.event_pb2"))
