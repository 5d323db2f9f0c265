#include "daemon/draft/draft.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>
#include <set>

#include "config/config.h"
#include "daemon/draft/written.h"
#include "daemon/number_of.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

using draft::FieldGuess;
using draft::Join;
using draft::Kind;
using draft::kKey;
using draft::kMostTypes;
using draft::Rule;
using draft::SeenPaths;
using draft::Type;
using Json = google::protobuf::Value;

namespace {

constexpr size_t kMostRounds = 500;
constexpr std::string_view kAvroFile = "Obj\1";

class Drafter {
 public:
  explicit Drafter(std::string name) { d_.name = std::move(name); }

  Result<std::string> Run(const std::vector<std::string>& records) {
    if (!records.empty() && records[0].starts_with(kAvroFile)) {
      return Invalid("these are no lines but a container file of Avro; as lines of JSON: python3 -m fastavro FILE > FILE.jsonl. Sources of such records say format: avro, of which paths and rules are the same");
    }
    for (const std::string& record : records) Read(record);
    if (rows_.empty()) {
      return Invalid("no record is a JSON object, or an array of them. Drafts are made of JSON, a record a line; for Avro, Protobuf and what has the number of a schema before it write the source yourself, and look with `tidemark map`");
    }
    Recognise();
    Sort();
    Identify();
    MakeRules();
    TM_RETURN_IF_ERROR(Repair(records));
    return TextOf(d_);
  }

