// Changes of series as lists: only those asked for, by labels, the greatest first.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/explain/cells.h"
#include "pipeline/explain/explain.h"

namespace tidemark {

// The values of the labels in `keep`, in that order; labels that aren't in `names` are left out.
std::vector<std::string> Project(const std::vector<std::string>& names, const std::vector<std::string>& values,
                                 const std::vector<std::string>& keep);
// Whether a series has the label values that were asked for, as far as it has the labels.
bool IsWanted(const ExplainRequest& request, const std::vector<std::string>& names, const std::vector<std::string>& values);

// Counts (scale -1) or sums at a scale, summed down to the labels in `keep`. `adds_up`: over labels, so there is a total.
ExplainedNumber ListCells(const CellChanges& changes, const std::vector<std::string>& labels, const std::vector<std::string>& keep,
                          int scale, bool adds_up, const ExplainRequest& request);
ExplainedNumber ListValues(std::map<std::vector<std::string>, Change> changes, const std::vector<std::string>& labels,
                           const ExplainRequest& request);

}  // namespace tidemark
