#include "pipeline/event/decoder.h"

#include <climits>

#include "pipeline/event/program.h"
#include "pipeline/event/runner.h"

namespace tidemark {

struct ProtoDecoder::Program {
  event::Program tables;
};

std::string_view ToString(DecodeError error) {
  switch (error) {
    case DecodeError::kBadJson:
      return "bad_json";
    case DecodeError::kBadAvro:
      return "bad_avro";
    case DecodeError::kBadProtobuf:
      return "bad_protobuf";
    case DecodeError::kBadFraming:
      return "bad_framing";
    case DecodeError::kBadSchema:
      return "bad_schema";
    case DecodeError::kNone:
      return "none";
    case DecodeError::kTruncated:
      return "truncated";
    case DecodeError::kBadVarint:
      return "bad_varint";
    case DecodeError::kBadTag:
      return "bad_tag";
    case DecodeError::kBadUtf8:
      return "bad_utf8";
    case DecodeError::kTooDeep:
      return "too_deep";
    case DecodeError::kBadNumber:
      return "bad_number";
    case DecodeError::kTooLarge:
      return "too_large";
  }
  return "unknown";
}

ProtoDecoder::ProtoDecoder(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
ProtoDecoder::~ProtoDecoder() = default;

Result<std::unique_ptr<ProtoDecoder>> ProtoDecoder::Make(const Schema& schema,
                                                         std::span<const Projection> projections) {
  std::vector<std::vector<event::FieldPath>> paths(schema.event_types().size());
  for (const Projection& projection : projections) {
    TM_CHECK(projection.type.v < paths.size());
    const std::string& name = schema.event_types()[projection.type.v].name;
    std::vector<event::FieldPath>& of_type = paths[projection.type.v];
    if (!of_type.empty()) return Invalid(name + " is projected twice");
    if (projection.paths.size() > kMaxSlotsPerType) {
      return Invalid(name + ": " + std::to_string(projection.paths.size()) + " fields are used, at most " +
                     std::to_string(kMaxSlotsPerType) + " may be");
    }
    for (const std::string& path : projection.paths) {
      if (path.empty()) {
        of_type.emplace_back();
        continue;
      }
      TM_ASSIGN_OR_RETURN(const FieldInfo info, schema.Resolve(projection.type, path));
      TM_ASSIGN_OR_RETURN(auto resolved, schema.ResolvePath(projection.type, path));
      of_type.push_back({resolved.in_envelope, std::move(resolved.fields), std::move(resolved.map_key), info.scale});
    }
  }
  TM_ASSIGN_OR_RETURN(event::Program tables, event::BuildProgram(schema, paths));
  return std::unique_ptr<ProtoDecoder>(new ProtoDecoder(std::make_unique<const Program>(Program{std::move(tables)})));
}

size_t ProtoDecoder::max_slots() const { return size_t{program_->tables.row_slots} + program_->tables.envelope_slots; }

void ProtoDecoder::Decode(std::string_view record, Slot* slots, EventRow* row) const {
  *row = EventRow();
  row->slots = slots;
  if (record.size() > INT_MAX) {  // libprotobuf's own limit
    row->error = DecodeError::kTooLarge;
    return;
  }
  event::Runner runner(program_->tables, slots);
  row->error = runner.Run(record);
  if (row->error == DecodeError::kNone) runner.Finish(row);
}

}  // namespace tidemark
