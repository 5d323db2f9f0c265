// What can be wrong with the daemon, in the order in which it is written.
#pragma once

#include <string>
#include <vector>

#include "daemon/generate/rule.h"

namespace tidemark {

// Whether some topic's records are mapped to events, and whether they name their schemas by number.
bool MapsRecords(const Plan& plan);
bool NamesSchemas(const Plan& plan);

// How far a health alert's doubt reaches: the sales alerts that it inhibits in Alertmanager.
enum class Doubt {
  kNone,
  kAll,     // of the same job
  kTopic,   // of KPIs that read the alert's topic
  kSource,  // of KPIs that the alert's source feeds
  kKpi,     // of the alert's KPI
};

// A series of an alert's test, while all is well and while it is not: a number, "+k" (k more each minute), "t" (the time in
// seconds) or "t-k".
struct HealthInput {
  const char* series;  // LABELS: job and instance
  const char* good;
  const char* bad;
};

// One row of the table in health_alerts.cc.
struct HealthRow {
  const char* name;
  const char* severity;
  const char* hold;
  Doubt doubt = Doubt::kNone;
  bool at_once = false;            // one bad minute is enough
  const char* expr;                // {J: the selector of the job, STALE: seconds
  const char* summary;
  const char* description;         // a template
  std::vector<HealthInput> inputs;
  TextPairs labels = {};           // of the test's alert, besides job and instance
  bool (*when)(const Plan& plan) = nullptr;  // only with plans like this; null: always
};
std::vector<HealthRow> HealthRows();

struct HealthAlert {
  PrometheusRule rule;
  Doubt doubt = Doubt::kNone;
};

// Only what can happen with this plan: nothing about sources or tables where there are none.
std::vector<HealthAlert> HealthAlerts(const Plan& plan, const RuleOptions& options);

}  // namespace tidemark
