"""The published figures of the data sets, as tests. Each is also counted here, straight from the CSV files."""

import collections
from fractions import Fraction

import recount
from real_data_events import micros, rows, seconds

DAY = 86_400
WEEK = 7 * DAY
MONDAY = 4 * DAY  # the first of 1970, UTC
# Of 8,000 leads 842 were won.
CONVERSION = {"organic_search": (271, 2296), "paid_search": (195, 1586), "social": (75, 1350), "unknown": (179, 1099),
              "direct_traffic": (56, 499), "email": (15, 493)}


class Published:
    """A part of the test case: `value(set, kpi, window, labels)` is what was shown behind all data."""

    def assertNear(self, shown, wanted, digits):  # named as unittest names such
        """Rounds to it, at so many digits behind the point."""
        self.assertEqual(round(float(shown), digits), wanted)

    def assertWithin(self, shown, wanted, what):
        self.assertLessEqual(abs(shown - wanted), abs(Fraction(wanted)) / 100, what)

    # ---- marketing funnel ----

    def cycles(self):
        """(days from first contact to won, channel), of all deals, also of the one that was won before."""
        folder = self.data / "olist_marketing_funnel"
        leads = {row["mql_id"]: row for row in rows(folder / "olist_marketing_qualified_leads_dataset.csv.gz")}
        for row in rows(folder / "olist_closed_deals_dataset.csv.gz"):
            lead = leads[row["mql_id"]]
            yield Fraction(seconds(row["won_date"]) - seconds(lead["first_contact_date"]), DAY), lead["origin"]

    def test_conversion_by_origin_as_a_formula_of_counts(self):
        self.assertEqual(self.value("funnel", "conversion_overall_ratio"), Fraction("0.10525"))
        for channel, (won, leads) in CONVERSION.items():
            self.assertEqual(self.value("funnel", "deals_won", channel=channel), won, channel)
            self.assertEqual(self.value("funnel", "leads_created", channel=channel), leads, channel)
            self.assertEqual(float(self.value("funnel", "conversion_ratio", channel=channel)), won / leads, channel)
        channels = {channel for _, channel in self.cycles()}
        self.assertEqual(sum(self.value("funnel", "deals_won", channel=channel) for channel in channels), 842)

    def test_conversion_by_origin_as_a_funnel_which_is_short_of_the_deal_won_before_its_first_contact(self):
        (early,) = [channel for days, channel in self.cycles() if days < 0]
        by_channel = collections.Counter(channel for days, channel in self.cycles() if days >= 0)
        for channel, (won, leads) in CONVERSION.items():
            in_order = won - (channel == early)
            self.assertEqual(by_channel[channel], in_order, channel)
            self.assertEqual(self.value("funnel", "lead_funnel", channel=channel, step="1_lead.created"), leads)
            self.assertEqual(self.value("funnel", "lead_funnel", channel=channel, step="2_deal.won"), in_order)
            ratio = self.value("funnel", "lead_funnel_ratio", channel=channel, step="2_deal.won")
            self.assertEqual(float(ratio), in_order / leads, channel)
        self.assertEqual(sum(self.value("funnel", "lead_funnel", channel=channel, step="2_deal.won")
                             for channel in by_channel), 841)

    def test_cycle_time_with_and_without_the_deal_won_before_its_first_contact(self):
        days = sorted(days for days, _ in self.cycles())
        (early,) = [d for d in days if d < 0]
        self.assertNear(sum(days) / 842, 49.1008, 4)
        middle = (days[420] + days[421]) / 2
        self.assertNear(middle, 14.6507, 4)
        # `elapsed` pairs a first contact with the earliest deal not before it: that one deal stays without a partner.
        in_order = days[1:]
        page = self.page("funnel")
        results = {result: page.number("tidemark_kpi_events_total", kpi="cycle_time_seconds", result=result)
                   for result in ("counted", "unmatched", "late_dropped", "overflowed")}
        self.assertEqual(results, {"counted": 8841, "unmatched": 1, "late_dropped": 0, "overflowed": 0})
        self.assertEqual(self.value("funnel", "cycle_time_seconds", stat="count"), 841)
        shown = self.value("funnel", "cycle_time_seconds", stat="sum") / DAY
        self.assertEqual(shown, sum(in_order))
        mean = self.value("funnel", "cycle_time_seconds", stat="avg")
        self.assertEqual(float(mean), float(sum(in_order) / 841 * DAY))
        self.assertNear(mean / DAY, 49.1606, 4)
        self.assertNear((shown + early) / 842, 49.1008, 4)
        median = self.value("funnel", "cycle_time_seconds", stat="p50") / DAY
        self.assertWithin(median, recount.nearest_rank(in_order, 50), "of the 841")
        self.assertWithin(median, recount.nearest_rank(days, 50), "of all 842, by nearest rank")
        self.assertWithin(median, middle, "of all 842, as published")

    def test_deals_won_by_rep(self):
        folder = self.data / "olist_marketing_funnel"
        reps = collections.Counter(row["sr_id"] for row in rows(folder / "olist_closed_deals_dataset.csv.gz"))
        self.assertEqual([n for _, n in reps.most_common(3)], [133, 82, 74])
        for rep, deals in reps.items():
            self.assertEqual(self.value("funnel", "deals_of_rep", rep_id=rep), deals)
        for rep, deals in reps.most_common(3):
            self.assertEqual(self.value("funnel", "top_reps", rep_id=rep), deals)
        self.assertEqual(self.value("funnel", "top_reps", rep_id="__other__"), 842 - 133 - 82 - 74)

    # ---- orders ----

    def deliveries(self):
        for row in rows(self.data / "olist_orders_sample15k" / "olist_orders_dataset.csv.gz"):
            if row["order_delivered_customer_date"]:
                yield row

    def test_delivery_times_and_late_deliveries(self):
        took = [seconds(row["order_delivered_customer_date"]) - seconds(row["order_purchase_timestamp"])
                for row in self.deliveries()]
        late = [row for row in self.deliveries()
                if row["order_delivered_customer_date"][:10] > row["order_estimated_delivery_date"][:10]]
        self.assertEqual((len(took), len(late)), (14552, 957))
        self.assertEqual(self.value("orders", "delivery_seconds", stat="count"), 14552)
        for percent in (50, 90):
            shown = self.value("orders", "delivery_seconds", stat=f"p{percent}")
            self.assertWithin(shown, recount.nearest_rank(took, percent), f"p{percent}")
        self.assertEqual(self.value("orders", "deliveries", punctuality="late"), 957)
        self.assertEqual(self.value("orders", "deliveries", punctuality="on_time"), 14552 - 957)

    def test_product_revenue(self):
        folder = self.data / "olist_orders_sample15k"
        english = {row["product_category_name"]: row["product_category_name_english"]
                   for row in rows(folder / "product_category_name_translation.csv.gz")}
        category = {row["product_id"]: english.get(row["product_category_name"], row["product_category_name"])
                    for row in rows(folder / "olist_products_dataset.csv.gz")}
        revenue, products = collections.Counter(), collections.Counter()
        for row in rows(folder / "olist_order_items_dataset.csv.gz"):
            revenue[category[row["product_id"]]] += micros(row["price"])
            products[row["product_id"]] += micros(row["price"])
        self.assertEqual(sum(revenue.values()), 2_030_270_940_000)
        for name, amount in revenue.items():
            shown = self.value("orders", "product_revenue", product_category=name)
            self.assertEqual(shown, Fraction(amount, 1_000_000), name)
        for product, amount in products.most_common(10):
            shown = self.value("orders", "top_products", product_id=product)
            self.assertEqual(shown, Fraction(amount, 1_000_000), product)

    def test_repeat_purchases(self):
        folder = self.data / "olist_orders_sample15k"
        people = {row["customer_id"]: row["customer_unique_id"]
                  for row in rows(folder / "olist_customers_dataset.csv.gz")}
        bought = collections.Counter(people[row["customer_id"]] for row in rows(folder / "olist_orders_dataset.csv.gz"))
        self.assertEqual((len(bought), sum(n >= 2 for n in bought.values())), (14904, 93))
        self.assertEqual(self.value("orders", "customers"), 14904)
        self.assertEqual(self.value("orders", "repeat_customers"), 93)
        self.assertEqual(float(self.value("orders", "repeat_purchase_ratio")), 93 / 14904)
        self.assertEqual(sum(self.all_of("orders", "customers_new")), 14904)

    def test_satisfaction_by_week(self):
        weeks = {}
        for row in rows(self.data / "olist_orders_sample15k" / "olist_order_reviews_dataset.csv.gz"):
            week = (seconds(row["review_creation_date"]) - MONDAY) // WEEK
            weeks.setdefault(week, []).append(int(row["review_score"]))
        scores = sum(weeks.values(), [])
        self.assertEqual(len(scores), 14944)
        self.assertNear(Fraction(sum(scores), len(scores)), 4.084114, 6)
        # Read at every Monday's first second: the week before is over then.
        after = {MONDAY + (week + 1) * WEEK: weeks.get(week, []) for week in range(min(weeks), max(weeks) + 1)}
        pages = self.replay(self.sets["orders"].config.with_name("weekly.yaml"), self.sets["orders"].file, list(after))
        self.assertGreater(len(after), 90)
        for monday, given in after.items():
            at = recount.key("last_week", {})
            self.assertEqual(Fraction(pages[monday]["reviews"][at]), len(given), monday)
            text = pages[monday]["satisfaction_score"][at]
            self.assertEqual(text and float(text), sum(given) / len(given) if given else None, monday)
        self.assertNear(self.value("orders", "satisfaction_score"), 4.084114, 6)

    # ---- Complete Journey ----

    def test_redeemed_mailings_by_campaign(self):
        folder = self.data / "completejourney"
        sent = {(row["campaign_id"], row["household_id"]) for row in rows(folder / "campaigns.csv.gz")}
        redeemed = {(row["campaign_id"], row["household_id"]) for row in rows(folder / "coupon_redemptions.csv.gz")}
        self.assertEqual((len(sent), len(redeemed & sent)), (6589, 792))
        self.assertEqual(self.value("journey", "mailed_overall"), 6589)
        self.assertEqual(self.value("journey", "redeemers_overall"), 792)
        self.assertNear(self.value("journey", "redemption_overall_ratio") * 100, 12.02, 2)
        for campaign in {campaign for campaign, _ in sent}:
            mailed = sum(pair[0] == campaign for pair in sent)
            answered = sum(pair[0] == campaign for pair in redeemed & sent)
            self.assertEqual(self.value("journey", "mailed", campaign_id=campaign), mailed, campaign)
            self.assertEqual(self.value("journey", "redeemers", campaign_id=campaign), answered, campaign)
            ratio = self.value("journey", "redemption_ratio", campaign_id=campaign)
            self.assertEqual(float(ratio), answered / mailed, campaign)
            steps = {step: self.value("journey", "mailing_funnel", campaign_id=campaign, step=step)
                     for step in ("1_campaign.sent", "2_campaign.redeemed")}
            self.assertEqual(list(steps.values()), [mailed, answered], campaign)
