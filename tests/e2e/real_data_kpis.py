"""The KPIs of real_data/*.yaml once more, as recount.py counts them: one function for each data set."""

from fractions import Fraction

from recount import Formula, Kpi, StepRatio, Top, count, greatest, ids, latest_value, least, mean, quantile, total
from recount_measures import MICRO, money

DAY = 86_400


def stats(*names):
    shows = {"count": count, "sum": total, "avg": mean}
    return {name: shows.get(name) or quantile(name.removeprefix("p")) for name in names}


def _lead_or_deal(fact):
    return fact.p.lead.id if fact.type == "lead.created" else fact.p.deal.lead


def _channel(fact):
    return (fact.p.lead.channel if fact.type == "lead.created" else fact.p.deal.channel,)


def _rep(fact):
    return fact.p.deal.owner


def funnel(history):
    periods = ["7d", "30d", "lifetime", "last_week", "last_month", "month_to_date", "quarter_to_date", "last_year"]
    leads = Kpi("leads_created", history.events(["lead.created"], _channel), periods, ["channel"], compare=["previous"])
    won = Kpi("deals_won", history.events(["deal.won"], _channel), periods, ["channel"])
    yield from (leads, won)
    ratio = ["30d", "last_month", "lifetime"]
    by = ("channel",)
    yield Formula("conversion_ratio", [(won, by, None), (leads, by, None)], ratio, by, lambda w, n: w / n)
    yield Formula("conversion_overall_ratio", [(won, (), None), (leads, (), None)], ratio, (), lambda w, n: w / n)
    yield Formula("channel_share_ratio", [(won, by, None), (won, (), "lifetime")], ["30d", "lifetime"], by,
                  lambda part, whole: part / whole)

    steps, first = ["lead.created", "deal.won"], "1_lead.created"
    chains = Kpi("lead_funnel", history.funnel(steps, _lead_or_deal, 3660 * DAY, _channel),
                 ["90d", "lifetime", "last_month", "month_to_date"], ["channel", "step"], compare=["previous"])
    ripe = Kpi("ripe_funnel", history.funnel(steps, _lead_or_deal, 60 * DAY, _channel),
               ["90d", "last_month", "month_to_date"], ["channel", "step"], shift=60 * DAY)
    yield from (chains, StepRatio(chains, first), ripe, StepRatio(ripe, first))
    yield Kpi("cycle_time_seconds", history.elapsed(*steps, _lead_or_deal),
              ["90d", "lifetime", "last_week", "last_month", "month_to_date", "last_quarter"],
              show=stats("p50", "p90", "avg", "sum", "count"), compare=["previous"])
    yield Kpi("cycle_time_of_rep_seconds",
              history.elapsed(*steps, _lead_or_deal, lambda a, b: (*_channel(a), _rep(b)), 30 * DAY),
              ["30d", "lifetime", "last_month"], ["channel", "rep_id"], stats("p50", "count"))

    by_rep = Kpi("deals_of_rep", history.events(["deal.won"], lambda f: (_rep(f),)), ratio, ["rep_id"])
    yield from (by_rep, Top("top_reps", by_rep, 3))
    rep_events = history.events(["deal.won"], value=_rep)
    yield Kpi("reps_winning", history.events(["deal.won"], _channel, _rep),
              ["7d", "30d", "lifetime", "last_week", "last_month", "month_to_date"], ["channel"], ids(),
              compare=["previous"])
    yield Kpi("reps_winning_thrice", rep_events, ["7d", "30d", "lifetime"], show=ids(at_least=3))
    yield Kpi("reps_new", history.first(["deal.won"], _rep),
              ["30d", "lifetime", "last_week", "last_month", "month_to_date"], compare=["previous"])
    yield Kpi("reps_active", history.latest(["deal.won"], _rep), ["7d", "30d", "lifetime"])
    yield Kpi("reps_lapsed", history.latest(["deal.won"], _rep), ["7d", "30d"], shift="previous")

    def standing(silent_for=None):
        return history.open(["lead.created"], ["deal.won"], _lead_or_deal, lambda f: {"channel": f.p.lead.channel},
                            lambda now: ((now["channel"] or "",), 1), silent_for)
    yield Kpi("open_leads", standing(), ["now"], ["channel"])
    yield Kpi("silent_leads", standing(30 * DAY), ["now"], ["channel"])


def _customer(fact):
    return fact.p.order.customer


def _order(fact):
    return fact.p.activity.id if fact.type == "activity.logged" else fact.p.order.id


