// What a mapping says of itself, and of what became of a record.
#include "pipeline/mapping/compiled.h"
#include "pipeline/mapping/mapper.h"

namespace tidemark {

std::string_view ToString(MapOutcome outcome) {
  switch (outcome) {
    case MapOutcome::kMapped: return "mapped";
    case MapOutcome::kIgnored: return "ignored";
    case MapOutcome::kUnmapped: return "unmapped";
    case MapOutcome::kTombstone: return "tombstone";
    case MapOutcome::kGap: return "gap";
    case MapOutcome::kRejected: return "rejected";
    case MapOutcome::kUndecodable: return "undecodable";
    case MapOutcome::kAwaitsSchema: return "awaits its schema";
  }
  return "";
}

const MappingSpec& Mapper::spec() const { return *compiled_->spec; }

bool Mapper::wants_schemas() const { return spec().numbers_schemas(); }

const std::string& Mapper::own_identity() const { return compiled_->own_identity; }

bool Mapper::wants_headers() const { return compiled_->wants_headers; }

std::string Mapper::Describe(const MapRejection& rejection) const {
  if (rejection.rule == mapping::kNone) return rejection.field + " " + rejection.why;
  const std::string& emit = compiled_->spec->rules[rejection.rule].emit;
  return "events[" + std::to_string(rejection.rule) + "] (" + emit + "): " + rejection.field + " " + rejection.why;
}

}  // namespace tidemark
