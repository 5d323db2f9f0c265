// From a record of a source to canonical events, by what `sources:` says of it: a function of the record alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/diagnostic.h"
#include "pipeline/event/schema.h"
#include "pipeline/mapping/raw_record.h"
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

// Why a record was rejected: for people. Holds nothing of the record itself.
struct MapRejection {
  uint32_t rule = 0;
  std::string field;            // "deal.amount", "id", "time", "version"
  std::string why;              // "is no number"
};

// Immutable, shared by threads.
class Mapper {
  class Run;

 public:
  // One thread's room, and what it saw.
  class Scratch {
   public:
    explicit Scratch(const Mapper& mapper);
    ~Scratch();
    const MapRejection& rejection() const { return rejection_; }  // of the last record that was rejected
    int64_t rounded() const { return rounded_; }                  // values that lost digits
    // How often a rule that fired found nothing for a field: by rule and position in its `set`.
    const std::vector<std::vector<int64_t>>& missing() const { return missing_; }

   private:
    friend class Mapper;
    friend class Run;
    struct Parts;
    std::unique_ptr<Parts> parts_;
    MapRejection rejection_;
    int64_t rounded_ = 0;
    std::vector<std::vector<int64_t>> missing_;
  };

  // Null when anything is wrong; every mistake is then in *diagnostics. `name`: what messages call it ("sources.crm").
  // `source`: the attribute of its events. `hash_key`: of hash(); empty: none. The schema outlives it.
  static std::shared_ptr<const Mapper> Compile(std::shared_ptr<const MappingSpec> spec, const Schema& schema, const std::string& name, const std::string& source,
                                               const std::string& hash_key, Diagnostics* diagnostics);
  ~Mapper();

  // Appends its events to *out; none unless the outcome is kMapped.
  MapOutcome Map(const RawRecord& record, Scratch* scratch, MappedEvents* out) const;

  const MappingSpec& spec() const;
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
