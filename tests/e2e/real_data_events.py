#!/usr/bin/python3
"""Turns the public data sets (see README.md) into events.

    real_data_events.py DATA PROTO_PYTHON > events.jsonl     # one event a line, for `tidemark replay`

As a module: `events(data, pb)` yields all of them, unordered. Times without a zone are taken as UTC.
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
    for row in rows(folder / "olist_marketing_qualified_leads_dataset.csv.gz"):
        event = _event(pb, "olist/marketing", "lead/" + row["mql_id"], seconds(row["first_contact_date"]))
        lead = event.lead_created.lead
        lead.id, lead.channel, lead.landing_page = row["mql_id"], row["origin"], row["landing_page_id"]
        yield event
    for row in rows(folder / "olist_closed_deals_dataset.csv.gz"):
        event = _event(pb, "olist/marketing", "won/" + row["mql_id"], seconds(row["won_date"]))
        deal = event.deal_won.deal
        deal.id = deal.lead = row["mql_id"]
        deal.owner, deal.segment, deal.customer = row["sr_id"], row["business_segment"], row["seller_id"]
        yield event


def orders(folder, pb):
    placed = {}
    for row in rows(folder / "olist_orders_dataset.csv.gz"):
        placed[row["order_id"]] = seconds(row["order_purchase_timestamp"])
        event = _event(pb, "olist/shop", "order/" + row["order_id"], placed[row["order_id"]])
        order = event.order_placed.order
        order.id, order.customer, order.status = row["order_id"], row["customer_id"], row["order_status"]
        yield event
    for row in rows(folder / "olist_order_items_dataset.csv.gz"):
        event = _event(pb, "olist/shop", f"item/{row['order_id']}/{row['order_item_id']}", placed[row["order_id"]])
        line = event.order_item
        line.order.id, line.product.id, line.item.id = row["order_id"], row["product_id"], row["order_item_id"]
        line.item.amount_micros, line.item.freight_micros = micros(row["price"]), micros(row["freight_value"])
        line.item.currency, line.item.seller = "BRL", row["seller_id"]
        yield event
    for row in rows(folder / "olist_order_payments_dataset.csv.gz"):
        identity = f"payment/{row['order_id']}/{row['payment_sequential']}"
        event = _event(pb, "olist/shop", identity, placed[row["order_id"]])
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
        yield event


def campaigns(folder, pb):
    started = {row["campaign_id"]: row for row in rows(folder / "campaign_descriptions.csv.gz")}
    for row in rows(folder / "campaigns.csv.gz"):
        campaign = started[row["campaign_id"]]
        identity = f"sent/{row['campaign_id']}/{row['household_id']}"
        event = _event(pb, "journey", identity, seconds(campaign["start_date"]))
        sent = event.campaign_sent
        sent.campaign.id, sent.campaign.kind = row["campaign_id"], campaign["campaign_type"]
        sent.customer.id = row["household_id"]
        yield event
    # A household may redeem the same coupon twice on a day: the number of the row tells them apart.
    for number, row in enumerate(rows(folder / "coupon_redemptions.csv.gz")):
        event = _event(pb, "journey", f"redeemed/{number}", seconds(row["redemption_date"]))
        redeemed = event.campaign_redeemed
        redeemed.campaign.id, redeemed.campaign.coupon = row["campaign_id"], row["coupon_upc"]
        redeemed.campaign.kind, redeemed.customer.id = started[row["campaign_id"]]["campaign_type"], row["household_id"]
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
