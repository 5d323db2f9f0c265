// A KPI's spec in one line, for the tests of config/: what was said, less what is the default.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/config_rows.h"

namespace tidemark {

std::string ShownFormula(const Formula& formula);
std::string ShownWindow(const WindowSpec& window);
// "distinct key=a.id,b.id at_least=2 on=a.b by=rep:a.rep windows=30d"; without name, help and places.
std::string ShownKpi(const KpiSpec& kpi);

// A right KPI (all keys but name) and what it means.
struct KpiRow {
  const char* name;
  std::string yaml;  // inside {name: x, ...}
  std::string shown;
};
void ExpectKpi(const KpiRow& row);

// Where examples/production.yaml reads its password from: a directory that has one.
void SetSecretsDir();

}  // namespace tidemark
