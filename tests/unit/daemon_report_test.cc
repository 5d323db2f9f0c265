// Reports: numbers as people read them, and text that stays text in each form.
#include <gtest/gtest.h>

#include "daemon/report/report.h"

namespace tidemark {
namespace {

Value Exactly(int64_t mantissa, int scale = 0) { return Value::Exact({mantissa, scale}); }

TEST(ReportValue, ReadsAsPeopleWriteIt) {
  const struct {
    const char* unit;
    Value value;
    const char* shown;
  } kRows[] = {
      {"", Value(), "–"},
      {"", Exactly(1'204'000), "1,204,000"},
      {"", Exactly(12'345, 2), "123.45"},
      {"", Value::Real(0.5), "0.5"},
      {"points", Value::Real(4.0841), "4.08 points"},
      {"usd", Exactly(120'400'000'051, 5), "$1,204,000"},
      {"usd", Exactly(-75, 1), "-$7.50"},
      {"chf", Exactly(250'000), "CHF 250,000"},
      {"ratio", Exactly(48'16, 4), "48.2%"},
      {"ratio", Value::Real(1.0 / 3), "33.3%"},
      {"seconds", Exactly(0), "0s"},
      {"seconds", Value::Real(59.5), "59.5s"},
      {"seconds", Exactly(3599), "59m 59s"},
      {"seconds", Exactly(86'399), "1d"},
      {"seconds", Exactly(-100'800), "-1d 4h"},
      {"", Value::Real(1e300), "1e+300"}};
  for (const auto& row : kRows) EXPECT_EQ(ShownValue(row.unit, row.value), row.shown);
  EXPECT_EQ(ShownGrowth(Exactly(125, 3)), "+12.5%");
  EXPECT_EQ(ShownGrowth(Value()), "");
}

Report Hostile() {
  Report report;
  report.title = "Sales summary";
  report.when = "2026-11-28 18:00 (Europe/Berlin)";
  report.series = 5;
  ReportKpi kpi{.name = "leads_created", .family = "sales_leads_created", .help = "Leads <b>&</b> more.", .unit = "", .labels = {"channel"}};
  for (const char* label : {"=1+1", "+1", "-1", "@x", " =1", "\t=1", "a,\"b\"\nc", "<script>", "\x1b[2J"}) {
    ReportRow row;
    row.window = "24h";
    row.labels = {label};
    row.value = Exactly(-3);
    kpi.rows.push_back(row);
  }
  report.sections.push_back({"Leads", {kpi}});
  return report;
}

TEST(ReportCsv, NothingInItIsComputed) {
  const std::string csv = ReportCsv(Hostile());
  EXPECT_TRUE(csv.starts_with("section,kpi,unit,window,row,label_channel,value,samples,target,")) << csv;
  for (const char* cell : {",'=1+1,-3,", ",'+1,-3,", ",'-1,-3,", ",'@x,-3,", ",' =1,-3,", ",'\t=1,-3,", ",\"a,\"\"b\"\"\nc\",-3,"}) {
    EXPECT_NE(csv.find(cell), std::string::npos) << cell << "\n" << csv;
  }
}

TEST(ReportHtml, TextStaysText) {
  Report report = Hostile();
  report.series = 100;
  const std::string html = ReportHtml(report);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<b>"), std::string::npos);
  EXPECT_NE(html.find("channel=&lt;script&gt;"), std::string::npos);
}

TEST(ReportText, MovesNoCursorAndListsSoManySeries) {
  const std::string text = ReportText(Hostile());
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("4 more\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Nothing is in breach."), std::string::npos);
}

TEST(ReportQuery, SaysWhatIsWrong) {
  using Arguments = std::vector<std::pair<std::string_view, std::string_view>>;
  for (const Arguments& query : {Arguments{{"fromat", "csv"}}, Arguments{{"format", "pdf"}}, Arguments{{"at", "noon"}},
                                 Arguments{{"series", "-1"}}, Arguments{{"series", "1001"}}, Arguments{{"series", ""}}}) {
    EXPECT_EQ(ParseReportQuery(query).status().code(), Code::kInvalid);
  }
  EXPECT_EQ(ParseReportQuery(Arguments{{"fromat", "csv"}}).status().text(), "\"fromat\" is nothing that can be asked; nearest: format");
  const auto query = ParseReportQuery(Arguments{{"kpi", "a"}, {"kpi", "b"}, {"series", "0"}, {"format", "html"}});
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->kpis, (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace tidemark
