// The parts of one KPI, each read by a file of its own; ReadKpi (kpi.cc) puts them together.
#pragma once

#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

// The one measure and what stands in it; false when there is none.
bool ReadMeasure(Map* map, KpiSpec* kpi);
void ReadElapsed(const Value& value, KpiSpec* kpi);
void ReadFunnel(const Value& value, KpiSpec* kpi);
void ReadOpen(const Value& value, KpiSpec* kpi);

// on, where, key, stats, until, ...: what stands beside the measure. REQUIRES: the measure is read.
void ReadClauses(Map* map, KpiSpec* kpi);
void ReadCorrect(const Value& value, KpiSpec* kpi);
std::vector<std::string> ReadStats(const Value& value);

// REQUIRES: the windows are read.
void ReadCompare(const Value& value, KpiSpec* kpi);

// Clauses that this measure gives no meaning to, those it needs, and those that don't go together.
void CheckClauses(Map* map, const KpiSpec& kpi);

}  // namespace tidemark::config
