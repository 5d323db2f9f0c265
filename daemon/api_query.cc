#include "daemon/api_query.h"

#include <algorithm>
#include <charconv>

#include "pipeline/base/nearest.h"

namespace tidemark {
namespace {

std::string Suggest(std::string_view word, const std::vector<std::string>& names) {
  const std::string near = Nearest(word, names);
  return near.empty() ? "" : "; nearest: " + near;
}

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Status CheckArguments(ApiArguments arguments, const std::vector<std::string>& names) {
  for (const auto& [name, text] : arguments) {
    if (!Has(names, name)) return Invalid("\"" + std::string(name) + "\" is nothing that can be asked" + Suggest(name, names));
  }
  return Status::Ok();
}

Result<std::pair<std::string, std::string>> ParseLabelArgument(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return Invalid("label is NAME=VALUE, like label=channel=web");
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

Result<size_t> ParseLimit(std::string_view text, size_t least, size_t most) {
  size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && limit >= least && limit <= most) return limit;
  return Invalid("limit is a number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<SeriesQuery> ParseSeriesQuery(ApiArguments arguments, const std::vector<std::string>& names, size_t limit, size_t most) {
  TM_RETURN_IF_ERROR(CheckArguments(arguments, names));
  SeriesQuery query;
  query.limit = limit;
  for (const auto& [name, text] : arguments) {
    if (name == "kpi") query.kpi = text;
    if (name == "subject") query.subject = text;
    if (name == "window") query.window = text;
    if (name == "by") query.by = text;
    if (name == "label") {
      TM_ASSIGN_OR_RETURN(auto label, ParseLabelArgument(text));
      query.labels.push_back(std::move(label));
    }
    if (name == "limit") {
      TM_ASSIGN_OR_RETURN(query.limit, ParseLimit(text, 1, most));
    }
  }
  return query;
}

bool SeriesQuery::HasLabels(const KpiInfo& kpi) const {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) { return Has(kpi.labels, label.first); });
}

bool SeriesQuery::Matches(const KpiInfo& kpi, const SeriesLabels& series) const {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    const auto at = std::find(kpi.labels.begin(), kpi.labels.end(), label.first) - kpi.labels.begin();
    return series.values[static_cast<size_t>(at)] == label.second;
  });
}

Result<KpiId> FindKpi(const View& view, const std::string& name) {
  std::vector<std::string> names;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    if (view.kpis()[k].name == name) return KpiId{k};
    names.push_back(view.kpis()[k].name);
  }
  return NotFound("there is no KPI \"" + name + "\"" + Suggest(name, names));
}

Status CheckAgainst(const KpiInfo& kpi, const SeriesQuery& query) {
  const auto unknown = [&](const char* what, const std::string& name, const std::vector<std::string>& names) {
    return Invalid(kpi.name + " has no " + what + " \"" + name + "\"" + Suggest(name, names));
  };
  if (!query.window.empty() && !Has(kpi.windows, query.window)) return unknown("window", query.window, kpi.windows);
  if (query.by && !query.by->empty() && !Has(kpi.labels, *query.by)) return unknown("label", *query.by, kpi.labels);
  for (const auto& [name, value] : query.labels) {
    if (!Has(kpi.labels, name)) return unknown("label", name, kpi.labels);
  }
  return Status::Ok();
}

}  // namespace tidemark
