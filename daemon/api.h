// What /api/v1/ and the landing page answer, from one View.
#pragma once

#include <string>
#include <string_view>

#include "daemon/json_writer.h"
#include "daemon/lifecycle.h"
#include "pipeline/view/view.h"

namespace tidemark {

// {"kpis": [...]}: every KPI (or the one called `only`, unless empty) with its series and values.
std::string KpisJson(const View& view, std::string_view only);
// {"breaches": [...]}: every rule's state per series, with value, levels and since when.
std::string BreachesJson(const View& view);
std::string_view ToString(BreachState state);  // "inactive", "pending", "firing"
// {"phase": ..., "ready": ..., "partitions": [...]}; `view` may be null.
std::string StatusJson(Phase phase, const View* view);
// {"error": text}
std::string ErrorJson(std::string_view text);

// A small page for people: what this is, how it is, links.
std::string LandingPage(Phase phase, const View* view);

// "labels": {...} of a series.
void WriteLabels(std::span<const std::string> names, std::span<const std::string> values, JsonWriter* json);

}  // namespace tidemark
