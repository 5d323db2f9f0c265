#include <charconv>

#include "daemon/report/report.h"
#include "pipeline/base/nearest.h"

namespace tidemark {
namespace {

constexpr size_t kMostSeries = 1000;

Status ReadOne(std::string_view name, std::string_view text, ReportQuery* query) {
  if (name == "kpi") query->kpis.emplace_back(text);
  if (name == "subject") query->subjects.emplace_back(text);
  if (name == "window") query->window = text;
  if (name == "at") {
    const Result<EventTime> at = ParseRfc3339(text);
    if (!at.ok()) return Invalid("at: " + at.status().text());
    query->at = *at;
  }
  if (name == "format") {
    if (text != "text" && text != "html" && text != "csv") return Invalid("format is text, html or csv");
    query->format = text == "html" ? ReportFormat::kHtml : text == "csv" ? ReportFormat::kCsv : ReportFormat::kText;
  }
  if (name == "series") {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), query->series);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || query->series > kMostSeries) return Invalid("series is a number up to " + std::to_string(kMostSeries));
  }
  return Status::Ok();
}

}  // namespace

Result<ReportQuery> ParseReportQuery(std::span<const std::pair<std::string_view, std::string_view>> query) {
  static const std::vector<std::string> kNames = {"at", "format", "kpi", "subject", "window", "series"};
  ReportQuery read;
  for (const auto& [name, text] : query) {
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
      const std::string near = Nearest(name, kNames);
      return Invalid("\"" + std::string(name) + "\" is nothing that can be asked" + (near.empty() ? "" : "; nearest: " + near));
    }
    TM_RETURN_IF_ERROR(ReadOne(name, text, &read));
  }
  return read;
}

}  // namespace tidemark
