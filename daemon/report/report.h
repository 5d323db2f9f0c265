// What a shift or day has come to: KPIs against what they were and shall be, as people read it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/view/view.h"

namespace tidemark {

enum class ReportFormat { kText, kHtml, kCsv };

struct ReportQuery {
  std::optional<EventTime> at;        // a whole hour that is over; none: now
  ReportFormat format = ReportFormat::kText;
  std::vector<std::string> kpis, subjects;  // both empty: all; what stands beside a KPI (revenue_target) is asked for with it
  std::string window;                 // only this one; "": what fits a day, and those with targets; "all"
  size_t series = 5;                  // of a KPI and window, beside their total
};
// As it is written in an address: at, format, kpi and subject (may be repeated), window, series. kInvalid says what is wrong.
Result<ReportQuery> ParseReportQuery(std::span<const std::pair<std::string_view, std::string_view>> query);

// What the same window showed at another time.
struct ReportCompare {
  std::string name;                   // "previous", "1w"
  Value then, growth;
};

struct ReportRow {
  std::string window;
  std::vector<std::string> labels;    // values; empty for a total, or where the KPI has none
  bool total = false;                 // of all series: worked out here, exactly
  Value value;
  int64_t samples = 0;
  std::vector<ReportCompare> compare;
  Value target, attainment, pace, expected;
};

struct ReportKpi {
  std::string name, family, help, unit;
  std::vector<std::string> labels = {};  // names
  EventTime at = kNoEventTime;        // its T
  bool has_targets = false;
  std::vector<std::pair<std::string, double>> coverage = {};  // by window of its rows; none where it isn't known
  std::vector<ReportRow> rows = {};   // by window; total first, then the series that have moved most
};

struct ReportSection {
  std::string title;
  std::vector<ReportKpi> kpis;
};

struct ReportBreach {
  std::string rule, help, kpi, window, severity, team, unit, series;
  bool above = false;
  Value observed;                     // absent in a report of the past
  Decimal enter;
  std::string since;                  // in the calendar's time zone
};

struct Report {
  std::string title, when;            // "Sales summary"; "2026-11-28 18:00 (Europe/Berlin)"
  EventTime at = kNoEventTime;        // the least T of its KPIs, or the hour
  std::optional<std::string> stale;   // what keeps the numbers from being those of now
  std::vector<std::string> remarks;   // what to know before reading on
  std::vector<ReportSection> sections;
  bool past = false;                  // then breaches are those that have lasted from before on
  std::vector<ReportBreach> breaches;
  size_t series = 0;                  // of ReportQuery
  std::string zone;
};

// `known`: by KPI, whether the view has it; one that it hasn't was not kept at the asked hour. `now`: the wall clock. `live`: what is
// in breach now; null: that isn't known.
// kNotFound when nothing fits the query, with the nearest name.
Result<Report> MakeReport(const Plan& plan, const View& view, const ReportQuery& query, WallTime now,
                          const std::vector<bool>& known, const View* live);

std::string ReportText(const Report& report);
std::string ReportHtml(const Report& report);
// RFC 4180; all series, values exact. Text that a spreadsheet would take for a formula begins with an apostrophe.
std::string ReportCsv(const Report& report);
std::string ReportAs(ReportFormat format, const Report& report);

// A value as people read it: "$1,204,000", "48.2%", "1d 4h"; "–" when absent. Rounded.
std::string ShownValue(std::string_view unit, const Value& value);
// "+12.5%"; "" when absent.
std::string ShownGrowth(const Value& growth);
// "channel=web, sales_region=emea"; "all" of a total.
std::string ShownSeries(const ReportKpi& kpi, const ReportRow& row);
// "12 leads, below 20 since 2026-11-28 16:15".
std::string ShownBreach(const ReportBreach& breach);

}  // namespace tidemark
