#include <string>

#include "daemon/exposition.h"

namespace tidemark {
namespace {

// `name{rule="r"` and the labels of one breach, open at its end.
std::string Head(std::string_view name, const RuleInfo& rule, const BreachInfo* breach) {
  std::string head = std::string(name) + "{rule=\"" + EscapeLabelValue(rule.name) + "\"";
  if (breach != nullptr && breach->labels != nullptr && !breach->labels->escaped.empty()) {
    head += "," + breach->labels->escaped;
  }
  return head;
}

// Visits every (rule, series); visit returns false to leave the line out, else sets *value.
template <class F>
void WritePerBreach(const View& view, TextFormat format, std::string_view name, std::string_view help, FamilyType type,
                    TextBuffer* out, const F& value_of) {
  WriteFamilyHeader(name, help, type, "", format, out);
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    for (const BreachInfo& breach : view.breaches(RuleId{r})) {
      const Value value = value_of(breach);
      if (value.absent()) continue;
      out->Append(Head(name, view.rules()[r], &breach));
      out->Append("} ");
      out->Append(value);
      out->Append("\n");
    }
  }
}

Value Whole(int64_t n) { return Value::Exact({n, 0}); }

void WriteRules(const View& view, TextFormat format, TextBuffer* out) {
  constexpr std::string_view kThreshold = "tidemark_breach_threshold";
  WriteFamilyHeader(kThreshold, "Level at which a breach is entered, and left.", FamilyType::kGauge, "", format, out);
  for (const RuleInfo& rule : view.rules()) {
    for (const bool enter : {true, false}) {
      out->Append(Head(kThreshold, rule, nullptr) + (enter ? ",bound=\"enter\"} " : ",bound=\"exit\"} "));
      out->Append(Value::Exact(enter ? rule.enter : rule.exit));
      out->Append("\n");
    }
  }
  WriteFamilyHeader("tidemark_rule_info", "The rules, for joining their attributes to breaches.", FamilyType::kInfo, "",
                    format, out);
  for (const RuleInfo& rule : view.rules()) {
    out->Append(Head("tidemark_rule_info", rule, nullptr) + ",kpi=\"" + EscapeLabelValue(rule.kpi) + "\",unit=\"" +
                EscapeLabelValue(rule.unit) + "\",window=\"" + EscapeLabelValue(rule.window) + "\",direction=\"" +
                (rule.above ? "above" : "below") + "\",severity=\"" + EscapeLabelValue(rule.severity) + "\",team=\"" +
                EscapeLabelValue(rule.team) + "\"} 1\n");
  }
}

}  // namespace

void WriteBreachFamilies(const View& view, TextFormat format, TextBuffer* out) {
  if (view.rules().empty()) return;
  WritePerBreach(view, format, "tidemark_breach", "1 while the rule is in breach, 0 while it is not.",
                 FamilyType::kGauge, out,
                 [](const BreachInfo& b) { return Whole(b.state == BreachState::kFiring ? 1 : 0); });
  WritePerBreach(view, format, "tidemark_breach_observed", "Value that the rule compared last.", FamilyType::kGauge,
                 out, [](const BreachInfo& b) { return b.observed; });
  WritePerBreach(view, format, "tidemark_breach_samples", "Events behind the value compared last.", FamilyType::kGauge,
                 out, [](const BreachInfo& b) { return Whole(b.samples); });
  WritePerBreach(view, format, "tidemark_breach_started_timestamp_seconds", "Event time since which the breach lasts.",
                 FamilyType::kGauge, out, [](const BreachInfo& b) {
                   const bool known = b.state == BreachState::kFiring && b.since != kNoEventTime;
                   return known ? Value::Exact({Micros(b.since), 6}) : Value();
                 });
  WritePerBreach(view, format, "tidemark_breach_transitions_total", "Times that the breach began or ended, ever.",
                 FamilyType::kCounter, out, [](const BreachInfo& b) { return Whole(b.transitions); });
  WriteRules(view, format, out);
}

}  // namespace tidemark