def _region(fact):
    return (fact.p.order.region,)


def _order_fields(fact):
    order = fact.p.order
    return {"status": order.status, "region": order.region, "value": money(order)}


def orders(history):
    placed = ["order.placed"]
    usual = ["7d", "30d", "lifetime", "last_week", "last_month", "month_to_date"]
    by_region = Kpi("orders_placed", history.events(placed, _region),
                    ["24h", *usual, "today", "yesterday", "week_to_date", "year_to_date", "last_year"],
                    ["sales_region"], compare=["previous"])
    yield by_region
    yield Kpi("orders_a_year_ago", history.events(placed),
              ["today", "last_week", "month_to_date", "last_month", "last_quarter"], compare=["1y"])

    def price(fact):
        return money(fact.p.item)
    by_category = history.events(["order.item"], lambda f: (f.p.product.category,), price)
    revenue = Kpi("product_revenue", by_category, [*usual, "last_quarter"], ["product_category"], total)
    yield revenue
    yield Formula("revenue_share_ratio", [(revenue, ("product_category",), None), (revenue, (), None)],
                  ["30d", "last_month", "lifetime"], ("product_category",), lambda part, whole: part / whole)
    products = history.events(["order.item"], lambda f: (f.p.product.id,), price)
    yield Top("top_products", Kpi("", products, ["30d", "lifetime"], ["product_id"], total), 20)
    freight = history.events(["order.item"], value=lambda f: f.p.item.freight_micros * MICRO)
    for name, show in (("least", least), ("greatest", greatest), ("latest", latest_value)):
        yield Kpi("freight_" + name, freight, ["24h", "7d", "lifetime"], show=show)
    paid = history.events(["payment.received"], lambda f: (f.p.payment.method,), lambda f: money(f.p.payment))
    yield Kpi("payment_size", paid, ["24h", "30d", "lifetime", "last_week", "last_month", "month_to_date"], ["method"],
              stats("p50", "p99.9", "avg", "count"), compare=["previous"])
    scores = history.events(["survey.answered"], value=lambda f: Fraction(f.p.survey.score))
    yield Kpi("satisfaction_score", scores, ["7d", "lifetime", "last_week", "last_month", "month_to_date"], show=mean,
              compare=["previous"])
    yield from _customers(history, placed, usual)
    yield from _fulfilment(history, placed, usual, by_region)
    yield from _net(history, placed)


def _customers(history, placed, usual):
    people = history.events(placed, value=_customer)
    everyone = Kpi("customers", people, usual, show=ids(), compare=["previous"])
    again = Kpi("repeat_customers", people, ["30d", "365d", "lifetime"], show=ids(at_least=2))
    yield from (everyone, again)
    yield Formula("repeat_purchase_ratio", [(again, (), None), (everyone, (), None)], ["30d", "lifetime"], (),
                  lambda repeated, all_of_them: repeated / all_of_them)
    yield Kpi("customers_new", history.first(placed, _customer, _region), usual, ["sales_region"], compare=["previous"])
    latest = history.latest(placed, _customer, _region)
    yield Kpi("customers_active", latest, ["30d", "365d", "lifetime"], ["sales_region"])
    yield Kpi("customers_lapsed", latest, ["30d", "180d"], ["sales_region"], shift="previous")


def _fulfilment(history, placed, usual, by_region):
    yield Kpi("delivery_seconds", history.elapsed("order.placed", "activity.logged", _order), usual,
              show=stats("p50", "p90", "avg", "count"), compare=["previous"])
    yield Kpi("deliveries", history.events(["activity.logged"], lambda f: (f.p.activity.result,),
                                           where=lambda f: f.p.activity.kind == "delivery"), usual[1:], ["punctuality"])
    open_types, ends = ["order.placed", "order.paid"], ["activity.logged", "order.refunded", "order.cancelled"]
    yield Kpi("status_seconds", history.dwell(open_types, ends, _order, lambda f: f.p.order.status), usual[1:],
              ["order_status"], stats("p50", "avg", "sum", "count"), compare=["previous"])
    chains = Kpi("order_funnel", history.funnel([*open_types, "activity.logged"], _order, 30 * DAY, _region),
                 ["30d", "last_month", "month_to_date"], ["sales_region", "step"], shift=30 * DAY)
    yield from (chains, StepRatio(chains, "1_order.placed"))

    def standing(show, silent_for=None):
        return history.open(open_types, ends, _order, _order_fields, show, silent_for)
    status = Kpi("open_orders", standing(lambda now: ((now["status"],), 1)), ["now"], ["order_status"])
    yield status
    in_two = standing(lambda now: ((now["region"],), now["value"] or 0) if now["region"] in ("SP", "RJ") else None)
    yield Kpi("open_value", in_two, ["now"], ["sales_region"], total)
    yield Kpi("stuck_value", standing(lambda now: ((), now["value"] or 0), 30 * DAY), ["now"], show=total)
    yield Formula("backlog_ratio", [(status, (), "now"), (by_region, (), None)], ["30d", "lifetime"], (),
                  lambda standing, all_of_them: standing / all_of_them)


