// What moved a KPI between two instants: what entered its window, what left it, what was corrected; by series and by label,
// adding up exactly; and the ids behind it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"
#include "pipeline/view/view.h"

namespace tidemark {

struct ExplainRequest {
  std::string kpi;
  std::string window = {};                                        // "": the KPI's first
  std::optional<EventTime> from = {}, to = {};                    // default: 24 h before T; T itself
  std::string by = {};                                            // groups by this label; "": by each one
  std::vector<std::pair<std::string, std::string>> labels = {};   // only series with these values
  bool ids = false;
  size_t limit = 100;                                             // of each list
};
inline constexpr size_t kMostExplained = 10'000;

// Invariant: to = from + entered - left + corrected, where there are parts.
struct Change {
  Value from, to;                                             // as shown; absent where there was no such series
  Value change;                                               // absent where one of the two has no value
  struct Parts {
    Decimal entered, left, corrected;
  };
  std::optional<Parts> parts;
};

struct ChangedSeries {
  std::vector<std::string> labels;                            // values
  Change change;
};

// The greatest changes first.
struct ChangedList {
  std::vector<std::string> labels;                            // names
  std::vector<ChangedSeries> series;                          // at most `limit`
  size_t all = 0;
};

// One number and its changes.
struct ExplainedNumber {
  std::string name;                                           // a KPI, or "count" and "sum" of what it is made of
  std::string window;
  std::string no_parts;                                       // why there are none; "" when there are
  std::optional<Change> total;                                // of all series that were asked for, where they add up
  ChangedList series;
  std::vector<ChangedList> groups;                            // by one label each, where they add up
};

struct ExplainedId {
  std::string id;
  std::vector<std::string> labels;
  Value value;                                                // what it adds
  EventTime at = kNoEventTime;                                // where it counts; of open: since when, if that is known
  bool entered = false;                                       // since `from`
};
struct ExplainedIds {
  std::vector<ExplainedId> ids;                               // at most `limit`: by value, then the latest
  size_t all = 0;
  std::vector<ExplainedId> left;                              // of open: closed since `from`; `at` is when
  size_t all_left = 0;
  bool partial = false;                                       // there was no time to look at all
};

struct Explanation {
  std::string unit;
  std::vector<std::string> labels;
  EventTime from{}, to{};                                     // as taken
  ExplainedNumber number;
  std::vector<ExplainedNumber> made_of;                       // of what doesn't add up: what it is worked out from
  std::optional<ExplainedIds> ids;
};

// Of a store that doesn't change meanwhile. `go_on` is asked now and then: false ends it, with kUnavailable, or where ids are
// looked for with those that were found.
// Failure: kInvalid and kNotFound say what was asked wrongly.
Result<Explanation> Explain(std::shared_ptr<const Plan> plan, const Store& store, const ExplainRequest& request,
                            const std::function<bool()>& go_on);

}  // namespace tidemark
