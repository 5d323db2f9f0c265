#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/demo/audit.h"
#include "daemon/demo/ledger.h"
#include "daemon/demo/metrics_page.h"
#include "daemon/demo/screen.h"

namespace tidemark::demo {
namespace {

constexpr const char* kPage = R"(# HELP sales_leads_created Leads created.
# TYPE sales_leads_created gauge
sales_leads_created{channel="email",window="1h"} 5
sales_leads_created{channel="email",window="lifetime"} 1234567
sales_pipeline{currency="USD",window="now"} 250
sales_tickets{window="1h"} 77
tidemark_kpi_info{kpi="leads_created",unit=""} 1
tidemark_kpi_info{kpi="pipeline",unit="currency"} 1
tidemark_kpi_info{kpi="tickets",unit=""} 1
tidemark_kpi_evaluation_timestamp_seconds{kpi="leads_created"} 1000.5
tidemark_breach{rule="leads_surge",channel="email"} 1
tidemark_breach{rule="leads_surge",channel="social"} 0
tidemark_breach_observed{rule="leads_surge",channel="email"} 12
tidemark_state_complete 1
)";

ScreenFacts At(double seconds) {
  ScreenFacts facts;
  facts.now = WallTimeFromMicros(static_cast<int64_t>(seconds * 1e6));
  static constexpr std::array<std::string_view, 2> kShown = {"leads_created", "pipeline"};
  facts.kpis = kShown;
  facts.url = "http://127.0.0.1:9464";
  return facts;
}

bool AnyHas(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.find(text) != std::string::npos; });
}

TEST(MetricsPage, FindsSeriesAsWrittenAndUnescapesLabels) {
  const auto page = MetricsPage::Parse("a{x=\"1\",y=\"q\\\"\\\\\\n}\"} 2.5\nb 3\n").value();
  ASSERT_NE(page.Find("b"), nullptr);
  EXPECT_EQ(page.Find("b")->value, "3");
  ASSERT_EQ(page.Family("a").size(), 1u);
  EXPECT_EQ(page.Family("a")[0]->labels.at("y"), "q\"\\\n}");
  EXPECT_EQ(page.Find("c"), nullptr);
}

TEST(MetricsPage, RefusesWhatIsNoExposition) {
  for (const char* text :
       {"a", "{x=\"1\"} 2", "a{x=\"1} 2", "a{x} 2", "a{x=\"1\"}2", "a 1 1700000000", "a 1\na 2", "a{x=\"\\"}) {
    EXPECT_FALSE(MetricsPage::Parse(text).ok()) << text;
  }
}

TEST(Screen, ShowsValuesChangesBreachesFreshnessAndAddress) {
  const auto before = MetricsPage::Parse("sales_leads_created{channel=\"email\",window=\"1h\"} 2\n").value();
  const auto lines = DrawScreen(MetricsPage::Parse(kPage).value(), before, At(1001.75), 160, 40);
  EXPECT_TRUE(AnyHas(lines, "1,234,567"));
  EXPECT_TRUE(AnyHas(lines, "+3"));
  EXPECT_TRUE(AnyHas(lines, "250")) << "what has no window of an hour";
  EXPECT_FALSE(AnyHas(lines, "77")) << "a KPI that isn't to be shown";
  EXPECT_TRUE(AnyHas(lines, "and 1 more KPIs"));
  EXPECT_TRUE(AnyHas(lines, "1.2 s behind now") || AnyHas(lines, "1.3 s behind now"));
  EXPECT_TRUE(AnyHas(lines, "FIRING  leads_surge (email): 12"));
  EXPECT_FALSE(AnyHas(lines, "social"));
  EXPECT_TRUE(AnyHas(lines, "Page: http://127.0.0.1:9464/   Metrics: http://127.0.0.1:9464/metrics"));
  const auto low = MetricsPage::Parse("sales_leads_created{channel=\"email\",window=\"1h\"} -12339.25\n").value();
  EXPECT_TRUE(AnyHas(DrawScreen(MetricsPage::Parse(kPage).value(), low, At(1001.75), 160, 40), "+12,344.25"));
}

