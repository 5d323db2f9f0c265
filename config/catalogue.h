// The shipped catalogue: KPIs that a configuration takes by subject.
#pragma once

#include <span>
#include <string_view>

namespace tidemark {

// One subject: a file of config/catalogue, part of the program.
struct CatalogueFile {
  std::string_view subject;  // "leads", of catalogue/leads.yaml
  std::string_view yaml;
};

// Sorted by subject.
using Catalogue = std::span<const CatalogueFile>;

// What this program ships with. Made from config/catalogue/*.yaml when it is built.
Catalogue ShippedCatalogue();
// The mappings that `use` of a source names, likewise: of config/sources/*.yaml.
Catalogue ShippedSources();

}  // namespace tidemark
