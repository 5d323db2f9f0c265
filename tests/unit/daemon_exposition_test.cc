#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "daemon/exposition.h"
#include "daemon/own_metrics.h"
#include "daemon/scrape.h"
#include "tests/unit/daemon_fake_view.h"

namespace tidemark {
namespace {

std::string Render(const View& view, TextFormat format = TextFormat::kPrometheus) {
  StringSink sink;
  TextBuffer out(&sink);
  WriteViewFamilies(view, format, &out);
  out.Flush();
  return sink.text();
}

bool HasLine(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Exposition, KpiFamiliesReadExactlyLikeThis) {
  const auto view = SampleView();
  StringSink sink;
  TextBuffer out(&sink);
  WriteKpiFamilies(*view, TextFormat::kPrometheus, &out);
  out.Flush();
  EXPECT_EQ(sink.text(),
            "# HELP sales_leads_created Leads created.\n"
            "# TYPE sales_leads_created gauge\n"
            "sales_leads_created{channel=\"web\",window=\"24h\"} 3\n"
            "sales_leads_created{channel=\"web\",window=\"lifetime\"} 12\n"
            "sales_leads_created{channel=\"we \\\"said\\\" \\\\ no\\nmore\",window=\"24h\"} 0\n"
            "sales_leads_created{channel=\"we \\\"said\\\" \\\\ no\\nmore\",window=\"lifetime\"} 1\n"
            "# HELP sales_leads_created_total Leads created. Since the beginning; survives restarts.\n"
            "# TYPE sales_leads_created_total counter\n"
            "sales_leads_created_total{channel=\"web\"} 12\n"
            "sales_leads_created_total{channel=\"we \\\"said\\\" \\\\ no\\nmore\"} 1\n"
            "# HELP sales_response_seconds Time to\\nanswer \\\\ \"ours\".\n"
            "# TYPE sales_response_seconds gauge\n"
            "sales_response_seconds{window=\"7d\"} 0.1\n"
            "# HELP sales_revenue Money.\n"
            "# TYPE sales_revenue gauge\n"
            "sales_revenue{window=\"24h\"} 2030270.94\n");
}

TEST(Exposition, OpenMetricsSaysTheUnitOnlyWhereTheNameEndsWithIt) {
  const std::string text = Render(*SampleView(), TextFormat::kOpenMetrics);
  EXPECT_TRUE(HasLine(text, "# UNIT sales_response_seconds seconds"));
  EXPECT_EQ(text.find("# UNIT sales_revenue"), std::string::npos);
}

TEST(Exposition, OpenMetricsCounterFamiliesAreNamedWithoutTotal) {
  const std::string text = Render(*SampleView(), TextFormat::kOpenMetrics);
  EXPECT_TRUE(HasLine(text, "# TYPE tidemark_breach_transitions counter"));
  EXPECT_TRUE(HasLine(text, "tidemark_breach_transitions_total{rule=\"few_leads\",channel=\"web\"} 7"));
  EXPECT_TRUE(HasLine(text, "# TYPE tidemark_rule info"));
}

TEST(Exposition, OpenMetricsHasNoTwoFamiliesOfOneName) {
  const std::string text = Render(*SampleView(), TextFormat::kOpenMetrics);
  std::istringstream lines(text);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE ", 0) != 0) continue;
    EXPECT_TRUE(names.insert(line.substr(7, line.rfind(' ') - 7)).second) << line;
  }
  EXPECT_TRUE(names.count("sales_leads_created"));
}

TEST(Exposition, BreachesShowStateValueLevelsAndBegin) {
  const std::string text = Render(*SampleView());
  for (const char* line :
       {"tidemark_breach{rule=\"few_leads\",channel=\"web\"} 1",
        "tidemark_breach_observed{rule=\"few_leads\",channel=\"web\"} 3",
        "tidemark_breach_threshold{rule=\"few_leads\",bound=\"enter\"} 5",
        "tidemark_breach_threshold{rule=\"few_leads\",bound=\"exit\"} 7.5",
        "tidemark_breach_started_timestamp_seconds{rule=\"few_leads\",channel=\"web\"} 1763990000",
        "tidemark_breach_transitions_total{rule=\"few_leads\",channel=\"web\"} 7",
        "tidemark_rule_info{rule=\"few_leads\",kpi=\"leads_created\",unit=\"\",window=\"24h\",direction=\"below\","
        "severity=\"warning\",team=\"sales-ops\"} 1"}) {
    EXPECT_TRUE(HasLine(text, line)) << line << "\nin\n" << text;
  }
}

TEST(Exposition, APendingBreachIsNotABreachAndHasNoBegin) {
  auto view = SampleView();
  view->breach_infos[0][0].state = BreachState::kPending;
  const std::string text = Render(*view);
  EXPECT_TRUE(HasLine(text, "tidemark_breach{rule=\"few_leads\",channel=\"web\"} 0"));
  EXPECT_EQ(text.find("tidemark_breach_started_timestamp_seconds{"), std::string::npos);
}

TEST(Exposition, EventsOfAKpiAddUpByResult) {
  const std::string text = Render(*SampleView());
  EXPECT_TRUE(HasLine(text, "tidemark_kpi_routed_events_total{kpi=\"leads_created\"} 20"));
  EXPECT_TRUE(HasLine(text, "tidemark_kpi_events_total{kpi=\"leads_created\",result=\"counted\"} 12"));
  EXPECT_TRUE(HasLine(text, "tidemark_kpi_events_total{kpi=\"leads_created\",result=\"late_dropped\"} 2"));
  EXPECT_TRUE(HasLine(text, "tidemark_kpi_evaluation_timestamp_seconds{kpi=\"leads_created\"} 1764000000.25"));
}

TEST(Exposition, NumbersArePrintedInFull) {
  const Int128 huge = Int128{9'000'000'000'000'000'000} * 1'000'000'000;
  const struct {
    const char* name;
    Value value;
    const char* text;
  } kRows[] = {{"zero", Exactly(0, 6), "0"},
               {"no trailing zeros", Exactly(1500000, 6), "1.5"},
               {"a small fraction", Exactly(-1, 6), "-0.000001"},
               {"least int64", Exactly(INT64_MIN), "-9223372036854775808"},
               {"beyond a double", Exactly(9007199254740993), "9007199254740993"},
               {"beyond 64 bits", Value::Exact({huge + 1, 2}), "90000000000000000000000000.01"},
               {"a third", Value::Real(1.0 / 3), "0.3333333333333333"},
               {"a tenth", Value::Real(0.1), "0.1"},
               {"infinite", Value::Real(std::numeric_limits<double>::infinity()), "+Inf"},
               {"not a number", Value::Real(std::numeric_limits<double>::quiet_NaN()), "NaN"}};
  for (const auto& row : kRows) {
    char chars[kMaxNumberChars];
    EXPECT_EQ(std::string(chars, PutValue(chars, row.value)), row.text) << row.name;
  }
}

TEST(Exposition, DecimalsReadLikeToString) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const Decimal d{static_cast<int64_t>(random()) >> (random() % 64), static_cast<int>(random() % (kMaxScale + 1))};
    char chars[kMaxNumberChars];
    EXPECT_EQ(std::string(chars, PutDecimal(chars, d)), ToString(d));
  }
}

