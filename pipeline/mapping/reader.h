// The values or the keys of a source's records, of whatever format they are. Internal to this room.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "pipeline/event/decoder.h"
#include "pipeline/mapping/avro.h"
#include "pipeline/mapping/capture.h"
#include "pipeline/mapping/framing.h"
#include "pipeline/mapping/json.h"
#include "pipeline/mapping/protobuf.h"
#include "pipeline/mapping/protobuf_schema.h"
#include "pipeline/mapping/schemas.h"
#include "pipeline/mapping/spec.h"

namespace tidemark::mapping {

// Threads: confined to one. Keeps what it made of each schema that it met: numbers are given once.
class RecordReader {
 public:
  enum class Part : uint8_t { kValue, kKey };
  // What became of a record. `why` is for people, and holds nothing of it.
  struct Outcome {
    enum class Kind : uint8_t { kRead, kText, kUndecodable, kAwaitsSchema } kind = Kind::kRead;  // kText: a key that is no more than its bytes
    DecodeError error = DecodeError::kNone;
    std::string why;
    uint32_t schema = 0;
  };

  // `schemas`: beyond those of the mapping; may be null. `own`: the message that all records are read as, fields by their numbers,
  // whatever they were written as; null: each by its writer's. Plan, spec and `own` outlive it.
  RecordReader(const MappingSpec& spec, const CapturePlan& plan, Part part, std::shared_ptr<WriterSchemas> schemas, const google::protobuf::Descriptor* own = nullptr);

  // Fills *captures and calls `visit` for each record of the value, or once; not for messages that are no `own`. What was captured is there until the next Read(), or
  // until *texts is cleared. Unless it was read, what was visited doesn't count.
  // `bytes`: the value of the record, its key, or what is in one of them.
  Outcome Read(const RawRecord& record, std::string_view bytes, Captures* captures, Texts* texts, const std::function<void()>& visit);

  // What is wrong with a schema, for records of this mapping; empty: nothing.
  static std::string WhyNot(const MappingSpec& spec, const CapturePlan& plan, Part part, const MapSchema& schema);

 private:
  // A file of messages, and programs of those that were met.
  struct Messages {
    struct Message {
      ProtobufProgram program;
      bool other = false;                    // than `own`
      std::string why_not;                   // it can't be read as `own`
    };
    ProtobufSchema schema;
    std::map<const google::protobuf::Descriptor*, Message> met;
  };
  // Or why it can't be used.
  using Program = std::variant<AvroProgram, Messages, std::string>;

  static Program Made(MapFormat format, AvroProgram::Root root, const CapturePlan& plan, const MapSchema& schema);
  // Null where the schema isn't at hand.
  Program* ProgramOf(uint32_t schema);
  Outcome ReadBody(Frame frame, Program* program, Captures* captures, Texts* texts, const std::function<void()>& visit) const;
  // Of a message of the writer's, what is made of it.
  const Messages::Message& MessageOf(const google::protobuf::Descriptor* message, Messages* messages) const;
  Outcome ReadProtobuf(Frame frame, Messages* messages, Captures* captures, Texts* texts, const std::function<void()>& visit) const;
  Outcome ReadJson(std::string_view text, Captures* captures, const std::function<void()>& visit);

  const MappingSpec& spec_;
  const CapturePlan& plan_;
  const Part part_;
  const google::protobuf::Descriptor* const own_;
  const bool is_text_;                       // a key that is to be taken as it is
  MapFormat format_ = MapFormat::kJson;
  const std::shared_ptr<WriterSchemas> schemas_;
  JsonReader json_;
  std::map<uint32_t, Program> programs_;     // 0: of all records
  uint32_t last_schema_ = 0;
  Program* last_ = nullptr;                  // of last_schema_
};

}  // namespace tidemark::mapping
