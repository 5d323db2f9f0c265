// What /api/v1/ answers from one View.
#pragma once

#include <string>
#include <string_view>

#include "daemon/api_query.h"
#include "daemon/json_writer.h"
#include "daemon/lifecycle.h"
#include "pipeline/view/view.h"

namespace tidemark {

// {"kpis": [...]}: the KPIs asked for, each with its definition and at most `limit` values of its series.
std::string KpisJson(const View& view, const SeriesQuery& query);
// {"breaches": [...]}: rules' state per series, with value, levels and since when; those that fire or soon may come first.
std::string BreachesJson(const View& view, size_t limit);
std::string_view ToString(BreachState state);  // "inactive", "pending", "firing"
// {"phase": ..., "ready": ..., "partitions": [...]}; `view` may be null.
std::string StatusJson(Phase phase, const View* view);

void WriteTime(std::string_view key, EventTime t, JsonWriter* json);  // null where it isn't known
// "labels": {...} of a series.
void WriteLabels(std::span<const std::string> names, std::span<const std::string> values, JsonWriter* json);

}  // namespace tidemark