// Every sample line of a text, as name{labels} -> number.
std::map<std::string, double> Parse(const std::string& text) {
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.rfind(' ');
    samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return samples;
}

TEST(Exposition, IsWhatPrometheusCppWouldHaveWritten) {
  std::mt19937_64 random(11);
  FakeView view;
  KpiInfo info{.name = "k", .family = "", .help = "Help.", .unit = "", .labels = {"a", "b"}, .windows = {"1h", "24h"}};
  const KpiId id = view.AddKpi(info);
  prometheus::MetricFamily family{"sales_k", "Help.", prometheus::MetricType::Gauge, {}};
  const std::string hostile = "\\\"\n{},= \xc3\xa9\x01\t";
  for (int i = 0; i < 500; ++i) {
    std::string noise;
    for (size_t n = random() % 12; n > 0; --n) noise += hostile[random() % hostile.size()];
    const std::string b = noise + std::to_string(i);
    const int64_t micros = static_cast<int64_t>(random() % 1'000'000'000'000);
    view.AddSeries(id, {"x", b}, {Exactly(micros, 6), Value::Real(static_cast<double>(i) / 8)});
    for (const auto& [window, value] :
         {std::pair{"1h", ToDouble({micros, 6})}, std::pair{"24h", static_cast<double>(i) / 8}}) {
      prometheus::ClientMetric metric;
      metric.label = {{"a", "x"}, {"b", b}, {"window", window}};
      metric.gauge.value = value;
      family.metric.push_back(metric);
    }
  }
  StringSink sink;
  TextBuffer out(&sink);
  WriteKpiFamilies(view, TextFormat::kPrometheus, &out);
  out.Flush();
  const std::string theirs = prometheus::TextSerializer().Serialize({family});
  EXPECT_EQ(Parse(sink.text()), Parse(theirs));
  EXPECT_EQ(sink.text().substr(0, sink.text().find('{')), theirs.substr(0, theirs.find('{')));
}

