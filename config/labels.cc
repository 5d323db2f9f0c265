// The clause `by`: the labels of a KPI's series.
#include <algorithm>
#include <set>

#include "config/expression.h"
#include "config/measures.h"
#include "config/names.h"
#include "config/sections.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxLabels = 16;
constexpr size_t kMaxDeclared = 1'000;

void CheckField(const Value& value, std::string* field) {
  *field = value.Text().value_or("");
  if (!field->empty() && !IsFieldPath(*field)) value.Fail(Quoted(*field) + " is not a field like lead.channel");
}

void CheckDeclared(const Value& value, const LimitSpec& limits, const std::vector<std::string>& values) {
  if (values.size() > kMaxDeclared) value.Fail("more than " + std::to_string(kMaxDeclared) + " declared values");
  for (const std::string& declared : values) {
    if (declared == "__other__") value.Fail("__other__ is where series beyond the limit count; it can't be declared");
    if (declared.size() > limits.max_label_value_bytes) {
      value.Fail(Quoted(declared) + " is longer than limits.max_label_value_bytes (" +
                 std::to_string(limits.max_label_value_bytes) + ")");
    }
  }
}

LabelSpec ReadLabel(const Value& value, const LimitSpec& limits) {
  LabelSpec label;
  label.place = value.place();
  if (value.is_list()) {
    value.Fail("a label comes from one field: name: field, or name: {field: ..., values: [...]}");
    return label;
  }
  if (!value.is_map()) {
    CheckField(value, &label.field);
    return label;
  }
  Map map = *Map::Open(value);
  if (const auto field = map.Require("field")) {
    label.place = field->place();
    CheckField(*field, &label.field);
  }
  if (const auto values = map.Take("values")) {
    label.values = values->Texts().value_or(std::vector<std::string>());
    CheckDeclared(*values, limits, label.values);
  }
  size_t personal = 1;
  map.Set("personal", &personal, [](const Value& v) { return v.Choice({"allow", "deny", "hash"}); });
  label.allow_personal = personal == 0;
  label.hash = personal == 2;
  if (label.hash && !label.values.empty()) map.FailAt("values", "can't be known of a label that is hashed; leave one of the two out");
  map.Finish();
  return label;
}

// Series that declared values make exist from the start, when every label declares some.
void CheckDeclaredSeries(const Value& value, const LimitSpec& limits, const KpiSpec& kpi) {
  double series = kpi.by.empty() ? 0 : 1;
  for (const LabelSpec& label : kpi.by) series *= static_cast<double>(label.values.size());
  const uint64_t most = kpi.max_series.value_or(limits.max_series);
  if (series <= static_cast<double>(most)) return;
  value.Fail("its declared values make " + std::to_string(static_cast<uint64_t>(std::min(series, 1e18))) +
             " series, more than max_series (" + std::to_string(most) + ")");
}

// Labels that the program puts on the series of such a KPI by itself; with a name to use instead.
std::string WhyNotLabelOf(const KpiSpec& kpi, const std::string& name) {
  if (std::string why = WhyNotLabelName(name); !why.empty()) return why;
  const auto reserved = [&](const std::string& word, const std::string& instead) {
    return Quoted(name) + " is reserved: " + word + " sets this label; nearest: " + instead;
  };
  if (name == "stat" && Contains(kWithStats, kpi.measure)) return reserved("stats", "statistic");
  if (name == "step" && kpi.measure == Measure::kFunnel) return reserved("funnel", "funnel_step");
  if (name == "compare" && kpi.at.contains("compare")) return reserved("compare", "compared_with");
  return "";
}

// `from.lead.channel` and `to.lead.owner` name the event of a pair.
void TakeSide(const KpiSpec& kpi, const Value& value, LabelSpec* label) {
  if (!Contains(kOfSteps, kpi.measure)) return;
  const auto take = [&](std::string_view prefix, Side side) {
    if (!label->field.starts_with(prefix)) return false;
    label->field.erase(0, prefix.size());
    label->side = side;
    return true;
  };
  if (take("from.", Side::kFrom) || !take("to.", Side::kTo) || kpi.measure != Measure::kFunnel) return;
  value.FailAt(label->place, "a funnel's labels are those of its first step, whatever follows; write " +
                                 Quoted("from." + label->field));
}

void ReadNames(const Value& value, KpiSpec* kpi) {
  const std::optional<std::vector<std::string>> names = value.Texts();
  if (!names) return;
  if (names->size() > kMaxLabels) return value.Fail("a KPI has at most " + std::to_string(kMaxLabels) + " labels");
  const std::vector<Value> items = value.Items();
  for (size_t i = 0; i < items.size(); ++i) {
    LabelSpec label;
    label.name = label.field = (*names)[i];
    label.place = items[i].place();
    if (const std::string why = WhyNotLabelOf(*kpi, label.name); !why.empty()) items[i].Fail(why);
    kpi->by.push_back(std::move(label));
  }
}

// What a label with `personal: hash` is taken from.
FieldSpec HashOf(const LabelSpec& label) {
  FieldSpec field;
  field.name = "hash(" + label.field + ")";
  field.implied = true;
  field.place = label.place;
  field.expr = std::make_unique<FieldExpr>();
  field.expr->kind = FieldExpr::Kind::kHash;
  field.expr->place = label.place;
  auto of = std::make_unique<FieldExpr>();
  of->kind = FieldExpr::Kind::kField;
  of->field = label.field;
  of->place = label.place;
  field.expr->args.push_back(std::move(of));
  return field;
}

}  // namespace

void ImplyHashes(Specs* specs, Diagnostics* diagnostics) {
  std::set<std::string> implied;
  for (KpiSpec& kpi : specs->kpis) {
    for (LabelSpec& label : kpi.by) {
      if (!label.hash || label.field.empty()) continue;
      FieldSpec field = HashOf(label);
      label.field = field.name;
      if (implied.insert(field.name).second) specs->fields.push_back(std::move(field));
    }
  }
  if (!specs->privacy.hash_key.empty() || !specs->privacy.files.empty()) return;
  for (const FieldSpec& field : specs->fields) {
    if (field.expr->kind == FieldExpr::Kind::kHash) diagnostics->Add(field.place, "a hash needs a key: write privacy: {hash_key_file: ...}");
  }
}

void ReadBy(const Value& value, const LimitSpec& limits, KpiSpec* kpi) {
  if (kpi->measure == Measure::kFormula) {
    if (value.is_map()) {
      value.Fail("a formula's labels are those of its KPIs: a list of names, like [rep_id]");
    } else {
      ReadNames(value, kpi);
    }
    return;
  }
  if (!value.is_map()) {
    value.Fail("a map of label: field is wanted here, like {channel: lead.channel}");
    return;
  }
  for (const Node::Entry& entry : value.node().entries) {
    const Value child = value.Child(entry);
    if (const std::string why = WhyNotLabelOf(*kpi, entry.key); !why.empty()) child.FailAt(value.PlaceOf(entry), why);
    kpi->by.push_back(ReadLabel(child, limits));
    kpi->by.back().name = entry.key;
    TakeSide(*kpi, child, &kpi->by.back());
  }
  if (kpi->by.empty()) value.Fail("is empty");
  if (kpi->by.size() > kMaxLabels) value.Fail("a KPI has at most " + std::to_string(kMaxLabels) + " labels");
  CheckDeclaredSeries(value, limits, *kpi);
}

}  // namespace tidemark::config
