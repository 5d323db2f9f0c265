#include "pipeline/mapping/reader.h"

#include <google/protobuf/descriptor.h>

#include "pipeline/mapping/own_event.h"

namespace tidemark::mapping {
namespace {

using Kind = RecordReader::Outcome::Kind;
using Outcome = RecordReader::Outcome;

Outcome Undecodable(DecodeError error, std::string why) { return {Kind::kUndecodable, error, std::move(why), 0}; }

Outcome Unusable(const std::string& why) { return Undecodable(DecodeError::kBadSchema, "is of a schema that can't be used: it " + why); }

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

std::string RecordReader::WhyNot(const MappingSpec& spec, const CapturePlan& plan, Part part, const MapSchema& schema) {
  if (FormatOf(spec, part) == MapFormat::kJson) return "is no schema of JSON";
  const auto made = Made(FormatOf(spec, part), RootOf(spec, part), plan, schema);
  if (const auto* why = std::get_if<std::string>(&made)) return *why;
  const auto* messages = std::get_if<Messages>(&made);
  if (messages == nullptr || spec.framed()) return "";  // each record says which message it is
  return ProtobufProgram(messages->schema.Find(MessageIndexes{0}), plan).trouble();
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

Outcome RecordReader::Read(const RawRecord& record, std::string_view bytes, Captures* captures, Texts* texts, const std::function<void()>& visit) {
  const bool is_key = part_ == Part::kKey, is_json = format_ == MapFormat::kJson;
  // A key may be framed like the value, or nothing but its text.
  if (is_text_ || (is_key && !is_json && !spec_.framed())) return {Kind::kText, DecodeError::kNone, {}, 0};
  Frame frame;
  frame.body = bytes;
  if (spec_.framing == MapFraming::kConfluent || (spec_.framing == MapFraming::kHeaders && !is_json)) {
    const char* why = spec_.framing == MapFraming::kConfluent ? ReadFrame(bytes, &frame) : ReadSchemaHeader(record, is_key, &frame);
    // A key whose header names a schema is no text, whether the name can be read or not.
    const bool unnamed = spec_.framing == MapFraming::kConfluent || why == kNoSchemaHeader;
    if (why != nullptr && unnamed && is_key && !is_json) return {Kind::kText, DecodeError::kNone, {}, 0};
    if (why != nullptr && !(is_key && is_json)) return Undecodable(DecodeError::kBadFraming, why);
  }
  if (is_json) return ReadJson(frame.body, captures, visit);
  if (Program* program = ProgramOf(frame.schema)) return ReadBody(frame, program, captures, texts, visit);
  if (schemas_ == nullptr) return Undecodable(DecodeError::kBadSchema, "names schema " + std::to_string(frame.schema) + ", which isn't at hand");
  return {Kind::kAwaitsSchema, DecodeError::kNone, {}, frame.schema};
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

Outcome RecordReader::ReadBody(Frame frame, Program* program, Captures* captures, Texts* texts, const std::function<void()>& visit) const {
  if (const auto* why = std::get_if<std::string>(program)) return Unusable(*why);
  if (auto* messages = std::get_if<Messages>(program)) return ReadProtobuf(frame, messages, captures, texts, visit);
  const char* why = std::get<AvroProgram>(*program).Read(frame.body, captures, texts, visit);
  return why == nullptr ? Outcome() : Undecodable(DecodeError::kBadAvro, why);
}

const RecordReader::Messages::Message& RecordReader::MessageOf(const google::protobuf::Descriptor* message, Messages* messages) const {
  const auto known = messages->met.find(message);
  if (known != messages->met.end()) return known->second;
  Messages::Message made{ProtobufProgram(own_ != nullptr ? own_ : message, plan_), false, ""};
  if (own_ != nullptr) {
    made.other = message->full_name() != own_->full_name();
    if (!made.other) made.why_not = WhyNotReadAs(message, own_);
  }
  return messages->met.emplace(message, std::move(made)).first->second;
}

Outcome RecordReader::ReadProtobuf(Frame frame, Messages* messages, Captures* captures, Texts* texts, const std::function<void()>& visit) const {
  MessageIndexes indexes = {0};
  const bool in_header = spec_.framing == MapFraming::kHeaders;
  std::string_view* const said = in_header ? &frame.header : &frame.body;
  if (spec_.framed() && (!ReadMessageIndexes(spec_.plain_indexes, said, &indexes) || (in_header && !said->empty()))) {
    return Undecodable(DecodeError::kBadFraming, in_header && frame.header.empty()
                                                     ? "names no message of its schema in the header: Apicurio's headers are read of Avro alone"
                                                     : "doesn't say which message of its schema it is");
  }
  const auto* message = messages->schema.Find(indexes);
  if (message == nullptr) return Undecodable(DecodeError::kBadFraming, "is of a message that its schema doesn't have");
  const Messages::Message& met = MessageOf(message, messages);
  if (met.other) return {};
  if (!met.why_not.empty()) {
    return Undecodable(DecodeError::kBadSchema, "is of a schema that can't be read as " + own_->full_name() + ": " + met.why_not);
  }
  if (!met.program.trouble().empty()) return Unusable(met.program.trouble());
  captures->message = frame.body;
  const char* why = met.program.Read(frame.body, captures, texts, visit);
  return why == nullptr ? Outcome() : Undecodable(DecodeError::kBadProtobuf, why);
}

}  // namespace tidemark::mapping
