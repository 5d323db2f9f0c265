// KPI and breach families as text, from one View. Formats: Prometheus text 0.0.4 and OpenMetrics 1.0.0.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/negotiation.h"
#include "daemon/text_buffer.h"
#include "pipeline/view/view.h"

namespace tidemark {

enum class FamilyType { kGauge, kCounter, kInfo, kHistogram, kUnknown };

// # HELP, # TYPE and, in OpenMetrics where the name ends with it, # UNIT. `name` is the sample name in text form:
// counters end in _total and infos in _info, which OpenMetrics leaves out of the family's name.
void WriteFamilyHeader(std::string_view name, std::string_view help, FamilyType type, std::string_view unit,
                       TextFormat format, TextBuffer* out);

// Every family that a view yields: KPIs in the configuration's order, what is known about them, breaches. Nothing is
// written twice and families never interleave. Without the OpenMetrics end mark: more families follow.
// Absent values have no line. Decimals are printed in full, reals with the fewest digits that read back the same.
// Costs one pass over the view, two for none: about 40 ns a line.
void WriteViewFamilies(const View& view, TextFormat format, TextBuffer* out);

// All label names that lines of this KPI may have.
std::vector<std::string> LabelNames(const KpiInfo& kpi);

// The parts of the above.
void WriteKpiFamilies(const View& view, TextFormat format, TextBuffer* out);
void WriteKpiStatusFamilies(const View& view, TextFormat format, TextBuffer* out);
void WriteBreachFamilies(const View& view, TextFormat format, TextBuffer* out);
// tidemark_state_complete; also written while there is no view yet.
void WriteStateComplete(bool complete, TextFormat format, TextBuffer* out);

}  // namespace tidemark
