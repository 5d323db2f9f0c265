// What addresses under /api/v1/ ask for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/view/view.h"

namespace tidemark {

using ApiArguments = std::span<const std::pair<std::string_view, std::string_view>>;

// kInvalid names an argument that is none of `names`, and the nearest that is.
Status CheckArguments(ApiArguments arguments, const std::vector<std::string>& names);
Result<std::pair<std::string, std::string>> ParseLabelArgument(std::string_view text);  // NAME=VALUE
Result<size_t> ParseLimit(std::string_view text, size_t least, size_t most);

// Which series: kpi, subject, window, by, label=NAME=VALUE (again and again), limit. "" where nothing was said.
struct SeriesQuery {
  std::string kpi, subject, window;
  std::optional<std::string> by;  // "": summed over all labels
  std::vector<std::pair<std::string, std::string>> labels;
  size_t limit = 0;

  // Whether a KPI has all labels that were asked for.
  bool HasLabels(const KpiInfo& kpi) const;
  // Whether a series has the values that were asked for. REQUIRES: HasLabels.
  bool Matches(const KpiInfo& kpi, const SeriesLabels& labels) const;
};
// `names`: which of the arguments there are.
Result<SeriesQuery> ParseSeriesQuery(ApiArguments arguments, const std::vector<std::string>& names, size_t limit, size_t most);

// By name; kNotFound with the nearest.
Result<KpiId> FindKpi(const View& view, const std::string& name);
// kInvalid where the KPI lacks the window or a label that was asked for.
Status CheckAgainst(const KpiInfo& kpi, const SeriesQuery& query);

}  // namespace tidemark