 private:
  void Read(const std::string& text) {
    Json value;
    if (!google::protobuf::util::JsonStringToMessage(text, &value).ok()) {
      ++d_.unreadable;
      return;
    }
    if (value.has_list_value()) {
      d_.array = true;
      for (const Json& row : value.list_value().values()) {
        if (row.has_struct_value()) rows_.push_back(row);
      }
    } else if (value.has_struct_value()) {
      rows_.push_back(std::move(value));
    } else {
      ++d_.unreadable;
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
    d_.records = rows_.size();
    d_.connect = 2 * connect > rows_.size();
    size_t most = 0;
    for (const auto& [what, vote] : votes) {
      if (vote.first <= most) continue;
      most = vote.first;
      d_.kind = *vote.second;
    }
    d_.others = rows_.size() - most;
  }

  const Json& Record(const Json& row) const {
    const Json* payload = draft::Payload(row);
    return payload != nullptr ? *payload : row;
  }

  // All paths of a record, as the shape calls them.
  void ObserveAll(const Json& row, SeenPaths* seen) const {
    const Json& record = Record(row);
    if (d_.kind.shape.find("property_change") != std::string::npos) {
      draft::Observe(record, "meta", {"meta.propertyName", "meta.propertyValue"}, seen);
      const Json* name = draft::Member(record, "propertyName");    // others create, delete, merge
      const Json* value = draft::Member(record, "propertyValue");
      const std::string step = name == nullptr ? "" : draft::Step(draft::TextOf(*name));
      if (!step.empty() && value != nullptr) draft::Observe(*value, "row" + step, {}, seen);
      return;
    }
    const auto observe = [&](const std::vector<std::string>& at, const char* root, const std::set<std::string>& without) {
      if (const Json* part = draft::At(record, at); part != nullptr) draft::Observe(*part, root, without, seen);
    };
    observe(d_.kind.row, "row", {"row.ChangeEventHeader"});
    if (!d_.kind.old.empty()) observe(d_.kind.old, "old", {});
    std::set<std::string> rows = {"meta.after", "meta.before", "meta.data", "meta.old"};
    if (d_.kind.has_meta) observe(d_.kind.meta, "meta", rows);
  }

  std::vector<std::string> WordsOf(const Json& row) const {
    std::vector<std::string> words;
    const Json& record = Record(row);
    for (const std::string& path : d_.types) {
      std::vector<std::string> steps = path.starts_with("meta.") ? d_.kind.meta : d_.kind.row;
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
    for (const Json& row : rows_) ObserveAll(row, &d_.all);
    d_.types = d_.kind.types.empty() ? draft::TypesIn(d_.all, static_cast<int64_t>(rows_.size())) : d_.kind.types;
    std::map<std::vector<std::string>, Type> types;
    for (const Json& row : rows_) {
      std::vector<std::string> words = WordsOf(row);
      Type& type = types[words];
      type.words = std::move(words);
      ++type.count;
      ObserveAll(row, &type.seen);
      const Json* of = draft::At(Record(row), d_.kind.row);
      if (of != nullptr && !d_.kind.changes) draft::ObserveLists(*of, "row", &type.lists);
    }
    for (auto& [words, type] : types) d_.sorted.push_back(std::move(type));
    std::stable_sort(d_.sorted.begin(), d_.sorted.end(), [](const Type& a, const Type& b) { return a.count > b.count; });
  }

  bool Everywhere(const std::string& path) const {
    const auto seen = d_.all.find(path);
    return seen != d_.all.end() && seen->second.count == static_cast<int64_t>(rows_.size());
  }

  void Identify() {
    const auto part = [&](const std::string& path) { return path == "item" || Everywhere(path) ? path : path + " | \"\""; };
    for (const std::string& path : d_.kind.ids) {
      // The name of a property became a column's, so that it isn't among what was seen. Without it what a form sets at once would be one event.
      const bool property = d_.kind.shape.starts_with("{property_change") && path == "meta.propertyName";
      if (property || path == "item" || d_.all.contains(path)) d_.id.push_back(part(path));
      if (path == kKey) d_.id.push_back(std::string(kKey));
    }
    if (d_.kind.ids.empty()) {
      const std::vector<std::string> ids = draft::IdsIn(d_.all, static_cast<int64_t>(rows_.size()));
      if (!ids.empty()) d_.id = {ids[0]};
    }
    std::vector<std::string> times;
    for (const std::string& path : d_.kind.times.empty() ? draft::TimesIn(d_.all) : d_.kind.times) {
      const auto seen = d_.all.find(path);
      if (seen == d_.all.end() || seen->second.form == draft::TimeForm::kNone) continue;
      times.push_back(draft::TimeCall(seen->second.form, path));
      d_.local |= seen->second.form == draft::TimeForm::kLocal;
      if (Everywhere(path)) break;
    }
    d_.time = Join(times, " | ");
    if (!d_.kind.version.empty() && d_.all.contains(d_.kind.version)) d_.version = d_.kind.version;
  }

  // The ids of a table's rows, wherever they are.
  std::string KeyOf(const Type& type) const {
    const std::string key = draft::KeyOf(type.words[0], type.seen);
    if (key.empty()) return "";
    return type.seen.contains("old." + key) ? "row." + key + " | old." + key : "row." + key;
  }

  Rule MakeRule(const Type& type, const draft::Guess& guess) const {
    const Schema& schema = Schema::Canonical();
    Rule rule;
    rule.event = guess.event;
    std::vector<std::string> conditions;
    for (const std::string& condition : {ConditionOf(d_, type), guess.condition}) {
      if (!condition.empty()) conditions.push_back(condition);
    }
    rule.when = Join(conditions, " and ");
    const std::string key = d_.kind.changes ? KeyOf(type) : "";
    const bool salesforce = d_.kind.shape == "salesforce_cdc";
    if (!key.empty() && guess.once) rule.id = {key};
    for (const std::string& part : d_.id) {
      if (part != kKey || !rule.id.empty()) continue;
      // The table's own key is another one in each table.
      for (const std::string& each : d_.id) {
        if (each != kKey || !key.empty()) rule.id.push_back(each == kKey ? key : each);
      }
    }
    rule.fields = draft::FieldsOf(schema, *schema.FindType(guess.event), type.seen, salesforce ? "item" : key);
    if (d_.kind.ships == "stripe") {
      for (FieldGuess& field : rule.fields) {
        if (field.value == "row.data.object.amount") field.value = "minor(row.data.object.amount, row.data.object.currency)";
      }
    }
    rule.comment = NumberOf(type.count, "record");
    return rule;
  }

  // An event for each line of an order; of several lists the first that looks like lines, since an order has them once.
  void MakeLines(const Type& type) {
    for (const auto& [path, lines] : type.lists) {
      Rule rule;
      rule.fields = draft::LineFieldsOf(Schema::Canonical(), type.seen, lines);
      if (rule.fields.empty()) continue;
      rule.event = "order.item";
      rule.when = ConditionOf(d_, type);
      rule.each = path;
      rule.comment = "The lines of these orders";
      d_.rules.push_back(std::move(rule));
      return;
    }
  }

  void MakeRules() {
    for (size_t t = 0; t < std::min(d_.sorted.size(), kMostTypes); ++t) {
      const Type& type = d_.sorted[t];
      if (type.odd()) continue;
      std::vector<draft::Guess> guesses = d_.kind.changes ? draft::ChangesOf(type.words[0], type.seen) : draft::EventsOf(type.words);
      for (const draft::Guess& guess : guesses) {
        d_.rules.push_back(MakeRule(type, guess));
        if (guess.event == "order.paid") MakeLines(type);
      }
      if (guesses.empty()) d_.unguessed.push_back(&type);
    }
    if (!d_.rules.empty() || d_.unguessed.empty()) return;
    d_.rules.push_back(MakeRule(*d_.unguessed[0], {"activity.logged", "", false}));
    d_.rules.back().comment += ". DECIDE: nothing comes to mind; which event is it?";
    d_.unguessed.erase(d_.unguessed.begin());
  }

  // What samples would be rejected for becomes a comment, until none is.
  Status Repair(const std::vector<std::string>& records) {
    if (d_.rules.empty()) return Invalid("the types of these records have names that the mapping language can't write");
    for (size_t round = 0; round < kMostRounds; ++round) {
      Specs specs;
      Diagnostics diagnostics;
      std::shared_ptr<const Plan> plan;
      ParseConfig("draft.yaml", TextOf(d_), &specs, &diagnostics);
      if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
      if (plan == nullptr) return Invalid("the draft doesn't load, which is a mistake of this program:\n" + diagnostics.ToString() + "\n" + TextOf(d_));
      const Mapper& mapper = *plan->topics()[0].mapper;
      Mapper::Scratch scratch(mapper);
      const MapRejection* rejection = nullptr;
      for (const std::string& record : records) {
        MappedEvents events;
        RawRecord raw;
        raw.topic = d_.name;
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
    Rule& rule = d_.rules[rejection.rule];
    if (rejection.field == "version") {
      d_.version.clear();
    } else if (rejection.field == "time") {
      d_.time = d_.time.find("record.timestamp") == std::string::npos && rejection.why == "is absent" ? d_.time + " | record.timestamp" : "";
    } else if (rejection.field == "id") {
      (rule.id.empty() ? d_.id : rule.id).clear();
    } else {
      const auto field = std::find_if(rule.fields.begin(), rule.fields.end(), [&](const FieldGuess& f) { return f.field == rejection.field; });
      if (field != rule.fields.end()) field->why_not = rejection.why;
    }
  }

  draft::Drafted d_;
  std::vector<Json> rows_;
};

}  // namespace

Result<std::string> DraftSource(const std::string& name, const std::vector<std::string>& records) { return Drafter(name).Run(records); }

}  // namespace tidemark