TEST(Screen, SaysThatItReadsHistoryInsteadOfAFreshness) {
  EXPECT_TRUE(AnyHas(DrawScreen(MetricsPage::Parse(kPage).value(), {}, At(90'000), 160, 40),
                     "reading history: at 1970-01-01T00:16:40Z"));
}

TEST(Screen, FitsTheTerminalAndKeepsTheBreaches) {
  std::string text = kPage;
  for (int i = 0; i < 60; ++i) text += "sales_leads_created{channel=\"c" + std::to_string(i) + "\",window=\"1h\"} 1\n";
  const auto page = MetricsPage::Parse(text).value();
  const auto lines = DrawScreen(page, page, At(1001), 60, 20);
  EXPECT_LE(lines.size(), 20u);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 60u);
  EXPECT_TRUE(AnyHas(lines, "more lines"));
  EXPECT_TRUE(AnyHas(lines, "FIRING"));
}

TEST(Screen, NumbersAreReadable) {
  struct Row {
    const char* name;
    const char* value;
    const char* shown;
  };
  for (const Row& row : {Row{"absent", "", "-"}, Row{"small", "7", "7"}, Row{"thousands", "1234567", "1,234,567"},
                         Row{"negative", "-1234.5", "-1,234.5"}, Row{"hundred below zero", "-123", "-123"},
                         Row{"long fraction", "0.333333333333", "0.3333"}, Row{"exponent", "1e+20", "1e+20"},
                         Row{"no number", "NaN", "NaN"}}) {
    EXPECT_EQ(Readable(row.value), row.shown) << row.name;
  }
}

TEST(Ledger, BooksWhatTheSeriesOfTheDemoShow) {
  Ledger ledger;
  events::v1::Event lead, paid, refund, euros;
  lead.mutable_lead_created()->mutable_lead()->set_channel("email");
  for (auto* order : {paid.mutable_order_paid()->mutable_order(), refund.mutable_order_refunded()->mutable_order(),
                      euros.mutable_order_paid()->mutable_order()}) {
    order->set_region("americas");
    order->set_customer("c-1");
    order->set_currency("USD");
  }
  paid.mutable_order_paid()->mutable_order()->set_amount_micros(10'250'000);
  refund.mutable_order_refunded()->mutable_order()->set_amount_micros(-4'000'000);
  euros.mutable_order_paid()->mutable_order()->set_amount_micros(99'000'000);
  euros.mutable_order_paid()->mutable_order()->set_currency("EUR");
  for (const auto* event : {&lead, &lead, &paid, &paid, &refund, &euros}) ledger.Book(*event);
  const auto booked = [&](const Account& account) { return ToString(ledger.books().at(account)); };
  EXPECT_EQ(booked({"leads_created", {{"channel", "email"}}}), "2");
  EXPECT_EQ(booked({"revenue_net", {{"currency", "USD"}, {"sales_region", "americas"}}}), "16.5");
  EXPECT_EQ(booked({"revenue", {{"currency", "EUR"}}}), "99");
  EXPECT_EQ(booked({"orders_paid", {{"currency", "USD"}}}), "2");
  EXPECT_EQ(booked({"customers_paying_overall", {{"currency", "USD"}}}), "1");
  EXPECT_EQ(booked({"largest_order", {{"currency", "USD"}}, true}), "10.25");
}

TEST(Audit, SeriesThatAreSplitFurtherComeToTheSame) {
  const auto page = MetricsPage::Parse(R"(sales_paid{rep="a",channel="x",window="lifetime"} 0.1
sales_paid{rep="a",channel="y",window="lifetime"} 0.2
sales_paid{rep="b",channel="x",window="lifetime"} 5
sales_paid{rep="a",channel="x",window="24h"} 100
)")
                        .value();
  const auto shown = [&](const Account& account) {
    const std::optional<Decimal> all = Shown(page, account);
    return all ? ToString(*all) : "nothing";
  };
  EXPECT_EQ(shown({"paid", {}}), "5.3");
  EXPECT_EQ(shown({"paid", {{"rep", "a"}}}), "0.3");
  EXPECT_EQ(shown({"paid", {{"rep", "a"}}, true}), "0.2");
  EXPECT_EQ(shown({"paid", {{"rep", "c"}}}), "nothing");
  EXPECT_EQ(shown({"paid", {{"team", "a"}}}), "nothing");
  EXPECT_EQ(shown({"lost", {}}), "nothing");
}

TEST(Audit, NamesTheFirstDifference) {
  Ledger ledger;
  events::v1::Event lead;
  lead.mutable_lead_created()->mutable_lead()->set_channel("email");
  ledger.Book(lead);
  const auto difference = [&](const char* text) { return FirstDifference(ledger, MetricsPage::Parse(text).value()); };
  EXPECT_EQ(difference("sales_leads_created{channel=\"email\",window=\"lifetime\"} 1\n"), "");
  EXPECT_EQ(difference("sales_leads_created{channel=\"email\",window=\"lifetime\"} 2\n"),
            "sales_leads_created{channel=\"email\",window=\"lifetime\"}: the company has 1, the daemon shows 2");
  EXPECT_EQ(difference("other 1\n"),
            "sales_leads_created{channel=\"email\",window=\"lifetime\"}: the company has 1, the daemon shows nothing");
}

}  // namespace
}  // namespace tidemark::demo