def _net(history, placed):
    off = ["order.cancelled", "order.refunded"]
    sales = history.corrected(placed, _order, _order_fields, lambda now: ((now["region"],), now["value"]),
                              add=["order.refunded"], revoke=["order.cancelled"])
    yield Kpi("net_sales", sales, ["30d", "lifetime", "last_week", "last_month", "month_to_date"], ["sales_region"],
              total, compare=["previous"])
    standing = history.corrected(placed, _order, _order_fields, lambda now: ((now["status"],), 1),
                                 by=["order.paid"], revoke=off)
    yield Kpi("net_orders", standing, ["30d", "lifetime", "last_month", "month_to_date"], ["order_status"])
    worth = history.corrected(placed, _order, _order_fields, lambda now: ((), now["value"]), by=["order.paid"],
                              revoke=off)
    yield Kpi("order_value", worth, ["30d", "lifetime", "last_month", "month_to_date"], show=mean, compare=["previous"])


def _campaign(fact):
    return (fact.p.campaign.id,)


def _subject(fact):
    return fact.envelope.subject


def _store(fact):
    return (fact.p.order.channel,)


def journey(history):
    sent, redeemed = ["campaign.sent"], ["campaign.redeemed"]
    windows, by = ["30d", "lifetime", "last_month"], ("campaign_id",)
    mailed = Kpi("mailed", history.events(sent, _campaign, _subject), windows, by, ids())
    redeemers = Kpi("redeemers", history.events(redeemed, _campaign, _subject), windows, by, ids())
    yield from (mailed, redeemers)
    yield Formula("redemption_ratio", [(redeemers, by, None), (mailed, by, None)], windows, by, lambda r, m: r / m)
    all_mailed = Kpi("mailed_overall", history.events(sent, value=_subject), windows[:2], show=ids())
    all_redeemers = Kpi("redeemers_overall", history.events(redeemed, value=_subject), windows[:2], show=ids())
    yield from (all_mailed, all_redeemers)
    yield Formula("redemption_overall_ratio", [(all_redeemers, (), None), (all_mailed, (), None)], windows[:2], (),
                  lambda r, m: r / m)
    chains = Kpi("mailing_funnel", history.funnel(sent + redeemed, _subject, 3660 * DAY, _campaign),
                 ["90d", "lifetime", "last_month", "month_to_date"], ["campaign_id", "step"])
    yield from (chains, StepRatio(chains, "1_campaign.sent"))
    receivers = history.events(sent, lambda f: (f.p.campaign.kind,), lambda f: f.p.customer.id)
    yield Kpi("households_mailed", receivers, windows, ["campaign_kind"], ids(), compare=["previous"])

    lines = ["order.item"]
    by_store = history.events(lines, _store, lambda f: money(f.p.item))
    yield Top("sales", Kpi("", by_store, ["30d", "last_week", "lifetime"], ["store_id"], total), 10)
    bought = history.events(lines, value=lambda f: money(f.p.item), where=lambda f: f.p.item.units > 0)
    yield Kpi("line_size", bought, ["24h", "30d", "lifetime", "yesterday", "last_month"],
              show=stats("p10", "p50", "p99.9", "avg"))
    households = history.events(lines, value=_customer)
    yield Kpi("households", households, ["24h", "7d", "lifetime", "today", "last_week", "last_month", "month_to_date"],
              show=ids(), compare=["previous"])
    yield Kpi("households_loyal", households, ["7d", "30d", "lifetime"], show=ids(at_least=5))
    yield Kpi("households_new", history.first(lines, _customer, _store), ["7d", "30d", "last_week", "last_month"],
              ["store_id"])
    latest = history.latest(lines, _customer, _store)
    yield Kpi("households_active", latest, ["7d", "30d"], ["store_id"])
    yield Kpi("households_lapsed", latest, ["7d", "30d"], ["store_id"], shift="previous")
