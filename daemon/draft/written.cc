#include "daemon/draft/written.h"

#include <set>

#include "daemon/number_of.h"

namespace tidemark::draft {
namespace {

constexpr size_t kMostRest = 60;

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

// A scalar of YAML that begins with a letter, plain where that reads back the same.
std::string Scalar(const std::string& text) {
  return text.find_first_of(":#{}[],&*!>'%@`\\") == std::string::npos ? text : Quoted(text);
}

}  // namespace

std::string Join(const std::vector<std::string>& parts, const char* between) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : between) + part;
  return all;
}

namespace {

// Of a list in flow style.
std::string FlowList(const std::vector<std::string>& parts) {
  std::vector<std::string> scalars;
  for (const std::string& part : parts) scalars.push_back(part.find('"') == std::string::npos ? Scalar(part) : Quoted(part));
  return "[" + Join(scalars, ", ") + "]";
}

}  // namespace

std::string ConditionOf(const Drafted& draft, const Type& type) {
  std::vector<std::string> parts;
  for (size_t t = 0; t < draft.types.size(); ++t) {
    if (!type.words[t].empty()) parts.push_back(draft.types[t] + " == \"" + type.words[t] + "\"");
  }
  return Join(parts, " and ");
}

namespace {

class Writer {
 public:
  explicit Writer(const Drafted& draft) : d_(draft) {}

  std::string Text() const {
    std::string text = Head() + "kafka: {brokers: \"localhost:9092\"}\nsources:\n  " + d_.name + ":\n    topics: [" + d_.name + "]\n";
    if (d_.connect && d_.kind.shape != "debezium" && d_.kind.shape != "salesforce_cdc") text += "    framing: connect\n";
    if (!d_.kind.shape.empty()) text += "    shape: " + d_.kind.shape + "\n";
    if (d_.array) text += "    each: root\n";
    if (std::any_of(d_.all.begin(), d_.all.end(), [](const auto& s) { return s.first.starts_with("param."); })) {
      text += "    maps:\n      param: {array: row.event_params, key: key, value: [value.int_value, value.double_value, value.float_value, value.string_value]}\n";
    }
    const bool keyed = std::find(d_.id.begin(), d_.id.end(), kKey) != d_.id.end();
    std::vector<std::string> shared = d_.id;
    std::erase(shared, std::string(kKey));
    if (!shared.empty()) text += "    id: " + FlowList(shared) + (keyed ? "   # with the key of each table, below\n" : "\n");
    if (!d_.time.empty()) text += "    time: " + Scalar(d_.time) + "\n";
    if (!d_.version.empty()) text += "    version: " + Scalar(d_.version) + "\n";
    text += "    events:\n";
    std::set<std::string> events;
    for (const Rule& rule : d_.rules) {
      events.insert(rule.event);
      text += "      # " + rule.comment + "\n      - emit: " + rule.event + "\n";
      if (!rule.when.empty()) text += "        when: " + Scalar(rule.when) + "\n";
      if (!rule.each.empty()) text += "        each: " + Scalar(rule.each) + "\n";
      if (!rule.id.empty()) text += "        id: " + FlowList(rule.id) + "\n";
      const std::string fields = Fields(rule);
      const bool any = std::any_of(rule.fields.begin(), rule.fields.end(), [](const FieldGuess& f) { return f.why_not.empty(); });
      text += (any ? "        set:\n" : fields.empty() ? "" : "        # set:\n") + fields;
    }
    text += Leftovers();
    text += "kpis:\n";
    for (const std::string& event : events) {
      std::string kpi = event;
      std::replace(kpi.begin(), kpi.end(), '.', '_');
      text += "  - {name: " + kpi + ", help: \"Events " + event + ".\", on: " + event + ", count: true, windows: [24h]}\n";
    }
    return text;
  }

