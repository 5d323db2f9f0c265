// Configurations: any text becomes a plan, or mistakes with their places. A list is one of KPIs, a map that doesn't name
// kafka has sections as files of `tidemark test` have them: to read the rest of a whole one costs more than what differs.
#include <algorithm>
#include <memory>

#include "config/config.h"
#include "config/estimate.h"
#include "config/reader.h"
#include "config/sections.h"
#include "config/written.h"
#include "pipeline/plan/plan.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tidemark;

// The smallest subject alone: a plan of all that ships is ten thousand times the work of the usual input.
Catalogue Small() {
  const Catalogue all = ShippedCatalogue();
  return {std::min_element(all.begin(), all.end(), [](const CatalogueFile& a, const CatalogueFile& b) { return a.yaml.size() < b.yaml.size(); }), 1};
}

void ReadParts(std::string_view yaml, Specs* specs, Diagnostics* diagnostics) {
  const auto document = config::Document::Parse("c.yaml", yaml, diagnostics);
  if (!document) return;
  const config::Value root(&*document, diagnostics, &document->root(), document->root().at, "");
  if (!root.is_list()) {
    if (auto map = config::Map::Open(root)) config::ReadSections(&*map, ConfigUse::kOffline, Small(), specs, diagnostics);
    return;
  }
  specs->topics.emplace_back().name = kOfflineTopic;
  specs->privacy.hash_key = kOfflineHashKey;
  for (const config::Value& item : root.Items()) {
    config::ReadKpi(item, specs->limits, &specs->kpis.emplace_back());
    specs->kpis.back().written = config::WrittenKpi(*document, item.node().at.line);
  }
  config::ImplyHashes(specs, diagnostics);
  config::ImplyFacts(specs, diagnostics);
  config::CheckReferences(specs, diagnostics);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using testing::Expect;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  Specs specs;
  Diagnostics diagnostics;
  if (yaml.find("kafka") == std::string_view::npos) {
    ReadParts(yaml, &specs, &diagnostics);
  } else {
    ParseConfig("c.yaml", yaml, &specs, &diagnostics, testing::OneIn(256, data, size) ? ShippedCatalogue() : Small());
  }
  if (diagnostics.empty()) {
    const std::shared_ptr<const Plan> plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    Expect((plan == nullptr) != diagnostics.empty(), [&] { return "a plan, or mistakes: " + diagnostics.ToString(); });
    constexpr size_t kShipped = 4096;  // one of the catalogue's has no more
    for (const KpiSpec& kpi : specs.kpis) Expect(kpi.written.size() <= std::max(size, kShipped) + config::kMostExpanded + 1, "what is shown as written isn't much more");
    if (plan != nullptr) EstimateTable(specs, EstimateResources(specs, 1000, 1000));
  }
  const auto lines = std::count(yaml.begin(), yaml.end(), '\n') + std::count(yaml.begin(), yaml.end(), '\r') + 2;
  for (const Diagnostic& d : diagnostics.items()) {
    Expect(d.place.line >= 0 && d.place.line <= lines && !d.text.empty(), [&] { return "a mistake has a place in the text: " + diagnostics.ToString(); });
  }
  return 0;
}
