// libprotobuf's own parser as the judge of ours.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/event/decoder.h"

namespace tidemark::testing {

// Compares rows of a ProtoDecoder with what reflection says of the same bytes.
// Invariant: it finds fields by their names in the schema, with no help from the decoder's tables.
class DecoderOracle {
 public:
  // `prototype` is the envelope's message; it and the schema must outlive the oracle.
  DecoderOracle(const Schema& schema, const google::protobuf::Message& prototype, std::vector<Projection> projections);

  // Where libprotobuf has what a path names.
  struct Way {
    bool in_payload = false;  // else in the envelope
    std::vector<const google::protobuf::FieldDescriptor*> through;
    const google::protobuf::FieldDescriptor* field = nullptr;
    std::string key;   // of a map
    double units = 1;  // of a number with a point: what it counts in
  };

  // Empty when both agree on `record`, else what they disagree about. What libprotobuf parses must give an equal row
  // or kBadNumber; what it refuses may give a row, since what nobody asked for is skipped unread.
  std::string Disagreement(std::string_view record);

  // The last record: what either said of it.
  bool parsed() const { return parsed_; }
  const EventRow& row() const { return row_; }
  DecodeError error() const { return row_.error; }
  // The last record has a number that no slot can hold, so that kBadNumber is right.
  bool unholdable() const { return unholdable_; }

 private:
  static Way WayTo(const google::protobuf::Descriptor* message, std::string path);
  std::string CompareRow();
  std::string CompareSlot(const std::string& path, size_t n, const google::protobuf::Message& root, const Way& way);

  const Schema& schema_;
  std::vector<Projection> projections_;
  std::vector<std::vector<Way>> ways_;  // of their paths
  Way time_;
  std::vector<std::pair<std::string, Way>> names_;  // id and source, where the envelope has them
  const google::protobuf::OneofDescriptor* payload_ = nullptr;
  std::unique_ptr<ProtoDecoder> decoder_;
  std::unique_ptr<google::protobuf::Message> message_;
  std::vector<Slot> slots_;
  EventRow row_;
  bool parsed_ = false;
  bool unholdable_ = false;
};

}  // namespace tidemark::testing
