// What a view shows, as series that can be compared one by one: those of /metrics, and the rules' breaches.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/scenario.h"
#include "pipeline/view/view.h"

namespace tidemark {

struct ShownSeries {
  SeriesName series;
  std::string text;   // as shown: name{label="value"}
  std::string value;  // as shown; of a rule "firing", "pending" or "inactive"
};

// A copy; the view may go. Taken from the text of /metrics, so that what is compared is what a scrape would get.
class Shown {
 public:
  explicit Shown(const View& view);
  // The series of the metric or rule that an expectation names, in the order shown. Null: there is no such metric or
  // rule. A name of both is the rule where a state is expected, else the metric.
  const std::vector<ShownSeries>* Find(const Expectation& expected) const;

 private:
  using ByName = std::map<std::string, std::vector<ShownSeries>>;  // also of families without series
  void AddLine(ByName* to, const std::string& line);

  ByName metrics_, rules_;
  friend void CheckNames(const ScenarioFile& file, const View& view, Diagnostics* diagnostics);
};

// Reports expected metrics, rules and labels that the configuration doesn't have; `view` is any of its views.
void CheckNames(const ScenarioFile& file, const View& view, Diagnostics* diagnostics);

// What is not as expected, of one metric or rule.
struct Difference {
  Place place;        // of the first line that is not met
  std::string first;  // that line; "" when there is only more than expected
  std::string text;   // lines: "- " expected, "+ " found, "  " the other series there are
};
std::vector<Difference> Compare(const std::vector<Expectation>& expected, const Shown& shown);

}  // namespace tidemark
