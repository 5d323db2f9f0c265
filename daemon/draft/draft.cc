#include "daemon/draft/draft.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>
#include <set>

#include "config/config.h"
#include "daemon/draft/guess.h"
#include "daemon/draft/recognise.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

using draft::FieldGuess;
using draft::Kind;
using draft::SeenPaths;
using Json = google::protobuf::Value;

namespace {

constexpr size_t kMostTypes = 40, kMostRest = 60, kMostRounds = 500;
constexpr std::string_view kKey = "KEY";  // of Kind::ids: the table's own

// A scalar of YAML, plain where that reads back the same.
std::string Scalar(const std::string& text) {
  const bool odd = text.find_first_of(":#{}[],&*!>'%@`\\") != std::string::npos || text.starts_with('"') || text.starts_with('-') || text.starts_with('|');
  if (!odd) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

std::string Join(const std::vector<std::string>& parts, const char* between) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : between) + part;
  return all;
}

// Of a list in flow style.
std::string FlowList(const std::vector<std::string>& parts) {
  std::vector<std::string> scalars;
  for (const std::string& part : parts) scalars.push_back(part.find('"') == std::string::npos ? Scalar(part) : "'" + part + "'");
  return "[" + Join(scalars, ", ") + "]";
}

std::string Records(int64_t n) { return std::to_string(n) + (n == 1 ? " record" : " records"); }