TEST(Negotiation, PicksTheFormatOfHighestQuality) {
  const struct {
    const char* accept;
    TextFormat format;
  } kRows[] = {{"", TextFormat::kPrometheus},
               {"*/*", TextFormat::kPrometheus},
               {"text/plain", TextFormat::kPrometheus},
               {"application/openmetrics-text", TextFormat::kOpenMetrics},
               {"application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                TextFormat::kOpenMetrics},
               {"Application/OpenMetrics-Text; Version=0.0.1; Q=0.75, text/plain;q=0.5", TextFormat::kOpenMetrics},
               {"application/openmetrics-text;version=2.0.0,text/plain;q=0.1", TextFormat::kPrometheus},
               {"application/openmetrics-text;q=0.3,text/plain;q=0.8", TextFormat::kPrometheus},
               {"application/openmetrics-text;q=0", TextFormat::kPrometheus},
               {"\tapplication/openmetrics-text \t;\tq=0.5 , text/plain;q=0.4\t ", TextFormat::kOpenMetrics},
               {"text/plain;q=0.9, text/plain;q=0.2, application/openmetrics-text;q=0.5", TextFormat::kPrometheus},
               {"application/openmetrics-text;q=-1", TextFormat::kPrometheus},
               {";;;,,=;q=;q=99", TextFormat::kPrometheus},
               {"application/openmetrics-text;q=nonsense", TextFormat::kPrometheus}};
  for (const auto& row : kRows) EXPECT_EQ(NegotiateFormat(row.accept), row.format) << row.accept;
  EXPECT_EQ(ContentType(TextFormat::kPrometheus), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ContentType(TextFormat::kOpenMetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(Negotiation, GzipOnlyWhenAskedFor) {
  EXPECT_TRUE(AcceptsGzip("gzip"));
  EXPECT_TRUE(AcceptsGzip("deflate, GZIP;q=0.5"));
  EXPECT_TRUE(AcceptsGzip("*"));
  EXPECT_FALSE(AcceptsGzip(""));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0, *"));
  EXPECT_FALSE(AcceptsGzip("identity, br"));
  EXPECT_FALSE(AcceptsGzip("*;q=0"));
}

std::string Inflate(const std::string& gzip) {
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, 15 + 16), Z_OK);  // gzip only; checks the trailer
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  z.avail_in = static_cast<uInt>(gzip.size());
  std::string plain;
  int result = Z_OK;
  while (result == Z_OK) {
    char chunk[1 << 16];
    z.next_out = reinterpret_cast<Bytef*>(chunk);
    z.avail_out = sizeof(chunk);
    result = inflate(&z, Z_NO_FLUSH);
    plain.append(chunk, sizeof(chunk) - z.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  EXPECT_EQ(z.avail_in, 0u) << "bytes after the end: more than one member";
  inflateEnd(&z);
  return plain;
}

TEST(Gzip, TwoPartsAreOneMemberThatZlibReads) {
  std::mt19937_64 random(3);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{70'000}, size_t{3'000'000}}) {
    std::string first(size, 'a'), second(size / 2, 'b');
    for (char& c : first) c = static_cast<char>('a' + random() % 9);
    GzipSink head;
    for (size_t pos = 0; pos < first.size(); pos += 65'536) head.Write(std::string_view(first).substr(pos, 65'536));
    const DeflatedPart part = std::move(head).TakePart();
    for (int scrape = 0; scrape < 2; ++scrape) {  // the kept part serves again
      GzipSink tail(&part);
      tail.Write(second);
      EXPECT_EQ(Inflate(part.bytes + std::move(tail).TakeLast()), first + second) << size;
    }
  }
}

TEST(Scraper, KpiFamiliesAreWithheldUntilRestored) {
  OwnMetrics own({});
  Scraper scraper(&own);
  const ScrapeBody body = scraper.Scrape(nullptr, TextFormat::kPrometheus, false);
  const std::string text = body.kept->bytes + body.fresh;
  EXPECT_TRUE(HasLine(text, "tidemark_state_complete 0"));
  EXPECT_NE(text.find("process_cpu_seconds_total"), std::string::npos);
  EXPECT_EQ(text.find("sales_"), std::string::npos);
  EXPECT_EQ(text.find("tidemark_breach"), std::string::npos);
}

TEST(Scraper, TheSameViewIsWrittenOnceAndANewOneAnew) {
  OwnMetrics own({});
  Scraper scraper(&own);
  const auto view = SampleView();
  const ScrapeBody first = scraper.Scrape(view, TextFormat::kPrometheus, true);
  const ScrapeBody again = scraper.Scrape(view, TextFormat::kPrometheus, true);
  EXPECT_EQ(first.kept, again.kept);
  const ScrapeBody other = scraper.Scrape(SampleView(), TextFormat::kPrometheus, true);
  EXPECT_NE(first.kept, other.kept);
}

TEST(Scraper, GzipAndPlainHoldTheSameViewFamilies) {
  OwnMetrics own({});
  Scraper scraper(&own);
  const auto view = SampleView();
  const ScrapeBody plain = scraper.Scrape(view, TextFormat::kOpenMetrics, false);
  const ScrapeBody packed = scraper.Scrape(view, TextFormat::kOpenMetrics, true);
  const std::string text = Inflate(packed.kept->bytes + packed.fresh);
  EXPECT_EQ(text.substr(0, plain.kept->bytes.size()), plain.kept->bytes);
  EXPECT_EQ(text.substr(text.size() - 6), "# EOF\n");
}

TEST(Scraper, PromtoolHasNothingToSay) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
  OwnMetrics own({});
  own.CountRequest("metrics", 200);
  own.ObserveScrape(Duration(1500));
  own.SetConfigLoad(true, WallTimeFromMicros(1764000000000000));
  Scraper scraper(&own);
  const ScrapeBody body = scraper.Scrape(SampleView(), TextFormat::kPrometheus, false);
  const std::string base = testing::TempDir() + "daemon_promtool." + std::to_string(::getpid());
  std::ofstream(base + ".prom") << body.kept->bytes << body.fresh;
  const int status = std::system(("promtool check metrics <" + base + ".prom >" + base + ".out 2>&1").c_str());
  std::ifstream said(base + ".out");
  const std::string output((std::istreambuf_iterator<char>(said)), std::istreambuf_iterator<char>());
  EXPECT_EQ(output, "");
  EXPECT_EQ(status, 0);
  std::remove((base + ".prom").c_str());
  std::remove((base + ".out").c_str());
}

TEST(OwnMetrics, RecordsAddUpByResult) {
  OwnMetrics own({});
  StringSink sink;
  TextBuffer out(&sink);
  const auto view = SampleView();
  own.Write(view.get(), TextFormat::kPrometheus, &out);
  out.Flush();
  const auto samples = Parse(sink.text());
  const std::string where = "{topic=\"crm.events\",partition=\"0\"";
  double sum = 0;
  for (const char* result : {"accepted", "duplicate", "quarantined", "undecodable", "unrouted", "imported"}) {
    const auto it = samples.find("tidemark_records_total" + where + ",result=\"" + result + "\"}");
    ASSERT_NE(it, samples.end()) << result;
    sum += it->second;
  }
  EXPECT_EQ(sum, samples.at("tidemark_records_read_total" + where + "}"));
  EXPECT_EQ(samples.at("tidemark_partition_lag_records" + where + "}"), 10);
  EXPECT_EQ(samples.at("tidemark_commit_duration_seconds_bucket{le=\"0.0025\"}"), 2);
  EXPECT_EQ(samples.at("tidemark_commit_duration_seconds_bucket{le=\"+Inf\"}"), 3);
}

TEST(OwnMetrics, WhatAMappingMissedIsToldByField) {
  OwnMetrics own({});
  StringSink sink;
  TextBuffer out(&sink);
  own.Write(SampleView().get(), TextFormat::kPrometheus, &out);
  out.Flush();
  const auto samples = Parse(sink.text());
  EXPECT_EQ(samples.at("tidemark_source_missing_total{source=\"crm\",event=\"deal.won\",field=\"deal.amount\"}"), 4);
  EXPECT_EQ(samples.at("tidemark_source_rejected_total{source=\"crm\",event=\"deal.won\",field=\"time\"}"), 2);
  EXPECT_EQ(samples.at("tidemark_source_rounded_total{source=\"crm\"}"), 1);
  EXPECT_EQ(samples.at("tidemark_source_delay_seconds_bucket{source=\"crm\",le=\"60\"}"), 5);
  EXPECT_EQ(samples.at("tidemark_source_delay_seconds_count{source=\"crm\"}"), 6);
  EXPECT_EQ(samples.at("tidemark_source_delay_seconds_sum{source=\"crm\"}"), 700'000.5);
}

TEST(OwnMetrics, BothFormatsHoldTheSameSamples) {
  OwnMetrics own({});
  const auto view = SampleView();
  std::map<std::string, double> samples[2];
  for (const TextFormat format : {TextFormat::kPrometheus, TextFormat::kOpenMetrics}) {
    StringSink sink;
    TextBuffer out(&sink);
    own.Write(view.get(), format, &out);
    out.Flush();
    for (const auto& [name, value] : Parse(sink.text())) {
      // What moves between the two, and bounds, which are spelt differently, are compared by name only.
      std::string same = name;
      if (const size_t zero = same.find(".0\"}"); zero != std::string::npos) same.erase(zero, 2);
      const bool moves = name.rfind("process_", 0) == 0 || name.find("lag_seconds") != std::string::npos;
      samples[format == TextFormat::kOpenMetrics][same] = moves ? 0 : value;
    }
  }
  EXPECT_EQ(samples[0], samples[1]);
}

}  // namespace
}  // namespace tidemark
