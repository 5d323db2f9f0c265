// The catalogue's files as read: what `catalogue` of a configuration takes from, and what the catalogue's page shows.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/catalogue.h"
#include "config/reader.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

// One KPI as written in a subject's file.
struct CatalogueKpi {
  std::string name;
  Value value;  // borrows its subject's document
};

struct Subject {
  std::string name, title, help;
  Document document;
  std::vector<CatalogueKpi> kpis;  // as written
};

// Where a KPI stands; sorts in the catalogue's order.
struct CataloguePlace {
  size_t subject, kpi;
  auto operator<=>(const CataloguePlace&) const = default;
};

// Invariant: a name means one KPI, or one derived field, of all files.
class Subjects {
 public:
  // Reports what is wrong with the files, but reads KPIs and fields no further than their names. Borrows the
  // diagnostics.
  Subjects(Catalogue files, Diagnostics* diagnostics);
  Subjects(const Subjects&) = delete;

  const std::deque<Subject>& all() const { return subjects_; }
  std::vector<std::string> names() const;
  std::optional<size_t> Find(const std::string& subject) const;
  std::optional<CataloguePlace> FindKpi(const std::string& name) const;
  // Nothing when there is none, or when it is wrong, which is reported.
  std::optional<FieldSpec> ReadField(const std::string& name) const;

 private:
  // One of the map `fields` of a subject.
  struct Field {
    Value fields;
    const Node::Entry* entry;
  };

  void ReadSubject(std::string_view name, Document document, Diagnostics* diagnostics);
  void ReadFieldNames(const Value& fields);
  void ReadKpiNames(const Value& kpis, size_t subject);

  std::deque<Subject> subjects_;  // values borrow their documents, so these stay where they are
  std::map<std::string, CataloguePlace> kpis_;
  std::map<std::string, Field> fields_;
};

// Adds to *specs, in the catalogue's order, the KPIs of the subjects named and those that formulas need, and the
// derived fields that KPIs need, the configuration's own included. What *specs has already under a name takes its
// place. REQUIRES: the configuration's own KPIs, fields and limits are read.
void TakeSubjects(const Subjects& subjects, const std::vector<size_t>& named, Specs* specs);

// `catalogue` of a configuration: a list of subjects, or all.
void ReadCatalogue(const Value& value, Catalogue files, Specs* specs, Diagnostics* diagnostics);

}  // namespace tidemark::config
