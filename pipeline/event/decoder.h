// Projection, not deserialisation: a record's bytes to the slots that the configuration uses, allocating nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/ids.h"
#include "pipeline/base/status.h"
#include "pipeline/base/time.h"
#include "pipeline/event/schema.h"

namespace tidemark {

// One field's value; which member counts is SlotType. Strings point into the record and live as long as it.
union Slot {
  int64_t i = 0;
  struct {
    const char* data;
    size_t size;
  } s;
  std::string_view view() const { return {s.data, s.size}; }
};

inline constexpr size_t kMaxSlotsPerType = 64;  // fields of one event type that a configuration may use

// Why a record could not be decoded: the `reason` label of tidemark_records_undecodable_total.
enum class DecodeError : uint8_t {
  kNone,
  kTruncated,  // a length or value runs past the end
  kBadVarint,  // more than 10 bytes, or a tag of more than 32 bits
  kBadTag,     // field number 0, wire type 6 or 7, unbalanced group
  kBadUtf8,    // in a string field that is used
  kTooDeep,    // groups or messages nested more than 100 deep
  kBadNumber,  // a float or double that is NaN, infinite or beyond int64 at its scale; a time out of range
  kTooLarge,   // larger than max_record_bytes
  // Of sources whose records are mapped:
  kBadJson,
  kBadAvro,
  kBadProtobuf,
  kBadFraming,  // what stands before the record isn't what the source says
  kBadSchema,   // what it was written with is at hand, and nothing can be read with it
};
inline constexpr size_t kDecodeErrorCount = 13;
std::string_view ToString(DecodeError error);  // "truncated", "bad_varint", ...

// What decoding yields for one record. `slots` has one entry per path requested for `type`, zero where absent;
// bit n of `present` is what libprotobuf's HasField says: set, unless path n is a default of a field without presence.
struct EventRow {
  DecodeError error = DecodeError::kNone;
  bool has_time = false;
  EventTypeId type = kNoEventType;  // kNoEventType: no payload, or one this schema does not know
  EventTime time{};
  std::string_view id;      // CloudEvents id; empty when absent
  std::string_view source;  // CloudEvents source; empty when absent
  uint64_t tie = 0;         // hash of the event's identity, for the engine to fill in: settles equal event times
  uint64_t present = 0;
  Slot* slots = nullptr;
};

// The port. Implementations are immutable after construction and used by one engine thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Decodes one record into *row. `slots` has room for max_slots() entries; row->slots points at it afterwards.
  virtual void Decode(std::string_view record, Slot* slots, EventRow* row) const = 0;
  // The greatest number of slots that one record may fill.
  virtual size_t max_slots() const = 0;
};

// What a configuration asks of one event type: slot n of a row is paths[n].
struct Projection {
  EventTypeId type;
  // At most kMaxSlotsPerType, each accepted by Schema::Resolve, or empty: a slot that stays absent, for others to fill.
  std::vector<std::string> paths;
};

// Protobuf by descriptors. Semantics are libprotobuf's: last scalar wins, messages merge, the last oneof case clears
// the others, unknown fields are skipped. What is not asked for is skipped by its length and its inside not checked.
class ProtoDecoder final : public Decoder {
 public:
  static Result<std::unique_ptr<ProtoDecoder>> Make(const Schema& schema, std::span<const Projection> projections);
  ~ProtoDecoder() override;
  void Decode(std::string_view record, Slot* slots, EventRow* row) const override;
  size_t max_slots() const override;

 private:
  struct Program;
  explicit ProtoDecoder(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

}  // namespace tidemark
