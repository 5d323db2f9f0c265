// The catalogue as a page for people.
#pragma once

#include <string>

#include "config/catalogue.h"
#include "pipeline/base/diagnostic.h"

namespace tidemark {

// Markdown: each subject, each of its KPIs with the metrics it makes, as /metrics shows them, and its definition as
// written. "" when something is wrong with the catalogue, which is then in *diagnostics.
std::string CataloguePage(Catalogue files, Diagnostics* diagnostics);

}  // namespace tidemark
