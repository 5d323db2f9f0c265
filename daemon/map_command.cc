// tidemark map: what becomes of a source's records, one by one, and why.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <map>

#include "daemon/exit_code.h"
#include "daemon/commands.h"
#include "daemon/event_trial.h"
#include "daemon/samples.h"
#include "daemon/schema_registry.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/mapper.h"

namespace tidemark {
namespace {

using google::protobuf::Message;

// "(..)" where the bytes are no such message.
std::string AsJson(const Message& prototype, std::string_view bytes, std::unique_ptr<Message>* parsed) {
  parsed->reset(prototype.New());
  if (!(*parsed)->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return "(can't be read)";
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  return google::protobuf::util::MessageToJsonString(**parsed, &json, options).ok() ? json : "(can't be shown)";
}

class MapRun {
 public:
  // `registry`: whom to ask for schemas; may be null.
  MapRun(const Mapper& mapper, const Plan& plan, const MapOptions& options, const RegistrySpec* registry)
      : mapper_(mapper), schema_(plan.schema()), options_(options), schemas_(registry), scratch_(mapper, schemas_.schemas()), trial_(plan) {
    for (const auto& [name, value] : options.headers) headers_.push_back({name, value});
  }

  void Record(std::string_view value) {
    ++records_;
    events_.Clear();
    RawRecord record;
    record.topic = options_.source;
    record.offset = Offset{records_ - 1};
    record.kafka_time = options_.kafka_time.value_or(WallTime::min());
    record.value = value;
    record.headers = headers_;
    MapOutcome outcome = schemas_.Map(mapper_, record, &scratch_, &events_);
    const DecodeError unread = outcome == MapOutcome::kMapped ? trial_.WhyNotDecoded(events_) : DecodeError::kNone;
    if (unread != DecodeError::kNone) {
      outcome = MapOutcome::kUndecodable;
      events_.Clear();
    }
    ++outcomes_[outcome];
    std::cout << "record " << records_ << ": " << ToString(outcome);
    if (unread != DecodeError::kNone) {
      std::cout << ", " << ToString(unread);
    } else if (outcome == MapOutcome::kUndecodable) {
      std::cout << ", " << ToString(scratch_.error()) << ": " << mapper_.Describe(scratch_.rejection());
    }
    if (outcome == MapOutcome::kAwaitsSchema) std::cout << " " << scratch_.awaited_schema() << ": " << schemas_.schemas()->trouble(scratch_.awaited_schema());
    if (outcome == MapOutcome::kRejected) std::cout << " by " << mapper_.Describe(scratch_.rejection());
    std::cout << "\n";
    for (size_t e = 0; e < events_.size(); ++e) {
      ++of_rule_[events_.rules[e]];
      std::cout << "  events[" << events_.rules[e] << "] " << mapper_.spec().rules[events_.rules[e]].emit << " " << Shown(events_.event(e), mapper_.spec().rules[events_.rules[e]].emit) << "\n";
    }
  }

  // True when each record became what the mapping says, or was dropped on purpose.
  bool Summary() const {
    std::cerr << records_ << " records:";
    for (const auto& [outcome, n] : outcomes_) std::cerr << " " << n << " " << ToString(outcome);
    std::cerr << "\n";
    const auto& rules = mapper_.spec().rules;
    for (size_t r = 0; r < rules.size(); ++r) {
      const auto fired = of_rule_.find(static_cast<uint32_t>(r));
      if (fired == of_rule_.end()) {
        std::cerr << "events[" << r << "] (" << rules[r].emit << ") never fired\n";
        continue;
      }
      for (size_t f = 0; f < rules[r].set.size(); ++f) {
        const int64_t missing = scratch_.missing()[r][f];
        if (missing > 0) std::cerr << "events[" << r << "] (" << rules[r].emit << "): " << rules[r].set[f].field << " was absent in " << missing << " of " << fired->second << "\n";
      }
    }
    if (scratch_.rounded() > 0) std::cerr << scratch_.rounded() << " values were rounded\n";
    const auto bad = [&](MapOutcome outcome) { return outcomes_.contains(outcome); };
    return !bad(MapOutcome::kRejected) && !bad(MapOutcome::kUndecodable) && !bad(MapOutcome::kUnmapped) && !bad(MapOutcome::kAwaitsSchema);
  }

 private:
  // An event as JSON. A message of one's own is none of the fields of the envelope that this program was built with.
  std::string Shown(std::string_view event, const std::string& name) {
    std::unique_ptr<Message> envelope, payload;
    std::string json = AsJson(*google::protobuf::MessageFactory::generated_factory()->GetPrototype(schema_.envelope()), event, &envelope);
    const EventType& type = schema_.event_types()[schema_.FindType(name)->v];
    if (type.word.empty() || json.back() != '}') return json;  // an envelope that can't be shown has no room for it
    const auto& others = envelope->GetReflection()->GetUnknownFields(*envelope);
    for (int f = 0; f < others.field_count(); ++f) {
      if (others.field(f).number() != type.payload_field) continue;
      json.back() = ',';  // an envelope has an id
      json += "\"" + type.word + "\":" + AsJson(*messages_.GetPrototype(type.payload), others.field(f).length_delimited(), &payload) + "}";
    }
    return json;
  }

  const Mapper& mapper_;
  const Schema& schema_;
  google::protobuf::DynamicMessageFactory messages_;
  const MapOptions& options_;
  FetchedSchemas schemas_;
  Mapper::Scratch scratch_;
  EventTrial trial_;
  MappedEvents events_;
  std::vector<RecordHeader> headers_;
  int64_t records_ = 0;
  std::map<MapOutcome, int64_t> outcomes_;
  std::map<uint32_t, int64_t> of_rule_;
};

// Records that are no lines: each behind its length, the greatest byte first; -1: a tombstone. False when the last one isn't whole.
bool ReadSized(std::istream& in, MapRun* run) {
  std::array<char, 4> head;  // NOLINT: written before it is read
  std::string record;
  while (in.read(head.data(), head.size())) {
    uint32_t size = 0;
    for (const char byte : head) size = size << 8 | static_cast<uint8_t>(byte);
    if (size == UINT32_MAX) {
      run->Record({});
      continue;
    }
    record.clear();
    std::array<char, 1 << 16> part;  // NOLINT: written before it is read
    while (record.size() < size && in.read(part.data(), static_cast<std::streamsize>(std::min<size_t>(part.size(), size - record.size())))) {
      record.append(part.data(), static_cast<size_t>(in.gcount()));
    }
    if (record.size() < size) return false;
    run->Record(record);
  }
  return in.gcount() == 0;
}

}  // namespace

int MapRecords(const MapOptions& options) {
  Specs specs;
  const std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs, [](Specs*) {});
  if (plan == nullptr) return kExitConfig;
  std::shared_ptr<const Mapper> mapper;
  std::string known;
  for (size_t t = 0; t < specs.topics.size(); ++t) {
    if (specs.topics[t].source == options.source) mapper = plan->topics()[t].mapper;
  }
  for (const SourceSpec& source : specs.sources) known += source.mapping == nullptr ? "" : " " + source.name;
  if (mapper == nullptr) {
    std::cerr << "tidemark: the configuration has no source " << options.source << " with `topics`; there " << (known.empty() ? "is none" : "are:" + known) << "\n";
    return kExitUsage;
  }
  MapRun run(*mapper, *plan, options, specs.registry ? &*specs.registry : nullptr);
  if (!AreLines(mapper->spec())) {
    std::ifstream file;
    if (options.input != "-") file.open(options.input);
    if (options.input != "-" && !file) {
      std::cerr << "tidemark: " << options.input << ": cannot be read\n";
      return kExitUsage;
    }
    if (!ReadSized(options.input == "-" ? std::cin : file, &run)) {
      std::cerr << "tidemark: " << options.input << ": ends within a record; each has its length in 4 bytes before it, as kcat -f '%R%s' writes them\n";
      return kExitData;
    }
  } else if (const Status read = ForEachSampleOf(options.input, [&](std::string_view value) { run.Record(value); }); !read.ok()) {
    std::cerr << "tidemark: " << read.text() << "\n";
    return kExitUsage;
  }
  const bool good = run.Summary();
  std::cout.flush();
  return good ? kExitOk : kExitData;
}

}  // namespace tidemark