 private:
  std::string Head() const {
    std::string text = "# Drafted by `tidemark generate source` from " + std::to_string(d_.records) + " records: " + d_.kind.what + ".\n";
    if (d_.unreadable > 0) text += "# " + std::to_string(d_.unreadable) + " more are no JSON objects and were left out.\n";
    if (d_.others > 0) text += "# " + std::to_string(d_.others) + " of them look different from the rest: are they of another source?\n";
    if (!d_.kind.ships.empty()) text += "# A mapping of such records ships: `use: " + d_.kind.ships + "` in place of all that stands below `topics`.\n";
    if (!d_.kind.caution.empty()) text += "# Beware: " + d_.kind.caution + ".\n";
    text += "# See what becomes of them: tidemark map --config.file=THIS --source=" + d_.name + " --input=SAMPLES; tidemark check-config THIS --samples DIR\n#\n# To be decided:\n";
    text += "# - which topic has them, and what `brokers` are;\n# - whether each rule's event is what the records mean: names are all that it was guessed by;\n";
    if (d_.id.empty()) text += "# - what tells records apart (`id`): nothing did, so that a record which is sent again counts again;\n";
    if (d_.time.empty()) text += "# - when it happened (`time`): nothing looked like it, so that it is the record's Kafka timestamp;\n";
    if (d_.local) text += "# - the zone of times that have none: UTC was taken;\n";
    if (!d_.unguessed.empty()) text += "# - what becomes of the types that stand as comments: another rule, or a condition at `ignore`;\n";
    return text + "# - what is left of the fields that stand as comments.\n";
  }

  std::string Fields(const Rule& rule) const {
    std::string text;
    for (const FieldGuess& field : rule.fields) {
      const std::string line = field.field + ": " + (field.value.empty() ? "..." : Scalar(field.value));
      text += field.why_not.empty() ? "          " + line + "\n" : "          # " + line + "   # " + field.why_not + "\n";
    }
    return text;
  }

  // Paths of a type that no rule takes.
  std::string Rest(const Type& type, const std::string& indent) const {
    std::string text;
    size_t left = 0;
    for (const auto& [path, seen] : type.seen) {
      if (path.starts_with("old.") || Taken(path)) continue;
      if (++left > kMostRest) continue;
      const char* is = seen.form != TimeForm::kNone && seen.form != TimeForm::kLocal ? "a time"
                       : seen.form == TimeForm::kLocal                                       ? "a time without a zone"
                       : seen.numbers == seen.count                                                  ? "a number"
                       : seen.bools == seen.count                                                    ? "true or false"
                       : seen.numeric == seen.count                                                  ? "a number, as text"
                       : seen.texts == seen.count                                                    ? "text"
                                                                                                     : "of several kinds";
      text += indent + "# " + path + ": " + is + (seen.count < type.count ? ", in " + std::to_string(seen.count) + " of " + std::to_string(type.count) : "") + "\n";
    }
    if (left > kMostRest) text += indent + "# and " + std::to_string(left - kMostRest) + " more\n";
    return text;
  }

  bool Taken(const std::string& path) const {
    const auto within = [&](const std::string& text) {
      for (size_t at = text.find(path); at != std::string::npos; at = text.find(path, at + 1)) {
        const char next = at + path.size() < text.size() ? text[at + path.size()] : ' ';
        if (next == ' ' || next == ')' || next == ',') return true;
      }
      return false;
    };
    if (d_.kind.changes && (path == "meta.op" || path == "meta.type" || path == "meta.operation" || path == "meta.changeType")) return true;  // it is `op`
    if (within(d_.time) || within(Join(d_.id, ", ")) || within(d_.version) || std::find(d_.types.begin(), d_.types.end(), path) != d_.types.end()) return true;
    return std::any_of(d_.rules.begin(), d_.rules.end(), [&](const Rule& rule) {
      return within(rule.when) || std::any_of(rule.fields.begin(), rule.fields.end(), [&](const FieldGuess& f) { return within(f.value); });
    });
  }

  std::string Leftovers() const {
    std::string text;
    for (const Type* type : d_.unguessed) {
      const std::string condition = ConditionOf(d_, *type);
      text += "      # " + NumberOf(type->count, "record") + " of another type:\n      # - emit: ...\n" + (condition.empty() ? "" : "      #   when: " + Scalar(condition) + "\n");
    }
    if (d_.sorted.size() > kMostTypes) text += "      # and " + std::to_string(d_.sorted.size() - kMostTypes) + " more types\n";
    std::string rest;
    std::set<std::string> told;
    for (size_t t = 0; t < std::min(d_.sorted.size(), kMostTypes); ++t) {
      const std::string paths = d_.sorted[t].odd() ? "" : Rest(d_.sorted[t], "    ");
      if (paths.empty() || !told.insert(paths).second) continue;
      const std::string condition = ConditionOf(d_, d_.sorted[t]);
      rest += "    # Not taken" + (condition.empty() ? "" : ", where " + condition) + ":\n" + paths;
    }
    return text + rest;
  }

  const Drafted& d_;
};

}  // namespace

std::string TextOf(const Drafted& draft) { return Writer(draft).Text(); }

}  // namespace tidemark::draft
