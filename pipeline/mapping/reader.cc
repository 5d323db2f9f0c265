#include "pipeline/mapping/reader.h"

#include <google/protobuf/descriptor.h>

#include "pipeline/mapping/framing.h"
#include "pipeline/mapping/own_event.h"

namespace tidemark::mapping {
namespace {

using Kind = RecordReader::Outcome::Kind;
using Outcome = RecordReader::Outcome;

Outcome Undecodable(DecodeError error, std::string why) { return {Kind::kUndecodable, error, std::move(why), 0}; }

MapFormat FormatOf(const MappingSpec& spec, RecordReader::Part part) {
  if (part == RecordReader::Part::kValue) return spec.format;
  switch (spec.key_format) {
    case MapKeyFormat::kJson: return MapFormat::kJson;
    case MapKeyFormat::kAvro: return MapFormat::kAvro;
    case MapKeyFormat::kProtobuf: return MapFormat::kProtobuf;
    default: return spec.format;
  }
}

AvroProgram::Root RootOf(const MappingSpec& spec, RecordReader::Part part) {
  if (part == RecordReader::Part::kKey) return AvroProgram::Root::kAny;
  return spec.each_root ? AvroProgram::Root::kEach : AvroProgram::Root::kRecord;
}

std::string_view NameOf(WriterSchema::Kind kind) {
  switch (kind) {
    case WriterSchema::Kind::kAvro: return "Avro";
    case WriterSchema::Kind::kJson: return "JSON Schema";
    case WriterSchema::Kind::kProtobuf: return "Protobuf";
  }
  return "";
}

}  // namespace

RecordReader::RecordReader(const MappingSpec& spec, const CapturePlan& plan, Part part, std::shared_ptr<WriterSchemas> schemas,
                           const google::protobuf::Descriptor* own)
    : spec_(spec), plan_(plan), part_(part), own_(own), is_text_(part == Part::kKey && spec.key_format == MapKeyFormat::kText), format_(FormatOf(spec, part)),
      schemas_(std::move(schemas)) {}

RecordReader::Program RecordReader::Made(MapFormat format, AvroProgram::Root root, const CapturePlan& plan, const MapSchema& schema) {
  if (schema.schema->none()) return "is given up: its number is among registry.missing";
  const WriterSchema::Kind wanted = format == MapFormat::kAvro ? WriterSchema::Kind::kAvro : WriterSchema::Kind::kProtobuf;
  if (schema.schema->kind != wanted) return "is a schema of " + std::string(NameOf(schema.schema->kind)) + ", not of " + std::string(NameOf(wanted));
  if (format == MapFormat::kAvro) {
    Result<AvroProgram> avro = AvroProgram::Make(*schema.schema, plan, root);
    if (!avro.ok()) return avro.status().text();
    return *std::move(avro);
  }
  Result<ProtobufSchema> messages = ProtobufSchema::Make(schema);
  if (!messages.ok()) return messages.status().text();
  return Messages{*std::move(messages), {}};
}

std::string RecordReader::WhyNot(const MappingSpec& spec, const CapturePlan& plan, const MapSchema& schema) {
  const auto made = Made(spec.format, RootOf(spec, Part::kValue), plan, schema);
  const auto* why = std::get_if<std::string>(&made);
  return why == nullptr ? "" : *why;
}

RecordReader::Program* RecordReader::ProgramOf(uint32_t number) {
  if (last_ != nullptr && last_schema_ == number) return last_;
  auto program = programs_.find(number);
  if (program == programs_.end()) {
    MapSchema schema;
    if (number == 0) {
      schema = *spec_.schema;
    } else if (const auto here = spec_.schemas.find(number); here != spec_.schemas.end()) {
      schema = here->second;
    } else {
      if (schemas_ != nullptr) schema.schema = schemas_->Find(number);
      if (schema.schema == nullptr) return nullptr;
    }
    program = programs_.emplace(number, Made(format_, RootOf(spec_, part_), plan_, schema)).first;
  }
  last_schema_ = number;
  return last_ = &program->second;
}

Outcome RecordReader::Read(std::string_view bytes, Captures* captures, Texts* texts, const std::function<void()>& visit) {
  const bool framed = spec_.framing == MapFraming::kConfluent;
  const bool is_key = part_ == Part::kKey;
  // A key may be framed like the value, or nothing but its text.
  if (is_text_ || (is_key && format_ != MapFormat::kJson && !framed)) return {Kind::kText, DecodeError::kNone, {}, 0};
  uint32_t number = 0;
  if (framed) {
    Frame frame;
    const char* why = ReadFrame(bytes, &frame);
    if (why != nullptr && is_key && format_ != MapFormat::kJson) return {Kind::kText, DecodeError::kNone, {}, 0};
    if (why != nullptr && !is_key) return Undecodable(DecodeError::kBadFraming, why);
    if (why == nullptr) {
      number = frame.schema;
      bytes = frame.body;
    }
  }
  if (format_ == MapFormat::kJson) return ReadJson(bytes, captures, visit);
  if (Program* program = ProgramOf(number)) return ReadBody(bytes, program, captures, texts, visit);
  if (schemas_ == nullptr) return Undecodable(DecodeError::kBadSchema, "names schema " + std::to_string(number) + ", which isn't at hand");
  return {Kind::kAwaitsSchema, DecodeError::kNone, {}, number};
}

Outcome RecordReader::ReadJson(std::string_view text, Captures* captures, const std::function<void()>& visit) {
  const bool each = part_ == Part::kValue && spec_.each_root;
  if (json_.Read(text, each, plan_, captures, visit)) return {};
  if (part_ == Part::kKey) return {Kind::kText, DecodeError::kNone, {}, 0};
  if (spec_.framing == MapFraming::kRaw && !text.empty() && text[0] == 0) {
    return Undecodable(DecodeError::kBadJson, "is no JSON object; it begins with a zero byte, like Confluent's wire format: framing: confluent");
  }
  return Undecodable(DecodeError::kBadJson, "is no JSON object");
}

Outcome RecordReader::ReadBody(std::string_view body, Program* program, Captures* captures, Texts* texts, const std::function<void()>& visit) const {
  if (const auto* why = std::get_if<std::string>(program)) {
    return Undecodable(DecodeError::kBadSchema, "is of a schema that can't be used: it " + *why);
  }
  if (auto* messages = std::get_if<Messages>(program)) return ReadProtobuf(body, messages, captures, texts, visit);
  const char* why = std::get<AvroProgram>(*program).Read(body, captures, texts, visit);
  return why == nullptr ? Outcome() : Undecodable(DecodeError::kBadAvro, why);
}

RecordReader::Messages::Message* RecordReader::MessageOf(const google::protobuf::Descriptor* message, Messages* messages) const {
  const auto known = messages->met.find(message);
  if (known != messages->met.end()) return &known->second;
  Messages::Message made{ProtobufProgram(own_ != nullptr ? own_ : message, plan_), false, ""};
  if (own_ != nullptr) {
    made.other = message->full_name() != own_->full_name();
    if (!made.other) made.why_not = WhyNotReadAs(message, own_);
  }
  return &messages->met.emplace(message, std::move(made)).first->second;
}

Outcome RecordReader::ReadProtobuf(std::string_view body, Messages* messages, Captures* captures, Texts* texts, const std::function<void()>& visit) const {
  MessageIndexes indexes = {0};
  if (spec_.framing == MapFraming::kConfluent && !ReadMessageIndexes(spec_.plain_indexes, &body, &indexes)) {
    return Undecodable(DecodeError::kBadFraming, "doesn't say which message of its schema it is");
  }
  const auto* message = messages->schema.Find(indexes);
  if (message == nullptr) return Undecodable(DecodeError::kBadFraming, "is of a message that its schema doesn't have");
  const Messages::Message& met = *MessageOf(message, messages);
  if (met.other) return {};
  if (!met.why_not.empty()) {
    return Undecodable(DecodeError::kBadSchema, "is of a schema that can't be read as " + own_->full_name() + ": " + met.why_not);
  }
  captures->message = body;
  const char* why = met.program.Read(body, captures, texts, visit);
  return why == nullptr ? Outcome() : Undecodable(DecodeError::kBadProtobuf, why);
}

}  // namespace tidemark::mapping