struct Type {
  std::vector<std::string> words;   // by Drafter::types_; "": has none
  int64_t count = 0;
  SeenPaths seen;
  // Its words can't be written in a condition, nor in a comment.
  bool odd() const {
    return std::any_of(words.begin(), words.end(), [](const std::string& word) {
      return word.size() > 100 || std::any_of(word.begin(), word.end(), [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    });
  }
};

struct Rule {
  std::string event, when, comment;
  std::vector<std::string> id;
  std::string time;
  std::vector<FieldGuess> fields;
};

class Drafter {
 public:
  explicit Drafter(std::string name) : name_(std::move(name)) {}

  Result<std::string> Run(const std::vector<std::string>& records) {
    for (const std::string& record : records) Read(record);
    if (rows_.empty()) return Invalid("no record is a JSON object, or an array of them");
    Recognise();
    Sort();
    Identify();
    MakeRules();
    TM_RETURN_IF_ERROR(Repair(records));
    return Text();
  }

 private:
  void Read(const std::string& text) {
    Json value;
    if (!google::protobuf::util::JsonStringToMessage(text, &value).ok()) {
      ++unreadable_;
      return;
    }
    if (value.has_list_value()) {
      array_ = true;
      for (const Json& row : value.list_value().values()) {
        if (row.has_struct_value()) rows_.push_back(row);
      }
    } else if (value.has_struct_value()) {
      rows_.push_back(std::move(value));
    } else {
      ++unreadable_;
    }
  }

  // The kind that most of them are of; others would not be understood anyway.
  void Recognise() {
    std::map<std::string, std::pair<size_t, const Kind*>> votes;
    size_t connect = 0;
    for (const Json& row : rows_) {
      const Json* payload = draft::Payload(row);
      connect += payload != nullptr;
      const Kind& kind = draft::KindOf(payload != nullptr ? *payload : row);
      auto& [n, of] = votes[kind.what];
      ++n;
      of = &kind;
    }
    connect_ = 2 * connect > rows_.size();
    size_t most = 0;
    for (const auto& [what, vote] : votes) {
      if (vote.first <= most) continue;
      most = vote.first;
      kind_ = *vote.second;
    }
    others_ = rows_.size() - most;
  }

  const Json& Record(const Json& row) const {
    const Json* payload = draft::Payload(row);
    return payload != nullptr ? *payload : row;
  }

  // All paths of a record, as the shape calls them.
  void ObserveAll(const Json& row, SeenPaths* seen) const {
    const Json& record = Record(row);
    if (kind_.shape.find("property_change") != std::string::npos) {
      draft::Observe(record, "meta", {"meta.propertyName", "meta.propertyValue"}, seen);
      const std::string step = draft::Step(draft::TextOf(*draft::Member(record, "propertyName")));
      if (!step.empty()) draft::Observe(*draft::Member(record, "propertyValue"), "row" + step, {}, seen);
      return;
    }
    const auto observe = [&](const std::vector<std::string>& at, const char* root, const std::set<std::string>& without) {
      if (const Json* part = draft::At(record, at); part != nullptr) draft::Observe(*part, root, without, seen);
    };
    observe(kind_.row, "row", {"row.ChangeEventHeader"});
    if (!kind_.old.empty()) observe(kind_.old, "old", {});
    std::set<std::string> rows = {"meta.after", "meta.before", "meta.data", "meta.old"};
    if (kind_.has_meta) observe(kind_.meta, "meta", rows);
  }

  std::vector<std::string> WordsOf(const Json& row) const {
    std::vector<std::string> words;
    const Json& record = Record(row);
    for (const std::string& path : types_) {
      std::vector<std::string> steps = path.starts_with("meta.") ? kind_.meta : kind_.row;
      std::string step;
      bool quoted = false;
      for (const char c : path.substr(path.find('.') + 1) + ".") {
        if (c == '"') quoted = !quoted;
        if (c == '"') continue;
        if (c != '.' || quoted) {
          step += c;
        } else {
          steps.push_back(step);
          step.clear();
        }
      }
      const Json* value = draft::At(record, steps);
      words.push_back(value == nullptr ? "" : draft::TextOf(*value));
    }
    return words;
  }

  void Sort() {
    for (const Json& row : rows_) ObserveAll(row, &all_);
    types_ = kind_.types.empty() ? draft::TypesIn(all_, static_cast<int64_t>(rows_.size())) : kind_.types;
    std::map<std::vector<std::string>, Type> types;
    for (const Json& row : rows_) {
      std::vector<std::string> words = WordsOf(row);
      Type& type = types[words];
      type.words = std::move(words);
      ++type.count;
      ObserveAll(row, &type.seen);
    }
    for (auto& [words, type] : types) sorted_.push_back(std::move(type));
    std::stable_sort(sorted_.begin(), sorted_.end(), [](const Type& a, const Type& b) { return a.count > b.count; });
  }

  bool Everywhere(const std::string& path) const {
    const auto seen = all_.find(path);
    return seen != all_.end() && seen->second.count == static_cast<int64_t>(rows_.size());
  }

  void Identify() {
    const auto part = [&](const std::string& path) { return path == "item" || Everywhere(path) ? path : path + " | \"\""; };
    for (const std::string& path : kind_.ids) {
      if (path == "item" || all_.contains(path)) id_.push_back(part(path));
      if (path == kKey) id_.push_back(std::string(kKey));
    }
    if (kind_.ids.empty()) {
      const std::vector<std::string> ids = draft::IdsIn(all_, static_cast<int64_t>(rows_.size()));
      if (!ids.empty()) id_ = {ids[0]};
    }
    std::vector<std::string> times;
    for (const std::string& path : kind_.times.empty() ? draft::TimesIn(all_) : kind_.times) {
      const auto seen = all_.find(path);
      if (seen == all_.end() || seen->second.form == draft::TimeForm::kNone) continue;
      times.push_back(draft::TimeCall(seen->second.form, path));
      local_ |= seen->second.form == draft::TimeForm::kLocal;
      if (Everywhere(path)) break;
    }
    time_ = Join(times, " | ");
    if (!kind_.version.empty() && all_.contains(kind_.version)) version_ = kind_.version;
  }

  std::string Condition(const Type& type) const {
    std::vector<std::string> parts;
    for (size_t t = 0; t < types_.size(); ++t) {
      if (!type.words[t].empty()) parts.push_back(types_[t] + " == \"" + type.words[t] + "\"");
    }
    return Join(parts, " and ");
  }

  // The ids of a table's rows, wherever they are.
  std::string KeyOf(const Type& type) const {
    const std::string key = draft::KeyOf(type.words.empty() ? "" : type.words[0], type.seen);
    if (key.empty()) return "";
    return type.seen.contains("old." + key) ? "row." + key + " | old." + key : "row." + key;
  }

  Rule MakeRule(const Type& type, const draft::Guess& guess) const {
    const Schema& schema = Schema::Canonical();
    Rule rule;
    rule.event = guess.event;
    std::vector<std::string> conditions;
    for (const std::string& condition : {Condition(type), guess.condition}) {
      if (!condition.empty()) conditions.push_back(condition);
    }
    rule.when = Join(conditions, " and ");
    const std::string key = kind_.changes ? KeyOf(type) : "";
    const bool salesforce = kind_.shape == "salesforce_cdc";
    if (!key.empty() && guess.once) rule.id = {key};
    for (const std::string& part : id_) {
      if (part != kKey || !rule.id.empty()) continue;
      // The table's own key is another one in each table.
      for (const std::string& each : id_) {
        if (each != kKey || !key.empty()) rule.id.push_back(each == kKey ? key : each);
      }
    }
    rule.fields = draft::FieldsOf(schema, *schema.FindType(guess.event), type.seen, salesforce ? "item" : key);
    if (kind_.ships == "stripe") {
      for (FieldGuess& field : rule.fields) {
        if (field.value == "row.data.object.amount") field.value = "minor(row.data.object.amount, row.data.object.currency)";
      }
    }
    rule.comment = Records(type.count);
    return rule;
  }

  void MakeRules() {
    for (size_t t = 0; t < std::min(sorted_.size(), kMostTypes); ++t) {
      const Type& type = sorted_[t];
      if (type.odd()) continue;
      std::vector<draft::Guess> guesses = kind_.changes && !type.words.empty() ? draft::ChangesOf(type.words[0], type.seen) : draft::EventsOf(type.words);
      for (const draft::Guess& guess : guesses) rules_.push_back(MakeRule(type, guess));
      if (guesses.empty()) unguessed_.push_back(&type);
    }
    if (!rules_.empty() || unguessed_.empty()) return;
    rules_.push_back(MakeRule(*unguessed_[0], {"activity.logged", "", false}));
    rules_.back().comment += ". DECIDE: nothing comes to mind; which event is it?";
    unguessed_.erase(unguessed_.begin());
  }

  // What samples would be rejected for becomes a comment, until none is.
  Status Repair(const std::vector<std::string>& records) {
    if (rules_.empty()) return Invalid("the types of these records have names that the mapping language can't write");
    for (size_t round = 0; round < kMostRounds; ++round) {
      Specs specs;
      Diagnostics diagnostics;
      std::shared_ptr<const Plan> plan;
      ParseConfig("draft.yaml", Text(), &specs, &diagnostics);
      if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
      if (plan == nullptr) return Invalid("the draft doesn't load, which is a mistake of this program:\n" + diagnostics.ToString() + "\n" + Text());
      const Mapper& mapper = *plan->topics()[0].mapper;
      Mapper::Scratch scratch(mapper);
      const MapRejection* rejection = nullptr;
      for (const std::string& record : records) {
        MappedEvents events;
        RawRecord raw;
        raw.topic = name_;
        raw.kafka_time = WallTimeFromMicros(kMicrosPerSecond);
        raw.value = record;
        if (mapper.Map(raw, &scratch, &events) == MapOutcome::kRejected) rejection = &scratch.rejection();
        if (rejection != nullptr) break;
      }
      if (rejection == nullptr) return Status::Ok();
      Give(*rejection);
    }
    return Invalid("no mapping of these records was found that rejects none of them");
  }

  void Give(const MapRejection& rejection) {
    Rule& rule = rules_[rejection.rule];
    if (rejection.field == "version") {
      version_.clear();
    } else if (rejection.field == "time") {
      time_ = time_.find("record.timestamp") == std::string::npos && rejection.why == "is absent" ? time_ + " | record.timestamp" : "";
    } else if (rejection.field == "id") {
      (rule.id.empty() ? id_ : rule.id).clear();
    } else {
      const auto field = std::find_if(rule.fields.begin(), rule.fields.end(), [&](const FieldGuess& f) { return f.field == rejection.field; });
      if (field != rule.fields.end()) field->why_not = rejection.why;
    }
  }

  std::string Head() const {
    std::string text = "# Drafted by `tidemark generate source` from " + std::to_string(rows_.size()) + " records: " + kind_.what + ".\n";
    if (unreadable_ > 0) text += "# " + std::to_string(unreadable_) + " more are no JSON objects and were left out.\n";
    if (others_ > 0) text += "# " + std::to_string(others_) + " of them look different from the rest: are they of another source?\n";
    if (!kind_.ships.empty()) text += "# A mapping of such records ships: `use: " + kind_.ships + "` in place of all that stands below `topics`.\n";
    if (!kind_.caution.empty()) text += "# Beware: " + kind_.caution + ".\n";
    text += "# See what becomes of them: tidemark map --config.file=THIS --source=" + name_ + " --input=SAMPLES; tidemark check-config THIS --samples DIR\n#\n# To be decided:\n";
    text += "# - which topic has them, and what `brokers` are;\n# - whether each rule's event is what the records mean: names are all that it was guessed by;\n";
    if (id_.empty()) text += "# - what tells records apart (`id`): nothing did, so that a record which is sent again counts again;\n";
    if (time_.empty()) text += "# - when it happened (`time`): nothing looked like it, so that it is the record's Kafka timestamp;\n";
    if (local_) text += "# - the zone of times that have none: UTC was taken;\n";
    if (!unguessed_.empty()) text += "# - what becomes of the types that stand as comments: another rule, or a condition at `ignore`;\n";
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
      const char* is = seen.form != draft::TimeForm::kNone && seen.form != draft::TimeForm::kLocal ? "a time"
                       : seen.form == draft::TimeForm::kLocal                                       ? "a time without a zone"
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
        if (next == ' ' || next == ')' || next == ',' || next == '"') return true;
      }
      return false;
    };
    if (kind_.changes && (path == "meta.op" || path == "meta.type" || path == "meta.operation" || path == "meta.changeType")) return true;  // it is `op`
    if (within(time_) || within(Join(id_, ", ")) || within(version_) || std::find(types_.begin(), types_.end(), path) != types_.end()) return true;
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
      return within(rule.when) || std::any_of(rule.fields.begin(), rule.fields.end(), [&](const FieldGuess& f) { return within(f.value); });
    });
  }

  std::string Text() const {
    std::string text = Head() + "kafka: {brokers: \"localhost:9092\"}\nsources:\n  " + name_ + ":\n    topics: [" + name_ + "]\n";
    if (connect_ && kind_.shape != "debezium" && kind_.shape != "salesforce_cdc") text += "    framing: connect\n";
    if (!kind_.shape.empty()) text += "    shape: " + kind_.shape + "\n";
    if (array_) text += "    each: root\n";
    if (std::any_of(all_.begin(), all_.end(), [](const auto& s) { return s.first.starts_with("param."); })) {
      text += "    maps:\n      param: {array: row.event_params, key: key, value: [value.int_value, value.double_value, value.float_value, value.string_value]}\n";
    }
    const bool keyed = std::find(id_.begin(), id_.end(), kKey) != id_.end();
    std::vector<std::string> shared = id_;
    std::erase(shared, std::string(kKey));
    if (!shared.empty()) text += "    id: " + FlowList(shared) + (keyed ? "   # with the key of each table, below\n" : "\n");
    if (!time_.empty()) text += "    time: " + Scalar(time_) + "\n";
    if (!version_.empty()) text += "    version: " + Scalar(version_) + "\n";
    text += "    events:\n";
    std::set<std::string> events;
    for (const Rule& rule : rules_) {
      events.insert(rule.event);
      text += "      # " + rule.comment + "\n      - emit: " + rule.event + "\n";
      if (!rule.when.empty()) text += "        when: " + Scalar(rule.when) + "\n";
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

  std::string Leftovers() const {
    std::string text;
    for (const Type* type : unguessed_) {
      const std::string condition = Condition(*type);
      text += "      # " + Records(type->count) + " of another type:\n      # - emit: ...\n" + (condition.empty() ? "" : "      #   when: " + Scalar(condition) + "\n");
    }
    if (sorted_.size() > kMostTypes) text += "      # and " + std::to_string(sorted_.size() - kMostTypes) + " more types\n";
    std::string rest;
    std::set<std::string> told;
    for (size_t t = 0; t < std::min(sorted_.size(), kMostTypes); ++t) {
      const std::string paths = sorted_[t].odd() ? "" : Rest(sorted_[t], "    ");
      if (paths.empty() || !told.insert(paths).second) continue;
      const std::string condition = Condition(sorted_[t]);
      rest += "    # Not taken" + (condition.empty() ? "" : ", where " + condition) + ":\n" + paths;
    }
    return text + rest;
  }

  const std::string name_;
  std::vector<Json> rows_;
  int64_t unreadable_ = 0;
  size_t others_ = 0;
  bool array_ = false, connect_ = false, local_ = false;
  Kind kind_;
  SeenPaths all_;
  std::vector<std::string> types_;  // paths
  std::vector<Type> sorted_;
  std::vector<const Type*> unguessed_;
  std::vector<std::string> id_;
  std::string time_, version_;
  std::vector<Rule> rules_;
};

}  // namespace

Result<std::string> DraftSource(const std::string& name, const std::vector<std::string>& records) { return Drafter(name).Run(records); }

}  // namespace tidemark
