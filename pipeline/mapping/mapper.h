// From a record of a source to canonical events, by what `sources:` says of it: a function of the record alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/diagnostic.h"
#include "pipeline/event/decoder.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/raw_record.h"
#include "pipeline/mapping/schemas.h"
#include "pipeline/mapping/spec.h"

namespace tidemark {

// What became of a record: of each exactly one.
enum class MapOutcome : uint8_t {
  kMapped,       // into one event or more
  kIgnored,      // dropped on purpose
  kUnmapped,     // no rule is about it
  kTombstone,
  kGap,          // the source lost changes and says so
  kRejected,     // a rule is about it, and a value isn't what its field wants: no event of it counts
  kUndecodable,  // not of the source's format
  kAwaitsSchema, // none of these yet: the schema that it was written with isn't at hand. To be mapped again when it is
};
std::string_view ToString(MapOutcome outcome);  // "mapped", ...

// Events one after the other, as bytes of the schema's envelope.
struct MappedEvents {
  std::string bytes;
  std::vector<size_t> ends;     // of each, in bytes
  std::vector<uint32_t> rules;  // which rule each is of
  size_t size() const { return ends.size(); }
  std::string_view event(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
  void Clear() {
    bytes.clear();
    ends.clear();
    rules.clear();
  }
};

// Why a record was rejected, or can't be read: for people. Holds nothing of the record itself.
struct MapRejection {
  uint32_t rule = 0;            // UINT32_MAX: of the record itself
  std::string field;            // "deal.amount", "id", "time", "version"
  std::string why;              // "is no number"
};

// What records hold of the paths that a mapping names, for those who write it. Shows no values but those that conditions compare
// with words, cut, and of these none that is personal or hashed.
struct MapSurvey {
  struct Path {
    std::string name;           // "row.stage"
    Place place;
    int64_t looked = 0;         // how often something was looked for there,
    int64_t found = 0;          // and was there, be it null
  };
  std::vector<Path> paths;      // as they are written; of a source's id and time for each rule that takes them
  // Rows that no rule is about: by what conditions would have told of them, like `row.type = "screen", op = create`.
  std::map<std::string, int64_t> unmapped;
};

// Immutable, shared by threads.
class Mapper {
  class Run;

 public:
  // One thread's room, and what it saw.
  class Scratch {
   public:
    // `schemas`: those that records name by number, which others add to; null where no more will come than the mapping has.
    explicit Scratch(const Mapper& mapper, std::shared_ptr<WriterSchemas> schemas = nullptr);
    ~Scratch();
    const MapRejection& rejection() const { return rejection_; }  // of the last record that was rejected or undecodable
    DecodeError error() const { return error_; }                  // of the last that was undecodable
    uint32_t awaited_schema() const { return awaited_schema_; }   // of the last with kAwaitsSchema
    // When what the last record calls lost happened: the time of the source, else the record's; kNoEventTime where it has neither.
    const std::vector<EventTime>& gaps() const { return gaps_; }
    int64_t rounded() const { return rounded_; }                  // values that lost digits
    // How often a rule that fired found nothing for a field: by rule and position in its `set`.
    const std::vector<std::vector<int64_t>>& missing() const { return missing_; }
    // How many records were rejected: by rule and field, as in MapRejection.
    const std::map<std::pair<uint32_t, std::string>, int64_t>& rejected() const { return rejected_; }

    // From here on everything is looked at, which takes its time.
    void BeginSurvey(const Mapper& mapper);
    const MapSurvey& survey() const { return *survey_; }  // REQUIRES: begun

   private:
    friend class Mapper;
    friend class Run;
    struct Parts;
    std::unique_ptr<Parts> parts_;
    MapRejection rejection_;
    DecodeError error_ = DecodeError::kNone;
    uint32_t awaited_schema_ = 0;
    std::vector<EventTime> gaps_;
    int64_t rounded_ = 0;
    std::vector<std::vector<int64_t>> missing_;
    std::map<std::pair<uint32_t, std::string>, int64_t> rejected_;
    std::unique_ptr<MapSurvey> survey_;
  };

  // Null when anything is wrong; every mistake is then in *diagnostics. `name`: what messages call it ("sources.crm").
  // `source`: the attribute of its events. `hash_key`: of hash(); empty: none. The schema outlives it.
  static std::shared_ptr<const Mapper> Compile(std::shared_ptr<const MappingSpec> spec, const Schema& schema, const std::string& name, const std::string& source,
                                               const std::string& hash_key, Diagnostics* diagnostics);
  ~Mapper();

  // Whether records name the schemas that they were written with by number.
  bool wants_schemas() const;
  // Appends its events to *out; none unless the outcome is kMapped.
  MapOutcome Map(const RawRecord& record, Scratch* scratch, MappedEvents* out) const;

  const MappingSpec& spec() const;
  // Of records that are events as they are: what their ids and times are made of, as the message has it; else empty.
  const std::string& own_identity() const;
  // Whether what becomes of a record hangs on its headers, too.
  bool wants_headers() const;
  // "events[1] (deal.won): deal.amount is no number"
  std::string Describe(const MapRejection& rejection) const;

 private:
  friend class MapperCompiler;
  struct Compiled;
  explicit Mapper(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace tidemark
