// `catalogue` of a configuration: subjects, and what their KPIs need.
#include "config/catalogue.h"

#include <set>

#include "config/sections.h"
#include "config/subjects.h"
#include "config/written.h"

namespace tidemark::config {
namespace {

// Takes KPIs, whatever their formulas need, and the fields of all, each once.
class Taker {
 public:
  Taker(const Subjects& subjects, Specs* specs) : subjects_(subjects), specs_(*specs) {
    for (KpiSpec& kpi : specs_.kpis) {
      own_kpis_.insert(kpi.name);
      if (const auto place = subjects_.FindKpi(kpi.name)) kpi.subject = subjects_.all()[place->subject].name;
    }
    for (const FieldSpec& field : specs_.fields) own_fields_.insert(field.name);
  }

  void Run(const std::vector<size_t>& named) {
    for (const FieldSpec& field : specs_.fields) WantFieldsOf(*field.expr);
    for (const KpiSpec& kpi : specs_.kpis) WantNeedsOf(kpi);
    for (const size_t subject : named) {
      for (size_t kpi = 0; kpi < subjects_.all()[subject].kpis.size(); ++kpi) WantKpi({subject, kpi});
    }
    while (!wanted_.empty()) {
      const CataloguePlace place = wanted_.back();
      wanted_.pop_back();
      KpiSpec& kpi = kpis_[place];
      const Subject& subject = subjects_.all()[place.subject];
      const Value& written = subject.kpis[place.kpi].value;
      ReadKpi(written, specs_.limits, &kpi);
      kpi.subject = subject.name;
      kpi.written = WrittenKpi(subject.document, written.node().at.line);
      WantNeedsOf(kpi);
    }
    for (auto& [name, field] : fields_) specs_.fields.push_back(std::move(field));
    for (auto& [place, kpi] : kpis_) specs_.kpis.push_back(std::move(kpi));
  }

 private:
  void WantKpi(CataloguePlace place) {
    if (own_kpis_.contains(subjects_.all()[place.subject].kpis[place.kpi].name)) return;
    if (kpis_.try_emplace(place).second) wanted_.push_back(place);
  }

  void WantField(const std::string& name) {
    if (own_fields_.contains(name) || fields_.contains(name)) return;
    std::optional<FieldSpec> field = subjects_.ReadField(name);
    if (!field) return;  // most names are fields of events
    const FieldExpr& expr = *field->expr;
    fields_.emplace(name, *std::move(field));
    WantFieldsOf(expr);
  }

  void WantNeedsOf(const KpiSpec& kpi) {
    if (kpi.formula != nullptr) return WantOperandsOf(*kpi.formula);
    WantField(kpi.field);
    for (const std::string& field : kpi.key) WantField(field);
    for (const LabelSpec& label : kpi.by) WantField(label.field);
    if (kpi.where != nullptr) WantFieldsOf(*kpi.where);
  }

  void WantOperandsOf(const Formula& formula) {
    if (const std::optional<CataloguePlace> place = subjects_.FindKpi(formula.kpi)) WantKpi(*place);
    for (const auto& arg : formula.args) WantOperandsOf(*arg);
  }

  // Of a condition, or of a field's definition.
  template <class E>
  void WantFieldsOf(const E& expr) {
    WantField(expr.field);
    for (const auto& arg : expr.args) WantFieldsOf(*arg);
  }

  const Subjects& subjects_;
  Specs& specs_;
  std::set<std::string> own_kpis_, own_fields_;
  std::map<CataloguePlace, KpiSpec> kpis_;
  std::map<std::string, FieldSpec> fields_;
  std::vector<CataloguePlace> wanted_;  // in kpis_, not read yet
};

}  // namespace

void TakeSubjects(const Subjects& subjects, const std::vector<size_t>& named, Specs* specs) {
  Taker(subjects, specs).Run(named);
}

void ReadCatalogue(const Value& value, Catalogue files, Specs* specs, Diagnostics* diagnostics) {
  const Subjects subjects(files, diagnostics);
  const std::optional<std::vector<std::string>> words = value.Texts();
  if (!words) return;
  std::vector<size_t> named;
  if (*words == std::vector<std::string>{"all"}) {
    for (size_t subject = 0; subject < subjects.all().size(); ++subject) named.push_back(subject);
    return TakeSubjects(subjects, named, specs);
  }
  for (const Value& item : value.Items()) {
    const std::string& word = item.node().text;
    if (const std::optional<size_t> found = subjects.Find(word)) {
      named.push_back(*found);
    } else if (word == "all") {
      item.Fail("\"all\" stands alone: catalogue: all");
    } else {
      item.Fail("there is no subject " + Quoted(word) + DidYouMean(word, subjects.names()));
    }
  }
  TakeSubjects(subjects, named, specs);
}

}  // namespace tidemark::config
